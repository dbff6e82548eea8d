//! Inputs that nobody wrote: every reader of bytes from disk, from a file or from a client is given changed ones, by the
//! hundred thousand.
//!
//! A target is a row of [`TARGETS`]. It reads an input and asserts what must hold of any: what is refused is refused by
//! name and never by a panic, what is read can be written again, what a checksum covers is not another thing. The belt runs
//! it on every file of its corpus and on a number of changed ones, and sees that the answer is the same twice and comes
//! within a second. Formats with checksums have a second row, where the checksums are made right again after the change,
//! so that what lies behind them is reached.
//!
//! `ARBORLINE_TEST_SCALE=100 cargo test --test main -- fuzz` does a hundred times as much; each input follows from the
//! target's name and the number of its seed alone. One that fails is told with its seed and written to a file: as a file of
//! `tests/fuzz/corpus/<folder>` it is tried by every run from then on.

use belt::{Answer, Corpus, Target, check_corpora, none, run};

mod belt;
mod commands;
mod documents;
mod heal;
mod image;
mod log;
mod mutate;
mod runs;
mod shelf;
mod texts;
mod words;

/// A row: of an ordinary run so many changed inputs, of a thousand of which so many at least are read and not refused.
const fn row(
    name: &'static str,
    run: fn(&[u8]) -> Answer,
    corpus: Corpus,
    times: u64,
    read: u64,
) -> Target {
    Target {
        name,
        run,
        corpus,
        times,
        read,
    }
}

/// Every reader of bytes from outside.
const TARGETS: &[Target] = &[
    row("log segment", log::segment, SEGMENTS, 4_000, 1),
    row(
        "log segment, healed",
        log::segment_healed,
        SEGMENTS,
        4_000,
        100,
    ),
    row(
        "log segment, chained",
        log::segment_chained,
        PLAIN,
        4_000,
        100,
    ),
    row("frame", log::frames, FRAMES, 40_000, 0),
    row("frame, healed", log::frames_healed, FRAMES, 40_000, 100),
    row("batch", log::batch, BATCHES, 60_000, 100),
    row("packed segment", log::unpack, PACKED, 20_000, 0),
    row(
        "packed segment, healed",
        log::unpack_healed,
        PACKED,
        20_000,
        20,
    ),
    row("identity", log::identity, IDENTITIES, 20_000, 0),
    row(
        "identity, healed",
        log::identity_healed,
        IDENTITIES,
        20_000,
        100,
    ),
    row("snapshot image", image::image, IMAGES, 2_000, 0),
    row(
        "snapshot image, healed",
        image::image_healed,
        IMAGES,
        2_000,
        100,
    ),
    row(
        "directory of an image",
        image::directory_of_pages,
        DIRECTORIES,
        6_000,
        20,
    ),
    row("manifest", image::manifest, MANIFESTS, 20_000, 0),
    row(
        "manifest, healed",
        image::manifest_healed,
        MANIFESTS,
        10_000,
        20,
    ),
    row("file of a run", runs::run, RUNS, 20_000, 0),
    row("file of a run, healed", runs::run_healed, RUNS, 20_000, 100),
    row("rows of members", texts::members, MEMBERS, 20_000, 300),
    row("rows of orders", texts::orders, ORDERS, 20_000, 300),
    row("lines in pieces", texts::stream, STREAMS, 10_000, 100),
    row("event", texts::event, EVENTS, 60_000, 30),
    row("cursor", texts::sealed, CURSORS, 40_000, 0),
    row("body of a cursor", texts::body, BODIES, 40_000, 50),
    row(
        "network in TOML",
        documents::network_toml,
        NETWORKS,
        10_000,
        50,
    ),
    row(
        "network in JSON",
        documents::network_json,
        NETWORKS_IN_JSON,
        10_000,
        50,
    ),
    row("plan in TOML", documents::plan_toml, PLANS, 10_000, 20),
    row(
        "plan in JSON",
        documents::plan_json,
        PLANS_IN_JSON,
        10_000,
        20,
    ),
    row("command", commands::codec, COMMANDS, 100_000, 50),
];

const fn corpus(
    folder: &'static str,
    grown: fn() -> Vec<Vec<u8>>,
    words: &'static [&'static str],
) -> Corpus {
    Corpus {
        folder,
        grown,
        words,
    }
}

/// No words: what is no text.
const BYTES: &[&str] = &[];

const SEGMENTS: Corpus = corpus("segment", log::segments, BYTES);
const PLAIN: Corpus = corpus("segment", log::plain, BYTES);
const FRAMES: Corpus = corpus("frame", log::whole_frames, BYTES);
const BATCHES: Corpus = corpus("batch", log::batches, BYTES);
const PACKED: Corpus = corpus("packed", log::packed, BYTES);
const IDENTITIES: Corpus = corpus("identity", log::identities, words::LINE);
const IMAGES: Corpus = corpus("image", image::images, BYTES);
const DIRECTORIES: Corpus = corpus("directory", image::tables, BYTES);
const MANIFESTS: Corpus = corpus("manifest", image::manifests, words::MANIFEST);
const RUNS: Corpus = corpus("run", runs::files, BYTES);
const MEMBERS: Corpus = corpus("members", none, words::ROWS);
const ORDERS: Corpus = corpus("orders", none, words::ROWS);
const STREAMS: Corpus = corpus("stream", none, words::EVENTS);
const EVENTS: Corpus = corpus("event", none, words::EVENTS);
const CURSORS: Corpus = corpus("cursor", texts::cursors, words::CURSORS);
const BODIES: Corpus = corpus("body", texts::bodies, words::CURSORS);
const NETWORKS: Corpus = corpus("network", documents::networks, words::TOML);
const NETWORKS_IN_JSON: Corpus = corpus("network-json", documents::networks_in_json, words::JSON);
const PLANS: Corpus = corpus("plan", documents::plan_documents, words::TOML);
const PLANS_IN_JSON: Corpus = corpus("plan-json", documents::plan_documents_in_json, words::JSON);
const COMMANDS: Corpus = corpus("command", commands::commands, BYTES);

/// Runs the rows of this name, and those whose names begin with it and go on behind a comma.
fn run_all(names: &[&str]) {
    for name in names {
        let mut rows = 0;
        for target in TARGETS {
            let first = target.name.split(',').next();
            if first == Some(name) {
                run(target);
                rows += 1;
            }
        }
        assert!(rows > 0, "{name}: no such target");
    }
}

/// The names of all targets, shared among tests that run beside each other and take about as long.
const SHARES: [&[&str]; 5] = [IN_A_LOG, IN_PARTS, IN_SNAPSHOTS, IN_TEXTS, IN_DOCUMENTS];
const IN_A_LOG: &[&str] = &["log segment", "identity"];
const IN_PARTS: &[&str] = &[
    "frame",
    "batch",
    "packed segment",
    "file of a run",
    "command",
];
const IN_SNAPSHOTS: &[&str] = &["snapshot image", "directory of an image", "manifest"];
const IN_TEXTS: &[&str] = &[
    "rows of members",
    "rows of orders",
    "lines in pieces",
    "event",
    "cursor",
    "body of a cursor",
];
const IN_DOCUMENTS: &[&str] = &[
    "network in TOML",
    "network in JSON",
    "plan in TOML",
    "plan in JSON",
];

#[test]
fn every_target_is_run_and_its_corpus_is_small() {
    check_corpora(TARGETS);
    for target in TARGETS {
        let first = target.name.split(',').next().expect("a name");
        let shares = SHARES.iter().filter(|share| share.contains(&first)).count();
        assert_eq!(shares, 1, "{first}: in so many shares");
    }
}

#[test]
fn segments_in_their_directory() {
    run_all(IN_A_LOG);
}

#[test]
fn frames_batches_packed_segments_runs_and_commands() {
    run_all(IN_PARTS);
}

#[test]
fn images_and_manifests() {
    run_all(IN_SNAPSHOTS);
}

#[test]
fn rows_lines_events_and_cursors() {
    run_all(IN_TEXTS);
}

#[test]
fn documents_in_both_forms() {
    run_all(IN_DOCUMENTS);
}

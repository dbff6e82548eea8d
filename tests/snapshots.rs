//! Formats that were shipped: every data directory in `snapshots/` opens and shows what it showed, or is refused by
//! name, and is never changed by being looked at.
//!
//! `UPDATE=1` writes the directory of the present format and machine version anew, where it is missing or no longer
//! right; those of other versions stay as they were shipped.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use arborline::base::time::{DAY_MS, Time};
use arborline::document::network;
use arborline::engine::command::found::Found;
use arborline::engine::command::{Command, Verb};
use arborline::engine::image::FORMAT as IMAGE;
use arborline::engine::state::State;
use arborline::runtime::offline::{self, Offline};
use arborline::runtime::settings::{MACHINE_VERSION, Settings, StartError};
use arborline::runtime::{changes, decisions};
use arborline::store::batch::put_command;
use arborline::store::directory::{Directory, FORMAT};
use arborline::store::documents;
use arborline::store::fault::Fault;
use arborline::store::log::Log;
use arborline::store::options::Options;
use arborline::store::outcomes::Outcomes;
use arborline::store::prepare::When;
use arborline::store::real::RealDisk;
use arborline::store::runs::FORMATS;
use arborline::view::verify::check::verify;

use crate::chance::Chance;
use crate::histories::drawn_for;

mod begun;
mod runs;

/// 2026-01-01.
const START: Time = Time(1_767_225_600_000);

/// The network of the directories written here.
const NETWORK: &str = r#"clock = "events"
volume_kinds = ["pv", "cv"]

[[trees]]
name = "enroller"

[[trees]]
name = "binary"
centres = 3
"#;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots")
}

/// The directory of the present format and machine version, written anew first where that is asked for.
fn present() -> &'static Path {
    static PRESENT: LazyLock<PathBuf> = LazyLock::new(|| {
        let dir = folder().join(format!("format-{FORMAT}-machine-{MACHINE_VERSION}"));
        update(&dir, make);
        dir
    });
    &PRESENT
}

/// The directories with runs of each format that is written, written anew first where that is asked for.
fn with_runs() -> &'static [PathBuf] {
    static WITH_RUNS: LazyLock<Vec<PathBuf>> = LazyLock::new(|| {
        let made = FORMATS.into_iter().zip([runs::make, runs::make_reversing]);
        let made = made.map(|(format, make)| {
            let dir = folder().join(format!("runs-{format}-machine-{MACHINE_VERSION}"));
            update(&dir, make);
            dir
        });
        made.collect()
    });
    &WITH_RUNS
}

/// The directory with a snapshot, written anew first where that is asked for.
fn with_snapshot() -> &'static Path {
    static WITH_SNAPSHOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let dir = folder().join(format!("snapshot-{IMAGE}-machine-{MACHINE_VERSION}"));
        update(&dir, begun::make);
        dir
    });
    &WITH_SNAPSHOT
}

fn settings(dir: &Path) -> Settings {
    Settings {
        segment_bytes: 6 << 10,
        reserve_bytes: 0,
        ..Settings::new(dir)
    }
}

fn options() -> Options {
    Options {
        segments: When::Needed,
        segment_bytes: 6 << 10,
        ..Options::new(MACHINE_VERSION)
    }
}

/// The commands of the directory: the founding, and all that chance draws for such a network.
fn commands(document: [u8; 32]) -> Vec<Command> {
    let network = network::parse(NETWORK).expect("a document that holds");
    let rules = network.compile(START.plus_ms(900 * DAY_MS));
    let drawn = drawn_for(&rules, Chance::new(2_026), 400);
    let found = Command {
        id: "founding".into(),
        at: START,
        verb: Verb::Found(Box::new(Found { document, rules })),
    };
    std::iter::once(found).chain(drawn).collect()
}

/// Writes a directory whose every byte follows from this file.
fn make(dir: &Path) {
    let directory = Directory::new(Arc::new(RealDisk), dir);
    directory.make().expect("a folder");
    let document = documents::put(&directory, NETWORK.as_bytes()).expect("a document");
    let (mut state, all) = (State::new(), commands(document));
    let (first, second) = all.split_at(all.len() / 2);
    // Two lives, since an opening seals a segment too.
    for life in [first, second] {
        let mut options = options();
        options.found = Some(*b"shipped with it!");
        let (mut log, _) = Log::open(&directory, options).expect("a directory in order");
        for group in life.chunks(11) {
            log_group(&mut log, &mut state, group);
        }
        log.append(START, 0, &[]).expect("a disk in order");
        log.sync().expect("a disk in order");
    }
}

fn log_group(log: &mut Log, state: &mut State, group: &[Command]) {
    let mut bytes = Vec::new();
    for command in group {
        let mut one = Vec::new();
        command.encode(&mut one);
        put_command(&mut bytes, &one);
    }
    let count = group.len() as u32;
    let first_seq = log
        .append(START, count, &[&bytes])
        .expect("a disk in order");
    log.sync().expect("a disk in order");
    let (mut outcomes, mut digests, mut told) = (Vec::new(), Vec::new(), Vec::new());
    decisions::decide(state, START, group, &mut outcomes, &mut digests);
    decisions::encode(&outcomes, &digests, &mut told);
    log.append_outcomes(&Outcomes {
        first_seq,
        count,
        bytes: &told,
    })
    .expect("a disk in order");
}

/// What a directory shows, in lines.
fn shown(dir: &Path) -> Result<String, StartError> {
    let read = offline::read(&settings(dir))?;
    let state = &read.state;
    assert!(
        verify(state).is_clean(),
        "{}: figures differ",
        dir.display()
    );
    let changes = changes::read(&read.files, 0, usize::MAX).expect("a log in order");
    let mut logged = Vec::new();
    for change in &changes {
        change.command.encode(&mut logged);
    }
    let document = documents::get(&read.files.directory, &state.document).expect("its document");
    let mut text = String::new();
    let mut line = |name: &str, value: String| writeln!(text, "{name} {value}").expect("a text");
    line("machine_version", MACHINE_VERSION.to_string());
    line("applied_seq", state.as_of_seq.to_string());
    line("machine_time", state.as_of_time.0.to_string());
    line("outcomes", format!("{:016x}", state.digest()));
    line("digest", format!("{:016x}", state.full_digest()));
    line("changes", changes.len().to_string());
    line("commands", blake3::hash(&logged).to_hex().to_string());
    line("document_bytes", document.len().to_string());
    line("members", (state.members.len() - 1).to_string());
    line("orders", state.orders.len().to_string());
    line("corrections", state.corrections.len().to_string());
    line("tokens", state.tokens.iter().count().to_string());
    for member in 0..state.members.len().min(12) {
        for tree in 0..state.forest.trees() {
            let Some(seat) = state.members.seat(member, tree, 1) else {
                continue;
            };
            let figures = format!(
                "group {} {}, downline {}, active {}",
                state.forest.group(tree, seat, 0, 0),
                state.forest.group(tree, seat, 0, 1),
                state.forest.downline(tree, seat),
                state.forest.active_downline(tree, seat),
            );
            line(
                &format!("member {} tree {tree}", state.members.id(member)),
                figures,
            );
        }
    }
    text += &runs::shown(state, &read.files);
    Ok(text)
}

/// Every file below a directory, with its bytes.
fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.insert(path.clone(), fs::read(&path).expect("a file"));
        }
    }
    all
}

/// A copy to write in.
fn copy(dir: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().expect("a folder");
    for (path, bytes) in files(dir) {
        let path = to.path().join(path.strip_prefix(dir).expect("below it"));
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("a copy");
    }
    to
}

fn all() -> Vec<PathBuf> {
    let entries = fs::read_dir(folder()).expect("the folder of directories");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.filter(|path| path.is_dir()).collect()
}

fn expected(dir: &Path) -> String {
    fs::read_to_string(dir.with_extension("expected")).unwrap_or_default()
}

/// Writes a directory anew where it is asked for and something is not right with it.
fn update(dir: &Path, make: fn(&Path)) {
    let asked = std::env::var_os("UPDATE").is_some_and(|value| value == "1");
    let right = || dir.is_dir() && shown(dir).is_ok_and(|shown| shown == expected(dir));
    if !asked || right() {
        return;
    }
    if dir.is_dir() {
        fs::remove_dir_all(dir).expect("its old bytes");
    }
    make(dir);
    for name in ["lock", "log/prepared"] {
        // Not there, where a life ended before it was made.
        fs::remove_file(dir.join(name)).ok();
    }
    let text = shown(dir).expect("what was just written");
    fs::write(dir.with_extension("expected"), text).expect("what it shows");
}

#[test]
fn every_shipped_directory_shows_what_it_showed() {
    assert!(
        present().is_dir(),
        "{} is missing: run with UPDATE=1",
        present().display()
    );
    for dir in with_runs() {
        let runs = dir.join("runs");
        assert!(
            runs.is_dir(),
            "{} is missing: run with UPDATE=1",
            runs.display()
        );
    }
    let snapshots = with_snapshot().join("snapshots");
    assert!(
        snapshots.is_dir(),
        "{} is missing: run with UPDATE=1",
        snapshots.display()
    );
    for dir in all() {
        let (before, expected) = (files(&dir), expected(&dir));
        let ours = expected.starts_with(&format!("machine_version {MACHINE_VERSION}\n"));
        match shown(&dir) {
            Ok(shown) => assert_eq!(shown, expected, "{}", dir.display()),
            Err(error) => assert!(
                !ours && is_other_machine(&error),
                "{}: {error}",
                dir.display()
            ),
        }
        let copy = copy(&dir);
        match Offline::open(settings(copy.path())) {
            Ok(mut network) => {
                let has_one = ours && dir == with_snapshot();
                begun::check(copy.path(), has_one, &network);
                let seq = network.state.as_of_seq;
                let order = Command {
                    id: "one more".into(),
                    at: network.state.as_of_time,
                    verb: Verb::AdvanceTime,
                };
                network.submit(vec![order]).expect("a disk in order");
                network.close().expect("a disk in order");
                let again = offline::read(&settings(copy.path())).expect("a directory in order");
                assert_eq!(again.state.as_of_seq, seq + 1);
            }
            Err(error) => assert!(
                !ours && is_other_machine(&error),
                "{}: {error}",
                dir.display()
            ),
        }
        assert!(files(&dir) == before, "{} was changed", dir.display());
    }
}

fn is_other_machine(error: &StartError) -> bool {
    matches!(error, StartError::Fault(Fault::OtherMachine { .. }))
}

#[test]
fn the_present_directory_has_every_kind_of_file() {
    let names: Vec<String> = files(present())
        .keys()
        .map(|path| {
            path.strip_prefix(present())
                .expect("below it")
                .display()
                .to_string()
        })
        .collect();
    for (start, ending) in [
        ("log/", ".log.zst"),
        ("log/", ".log"),
        ("documents/", ""),
        ("arborline.id", ""),
    ] {
        let found = names
            .iter()
            .any(|name| name.starts_with(start) && name.ends_with(ending));
        assert!(found, "{start}*{ending} is not among {names:?}");
    }
    let bytes: usize = files(&folder()).values().map(Vec::len).sum();
    assert!(
        bytes < 768 << 10,
        "{bytes} bytes are too many for a repository"
    );
}

#[test]
fn a_log_of_another_machine_version_is_refused_by_name_and_left_alone() {
    let other = MACHINE_VERSION + 1;
    // A later program and our directory.
    let ours = copy(present());
    let directory = Directory::new(Arc::new(RealDisk), ours.path());
    let later = Options {
        machine_version: other,
        ..options()
    };
    let fault = Log::open(&directory, later.clone()).err().expect("refused");
    check(&fault, MACHINE_VERSION, other);
    fs::remove_file(ours.path().join("lock")).expect("the lock that was tried");
    let (left, shipped) = (files(ours.path()), files(present()));
    assert!(left.values().eq(shipped.values()), "the copy was changed");
    // Our program and a directory of a later one.
    let theirs = tempfile::tempdir().expect("a folder");
    let directory = Directory::new(Arc::new(RealDisk), theirs.path());
    let founding = Options {
        found: Some([1; 16]),
        ..later
    };
    drop(Log::open(&directory, founding).expect("a new log"));
    let before = files(theirs.path());
    for error in [
        offline::read(&settings(theirs.path())).err(),
        Offline::open(settings(theirs.path())).err(),
    ] {
        let Some(StartError::Fault(fault)) = error else {
            panic!("a later version's log was opened: {error:?}");
        };
        check(&fault, other, MACHINE_VERSION);
    }
    assert!(
        files(theirs.path()) == before,
        "the later version's directory was changed"
    );
}

fn check(fault: &Fault, found: u32, ours: u32) {
    let text = fault.to_string();
    let named = text.contains(&format!("machine version {found}"))
        && text.contains(&format!("version {ours}"));
    assert!(
        matches!(fault, Fault::OtherMachine { .. }) && named,
        "{text}"
    );
}

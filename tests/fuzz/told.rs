//! What comes from outside: bodies of facts, streams of lines, tables, documents, cursors.

use std::sync::Arc;

use arborline::api::cursor::Sealer;
use arborline::api::parse::json;
use arborline::api::parse::lines::{Form, LINE_BYTES_MAX, Lines, Reader};
use arborline::api::parse::names::Names;
use arborline::base::time::Time;
use arborline::cli::import::fault::Faults;
use arborline::cli::import::plan::{Files, Request};
use arborline::cli::import::table::Source;
use arborline::cli::import::vocabulary::{Tree, Vocabulary};
use arborline::document::{network, plan, sample};
use arborline::engine::command::Command;
use arborline::engine::role::Role;
use arborline::engine::rules::Rules;
use arborline::view::cursor;

use super::{Target, corpus};

const JSON: &[&str] = &[
    "null",
    "true",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"id\"",
    "\"at\"",
    "\"member\"",
    "\"volumes\"",
    "-1",
    "1e9",
    "0.00001",
    "99999999999999999999",
    "\\u0000",
    "\\ud800",
    "\"\"",
    "2026-02-30T00:00:00Z",
];

const TOML: &[&str] = &[
    "[",
    "]]",
    "=",
    "\"",
    "\n",
    "[[plans]]",
    "[[plans.components]]",
    "name",
    "kind",
    "rates",
    "\"0.1\"",
    "-1",
    "true",
    "1e400",
    "#",
    "'''",
    "1979-05-27",
    "[trees.x]",
    "width = 0",
    "\"unilevel\"",
    "\"binary\"",
];

const CSV: &[&str] = &[
    ",",
    ";",
    "\t",
    "\"",
    "\n",
    "\r\n",
    "member",
    "enroller",
    "joined_at",
    "2026-01-05",
    "-1",
    "\u{feff}",
];

pub(super) const TARGETS: &[Target] = &[
    row(
        "events",
        || corpus("events"),
        JSON,
        240_000,
        |bytes| read_fact(Form::Events, bytes),
    ),
    row(
        "orders",
        || corpus("orders"),
        JSON,
        240_000,
        |bytes| read_fact(Form::Orders, bytes),
    ),
    row("streams of lines", streams, JSON, 80_000, read_stream),
    row(
        "cursors",
        || corpus("cursor"),
        &[".", "a", "-"],
        160_000,
        read_cursor,
    ),
    row(
        "tables of members",
        || corpus("members_csv"),
        CSV,
        80_000,
        |bytes| read_table(bytes, false),
    ),
    row(
        "tables of orders",
        || corpus("orders_csv"),
        CSV,
        80_000,
        |bytes| read_table(bytes, true),
    ),
    row("network documents", networks, TOML, 24_000, read_network),
    row("plan documents", plans, TOML, 16_000, read_plan),
    row(
        "documents in JSON",
        || corpus("documents_json"),
        JSON,
        40_000,
        read_document,
    ),
];

const fn row(
    name: &'static str,
    corpus: fn() -> Vec<Vec<u8>>,
    words: &'static [&'static str],
    tries: u64,
    read: fn(&[u8]),
) -> Target {
    Target {
        name,
        corpus,
        words,
        tries,
        read,
    }
}

/// The default network.
fn rules() -> &'static Rules {
    static RULES: std::sync::OnceLock<Rules> = std::sync::OnceLock::new();
    RULES.get_or_init(|| {
        let network = network::parse(sample::SAMPLE).expect("the sample is right");
        network.compile(Time(1_800_000_000_000))
    })
}

fn read_fact(form: Form, bytes: &[u8]) {
    let reader = Reader {
        form,
        names: Names::of(Some(rules())),
        now: Time(1_770_000_000_000),
        role: Role::Admin,
    };
    let told = reader.text(bytes);
    assert_eq!(reader.text(bytes).ok(), told.as_ref().ok().cloned());
    if let Ok(command) = told {
        let mut written = Vec::new();
        command.encode(&mut written);
        assert_eq!(Command::decode(&written), Ok(command));
    }
}

fn streams() -> Vec<Vec<u8>> {
    let mut all = corpus("events");
    all.push(all.join(&b'\n'));
    all.push([vec![b'x'; LINE_BYTES_MAX + 3], b"\nshort\n".to_vec()].concat());
    all
}

/// The lines are the same in whatever pieces they come.
fn read_stream(bytes: &[u8]) {
    let cut = |size: usize| {
        let (mut lines, mut found) = (Lines::default(), Vec::new());
        let mut take = |number: u64, line: Result<&[u8], _>| {
            found.push((number, line.map(<[u8]>::to_vec).ok()));
        };
        for piece in bytes.chunks(size) {
            lines.push(piece, &mut take);
        }
        lines.finish(&mut take);
        found
    };
    let whole = cut(bytes.len().max(1));
    for size in [1 + bytes.len() % 13, 4_096] {
        assert_eq!(cut(size), whole, "in pieces of {size}");
    }
}

fn read_cursor(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let sealer = Sealer::new([5; 32]);
    // Nobody here sealed any of them.
    assert!(sealer.open(&["downline", "M1"], &text).is_err());
    for walk in ['j', 'd', '\u{df}'] {
        if let Ok(numbers) = cursor::read::<2>(walk, "downline of M1", &text) {
            assert_eq!(cursor::write(walk, "downline of M1", &numbers), text);
        }
    }
}

fn read_table(bytes: &[u8], orders: bool) {
    let source = Source::Bytes("table.csv", Arc::from(bytes));
    let mut request = Request::default();
    match orders {
        true => request.orders = Some(source),
        false => request.members = Some(source),
    }
    let tree = |(at, name): (usize, &str)| Tree {
        name: name.into(),
        legs: 2 * at as u8,
        under_enroller: at == 0,
    };
    let words = Vocabulary {
        kinds: vec!["cv".into(), "pv".into()],
        trees: ["enroller", "binary"]
            .into_iter()
            .enumerate()
            .map(tree)
            .collect(),
    };
    let mut faults = Faults::new(None).expect("no file to make");
    let Ok(files) = Files::open(&request, &words, &mut faults) else {
        return;
    };
    let (members, rows) = files.rows();
    let Ok(mut plan) = files.plan() else { return };
    let mut told = 0;
    while let Ok(Some(_)) = plan.next(&mut faults) {
        told += 1;
        assert!(told <= 10 * (members + rows + 1), "a table has no end");
    }
}

fn networks() -> Vec<Vec<u8>> {
    vec![
        sample::SAMPLE.into(),
        sample::DEFAULT.into(),
        sample::DEFAULT_EVENTS.into(),
    ]
}

fn read_network(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match network::parse(&text) {
        Ok(network) => assert!(!network.compile(Time(1_800_000_000_000)).kinds.is_empty()),
        Err(problems) => assert!(!problems.is_empty(), "refused without a reason"),
    }
}

fn plans() -> Vec<Vec<u8>> {
    vec![plan::sample::HYBRID.into()]
}

fn read_plan(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Err(problems) = plan::set::parse(&text, rules()) {
        assert!(!problems.is_empty(), "refused without a reason");
    }
}

/// A document told in JSON becomes one that is read as any other, or is refused.
fn read_document(bytes: &[u8]) {
    let Ok(value) = json::read(bytes) else { return };
    if let Ok(text) = arborline::api::parse::document::toml(&value) {
        read_network(text.as_bytes());
    }
}

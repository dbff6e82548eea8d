//! Documents: of a network and of its plans, in TOML and in JSON.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use arborline::api::parse::{document, json};
use arborline::base::time::Time;
use arborline::document::plan::set::{late_refunds, parse as parse_plan};
use arborline::document::plan::warnings::warnings;
use arborline::document::plan::{sample as plans, set};
use arborline::document::problem::Problem;
use arborline::document::{network, sample};
use arborline::engine::command::found::Found;
use arborline::engine::command::{Command, Verb};
use arborline::engine::rules::Rules;
use arborline::plan::KINDS;

use super::belt::{Answer, hash};

fn until() -> Time {
    "2000-03-01T00:00:00Z".parse().expect("a time")
}

fn text(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents");
    fs::read_to_string(folder.join(name)).expect("a document")
}

/// The rules that plans are read for: two period types, and trees of all shapes.
pub(super) fn rich() -> Rules {
    let network = network::parse(&text("plans/network.toml")).expect("right");
    network.compile(until())
}

static RULES: LazyLock<Rules> = LazyLock::new(rich);

/// All problems as they are told: each of a line of the text, in order.
fn told(text: &str, problems: &[Problem]) -> u64 {
    assert!(!problems.is_empty(), "refused without a reason");
    assert!(problems.is_sorted_by_key(|problem| problem.line));
    let lines = text.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let within = problems
        .iter()
        .all(|problem| (1..=lines).contains(&problem.line));
    assert!(within, "{lines} lines: {all:?}");
    hash(all)
}

fn read_network(text: &str) -> Answer {
    let network = network::parse(text).map_err(|problems| told(text, &problems))?;
    let rules = network.compile(until());
    assert!(rules.are_sound(), "{rules:?}");
    let found = Command {
        id: "founding".into(),
        at: until(),
        verb: Verb::Found(Box::new(Found {
            document: [1; 32],
            rules,
        })),
    };
    let mut bytes = Vec::new();
    found.encode(&mut bytes);
    assert_eq!(Command::decode(&bytes), Ok(found));
    Ok(hash(bytes))
}

fn read_plan(text: &str) -> Answer {
    let set = parse_plan(text, &RULES).map_err(|problems| told(text, &problems))?;
    let refunds = late_refunds(&set);
    let warned = format!("{:?}", warnings(&set, &RULES));
    Ok(hash((format!("{set:?}{refunds:?}"), warned)))
}

fn as_text(bytes: &[u8], read: fn(&str) -> Answer) -> Answer {
    let text = std::str::from_utf8(bytes).map_err(|error| hash(error.valid_up_to() as u64))?;
    read(text)
}

/// JSON is written as TOML that is TOML, whatever it says.
fn as_json(bytes: &[u8], read: fn(&str) -> Answer) -> Answer {
    let written = json::read(bytes).and_then(|value| document::toml(&value));
    let written = written.map_err(|problem| hash(format!("{problem:?}")))?;
    let not_toml = network::parse(&written).err().into_iter().flatten();
    for problem in not_toml {
        assert!(
            !problem.allowed.starts_with("TOML ("),
            "{problem}: {written}"
        );
    }
    read(&written)
}

pub(super) fn network_toml(bytes: &[u8]) -> Answer {
    as_text(bytes, read_network)
}

pub(super) fn network_json(bytes: &[u8]) -> Answer {
    as_json(bytes, read_network)
}

pub(super) fn plan_toml(bytes: &[u8]) -> Answer {
    as_text(bytes, read_plan)
}

pub(super) fn plan_json(bytes: &[u8]) -> Answer {
    as_json(bytes, read_plan)
}

/// Network documents that hold.
pub(super) fn networks() -> Vec<Vec<u8>> {
    let files = ["hybrid", "enrolment", "activity_rolling", "plans/network"];
    let files = files.map(|name| text(&format!("{name}.toml")));
    let samples = [sample::DEFAULT, sample::DEFAULT_EVENTS, sample::SAMPLE];
    let all = files.into_iter().chain(samples.map(str::to_owned));
    all.map(String::into_bytes).collect()
}

/// Plan documents that hold for the rich network.
pub(super) fn plan_documents() -> Vec<Vec<u8>> {
    let kinds = KINDS.iter().map(|kind| plans::of_kind(kind));
    let all = kinds.chain([text("plans/base.toml"), plans::HYBRID.to_owned()]);
    let hold = all.filter(|text| set::parse(text, &RULES).is_ok());
    hold.map(String::into_bytes).collect()
}

/// The same documents as JSON.
fn in_json(documents: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let json = |text: Vec<u8>| {
        let text = String::from_utf8(text).expect("text");
        let value: toml::Table = text.parse().expect("TOML");
        serde_json::to_vec(&value).expect("no dates stand in documents")
    };
    documents.into_iter().map(json).collect()
}

pub(super) fn networks_in_json() -> Vec<Vec<u8>> {
    in_json(networks())
}

pub(super) fn plan_documents_in_json() -> Vec<Vec<u8>> {
    in_json(plan_documents())
}

//! Network documents: every wrong one is told by line, field, given and allowed; every right one is read as meant.
//!
//! `tests/documents/*.toml` (and those of `changes/`, each told to the network of `running.toml`) hold the documents, `.expected` beside each what is said of it. `UPDATE=1` rewrites those.

use std::fs;
use std::path::{Path, PathBuf};

use arborline::base::time::Time;
use arborline::document::{change, network, sample};
use arborline::engine::command::found::Found;
use arborline::engine::command::{Command, Verb};
use arborline::engine::execute::execute_batch;
use arborline::engine::law;
use arborline::engine::state::State;

mod plan;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents")
}

/// What a reader is told of a document: its problems, or the rules it makes with the calendars cut short.
fn told(text: &str) -> String {
    match network::parse(text) {
        Err(problems) => problems
            .iter()
            .map(|problem| format!("{problem}\n"))
            .collect(),
        Ok(network) => {
            let until: Time = "2000-03-01T00:00:00Z".parse().expect("a time");
            let mut rules = network.compile(until);
            for kind in &mut rules.period_types {
                kind.starts.truncate(4);
                kind.labels.truncate(3);
            }
            serde_json::to_string_pretty(&rules).expect("rules are data") + "\n"
        }
    }
}

/// What a reader is told of a document that changes the running one, read at noon of 2026-02-10: its problems, or where
/// each calendar takes over from the known one.
fn told_of_change(text: &str) -> String {
    let until: Time = "2026-06-01T00:00:00Z".parse().expect("a time");
    let running = fs::read_to_string(folder().join("changes/running.toml")).expect("a document");
    let running = network::parse(&running).expect("right").compile(until);
    let network = match change::parse(text, &running) {
        Ok(network) => network,
        Err(problems) => {
            let lines = problems.iter().map(|problem| format!("{problem}\n"));
            return lines.collect();
        }
    };
    let mut state = State::new();
    let found = Command {
        id: "founding".into(),
        at: "2026-02-10T12:00:00Z".parse().expect("a time"),
        verb: Verb::Found(Box::new(Found {
            document: [7; 32],
            rules: running.clone(),
        })),
    };
    execute_batch(
        &mut state,
        1,
        found.at,
        std::slice::from_ref(&found),
        &mut Vec::new(),
    );
    let begins = law::next_start(&state, &running, None).expect("a next month");
    let rules = change::compile(&network, &running, &state.periods, begins.at, until);
    assert!(rules.are_sound() && rules.breaks_with(&running).is_none());
    let mut told = format!("taken from {}: ", begins.at);
    let trees: Vec<&str> = rules.trees.iter().map(|tree| tree.name.as_str()).collect();
    told += &format!("{}; {}\n", rules.kinds.join(" "), trees.join(" "));
    for (index, of) in rules.period_types.iter().enumerate() {
        let known = (index < state.periods.len()).then(|| state.periods.get(index));
        assert!(known.is_none_or(|known| known.goes_on_with(of, begins.at)));
        let first = of.starts.partition_point(|&start| start < found.at);
        let periods = of.starts[first - 1..].iter().zip(&of.labels[first - 1..]);
        let periods = periods
            .take(5)
            .map(|(start, label)| format!("{label} from {start}"));
        told += &format!("{}: {}\n", of.name, periods.collect::<Vec<_>>().join(", "));
    }
    told
}

#[test]
fn each_document_is_told_as_written_down() {
    each_is_told("", told);
}

#[test]
fn each_change_of_a_document_is_told_as_written_down() {
    each_is_told("changes", told_of_change);
}

fn each_is_told(folder: &str, told: fn(&str) -> String) {
    let mut names: Vec<PathBuf> = fs::read_dir(self::folder().join(folder))
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "toml"))
        .collect();
    names.sort();
    assert!(names.len() >= 12, "the table has shrunk: {}", names.len());
    let mut wrong = Vec::new();
    for path in names {
        let told = told(&fs::read_to_string(&path).expect("a document"));
        let beside = path.with_extension("expected");
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&beside, &told).expect("to write what is expected");
        }
        let expected = fs::read_to_string(&beside).unwrap_or_default();
        if told != expected {
            wrong.push(format!(
                "{}:\n{told}--- expected\n{expected}",
                path.display()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_sample_says_what_holds_without_a_document() {
    let nothing = network::parse("").expect("nothing is a document");
    assert_eq!(network::parse(sample::DEFAULT).as_ref(), Ok(&nothing));
    assert_eq!(network::parse(sample::SAMPLE).as_ref(), Ok(&nothing));
}

/// The sample's alternatives stand in comments, where nothing else would notice that they have gone stale.
#[test]
fn every_alternative_of_the_sample_is_right() {
    let mut text = String::new();
    for line in sample::SAMPLE.lines() {
        let bare = line.strip_prefix("# ").unwrap_or(line);
        let key = bare.split([' ', '=']).next().unwrap_or_default();
        let alternative = bare.starts_with('[')
            || (bare.contains(" = ") && key.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
        // Two lines name another value of a field that the sample gives already.
        let twice = [
            "rolling_days = ",
            "placement = { policy = \"weaker_volume\"",
        ]
        .iter()
        .any(|start| bare.starts_with(start));
        if line.starts_with('#') && (!alternative || twice) {
            continue;
        }
        text.push_str(bare);
        text.push('\n');
    }
    let all = network::parse(&text).unwrap_or_else(|problems| panic!("{problems:#?}\n{text}"));
    assert_eq!((all.trees.len(), all.calendar.types.len()), (4, 6));
    assert!(all.customers_first.is_some());
}

#[test]
fn any_text_at_all_gets_an_answer() {
    let text = sample::SAMPLE;
    // Each byte in turn left out, doubled, or turned into something that has a meaning in TOML.
    for at in
        (0..text.len()).filter(|&at| text.is_char_boundary(at) && text.is_char_boundary(at + 1))
    {
        let (head, tail) = (&text[..at], &text[at + 1..]);
        for between in ["", "\"", "[", "=", "\n", "9", "{}"] {
            let broken = format!("{head}{between}{tail}");
            if let Err(problems) = network::parse(&broken) {
                let lines = broken.split('\n').count();
                assert!(
                    problems
                        .iter()
                        .all(|problem| (1..=lines).contains(&problem.line)),
                    "{problems:?}"
                );
            }
        }
    }
}

//! Network documents: every wrong one is told by line, field, given and allowed; every right one is read as meant.
//!
//! `tests/documents/*.toml` hold the documents, `.expected` beside each what is said of it. `UPDATE=1` rewrites those.

use std::fs;
use std::path::{Path, PathBuf};

use arborline::base::time::Time;
use arborline::document::{network, sample};

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

#[test]
fn each_document_is_told_as_written_down() {
    let mut names: Vec<PathBuf> = fs::read_dir(folder())
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
        let alternative = bare.starts_with("[[")
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

//! Plan documents: every wrong one is told by line, field, given and allowed; every right one is read as meant.
//!
//! `plans/bad.txt` and `plans/warnings.txt` hold tables of documents as edits of `plans/base.toml`, each with what is said
//! of it. A row is a title behind `===`; lines to take out behind `-`, lines to put there instead behind `+`, groups of
//! both apart by a blank line or by each other, or a whole document behind `|`; and what is said. `UPDATE=1` rewrites that.

use std::fmt::Write;
use std::fs;

use arborline::base::time::Time;
use arborline::document::network;
use arborline::document::plan::set::parse;
use arborline::document::plan::warnings::warnings;
use arborline::document::plan::{pages, sample};
use arborline::document::sample as networks;
use arborline::engine::rules::Rules;
use arborline::plan::KINDS;
use arborline::plan::set::PlanSet;

use super::folder;
use crate::chance::{Chance, scale};

fn read(name: &str) -> String {
    fs::read_to_string(folder().join("plans").join(name)).expect("a file of the table")
}

/// The rules of a network document; how far its calendars go does not matter.
fn rules(network: &str) -> Rules {
    let until: Time = "2000-03-01T00:00:00Z".parse().expect("a time");
    network::parse(network).expect("right").compile(until)
}

/// The rules that the tables are for: two period types, and trees of all shapes.
fn rich() -> Rules {
    rules(&read("network.toml"))
}

/// The rules of a server started without a document.
fn plain() -> Rules {
    rules(networks::DEFAULT)
}

/// Compares a text with a file, or rewrites that.
fn check(name: &str, told: &str) {
    let path = folder().join("plans").join(name);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, told).expect("to write what is expected");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let mut lines = expected.lines().zip(told.lines()).enumerate();
    let differs = lines.find(|(_, (expected, told))| expected != told);
    assert!(
        told == expected,
        "{name} differs, first at {differs:#?}; run the test once with UPDATE=1"
    );
}

/// One row of a table: its lines as they stand, and the document that they make.
struct Row<'a> {
    head: Vec<&'a str>,
    document: String,
}

/// Reads a table over a base.
fn rows<'a>(table: &'a str, base: &str) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    for block in table.split("=== ").skip(1) {
        let mut head: Vec<&str> = block
            .lines()
            .enumerate()
            .filter(|(at, line)| *at == 0 || line.is_empty() || line.starts_with(['-', '+', '|']))
            .map(|(_, line)| line)
            .collect();
        while head.last().is_some_and(|line| line.is_empty()) {
            head.pop();
        }
        let document = edited(base, &head);
        rows.push(Row { head, document });
    }
    rows
}

/// The base with the edits of a row.
fn edited(base: &str, head: &[&str]) -> String {
    let whole = head.iter().filter_map(|line| line.strip_prefix('|'));
    let whole: Vec<&str> = whole.collect();
    if !whole.is_empty() {
        return whole.join("\n") + "\n";
    }
    let mut lines: Vec<&str> = base.lines().collect();
    let mut edits = &head[1..];
    while !edits.is_empty() {
        let group = |edits: &'_ [&str], sign: char| {
            let run = edits.iter().take_while(|line| line.starts_with(sign));
            run.count()
        };
        let out: Vec<&str> = edits[..group(edits, '-')]
            .iter()
            .map(|line| &line[1..])
            .collect();
        edits = &edits[out.len()..];
        let put: Vec<&str> = edits[..group(edits, '+')]
            .iter()
            .map(|line| &line[1..])
            .collect();
        edits = &edits[put.len()..];
        if out.is_empty() {
            assert!(
                put.is_empty() && edits[0].is_empty(),
                "{head:?} puts lines nowhere"
            );
            edits = &edits[1..];
            continue;
        }
        let mut places = (0..lines.len()).filter(|&at| lines[at..].starts_with(&out));
        let (first, second) = (places.next(), places.next());
        let at = first.unwrap_or_else(|| panic!("{}: no {out:?}", head[0]));
        assert!(second.is_none(), "{}: {out:?} twice", head[0]);
        lines.splice(at..at + out.len(), put);
    }
    lines.join("\n") + "\n"
}

/// Rewrites what a table says of each document, and compares it.
fn check_table(name: &str, least: usize, told: impl Fn(&str) -> String) {
    let (table, base) = (read(name), read("base.toml"));
    let rows = rows(&table, &base);
    assert!(rows.len() >= least, "the table has shrunk: {}", rows.len());
    let mut text = String::new();
    for (at, row) in rows.iter().enumerate() {
        let told = told(&row.document);
        let between = if at > 0 { "\n" } else { "" };
        let gap = if row.head.len() > 1 && !told.is_empty() {
            "\n"
        } else {
            ""
        };
        let head = row.head.join("\n");
        write!(text, "{between}=== {head}\n{gap}{told}").expect("a text takes any text");
    }
    check(name, &text);
}

/// What stands in the table for a document that is right, and so should not be there.
const RIGHT: &str = "nothing is wrong";

#[test]
fn each_wrong_plan_is_told_as_written_down() {
    let rules = rich();
    check_table("bad.txt", 40, |document| {
        let problems = parse(document, &rules).err().unwrap_or_default();
        let lines = problems.iter().map(|problem| format!("{problem}\n"));
        let told: String = lines.collect();
        if told.is_empty() {
            format!("{RIGHT}\n")
        } else {
            told
        }
    });
    assert!(!read("bad.txt").contains(RIGHT), "a row is right");
}

#[test]
fn each_warning_is_told_as_written_down() {
    let rules = rich();
    check_table("warnings.txt", 14, |document| {
        let set = parse(document, &rules).unwrap_or_else(|problems| panic!("{problems:#?}"));
        let told = warnings(&set, &rules).into_iter();
        told.map(|warning| warning + "\n").collect()
    });
}

/// A set as it was read. Kinds by name: what they point to lies somewhere else in every program.
fn shown(set: &PlanSet) -> String {
    let mut text = format!("{} {}\n", set.name, set.currency);
    writeln!(
        text,
        "{:#?}\n{:#?}\n{:#?}",
        set.ladders, set.plans, set.company_cap
    )
    .expect("a text takes any text");
    for entry in &set.components {
        let (kind, payee) = (entry.kind.name, entry.payee);
        writeln!(
            text,
            "{} {kind} plan {} ladder {:?} period {} {payee:?} cap {:?}\n{:#?}",
            entry.name, entry.plan, entry.ladder, entry.period, entry.caps, entry.settings
        )
        .expect("a text takes any text");
    }
    text
}

#[test]
fn a_plan_is_read_as_meant() {
    let set = parse(&read("base.toml"), &rich()).unwrap_or_else(|problems| panic!("{problems:#?}"));
    check("base.expected", &shown(&set));
}

#[test]
fn what_can_be_left_out_is_what_holds() {
    let short = "name = \"Short\"\ncurrency = \"USD\"\n[[ladders]]\nname = \"ranks\"\n\
        [[ladders.ranks]]\nname = \"silver\"\nall = [{ group = \"cv\", at_least = 1 }, \
        { capped = \"cv\", at_least = 1, leg_max = 1 }, { enrolled = 1 }]\n\
        [[plans]]\nname = \"main\"\n[[plans.components]]\nname = \"levels\"\n\
        kind = \"unilevel\"\nrates = [\"0.10\"]\n";
    let long = short
        .replace(
            "name = \"ranks\"",
            "name = \"ranks\"\nperiod = \"month\"\ntree = \"enroller\"",
        )
        .replace(
            "{ group =",
            "{ tree = \"enroller\", with_own = true, group =",
        )
        .replace(
            "{ capped =",
            "{ tree = \"enroller\", share_of = \"requirement\", capped =",
        )
        .replace("{ enrolled =", "{ active = true, enrolled =")
        .replace(
            "rates =",
            "period = \"month\"\npayee = \"active\"\ntree = \"enroller\"\nvolume = \"cv\"\n\
             compression = \"skip_inactive\"\nrates =",
        );
    let one = rules("volume_kinds = [\"cv\"]\n");
    let [short, long] = [short, &long].map(|text| shown(&parse(text, &one).expect("right")));
    assert_eq!(short, long);
}

#[test]
fn the_samples_are_right_and_warn_of_nothing() {
    let rules = plain();
    let mut samples: Vec<(&str, String)> = vec![("hybrid", sample::HYBRID.to_owned())];
    samples.extend(KINDS.iter().map(|kind| (kind.name, sample::of_kind(kind))));
    for (name, text) in samples {
        let set =
            parse(&text, &rules).unwrap_or_else(|problems| panic!("{name}: {problems:#?}\n{text}"));
        assert_eq!(warnings(&set, &rules), [""; 0], "{name}");
        let last = set.components.last().expect("a component");
        assert!(name == "hybrid" || last.kind.name == name, "{name}");
    }
}

#[test]
fn the_plan_book_tells_every_kind() {
    check("book.md", &pages::book());
}

/// What goes over a limit is told once, at the list that does.
#[test]
fn lists_are_bounded() {
    let rank =
        |at: usize| format!("[[ladders.ranks]]\nname = \"r{at}\"\nown = \"pv\"\nat_least = 1\n");
    let ladder = |at: usize, ranks: usize| {
        let ranks: String = (0..ranks).map(rank).collect();
        format!("[[ladders]]\nname = \"l{at}\"\n{ranks}")
    };
    let plan = |at: usize, components: std::ops::Range<usize>| {
        let entry = |at: usize| {
            format!(
                "[[plans.components]]\nname = \"c{at}\"\nkind = \"pool\"\nvolume = \"cv\"\nrate = 0\nshares = {{ r0 = 1 }}\n"
            )
        };
        let components: String = components.map(entry).collect();
        format!("[[plans]]\nname = \"p{at}\"\nladder = \"l0\"\n{components}")
    };
    let document = |ladders: usize, ranks: usize, plans: &[usize]| {
        let mut text = String::from("name = \"Limits\"\ncurrency = \"USD\"\n");
        for at in 0..ladders {
            text += &ladder(at, ranks);
        }
        let mut first = 0;
        for (at, &components) in plans.iter().enumerate() {
            text += &plan(at, first..first + components);
            first += components;
        }
        text
    };
    let ones = |plans: usize| vec![1; plans];
    for (ladders, ranks, plans, fields) in [
        (64, 32, vec![60, 4], &[][..]),
        (1, 1, ones(64), &[]),
        (65, 1, vec![1], &["ladders"]),
        (2, 33, vec![1], &["ladders[0].ranks", "ladders[1].ranks"]),
        (1, 1, vec![60, 5, 1], &["plans[1].components"]),
        (1, 1, ones(65), &["plans", "plans[64].components"]),
    ] {
        let told = parse(&document(ladders, ranks, &plans), &plain());
        let told = told.err().unwrap_or_default();
        let told: Vec<&str> = told.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(told, fields, "{ladders} {ranks} {plans:?}");
    }
}

/// What stands for another value, key or line in a broken document.
const PIECES: &[&str] = &[
    "0",
    "1",
    "-3",
    "2.5",
    "64",
    "\"\"",
    "\"0.05\"",
    "\"5%\"",
    "\"100\"",
    "\"silver\"",
    "\"gold\"",
    "\"level-pay\"",
    "\"pv\"",
    "\"enroller\"",
    "\"binary\"",
    "\"same_or_higher\"",
    "\"matching\"",
    "true",
    "[]",
    "{}",
    "[\"0.1\"]",
    "{ gold = 1 }",
    "[{ own = \"pv\" }]",
    "1979-05-27",
];

/// A document with one thing broken.
fn broken(text: &str, chance: &mut Chance) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let (at, other) = (chance.below(lines.len()), chance.below(lines.len()));
    match chance.below(7) {
        0 => {
            lines.remove(at);
        }
        1 => lines.insert(other, lines[at].clone()),
        2 => lines.swap(at, other),
        3 => lines[at] = lines[other].clone(),
        4 => {
            let key = lines[at].split(" = ").next().unwrap_or_default().to_owned();
            lines[at] = format!("{key} = {}", chance.pick(PIECES));
        }
        5 => {
            let value = lines[at].split_once(" = ").map_or("", |(_, value)| value);
            let key = lines[other].split(" = ").next().unwrap_or_default();
            lines[other] = format!("{key} = {value}");
        }
        _ => {
            // A value within a line: what stands between two quotes, or a word.
            let ends: Vec<usize> = lines[at].match_indices('"').map(|(at, _)| at).collect();
            if let Some(pair) = ends
                .chunks_exact(2)
                .nth(chance.below(ends.len().max(2) / 2))
            {
                let piece: &&str = chance.pick(PIECES);
                lines[at].replace_range(pair[0]..=pair[1], piece);
            }
        }
    }
    lines.join("\n")
}

#[test]
fn any_broken_plan_gets_an_answer() {
    let (plain, rich) = (plain(), rich());
    let mut documents = vec![
        (sample::HYBRID.to_owned(), &plain),
        (read("base.toml"), &rich),
    ];
    documents.extend(KINDS.iter().map(|kind| (sample::of_kind(kind), &plain)));
    let (mut refused, mut accepted) = (0, 0);
    for seed in 0..4_000 * scale() {
        let mut chance = Chance::new(seed);
        let (good, rules) = &documents[chance.below(documents.len())];
        let mut text = good.clone();
        for _ in 0..chance.between(1, 4) {
            text = broken(&text, &mut chance);
        }
        match parse(&text, rules) {
            Ok(set) => {
                accepted += 1;
                assert!(
                    set.components
                        .iter()
                        .all(|entry| entry.plan < set.plans.len()),
                    "seed {seed}"
                );
                let told = warnings(&set, rules);
                assert!(
                    told.iter().all(|warning| !warning.is_empty()),
                    "seed {seed}"
                );
            }
            Err(problems) => {
                refused += 1;
                let lines = text.split('\n').count();
                let within = problems
                    .iter()
                    .all(|problem| (1..=lines).contains(&problem.line));
                assert!(
                    within && !problems.is_empty(),
                    "seed {seed}: {problems:?}\n{text}"
                );
            }
        }
    }
    assert!(
        refused > 1_000 && accepted > 100,
        "{refused} refused, {accepted} accepted"
    );
}

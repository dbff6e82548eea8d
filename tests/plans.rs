//! Tables of plans: each file in `tests/plans/` is a history, a plan set in lines that begin with `|`, and what it comes
//! to, worked out by hand. `UPDATE=1` writes what the product says today; read the difference before keeping it.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use arborline::document::plan::set::parse;
use arborline::engine::state::State;
use arborline::plan::KINDS;
use arborline::view::commissions;
use arborline::view::era;
use arborline::view::lens::Lens;
use arborline::view::order_commissions;
use arborline::view::payout::{Asked, Payout};
use arborline::view::rank;

use crate::commands::language::Script;
use crate::tidy::readme::check_table;

/// A history with a plan set over it.
#[derive(Default)]
struct Table {
    script: Script,
    plan: String,
}

impl Table {
    /// Runs every line and gives the text with what came of it; what is accepted says nothing.
    fn run(mut self, text: &str) -> String {
        let mut out = String::new();
        for line in text.lines().filter(|line| !line.starts_with("  >")) {
            writeln!(out, "{line}").expect("a text takes any text");
            let words: Vec<&str> = line.split_whitespace().collect();
            let answers = match words.as_slice() {
                ["|", ..] => {
                    writeln!(self.plan, "{}", &line[1..]).expect("a text takes any text");
                    Vec::new()
                }
                ["plan"] => {
                    self.plan.clear();
                    Vec::new()
                }
                ["ranks", period @ ..] => holders(&self.payout(period)),
                ["pays", period @ ..] => amounts(&self.payout(period)),
                ["explain", member, component, period @ ..] => {
                    explained(&self.payout(period), member, component)
                }
                ["earned", order] => earned(&self.payout(&[]), order),
                ["progress", member, rank] => progress(&self.payout(&[]), member, rank),
                _ => self.script.answer(&words),
            };
            for answer in answers.iter().filter(|answer| *answer != "accepted") {
                writeln!(out, "  > {}", answer.trim_end()).expect("a text takes any text");
            }
        }
        out
    }

    /// The current period, or the one named, by the plan set told last.
    fn payout(&mut self, period: &[&str]) -> Payout {
        let state: State = self.script.state.fork();
        let rules = state.rules.clone().expect("a network");
        let set = parse(&self.plan, &rules).unwrap_or_else(|problems| panic!("{problems:#?}"));
        let lens = Lens::new(&state).expect("a network");
        let era = era::choose(&lens, None, period.first().copied()).expect("a period");
        let asked = Asked {
            period: era.period,
            ordinal: era.ordinal,
        };
        Payout::of(Arc::new(state), Arc::new(set), asked).expect("amounts within the range")
    }
}

/// Ids of all members.
fn members(payout: &Payout) -> Vec<String> {
    let lens = payout.lens();
    (1..lens.members()).map(|member| lens.id(member)).collect()
}

/// Who holds a rank, and which on which ladder.
fn holders(payout: &Payout) -> Vec<String> {
    let mut lines = Vec::new();
    for id in members(payout) {
        let held = rank::of_member(payout, &id).expect("a member");
        let held = held.ladders.into_iter().filter_map(|ladder| ladder.rank);
        let held: Vec<String> = held.collect();
        if !held.is_empty() {
            lines.push(format!("{id} {}", held.join(", ")));
        }
    }
    lines
}

/// Every line that comes to something, and who has lines that were cut.
fn amounts(payout: &Payout) -> Vec<String> {
    let mut lines = Vec::new();
    for id in members(payout) {
        for line in commissions::of_member(payout, &id).expect("a member").lines {
            if line.exact == "0.00" {
                continue;
            }
            let mut text = format!("{id} {} {}", line.component, line.amount.amount);
            if line.exact != line.amount.amount {
                write!(text, " ({})", line.exact).expect("a text takes any text");
            }
            if let Some(before) = line.before_cap {
                write!(text, " cut from {before}").expect("a text takes any text");
            }
            if let (Some(factor), Some(after)) = (line.company_factor, line.after_factor) {
                write!(text, " x {factor} = {}", after.amount).expect("a text takes any text");
            }
            lines.push(text);
        }
    }
    lines
}

fn explained(payout: &Payout, member: &str, component: &str) -> Vec<String> {
    let found = commissions::explain(payout, member, component).expect("a line");
    let parts = found.parts.iter().map(part);
    let mut lines: Vec<String> = parts.collect();
    lines.push(format!("= {}", found.exact));
    lines
}

fn part(part: &commissions::PartAnswer) -> String {
    let mut text = part.what.clone();
    if let Some(number) = part.number {
        write!(text, " {number}").expect("a text takes any text");
    }
    if let Some(of) = part.of {
        write!(text, " of {of}").expect("a text takes any text");
    }
    let basis = part.volume.map(|volume| volume.to_string());
    if let (Some(basis), Some(rate)) = (basis.or_else(|| part.earnings.clone()), &part.rate) {
        write!(text, ": {basis} x {rate}").expect("a text takes any text");
    }
    format!("{text} = {}", part.amount)
}

fn earned(payout: &Payout, order: &str) -> Vec<String> {
    let found = order_commissions::of_order(payout, order).expect("an order");
    let lines = found.lines.iter();
    lines
        .map(|line| format!("{} {} {}", line.member, line.component, part(&line.part)))
        .collect()
}

fn progress(payout: &Payout, member: &str, rank_name: &str) -> Vec<String> {
    let found = rank::progress(payout, member, None, Some(rank_name)).expect("a rank");
    let mut lines = Vec::new();
    let mut open = vec![(0, &found.needs)];
    while let Some((depth, need)) = open.pop() {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let (actual, required) = (text(&need.actual), text(&need.required));
        let holds = if need.holds { "holds" } else { "missing" };
        lines.push(format!(
            "{:indent$}{} {actual} of {required} {holds} {}",
            "",
            need.what,
            text(&need.missing),
            indent = depth * 2
        ));
        open.extend(need.of.iter().rev().map(|part| (depth + 1, part)));
    }
    lines
}

/// Runs the table in one file and compares every line.
fn check(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/plans/{name}.txt"));
    let asked = fs::read_to_string(&path).expect("the table is there");
    let answered = Table::default().run(&asked);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, answered).expect("the table can be rewritten");
        return;
    }
    for (number, (asked, answered)) in asked.lines().zip(answered.lines()).enumerate() {
        assert_eq!(answered, asked, "{name}.txt, line {}", number + 1);
    }
    let (asked, answered) = (asked.lines().count(), answered.lines().count());
    assert_eq!(answered, asked, "{name}.txt: number of lines");
}

macro_rules! tables {
    ($($name:ident),* $(,)?) => {
        $(#[test]
        fn $name() {
            check(stringify!($name));
        })*

        #[test]
        fn every_table_is_checked() {
            let names = [$(stringify!($name)),*];
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plans");
            for entry in fs::read_dir(folder).expect("the folder is there") {
                let path = entry.expect("an entry").path();
                let stem = path.file_stem().and_then(|stem| stem.to_str());
                assert!(names.contains(&stem.expect("a plain name")), "{path:?}");
            }
        }

        #[test]
        fn readme_lists_every_kind() {
            let mut rows = String::from("| kind | what it pays |\n|---|---|\n");
            for kind in KINDS {
                writeln!(rows, "| `{}` | {} |", kind.name, kind.sentence).expect("a text");
            }
            check_table("plans", &rows);
        }

        #[test]
        fn every_kind_has_a_table() {
            let names = [$(stringify!($name)),*];
            for kind in KINDS {
                let has = |name: &&&str| name.starts_with(kind.name);
                assert!(names.iter().any(|name| has(&name)), "{}", kind.name);
            }
        }
    };
}

tables!(
    capped,
    company_cap,
    differential,
    generation,
    matching,
    personal,
    pool,
    ranks,
    unilevel,
);

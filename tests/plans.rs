//! Tables of plans: each file in `tests/plans/` is a history, a plan set in lines that begin with `|`, and what it comes
//! to, worked out by hand. Those in `published_*.txt` are rules that companies and papers have published, most with their
//! own figures; each says where they stand, and what of it is ours.

use std::fmt::Write;
use std::sync::Arc;

use arborline::document::plan::set::{late_refunds, parse};
use arborline::engine::plans::Said;
use arborline::engine::state::State;
use arborline::plan::KINDS;
use arborline::plan::set::PlanSet;
use arborline::plan::standing::Standing;
use arborline::view::commissions;
use arborline::view::era::{self, Asked};
use arborline::view::explanation;
use arborline::view::lens::Lens;
use arborline::view::order_commissions;
use arborline::view::payout::Payout;
use arborline::view::rank;
use arborline::view::rank_ways::StepAnswer;
use arborline::view::reversed::taken_back;

use crate::commands::language::Script;
use crate::tables::tables;
use crate::tidy::readme::check_table;

/// A history with a plan set over it.
#[derive(Default)]
struct Table {
    script: Script,
    plan: String,
    /// What the period before handed on.
    opening: Arc<Standing>,
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
                ["activate"] => self.activate(),
                ["ranks", period @ ..] => holders(&self.payout(period)),
                ["pays", period @ ..] => amounts(&self.payout(period)),
                ["explain", member, component, period @ ..] => {
                    explained(&self.payout(period), member, component)
                }
                ["legs", member, component] => legs(&self.payout(&[]), member, component),
                ["end"] => {
                    let payout = self.payout(&[]);
                    self.opening = Arc::new(payout.pass.closing(&payout.set));
                    Vec::new()
                }
                ["back", refund, period] => taken(&self.payout(&[period]), refund),
                ["earned", order] => earned(&self.payout(&[]), order),
                ["counted", order] => counted(&self.payout(&[]), order),
                ["ways", member, rank] => ways_of(&self.payout(&[]), member, rank),
                ["progress", member, rank] => progress(&self.payout(&[]), member, rank),
                _ => {
                    if words.first() == Some(&"network") {
                        self.opening = Arc::default();
                    }
                    self.script.answer(&words)
                }
            };
            for answer in answers.iter().filter(|answer| *answer != "accepted") {
                writeln!(out, "  > {}", answer.trim_end()).expect("a text takes any text");
            }
        }
        out
    }

    /// Puts the plan set told last in force, for what is judged as each order comes in.
    fn activate(&mut self) -> Vec<String> {
        let set = self.set();
        let said = Said {
            document: [1; 32],
            refunds: late_refunds(&set),
            paths: set.paths(),
        };
        self.script.activate("main", said)
    }

    fn set(&self) -> PlanSet {
        let rules = self.script.state.rules.as_ref().expect("a network");
        parse(&self.plan, rules).unwrap_or_else(|problems| panic!("{problems:#?}"))
    }

    /// The current period, or the one named, by the plan set told last.
    fn payout(&mut self, period: &[&str]) -> Payout {
        let state: State = self.script.state.fork();
        let set = self.set();
        let lens = Lens::new(&state).expect("a network");
        let era = era::choose(&lens, None, period.first().copied()).expect("a period");
        let asked = Asked::of(&era);
        let opening = Arc::clone(&self.opening);
        Payout::of(Arc::new(state), Arc::new(set), asked, opening)
            .expect("amounts within the range")
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
        let held = rank::of_member(&payout.worked(), &id).expect("a member");
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
        for line in commissions::of_member(&payout.worked(), &id)
            .expect("a member")
            .lines
        {
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
    let found = explanation::explain(&payout.worked(), member, component).expect("a line");
    let parts = found.parts.iter().map(part);
    let mut lines: Vec<String> = parts.collect();
    lines.push(format!("= {}", found.exact));
    lines
}

/// What became of a member's legs.
fn legs(payout: &Payout, member: &str, component: &str) -> Vec<String> {
    let found = explanation::explain(&payout.worked(), member, component).expect("a line");
    let legs = found.legs.iter().map(|leg| {
        let side = if leg.leg == 1 { "left" } else { "right" };
        format!(
            "{side} {} + {} = {} matched + {} flushed + {} left",
            leg.brought, leg.new, leg.matched, leg.flushed, leg.left
        )
    });
    legs.collect()
}

fn part(part: &explanation::PartAnswer) -> String {
    let mut text = part.what.clone();
    if let Some(number) = part.number {
        write!(text, " {number}").expect("a text takes any text");
    }
    if let Some(of) = part.of {
        write!(text, " of {of}").expect("a text takes any text");
    }
    if let Some(each) = &part.each {
        write!(text, ": {each} each").expect("a text takes any text");
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

/// What a refund, by its number among refunds and adjustments from 1, takes back of a period.
fn taken(payout: &Payout, refund: &str) -> Vec<String> {
    let lens = payout.lens();
    let number: u32 = refund.parse().expect("a number");
    let back = taken_back(lens, &payout.worked(), number - 1).into_iter();
    let told = back.map(|debit| {
        let component = &payout.set.components[debit.component].name;
        format!("{} {component} {}", lens.id(debit.member), debit.amount)
    });
    told.collect()
}

/// What of an order counts in each kind that the set derives.
fn counted(payout: &Payout, order: &str) -> Vec<String> {
    let found = order_commissions::of_order(payout, order).expect("an order");
    let kinds = found.derived.0.iter();
    kinds.map(|(kind, sum)| format!("{kind} {sum}")).collect()
}

fn progress(payout: &Payout, member: &str, rank_name: &str) -> Vec<String> {
    let found = rank::progress(&payout.worked(), member, None, Some(rank_name)).expect("a rank");
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

/// A line a way: all volume and people, and each step.
fn ways_of(payout: &Payout, member: &str, rank_name: &str) -> Vec<String> {
    let found = rank::progress(&payout.worked(), member, None, Some(rank_name)).expect("a rank");
    let steps = |steps: &[StepAnswer]| {
        let told = steps.iter().map(|step| {
            let mut words = vec![step.what.clone(), step.amount.clone()];
            words.extend(step.volume.clone());
            words.extend(step.tree.clone());
            words.extend(step.leg.map(|leg| format!("leg {leg}")));
            words.extend(step.with.clone());
            words.extend((step.active == Some(true)).then(|| "active".to_owned()));
            words.extend(step.at_once.map(|volume| format!("{volume} at once")));
            words.join(" ")
        });
        told.collect::<Vec<_>>().join(", ")
    };
    let ways = found.ways.iter();
    ways.map(|way| format!("{} {}: {}", way.volume, way.people, steps(&way.steps)))
        .collect()
}

tables!("plans", |text| Table::default().run(text);
    advancement,
    binary,
    capped,
    company_cap,
    customer,
    derived,
    differential,
    fast_start,
    generation,
    judged_at_the_order,
    matching,
    personal,
    pool,
    published_advancement,
    published_binary_cycles,
    published_binary_percent,
    published_caps,
    published_differential,
    published_generation,
    published_matching,
    published_matrix,
    published_personal,
    published_pool,
    published_ranks,
    published_unilevel,
    ranks,
    refunds_after_close,
    retail,
    unilevel,
    ways,
);

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
    for kind in KINDS {
        let has = |name: &&str| name.starts_with(kind.name);
        assert!(TABLES.iter().any(has), "{}", kind.name);
    }
}

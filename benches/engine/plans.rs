//! Plans: a period worked out for everybody, and what one member is told of his.

use std::hint::black_box;
use std::sync::Arc;

use arborline::document::plan::set::parse;
use arborline::plan::extent::Extent;
use arborline::plan::run::Brought;
use arborline::plan::set::PlanSet;
use arborline::view::commissions;
use arborline::view::credited::Credited;
use arborline::view::era::Asked;
use arborline::view::late_refunds::LateRefunds;
use arborline::view::opened::{self, OpenedQuery};
use arborline::view::payout::Payout;
use arborline::view::present::Ground;
use arborline::view::rank;
use arborline_loadtest::names::member_id;
use arborline_loadtest::random::Random;

use crate::Scale;
use crate::machine::Machine;
use crate::meter::{by_the_clock, per_item, row, time};
use crate::rig::BATCH;

const REPEATS: usize = 5;
const READS: usize = 2_000;

/// Compressed unilevel alone.
const UNILEVEL: &str = r#"
name = "unilevel"
currency = "USD"
[[plans]]
name = "main"
[[plans.components]]
name = "levels"
kind = "unilevel"
volume = "cv"
rates = ["0.10", "0.05", "0.05", "0.04", "0.03", "0.02", "0.01"]
"#;

/// A ladder of four ranks, ten levels, stairstep, two legs, fast start and a match.
const HYBRID: &str = r#"
name = "hybrid"
currency = "USD"
[[ladders]]
name = "ranks"
[[ladders.ranks]]
name = "bronze"
all = [{ own = "pv", at_least = "25" }, { group = "cv", at_least = "500" }]
[[ladders.ranks]]
name = "silver"
all = [{ own = "pv", at_least = "25" }, { group = "cv", at_least = "2000" }, { enrolled = 3 }]
[[ladders.ranks]]
name = "gold"
all = [{ capped = "cv", at_least = "10000", leg_max = "0.5" }, { legs = 2, with = "silver" }]
[[ladders.ranks]]
name = "diamond"
all = [{ side = "cv", at_least = "50000" }, { legs = 3, with = "gold" }]
[[plans]]
name = "main"
ladder = "ranks"
[[plans.components]]
name = "levels"
kind = "unilevel"
volume = "cv"
rates = ["0.08", "0.05"]
rates_by_rank = { silver = ["0.08", "0.05", "0.04", "0.03", "0.02"], diamond = ["0.08", "0.05", "0.04", "0.03", "0.02", "0.01", "0.01", "0.01", "0.01", "0.01"] }
[[plans.components]]
name = "stairstep"
kind = "differential"
volume = "cv"
steps = [{ at_least = "500", rate = "0.02" }, { at_least = "2000", rate = "0.04" }, { at_least = "10000", rate = "0.06" }]
[[plans.components]]
name = "team"
kind = "binary"
tree = "binary"
volume = "cv"
rate = "0.10"
cap = "5000"
[[plans.components]]
name = "start"
kind = "fast_start"
volume = "cv"
within_days = 60
rates = ["0.20", "0.10", "0.05"]
[[plans.components]]
name = "match"
kind = "matching"
of = ["levels"]
rates_by_rank = { silver = ["0.10", "0.05"] }
"#;

/// Prints what a pass over everybody costs, and what reading one member from it does.
pub(crate) fn measure(scale: Scale) {
    let mut machine = Machine::grown(scale);
    let mut random = Random::new(scale.seed);
    for _ in 0..scale.members.div_ceil(BATCH as u32) {
        let orders: Vec<_> = (0..BATCH)
            .map(|_| machine.order(random.below(scale.members), 100, 2))
            .collect();
        machine.execute(&orders);
    }
    let state = Arc::new(machine.state.fork());
    let rules = state.rules.clone().expect("founded");
    let asked = Asked {
        period: 0,
        ordinal: state.periods.get(0).current(),
    };
    let mut last = None;
    for (name, text, floors) in [
        ("unilevel, 7 levels", UNILEVEL, None),
        ("hybrid", HYBRID, scale.floor(0.5, 6.0)),
    ] {
        let set: Arc<PlanSet> = Arc::new(parse(text, &rules).expect("a set that is right"));
        let mut repeats = Vec::new();
        for _ in 0..REPEATS {
            repeats.push(by_the_clock(|| {
                let payout =
                    Payout::of(Arc::clone(&state), Arc::clone(&set), asked, Arc::default());
                last = Some(payout.expect("amounts within the range"));
            }));
        }
        let seconds: Vec<f64> = per_item(&repeats, 1_000_000);
        row(
            &format!("plans, one pass, an order a member: {name}"),
            "s",
            &seconds,
            floors,
        );
    }
    let payout = last.expect("worked out");
    pay(&payout);
    open(&payout, &mut random, scale);
    read(&payout, &mut random, scale);
    present(&payout, &mut random, scale);
}

/// Prints what it costs to pay it, but for the file.
fn pay(payout: &Payout) {
    let (mut paid, none) = (Vec::new(), Brought::new());
    for _ in 0..REPEATS {
        paid.push(time(|| {
            let closing = payout.pass.closing(&payout.set);
            let sums = payout.payment(&none).sums();
            let lines = payout.payment(&none).lines().count();
            assert!(sums.is_ok_and(|sums| sums.lines == lines as u64));
            assert!(!closing.components.is_empty(), "legs are carried");
        }));
    }
    row(
        "plans, lines, accounts and carried figures of it",
        "s",
        &per_item(&paid, 1_000_000),
        None,
    );
}

/// Ids of members drawn alike.
fn ids(random: &mut Random, scale: Scale) -> Vec<String> {
    let id = |_| {
        let id = member_id(random.below(scale.members));
        String::from_utf8_lossy(&id).into_owned()
    };
    (0..READS).map(id).collect()
}

/// Prints what it costs to work one member out from his own part of the book, and how many have too large a one.
fn present(payout: &Payout, random: &mut Random, scale: Scale) {
    let (lens, era, set) = (payout.lens(), payout.era(), &payout.set);
    let extent = Extent::of(set, payout.asked.period);
    let mut credited = Credited::new(&lens, payout.asked).expect("a period that has begun");
    let index = time(|| assert!(credited.catch_up(&lens, usize::MAX), "all is taken in"));
    row(
        "plans, who is credited with what, an order",
        "us",
        &per_item(&[index], credited.records()),
        None,
    );
    let opening = [Arc::default()];
    let mut late = LateRefunds::new(&lens, payout.asked, set.after_close).expect("it has begun");
    assert!(late.catch_up(&lens, usize::MAX), "all is taken in");
    let ground = Ground {
        set,
        extent: &extent,
        opening: &opening,
        credited: Some(&credited),
        late: &late,
        reversed: &payout.reversed,
        whole: None,
    };
    let (mut halves, mut hundredths, mut swept) = (Vec::new(), Vec::new(), 0);
    for _ in 0..REPEATS {
        let mut took = Vec::new();
        for id in ids(random, scale) {
            took.push(time(|| {
                let member = lens.member(&id, "member").expect("a member");
                let looked = ground.look(lens, era, member, |worked| {
                    let read = commissions::of_member(worked, &id).expect("a member");
                    assert!(!read.lines.is_empty(), "every component has its line");
                });
                swept += usize::from(looked.is_none());
            }));
        }
        took.sort_unstable();
        halves.push(took[READS / 2]);
        hundredths.push(took[READS * 99 / 100]);
    }
    row(
        "plans, one member worked out as things stand, median",
        "us",
        &per_item(&halves, 1),
        None,
    );
    row(
        "plans, one member worked out as things stand, p99",
        "us",
        &per_item(&hundredths, 1),
        Some(50.0),
    );
    println!(
        "of {} members drawn, {swept} are told by a sweep",
        REPEATS * READS
    );
}

/// Prints what it costs to open a line down to its orders, of the first member and of others, and to look for ways.
fn open(payout: &Payout, random: &mut Random, scale: Scale) {
    let first = time(|| {
        black_box(payout.sold_by());
    });
    row(
        "plans, orders of the period by whom they are credited to, once",
        "ms",
        &per_item(&[first], 1_000),
        None,
    );
    let id = |member: u32| String::from_utf8_lossy(&member_id(member)).into_owned();
    let asked = OpenedQuery::default();
    for component in ["levels", "stairstep"] {
        let mut slowest = Vec::new();
        for repeat in 0..REPEATS {
            let mut pages = Vec::new();
            for _ in 0..40 {
                let member = if repeat == 0 {
                    0
                } else {
                    random.below(scale.members)
                };
                let of = (id(member), component);
                let mut asked = asked.clone();
                for _ in 0..20 {
                    let mut next = None;
                    pages.push(time(|| {
                        let page = opened::page(payout, (&of.0, of.1), &asked, &|_, _| true);
                        next = page.expect("a member").next;
                    }));
                    if next.is_none() {
                        break;
                    }
                    asked.cursor = next;
                }
            }
            slowest.push(pages.into_iter().max().unwrap_or_default());
        }
        row(
            &format!("plans, the slowest of some hundred pages of orders: {component}"),
            "ms",
            &per_item(&slowest, 1_000),
            Some(20.0),
        );
    }
    let mut ways = Vec::new();
    for _ in 0..REPEATS {
        let ids: Vec<String> = (0..200).map(|_| id(random.below(scale.members))).collect();
        ways.push(time(|| {
            for id in &ids {
                rank::progress(&payout.worked(), id, None, None).expect("a member");
            }
        }));
    }
    row(
        "plans, one member's way to the next rank",
        "us",
        &per_item(&ways, 200),
        None,
    );
}

/// Prints what it costs to read one member.
fn read(payout: &Payout, random: &mut Random, scale: Scale) {
    let mut reads = Vec::new();
    for _ in 0..REPEATS {
        let ids = ids(random, scale);
        reads.push(time(|| {
            for id in &ids {
                let read = commissions::of_member(&payout.worked(), id).expect("a member");
                assert!(!read.lines.is_empty(), "every component has its line");
            }
        }));
    }
    row(
        "plans, one member's commissions read from it",
        "us",
        &per_item(&reads, READS),
        Some(50.0),
    );
}

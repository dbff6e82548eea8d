//! A period begins with what the one before hands on, whether that one is rolled, due or paid.

use arborline::view::era::Asked;
use std::path::Path;
use std::sync::Arc;

use arborline::base::ids::Member;
use arborline::base::time::{DAY_MS, Time};
use arborline::engine::command::Command;
use arborline::engine::periods::Stage;
use arborline::engine::rules::{PeriodType, Rules};
use arborline::runtime::offline::{self, ReadOnly};
use arborline::runtime::openings::Openings;
use arborline::runtime::plans::Plans;
use arborline::runtime::settings::Settings;
use arborline::runtime::start::Server;

use super::network::{AT, block_on, enrol, offline, order, rules, serve, settings, submit};
use super::runs::paid_off;
use crate::disk::sim::SimDisk;

/// What two legs hold against each other; the rest is carried.
const PLAN: &str = r#"
name = "Legs"
currency = "USD"
[[plans]]
name = "main"
[[plans.components]]
name = "team"
kind = "binary"
tree = "binary"
volume = "cv"
payee = "any"
rate = "0.1"
"#;

/// Months that take late orders for five days.
fn late() -> Rules {
    let mut rules = rules();
    rules.period_types[0].cutoff_ms = 5 * DAY_MS;
    rules
}

fn planned(disk: &SimDisk) -> Settings {
    Settings {
        plan: Some(PLAN.to_owned()),
        ..settings(disk, Path::new("/data/net"), late())
    }
}

fn day(days: i64, command: Command) -> Command {
    Command {
        at: AT.plus_ms(days * DAY_MS),
        ..command
    }
}

/// How long after `AT` its month ends.
fn rest_of_month(server: &Server) -> i64 {
    server.handle.read(|state| {
        let periods = state.periods.get(0);
        let end = periods.end(periods.ordinal_at(AT));
        (end.0 - AT.0) / DAY_MS + 1
    })
}

fn first(server: &Server) -> Asked {
    server.handle.read(|state| Asked {
        period: 0,
        ordinal: state.periods.get(0).ordinal_at(AT),
    })
}

/// What a member earns in a period as it stands, in 1e-6.
fn live(server: &Server, asked: Asked, member: &str) -> i64 {
    let (set, seq, member) = server.handle.read(|state| {
        let plan = state.plan_of(asked.period, asked.ordinal);
        let (version, rules) = plan.expect("a plan counts");
        let set = server.handle.plan_set(version, rules).expect("it holds");
        let member: Member = state.members.find(member).expect("a member");
        (set, state.as_of_seq, member)
    });
    let payout = block_on(server.handle.payout(asked, set, seq)).expect("in range");
    payout.pass.amounts(0).expect("worked out")[member as usize].0
}

fn stage(server: &Server, asked: Asked) -> Stage {
    let stage = |state: &arborline::engine::state::State| {
        state.periods.get(asked.period).stage(asked.ordinal)
    };
    server.handle.read(stage)
}

#[test]
fn what_is_left_of_a_leg_counts_in_the_next_period() {
    let disk = SimDisk::new();
    let server = serve(planned(&disk));
    let (one, end) = (first(&server), rest_of_month(&server));
    let two = Asked {
        ordinal: one.ordinal + 1,
        ..one
    };
    let tell = |commands: Vec<Command>| {
        let receipts = block_on(submit(&server, commands)).expect("durable");
        assert!(receipts.iter().all(|receipt| receipt.outcome.is_ok()));
    };
    tell(vec![
        enrol("a", None),
        enrol("b", Some("a")),
        enrol("c", Some("a")),
    ]);
    tell(vec![order("o1", "b", 1_000_000), order("o2", "c", 300_000)]);
    assert_eq!(live(&server, one, "a"), 3_000_000);
    tell(vec![day(end, order("o3", "c", 500_000))]);
    assert_eq!(stage(&server, one), Stage::Rolled);
    // 70 are left of the one leg, against 50 of the other.
    assert_eq!(live(&server, two, "a"), 5_000_000);
    tell(vec![day(end + 6, order("o4", "c", 100_000))]);
    assert!(matches!(stage(&server, one), Stage::Closed | Stage::Gone));
    assert_eq!(live(&server, two, "a"), 6_000_000);
    let runs = paid_off(&server);
    assert!(runs.iter().any(|run| run.ordinal == one.ordinal));
    assert_eq!(live(&server, two, "a"), 6_000_000);
    tell(vec![day(end + 40, enrol("d", Some("a")))]);
    let runs = paid_off(&server);
    let run = runs.iter().find(|run| run.ordinal == two.ordinal);
    assert_eq!(run.expect("it is paid").totals, [("USD".into(), 600)]);
    server.stop();
}

#[test]
fn a_line_of_periods_that_are_not_paid_hands_on_all_along() {
    let disk = SimDisk::new();
    let mut network = offline(planned(&disk));
    let mut commands = vec![
        enrol("a", None),
        enrol("b", Some("a")),
        enrol("c", Some("a")),
    ];
    commands.push(order("o1", "b", 5_000_000));
    for month in 1..4 {
        let id = format!("m{month}");
        commands.push(day(31 * month, order(&id, "c", 1_000_000)));
    }
    network.submit(commands).expect("a disk in order");
    network.close().expect("a disk in order");
    let ReadOnly { state, files, .. } = offline::read(&planned(&disk)).expect("a log in order");
    let state = Arc::new(state);
    let openings = || {
        let plans = Arc::new(Plans::new(Arc::clone(&files)));
        Openings::new(Arc::clone(&files), plans)
    };
    let periods = state.periods.get(0);
    let begun = periods.ordinal_at(AT);
    assert!(state.runs.is_empty() && begun + 3 == periods.current());
    let a = state.members.find("a").expect("a member") as usize;
    let kept = openings();
    for ordinal in begun + 1..=begun + 3 {
        let asked = Asked { period: 0, ordinal };
        // From nothing, and with what was found before.
        for openings in [&openings(), &kept] {
            let payout = openings.payout(&state, asked).expect("in range");
            let amounts = payout.pass.amounts(0).expect("worked out");
            assert_eq!(amounts[a].0, 10_000_000, "{ordinal}");
        }
    }
}

/// A star by what a month sold, and a weekly rate that only stars are paid.
const STARS: &str = r#"
name = "Stars"
currency = "USD"
[[ladders]]
name = "stars"
period = "month"
[[ladders.ranks]]
name = "star"
own = "cv"
at_least = "50"
[[plans]]
name = "main"
ladder = "stars"
[[plans.components]]
name = "weekly"
kind = "unilevel"
period = "week"
volume = "cv"
payee = "any"
min_rank = "star"
compression = "none"
rates = ["0.1"]
"#;

/// The network of these tests with weeks beside its months.
fn weekly(disk: &SimDisk) -> Settings {
    let mut rules = rules();
    let month = rules.period_types[0].clone();
    let weeks = (0..200).map(|week| AT.plus_ms((7 * week - 42) * DAY_MS));
    rules.period_types.push(PeriodType {
        name: "week".into(),
        starts: weeks.collect(),
        labels: (1..200).map(|week| format!("w{week}").into()).collect(),
        ..month
    });
    Settings {
        plan: Some(STARS.to_owned()),
        ..settings(disk, Path::new("/data/net"), rules)
    }
}

#[test]
fn a_week_reads_the_rank_of_the_month_that_was_closed_when_it_rolled() {
    let disk = SimDisk::new();
    let server = serve(weekly(&disk));
    let tell = |commands: Vec<Command>| {
        let receipts = block_on(submit(&server, commands)).expect("durable");
        assert!(receipts.iter().all(|receipt| receipt.outcome.is_ok()));
    };
    let week = |at: Time| {
        server.handle.read(|state| Asked {
            period: 1,
            ordinal: state.periods.get(1).ordinal_at(at),
        })
    };
    let end = rest_of_month(&server);
    tell(vec![enrol("a", None), enrol("b", Some("a"))]);
    tell(vec![order("o1", "a", 1_000_000), order("o2", "b", 300_000)]);
    // The month runs, so nobody has closed it as a star.
    let first_week = week(AT);
    assert_eq!(live(&server, first_week, "a"), 0);
    // The next month has begun, and the star of the last one earns in the week that runs.
    tell(vec![day(end, order("o3", "b", 500_000))]);
    let current = week(AT.plus_ms(end * DAY_MS));
    let of_last = i64::from(current == first_week) * 3_000_000;
    assert_eq!(live(&server, current, "a"), of_last + 5_000_000);
    // Two months on he was none in the month between, whatever the first one was.
    tell(vec![day(end + 40, order("o4", "b", 700_000))]);
    let later = week(AT.plus_ms((end + 40) * DAY_MS));
    assert_eq!(live(&server, later, "a"), 0);
    let runs = paid_off(&server);
    let paid = |asked: Asked| {
        let mut its = runs.iter().filter(|run| run.period_type == asked.period);
        let run = its.find(|run| run.ordinal == asked.ordinal);
        run.expect("it is paid").totals[0].1
    };
    // What a week paid follows from the months that were closed when it rolled, not from those closed since.
    assert_eq!(paid(current), (of_last + 5_000_000) / 10_000);
    if first_week != current {
        assert_eq!(paid(first_week), 0);
    }
    server.stop();
}

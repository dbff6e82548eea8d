//! The memory of ids: what is older is refused, what is known gets its first receipt, before and after a restart.

use std::path::Path;

use arborline::base::time::{DAY_MS, Time};
use arborline::engine::command::adjust::Adjust;
use arborline::engine::command::refund::{Extent, Refund};
use arborline::engine::command::{Command, Verb};
use arborline::engine::judging::memory_start;
use arborline::engine::rejection::Rejection;
use arborline::runtime::offline::Offline;
use arborline::runtime::submission::{Receipt, Refusal};

use super::network::{AT, enrol, offline, order, rules, settings};
use crate::disk::sim::SimDisk;

fn tell(network: &mut Offline, command: &Command) -> Receipt {
    let receipts = network
        .submit(vec![command.clone()])
        .expect("a disk in order");
    receipts.into_iter().next().expect("a receipt")
}

fn dated(mut command: Command, at: Time) -> Command {
    command.at = at;
    command
}

/// An order, a refund and an adjustment under ids of their own, all of one time.
fn volumes(name: &str, at: Time) -> [Command; 3] {
    let refund = Refund {
        order: "sold".into(),
        extent: Extent::Amount(Default::default()),
        reason: None,
    };
    let adjust = Adjust {
        member: "a".into(),
        centre: 1,
        volumes: Default::default(),
        reason: "by hand".into(),
    };
    let of = |kind: &str, verb| Command {
        id: format!("{name}-{kind}").into(),
        at,
        verb,
    };
    [
        dated(order(&format!("{name}-o"), "a", 1), at),
        of("r", Verb::Refund(Box::new(refund))),
        of("a", Verb::Adjust(Box::new(adjust))),
    ]
}

/// The start of the memory, given and found, of a network whose rules say so many days, `later` days after its founding.
fn check(days: u16, later: i64, expected: &str) {
    let disk = SimDisk::new();
    let open = || {
        let mut rules = rules();
        (rules.refund_days, rules.id_memory_days) = (5, days);
        rules.period_types[0].cutoff_ms = 10 * DAY_MS;
        offline(settings(&disk, Path::new("/data/net"), rules))
    };
    let mut network = open();
    let told = tell(&mut network, &enrol("a", None));
    assert!(told.outcome.is_ok(), "{told:?}");
    let mut sold = order("sold", "a", 1);
    if let Verb::Order(order) = &mut sold.verb {
        order.amount = arborline::base::number::Volume(10_000);
    }
    let first = tell(&mut network, &sold);
    assert!(first.outcome.is_ok(), "{first:?}");
    let now = AT.plus_ms(later * DAY_MS);
    assert!(
        tell(&mut network, &dated(order("now", "a", 1), now))
            .outcome
            .is_ok()
    );
    let start: Time = expected.parse().expect("a time");
    let mut inside = volumes("inside", start).to_vec();
    for life in 0..3 {
        let name = format!("days {days}, life {life}");
        let rules = network.state.rules.clone().expect("a network");
        let found = memory_start(&network.state, &rules, network.state.as_of_time);
        assert_eq!(found, start, "{name}");
        for command in volumes(&format!("outside-{life}"), start.plus_ms(-1)) {
            let refused = tell(&mut network, &command).outcome;
            let older = Refusal::Rejected(Rejection::OlderThanMemory);
            assert_eq!(refused, Err(older), "{name}: {}", command.id);
        }
        // Known ids have their first receipts whatever their age; the first time all are new.
        for command in &inside {
            let told = tell(&mut network, command);
            let fits = told.outcome.is_ok() && told.repeated == (life > 0);
            assert!(fits, "{name}: {}: {told:?}", command.id);
        }
        let again = tell(&mut network, &sold);
        assert_eq!((again.seq, again.repeated), (first.seq, true), "{name}");
        network.close().expect("a disk in order");
        network = open();
    }
    // A year later all of it is older, and still known.
    let much_later = now.plus_ms(365 * DAY_MS);
    assert!(
        tell(&mut network, &dated(order("later", "a", 1), much_later))
            .outcome
            .is_ok()
    );
    inside.push(sold);
    for command in &inside {
        assert!(tell(&mut network, command).repeated, "{}", command.id);
    }
    for command in volumes("late", start) {
        let refused = tell(&mut network, &command).outcome;
        let older = Refusal::Rejected(Rejection::OlderThanMemory);
        assert_eq!(refused, Err(older), "{}", command.id);
    }
}

#[test]
fn the_memory_reaches_over_the_days_the_rules_say() {
    // AT is the 16th of February 2026.
    check(120, 0, "2025-10-19T00:00:00Z");
    check(120, 3, "2025-10-22T00:00:00Z");
}

#[test]
fn and_never_less_than_the_open_the_rolled_and_the_last_closed_period() {
    check(0, 0, "2026-01-01T00:00:00Z");
    // In March, February has rolled; January is the last closed book until February is.
    check(0, 14, "2026-01-01T00:00:00Z");
    check(0, 40, "2026-02-01T00:00:00Z");
}

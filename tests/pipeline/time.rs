//! Time that passes by itself: timers, calendars, and the durable mark of an idle log.

use std::path::Path;

use arborline::base::time::DAY_MS;
use arborline::document::network;
use arborline::engine::rules::{ClockMode, Rules};
use arborline::runtime::clock;

use super::network::{block_on, enrol, serve, settings, submit};
use crate::chance::Chance;
use crate::disk::sim::{SimDisk, Survivors};

const DIR: &str = "/data/net";

/// The default network by the wall clock, its calendar reaching so many days ahead.
fn by_the_clock(days: i64) -> Rules {
    let network = network::parse("").expect("the default network");
    let mut rules = network.compile(clock::now().plus_ms(days * DAY_MS));
    rules.clock = ClockMode::Wall;
    rules
}

#[test]
fn periods_roll_although_nobody_sends_anything() {
    let mut rules = by_the_clock(1);
    let month = &mut rules.period_types[0];
    // The last period known ends in a moment, and one more follows.
    let (soon, later) = (
        clock::now().plus_ms(300),
        clock::now().plus_ms(500 * DAY_MS),
    );
    let periods = month.starts.len();
    month.starts[periods - 1] = soon;
    month.starts.push(later);
    month.labels.push("after".into());
    let disk = SimDisk::new();
    let server = serve(settings(&disk, Path::new(DIR), rules));
    let current = || {
        server
            .handle
            .read(|state| state.periods.get(0).current() as usize)
    };
    block_on(async {
        submit(&server, vec![enrol("before", None)])
            .await
            .expect("durable");
        for _ in 0..600 {
            if current() == periods - 1 {
                break;
            }
            server
                .handle
                .wait_for(server.handle.health().applied_seq + 1, 100)
                .await;
        }
        assert_eq!(current(), periods - 1, "the period did not end");
        assert!(server.handle.health().machine_time >= soon);
        submit(&server, vec![enrol("after", None)])
            .await
            .expect("durable");
    });
    let live = server.handle.read(|state| state.full_digest());
    server.stop();
    let again = serve(settings(&disk, Path::new(DIR), by_the_clock(1)));
    assert_eq!(again.handle.read(|state| state.full_digest()), live);
    again.stop();
}

#[test]
fn calendars_are_kept_ahead() {
    let disk = SimDisk::new();
    let server = serve(settings(&disk, Path::new(DIR), by_the_clock(40)));
    let end = server
        .handle
        .read(|state| state.periods.get(0).calendar_end());
    assert!(end > clock::now().plus_ms(300 * DAY_MS), "{end}");
    let seq = server.handle.health().applied_seq;
    server.stop();
    // Nothing is asked twice.
    let again = serve(settings(&disk, Path::new(DIR), by_the_clock(40)));
    assert_eq!(again.handle.health().applied_seq, seq);
    again.stop();
}

#[test]
fn an_idle_log_says_what_is_durable() {
    let disk = SimDisk::new();
    let server = serve(settings(&disk, Path::new(DIR), by_the_clock(900)));
    block_on(async {
        submit(&server, vec![enrol("a", None)])
            .await
            .expect("durable");
        // Within a second an empty batch follows; then a crash leaves nothing above the mark.
        let mut opened_clean = false;
        for _ in 0..600 {
            let image = disk.image(Survivors::All, &mut Chance::new(0));
            let opened = arborline::runtime::offline::read(&settings(
                &image,
                Path::new(DIR),
                by_the_clock(900),
            ));
            opened_clean = opened.expect("a directory in order").opened.kept_above_mark == 0;
            if opened_clean {
                break;
            }
            server.handle.wait_for(u64::MAX, 20).await;
        }
        assert!(opened_clean, "the durable mark stays behind");
    });
    server.stop();
}

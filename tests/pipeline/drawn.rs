//! Random histories under a plan: what runs say at the end is what the passes were when the periods closed.

use arborline::view::era::Asked;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arborline::engine::rules::Rules;
use arborline::runtime::audit;
use arborline::runtime::openings::Openings;
use arborline::runtime::plans::Plans;
use arborline::runtime::settings::Settings;

use super::network::{block_on, offline, serve, settings};
use super::runs::{lines_of_pass, paid_off};
use crate::chance::{Chance, scale};
use crate::disk::sim::SimDisk;
use crate::histories::drawn;

const DIR: &str = "/data/net";

/// A plan for rules drawn by chance: pay on the first volume kind for each type of periods, and a match on each.
fn plan_for(rules: &Rules) -> String {
    let mut text = "name = \"Drawn\"\ncurrency = \"EUR\"\n[[plans]]\nname = \"main\"\n".to_owned();
    for (of, period) in rules.period_types.iter().enumerate() {
        let head = |name: &str, kind: &str| {
            let period = &period.name;
            format!(
                "[[plans.components]]\nname = \"{name}-{of}\"\nkind = \"{kind}\"\nperiod = \"{period}\"\npayee = \"any\"\ncompression = \"none\"\n"
            )
        };
        let volume = &rules.kinds[0];
        text += &head("pay", "unilevel");
        text += &format!("volume = \"{volume}\"\nrates = [\"0.0733\", \"0.0511\", \"0.0299\"]\n");
        text += &head("match", "matching");
        text += &format!("of = [\"pay-{of}\"]\nrates = [\"0.3333\"]\n");
    }
    text
}

#[test]
fn every_run_of_a_random_history_is_what_the_pass_was_at_its_close() {
    let (mut compared, mut lines) = (0, 0);
    for seed in 0..8 * scale() {
        let (rules, commands) = drawn(4_000 + seed, 700);
        let (disk, mut chance) = (SimDisk::new(), Chance::new(seed));
        let settings = || {
            let mut settings = settings(&disk, Path::new(DIR), rules.clone());
            let founding = settings.founding.as_mut().expect("a network to found");
            founding.document = b"drawn by chance".to_vec();
            let starts = founding.rules.period_types.iter().map(|of| of.starts[0]);
            founding.at = starts.max().expect("a period type");
            Settings {
                plan: Some(plan_for(&rules)),
                ..settings
            }
        };
        let mut network = offline(settings());
        let files = Arc::clone(network.log.files());
        let openings = || {
            let plans = Arc::new(Plans::new(Arc::clone(&files)));
            Openings::new(Arc::clone(&files), plans)
        };
        let openings = openings();
        let mut at_close = BTreeMap::new();
        let mut rest = commands.as_slice();
        while !rest.is_empty() {
            let (now, later) = rest.split_at((1 + chance.below(4)).min(rest.len()));
            network.submit(now.to_vec()).expect("a disk in order");
            rest = later;
            let state = Arc::new(network.state.fork());
            for (period, of) in state.periods.iter().enumerate() {
                for book in of.due() {
                    let asked = Asked {
                        period,
                        ordinal: book.ordinal,
                    };
                    let lines = || lines_of_pass(&openings, &state, asked);
                    at_close.entry(asked).or_insert_with(lines);
                }
            }
        }
        network.close().expect("a disk in order");
        let server = serve(settings());
        let runs = paid_off(&server);
        let state = block_on(server.handle.fork(server.handle.health().applied_seq));
        for run in &runs {
            let asked = Asked {
                period: run.period_type,
                ordinal: run.ordinal,
            };
            let Some(expected) = at_close.get(&asked) else {
                continue;
            };
            let paid = server.handle.paid(&state, run).expect("a file in order");
            let found = paid.lines(0, u64::MAX).expect("blocks in order");
            assert_eq!(&found, expected, "seed {seed}: {asked:?}");
            compared += 1;
            lines += found.len();
        }
        assert!(audit::all(&openings, &state).is_clean(), "seed {seed}");
        server.stop();
    }
    assert!(
        compared > 20 && lines > 200,
        "{compared} runs, {lines} lines"
    );
}

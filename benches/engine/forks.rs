//! Forks: the fork itself, and the pages that the first orders after it copy.

use arborline_loadtest::random::Random;

use crate::Scale;
use crate::machine::Machine;
use crate::meter::{row, single, time};
use crate::rig::{BATCH, postings};

const FORKS: usize = 7;
const BATCHES: usize = 2_000;

/// Prints the cost of forks of a whole state: enroller tree, power-leg binary tree, two kinds, ids.
pub(crate) fn measure(scale: Scale) {
    let mut machine = Machine::grown(scale);
    let forks: Vec<f64> = (0..FORKS)
        .map(|_| {
            let mut fork = None;
            let nanoseconds = time(|| fork = Some(machine.state.fork()));
            drop(fork);
            nanoseconds as f64 / 1e6
        })
        .collect();
    row("fork of the whole state", "ms", &forks, None);
    let fork = machine.state.fork();
    let mut random = Random::new(scale.seed);
    let orders = postings(scale.members, 2, BATCHES * BATCH, &mut random);
    let mut each = Vec::with_capacity(BATCHES);
    for batch in orders.chunks(BATCH) {
        let nanoseconds = time(|| {
            for tree in [0, 1] {
                machine.state.forest.post(tree, batch);
            }
        });
        each.push(nanoseconds as f64 / 1e3);
    }
    drop(fork);
    let an_order: Vec<f64> = each.iter().map(|batch| batch / BATCH as f64).collect();
    single(
        "order, both trees, the first 2,560 after a fork, mean",
        "us",
        mean(&an_order[..10]),
        None,
    );
    single(
        "order, both trees, steady again",
        "us",
        mean(&an_order[BATCHES - 200..]),
        None,
    );
    let worst = each.iter().copied().fold(0.0, f64::max) / 1e3;
    single(
        "worst batch of 256 orders after a fork",
        "ms",
        worst,
        Some(16.0),
    );
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

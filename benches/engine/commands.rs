//! Orders as commands: id look-up, once-only check, order book, activity, trees.

use arborline::engine::command::Command;
use arborline_loadtest::network::Network;
use arborline_loadtest::random::Random;

use crate::machine::Machine;
use crate::meter::{per_item, row, time};
use crate::rig::{ACTIVE_FROM, BATCH, Shapes, grown, grown_with_legs};
use crate::{NONE_SET, Scale};

const ORDERS: usize = 40 * 1_024;
const REPEATS: usize = 7;

/// Prints the command figures for the enroller tree alone, then for the default network document's trees and kinds.
pub(crate) fn measure(scale: Scale) {
    let alone = Network {
        enrollers: grown(scale),
        kinds: Vec::new(),
        seats: Vec::new(),
    };
    let shapes = Shapes {
        binary: false,
        kinds: 1,
        thresholds: true,
    };
    states("enroller tree, 1 kind", shapes, &alone, scale, true);
    drop(alone);
    let both = Shapes {
        binary: true,
        kinds: 2,
        thresholds: false,
    };
    states(
        "enroller + power-leg binary, 2 kinds",
        both,
        &grown_with_legs(scale),
        scale,
        false,
    );
}

fn states(name: &str, shapes: Shapes, network: &Network, scale: Scale, floors: bool) {
    let mut machine = Machine::found(shapes);
    machine.enrol(network);
    let floor = |million, ten| {
        if floors {
            scale.floor(million, ten)
        } else {
            None
        }
    };
    let mut bench = Bench::new(machine, shapes.kinds, scale);
    // One order each makes everybody active, in an order that no cache foresees.
    let all = bench.shuffled();
    let first_hour = bench.run(&all, ACTIVE_FROM);
    row(
        &format!("command, {name}, first hour: each activates its buyer"),
        "us",
        &first_hour,
        floor(1.0, NONE_SET),
    );
    bench.finish(&all, ACTIVE_FROM);
    let found = bench.run_random(ACTIVE_FROM);
    row(
        &format!("command, {name}, all active"),
        "us",
        &found,
        floor(0.45, 0.65),
    );
    bench.machine.roll();
    let few: Vec<u32> = all.iter().copied().take(all.len() / 100).collect();
    bench.finish(&few, ACTIVE_FROM);
    bench.warm();
    let found = bench.run_random(1);
    row(
        &format!("command, {name}, 1 % active"),
        "us",
        &found,
        floor(0.45, 0.65),
    );
}

/// A machine that orders are drawn for.
pub(crate) struct Bench {
    /// The machine.
    pub(crate) machine: Machine,
    kinds: usize,
    members: u32,
    random: Random,
}

impl Bench {
    /// Orders of so many kinds, by all members.
    pub(crate) fn new(machine: Machine, kinds: usize, scale: Scale) -> Bench {
        Bench {
            machine,
            kinds,
            members: scale.members,
            random: Random::new(scale.seed),
        }
    }

    /// All members, in an order that no cache foresees.
    pub(crate) fn shuffled(&mut self) -> Vec<u32> {
        let mut all: Vec<u32> = (0..self.members).collect();
        for last in (1..self.members).rev() {
            all.swap(last as usize, self.random.below(last + 1) as usize);
        }
        all
    }

    fn commands(&mut self, buyers: &[u32], cv: i64) -> Vec<Command> {
        buyers
            .iter()
            .map(|&buyer| self.machine.order(buyer, cv, self.kinds))
            .collect()
    }

    fn timed(&mut self, buyers: &[u32], cv: i64) -> u64 {
        let commands = self.commands(buyers, cv);
        time(|| {
            for batch in commands.chunks(BATCH) {
                self.machine.execute(batch);
            }
        })
    }

    /// Microseconds an order for as many repeats as `buyers` allow.
    pub(crate) fn run(&mut self, buyers: &[u32], cv: i64) -> Vec<f64> {
        let size = ORDERS.min(buyers.len() / 2);
        let repeats: Vec<u64> = buyers
            .chunks_exact(size)
            .take(REPEATS)
            .map(|chunk| self.timed(chunk, cv))
            .collect();
        per_item(&repeats, size)
    }

    /// Gives an order to each of `buyers`, untimed; some may have theirs already.
    pub(crate) fn finish(&mut self, buyers: &[u32], cv: i64) {
        for chunk in buyers.chunks(ORDERS) {
            self.timed(chunk, cv);
        }
    }

    /// Lets every seat be touched once in the new period, untimed: what follows is its steady state.
    fn warm(&mut self) {
        for _ in 0..self.members as usize / ORDERS + 1 {
            let buyers = self.random_buyers();
            self.timed(&buyers, 1);
        }
    }

    fn random_buyers(&mut self) -> Vec<u32> {
        (0..ORDERS)
            .map(|_| self.random.below(self.members))
            .collect()
    }

    /// Microseconds an order by members drawn anew.
    pub(crate) fn run_random(&mut self, cv: i64) -> Vec<f64> {
        let repeats: Vec<u64> = (0..REPEATS)
            .map(|_| {
                let buyers = self.random_buyers();
                self.timed(&buyers, cv)
            })
            .collect();
        per_item(&repeats, ORDERS)
    }
}

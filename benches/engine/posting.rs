//! Orders as commands while a plan set is judged as they come in: who stands above each is found and written down.

use arborline::base::path::{Path, Paths};

use crate::Scale;
use crate::commands::Bench;
use crate::machine::Machine;
use crate::meter::row;
use crate::rig::ACTIVE_FROM;

/// Levels of a path.
const LEVELS: u8 = 10;

/// Prints what an order costs with nobody written down, with who stands above in the enroller tree, and with who stands
/// above in the power-leg binary tree too: while nobody is active yet, and when all are.
pub(crate) fn measure(scale: Scale) {
    let mut bench = Bench::new(Machine::grown(scale), 2, scale);
    let all = bench.shuffled();
    for (name, trees) in [
        ("nobody", &[][..]),
        ("10 levels of the enroller tree", &[0]),
        ("10 levels of the enroller and the binary tree", &[0, 1]),
    ] {
        let before = bench.machine.posted();
        bench.machine.post(&paths(trees));
        bench.machine.roll();
        let first = bench.run(&all, ACTIVE_FROM);
        row(
            &format!("order, written down: {name}; first hour of a period"),
            "us",
            &first,
            None,
        );
        bench.finish(&all, ACTIVE_FROM);
        row(
            &format!("order, written down: {name}; all active"),
            "us",
            &bench.run_random(ACTIVE_FROM),
            None,
        );
        let after = bench.machine.posted();
        row(
            &format!("memory an order, written down: {name}"),
            "B",
            &[(after.0 - before.0) as f64 / (after.1 - before.1) as f64],
            None,
        );
    }
}

fn paths(trees: &[u8]) -> Paths {
    let mut paths = Paths::default();
    for &tree in trees {
        let compressed = true;
        paths.add(Path { tree, compressed }, LEVELS);
    }
    paths
}

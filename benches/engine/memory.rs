//! Resident memory of a state: a member with seats in both trees and his id, an order with two kinds and its id.

use arborline::engine::command::Command;
use arborline_loadtest::random::Random;

use crate::Scale;
use crate::machine::Machine;
use crate::meter::{resident, single};
use crate::rig::{BATCH, Shapes, grown_with_legs};

/// Orders that memory is spread over, at most.
const ORDERS: usize = 2_000_000;

/// Prints growth of resident memory, while members are enrolled and while orders come in.
pub(crate) fn measure(scale: Scale) {
    let network = grown_with_legs(scale);
    let shapes = Shapes {
        binary: true,
        kinds: 2,
        thresholds: false,
    };
    let mut machine = Machine::found(shapes);
    let before = resident();
    machine.enrol(&network);
    let enrolled = resident();
    let a_member = (enrolled - before) as f64 / f64::from(scale.members);
    single(
        "resident, enroller + power-leg binary, 12-character id",
        "bytes a member",
        a_member,
        Some(240.0),
    );
    single(
        "of it pages of the trees",
        "bytes a member",
        machine.state.forest.bytes() as f64 / f64::from(scale.members),
        None,
    );
    let mut random = Random::new(scale.seed);
    let batches = (scale.members as usize).min(ORDERS) / BATCH;
    for _ in 0..batches {
        let orders: Vec<Command> = (0..BATCH)
            .map(|_| {
                let buyer = random.below(scale.members);
                machine.order(buyer, 100, 2)
            })
            .collect();
        machine.execute(&orders);
    }
    let an_order = (resident() - enrolled) as f64 / (batches * BATCH) as f64;
    single(
        "resident, an order with two kinds, 12-character id",
        "bytes an order",
        an_order,
        Some(100.0),
    );
}

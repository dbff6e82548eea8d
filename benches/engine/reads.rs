//! Reads of a group volume: of seats stood alone, and of seats on a chain.

use std::hint::black_box;

use arborline::base::ids::Seat;
use arborline::book::forest::Forest;
use arborline_loadtest::random::Random;

use crate::meter::{per_item, row, time};
use crate::rig::{Shapes, grown_with_legs, plant_both, postings};
use crate::{NONE_SET, Scale};

const READS: usize = 200_000;
const REPEATS: usize = 7;

/// Prints the cost of reads.
pub(crate) fn measure(scale: Scale) {
    let shapes = Shapes {
        binary: true,
        kinds: 1,
        thresholds: true,
    };
    let mut forest = plant_both(shapes.forest(), &grown_with_legs(scale));
    let mut random = Random::new(scale.seed);
    let orders = postings(scale.members, 1, scale.members as usize / 4, &mut random);
    for tree in [0, 1] {
        forest.post(tree, &orders);
    }
    let anyone: Vec<Seat> = (0..READS)
        .map(|_| 1 + random.below(scale.members))
        .collect();
    row(
        "read a group volume, enroller tree",
        "us",
        &read(&forest, 0, &anyone),
        scale.floor(0.08, NONE_SET),
    );
    let leg = power_leg(&forest);
    let length = u32::try_from(leg.len()).expect("no more than seats");
    let on_chain: Vec<Seat> = (0..READS)
        .map(|_| leg[random.below(length) as usize])
        .collect();
    let name = format!("read a group volume, on the power leg of {length}");
    row(
        &name,
        "us",
        &read(&forest, 1, &on_chain),
        scale.floor(0.55, 0.55),
    );
}

/// The company's left side.
fn power_leg(forest: &Forest) -> Vec<Seat> {
    let mut leg = vec![1];
    while let Some(next) = forest.child_in_leg(1, leg[leg.len() - 1], 1) {
        leg.push(next);
    }
    leg
}

fn read(forest: &Forest, tree: usize, seats: &[Seat]) -> Vec<f64> {
    let repeats: Vec<u64> = (0..REPEATS)
        .map(|_| {
            time(|| {
                let sum = seats.iter().fold(0i64, |sum, &seat| {
                    sum.wrapping_add(forest.group(tree, seat, 0, 0))
                });
                black_box(sum);
            })
        })
        .collect();
    per_item(&repeats, seats.len())
}

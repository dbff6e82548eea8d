//! New seats: the last tenth of a growing network.

use arborline::book::forest::Forest;

use crate::meter::{per_item, row, time};
use crate::rig::{Shapes, attach, grown_with_legs, seat_one};
use crate::{NONE_SET, Scale};

/// Prints the cost of a new seat in each tree.
pub(crate) fn measure(scale: Scale) {
    let network = grown_with_legs(scale);
    let shapes = Shapes {
        binary: true,
        kinds: 1,
        thresholds: true,
    };
    let mut forest = shapes.forest();
    let enrollers: Vec<(u32, u8)> = network
        .enrollers
        .iter()
        .map(|&parent| (parent, 0))
        .collect();
    let found = grow(&mut forest, 0, &enrollers);
    row(
        "insert, enroller tree",
        "us",
        &found,
        scale.floor(0.7, NONE_SET),
    );
    let found = grow(&mut forest, 1, &network.seats);
    row(
        "insert, power-leg binary tree",
        "us",
        &found,
        scale.floor(1.5, NONE_SET),
    );
}

fn grow(forest: &mut Forest, tree: usize, places: &[(u32, u8)]) -> Vec<f64> {
    let untimed = places.len() * 9 / 10;
    let size = (places.len() - untimed) / 8;
    let mut repeats = Vec::new();
    let mut owner = 1;
    let mut seat = |forest: &mut Forest, places: &[(u32, u8)]| {
        for &(parent, leg) in places {
            seat_one(forest, tree, owner, attach(parent, leg));
            owner += 1;
        }
    };
    seat(forest, &places[..untimed]);
    for chunk in places[untimed..].chunks(size) {
        let nanoseconds = time(|| seat(forest, chunk));
        if chunk.len() == size {
            repeats.push(nanoseconds);
        }
    }
    per_item(&repeats, size)
}

//! Orders as postings: what going up the trees costs, without ids and books.

use arborline::book::forest::Forest;
use arborline_loadtest::network::Network;
use arborline_loadtest::random::Random;

use crate::meter::{per_item, row, time};
use crate::rig::{
    BATCH, Shapes, grown, grown_with_legs, pass_thresholds, plant, plant_both, postings,
};
use crate::{NONE_SET, Scale};

/// Orders in one repeat, and repeats.
const ORDERS: usize = 100 * 1_024;
const REPEATS: usize = 9;

/// Prints the order figures.
pub(crate) fn measure(scale: Scale) {
    let shallow = grown(scale);
    for (kinds, million, ten) in [(1, 0.27, 0.42), (2, 0.36, 0.56)] {
        let shapes = Shapes {
            binary: false,
            kinds,
            thresholds: true,
        };
        let mut forest = plant(shapes.forest(), &shallow);
        let name = format!("order, enroller tree, {kinds} kind(s): group, thresholds, counts");
        let floor = if kinds == 1 {
            scale.floor(million, ten)
        } else {
            scale.floor(million, NONE_SET)
        };
        row(&name, "us", &post(&mut forest, &[0], kinds, scale), floor);
    }
    drop(shallow);
    let network = grown_with_legs(scale);
    for kinds in [1, 2] {
        let shapes = Shapes {
            binary: true,
            kinds,
            thresholds: true,
        };
        let mut forest = plant_both(shapes.forest(), &network);
        let found = post(&mut forest, &[0, 1], kinds, scale);
        row(
            &format!("order, both trees, {kinds} kind(s), thresholds being crossed"),
            "us",
            &found,
            None,
        );
    }
    power_leg(&network, scale);
}

/// The binary tree alone: while seats cross their thresholds, without thresholds, and with all of them passed.
fn power_leg(network: &Network, scale: Scale) {
    let shapes = Shapes {
        binary: true,
        kinds: 1,
        thresholds: false,
    };
    let floor = scale.floor(0.7, 1.0);
    let mut forest = plant_both(shapes.forest(), network);
    let found = post(&mut forest, &[1], 1, scale);
    row(
        "order, power-leg binary tree, no thresholds",
        "us",
        &found,
        floor,
    );
    drop(forest);
    let shapes = Shapes {
        thresholds: true,
        ..shapes
    };
    let mut forest = plant_both(shapes.forest(), network);
    let found = post(&mut forest, &[1], 1, scale);
    row(
        "order, power-leg binary tree, thresholds being crossed",
        "us",
        &found,
        None,
    );
    pass_thresholds(&mut forest, 1, scale.members);
    let found = post(&mut forest, &[1], 1, scale);
    row(
        "order, power-leg binary tree, thresholds passed",
        "us",
        &found,
        floor,
    );
}

/// Microseconds an order of repeated batches, posted to each of `trees`, after a first repeat nobody counts.
pub(crate) fn post(forest: &mut Forest, trees: &[usize], kinds: usize, scale: Scale) -> Vec<f64> {
    let mut random = Random::new(scale.seed);
    let repeats: Vec<u64> = (0..=REPEATS)
        .map(|_| {
            let orders = postings(scale.members, kinds, ORDERS, &mut random);
            time(|| {
                for batch in orders.chunks(BATCH) {
                    for &tree in trees {
                        forest.post(tree, batch);
                    }
                }
            })
        })
        .collect();
    per_item(&repeats[1..], ORDERS)
}

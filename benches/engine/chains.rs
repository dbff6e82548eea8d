//! Depth does not matter: orders at the bottom of one chain of everybody, against orders in a shallow tree.

use arborline::book::forest::Posting;
use arborline_loadtest::enrollers::{self, enroller_tree};
use arborline_loadtest::random::Random;

use crate::Scale;
use crate::meter::{median, per_item, row, single, time};
use crate::rig::{BATCH, Shapes, grown, pass_thresholds, plant, posting, postings};

const ORDERS: usize = 40 * 1_024;
const REPEATS: usize = 7;

/// Prints both and their ratio. Every threshold is passed first: crossings are work of their own.
pub(crate) fn measure(scale: Scale) {
    let shapes = Shapes {
        binary: false,
        kinds: 1,
        thresholds: true,
    };
    let shallow = run(shapes, &grown(scale), scale, |random| {
        postings(scale.members, 1, ORDERS, random)
    });
    row(
        "order, shallow tree, thresholds passed",
        "us",
        &shallow,
        None,
    );
    let chain = enroller_tree(enrollers::Shape::Chain, scale.members as usize, scale.seed);
    let bottom = run(shapes, &chain, scale, |random| {
        (0..ORDERS)
            .map(|_| posting(scale.members, 1, random))
            .collect()
    });
    row("order, bottom of a chain of everybody", "us", &bottom, None);
    let anywhere = run(shapes, &chain, scale, |random| {
        postings(scale.members, 1, ORDERS, random)
    });
    row(
        "order, anywhere on a chain of everybody",
        "us",
        &anywhere,
        None,
    );
    let base = median(shallow);
    single(
        "bottom of a chain : shallow tree",
        "x",
        median(bottom) / base,
        Some(4.0),
    );
    single(
        "anywhere on a chain : shallow tree",
        "x",
        median(anywhere) / base,
        None,
    );
}

fn run(
    shapes: Shapes,
    parents: &[u32],
    scale: Scale,
    make: impl Fn(&mut Random) -> Vec<Posting>,
) -> Vec<f64> {
    let mut forest = plant(shapes.forest(), parents);
    pass_thresholds(&mut forest, 0, scale.members);
    let mut random = Random::new(scale.seed);
    let repeats: Vec<u64> = (0..=REPEATS)
        .map(|_| {
            let orders = make(&mut random);
            time(|| {
                for batch in orders.chunks(BATCH) {
                    forest.post(0, batch);
                }
            })
        })
        .collect();
    per_item(&repeats[1..], ORDERS)
}

//! Moves of random legs to random places, and out of the widest frontline there can be.

use arborline::base::ids::Seat;
use arborline::book::forest::{Attach, Forest};
use arborline_loadtest::enrollers::{self, enroller_tree};
use arborline_loadtest::random::Random;

use crate::meter::{median, overhead, row, single, time};
use crate::rig::{Shapes, grown_with_legs, plant, plant_both, postings};
use crate::{NONE_SET, Scale};

const MOVES: usize = 20_000;

/// Prints the cost of moves.
pub(crate) fn measure(scale: Scale) {
    let shapes = Shapes {
        binary: true,
        kinds: 1,
        thresholds: true,
    };
    let network = grown_with_legs(scale);
    let mut forest = plant_both(shapes.forest(), &network);
    drop(network);
    fill(&mut forest, &[0, 1], scale);
    report("move, enroller tree", &mut forest, 0, scale, 3.0);
    report("move, power-leg binary tree", &mut forest, 1, scale, 21.0);
    drop(forest);
    let star = enroller_tree(enrollers::Shape::Star, scale.members as usize, scale.seed);
    let shapes = Shapes {
        binary: false,
        ..shapes
    };
    let mut forest = plant(shapes.forest(), &star);
    fill(&mut forest, &[0], scale);
    report(
        "move, out of one frontline of everybody",
        &mut forest,
        0,
        scale,
        3.0,
    );
}

/// Gives the seats some volume, so that moves carry it.
fn fill(forest: &mut Forest, trees: &[usize], scale: Scale) {
    let mut random = Random::new(scale.seed);
    let orders = postings(scale.members, 1, scale.members as usize / 4, &mut random);
    for &tree in trees {
        forest.post(tree, &orders);
    }
}

fn report(name: &str, forest: &mut Forest, tree: usize, scale: Scale, floor: f64) {
    let mut random = Random::new(scale.seed ^ u64::from(scale.members));
    let clock = overhead();
    let mut each = Vec::with_capacity(MOVES);
    while each.len() < MOVES {
        let seat = 2 + random.below(scale.members - 1);
        let parent = 1 + random.below(scale.members);
        let Some(to) = place(forest, tree, seat, parent) else {
            continue;
        };
        let nanoseconds = time(|| forest.move_seat(tree, seat, to));
        each.push(nanoseconds.saturating_sub(clock) as f64 / 1e3);
    }
    let means: Vec<f64> = each
        .chunks(MOVES / 5)
        .map(|part| part.iter().sum::<f64>() / part.len() as f64)
        .collect();
    row(
        &format!("{name}, mean of 4,000"),
        "us",
        &means,
        scale.floor(floor, NONE_SET),
    );
    let worst = each.iter().copied().fold(0.0, f64::max) / 1e3;
    single(&format!("{name}, median single"), "us", median(each), None);
    single(&format!("{name}, worst of {MOVES}"), "ms", worst, Some(7.0));
}

/// The place below `parent`, if it is free and the move makes no circle.
fn place(forest: &Forest, tree: usize, seat: Seat, parent: Seat) -> Option<Attach> {
    if forest.is_above(tree, seat, parent) || forest.parent(tree, seat) == Some(parent) {
        return None;
    }
    let leg = match tree {
        0 => 0,
        _ => (1..=2).find(|&leg| forest.child_in_leg(tree, parent, leg).is_none())?,
    };
    Some(Attach::Under { parent, leg })
}

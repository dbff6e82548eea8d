//! Networks under the benches: what is kept of them, and forests grown seat by seat.

use arborline::base::ids::Text;
use arborline::base::number::{UNIT, Volume};
use arborline::base::volumes::Volumes;
use arborline::book::forest::{Attach, Forest, Posting, Standing};
use arborline::book::rules::{Activity, CHAIN_RUN, Kept, Thresholds, Window};
use arborline::tree::rules::{CustomerLevel, Inside, Policy, Shape, Termination, TreeRules};
use arborline_loadtest::enrollers::{self, NO_PARENT, enroller_tree};
use arborline_loadtest::legs::Legs;
use arborline_loadtest::network::{Network, Wish};
use arborline_loadtest::random::Random;

use crate::Scale;

/// Orders in a batch.
pub(crate) const BATCH: usize = 256;

/// What an order needs to make its buyer active, in whole volume.
pub(crate) const ACTIVE_FROM: i64 = 50;

/// A tree by its name and shape.
pub(crate) fn tree(name: &str, shape: Shape) -> TreeRules {
    let binary = shape == Shape::Binary;
    TreeRules {
        name: Text::new(name),
        shape,
        placement: if binary {
            Policy::WeakerCount {
                inside: Inside::Outer,
            }
        } else {
            Policy::UnderEnroller
        },
        customer_level: CustomerLevel::Own,
        termination: Termination::EmptySeat,
        centres: 1,
        move_max: u32::MAX,
    }
}

/// Twelve thresholds, each twice the one before, on one tree.
fn ladder(tree: u8) -> Thresholds {
    Thresholds {
        tree,
        period: 0,
        kind: 0,
        steps: (0..12).map(|step| Volume((1_000 << step) * UNIT)).collect(),
    }
}

/// What a forest under test keeps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shapes {
    /// Whether there is a binary tree beside the enroller tree.
    pub(crate) binary: bool,
    /// Volume kinds.
    pub(crate) kinds: usize,
    /// Whether thresholds are kept on every tree.
    pub(crate) thresholds: bool,
}

impl Shapes {
    /// Rules of the trees.
    pub(crate) fn trees(self) -> Vec<TreeRules> {
        let mut trees = vec![tree("enroller", Shape::List)];
        if self.binary {
            trees.push(tree("binary", Shape::Binary));
        }
        trees
    }

    /// Threshold ladders, one a tree.
    pub(crate) fn ladders(self) -> Vec<Thresholds> {
        match self.thresholds {
            true => (0..1 + u8::from(self.binary)).map(ladder).collect(),
            false => Vec::new(),
        }
    }

    /// An empty forest.
    pub(crate) fn forest(self) -> Forest {
        Forest::new(&Kept {
            kinds: self.kinds,
            periods: 1,
            trees: &self.trees(),
            activity: &activity(),
            thresholds: &self.ladders(),
            kernels: &[],
            chain_run: CHAIN_RUN,
        })
    }
}

/// Who is active.
pub(crate) fn activity() -> Activity {
    Activity {
        kind: 0,
        at_least: Volume(ACTIVE_FROM * UNIT),
        window: Window::Period(0),
    }
}

/// Enroller tree with depth and frontlines of a grown network.
pub(crate) fn grown(scale: Scale) -> Vec<u32> {
    enroller_tree(
        enrollers::Shape::Attachment,
        scale.members as usize,
        scale.seed,
    )
}

/// The same with a power-leg binary tree below the enrollers.
pub(crate) fn grown_with_legs(scale: Scale) -> Network {
    Network::grow(&Wish {
        shape: enrollers::Shape::Attachment,
        binary: Some(Legs::PowerLeg),
        members: scale.members,
        customers: 0,
        seed: scale.seed,
    })
}

/// Where a member's seat hangs; seat numbers are one above the generator's, since the company has seat 0.
pub(crate) fn attach(parent: u32, leg: u8) -> Attach {
    match parent {
        NO_PARENT => Attach::Root,
        above => Attach::Under {
            parent: above + 1,
            leg,
        },
    }
}

/// Seats a newcomer who counts, and is not active.
pub(crate) fn seat_one(forest: &mut Forest, tree: usize, owner: u32, at: Attach) {
    let seat = forest.add_seat(tree, owner, at);
    let standing = Standing {
        counted: true,
        active: false,
    };
    forest.set_standing(tree, seat, standing);
}

/// A forest with every member seated in the enroller tree.
pub(crate) fn plant(mut forest: Forest, parents: &[u32]) -> Forest {
    for (owner, &parent) in (1..).zip(parents) {
        seat_one(&mut forest, 0, owner, attach(parent, 0));
    }
    forest
}

/// A forest with every member seated in both trees.
pub(crate) fn plant_both(forest: Forest, network: &Network) -> Forest {
    let mut forest = plant(forest, &network.enrollers);
    for (owner, &(parent, leg)) in (1..).zip(&network.seats) {
        seat_one(&mut forest, 1, owner, attach(parent, leg));
    }
    forest
}

/// An order's volume at a seat.
pub(crate) fn posting(seat: u32, kinds: usize, random: &mut Random) -> Posting {
    let cv = i64::from(50 + random.below(200)) * UNIT;
    Posting {
        seat,
        own: true,
        periods: 1,
        volumes: Volumes::from_units(&[cv, cv / 2][..kinds]),
    }
}

/// Batches of postings at random seats.
pub(crate) fn postings(
    members: u32,
    kinds: usize,
    count: usize,
    random: &mut Random,
) -> Vec<Posting> {
    (0..count)
        .map(|_| {
            let seat = 1 + random.below(members);
            posting(seat, kinds, random)
        })
        .collect()
}

/// One huge volume at every seat of a tree: all thresholds of all seats are behind them.
pub(crate) fn pass_thresholds(forest: &mut Forest, tree: usize, members: u32) {
    let all: Vec<Posting> = (1..=members)
        .rev()
        .map(|seat| Posting {
            seat,
            own: true,
            periods: 1,
            volumes: Volumes::from_units(&[10_000_000 * UNIT]),
        })
        .collect();
    for batch in all.chunks(BATCH) {
        forest.post(tree, batch);
    }
}

//! Networks grown before they are played with: lines 600 deep, stars 600 wide, balanced trees. Few commands, each
//! compared at every seat: long lines are kept in another form than short ones, and are cut, joined and crossed here.

use arborline::base::ids::Text;
use arborline::engine::command::enrol::{Enrol, Placement};
use arborline::engine::command::{Command, Verb};
use arborline::engine::member::{MemberKind, Profile};
use arborline::engine::position::PlaceAt;
use arborline::engine::rules::Rules;
use arborline::tree::rules::Shape;

use super::commands::Lean;
use super::{History, laws, run_mended};
use crate::chance::scale;
use crate::histories::play::Batch;

const MEMBERS: usize = 600;

/// How a network has grown.
#[derive(Clone, Copy)]
pub(super) enum Grown {
    /// Each below the last, down the left side.
    Line,
    /// Each below the last, left or right.
    Bent,
    /// Two lines of equal length under one root.
    Fork,
    /// All below the first where the shape allows it.
    Star,
    /// Level by level.
    Balanced,
}

impl Grown {
    /// Above whom the newcomer with this number (from 0) stands.
    fn parent(self, at: usize) -> usize {
        match self {
            Grown::Line | Grown::Bent => at - 1,
            Grown::Fork => at.saturating_sub(2),
            Grown::Star => 0,
            Grown::Balanced => (at - 1) / 2,
        }
    }

    fn leg(self, at: usize, width: u8, history: &mut History) -> Option<u8> {
        match self {
            Grown::Line => Some(1),
            Grown::Bent => Some(laws::small(
                1 + history.writer.chance.below(usize::from(width)),
            )),
            Grown::Fork if at <= 2 => Some(laws::small(at)),
            Grown::Fork => Some(1),
            Grown::Star | Grown::Balanced => None,
        }
    }
}

/// A network of distributors alone cannot grow where customers come first.
pub(super) fn anybody_enrols(rules: &mut Rules) {
    rules.customers_first = None;
}

/// Enrols all members in one batch.
pub(super) fn grow(history: &mut History, grown: Grown) -> Result<(), String> {
    let law = history.pair.world.law().clone();
    let mut commands = Vec::new();
    for at in 0..MEMBERS {
        let mut placements = Vec::new();
        for tree in law.trees.iter().skip(1).filter(|_| at > 0) {
            let place = match (tree.shape, grown) {
                (Shape::Binary | Shape::Matrix { .. }, Grown::Star) => PlaceAt::Policy {
                    policy: arborline::tree::rules::Policy::BreadthFirst,
                    under: Some(Text::from("g0")),
                },
                (shape, _) => PlaceAt::Under {
                    parent: Text::from(format!("g{}", grown.parent(at))),
                    centre: 1,
                    leg: shape.legs().and_then(|width| grown.leg(at, width, history)),
                },
            };
            placements.push(Placement {
                tree: tree.name.clone(),
                place,
            });
        }
        let enrol = Enrol {
            kind: MemberKind::Distributor,
            enroller: (at > 0).then(|| Text::from(format!("g{}", grown.parent(at)))),
            profile: Profile::default(),
            placements,
        };
        commands.push(Command {
            id: Text::from(format!("g{at}")),
            at: laws::START,
            verb: Verb::Enrol(Box::new(enrol)),
        });
    }
    history.play(Batch {
        stamp: laws::START,
        commands,
    })?;
    let people = history.pair.world.people.len();
    if people == MEMBERS + 1 {
        Ok(())
    } else {
        Err(format!("only {people} have been enrolled"))
    }
}

fn check(first_seed: u64, grown: Grown) {
    for seed in first_seed..first_seed + 6 * scale() {
        run_mended(seed, Lean::Grown, anybody_enrols, |history| {
            grow(history, grown)?;
            history.go_on(60, 1)
        });
    }
}

#[test]
fn lines() {
    check(60_000, Grown::Line);
}

#[test]
fn bent_lines() {
    check(61_000, Grown::Bent);
}

#[test]
fn two_lines() {
    check(62_000, Grown::Fork);
}

#[test]
fn stars() {
    check(63_000, Grown::Star);
}

#[test]
fn balanced_trees() {
    check(64_000, Grown::Balanced);
}

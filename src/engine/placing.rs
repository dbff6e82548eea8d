//! Placing: where a newcomer goes. One pure function finds the place, for commands and for the look-ahead alike.
//!
//! Must not write anything but the seat it was told to write.

use crate::base::ids::{ENROLLER_TREE, Member, Seat, Text};
use crate::book::forest::{Attach, Standing};
use crate::engine::judging::{self, Lowest};
use crate::engine::member::{MemberKind, Status};
use crate::engine::outcome::Choice;
use crate::engine::position::PlaceAt;
use crate::engine::rejection::{Field, Rejection};
use crate::engine::state::State;
use crate::tree::rules::{Inside, Policy};

/// The place a policy finds at or below a seat of a tree: the parent seat and the leg (0 where legs are not numbered).
/// None when the policy chooses none: the newcomer waits in the holding tank. Placing there at once really places there.
///
/// `under` stands in its tree (it does not wait). O(log n), or O(depth) for the policies that compare at each level.
#[must_use]
pub fn find_position(
    state: &State,
    tree: usize,
    under: Seat,
    policy: Policy,
) -> Option<(Seat, u8)> {
    let shape = state.founded().trees[tree].shape;
    let forest = &state.forest;
    let owner = forest.owner(tree, under);
    let Some(legs) = shape.legs() else {
        return match policy {
            Policy::HoldingTank => None,
            Policy::CompanyQueue => Some((first_root(state, tree)?, 0)),
            _ => Some((under, 0)),
        };
    };
    let outer = |leg: u8| (forest.outer_end(tree, under, leg), leg);
    Some(match policy {
        Policy::HoldingTank => return None,
        Policy::UnderEnroller | Policy::BreadthFirst => forest.first_free(tree, under),
        Policy::OuterLeft => outer(1),
        Policy::OuterRight => outer(legs),
        Policy::Alternate if state.members.alternates_right(owner, tree) => outer(legs),
        Policy::Alternate => outer(1),
        Policy::DefaultLeg => outer(state.members.default_leg(owner).unwrap_or(1).min(legs)),
        Policy::CompanyQueue => forest.first_free(tree, first_root(state, tree)?),
        Policy::FewestFilled => fewest_filled(state, tree, under, legs),
        Policy::WeakerCount { inside } => {
            let weigh = |seat| i64::from(seats_in_leg(state, tree, seat));
            weaker(state, tree, under, legs, inside, weigh)
        }
        Policy::WeakerVolume {
            kind,
            period,
            inside,
        } => {
            let weigh = |seat| forest.group(tree, seat, usize::from(period), usize::from(kind));
            weaker(state, tree, under, legs, inside, weigh)
        }
    })
}

/// The first root of a tree.
fn first_root(state: &State, tree: usize) -> Option<Seat> {
    state.forest.roots(tree).next()
}

/// Counted seats of a leg, its top included.
fn seats_in_leg(state: &State, tree: usize, top: Seat) -> u32 {
    let Standing { counted, .. } = state.forest.standing(tree, top);
    state.forest.downline(tree, top) + u32::from(counted)
}

/// The lightest leg of a seat, the leftmost of equals; an empty leg weighs nothing.
fn lightest(
    state: &State,
    tree: usize,
    seat: Seat,
    legs: u8,
    weigh: impl Fn(Seat) -> i64,
) -> (u8, Option<Seat>) {
    let (_, leg, child) = (1..=legs)
        .map(|leg| {
            let child = state.forest.child_in_leg(tree, seat, leg);
            (child.map_or(0, &weigh), leg, child)
        })
        .min_by_key(|&(weight, leg, _)| (weight, leg))
        .expect("a shape with numbered legs has some");
    (leg, child)
}

fn weaker(
    state: &State,
    tree: usize,
    under: Seat,
    legs: u8,
    inside: Inside,
    weigh: impl Fn(Seat) -> i64,
) -> (Seat, u8) {
    let mut seat = under;
    loop {
        let (leg, child) = lightest(state, tree, seat, legs, &weigh);
        let Some(child) = child else {
            return (seat, leg);
        };
        match inside {
            Inside::Outer => return (state.forest.outer_end(tree, child, leg), leg),
            Inside::BreadthFirst => return state.forest.first_free(tree, child),
            Inside::Balanced => seat = child,
        }
    }
}

fn fewest_filled(state: &State, tree: usize, under: Seat, legs: u8) -> (Seat, u8) {
    let mut seat = under;
    loop {
        let free = (1..=legs).find(|&leg| state.forest.child_in_leg(tree, seat, leg).is_none());
        if let Some(leg) = free {
            return (seat, leg);
        }
        let weigh = |child| i64::from(seats_in_leg(state, tree, child));
        let (_, child) = lightest(state, tree, seat, legs, weigh);
        seat = child.expect("no leg of this seat is free");
    }
}

/// A place that was found or asked for, judged and free.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spot {
    /// Where.
    pub(crate) attach: Attach,
    /// Whose side of alternation turns when it is taken.
    pub(crate) turns: Option<Member>,
}

impl Spot {
    /// In the holding tank.
    pub(crate) const TANK: Spot = Spot {
        attach: Attach::Detached,
        turns: None,
    };
    /// A root.
    pub(crate) const ROOT: Spot = Spot {
        attach: Attach::Root,
        turns: None,
    };
}

/// Where the search for a place begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// There is no enroller.
    Nobody,
    /// The enroller has no place in this tree yet.
    NotPlaced,
    /// At this seat, which also bounds it.
    At(Seat),
}

/// The start for a member brought in by another.
pub(crate) fn start(state: &State, tree: usize, enroller: Option<Member>) -> Start {
    let Some(enroller) = enroller else {
        return Start::Nobody;
    };
    match state.members.seat(enroller, tree, 1) {
        Some(seat) if !state.forest.is_waiting(tree, seat) => Start::At(seat),
        _ => Start::NotPlaced,
    }
}

/// The place for a newcomer to a placement tree: the one asked for, or by the tree's policy.
pub(crate) fn spot(
    state: &State,
    tree: usize,
    asked: Option<&PlaceAt>,
    start: Start,
) -> Result<Spot, Rejection> {
    match (asked, start) {
        (None, Start::Nobody) => Ok(Spot::ROOT),
        (None, Start::NotPlaced) => Ok(Spot::TANK),
        (None, Start::At(seat)) => Ok(by_policy(
            state,
            tree,
            seat,
            state.founded().trees[tree].placement,
        )),
        (Some(PlaceAt::Tank), _) => Ok(Spot::TANK),
        (Some(PlaceAt::Root), Start::Nobody) => Ok(Spot::ROOT),
        (Some(PlaceAt::Root), _) => Err(Rejection::OutsideEnroller),
        (Some(PlaceAt::Policy { policy, under }), _) => {
            judging::known_policy(state.founded(), *policy)?;
            let seat = match under {
                Some(id) => {
                    let member = judging::member(state, id, Field::Parent)?;
                    placed_seat(state, tree, member, 1, Field::Parent)?
                }
                None => match start {
                    Start::At(seat) => seat,
                    _ => return Err(Rejection::NotPlaced(Field::Enroller)),
                },
            };
            inside(state, tree, start, seat)?;
            Ok(by_policy(state, tree, seat, *policy))
        }
        (
            Some(PlaceAt::Under {
                parent,
                centre,
                leg,
            }),
            _,
        ) => {
            let mut lowest = Lowest::default();
            let below = below(state, tree, (parent, *centre), *leg, &mut lowest);
            if let Some((parent, _)) = below {
                lowest.take(inside(state, tree, start, parent));
            }
            lowest.verdict()?;
            let (parent, leg) = below.expect("what is missing has been noted");
            Ok(Spot {
                attach: Attach::Under { parent, leg },
                turns: None,
            })
        }
    }
}

/// The parent's seat and the leg asked for below it, which is free; notes what is wrong with either.
pub(crate) fn below(
    state: &State,
    tree: usize,
    (parent, centre): (&Text, u16),
    leg: Option<u8>,
    lowest: &mut Lowest,
) -> Option<(Seat, u8)> {
    // That there is no such leg needs no parent to be seen.
    lowest.take(known_leg(state, tree, leg));
    let parent = judging::member(state, parent, Field::Parent)
        .and_then(|member| placed_seat(state, tree, member, centre, Field::Parent));
    let parent = lowest.take(parent)?;
    let leg = lowest.take(free_leg(state, tree, parent, leg))?;
    Some((parent, leg))
}

fn by_policy(state: &State, tree: usize, under: Seat, policy: Policy) -> Spot {
    let found = find_position(state, tree, under, policy);
    let alternates =
        policy == Policy::Alternate && state.founded().trees[tree].shape.legs().is_some();
    found.map_or(Spot::TANK, |(parent, leg)| Spot {
        attach: Attach::Under { parent, leg },
        turns: alternates.then(|| state.forest.owner(tree, under)),
    })
}

fn inside(state: &State, tree: usize, start: Start, seat: Seat) -> Result<(), Rejection> {
    match start {
        Start::At(top) if !state.forest.is_above(tree, top, seat) => {
            Err(Rejection::OutsideEnroller)
        }
        Start::NotPlaced => Err(Rejection::NotPlaced(Field::Enroller)),
        _ => Ok(()),
    }
}

/// The seat of a member who can have others below him, in a tree he has a place in.
pub(crate) fn placed_seat(
    state: &State,
    tree: usize,
    member: Member,
    centre: u16,
    field: Field,
) -> Result<Seat, Rejection> {
    let mut lowest = Lowest::default();
    let seat = lowest.take(own_seat(state, tree, member, centre, (field, field)));
    let members = &state.members;
    let stands = members.status(member) != Status::Terminated;
    lowest.need(stands, Rejection::Terminated(field));
    let builds = members.kind(member) == MemberKind::Distributor;
    lowest.need(builds, Rejection::WrongKind(field));
    lowest.verdict()?;
    Ok(seat.expect("a missing seat has been noted"))
}

/// The seat of a member in a tree he has a place in, by the fields that name him and his centre.
pub(crate) fn own_seat(
    state: &State,
    tree: usize,
    member: Member,
    centre: u16,
    (field, centre_field): (Field, Field),
) -> Result<Seat, Rejection> {
    match state.members.seat(member, tree, centre) {
        Some(seat) if state.forest.is_waiting(tree, seat) => Err(Rejection::NotPlaced(field)),
        Some(seat) => Ok(seat),
        None if centre == 1 => Err(Rejection::WrongKind(field)),
        None => Err(Rejection::UnknownCentre(centre_field)),
    }
}

/// Whether places in a tree have the leg asked for, if one is.
fn known_leg(state: &State, tree: usize, asked: Option<u8>) -> Result<(), Rejection> {
    let legs = state.founded().trees[tree].shape.legs().unwrap_or(0);
    match asked {
        Some(leg) if !(1..=legs).contains(&leg) => Err(Rejection::NoSuchLeg),
        _ => Ok(()),
    }
}

/// The leg asked for, which places in the tree have, or the first free one; 0 where legs are not numbered.
fn free_leg(state: &State, tree: usize, parent: Seat, asked: Option<u8>) -> Result<u8, Rejection> {
    let Some(legs) = state.founded().trees[tree].shape.legs() else {
        return Ok(0);
    };
    let mut wanted = match asked {
        Some(leg) => leg..=leg,
        None => 1..=legs,
    };
    let is_free = |leg: &u8| state.forest.child_in_leg(tree, parent, *leg).is_none();
    wanted.find(is_free).ok_or(Rejection::SeatTaken)
}

/// Gives a member a new seat in a placement tree. His standing is written afterwards.
pub(crate) fn take(
    state: &mut State,
    tree: usize,
    member: Member,
    centre: u16,
    spot: Spot,
) -> Choice {
    let seat = state.forest.add_seat(tree, member, spot.attach);
    state.members.set_seat(member, tree, centre, seat);
    taken(state, tree, centre, spot)
}

/// Notes that a seat went to its spot, and says so.
pub(crate) fn taken(state: &mut State, tree: usize, centre: u16, spot: Spot) -> Choice {
    if let Some(member) = spot.turns {
        state.members.alternate(member, tree);
    }
    let (parent, leg) = match spot.attach {
        Attach::Under { parent, leg } => {
            let owner = state.forest.owner(tree, parent);
            let centre = state.members.centre_of(owner, tree, parent);
            (Some((owner, centre.expect("a seat is its owner's"))), leg)
        }
        Attach::Root | Attach::Detached => (None, 0),
    };
    Choice {
        part: 0,
        tree: tree as u8,
        centre,
        parent,
        leg,
        waits: spot.attach == Attach::Detached,
    }
}

/// Seats in all placement trees for a member who has none there yet: asked for, or by each tree's policy.
pub(crate) fn spots(
    state: &State,
    member: Option<Member>,
    enroller: Option<Member>,
    asked: impl Fn(usize) -> Option<PlaceAt>,
    lowest: &mut Lowest,
) -> Vec<(usize, Spot)> {
    let mut spots = Vec::new();
    for tree in ENROLLER_TREE + 1..state.founded().trees.len() {
        if member.is_some_and(|member| state.members.seat(member, tree, 1).is_some()) {
            continue;
        }
        let start = start(state, tree, enroller);
        if let Some(spot) = lowest.take(spot(state, tree, asked(tree).as_ref(), start)) {
            spots.push((tree, spot));
        }
    }
    spots
}

//! A member's volumes in one period: own, group and legs, in every tree.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::base::ids::{ENROLLER_TREE, Seat};
use crate::book::forest::Forest;
use crate::engine::state::State;
use crate::view::era::{self, Era, PeriodState};
use crate::view::error::ViewError;
use crate::view::lens::Lens;
use crate::view::shape::{ByKind, Place};

/// Legs shown of a tree without numbered legs; `/legs` pages through all.
pub const LEGS_SHOWN: usize = 100;

/// Which volumes.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct VolumesQuery {
    /// Only this tree.
    pub tree: Option<String>,
    /// Name of the period type; the activity rule's by default.
    pub period_type: Option<String>,
    /// A period's label, `current` (the default) or `closed`.
    pub period: Option<String>,
}

/// Volumes of one leg.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LegVolumes {
    /// Its number where legs are numbered.
    pub leg: Option<u8>,
    /// The child it begins with; none where it is empty.
    pub child: Option<Place>,
    /// Everything sold in it.
    pub group: ByKind,
}

/// Volumes at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlaceVolumes {
    /// Name of the tree.
    pub tree: String,
    /// Which of the member's places there, from 1.
    pub centre: u16,
    /// Own volume at this place.
    pub own: ByKind,
    /// Own volume and everything below.
    pub group: ByKind,
    /// Everything below.
    pub group_without_own: ByKind,
    /// Legs, as the tree stood in the period; of trees without numbered legs the first hundred.
    pub legs: Vec<LegVolumes>,
    /// Whether there are more legs than shown.
    pub more_legs: bool,
}

/// A member's volumes in one period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MemberVolumes {
    /// The member's id.
    pub member: String,
    /// Name of the period type.
    pub period_type: String,
    /// The period's label.
    pub period: String,
    /// Where the period stands: the figures of a closed one never change again.
    pub state: PeriodState,
    /// Own volume, all places together.
    pub own: ByKind,
    /// Each place in each tree.
    pub places: Vec<PlaceVolumes>,
}

/// The volumes of `member` in the period asked for.
///
/// # Errors
/// Unknown names, or [`ViewError::Gone`] for a period no longer readable.
///
/// # Cost
/// O(places and legs shown).
pub fn of(state: &State, member: &str, asked: &VolumesQuery) -> Result<MemberVolumes, ViewError> {
    let lens = Lens::new(state)?;
    let number = lens.member(member, "member")?;
    let only = asked
        .tree
        .as_deref()
        .map(|name| lens.tree(name))
        .transpose()?;
    let era = era::choose(&lens, asked.period_type.as_deref(), asked.period.as_deref())?;
    let mut places = Vec::new();
    for tree in 0..lens.rules.trees.len() {
        if only.is_none_or(|only| only == tree) {
            for (centre, seat) in lens.seats_of_member(tree, number) {
                places.push(place_volumes(&lens, &era, tree, centre, seat));
            }
        }
    }
    Ok(MemberVolumes {
        member: lens.id(number),
        period_type: lens.period_type_name(era.period),
        period: lens.label(era.period, era.ordinal),
        state: era.state,
        own: own(&lens, &era, ENROLLER_TREE, number),
        places,
    })
}

/// Own volume by kind.
fn own(lens: &Lens<'_>, era: &Era<'_>, tree: usize, seat: Seat) -> ByKind {
    lens.by_kind(|kind| era.figure((tree, seat), kind, Forest::own))
}

/// Group volume by kind.
fn group(lens: &Lens<'_>, era: &Era<'_>, tree: usize, seat: Seat) -> ByKind {
    lens.by_kind(|kind| era.figure((tree, seat), kind, Forest::group))
}

/// The volumes of one place.
fn place_volumes(
    lens: &Lens<'_>,
    era: &Era<'_>,
    tree: usize,
    centre: u16,
    seat: Seat,
) -> PlaceVolumes {
    let mut children: Vec<(Option<u8>, Option<Seat>)> = match lens.rules.trees[tree].shape.legs() {
        _ if !era.holds(tree, seat) => Vec::new(),
        Some(width) => (1..=width)
            .map(|leg| (Some(leg), era.forest.child_in_leg(tree, seat, leg)))
            .collect(),
        None => era
            .forest
            .children(tree, seat)
            .take(LEGS_SHOWN + 1)
            .map(|child| (None, Some(child)))
            .collect(),
    };
    let more_legs = children.len() > LEGS_SHOWN;
    children.truncate(LEGS_SHOWN);
    PlaceVolumes {
        tree: lens.tree_name(tree),
        centre,
        own: own(lens, era, tree, seat),
        group: group(lens, era, tree, seat),
        group_without_own: lens.by_kind(|kind| {
            era.figure((tree, seat), kind, Forest::group)
                - era.figure((tree, seat), kind, Forest::own)
        }),
        legs: children
            .into_iter()
            .map(|(leg, child)| LegVolumes {
                leg,
                child: child.map(|child| lens.place(tree, child)),
                group: match child {
                    Some(child) => group(lens, era, tree, child),
                    None => lens.by_kind(|_| 0),
                },
            })
            .collect(),
        more_legs,
    }
}

//! A member's legs: each child with everything below it, taken together.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::base::ids::Seat;
use crate::engine::state::State;
use crate::view::error::ViewError;
use crate::view::frontline;
use crate::view::lens::Lens;
use crate::view::query;
use crate::view::shape::{ByKind, Place};

/// What to show of the legs.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct LegsQuery {
    /// Name of the tree; the enroller tree by default.
    pub tree: Option<String>,
    /// Which of the member's places, 1 by default.
    pub centre: Option<u16>,
    /// Period type of the figures; the activity rule's by default.
    pub period_type: Option<String>,
    /// Where to go on, from the last answer's `next`; only where legs are not numbered.
    pub cursor: Option<String>,
    /// Legs, 1 to 1,000; 100 by default; numbered legs always come whole.
    pub limit: Option<u32>,
}

/// One leg.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Leg {
    /// Its number from 1 where legs are numbered: 1 is left and 2 right in a binary tree.
    pub leg: Option<u8>,
    /// The child it begins with; none where the leg is empty.
    pub child: Option<Place>,
    /// Members in it, the child included.
    pub members: u32,
    /// Active members in it.
    pub active: u32,
    /// Group volume of the child: all that was sold in the leg.
    pub group: ByKind,
    /// The outer end of a numbered leg, below which the next one placed outside would stand; the member's own
    /// position where the leg is empty, none where legs are not numbered.
    pub bottom: Option<Place>,
}

/// A member's legs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Legs {
    /// Name of the tree.
    pub tree: String,
    /// Whose legs.
    pub of: Place,
    /// Numbered legs in order, empty ones too; otherwise the children in order of birth.
    pub legs: Vec<Leg>,
    /// Cursor of the next page; none at the end.
    pub next: Option<String>,
}

/// The legs of `member`: all of them where they are numbered, otherwise a page.
///
/// # Errors
/// Unknown names, a member without a place in the tree, or as for a frontline's cursor.
///
/// # Cost
/// O(legs shown), and O(log n) for each outer end.
pub fn of(state: &State, member: &str, asked: &LegsQuery) -> Result<Legs, ViewError> {
    let lens = Lens::new(state)?;
    let tree = lens.tree_or_enroller(asked.tree.as_deref())?;
    let period = lens.period_type(asked.period_type.as_deref())?;
    let limit = query::limit(asked.limit)?;
    let seat = lens.seat_of(tree, member, asked.centre)?;
    let (legs, next) = match lens.rules.trees[tree].shape.legs() {
        Some(width) => {
            let legs = (1..=width)
                .map(|leg| numbered(&lens, tree, seat, leg, period))
                .collect();
            (legs, None)
        }
        None => {
            let (children, next) =
                frontline::children_page(&lens, tree, seat, asked.cursor.as_deref(), limit)?;
            let legs = children
                .into_iter()
                .map(|child| leg(&lens, tree, Some(child), period))
                .collect();
            (legs, next)
        }
    };
    Ok(Legs {
        tree: lens.tree_name(tree),
        of: lens.place(tree, seat),
        legs,
        next,
    })
}

/// A numbered leg, taken or empty.
fn numbered(lens: &Lens<'_>, tree: usize, seat: Seat, number: u8, period: usize) -> Leg {
    let forest = lens.forest();
    let child = forest.child_in_leg(tree, seat, number);
    Leg {
        leg: Some(number),
        bottom: Some(lens.place(tree, forest.outer_end(tree, seat, number))),
        ..leg(lens, tree, child, period)
    }
}

/// What stands in a leg, whatever its number.
fn leg(lens: &Lens<'_>, tree: usize, child: Option<Seat>, period: usize) -> Leg {
    let forest = lens.forest();
    let standing = child.map(|child| forest.standing(tree, child));
    let own = |counts: bool| u32::from(counts);
    Leg {
        leg: None,
        child: child.map(|child| lens.place(tree, child)),
        members: child.map_or(0, |child| forest.downline(tree, child))
            + standing.map_or(0, |standing| own(standing.counted)),
        active: child.map_or(0, |child| forest.active_downline(tree, child))
            + standing.map_or(0, |standing| own(standing.active)),
        group: lens
            .by_kind(|kind| child.map_or(0, |child| forest.group(tree, child, period, kind))),
        bottom: None,
    }
}

//! Who waits in the holding tank of a tree.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::base::ids::Seat;
use crate::base::time::Time;
use crate::engine::state::State;
use crate::view::budget::Budget;
use crate::view::cursor;
use crate::view::error::ViewError;
use crate::view::lens::Lens;
use crate::view::query;

/// What to list of a tank.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct TankQuery {
    /// Where to go on, from the last answer's `next`.
    pub cursor: Option<String>,
    /// Rows, 1 to 1,000; 100 by default.
    pub limit: Option<u32>,
}

/// One who waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Waiting {
    /// The member's id.
    pub member: String,
    /// Whom he stands below in the enroller tree.
    pub enroller: Option<String>,
    /// When he joined.
    pub joined: Time,
    /// Members who hang below him in this tree already.
    pub downline: u32,
}

/// A stretch of a tank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TankPage {
    /// Name of the tree.
    pub tree: String,
    /// The longest waiting first.
    pub rows: Vec<Waiting>,
    /// Cursor of the next page; none at the end.
    pub next: Option<String>,
}

/// Who waits in the tree named `tree`.
///
/// Through all pages each one comes once although writes go on.
///
/// # Errors
/// An unknown tree, or a bad cursor.
///
/// # Cost
/// A step for each who waits, up to the page's end.
pub fn page(
    state: &State,
    tree: &str,
    asked: &TankQuery,
    budget: &mut Budget,
) -> Result<TankPage, ViewError> {
    let lens = Lens::new(state)?;
    let tree = lens.tree(tree)?;
    let limit = query::limit(asked.limit)?;
    let question = format!("tank {tree}");
    let mut after = None;
    if let Some(text) = &asked.cursor {
        let [seat] = cursor::read('t', &question, text)?;
        after = Some(Seat::try_from(seat).map_err(|_| ViewError::BadCursor)?);
    }
    let mut rows = Vec::new();
    let (mut next, mut last) = (None, 0);
    for seat in lens.forest().waiting(tree) {
        budget.spend(1)?;
        if after.is_some_and(|after| seat <= after) {
            continue;
        }
        if rows.len() == limit {
            next = Some(cursor::write('t', &question, &[last]));
            break;
        }
        last = u64::from(seat);
        let owner = lens.forest().owner(tree, seat);
        rows.push(Waiting {
            member: lens.id(owner),
            enroller: lens.enroller(owner).map(|enroller| lens.id(enroller)),
            joined: lens.joined(owner),
            downline: lens.forest().downline(tree, seat),
        });
    }
    Ok(TankPage {
        tree: lens.tree_name(tree),
        rows,
        next,
    })
}

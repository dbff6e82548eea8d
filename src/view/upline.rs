//! Who stands above a member, nearest first.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::engine::state::State;
use crate::view::budget::Budget;
use crate::view::cursor;
use crate::view::error::ViewError;
use crate::view::lens::Lens;
use crate::view::query;
use crate::view::shape::{Place, Row};

/// What to list of an upline.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct UplineQuery {
    /// Name of the tree; the enroller tree by default.
    pub tree: Option<String>,
    /// Which of the member's places, 1 by default.
    pub centre: Option<u16>,
    /// Leaves out who is not active; levels then count the active only.
    pub compressed: Option<bool>,
    /// Period type of the figures; the activity rule's by default.
    pub period_type: Option<String>,
    /// Where to go on, from the last answer's `next`.
    pub cursor: Option<String>,
    /// Rows, 1 to 1,000; 100 by default.
    pub limit: Option<u32>,
}

/// A stretch of an upline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UplinePage {
    /// Name of the tree.
    pub tree: String,
    /// Whose upline.
    pub of: Place,
    /// From the nearest up.
    pub rows: Vec<Row>,
    /// Cursor of the next page; none at the top. A page may hold fewer rows than asked before the top.
    pub next: Option<String>,
}

/// The upline of `member`, a page at a time.
///
/// # Errors
/// Unknown names, a member without a place in the tree, a bad cursor, or
/// [`ViewError::CursorExpired`] when the last row of the page before no longer stands above the member.
///
/// # Cost
/// A step for each position looked at; a page ends early when the budget does.
pub fn page(
    state: &State,
    member: &str,
    asked: &UplineQuery,
    budget: &mut Budget,
) -> Result<UplinePage, ViewError> {
    let lens = Lens::new(state)?;
    let tree = lens.tree_or_enroller(asked.tree.as_deref())?;
    let period = lens.period_type(asked.period_type.as_deref())?;
    let limit = query::limit(asked.limit)?;
    let seat = lens.seat_of(tree, member, asked.centre)?;
    let compressed = asked.compressed.unwrap_or(false);
    let question = format!("up {tree} {seat} {compressed}");
    let (mut at, mut level) = (seat, 0u32);
    if let Some(text) = &asked.cursor {
        let [above, steps] = cursor::read('u', &question, text)?;
        at = u32::try_from(above).map_err(|_| ViewError::BadCursor)?;
        level = u32::try_from(steps).map_err(|_| ViewError::BadCursor)?;
        if !lens.forest().is_above(tree, at, seat) {
            return Err(ViewError::CursorExpired);
        }
    }
    let mut rows = Vec::new();
    let mut next = None;
    while let Some(parent) = lens.forest().parent(tree, at) {
        if rows.len() == limit || budget.left() == 0 {
            next = Some(cursor::write(
                'u',
                &question,
                &[u64::from(at), u64::from(level)],
            ));
            break;
        }
        budget.spend(1)?;
        at = parent;
        if !compressed || lens.forest().standing(tree, at).active {
            level += 1;
            rows.push(lens.row(tree, at, level, period));
        }
    }
    Ok(UplinePage {
        tree: lens.tree_name(tree),
        of: lens.place(tree, seat),
        rows,
        next,
    })
}

//! A member's children with what stands below each.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::base::ids::Seat;
use crate::engine::state::State;
use crate::view::cursor;
use crate::view::error::ViewError;
use crate::view::lens::Lens;
use crate::view::query;
use crate::view::shape::{Place, Row};

/// What to list of a frontline.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct FrontlineQuery {
    /// Name of the tree; the enroller tree by default.
    pub tree: Option<String>,
    /// Which of the member's places, 1 by default.
    pub centre: Option<u16>,
    /// Period type of the figures; the activity rule's by default.
    pub period_type: Option<String>,
    /// Where to go on, from the last answer's `next`.
    pub cursor: Option<String>,
    /// Rows, 1 to 1,000; 100 by default.
    pub limit: Option<u32>,
}

/// A stretch of a frontline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FrontlinePage {
    /// Name of the tree.
    pub tree: String,
    /// Whose frontline.
    pub of: Place,
    /// Children in all.
    pub frontline: u32,
    /// Active children in all.
    pub active_frontline: u32,
    /// In order of birth, or of leg; each with its own leg's totals.
    pub rows: Vec<Row>,
    /// Cursor of the next page; none at the end.
    pub next: Option<String>,
}

/// The children of `member`, a page at a time.
///
/// # Errors
/// Unknown names, a member without a place in the tree, a bad cursor, or [`ViewError::CursorExpired`] when the last
/// row of the page before has left this frontline.
///
/// # Cost
/// O(rows), however many children there are.
pub fn page(
    state: &State,
    member: &str,
    asked: &FrontlineQuery,
) -> Result<FrontlinePage, ViewError> {
    let lens = Lens::new(state)?;
    let tree = lens.tree_or_enroller(asked.tree.as_deref())?;
    let period = lens.period_type(asked.period_type.as_deref())?;
    let limit = query::limit(asked.limit)?;
    let seat = lens.seat_of(tree, member, asked.centre)?;
    let (found, next) = children_page(&lens, tree, seat, asked.cursor.as_deref(), limit)?;
    Ok(FrontlinePage {
        tree: lens.tree_name(tree),
        of: lens.place(tree, seat),
        frontline: lens.forest().frontline(tree, seat),
        active_frontline: lens.forest().active_frontline(tree, seat),
        rows: found
            .into_iter()
            .map(|child| lens.row(tree, child, 1, period))
            .collect(),
        next,
    })
}

/// Up to `limit` children behind the cursor, and the cursor behind them.
pub(super) fn children_page(
    lens: &Lens<'_>,
    tree: usize,
    seat: Seat,
    cursor: Option<&str>,
    limit: usize,
) -> Result<(Vec<Seat>, Option<String>), ViewError> {
    let question = format!("front {tree} {seat}");
    let after = match cursor {
        None => None,
        Some(text) => {
            let [last] = cursor::read('f', &question, text)?;
            let last = Seat::try_from(last).map_err(|_| ViewError::BadCursor)?;
            if lens.forest().parent(tree, last) != Some(seat) {
                return Err(ViewError::CursorExpired);
            }
            Some(last)
        }
    };
    let mut found: Vec<Seat> = lens
        .children_after(tree, seat, after)
        .take(limit + 1)
        .collect();
    let mut next = None;
    if found.len() > limit {
        found.truncate(limit);
        let &last = found.last().expect("a limit is at least 1");
        next = Some(cursor::write('f', &question, &[last.into()]));
    }
    Ok((found, next))
}

//! A piece of a tree shaped for drawing, with counts of what is not drawn.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::base::ids::Seat;
use crate::engine::state::State;
use crate::view::budget::Budget;
use crate::view::error::ViewError;
use crate::view::lens::Lens;
use crate::view::shape::Row;

/// Levels drawn when none are asked for, and at most.
pub const LEVELS: (u32, u32) = (3, 20);
/// Children drawn of one position when none are asked for, and at most.
pub const WIDTH: (u32, u32) = (10, 100);
/// Positions of one drawing at most.
pub const DRAWN_MAX: usize = 5_000;

/// What to draw.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct TreeViewQuery {
    /// Name of the tree; the enroller tree by default.
    pub tree: Option<String>,
    /// Which of the member's places, 1 by default.
    pub centre: Option<u16>,
    /// Levels below the member, 1 to 20; 3 by default.
    pub levels: Option<u32>,
    /// Children of one position, 1 to 100; 10 by default.
    pub width: Option<u32>,
    /// Period type of the figures; the activity rule's by default.
    pub period_type: Option<String>,
}

/// A drawn position with what hangs below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Drawn {
    /// The position.
    #[serde(flatten)]
    pub row: Row,
    /// Children drawn, in the order of the tree.
    #[schema(no_recursion)]
    pub children: Vec<Drawn>,
    /// Children not drawn.
    pub children_not_shown: u32,
    /// Members below who hang under none of the children drawn.
    pub downline_not_shown: u32,
}

/// A drawing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TreeView {
    /// Name of the tree.
    pub tree: String,
    /// The member asked about, with what is drawn below.
    pub top: Drawn,
}

/// What a drawing is cut to.
struct Frame {
    tree: usize,
    period: usize,
    levels: u32,
    width: usize,
    left: usize,
}

/// Draws `levels` levels below `member`, at most `width` children of each position.
///
/// # Errors
/// Unknown names, a member without a place in the tree, bounds out of range, or [`ViewError::TooLarge`].
///
/// # Cost
/// A step for each position drawn, at most [`DRAWN_MAX`] of them; positions past that are counted as not shown.
pub fn draw(
    state: &State,
    member: &str,
    asked: &TreeViewQuery,
    budget: &mut Budget,
) -> Result<TreeView, ViewError> {
    let lens = Lens::new(state)?;
    let tree = lens.tree_or_enroller(asked.tree.as_deref())?;
    let seat = lens.seat_of(tree, member, asked.centre)?;
    let mut frame = Frame {
        tree,
        period: lens.period_type(asked.period_type.as_deref())?,
        levels: within("levels", asked.levels, LEVELS)?,
        width: within("width", asked.width, WIDTH)? as usize,
        left: DRAWN_MAX,
    };
    Ok(TreeView {
        tree: lens.tree_name(tree),
        top: drawn(&lens, &mut frame, seat, 0, budget)?,
    })
}

/// A number within 1 and its greatest, or its default.
fn within(
    field: &'static str,
    asked: Option<u32>,
    (default, most): (u32, u32),
) -> Result<u32, ViewError> {
    let number = asked.unwrap_or(default);
    if number == 0 || number > most {
        return Err(ViewError::BadValue {
            field,
            given: number.to_string(),
            allowed: format!("1 to {most}"),
        });
    }
    Ok(number)
}

/// One position and, level by level within the frame, what hangs below. At most 20 calls deep.
fn drawn(
    lens: &Lens<'_>,
    frame: &mut Frame,
    seat: Seat,
    level: u32,
    budget: &mut Budget,
) -> Result<Drawn, ViewError> {
    budget.spend(1)?;
    frame.left = frame.left.saturating_sub(1);
    let row = lens.row(frame.tree, seat, level, frame.period);
    let (mut children_left, mut below_left) = (row.frontline, row.downline);
    let mut children = Vec::new();
    if level < frame.levels {
        let shown: Vec<Seat> = lens
            .forest()
            .children(frame.tree, seat)
            .take(frame.width.min(frame.left))
            .collect();
        // All brothers are drawn or counted before any of them spends what is left on his own.
        frame.left -= shown.len();
        for child in shown {
            frame.left += 1;
            let child_drawn = drawn(lens, frame, child, level + 1, budget)?;
            let counted = u32::from(lens.forest().standing(frame.tree, child).counted);
            children_left -= counted;
            below_left -= counted + child_drawn.row.downline;
            children.push(child_drawn);
        }
    }
    Ok(Drawn {
        row,
        children,
        children_not_shown: children_left,
        downline_not_shown: below_left,
    })
}

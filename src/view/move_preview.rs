//! What a move would change, without moving: the old line loses and the new line gains what moves.
//!
//! Common ancestors of both lines keep every figure, so they are not listed.

use serde::Serialize;
use utoipa::ToSchema;

use crate::base::ids::Seat;
use crate::book::forest::Attach;
use crate::engine::command::move_leg::Move;
use crate::engine::state::State;
use crate::view::budget::Budget;
use crate::view::error::ViewError;
use crate::view::lens::Lens;
use crate::view::query;
use crate::view::shape::{ByKind, Place};

/// Volumes of the current period of one type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PeriodVolumes {
    /// Name of the period type.
    pub period_type: String,
    /// The current period's label.
    pub period: String,
    /// Volumes by kind.
    pub volumes: ByKind,
}

/// A count before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct CountChange {
    /// Now.
    pub before: u32,
    /// After the move.
    pub after: u32,
}

/// Group volumes of one period type before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct GroupChange {
    /// Name of the period type.
    pub period_type: String,
    /// Now.
    pub before: ByKind,
    /// After the move.
    pub after: ByKind,
}

/// What changes for one position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Change {
    /// The position.
    pub position: Place,
    /// Group volumes by period type.
    pub group: Vec<GroupChange>,
    /// Members below.
    pub downline: CountChange,
    /// Active members below.
    pub active_downline: CountChange,
    /// Children.
    pub frontline: CountChange,
    /// Active children.
    pub active_frontline: CountChange,
}

/// One line, from the moving position's parent up to below the nearest common ancestor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Line {
    /// Positions that change.
    pub length: u32,
    /// The nearest of them.
    pub changes: Vec<Change>,
    /// How many more there are.
    pub not_shown: u32,
}

/// What a move would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MovePreview {
    /// Name of the tree.
    pub tree: String,
    /// What moves, with everything below it.
    pub moving: Place,
    /// Members that move, the one named included.
    pub members: u32,
    /// Active members that move.
    pub active: u32,
    /// What they sold, and what moves with them.
    pub group: Vec<PeriodVolumes>,
    /// The present parent; none for a root or in the holding tank.
    pub from: Option<Place>,
    /// The leg there.
    pub from_leg: Option<u8>,
    /// The new parent; none to become a root.
    pub to: Option<Place>,
    /// The leg there.
    pub to_leg: Option<u8>,
    /// The nearest position above both parents, or a parent itself if it stands above the other; it and all above it
    /// keep their group volumes and downline counts.
    pub nearest_common: Option<Place>,
    /// Who loses.
    pub old_line: Line,
    /// Who gains.
    pub new_line: Line,
}

/// A move looked at: what moves, between which parents.
struct Moving<'a> {
    lens: Lens<'a>,
    tree: usize,
    seat: Seat,
    from: Option<Seat>,
    to: Option<Seat>,
    common: Option<Seat>,
    /// Members and active members that move.
    load: (u32, u32),
    /// The same of the moving position alone: what a frontline loses or gains.
    child: (u32, u32),
}

/// What `asked` would change, each line cut to `limit` positions.
///
/// # Errors
/// [`ViewError::Rejected`] for a move that would be rejected, or a limit out of range.
///
/// # Cost
/// O(hops), and a step for each position listed.
pub fn preview(
    state: &State,
    asked: &Move,
    limit: Option<u32>,
    budget: &mut Budget,
) -> Result<MovePreview, ViewError> {
    let lens = Lens::new(state)?;
    let limit = query::limit(limit)?;
    let (tree, seat, attach) = asked.judge(state).map_err(ViewError::Rejected)?;
    let (to, to_leg) = match attach {
        Attach::Under { parent, leg } => (Some(parent), leg),
        Attach::Root | Attach::Detached => (None, 0),
    };
    let moving = Moving::of(lens, tree, seat, to);
    let forest = lens.forest();
    let leg = forest.leg(tree, seat);
    let periods = 0..lens.rules.period_types.len();
    Ok(MovePreview {
        tree: lens.tree_name(tree),
        moving: lens.place(tree, seat),
        members: moving.load.0,
        active: moving.load.1,
        group: periods
            .map(|period| PeriodVolumes {
                period_type: lens.period_type_name(period),
                period: lens.label(period, lens.periods(period).current()),
                volumes: lens.by_kind(|kind| forest.group(tree, seat, period, kind)),
            })
            .collect(),
        from: moving.from.map(|parent| lens.place(tree, parent)),
        from_leg: (leg > 0).then_some(leg),
        to: to.map(|parent| lens.place(tree, parent)),
        to_leg: (to_leg > 0).then_some(to_leg),
        nearest_common: moving.common.map(|seat| lens.place(tree, seat)),
        old_line: moving.line(moving.from, false, limit, budget)?,
        new_line: moving.line(to, true, limit, budget)?,
    })
}

impl<'a> Moving<'a> {
    /// Looks at what would move.
    fn of(lens: Lens<'a>, tree: usize, seat: Seat, to: Option<Seat>) -> Moving<'a> {
        let forest = lens.forest();
        let standing = forest.standing(tree, seat);
        let child = (u32::from(standing.counted), u32::from(standing.active));
        let from = forest.parent(tree, seat);
        Moving {
            lens,
            tree,
            seat,
            from,
            to,
            common: match (from, to) {
                (Some(from), Some(to)) => forest.nearest_common(tree, from, to),
                _ => None,
            },
            load: (
                forest.downline(tree, seat) + child.0,
                forest.active_downline(tree, seat) + child.1,
            ),
            child,
        }
    }

    /// The line from one of the parents up to below the common ancestor, which is only listed where it is the parent.
    fn line(
        &self,
        parent: Option<Seat>,
        gains: bool,
        limit: usize,
        budget: &mut Budget,
    ) -> Result<Line, ViewError> {
        let forest = self.lens.forest();
        let Some(parent) = parent.filter(|_| self.from != self.to) else {
            return Ok(Line {
                length: 0,
                changes: Vec::new(),
                not_shown: 0,
            });
        };
        let depth = forest.depth(self.tree, parent);
        let length = match self.common {
            Some(common) if common == parent => 1,
            Some(common) => depth - forest.depth(self.tree, common),
            None => depth + 1,
        };
        let mut changes = Vec::new();
        let mut at = Some(parent);
        while let Some(seat) = at
            && changes.len() < limit.min(length as usize)
        {
            budget.spend(1)?;
            changes.push(self.change(seat, seat == parent, gains));
            at = forest.parent(self.tree, seat);
        }
        Ok(Line {
            length,
            not_shown: length - changes.len() as u32,
            changes,
        })
    }

    /// What changes for one position of a line.
    fn change(&self, seat: Seat, is_parent: bool, gains: bool) -> Change {
        let (lens, tree, forest) = (&self.lens, self.tree, self.lens.forest());
        // A common ancestor keeps what it keeps; as a parent it still loses or gains a child.
        let keeps = self.common == Some(seat);
        let load = if keeps { (0, 0) } else { self.load };
        let child = if is_parent { self.child } else { (0, 0) };
        let count = |before: u32, by: u32| CountChange {
            before,
            after: if gains { before + by } else { before - by },
        };
        let groups = (0..lens.rules.period_types.len()).map(|period| {
            let before = |kind| forest.group(tree, seat, period, kind);
            let by = |kind| match (keeps, gains) {
                (true, _) => 0,
                (false, true) => forest.group(tree, self.seat, period, kind),
                (false, false) => -forest.group(tree, self.seat, period, kind),
            };
            GroupChange {
                period_type: lens.period_type_name(period),
                before: lens.by_kind(before),
                after: lens.by_kind(|kind| before(kind) + by(kind)),
            }
        });
        Change {
            position: lens.place(tree, seat),
            group: groups.collect(),
            downline: count(forest.downline(tree, seat), load.0),
            active_downline: count(forest.active_downline(tree, seat), load.1),
            frontline: count(forest.frontline(tree, seat), child.0),
            active_frontline: count(forest.active_frontline(tree, seat), child.1),
        }
    }
}

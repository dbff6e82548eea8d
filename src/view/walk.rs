//! Everything below a member, one position after the other: what a stream of a whole downline is made of.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::base::ids::Seat;
use crate::engine::state::State;
use crate::view::downline::{Ask, DownlineQuery};
use crate::view::error::ViewError;
use crate::view::lens::Lens;
use crate::view::shape::Row;

/// In which order a walk goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WalkOrder {
    /// Every position before what stands below it. Memory: the frontlines along one line.
    #[default]
    Preorder,
    /// Level by level. Memory: two levels.
    Level,
}

/// A walk over one fork: it holds seats only and is handed the fork at each step, so that it can be sent between
/// threads and paused.
#[derive(Debug)]
pub struct Walk {
    ask: Ask,
    order: WalkOrder,
    /// Preorder: what is still to be visited, the next one last. By level: the rest of this level, the next one last.
    open: Vec<(Seat, u32)>,
    /// By level: the next level, in order.
    below: Vec<(Seat, u32)>,
}

impl Walk {
    /// A walk below `member`; `sort`, `cursor` and `limit` of the query are not looked at.
    ///
    /// # Errors
    /// Unknown names, or a member without a place in the tree.
    ///
    /// # Cost
    /// O(frontline).
    pub fn begin(
        state: &State,
        member: &str,
        asked: &DownlineQuery,
        order: WalkOrder,
    ) -> Result<Walk, ViewError> {
        let lens = Lens::new(state)?;
        let ask = Ask::of(&lens, member, asked)?;
        let mut walk = Walk {
            order,
            open: Vec::new(),
            below: Vec::new(),
            ask,
        };
        let top = walk.ask.top;
        walk.descend(&lens, top, 0);
        Ok(walk)
    }

    /// The next row that passes the filters; none at the end. The state must be the one the walk began on.
    ///
    /// # Cost
    /// O(1) a position passed, filters aside; O(n) for the whole walk.
    pub fn next_row(&mut self, state: &State) -> Option<Row> {
        let lens = Lens::new(state).ok()?;
        loop {
            let (seat, level) = self.next_seat(&lens)?;
            if self.ask.passes(&lens, seat) {
                return Some(lens.row(self.ask.tree, seat, level, self.ask.period));
            }
        }
    }

    /// The next position whatever the filters say.
    fn next_seat(&mut self, lens: &Lens<'_>) -> Option<(Seat, u32)> {
        if self.open.is_empty() {
            self.below.reverse();
            std::mem::swap(&mut self.open, &mut self.below);
        }
        let (seat, level) = self.open.pop()?;
        self.descend(lens, seat, level);
        Some((seat, level))
    }

    /// Notes the children of a position for later.
    fn descend(&mut self, lens: &Lens<'_>, seat: Seat, level: u32) {
        if level >= self.ask.levels() {
            return;
        }
        let children = lens
            .forest()
            .children(self.ask.tree, seat)
            .map(|child| (child, level + 1));
        match self.order {
            WalkOrder::Preorder => {
                let from = self.open.len();
                self.open.extend(children);
                self.open[from..].reverse();
            }
            WalkOrder::Level => self.below.extend(children),
        }
    }
}

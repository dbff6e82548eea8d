//! One member worked out as things stand, without visiting everybody: from the part of the book that his figures are made
//! of, while that is small.

use std::sync::Arc;

use crate::base::ids::Member;
use crate::plan::clawback::Reversed;
use crate::plan::excerpt::Excerpt;
use crate::plan::extent::Extent;
use crate::plan::hands::Alone;
use crate::plan::pass::Pass;
use crate::plan::set::PlanSet;
use crate::plan::standing::Standing;
use crate::view::credited::Credited;
use crate::view::era::{Asked, Era};
use crate::view::late_refunds::LateRefunds;
use crate::view::lens::Lens;
use crate::view::payout::{Part, Payout, Worked};
use crate::view::plan_book::PlanBook;

/// Seats that a member's part of the trees may have. Of all members drawn alike one in a thousand has more below him, in
/// a tree where each stands below one drawn alike.
pub const SEATS_MAX: usize = 1_000;

/// What a member's figures are worked out by.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// The plan set.
    pub set: &'a PlanSet,
    /// What it looks at in the period.
    pub extent: &'a Extent,
    /// What the periods before handed on: of the period's own type, then of those whose ladders are read.
    pub opening: &'a [Arc<Standing>],
    /// Who is credited with what in the period; needed where orders are looked at one by one.
    pub credited: Option<&'a Credited>,
    /// Refunds of the period whose orders entered earlier ones.
    pub late: &'a LateRefunds,
    /// What those take back of earlier periods.
    pub reversed: &'a Reversed,
    /// Everybody worked out a moment before, where that is needed too.
    pub whole: Option<&'a Payout>,
}

impl Ground<'_> {
    /// Whether figures of the set take everybody worked out as well.
    #[must_use]
    pub fn needs_whole(set: &PlanSet, extent: &Extent) -> bool {
        !extent.company.is_empty() || set.company_cap.is_some()
    }

    /// Works one member out and looks at it; none where that takes more seats than [`SEATS_MAX`], or a visit of all.
    ///
    /// # Cost
    /// O(seats of his part x (components x levels + ranks)), and O(hops) for each of them whose leg matters.
    pub fn look<R>(
        &self,
        lens: Lens<'_>,
        era: Era<'_>,
        member: Member,
        question: impl FnOnce(&Worked<'_>) -> R,
    ) -> Option<R> {
        let (set, extent) = (self.set, self.extent);
        if Ground::needs_whole(set, extent) && self.whole.is_none() {
            return None;
        }
        let book = PlanBook::new(lens, era, set.after_close).with(self.credited, Some(self.late));
        let excerpt = Excerpt::of(&book, extent, member, SEATS_MAX)?;
        let (period, opening) = (Asked::of(&era).period, excerpt.opening(self.opening));
        // What is beyond the range may be so for somebody else only; a pass over all says.
        let pass = Pass::run(&excerpt, set, period, opening, &Alone).ok()?;
        Some(question(&Worked {
            lens,
            era,
            set,
            pass: &pass,
            reversed: self.reversed,
            part: Some(Part {
                excerpt: &excerpt,
                extent,
                whole: self.whole,
            }),
        }))
    }
}

//! One member's figures as things stand: worked out under the reader's guard from his own part of the book, where all that
//! this takes is at hand. Where it is not, nobody waits here: a sweep tells them, and brings what was missing.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::base::ids::Member;
use crate::engine::state::State;
use crate::plan::extent::Extent;
use crate::plan::set::PlanSet;
use crate::runtime::openings::Openings;
use crate::runtime::plans::Plans;
use crate::view::credited::Credited;
use crate::view::era::{Asked, Era};
use crate::view::lens::Lens;
use crate::view::payout::{Payout, Worked};
use crate::view::present::Ground;

/// Records that a reader takes into the index of a period, which makes the writer wait for it: well below a millisecond.
const CATCH_UP_MAX: usize = 2_000;

/// What readers of present figures share.
#[derive(Default)]
pub struct Presents {
    /// Who is credited with what, of the period of each type that was asked for last.
    credited: Mutex<Vec<Credited>>,
}

/// A plan set at hand, for a period.
#[derive(Clone)]
pub struct Known {
    /// The period.
    pub of: Asked,
    /// The set.
    pub set: Arc<PlanSet>,
    extent: Arc<Extent>,
}

impl Known {
    /// The plan set of a period, if one is in force and compiled. O(kept sets + periods of the rules).
    #[must_use]
    pub fn of(plans: &Plans, state: &State, of: Asked) -> Option<Known> {
        let (version, rules) = state.plan_of(of.period, of.ordinal)?;
        let (set, extent) = plans.at_hand(&version.document, rules, of.period)?;
        Some(Known { of, set, extent })
    }

    /// Whether everybody has to be worked out too.
    #[must_use]
    pub fn needs_whole(&self) -> bool {
        Ground::needs_whole(&self.set, &self.extent)
    }
}

impl Presents {
    /// Works a member out and looks at it; none where a sweep has to.
    ///
    /// # Cost
    /// See [`Ground::look`]; and what it takes to know the orders of at most 2,000 commands.
    pub fn look<R>(
        &self,
        openings: &Openings,
        (lens, era): (Lens<'_>, Era<'_>),
        known: &Known,
        whole: Option<&Payout>,
        member: Member,
        question: impl FnOnce(&Worked<'_>) -> R,
    ) -> Option<R> {
        let opening = openings.at_hand(lens.state, known.of, &known.set)?;
        let mut ground = Ground {
            set: &known.set,
            extent: &known.extent,
            opening: &opening,
            credited: None,
            whole,
        };
        if known.extent.entries.is_none() {
            return ground.look(lens, era, member, question);
        }
        // Held for long only by a sweep that brings it up to date.
        let mut held = self.credited.try_lock()?;
        let credited = index_of(&mut held, &lens, known.of)?;
        if !credited.catch_up(&lens, CATCH_UP_MAX) {
            return None;
        }
        ground.credited = Some(credited);
        ground.look(lens, era, member, question)
    }

    /// Brings the index of a period up to date with a fork, where the set needs it. O(records since the last time).
    pub fn know_credited(&self, state: &State, of: Asked, set: &PlanSet) {
        if Extent::of(set, of.period).entries.is_none() {
            return;
        }
        if let Ok(lens) = Lens::new(state)
            && let Some(credited) = index_of(&mut self.credited.lock(), &lens, of)
        {
            credited.catch_up(&lens, usize::MAX);
        }
    }
}

/// The index of a period, which takes the place of that of another one of its type.
fn index_of<'h>(
    held: &'h mut Vec<Credited>,
    lens: &Lens<'_>,
    of: Asked,
) -> Option<&'h mut Credited> {
    let at = held
        .iter()
        .position(|credited| credited.of.period == of.period);
    let at = match at {
        Some(at) => at,
        None => {
            held.push(Credited::new(lens, of)?);
            held.len() - 1
        }
    };
    if held[at].of != of {
        held[at] = Credited::new(lens, of)?;
    }
    Some(&mut held[at])
}

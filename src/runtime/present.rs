//! One member's figures as things stand: worked out under the reader's guard from his own part of the book, where all that
//! this takes is at hand. Where it is not, nobody waits here: a sweep tells them, and brings what was missing.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::base::ids::Member;
use crate::engine::state::State;
use crate::plan::clawback::Reversed;
use crate::plan::extent::Extent;
use crate::plan::set::PlanSet;
use crate::runtime::openings::Openings;
use crate::runtime::plans::Plans;
use crate::view::credited::Credited;
use crate::view::era::{Asked, Era};
use crate::view::late_refunds::LateRefunds;
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
    /// Its late refunds.
    late: Mutex<Vec<LateRefunds>>,
    /// What they take back of earlier periods, as last worked out by the plan set.
    reversed: Mutex<Vec<TakenBack>>,
}

struct TakenBack {
    of: Asked,
    set: Arc<PlanSet>,
    reversed: Arc<Reversed>,
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
        // Held for long only by a sweep that brings it up to date, as the other one is.
        let mut late = self.late.try_lock()?;
        let late = late_of(&mut late, &lens, known.of, &known.set)?;
        if !late.catch_up(&lens, CATCH_UP_MAX) {
            return None;
        }
        let reversed = self.taken_back(known, late.reversing())?;
        let mut ground = Ground {
            set: &known.set,
            extent: &known.extent,
            opening: &opening,
            credited: None,
            late,
            reversed: &reversed,
            whole,
        };
        if known.extent.entries.is_none() {
            return ground.look(lens, era, member, question);
        }
        let mut held = self.credited.try_lock()?;
        let credited = index_of(&mut held, &lens, known.of)?;
        if !credited.catch_up(&lens, CATCH_UP_MAX) {
            return None;
        }
        ground.credited = Some(credited);
        ground.look(lens, era, member, question)
    }

    /// What so many refunds of a period take back, if it is known and stays.
    fn taken_back(&self, known: &Known, refunds: usize) -> Option<Arc<Reversed>> {
        if refunds == 0 {
            return Some(Arc::default());
        }
        let held = self.reversed.lock();
        let mut held = held.iter();
        let held = held.find(|held| held.of == known.of && Arc::ptr_eq(&held.set, &known.set))?;
        let reversed = &held.reversed;
        (reversed.settled && reversed.refunds == refunds).then(|| Arc::clone(reversed))
    }

    /// Brings what is known of a period up to date with a sweep of it, as far as the set needs it. O(records since the last
    /// time).
    pub fn know(&self, payout: &Payout) {
        let (of, set, lens) = (payout.asked, &payout.set, payout.lens());
        let mut reversed = self.reversed.lock();
        reversed.retain(|held| held.of.period != of.period);
        reversed.push(TakenBack {
            of,
            set: Arc::clone(set),
            reversed: Arc::clone(&payout.reversed),
        });
        drop(reversed);
        if let Some(late) = late_of(&mut self.late.lock(), &lens, of, set) {
            late.catch_up(&lens, usize::MAX);
        }
        if Extent::of(set, of.period).entries.is_none() {
            return;
        }
        if let Some(credited) = index_of(&mut self.credited.lock(), &lens, of) {
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
    kept(held, of, |one| one.of, || Credited::new(lens, of))
}

/// The late refunds of a period, in the same way.
fn late_of<'h>(
    held: &'h mut Vec<LateRefunds>,
    lens: &Lens<'_>,
    of: Asked,
    set: &PlanSet,
) -> Option<&'h mut LateRefunds> {
    let make = || LateRefunds::new(lens, of, set.after_close);
    kept(held, of, |one| one.of, make)
}

/// What is held of a period, one for each type: made where it is not there.
fn kept<T>(
    held: &mut Vec<T>,
    of: Asked,
    whose: impl Fn(&T) -> Asked,
    make: impl Fn() -> Option<T>,
) -> Option<&mut T> {
    let its = held.iter().position(|one| whose(one).period == of.period);
    let at = match its {
        Some(at) if whose(&held[at]) == of => at,
        Some(at) => {
            held[at] = make()?;
            at
        }
        None => {
            held.push(make()?);
            held.len() - 1
        }
    };
    held.get_mut(at)
}

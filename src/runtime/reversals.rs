//! Periods worked out with what refunds booked in them take back of earlier ones.

use std::sync::Arc;

use crate::engine::periods::Stage;
use crate::engine::state::State;
use crate::plan::clawback::{OfPeriod, Reversed};
use crate::plan::part::Overflow;
use crate::plan::set::PlanSet;
use crate::runtime::openings::{Openings, Unworked};
use crate::view::era::Asked;
use crate::view::lens::Lens;
use crate::view::payout::{Payout, Unpaid};
use crate::view::reversed::{reversing, taken_back};

impl Openings {
    /// A period worked out by a plan set, with what refunds booked in it take back of earlier ones. O(members x levels) for
    /// each component: for a fork.
    ///
    /// # Errors
    /// See [`Unworked`].
    pub fn worked(
        &self,
        state: &Arc<State>,
        set: Arc<PlanSet>,
        asked: Asked,
    ) -> Result<Payout, Unworked> {
        let opening = self.of(state, asked, &set)?;
        let payout = Payout::of(Arc::clone(state), set, asked, opening)?;
        self.with_reversed(payout)
    }

    /// The same with what refunds booked in it take back; nothing of a period that was paid and cannot be paid again.
    ///
    /// # Errors
    /// See [`Unworked`].
    pub fn with_reversed(&self, mut payout: Payout) -> Result<Payout, Unworked> {
        let (state, asked) = (Arc::clone(&payout.state), payout.asked);
        let periods = state.periods.get(asked.period);
        let is_over = periods.stage(asked.ordinal) == Stage::Closed;
        if is_over && !periods.can_be_paid(asked.ordinal) {
            return Ok(payout);
        }
        let reversed = self.reversed(&state, &payout.set, asked)?;
        payout.reversed = Arc::new(reversed);
        Ok(payout)
    }

    /// What refunds booked in a period take back of earlier ones. O(corrections of the period), and for those that were not
    /// asked for before a pass over each closed period that one of them is of, and O(depth x levels) for each.
    fn reversed(
        &self,
        state: &Arc<State>,
        set: &PlanSet,
        asked: Asked,
    ) -> Result<Reversed, Unworked> {
        let lens = Lens::new(state).map_err(|why| Unworked::Unpaid(Unpaid::View(why)))?;
        let all = reversing(&lens, asked);
        let mut known = self.debits.of(asked);
        let (mut refunds, mut settled) = (0, true);
        let mut periods = Vec::new();
        for (ordinal, of_period) in &all {
            let paid = Asked {
                ordinal: *ordinal,
                ..asked
            };
            let closed = lens.periods(asked.period).stage(*ordinal) == Stage::Closed;
            let mut debits = Vec::new();
            let missing = of_period.iter().any(|refund| !known.contains_key(refund));
            let payout = missing.then(|| self.payout(state, paid)).transpose()?;
            for &refund in of_period {
                let found = known.get(&refund).cloned();
                let found = found.unwrap_or_else(|| {
                    let payout = payout.as_ref().expect("worked out where one is missing");
                    taken_back(lens, &payout.worked(), refund).into()
                });
                debits.extend_from_slice(&found);
                if closed {
                    known.insert(refund, found);
                }
            }
            refunds += of_period.len();
            settled &= closed;
            periods.push((*ordinal, self.set(state, paid)?, debits));
        }
        self.debits.keep(asked, known);
        let periods = periods.iter_mut().map(|(ordinal, set, debits)| OfPeriod {
            ordinal: *ordinal,
            label: lens.periods(asked.period).label(*ordinal).clone(),
            set,
            debits: std::mem::take(debits),
        });
        let periods: Vec<OfPeriod<'_>> = periods.collect();
        let reversed = Reversed::of(set, (refunds, settled), &periods);
        reversed.map_err(|Overflow { member }| {
            Unworked::Unpaid(Unpaid::Beyond {
                component: "clawbacks".to_owned(),
                member: lens.id(member),
            })
        })
    }
}

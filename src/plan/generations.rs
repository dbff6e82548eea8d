//! Generations: stretches of a downline cut at members of a rank.

use crate::base::ids::Seat;
use crate::base::money::{Micros, Rate};
use crate::plan::columns::{Payee, Payees};
use crate::plan::flow::{Flow, Ground, Term};
use crate::plan::part::Overflow;
use crate::plan::schedule::Schedule;
use crate::plan::setting::{Boundary, Default, Form, Setting, Values};

/// The setting that says where a generation ends.
pub(super) const BOUNDARY: Setting = Setting {
    key: "boundary",
    form: Form::Boundary,
    default: Default::Needed,
    sentence: "The rank at which (or above which) a member ends a generation, or `same_or_higher`: at the payee's own.",
};

/// The setting that says whether an inactive member ends one.
pub(super) const BOUNDARY_ACTIVE: Setting = Setting {
    key: "boundary_active",
    form: Form::Flag,
    default: Default::Written("false"),
    sentence: "Whether only an active member ends a generation.",
};

/// The setting that says how they are counted.
pub(super) const NUMBERING: Setting = Setting {
    key: "numbering",
    form: Form::Choice(&["self_exclusive", "self_inclusive", "breakaway"]),
    default: Default::Written("self_exclusive"),
    sentence: "Whether the member who ends a generation opens the next one (`self_exclusive`), is the last of his own (`self_inclusive`), or leads the first paid one (`breakaway`: what lies above him is the payee's own group and is not paid).",
};

/// How generations are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbering {
    /// Who ends one opens the next.
    SelfExclusive,
    /// Who ends one is its last.
    SelfInclusive,
    /// The first begins with the first who ends the payee's own group.
    Breakaway,
}

impl Numbering {
    /// From the setting's word.
    pub(super) fn of(word: &str) -> Numbering {
        match word {
            "self_inclusive" => Numbering::SelfInclusive,
            "breakaway" => Numbering::Breakaway,
            _ => Numbering::SelfExclusive,
        }
    }
}

/// How a component cuts generations.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    pub(super) boundary: Boundary,
    pub(super) active: bool,
    pub(super) numbering: Numbering,
}

impl Cut {
    /// Reads the three settings; none where there is no boundary.
    pub(super) fn of(values: &Values) -> Option<Cut> {
        Some(Cut {
            boundary: values.boundary(BOUNDARY.key)?,
            active: values.flag(BOUNDARY_ACTIVE.key),
            numbering: Numbering::of(values.word(NUMBERING.key)),
        })
    }

    /// The rank that is a boundary for a payee of this rank.
    pub(super) fn rank_for(self, payee: u8) -> u8 {
        match self.boundary {
            Boundary::Rank(rank) => rank,
            Boundary::SameOrHigher => payee,
        }
    }

    /// The ranks that are boundaries for anybody. O(members) where a payee's own is.
    pub(super) fn ranks(self, payees: &Payees<'_>) -> Vec<u8> {
        match self.boundary {
            Boundary::Rank(rank) => vec![rank],
            Boundary::SameOrHigher => payees.ranks_held(),
        }
    }

    /// What something costs that is paid by generation, as a share of it, where payees have the ranks up to `ranks`.
    ///
    /// # Errors
    /// Why there is no such share.
    pub(super) fn most(
        self,
        schedule: &Schedule,
        payee: Payee,
        ranks: u8,
    ) -> Result<Rate, &'static str> {
        let from = payee.min_rank;
        if self.active && !payee.active {
            return Err("an inactive member is paid for a generation that he does not end");
        }
        let Some(first) = schedule.first_paid(from, ranks) else {
            return Ok(Rate::ZERO);
        };
        match self.boundary {
            Boundary::Rank(rank) if first < rank => {
                Err("a member below the boundary is paid for a generation that he does not end")
            }
            Boundary::Rank(_) => Ok(schedule.most(from, ranks)),
            // Payees of one rank end each other's generations; those of another may be paid for the same ones.
            Boundary::SameOrHigher => {
                let each = (from..=ranks).map(|rank| schedule.most(rank, rank).0);
                Ok(Rate(each.sum()))
            }
        }
    }

    /// What everybody earns: by one pass, or where a payee's own rank is the boundary by one for each rank there is.
    ///
    /// # Errors
    /// If an amount is beyond the range.
    pub(super) fn pay_each(
        self,
        payees: &Payees<'_>,
        mut pay: impl FnMut(u8) -> Result<Vec<Micros>, Overflow>,
    ) -> Result<Vec<Micros>, Overflow> {
        // Where nobody can earn, no rank is gone through, and everybody still has an amount.
        let mut all = vec![Micros::ZERO; payees.members()];
        for rank in self.ranks(payees) {
            let paid = pay(rank)?;
            // Each is paid in the pass of his own rank, and nothing in the others.
            for (sum, amount) in all.iter_mut().zip(paid) {
                sum.0 += amount.0;
            }
        }
        Ok(all)
    }
}

/// Generations as a flow: place k of what a seat receives has passed k boundaries on its way.
pub(super) struct Generations<'a, O> {
    pub(super) ground: Ground<'a>,
    pub(super) schedule: &'a Schedule,
    pub(super) cut: Cut,
    /// The rank that is a boundary.
    pub(super) rank: u8,
    /// A seat's own entry.
    pub(super) own: O,
}

impl<O: Fn(Seat) -> i64> Generations<'_, O> {
    fn ends(&self, seat: Seat) -> bool {
        self.ground.rank(seat) >= self.rank && (!self.cut.active || self.ground.is_active(seat))
    }
}

impl<O: Fn(Seat) -> i64> Flow for Generations<'_, O> {
    fn width(&self) -> usize {
        self.schedule.levels() + usize::from(self.cut.numbering == Numbering::Breakaway)
    }

    fn enters(&self, _: Seat) -> i64 {
        0
    }

    fn enters_itself(&self, _: bool) -> bool {
        false
    }

    fn hands_on(&self, seat: Seat) -> impl Fn(usize) -> usize {
        let passed = usize::from(self.ends(seat));
        move |place| place + passed
    }

    fn own(&self, seat: Seat) -> (usize, i64) {
        let opens = self.cut.numbering != Numbering::SelfInclusive && self.ends(seat);
        (usize::from(opens), (self.own)(seat))
    }

    fn terms(&self, seat: Seat, received: &[i64], each: &mut dyn FnMut(Term)) {
        let rank = self.ground.rank(seat);
        if self.cut.boundary == Boundary::SameOrHigher && rank != self.rank {
            return;
        }
        let unpaid = usize::from(self.cut.numbering == Numbering::Breakaway);
        let paid = received.iter().skip(unpaid).zip(self.schedule.rates(rank));
        for (place, (&basis, &rate)) in paid.enumerate() {
            each(Term {
                number: place as u32 + 1,
                basis,
                rate,
            });
        }
    }
}

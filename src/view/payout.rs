//! What plans come to for everybody in one period, worked out from one state: ranks and amounts.

use std::sync::{Arc, OnceLock};

use crate::base::ids::{Member, NONE, Seat};
use crate::base::money::Micros;
use crate::engine::state::State;
use crate::plan::clawback::Reversed;
use crate::plan::derived::FIRST_MAX;
use crate::plan::entry::Wanted;
use crate::plan::excerpt::Excerpt;
use crate::plan::extent::Extent;
use crate::plan::hands::{Alone, Hands};
use crate::plan::pass::{Beyond, Pass};
use crate::plan::run::{Brought, Payment};
use crate::plan::set::PlanSet;
use crate::plan::standing::Standing;
use crate::view::era::{self, Asked, Era};
use crate::view::error::ViewError;
use crate::view::lens::Lens;
use crate::view::plan_book::PlanBook;
use crate::view::plan_orders::PlanOrders;
use crate::view::sold_by::SoldBy;
use crate::view::two_hands::TwoHands;

/// A period worked out, with the state it was worked out from.
pub struct Payout {
    /// The state.
    pub state: Arc<State>,
    /// The plan set.
    pub set: Arc<PlanSet>,
    /// The period.
    pub asked: Asked,
    /// Ranks and amounts.
    pub pass: Pass,
    /// What refunds take back of earlier periods.
    pub reversed: Arc<Reversed>,
    sold_by: OnceLock<SoldBy>,
    posted_by: OnceLock<SoldBy>,
}

/// What plans come to, of everybody or of one member.
#[derive(Clone, Copy)]
pub struct Worked<'a> {
    /// The state it was worked out from.
    pub lens: Lens<'a>,
    /// The period's book.
    pub era: Era<'a>,
    /// The plan set.
    pub set: &'a PlanSet,
    /// Ranks and amounts.
    pub pass: &'a Pass,
    /// What refunds take back of earlier periods, of everybody.
    pub reversed: &'a Reversed,
    /// The part of the book that it is a pass over; none for the whole.
    pub part: Option<Part<'a>>,
}

/// A part of a book that one member was worked out from.
#[derive(Clone, Copy)]
pub struct Part<'a> {
    /// The part.
    pub excerpt: &'a Excerpt<'a>,
    /// What it is good for.
    pub extent: &'a Extent,
    /// Everybody worked out a moment before: it tells what nothing less does. Needed where the extent says so, or the
    /// set has a ceiling for the company.
    pub whole: Option<&'a Payout>,
}

impl<'a> Worked<'a> {
    /// The period.
    #[must_use]
    pub fn asked(&self) -> Asked {
        Asked::of(&self.era)
    }

    /// A member's number in the pass; [`NONE`] if it does not know him.
    #[must_use]
    pub fn number(&self, member: Member) -> Member {
        self.part
            .map_or(member, |part| part.excerpt.number(member).unwrap_or(NONE))
    }

    /// The pass over the whole book.
    #[must_use]
    pub fn whole(&self) -> &'a Pass {
        let whole = self.part.and_then(|part| part.whole);
        whole.map_or(self.pass, |whole| &whole.pass)
    }

    /// The pass that tells a component of a member.
    #[must_use]
    pub fn teller(&self, component: usize, member: Member) -> Teller<'a> {
        let of_all = |part: &Part<'_>| part.extent.company.contains(&component);
        match self.part.filter(|part| !of_all(part)) {
            Some(part) => Teller {
                pass: self.pass,
                number: self.number(member),
                of: Some(part.excerpt),
                swept_seq: None,
            },
            None => Teller {
                pass: self.whole(),
                number: member,
                of: None,
                swept_seq: self.swept_seq(),
            },
        }
    }

    /// The sequence of the pass over the whole book, where that is another than the one of the answer.
    #[must_use]
    pub fn swept_seq(&self) -> Option<u64> {
        let whole = self.part.and_then(|part| part.whole);
        whole.map(|whole| whole.state.as_of_seq)
    }
}

/// A pass that tells something of a member, over the whole book or a part of it.
#[derive(Clone, Copy)]
pub struct Teller<'a> {
    /// Ranks and amounts.
    pub pass: &'a Pass,
    /// The member's number in it; [`NONE`] if it does not know him.
    pub number: Member,
    /// The part of the book that it is over; none for the whole.
    pub of: Option<&'a Excerpt<'a>>,
    /// The sequence of a pass over the whole, where that is another than the one of the answer.
    pub swept_seq: Option<u64>,
}

impl Teller<'_> {
    /// What a component comes to; nothing for who enrolled after the period rolled.
    #[must_use]
    pub fn amount(&self, component: usize) -> Micros {
        let amounts = self.pass.amounts(component).unwrap_or_default();
        amounts
            .get(self.number as usize)
            .copied()
            .unwrap_or_default()
    }

    /// The seat of the book that has a number in the pass.
    #[must_use]
    pub fn seat(&self, tree: usize, number: Seat) -> Seat {
        self.of.map_or(number, |part| part.seat(tree, number))
    }
}

/// Members from whom on a second thread takes less time to call than it saves.
const MANY: u32 = 20_000;

/// Who works out everybody.
fn hands(state: &State) -> &'static dyn Hands {
    if state.members.len() < MANY {
        &Alone
    } else {
        &TwoHands
    }
}

/// Why a period cannot be worked out.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unpaid {
    /// The question has no answer.
    #[error("the period cannot be read: {0:?}")]
    View(ViewError),
    /// An amount is beyond the range.
    #[error("what `{member}` earns by `{component}` is beyond the range of amounts")]
    Beyond {
        /// Name of the component.
        component: String,
        /// The member's id.
        member: String,
    },
}

impl Unpaid {
    /// An amount beyond the range, by its names.
    #[must_use]
    pub fn beyond(lens: &Lens<'_>, set: &PlanSet, beyond: Beyond) -> Unpaid {
        let component = set.components.get(beyond.component);
        let component = component.map(|entry| &entry.name);
        Unpaid::Beyond {
            component: component.map_or_else(|| "clawbacks".to_owned(), ToString::to_string),
            member: lens.id(beyond.member),
        }
    }
}

impl Payout {
    /// Works out one period by one plan set. `opening` is what the period before handed on.
    ///
    /// # Errors
    /// See [`Unpaid`].
    ///
    /// # Cost
    /// O(members x levels) for each component: for a fork.
    pub fn of(
        state: Arc<State>,
        set: Arc<PlanSet>,
        asked: Asked,
        opening: Arc<Standing>,
    ) -> Result<Payout, Unpaid> {
        let lens = Lens::new(&state).map_err(Unpaid::View)?;
        let era = era::at(&lens, asked.period, asked.ordinal).map_err(Unpaid::View)?;
        let book = PlanBook::new(lens, era, set.after_close);
        let pass = Pass::run(&book, &set, asked.period, opening, hands(&state));
        let pass = pass.map_err(|beyond| Unpaid::beyond(&lens, &set, beyond))?;
        Ok(Payout {
            state,
            set,
            asked,
            pass,
            reversed: Arc::default(),
            sold_by: OnceLock::new(),
            posted_by: OnceLock::new(),
        })
    }

    /// What entered the period by whom it is credited to. O(members + orders of the period) the first time.
    #[must_use]
    pub fn sold_by(&self) -> &SoldBy {
        self.sold_by
            .get_or_init(|| SoldBy::of(&self.orders(), self.state.members.len()))
    }

    /// Orders of the period by who was written down with them. O(members + orders of the period x levels) the first time.
    #[must_use]
    pub fn posted_by(&self) -> &SoldBy {
        self.posted_by
            .get_or_init(|| SoldBy::posted(&self.orders(), self.state.members.len()))
    }

    fn orders(&self) -> PlanOrders<'_> {
        PlanOrders::new(
            (self.lens(), self.era()),
            Wanted::everywhere(FIRST_MAX),
            self.set.after_close,
        )
    }

    /// The same as a run pays it, with what the run before carried.
    #[must_use]
    pub fn payment<'p>(&'p self, brought: &'p Brought) -> Payment<'p> {
        Payment {
            pass: &self.pass,
            set: &self.set,
            brought,
            reversed: &self.reversed,
        }
    }

    /// An amount beyond the range, by its names.
    #[must_use]
    pub fn beyond(&self, beyond: Beyond) -> Unpaid {
        Unpaid::beyond(&self.lens(), &self.set, beyond)
    }

    /// As what it comes to for everybody.
    #[must_use]
    pub fn worked(&self) -> Worked<'_> {
        Worked {
            lens: self.lens(),
            era: self.era(),
            set: &self.set,
            pass: &self.pass,
            reversed: &self.reversed,
            part: None,
        }
    }

    /// The state to look into.
    ///
    /// # Panics
    /// Never: it was founded when this was worked out.
    #[must_use]
    pub fn lens(&self) -> Lens<'_> {
        Lens::new(&self.state).expect("a founded network")
    }

    /// The period's book.
    ///
    /// # Panics
    /// Never: it was readable when this was worked out.
    #[must_use]
    pub fn era(&self) -> Era<'_> {
        let Asked { period, ordinal } = self.asked;
        era::at(&self.lens(), period, ordinal).expect("a readable period")
    }
}

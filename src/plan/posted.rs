//! Levels judged at the order: paid to those who stood above it when it was accepted, active ones as they were then.
//! Whatever becomes of trees and members later, an order's lines stay; a refund takes back what its own order brought.

use crate::base::ids::{ENROLLER_TREE, Member};
use crate::base::money::{Micros, Rate};
use crate::base::path::Path;
use crate::plan::columns::{Column, Columns, Payee, Payees};
use crate::plan::component::{Component, Most, Reach};
use crate::plan::course::Opens;
use crate::plan::derived::Filter;
use crate::plan::flow::{Term, Unit};
use crate::plan::part::{Earned, Overflow, Part, Sold};
use crate::plan::places::Places;
use crate::plan::schedule::Schedule;
use crate::plan::shared::VOLUME;

/// The way up on which the member credited is found, and no one above him.
pub(super) const CREDITED: (Path, u8) = (
    Path {
        tree: ENROLLER_TREE as u8,
        compressed: false,
    },
    0,
);

/// Whether a member who is credited with orders can earn by them; whether he is active may have been asked of each order.
pub(super) fn credited_earns(at_order: bool, payees: &Payees<'_>, member: Member) -> bool {
    if at_order {
        payees.stands(member)
    } else {
        payees.earns(member)
    }
}

/// Pay by level as of the order.
#[derive(Debug)]
pub(super) struct Posted {
    pub(super) places: Places,
    pub(super) volume: usize,
    pub(super) schedule: Schedule,
    pub(super) own_rate: Rate,
    /// The orders it is paid on; none for all.
    pub(super) orders: Option<Filter>,
}

impl Posted {
    fn rate(&self, rank: u8, place: usize) -> Rate {
        match place.checked_sub(1) {
            None => self.own_rate,
            Some(level) => {
                let rates = self.schedule.rates(rank);
                rates.get(level).copied().unwrap_or(Rate::ZERO)
            }
        }
    }

    fn terms<'a>(
        &'a self,
        columns: &'a Columns,
        payees: &'a Payees<'a>,
        member: Member,
    ) -> impl Iterator<Item = Term> + 'a {
        let rows = columns.posted(self.places, self.volume);
        let from = member as usize * self.places.count();
        let row = rows.get(from..from + self.places.count());
        let row = row.filter(|_| payees.stands(member)).unwrap_or_default();
        let asks = payees.asks_activity();
        let terms = row.iter().enumerate().map(move |(place, brought)| Term {
            number: place as u32,
            basis: brought.active + if asks { 0 } else { brought.inactive },
            rate: self.rate(payees.rank(member), place),
        });
        terms.filter(Term::counts)
    }
}

impl Component for Posted {
    fn opens<'a>(&'a self, _: &'a Columns, _: &'a Payees<'a>, _: Member) -> Opens<'a> {
        Opens::Posted
    }

    fn reads(&self) -> Vec<Column> {
        vec![Column::Posted(self.places, self.volume)]
    }

    /// Those whose orders are his may stand elsewhere by now.
    fn reach(&self) -> Reach {
        Reach::Company
    }

    fn narrows(&self) -> Option<(&'static str, Filter)> {
        Some((VOLUME.key, self.orders.clone()?))
    }

    fn posts(&self) -> Option<(Path, u8)> {
        Some((self.places.path, self.places.levels))
    }

    fn finds_active_only(&self) -> bool {
        self.places.path.compressed
    }

    fn can_earn(&self, payees: &Payees<'_>, member: Member) -> bool {
        payees.stands(member)
    }

    fn pay(&self, columns: &Columns, payees: &Payees<'_>) -> Result<Vec<Micros>, Overflow> {
        let sums = (0..columns.members()).map(|member| {
            let terms = self.terms(columns, payees, member);
            terms
                .map(|term| i128::from(term.basis) * i128::from(term.rate.0))
                .sum()
        });
        Unit::Volume.amounts(&sums.collect::<Vec<i128>>())
    }

    fn most(&self, payee: Payee, ranks: u8) -> Most {
        let levels = self.schedule.most(payee.min_rank, ranks);
        Most::Volume(self.volume, Rate(levels.0 + self.own_rate.0))
    }

    fn explain(&self, columns: &Columns, payees: &Payees<'_>, member: Member) -> Vec<Part> {
        Unit::Volume.parts("level", self.terms(columns, payees, member).collect())
    }

    fn trace(&self, _: &Columns, payees: &Payees<'_>, sold: &Sold) -> Vec<Earned> {
        let basis = sold.volumes.get(self.volume).copied().unwrap_or(0);
        let tree = self.places.path.tree;
        let places = self
            .places
            .of(sold.passed(self.places.path), sold.below >> tree & 1 != 0);
        let earning = places.filter(|(_, one)| {
            payees.stands(one.member) && (one.active || !payees.asks_activity())
        });
        let terms = earning.map(|(place, one)| {
            let term = Term {
                number: place as u32,
                basis,
                rate: self.rate(payees.rank(one.member), place),
            };
            (one.member, term)
        });
        let counting = terms.filter(|(_, term)| term.counts());
        Unit::Volume.earned("level", counting.collect())
    }
}

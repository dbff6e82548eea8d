//! What refunds booked in a period take back of earlier ones, in the words of answers.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::base::ids::Member;
use crate::base::money::Micros;
use crate::plan::clawback::Reversed;
use crate::plan::run::Line;
use crate::plan::set::PlanSet;
use crate::view::money::Money;
use crate::view::runs::Frozen;

/// What is taken back of what a component of an earlier period paid, because orders of that were refunded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ClawbackLine {
    /// Name of the component.
    pub component: String,
    /// Label of the period that paid.
    pub period: String,
    /// The amount, below zero, in the currency that was paid in, rounded once to its minor unit.
    pub amount: Money,
    /// The same before that, in the currency of the plan set that paid: at most six places.
    pub exact: String,
}

/// What is taken back of a member in a period that is not paid.
#[must_use]
pub fn of_member(set: &PlanSet, reversed: &Reversed, member: Member) -> Vec<ClawbackLine> {
    let all = reversed.of_member(member).iter();
    let all = all.map(|taken| {
        let source = &reversed.sources[taken.source];
        ClawbackLine {
            component: source.component.to_string(),
            period: source.period.to_string(),
            amount: Money::of(-taken.minor, reversed.code(set, taken.currency)),
            exact: Micros(-taken.exact.0).to_string(),
        }
    });
    all.collect()
}

/// What some lines of a run take back.
#[must_use]
pub fn of_lines(frozen: &Frozen, paid: &[Line]) -> Vec<ClawbackLine> {
    let taken_back = paid.iter().filter_map(|line| {
        let of = frozen.line_of(line.component);
        Some(ClawbackLine {
            component: of.component.to_owned(),
            period: of.clawback_of?.to_owned(),
            amount: Money::of(line.minor, frozen.currency(line.currency)),
            exact: line.exact.to_string(),
        })
    });
    taken_back.collect()
}

/// What is taken back of everybody, by currency. O(members of whom something is).
#[must_use]
pub fn in_all(set: &PlanSet, reversed: &Reversed) -> Vec<Money> {
    let mut sums: BTreeMap<u8, i64> = BTreeMap::new();
    for (_, taken) in reversed.iter() {
        *sums.entry(taken.currency).or_default() -= taken.minor;
    }
    let sums = sums.into_iter();
    sums.map(|(currency, minor)| Money::of(minor, reversed.code(set, currency)))
        .collect()
}

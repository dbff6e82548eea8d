//! What refunds booked in a period take back of earlier ones, in the words of answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::base::ids::Member;
use crate::base::money::Micros;
use crate::base::time::Time;
use crate::plan::clawback::{Piece, Reversed};
use crate::plan::run::Line;
use crate::plan::set::PlanSet;
use crate::view::cursor;
use crate::view::era::Asked;
use crate::view::error::ViewError;
use crate::view::money::Money;
use crate::view::payout::Payout;
use crate::view::query;
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

/// Which period, and which part of the list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ClawbacksQuery {
    /// Name of the period type; the activity rule's by default.
    pub period_type: Option<String>,
    /// A period's label, `current` (the default) or `closed`.
    pub period: Option<String>,
    /// Rows, 1 to 1,000; 100 by default.
    pub limit: Option<u32>,
    /// Where to go on: the `next` of the page before.
    pub cursor: Option<String>,
}

/// What one refund takes back of what a component of an earlier period paid a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ClawbackRow {
    /// Id of the refund.
    pub refund: String,
    /// Id of the order; what it earned whom stands in its commissions.
    pub order: String,
    /// When it was refunded, by what was told.
    pub at: Time,
    /// Name of the component.
    pub component: String,
    /// Label of the period that paid.
    pub period: String,
    /// The amount, below zero, in the currency of the plan set that paid: at most six places.
    pub exact: String,
}

/// What refunds booked in a period take back of a member, one by one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ClawbacksPage {
    /// The member's id.
    pub member: String,
    /// Label of the period that books them.
    pub period: String,
    /// In order of acceptance, then by the period and component that paid.
    pub rows: Vec<ClawbackRow>,
    /// Where the next page begins; none behind the last row.
    pub next: Option<String>,
}

/// A page of what refunds take back of a member. O(rows).
///
/// # Errors
/// An unknown member, a bad limit or cursor.
pub fn page(payout: &Payout, id: &str, asked: &ClawbacksQuery) -> Result<ClawbacksPage, ViewError> {
    let lens = payout.lens();
    let member = lens.member(id, "member")?;
    let limit = query::limit(asked.limit)?;
    let Asked { period, ordinal } = payout.asked;
    let question = format!("clawbacks {member} {period} {ordinal}");
    let from = match &asked.cursor {
        None => 0,
        Some(text) => {
            let [from] = cursor::read('c', &question, text)?;
            usize::try_from(from).map_err(|_| ViewError::BadCursor)?
        }
    };
    let pieces = payout.reversed.pieces_of(member);
    let end = pieces.len().min(from.saturating_add(limit));
    let shown = pieces.get(from..end).unwrap_or_default().iter();
    let next = (end < pieces.len()).then(|| cursor::write('c', &question, &[end as u64]));
    Ok(ClawbacksPage {
        member: id.to_owned(),
        period: lens.label(period, ordinal),
        rows: shown.filter_map(|piece| row(payout, piece)).collect(),
        next,
    })
}

fn row(payout: &Payout, piece: &Piece) -> Option<ClawbackRow> {
    let state = &payout.state;
    let refund = state.corrections.row(piece.refund);
    let source = &payout.reversed.sources[piece.source];
    Some(ClawbackRow {
        refund: state.facts.id(refund.fact).to_string(),
        order: state.orders.id(refund.order?).to_string(),
        at: refund.at,
        component: source.component.to_string(),
        period: source.period.to_string(),
        exact: Micros(-piece.exact.0).to_string(),
    })
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

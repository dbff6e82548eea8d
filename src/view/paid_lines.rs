//! Everybody's amounts of a period as a list: worked out, or as its run has them.

use serde::Serialize;
use utoipa::ToSchema;

use crate::base::ids::Member;
use crate::base::money::{Micros, minor_digits, minor_text};
use crate::plan::run::Line;
use crate::plan::set::PlanSet;
use crate::view::clawbacks;
use crate::view::lens::Lens;
use crate::view::payout::Payout;
use crate::view::runs::Frozen;

/// One member's amount by one component, for lists of everybody's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PaidLine {
    /// The member's id.
    pub member: String,
    /// Name of the component.
    pub component: String,
    /// Label of the earlier period of which it takes something back; none of one that pays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clawback_of: Option<String>,
    /// The amount, rounded once to the currency's minor unit.
    pub amount: String,
    /// The same before that rounding.
    pub exact: String,
    /// ISO 4217.
    pub currency: String,
}

/// Everybody's amounts that are not nothing, of members from a number on, at most `members` of them; and the number to
/// go on from, none behind the last. O(members looked at x components).
#[must_use]
pub fn paid(payout: &Payout, from: Member, members: u32) -> (Vec<PaidLine>, Option<Member>) {
    let (lens, digits) = (payout.lens(), minor_digits(&payout.set.currency));
    let end = payout.pass.members().min(from.saturating_add(members));
    let mut lines = Vec::new();
    for member in from..end {
        for (index, entry) in payout.set.components_of(payout.asked.period) {
            let amounts = payout.pass.amounts(index).unwrap_or_default();
            let amount = amounts.get(member as usize).copied().unwrap_or_default();
            if amount != Micros::ZERO {
                lines.push(PaidLine {
                    member: lens.id(member),
                    component: entry.name.to_string(),
                    clawback_of: None,
                    amount: minor_text(amount.to_minor(digits), digits),
                    exact: amount.to_string(),
                    currency: payout.set.currency.to_string(),
                });
            }
        }
        let taken_back = clawbacks::of_member(&payout.set, &payout.reversed, member).into_iter();
        lines.extend(taken_back.map(|taken| PaidLine {
            member: lens.id(member),
            component: taken.component,
            clawback_of: Some(taken.period),
            amount: taken.amount.amount,
            exact: taken.exact,
            currency: taken.amount.currency,
        }));
    }
    (lines, (end < payout.pass.members()).then_some(end))
}

/// Lines of a run as those of a list of everybody's amounts. O(lines).
#[must_use]
pub fn of_run(
    lens: &Lens<'_>,
    set: &PlanSet,
    (frozen, found): (&Frozen, &[Line]),
) -> Vec<PaidLine> {
    let digits = minor_digits(&set.currency);
    let counts = found.iter().filter(|line| line.exact != Micros::ZERO);
    let told = counts.map(|line| {
        let of = frozen.line_of(line.component);
        let (currency, minor) = match of.clawback_of {
            None => (set.currency.as_str(), line.exact.to_minor(digits)),
            // In the currency and by the table of its own period.
            Some(_) => (frozen.currency(line.currency), line.minor),
        };
        PaidLine {
            member: lens.id(line.member),
            component: of.component.to_owned(),
            clawback_of: of.clawback_of.map(str::to_owned),
            amount: minor_text(minor, minor_digits(currency)),
            exact: line.exact.to_string(),
            currency: currency.to_owned(),
        }
    });
    told.collect()
}

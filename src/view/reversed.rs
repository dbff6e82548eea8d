//! What refunds take back of what closed periods paid, worked out from the books of those.

use std::collections::BTreeMap;

use crate::base::after_close::AfterClose;
use crate::base::ids::Member;
use crate::base::money::{Micros, RATE_ONE};
use crate::plan::clawback::Debit;
use crate::plan::derived::FIRST_MAX;
use crate::plan::entry::Wanted;
use crate::plan::part::{Basis, Part, Sold};
use crate::plan::pass::Pass;
use crate::plan::set::PlanSet;
use crate::view::era::Asked;
use crate::view::late::{Late, entered};
use crate::view::lens::Lens;
use crate::view::payout::Worked;
use crate::view::plan_orders::{PlanOrders, Since};

/// Refunds that entered a period and take back what their orders earned, by the period that those entered, in order of
/// acceptance. O(corrections accepted since the period began, up to its close).
#[must_use]
pub fn reversing(lens: &Lens<'_>, of: Asked) -> BTreeMap<u32, Vec<u32>> {
    let mut found: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let Some(since) = Since::begun(lens, of) else {
        return found;
    };
    let corrections = &lens.state.corrections;
    for refund in since.corrections..corrections.len() {
        let row = corrections.row(refund);
        let period = entered(lens, of.period, row.periods, (row.at, row.seq));
        let order = row.order.filter(|_| period == Some(of.ordinal));
        let late = order.and_then(|order| Late::of(lens, of, AfterClose::VolumeOnly, order));
        if let Some(ordinal) = late.and_then(|late| late.reverses) {
            found.entry(ordinal).or_default().push(refund);
        }
    }
    found
}

/// What a refund of a later period takes back of what a period paid on its order: by component, then by member. `lens`
/// looks at a state that knows the refund. O(depth x levels) for each component.
#[must_use]
pub fn taken_back(lens: Lens<'_>, paid: &Worked<'_>, refund: u32) -> Vec<Debit> {
    let Some(order) = lens.state.corrections.row(refund).order else {
        return Vec::new();
    };
    let orders = PlanOrders::new(
        (lens, paid.era),
        Wanted::everywhere(FIRST_MAX),
        paid.set.after_close,
    );
    let [mut before, after] = [false, true].map(|with| {
        let entries = orders.reversed(order, refund, with);
        earned(paid.pass, paid.set, &Sold::of(&entries, &paid.set.kinds))
    });
    for (place, amount) in after {
        *before.entry(place).or_default() -= amount;
    }
    before.retain(|_, amount| *amount != 0);
    let debits = before
        .into_iter()
        .map(|((component, member), amount)| Debit {
            member,
            refund,
            component,
            // A part of an amount, which is within the range.
            amount: Micros(amount as i64),
            paid_in: paid.pass.paid_in(member),
        });
    debits.collect()
}

/// What a sale's part of everybody's amounts came to when they were paid, in 1e-6: rounded, then as its component's cap and
/// the company's factor left it, rounded down.
fn earned(pass: &Pass, set: &PlanSet, sold: &Sold) -> BTreeMap<(usize, Member), i128> {
    let mut earned: BTreeMap<(usize, Member), i128> = BTreeMap::new();
    for (component, _) in set.components_of(pass.period) {
        for part in pass.trace(set, component, sold).into_iter().flatten() {
            *earned.entry((component, part.member)).or_default() += product(&part.part);
        }
    }
    for (&(component, member), sum) in &mut earned {
        let exact = Micros::nearest(*sum, EXACT).unwrap_or_default();
        let amounts = pass.amounts(component).unwrap_or_default();
        let paid = amounts.get(member as usize).copied().unwrap_or_default();
        let of_cap = match pass.uncut(component, member) {
            Some(uncut) => {
                let share = i128::from(exact.0) * i128::from(paid.0);
                share.div_euclid(i128::from(uncut.0))
            }
            None => i128::from(exact.0),
        };
        let factor = i128::from(pass.factor(set, component).0);
        *sum = (of_cap * factor).div_euclid(i128::from(RATE_ONE));
    }
    earned
}

/// Counts of a product in 1e-6.
const EXACT: i128 = 1_000_000;

/// A part before it is rounded, in 1e-12.
fn product(part: &Part) -> i128 {
    match part.basis {
        Basis::Volume(volume) => i128::from(volume) * i128::from(part.rate.0),
        // Whole counts of 1e-6: nothing of a sale is a share of earnings.
        Basis::Earnings(_) | Basis::Each(_) | Basis::Fixed => i128::from(part.amount.0) * EXACT,
    }
}

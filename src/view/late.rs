//! Refunds whose orders entered an earlier period than they do: what each does, and where the order was.

use crate::base::after_close::AfterClose;
use crate::base::time::Time;
use crate::view::era::Asked;
use crate::view::lens::Lens;

/// A refund that enters a period behind the one of its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Late {
    /// What it does.
    pub does: AfterClose,
    /// The period of which it takes something back: that of the order, where a plan set paid it by what falls apart by order,
    /// and refunds reach it.
    pub reverses: Option<u32>,
}

impl Late {
    /// What a refund of an order does in a period that it entered; none where the order is of that period too, or of a later
    /// one. The plan set decides by which the order was paid; where there was none, the one in force now, and else what is
    /// `told`. What refunds reach no more is not reversed. O(log periods + log activations).
    #[must_use]
    pub fn of(lens: &Lens<'_>, of: Asked, told: AfterClose, order: u32) -> Option<Late> {
        let row = lens.state.orders.row(order);
        let ordered_in = entered(lens, of.period, row.periods, (row.at, row.seq));
        if ordered_in >= Some(of.ordinal) {
            return None;
        }
        let periods = lens.periods(of.period);
        let said = |ordinal: u32| {
            let (start, end) = (periods.start(ordinal), periods.end(ordinal));
            let version = lens.state.plans.in_force(start, end)?;
            Some(version.refunds)
        };
        let Some((paid_by, ordinal)) = ordered_in.and_then(|at| Some((said(at)?, at))) else {
            let now = said(of.ordinal).map(|now| now.after_close);
            return Some(Late {
                does: now.unwrap_or(told),
                reverses: None,
            });
        };
        let begun = Some(periods.start(of.ordinal));
        let reached = begun <= periods.refunds_reach(ordinal);
        let does = match paid_by.after_close {
            AfterClose::ReverseLines if !reached => AfterClose::Ignore,
            other => other,
        };
        let reverses = does == AfterClose::ReverseLines && paid_by.reverses(of.period);
        Some(Late {
            does,
            reverses: reverses.then_some(ordinal),
        })
    }
}

/// The period of a type that a record's volume entered: the one its `at` lies in where it is marked so, otherwise the one
/// that was current when it was accepted; none where it is older than the type. O(log periods).
#[must_use]
pub fn entered(
    lens: &Lens<'_>,
    period: usize,
    own_periods: u8,
    (at, seq): (Time, u64),
) -> Option<u32> {
    let periods = lens.periods(period);
    if own_periods >> period & 1 != 0 {
        Some(periods.ordinal_at(at))
    } else {
        periods.ordinal_at_seq(seq)
    }
}

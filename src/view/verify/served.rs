//! What customers bought in the running period by whom it is credited to, added up from orders and corrections.

use crate::base::ids::COMPANY;
use crate::view::verify::report::Findings;

/// The sums that the right to enrol is judged by, where the rules ask for them. O(members + orders).
pub(super) fn check(found: &mut Findings<'_>) {
    let lens = found.lens;
    let Some(rule) = lens.rules.customers_first else {
        return;
    };
    let (kind, of) = (usize::from(rule.kind), usize::from(rule.period));
    let periods = lens.periods(of);
    let current = periods.current();
    let entered = |own_period: u8, seq: u64| {
        own_period >> of & 1 == 0 && periods.ordinal_at_seq(seq) == Some(current)
    };
    let mut sums = vec![0i64; lens.members() as usize];
    let orders = &lens.state.orders;
    for order in 0..orders.len() {
        let row = orders.row(order);
        if row.buyer != row.credited && entered(row.periods, row.seq) {
            sums[row.credited as usize] += orders.volumes(order).get(kind).0;
        }
    }
    let corrections = &lens.state.corrections;
    for correction in 0..corrections.len() {
        let row = corrections.row(correction);
        if row.buyer != row.credited && entered(row.periods, row.seq) {
            sums[row.credited as usize] += corrections.volumes(correction).get(kind).0;
        }
    }
    for member in COMPANY + 1..lens.members() {
        let kept = lens.state.served.of(member, current).0;
        let figure = || "bought by customers".to_owned();
        found.at_member(member, figure, kept, sums[member as usize]);
    }
}

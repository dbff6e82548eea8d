//! What entered a period by whom it is credited to, or by who was written down with it: where an amount is opened, orders are
//! found by the seats they entered, or by those who stood above.

use crate::base::ids::Member;
use crate::view::plan_orders::{PlanOrders, Source};

/// Set in the number of an adjustment, to tell it from an order's.
const ADJUSTMENT: u32 = 1 << 31;

/// Lists of orders and adjustments, one a member, one behind the other.
#[derive(Debug)]
pub struct SoldBy {
    starts: Vec<u32>,
    items: Vec<u32>,
}

/// Takes what is shown.
type Each<'a> = dyn FnMut(Member, Source) + 'a;

impl SoldBy {
    /// Everything that entered. O(members + orders accepted since the period began); 4 bytes of it for each stay.
    #[must_use]
    pub fn of(orders: &PlanOrders<'_>, members: u32) -> SoldBy {
        SoldBy::gather(members, |each: &mut Each<'_>| orders.each_source(each))
    }

    /// Orders by those who were written down with them. O(members + orders accepted since the period began x levels); 4 bytes of
    /// it for each stay.
    #[must_use]
    pub fn posted(orders: &PlanOrders<'_>, members: u32) -> SoldBy {
        SoldBy::gather(members, |each: &mut Each<'_>| {
            orders.each_source(&mut |_, source| {
                for member in orders.written_with(source) {
                    each(member, source);
                }
            });
        })
    }

    /// What is shown, twice the same, by whom it is shown of.
    fn gather(members: u32, show: impl Fn(&mut Each<'_>)) -> SoldBy {
        let mut starts = vec![0u32; members as usize + 1];
        show(&mut |member, _| starts[member as usize + 1] += 1);
        for member in 0..members as usize {
            starts[member + 1] += starts[member];
        }
        let mut next = starts.clone();
        let mut items = vec![0u32; starts[members as usize] as usize];
        show(&mut |member, source| {
            let at = &mut next[member as usize];
            items[*at as usize] = match source {
                Source::Order(order) => order,
                Source::Adjustment(correction) => correction | ADJUSTMENT,
            };
            *at += 1;
        });
        for member in 0..members as usize {
            let (from, behind) = (starts[member] as usize, starts[member + 1] as usize);
            items[from..behind].sort_unstable();
        }
        SoldBy { starts, items }
    }

    /// A member's orders in order of acceptance, each once for itself and once for each refund, then his adjustments; with
    /// whom he was written down several times each as many times.
    #[must_use]
    pub fn of_member(&self, member: Member) -> &[u32] {
        let Some(&[from, behind]) = self
            .starts
            .get(member as usize..member as usize + 2)
            .and_then(|pair| pair.first_chunk())
        else {
            return &[];
        };
        &self.items[from as usize..behind as usize]
    }

    /// What one item is.
    #[must_use]
    pub fn source(item: u32) -> Source {
        if item & ADJUSTMENT == 0 {
            Source::Order(item)
        } else {
            Source::Adjustment(item & !ADJUSTMENT)
        }
    }
}

//! Sorts of orders: as many as the derived kinds of a set can tell apart, so that a bound on what is paid holds for each.
//!
//! A fast start on new members' orders and levels on all others are then not added up: no order is of both sorts.

use std::collections::BTreeSet;

use crate::base::ids::Text;
use crate::base::money::{RATE_ONE, Rate};
use crate::plan::derived::{Classes, Derived, Orders, derived};
use crate::plan::entry::Facts;

/// Sorts that are looked at one by one; where there are more, all are taken as one, in which every order counts.
const SORTS_MAX: usize = 4_096;

/// The sorts of orders of a set.
pub(super) struct Sorts<'s> {
    kinds: &'s [Derived],
    /// An order of each; none where they are taken as one.
    each: Vec<Facts>,
}

impl Sorts<'_> {
    /// Those that kinds tell apart. O(classes x places x days named, at most 4,096).
    pub(super) fn of(kinds: &[Derived]) -> Sorts<'_> {
        let mut classes: BTreeSet<Option<Text>> = BTreeSet::from([None]);
        let (mut places, mut days) = (BTreeSet::from([1]), BTreeSet::from([0]));
        for filter in kinds.iter().flat_map(|kind| &kind.filters) {
            if let Some(Classes::Only(names) | Classes::Without(names)) = &filter.classes {
                classes.extend(names.iter().cloned().map(Some));
            }
            if let Some(Orders::First(count) | Orders::Later(count)) = filter.orders {
                places.extend([count, count + 1]);
            }
            for day in [filter.from_day, filter.to_day].into_iter().flatten() {
                days.extend([i64::from(day) - 1, i64::from(day)]);
            }
        }
        let mut each = Vec::new();
        if classes.len() * places.len() * days.len() * 2 <= SORTS_MAX {
            for class in &classes {
                for (&place, customers) in places.iter().flat_map(|at| [(at, false), (at, true)]) {
                    each.extend(days.iter().map(|&days| Facts {
                        customers,
                        class: class.clone(),
                        place,
                        days,
                        active: true,
                    }));
                }
            }
        }
        Sorts { kinds, each }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.each.len().max(1)
    }

    /// A rate of a kind's volume as shares of the network's kind, in 1e-8 and rounded up: one for each sort.
    pub(super) fn shares(&self, kind: usize, rate: Rate) -> (usize, Vec<i128>) {
        let rate = i128::from(rate.0);
        let Some(kind) = derived(self.kinds, kind) else {
            return (kind, vec![rate; self.count()]);
        };
        let one = i128::from(RATE_ONE);
        let counts = (rate * i128::from(kind.factor.0) + one - 1) / one;
        let share = |facts: &Facts| if kind.takes(facts) { counts } else { 0 };
        let shares = if self.each.is_empty() {
            vec![counts]
        } else {
            self.each.iter().map(share).collect()
        };
        (kind.of, shares)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::limits::KINDS_MAX;
    use crate::plan::derived::Filter;

    fn kinds(days: std::ops::RangeInclusive<u32>) -> Vec<Derived> {
        let kind = |day| Derived {
            name: Text::default(),
            of: 0,
            filters: vec![Filter {
                to_day: Some(day),
                ..Filter::default()
            }],
            factor: Rate(RATE_ONE / 2),
        };
        days.map(kind).collect()
    }

    #[test]
    fn more_sorts_than_are_looked_at_are_one_in_which_all_counts() {
        let few = kinds(1..=2);
        let sorts = Sorts::of(&few);
        // Days 0, 1 and 2, by members and by customers; the first kind has those of day 0.
        assert_eq!(sorts.count(), 6);
        let (of, shares) = sorts.shares(KINDS_MAX, Rate(3));
        assert_eq!((of, shares), (0, vec![2, 0, 0, 2, 0, 0]));
        let many = kinds(1..=2_048);
        let sorts = Sorts::of(&many);
        assert_eq!(sorts.count(), 1);
        assert_eq!(sorts.shares(KINDS_MAX, Rate(3)), (0, vec![2]));
        assert_eq!(sorts.shares(1, Rate(3)), (1, vec![3]));
    }
}

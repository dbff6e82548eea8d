//! Who is credited with what in one period: numbers of orders and corrections by member, so that those of a few members are
//! found without visiting all. Made from a state and made longer from later ones, for records only ever come behind others.

use std::collections::HashMap;

use crate::base::ids::Member;
use crate::view::era::Asked;
use crate::view::lens::Lens;
use crate::view::plan_orders::Since;

/// Records of a period by who is credited.
#[derive(Debug)]
pub struct Credited {
    /// The period.
    pub of: Asked,
    orders: Chained,
    corrections: Chained,
}

/// Numbers of records from one on, each with the one before it of the same member.
#[derive(Debug)]
struct Chained {
    from: u32,
    previous: Vec<u32>,
    /// By member, one more than the place of his last record.
    last: HashMap<Member, u32>,
}

impl Credited {
    /// Nothing yet, of a period that has begun; none before that. O(log records).
    #[must_use]
    pub fn new(lens: &Lens<'_>, of: Asked) -> Option<Credited> {
        let since = Since::begun(lens, of)?;
        Some(Credited {
            of,
            orders: Chained::from(since.orders),
            corrections: Chained::from(since.corrections),
        })
    }

    /// Takes in what was accepted since, but no more than `most` records; whether that was all. O(records taken in).
    pub fn catch_up(&mut self, lens: &Lens<'_>, most: usize) -> bool {
        let (orders, corrections) = (&lens.state.orders, &lens.state.corrections);
        let credited = |order| orders.credited(order);
        let left = self.orders.extend(orders.len(), most, credited);
        let credited = |correction| corrections.row(correction).credited;
        let left = left.and_then(|left| self.corrections.extend(corrections.len(), left, credited));
        left.is_some()
    }

    /// How many records have been taken in.
    #[must_use]
    pub fn records(&self) -> usize {
        self.orders.previous.len() + self.corrections.previous.len()
    }

    /// Orders credited to some members, in order of acceptance. O(orders found x log).
    #[must_use]
    pub fn orders(&self, members: &[Member]) -> Vec<u32> {
        self.orders.of(members)
    }

    /// Refunds and adjustments credited to some members, in order of acceptance. O(records found x log).
    #[must_use]
    pub fn corrections(&self, members: &[Member]) -> Vec<u32> {
        self.corrections.of(members)
    }
}

impl Chained {
    fn from(from: u32) -> Chained {
        Chained {
            from,
            previous: Vec::new(),
            last: HashMap::new(),
        }
    }

    /// How many more could be taken in; none where there are more than `most`.
    fn extend(
        &mut self,
        records: u32,
        most: usize,
        credited: impl Fn(u32) -> Member,
    ) -> Option<usize> {
        let next = self.from + self.previous.len() as u32;
        // A fork may be older than what is known.
        let records = records.max(next);
        let end = records.min(next.saturating_add(u32::try_from(most).unwrap_or(u32::MAX)));
        for record in next..end {
            let place = self.previous.len() as u32 + 1;
            let before = self.last.insert(credited(record), place);
            self.previous.push(before.unwrap_or(0));
        }
        (end == records).then(|| most - (end - next) as usize)
    }

    fn of(&self, members: &[Member]) -> Vec<u32> {
        let mut found = Vec::new();
        for member in members {
            let mut place = self.last.get(member).copied().unwrap_or(0);
            while place > 0 {
                found.push(self.from + place - 1);
                place = self.previous[place as usize - 1];
            }
        }
        found.sort_unstable();
        found
    }
}

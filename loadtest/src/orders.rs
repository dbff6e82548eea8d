//! Orders of a network as they would have come in: a first one when a member joins, repeats from those who joined
//! lately, amounts as in the real network.

use crate::random::Random;

/// One order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// Its number, dense from 0.
    pub number: u64,
    /// The buyer's number.
    pub member: u32,
    /// Seconds since 1970; never before the buyer joined, never before the order in front of it.
    pub at: u64,
    /// Amount, and commissionable volume, in cents.
    pub cents: u32,
}

impl Order {
    /// Personal volume in cents: four fifths of the amount.
    #[must_use]
    pub fn pv_cents(&self) -> u32 {
        self.cents / 5 * 4
    }
}

/// When members join: evenly from `start` on, over `seconds`.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// Seconds since 1970.
    pub start: u64,
    /// How long the network grows.
    pub seconds: u64,
    /// How many join.
    pub members: u32,
}

impl Span {
    /// When a member joins.
    #[must_use]
    pub fn joined_at(&self, member: u32) -> u64 {
        self.start + self.seconds * u64::from(member) / u64::from(self.members.max(1))
    }
}

/// Amounts in cents and how often each came among 5,007 real orders.
const AMOUNTS: [(u32, u32); 7] = [
    (12_000, 2_008),
    (13_000, 2_008),
    (15_000, 833),
    (20_000, 120),
    (25_000, 28),
    (30_000, 8),
    (35_000, 2),
];

/// An amount as likely as in the real network.
pub fn amount(random: &mut Random) -> u32 {
    let mut left = random.below(AMOUNTS.iter().map(|&(_, times)| times).sum());
    for (cents, times) in AMOUNTS {
        if left < times {
            return cents;
        }
        left -= times;
    }
    AMOUNTS[0].0
}

/// All orders of a network in order of time, made one by one: memory does not grow with their number.
#[derive(Debug)]
pub struct Orders {
    span: Span,
    per_hundred: u32,
    random: Random,
    /// The member who joined last.
    member: u32,
    /// Orders still due before the next member joins.
    due: u64,
    first_pending: bool,
    made: u64,
}

impl Orders {
    /// `per_hundred` orders for every hundred members, deterministic by seed.
    #[must_use]
    pub fn new(span: Span, per_hundred: u32, seed: u64) -> Orders {
        let mut orders = Orders {
            span,
            per_hundred,
            random: Random::new(seed ^ 0x6F72_6465_7273),
            member: 0,
            due: 0,
            first_pending: false,
            made: 0,
        };
        orders.admit();
        orders
    }

    /// Lets the present member in: how many orders come before the next one joins.
    fn admit(&mut self) {
        let until_now = u64::from(self.member + 1) * u64::from(self.per_hundred) / 100;
        self.due = until_now - self.made;
        self.first_pending = true;
    }
}

impl Iterator for Orders {
    type Item = Order;

    fn next(&mut self) -> Option<Order> {
        while self.due == 0 {
            if self.member + 1 >= self.span.members {
                return None;
            }
            self.member += 1;
            self.admit();
        }
        let member = if std::mem::take(&mut self.first_pending) {
            self.member
        } else {
            self.member + 1 - self.random.step_back(self.member + 1)
        };
        let order = Order {
            number: self.made,
            member,
            at: self.span.joined_at(self.member),
            cents: amount(&mut self.random),
        };
        self.made += 1;
        self.due -= 1;
        Some(order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distribution::Spread;

    fn span(members: u32) -> Span {
        Span {
            start: 1_000,
            seconds: 100_000,
            members,
        }
    }

    #[test]
    fn nobody_buys_before_he_joined_and_time_never_goes_back() {
        let span = span(5_000);
        let mut last = 0;
        for order in Orders::new(span, 125, 4) {
            assert!(order.at >= span.joined_at(order.member) && order.at >= last);
            last = order.at;
        }
    }

    #[test]
    fn orders_spread_as_in_the_real_network() {
        let mut each = vec![0; 20_000];
        let mut amounts = Vec::new();
        for order in Orders::new(span(20_000), 125, 4) {
            each[order.member as usize] += 1;
            amounts.push(order.cents);
        }
        assert_eq!(amounts.len(), 25_000);
        let (each, amounts) = (Spread::of(each), Spread::of(amounts));
        assert_eq!(each.zeros, 0.0);
        assert_eq!(each.quantiles[1..4], [1, 2, 3]);
        assert!((5..=9).contains(&each.max), "{}", each.max);
        assert!(
            (12_900.0..13_500.0).contains(&amounts.mean),
            "{}",
            amounts.mean
        );
    }

    #[test]
    fn the_same_seed_makes_the_same_orders() {
        let make = |seed| Orders::new(span(300), 250, seed).collect::<Vec<_>>();
        assert_eq!(make(1), make(1));
        assert_ne!(make(1), make(2));
        assert_eq!(make(1).len(), 750);
        assert_eq!(Orders::new(span(300), 30, 1).count(), 90);
        assert_eq!(Orders::new(span(0), 0, 1).count(), 0);
    }
}

//! Amounts in parts: what a member's amount is made of, and what a sale earned whom.

use crate::base::ids::{Member, Seat};
use crate::base::limits::{KINDS_MAX, TREES_MAX};
use crate::base::money::{Micros, Rate};
use crate::base::path::{Passed, Path};
use crate::plan::derived::Derived;
use crate::plan::entry::{Entry, Portion, passed};

/// An amount beyond the range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overflow {
    /// Whose.
    pub member: Member,
}

/// One reason for a part of an amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What the number counts: `level`, `generation`, `own`, `difference`, `shares`, `matched`, `cycles`, `rank`,
    /// `customers`, `band`.
    pub what: &'static str,
    /// Which of them, from 1, or how many shares or cycles; 0 for what has no number.
    pub number: u64,
    /// Of how many shares in all; 0 for what is not a share.
    pub of: u64,
    /// The basis: volumes in 1e-4, earnings and amounts in 1e-6.
    pub basis: Basis,
    /// What it was multiplied by.
    pub rate: Rate,
    /// The product.
    pub amount: Micros,
}

/// What a rate is applied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// A volume, units of 1e-4.
    Volume(i64),
    /// Earnings.
    Earnings(Micros),
    /// An amount for each cycle, or for a rank; the rate is one.
    Each(Micros),
    /// Nothing: the amount is a fixed one, or a part of it.
    Fixed,
}

/// What became of one leg of a seat in a period. Volumes in 1e-4; `brought + new = matched + flushed + left`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LegFigures {
    /// The seat.
    pub seat: Seat,
    /// 1 is the left leg, 2 the right one.
    pub leg: u8,
    /// What it carried into the period.
    pub brought: i64,
    /// What entered it in the period.
    pub new: i64,
    /// What was matched and is used up.
    pub matched: i64,
    /// What was lost.
    pub flushed: i64,
    /// What it carries to the next period.
    pub left: i64,
}

/// One sale as a period's book has it: all that entered the period of one order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sold {
    /// The seat it entered in each tree; none where the member has none.
    pub seats: Vec<Option<Seat>>,
    /// Bit `t`: it counts in tree `t` as from one level below the seat.
    pub below: u8,
    /// What entered and counts by volume kind, the network's and behind them derived ones; units of 1e-4.
    pub volumes: Vec<i64>,
    /// By derived kind, each entry of an order by itself; none of an adjustment.
    pub portions: Vec<Vec<Portion>>,
    /// Who stood above it when it was accepted, by path: see [`Entry::posted`].
    pub posted: Vec<(Path, Vec<Passed>)>,
}

impl Sold {
    /// What is paid on of the entries of one order, or of one adjustment; `kinds` are those that the set derives.
    #[must_use]
    pub fn of(entries: &[Entry], kinds: &[Derived]) -> Sold {
        Sold::counting(entries, kinds, Entry::is_paid_on)
    }

    /// What legs are matched by of them.
    #[must_use]
    pub fn in_legs(entries: &[Entry], kinds: &[Derived]) -> Sold {
        Sold::counting(entries, kinds, Entry::is_in_legs)
    }

    /// What a member earned, at his seat in a tree, as if that were a volume.
    #[must_use]
    pub fn earned((tree, seat): (usize, Seat), earned: Micros) -> Sold {
        let mut seats = vec![None; TREES_MAX];
        seats[tree] = Some(seat);
        Sold {
            seats,
            volumes: vec![earned.0],
            ..Sold::default()
        }
    }

    fn counting(entries: &[Entry], kinds: &[Derived], counts: fn(&Entry) -> bool) -> Sold {
        let Some(first) = entries.first() else {
            return Sold::default();
        };
        let mut sold = Sold {
            seats: (0..TREES_MAX)
                .map(|tree| first.place_in(tree).map(|(seat, _)| seat))
                .collect(),
            below: first.below,
            volumes: vec![0; KINDS_MAX + kinds.len()],
            portions: vec![Vec::new(); kinds.len()],
            posted: first.posted.clone(),
        };
        for entry in entries.iter().filter(|entry| counts(entry)) {
            for (sum, volume) in sold.volumes.iter_mut().zip(entry.volumes) {
                *sum += volume;
            }
            for (at, kind) in kinds.iter().enumerate() {
                let portion = kind.portion(entry);
                sold.volumes[KINDS_MAX + at] += portion.brought();
                if entry.order.is_some() {
                    sold.portions[at].push(portion);
                }
            }
        }
        sold
    }

    /// Each entry of an order by itself, in a derived kind.
    #[must_use]
    pub fn portions(&self, kind: usize) -> &[Portion] {
        let portions = self.portions.get(kind - KINDS_MAX);
        portions.map_or(&[], Vec::as_slice)
    }

    /// Who stood on a path above it when it was accepted: see [`Entry::passed`].
    #[must_use]
    pub fn passed(&self, path: Path) -> &[Passed] {
        passed(&self.posted, path)
    }

    /// What of it entered a tree, of one volume kind.
    #[must_use]
    pub fn sale(&self, tree: usize, volume: usize) -> Option<Sale> {
        Some(Sale {
            seat: self.seats.get(tree).copied().flatten()?,
            below: self.below >> tree & 1 != 0,
            amount: self.volumes.get(volume).copied()?,
        })
    }
}

/// What a sale earned a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earned {
    /// Who.
    pub member: Member,
    /// By what.
    pub part: Part,
}

/// A volume that entered at a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sale {
    /// The seat.
    pub seat: Seat,
    /// Whether it counts as from one level below the seat.
    pub below: bool,
    /// Units of 1e-4.
    pub amount: i64,
}

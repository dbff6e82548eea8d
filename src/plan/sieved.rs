//! Columns of derived kinds, worked out from what entered the period, entry by entry.

use std::collections::BTreeMap;

use crate::base::limits::KINDS_MAX;
use crate::plan::book::{Book, Entered};
use crate::plan::derived::Derived;
use crate::plan::entry::{Entry, Portion, Wanted};

/// What is asked of a derived kind.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asked {
    /// What entered at each seat of a tree.
    Entered(usize, usize),
    /// Orders and their refunds one by one.
    Orders(usize),
}

/// Whether entries are visited one by one for what is asked, and how far a buyer's orders are counted then.
pub(super) fn visits(asked: &[Asked], kinds: &[Derived]) -> Option<u8> {
    (!asked.is_empty()).then(|| counts_to(kinds))
}

/// How far a buyer's orders are counted where entries are looked at.
pub(super) fn counts_to(kinds: &[Derived]) -> u8 {
    let filters = kinds.iter().flat_map(|kind| &kind.filters);
    filters.map(|filter| filter.counts_to()).max().unwrap_or(0)
}

/// What derived kinds come to. Kinds that count the same are held once, under the number of the first.
#[derive(Debug, Default)]
pub(super) struct Sieved {
    /// By derived kind, the number of the first that counts the same.
    first: Vec<usize>,
    pub(super) entered: BTreeMap<(usize, usize), Vec<Entered>>,
    orders: BTreeMap<usize, Vec<Portion>>,
}

impl Sieved {
    /// Nothing yet, of the kinds that a set derives.
    pub(super) fn of(kinds: &[Derived]) -> Sieved {
        let first = kinds.iter().map(|kind| {
            let first = kinds.iter().position(|other| other.equals(kind));
            KINDS_MAX + first.expect("it counts the same as itself")
        });
        Sieved {
            first: first.collect(),
            ..Sieved::default()
        }
    }

    /// Loads what is asked of derived kinds by one visit of the period's entries, and by none where nothing is asked.
    /// O(entries x kinds asked).
    pub(super) fn load(book: &dyn Book, asked: &[Asked], kinds: &[Derived]) -> Sieved {
        let mut sieved = Sieved::of(kinds);
        for &column in asked {
            match column {
                Asked::Entered(tree, kind) => {
                    let at = (tree, sieved.number(kind));
                    let seats = book.seats(tree) as usize;
                    let empty = || vec![Entered::default(); seats];
                    sieved.entered.entry(at).or_insert_with(empty);
                }
                Asked::Orders(kind) => {
                    sieved.orders.entry(sieved.number(kind)).or_default();
                }
            }
        }
        if let Some(count) = visits(asked, kinds) {
            let trees = sieved.entered.keys().map(|&(tree, _)| tree);
            let trees = trees.fold(0, |bits, tree| bits | 1 << tree);
            book.entries(Wanted { count, trees }, &mut |entry| {
                sieved.add(entry, kinds)
            });
        }
        sieved
    }

    fn add(&mut self, entry: &Entry, kinds: &[Derived]) {
        for (&(tree, kind), seats) in &mut self.entered {
            let Some((seat, below)) = entry.place_in(tree) else {
                continue;
            };
            let brought = kinds[kind - KINDS_MAX].portion(entry).brought();
            let at = &mut seats[seat as usize];
            *(if below { &mut at.below } else { &mut at.own }) += brought;
        }
        for (&kind, orders) in &mut self.orders {
            let portion = kinds[kind - KINDS_MAX].portion(entry);
            if entry.order.is_some() && entry.is_paid_on() && portion.brought() != 0 {
                orders.push(portion);
            }
        }
    }

    /// The number under which a kind is held.
    pub(super) fn number(&self, kind: usize) -> usize {
        let derived = kind.checked_sub(KINDS_MAX);
        derived.map_or(kind, |derived| self.first[derived])
    }

    /// Orders and refunds one by one, of a derived kind that was asked for.
    pub(super) fn orders(&self, kind: usize) -> &[Portion] {
        &self.orders[&self.number(kind)]
    }
}

//! Columns of derived kinds, worked out from what entered the period, entry by entry. Entries are visited in parts, of which two
//! hands may do two at once: sums come to the same, and orders are put one behind the other in the end.

use std::collections::BTreeMap;

use parking_lot::{Mutex, MutexGuard};

use crate::arena::near;
use crate::base::ids::Seat;
use crate::base::limits::KINDS_MAX;
use crate::plan::book::{Book, Entered};
use crate::plan::derived::{Derived, brought};
use crate::plan::entry::{Entry, Portion, Wanted};
use crate::plan::few::Place;
use crate::plan::places::{Brought as Above, Places};

/// Parts in which entries are visited, so that two hands share them.
const PARTS: usize = 4;
/// What is held of a part before it is added.
const PENDING: usize = 1024;
/// How many seats ahead the memory is asked for.
const AHEAD: usize = 16;

/// What is asked of a derived kind.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asked {
    /// What entered at each seat of a tree.
    Entered(usize, usize),
    /// Orders and their refunds one by one.
    Orders(usize),
    /// What they brought those who stood above, of any kind.
    Posted(Places, usize),
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
    orders: BTreeMap<usize, Vec<Portion>>,
    posted: BTreeMap<(Places, usize), Vec<Above>>,
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

    /// The number under which a kind is held.
    pub(super) fn number(&self, kind: usize) -> usize {
        let derived = kind.checked_sub(KINDS_MAX);
        derived.map_or(kind, |derived| self.first[derived])
    }

    /// What was brought those who stood above, at some places and of a kind that were asked for.
    pub(super) fn posted(&self, places: Places, kind: usize) -> &[Above] {
        &self.posted[&(places, self.number(kind))]
    }

    /// Orders and refunds one by one, of a derived kind that was asked for.
    pub(super) fn orders(&self, kind: usize) -> &[Portion] {
        &self.orders[&self.number(kind)]
    }
}

/// What an entry brings a seat, as its own or as from one level below.
#[derive(Debug, Clone, Copy)]
struct Brought {
    seat: Seat,
    below: bool,
    units: i64,
}

/// What an entry brings somebody who stood above it.
#[derive(Debug, Clone, Copy)]
struct Passing {
    /// His row and place in it.
    at: usize,
    active: bool,
    units: i64,
}

/// One visit of a period's entries for all that is asked of derived kinds, in parts.
pub(super) struct Visit<'v> {
    book: &'v dyn Book,
    kinds: &'v [Derived],
    wanted: Option<Wanted>,
    sieved: Sieved,
    entered: BTreeMap<Place, Mutex<Vec<Entered>>>,
    posted: BTreeMap<(Places, usize), Mutex<Vec<Above>>>,
    /// By part.
    orders: Vec<Mutex<BTreeMap<usize, Vec<Portion>>>>,
}

/// What has been found in a part.
struct Part<'v> {
    visit: &'v Visit<'v>,
    pending: BTreeMap<Place, Vec<Brought>>,
    above: BTreeMap<(Places, usize), Vec<Passing>>,
    orders: MutexGuard<'v, BTreeMap<usize, Vec<Portion>>>,
}

impl<'v> Visit<'v> {
    /// Makes ready for what is asked. O(seats) for each column.
    pub(super) fn of(book: &'v dyn Book, asked: &[Asked], kinds: &'v [Derived]) -> Visit<'v> {
        let sieved = Sieved::of(kinds);
        let (mut entered, mut orders) = (BTreeMap::new(), BTreeMap::new());
        let mut posted = BTreeMap::new();
        for &column in asked {
            match column {
                Asked::Entered(tree, kind) => {
                    let seats = book.seats(tree) as usize;
                    let empty = || Mutex::new(vec![Entered::default(); seats]);
                    let place = (tree, sieved.number(kind));
                    entered.entry(place).or_insert_with(empty);
                }
                Asked::Orders(kind) => {
                    orders.insert(sieved.number(kind), Vec::new());
                }
                Asked::Posted(places, kind) => {
                    let rows = book.members() as usize * places.count();
                    let empty = || Mutex::new(vec![Above::default(); rows]);
                    let at = (places, sieved.number(kind));
                    posted.entry(at).or_insert_with(empty);
                }
            }
        }
        let trees = entered.keys().map(|&(tree, _)| tree);
        let trees = trees.chain(posted.keys().map(|(at, _)| usize::from(at.path.tree)));
        let trees = trees.fold(0, |bits, tree| bits | 1 << tree);
        let mut filters = kinds.iter().flat_map(|kind| &kind.filters);
        let judges = filters.any(|filter| filter.while_active) || !posted.is_empty();
        let wanted = visits(asked, kinds).map(|count| Wanted {
            count,
            trees,
            posted: judges,
        });
        let parts = if wanted.is_some() { PARTS } else { 0 };
        Visit {
            book,
            kinds,
            wanted,
            sieved,
            entered,
            posted,
            orders: (0..parts).map(|_| Mutex::new(orders.clone())).collect(),
        }
    }

    /// How many parts there are to visit.
    pub(super) fn parts(&self) -> usize {
        self.orders.len()
    }

    /// Visits a part. O(its entries x kinds asked).
    pub(super) fn part(&self, nth: usize) {
        let Some(wanted) = self.wanted else { return };
        let pending = self.entered.keys();
        let mut part = Part {
            visit: self,
            pending: pending.map(|&place| (place, Vec::new())).collect(),
            above: self.posted.keys().map(|&at| (at, Vec::new())).collect(),
            orders: self.orders[nth].lock(),
        };
        let of = (nth, self.parts());
        self.book
            .part_of_entries(wanted, of, &mut |entry| part.add(entry));
        part.put_all(0);
    }

    /// What all parts came to, and what entered at each seat.
    pub(super) fn done(self) -> (Sieved, impl Iterator<Item = (Place, Vec<Entered>)>) {
        let entered = self.entered.into_iter();
        let entered = entered.map(|(place, seats)| (place, seats.into_inner()));
        let mut orders: BTreeMap<usize, Vec<Portion>> = BTreeMap::new();
        for part in self.orders {
            for (kind, more) in part.into_inner() {
                orders.entry(kind).or_default().extend(more);
            }
        }
        let posted = self.posted.into_iter();
        let sieved = Sieved {
            orders,
            posted: posted.map(|(at, rows)| (at, rows.into_inner())).collect(),
            ..self.sieved
        };
        (sieved, entered)
    }
}

impl Part<'_> {
    fn add(&mut self, entry: &Entry) {
        let kinds = self.visit.kinds;
        for (&(tree, kind), pending) in &mut self.pending {
            if let Some((seat, below)) = entry.place_in(tree) {
                let units = kinds[kind - KINDS_MAX].portion(entry).brought();
                pending.push(Brought { seat, below, units });
            }
        }
        for (&(places, kind), above) in &mut self.above {
            let path = places.path;
            let below = entry.place_in(usize::from(path.tree));
            let below = below.is_some_and(|(_, below)| below);
            if entry.is_paid_on() {
                let units = brought(entry, kind, kinds);
                let passed = places.of(entry.passed(path), below);
                above.extend(passed.map(|(place, one)| Passing {
                    at: one.member as usize * places.count() + place,
                    active: one.active,
                    units,
                }));
            }
        }
        for (&kind, orders) in self.orders.iter_mut() {
            let portion = kinds[kind - KINDS_MAX].portion(entry);
            if entry.order.is_some() && entry.is_paid_on() && portion.brought() != 0 {
                orders.push(portion);
            }
        }
        self.put_all(PENDING - 1);
    }

    /// Adds what is held to the seats, where that is more than so many.
    fn put_all(&mut self, most: usize) {
        for (place, pending) in &mut self.pending {
            if pending.len() <= most {
                continue;
            }
            let mut seats = self.visit.entered[place].lock();
            for (at, brought) in pending.iter().enumerate() {
                if let Some(later) = pending.get(at + AHEAD) {
                    // Seats lie anywhere.
                    near::fetch(&seats[later.seat as usize]);
                }
                *seats[brought.seat as usize].one(brought.below) += brought.units;
            }
            pending.clear();
        }
        for (at, above) in &mut self.above {
            if above.len() <= most {
                continue;
            }
            let mut rows = self.visit.posted[at].lock();
            for (nth, passing) in above.iter().enumerate() {
                if let Some(later) = above.get(nth + AHEAD) {
                    near::fetch(&rows[later.at]);
                }
                *rows[passing.at].one(passing.active) += passing.units;
            }
            above.clear();
        }
    }
}

//! What entered each book, added up from orders, refunds and adjustments by member.

use crate::base::ids::Member;
use crate::base::volumes::Volumes;
use crate::engine::periods::PeriodState;
use crate::engine::rules::Rules;
use crate::tree::rules::CustomerLevel;
use crate::view::lens::Lens;

/// A volume that entered a further place of a member in some trees.
#[derive(Debug, Clone, Copy)]
pub(super) struct Elsewhere {
    pub(super) member: Member,
    pub(super) centre: u16,
    /// Bit `t`: at that place in tree `t`, otherwise at the first.
    pub(super) trees: u8,
    /// Whether a customer bought it.
    pub(super) of_customer: bool,
    pub(super) volumes: Volumes,
}

/// All that entered one book.
pub(super) struct Sold {
    /// Which period of its type.
    pub(super) ordinal: u32,
    /// Volume kinds.
    pub(super) kinds: usize,
    /// Member x kind: what he bought himself; customers' orders too where every tree counts them so.
    pub(super) own: Vec<i64>,
    /// Member x kind: what customers bought under him; empty where no tree tells it apart.
    pub(super) customers: Vec<i64>,
    /// What entered further places.
    pub(super) elsewhere: Vec<Elsewhere>,
    /// Absolute volumes by kind.
    pub(super) totals: Vec<i64>,
}

/// One entry as it is kept.
struct Entry {
    buyer: Member,
    credited: Member,
    centre: u16,
    trees: u8,
    own_period: bool,
    at: crate::base::time::Time,
    seq: u64,
}

/// Everything sold in the readable periods of one type: the current, the rolled and the last closed one.
///
/// Which period an order entered follows from its record: the one its `at` lies in where it is marked so, otherwise the
/// one that was current at its sequence.
pub(super) fn add_up(lens: &Lens<'_>, period: usize) -> Vec<Sold> {
    let periods = lens.periods(period);
    let branch = periods.branch.as_ref();
    let closed = periods.closed();
    let mut books: Vec<Sold> = [
        Some((periods.current(), lens.rules)),
        branch.map(|book| (book.ordinal, &*book.rules)),
        closed.map(|book| (book.ordinal, &*book.rules)),
    ]
    .into_iter()
    .flatten()
    .map(|(ordinal, rules)| Sold::nothing(lens, rules, ordinal))
    .collect();
    let orders = &lens.state.orders;
    for order in 0..orders.len() {
        let row = orders.row(order);
        let entry = Entry {
            buyer: row.buyer,
            credited: row.credited,
            centre: row.centre,
            trees: row.trees,
            own_period: row.periods >> period & 1 != 0,
            at: row.at,
            seq: row.seq,
        };
        enter(&mut books, periods, &entry, || orders.volumes(order));
    }
    let corrections = &lens.state.corrections;
    for correction in 0..corrections.len() {
        let row = corrections.row(correction);
        let entry = Entry {
            buyer: row.buyer,
            credited: row.credited,
            centre: row.centre,
            trees: row.trees,
            own_period: row.periods >> period & 1 != 0,
            at: row.at,
            seq: row.seq,
        };
        enter(&mut books, periods, &entry, || {
            corrections.volumes(correction)
        });
    }
    books
}

/// Adds one entry to the book it belongs to, if that can still be read.
fn enter(
    books: &mut [Sold],
    periods: &PeriodState,
    entry: &Entry,
    volumes: impl FnOnce() -> Volumes,
) {
    let ordinal = if entry.own_period {
        Some(periods.ordinal_at(entry.at))
    } else {
        periods.ordinal_at_seq(entry.seq)
    };
    let mut books = books.iter_mut();
    if let Some(book) = books.find(|book| Some(book.ordinal) == ordinal) {
        book.add(entry, &volumes());
    }
}

impl Sold {
    /// An empty book, of the kinds that its rules name.
    fn nothing(lens: &Lens<'_>, rules: &Rules, ordinal: u32) -> Sold {
        let kinds = rules.kinds.len();
        let cells = lens.members() as usize * kinds;
        let trees = &rules.trees;
        let apart = trees
            .iter()
            .any(|tree| tree.customer_level == CustomerLevel::First);
        Sold {
            ordinal,
            kinds,
            own: vec![0; cells],
            customers: vec![0; if apart { cells } else { 0 }],
            elsewhere: Vec::new(),
            totals: vec![0; kinds],
        }
    }

    /// Adds one entry.
    fn add(&mut self, entry: &Entry, volumes: &Volumes) {
        let of_customer = entry.buyer != entry.credited && !self.customers.is_empty();
        for (total, units) in self.totals.iter_mut().zip(volumes.units()) {
            *total += units.abs();
        }
        if entry.trees != 0 {
            self.elsewhere.push(Elsewhere {
                member: entry.credited,
                centre: entry.centre,
                trees: entry.trees,
                of_customer,
                volumes: *volumes,
            });
            return;
        }
        let cells = if of_customer {
            &mut self.customers
        } else {
            &mut self.own
        };
        let from = entry.credited as usize * self.kinds;
        let cells = &mut cells[from..from + self.kinds];
        for (cell, units) in cells.iter_mut().zip(volumes.units()) {
            *cell += units;
        }
    }
}

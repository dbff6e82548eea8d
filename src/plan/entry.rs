//! What entered a period piece by piece: orders, refunds and adjustments, each with the facts of its own order.

use crate::base::after_close::AfterClose;
use crate::base::ids::{Member, NONE, Seat, Text};
use crate::base::limits::{KINDS_MAX, TREES_MAX};
use crate::base::path::{Passed, Path};

/// One order, refund or adjustment that entered a period.
///
/// A refund has the facts of its order: it takes back what that one brought and judges nothing anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Number of the order it is of; none for an adjustment, which stands alone.
    pub order: Option<u32>,
    /// The order's buyer, or the member adjusted.
    pub buyer: Member,
    /// What it does, if it is a refund whose order entered an earlier period.
    pub late: Option<AfterClose>,
    /// The member who is credited.
    pub credited: Member,
    /// What it is judged by.
    pub facts: Facts,
    /// The seat it entered in each tree; NONE where it entered none, or nobody wants to know.
    pub seats: [Seat; TREES_MAX],
    /// Bit `t`: it counts in tree `t` as from one level below the seat.
    pub below: u8,
    /// What entered by volume kind of the network, units of 1e-4.
    pub volumes: [i64; KINDS_MAX],
    /// What there was of its order before it: nothing before an order itself.
    pub before: [i64; KINDS_MAX],
    /// The whole order as it was accepted.
    pub whole: [i64; KINDS_MAX],
    /// Who stood above the order when it was accepted, by path, as far as that was written down and somebody wants to know:
    /// the member credited, then the levels from the first on.
    pub posted: Vec<(Path, Vec<Passed>)>,
}

/// What is wanted of entries beside their volumes: what is not wanted need not be looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// How far a buyer's orders are counted: places are one more behind that.
    pub count: u8,
    /// Bit `t`: the seat it entered in tree `t`.
    pub trees: u8,
    /// Who stood above.
    pub posted: bool,
}

impl Wanted {
    /// The seats of all trees, and who stood above.
    #[must_use]
    pub fn everywhere(count: u8) -> Wanted {
        Wanted {
            count,
            trees: u8::MAX,
            posted: true,
        }
    }
}

/// What an order is judged by: fixed when it was accepted, whatever becomes of it, of others, or of its buyer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Whether another member than its buyer is credited.
    pub customers: bool,
    /// The class that the platform gave it.
    pub class: Option<Text>,
    /// Which of its buyer's orders it is, from 1, counted no further than was asked; 0 for an adjustment, which is none
    /// of the first ones.
    pub place: u8,
    /// Days from its buyer's joining to the order.
    pub days: i64,
    /// Whether it was written down that the member credited was an active distributor when it was accepted; never of an
    /// adjustment.
    pub active: bool,
}

/// What counts of an order in one kind, units of 1e-4: before an entry, after it, and of all that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Portion {
    /// The member who is credited.
    pub credited: Member,
    /// Before the entry.
    pub before: i64,
    /// After it.
    pub after: i64,
    /// The whole order.
    pub whole: i64,
}

impl Entry {
    /// Whether what is paid on is moved by it.
    #[must_use]
    pub fn is_paid_on(&self) -> bool {
        !self.late.is_some_and(AfterClose::spares_pay)
    }

    /// Whether legs that are matched are moved by it.
    #[must_use]
    pub fn is_in_legs(&self) -> bool {
        !self.late.is_some_and(AfterClose::spares_legs)
    }

    /// Who stood on a path above it: the member credited, then the levels from the first on; nobody where that was not
    /// written down.
    #[must_use]
    pub fn passed(&self, path: Path) -> &[Passed] {
        passed(&self.posted, path)
    }

    /// The seat it entered in a tree, and whether as from one level below.
    #[must_use]
    pub fn place_in(&self, tree: usize) -> Option<(Seat, bool)> {
        let seat = *self.seats.get(tree)?;
        (seat != NONE).then_some((seat, self.below >> tree & 1 != 0))
    }
}

impl Portion {
    /// What the entry brought.
    #[must_use]
    pub fn brought(self) -> i64 {
        self.after - self.before
    }
}

/// Who stood on one of some paths; nobody where it is not among them.
pub(super) fn passed(all: &[(Path, Vec<Passed>)], path: Path) -> &[Passed] {
    let found = all.iter().find(|(other, _)| *other == path);
    found.map_or(&[], |(_, passed)| passed)
}

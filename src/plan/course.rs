//! A member's amount opened down to what entered at the seats below him, one seat at a time and without working out the
//! whole downline: what lies on the way is a map from places to places.

use crate::base::ids::{Member, Seat};
use crate::plan::part::{Part, Sold};

/// Why a member on the way takes nothing where he could have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// He is terminated.
    Terminated,
    /// He is a customer.
    Customer,
    /// He is not active.
    Inactive,
    /// His rank is below the least that is asked.
    BelowRank,
    /// His rank has no rate for that level.
    NoRate,
}

/// How the orders that make up amounts of a component are found.
pub enum Opens<'a> {
    /// Amounts do not fall apart by order.
    Nowhere,
    /// They entered at the payee's own seats in a tree.
    Own(usize),
    /// They entered at the payee's seats in a tree or anywhere below them.
    Below(usize, Box<dyn Course + 'a>),
    /// Orders with which the payee was written down as standing above them.
    Posted,
    /// Not order by order, but they brought what entered the legs of the payee's seats.
    Legs(usize, Box<dyn Course + 'a>),
    /// It is made of what members at his seats or below them earn by these components, each at his first seat. As a
    /// [`Sold`] that is the only volume, in 1e-6.
    Earnings(usize, Box<dyn Course + 'a>, &'a [usize]),
}

/// A member who took nothing of a sale where he could have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skipped {
    /// Who.
    pub member: Member,
    /// At which level it passed him, from 1; 0 where there are none.
    pub number: u32,
    /// Why.
    pub why: Why,
}

/// A map from places in what a seat receives to places in what the payee receives.
pub type Map = Vec<usize>;

/// The course of what enters below a payee's seat up to it.
pub trait Course {
    /// The map of the payee's own seat: each place is itself.
    fn start(&self) -> Map;

    /// The map of a seat below one with this map.
    fn through(&self, map: &Map, seat: Seat) -> Map;

    /// Whether what enters below a seat with this map can earn the payee anything at his seat.
    fn leads(&self, map: &Map, top: Seat) -> bool;

    /// What a sale at a seat earns the payee at his; `map` is that of the seat's parent, or of his own seat where it entered
    /// there.
    fn earned(&self, map: &Map, top: Seat, sold: &Sold) -> Vec<Part>;

    /// The members between a sale's seat and the payee's, nearest the sale first, who took nothing where they could have.
    /// Looks at `most` seats at most; then the second
    /// value is true. O(seats looked at).
    fn skipped(&self, top: Seat, sold: &Sold, most: u32) -> (Vec<Skipped>, bool);
}

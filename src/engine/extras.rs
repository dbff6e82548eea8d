//! What few members have: further centres and departures, as a list for each member, newest first.
//!
//! A member's record keeps the head of his list. Must not know more of a member than that.

use bytemuck::{Pod, Zeroable};

use crate::arena::column::Column;
use crate::arena::image::{ImageReader, ImageWriter};
use crate::arena::pages::Pages;
use crate::base::bytes::Malformed;
use crate::base::ids::{NONE, Seat};
use crate::base::time::Time;

/// One entry of a list.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
struct Extra {
    tree: u8,
    centre: u8,
    spare: [u8; 2],
    value: u32,
    next: u32,
    spare_too: u32,
}

const _: () = assert!(size_of::<Extra>() == 16);

/// `tree` of an [`Extra`] whose value is the number of a departure.
const DEPARTURE: u8 = u8::MAX;

/// What a terminated member left behind, so that a return can bring it back.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
struct Departure {
    time: i64,
    first: u32,
    count: u32,
}

/// A child that rolled up: it stood below the leaver and went under `to` (none: became a root).
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable, PartialEq, Eq)]
pub(crate) struct RolledUp {
    /// Index of the tree.
    pub(crate) tree: u32,
    /// The child's seat.
    pub(crate) seat: Seat,
    /// The leaver's seat.
    pub(crate) from: Seat,
    /// The leaver's parent at the time, or [`NONE`].
    pub(crate) to: Seat,
}

/// A seat beside a member's first one in a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Further {
    /// Index of the tree.
    pub(crate) tree: usize,
    /// Number of the centre, 2 or more.
    pub(crate) centre: u16,
    /// Its seat.
    pub(crate) seat: Seat,
}

/// The lists of all members.
pub(crate) struct Extras {
    entries: Column<Extra>,
    departures: Column<Departure>,
    rolled_up: Column<RolledUp>,
}

impl Extras {
    pub(crate) fn new() -> Extras {
        Extras {
            entries: Column::new(),
            departures: Column::new(),
            rolled_up: Column::new(),
        }
    }

    /// Equal lists that share pages. O(pages).
    pub(crate) fn fork(&mut self) -> Extras {
        Extras {
            entries: self.entries.fork(),
            departures: self.departures.fork(),
            rolled_up: self.rolled_up.fork(),
        }
    }

    /// Takes them down.
    pub(crate) fn put<'s>(&'s self, image: &mut ImageWriter<'s>) {
        self.entries.put(image);
        self.departures.put(image);
        self.rolled_up.put(image);
    }

    /// What [`Extras::put`] put. O(pages).
    pub(crate) fn take(image: &mut ImageReader<'_>) -> Result<Extras, Malformed> {
        Ok(Extras {
            entries: Column::take(image)?,
            departures: Column::take(image)?,
            rolled_up: Column::take(image)?,
        })
    }

    /// Appends all pages.
    pub(crate) fn pages<'p>(&'p mut self, all: &mut Vec<&'p mut Pages>) {
        all.extend([
            self.entries.pages(),
            self.departures.pages(),
            self.rolled_up.pages(),
        ]);
    }

    /// Bytes they take in memory.
    pub(crate) fn bytes(&self) -> usize {
        self.entries.bytes() + self.departures.bytes() + self.rolled_up.bytes()
    }

    /// The further seats in a list.
    pub(crate) fn further(&self, head: u32) -> impl Iterator<Item = Further> + '_ {
        let all = self.list(head).filter(|extra| extra.tree != DEPARTURE);
        all.map(|extra| Further {
            tree: usize::from(extra.tree),
            centre: u16::from(extra.centre),
            seat: extra.value,
        })
    }

    /// When the owner of a list last left, and the children that rolled up then, in the order they did.
    pub(crate) fn departure(&self, head: u32) -> Option<(Time, Vec<RolledUp>)> {
        let last = self.list(head).find(|extra| extra.tree == DEPARTURE)?;
        let departure = self.departures.get(last.value);
        let children = (departure.first..departure.first + departure.count)
            .map(|index| *self.rolled_up.get(index));
        Some((Time(departure.time), children.collect()))
    }

    /// Puts a further seat before a list, and gives the new head.
    pub(crate) fn push_further(&mut self, head: u32, further: Further) -> u32 {
        self.push(head, further.tree as u8, further.centre as u8, further.seat)
    }

    /// Puts a departure before a list, and gives the new head.
    pub(crate) fn push_departure(&mut self, head: u32, time: Time, children: &[RolledUp]) -> u32 {
        let first = self.rolled_up.len();
        for &child in children {
            self.rolled_up.push(child);
        }
        let departure = self.departures.push(Departure {
            time: time.0,
            first,
            count: children.len() as u32,
        });
        self.push(head, DEPARTURE, 0, departure)
    }

    fn push(&mut self, next: u32, tree: u8, centre: u8, value: u32) -> u32 {
        self.entries.push(Extra {
            tree,
            centre,
            spare: [0; 2],
            value,
            next,
            spare_too: 0,
        })
    }

    fn list(&self, head: u32) -> impl Iterator<Item = &Extra> + '_ {
        let mut next = head;
        std::iter::from_fn(move || {
            if next == NONE {
                return None;
            }
            let extra = self.entries.get(next);
            next = extra.next;
            Some(extra)
        })
    }
}

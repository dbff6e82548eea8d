//! Seats: the records of one tree, read and written by the parts that are links.

use crate::arena::image::{ImageReader, ImageWriter};
use crate::arena::pages::Pages;
use crate::arena::words::Words;
use crate::base::bytes::Malformed;
use crate::base::ids::{Member, NONE, Seat};

use super::layout::{SeatLayout, high, low, pair};
use super::rules::Shape;

/// Bit of the flags: counts in the counts of those above.
pub const COUNTED: u8 = 1;
/// Bit of the flags: active, in the period its stamp names.
pub const ACTIVE: u8 = 2;
/// Bit of the flags: waits in the holding tank.
pub const WAITING: u8 = 4;

/// The seat records of one tree.
pub struct Seats {
    /// The lines of their records.
    pub lines: Words,
    /// The rest of their records; empty where the line holds all.
    rest: Words,
    /// How they are drawn.
    pub layout: SeatLayout,
    /// The tree's shape.
    pub shape: Shape,
}

impl Seats {
    /// No seats yet.
    #[must_use]
    pub fn new(shape: Shape, layout: SeatLayout) -> Seats {
        Seats {
            lines: Words::new(layout.line),
            rest: Words::new(layout.rest.max(1)),
            layout,
            shape,
        }
    }

    /// A second set of seats equal to this one.
    #[must_use]
    pub fn fork(&mut self) -> Seats {
        Seats {
            lines: self.lines.fork(),
            rest: self.rest.fork(),
            layout: self.layout,
            shape: self.shape,
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.lines.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of all pages.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.lines.bytes() + self.rest.bytes()
    }

    /// A word of a record, wherever it lies.
    #[inline]
    #[must_use]
    pub fn word(&self, seat: Seat, at: usize) -> i64 {
        match at.checked_sub(self.layout.line) {
            None => self.lines.get(seat)[at],
            Some(at) => self.rest.get(seat)[at],
        }
    }

    /// A word of a record, to write.
    #[inline]
    pub fn word_mut(&mut self, seat: Seat, at: usize) -> &mut i64 {
        &mut self.words_mut(seat, at, 1)[0]
    }

    /// Words of a record that belong together, to write.
    #[inline]
    pub fn words_mut(&mut self, seat: Seat, at: usize, len: usize) -> &mut [i64] {
        match at.checked_sub(self.layout.line) {
            None => &mut self.lines.get_mut(seat)[at..at + len],
            Some(at) => &mut self.rest.get_mut(seat)[at..at + len],
        }
    }

    /// Asks the processor to fetch a whole record. Any number is allowed.
    #[inline]
    pub fn prefetch(&self, seat: Seat) {
        self.lines.prefetch(seat);
        self.rest.prefetch(seat);
    }

    /// Takes them down.
    pub fn put<'s>(&'s self, image: &mut ImageWriter<'s>) {
        image.put_plain(&(self.shape, self.layout));
        self.lines.put(image);
        self.rest.put(image);
    }

    /// What [`Seats::put`] put. O(pages).
    ///
    /// # Errors
    /// If it is none.
    pub fn take(image: &mut ImageReader<'_>) -> Result<Seats, Malformed> {
        let (shape, layout): (Shape, SeatLayout) = image.take_plain()?;
        Ok(Seats {
            lines: Words::take(image, layout.line)?,
            rest: Words::take(image, layout.rest.max(1))?,
            layout,
            shape,
        })
    }

    /// Appends all pages.
    pub fn pages<'p>(&'p mut self, all: &mut Vec<&'p mut Pages>) {
        all.push(self.lines.pages());
        all.push(self.rest.pages());
    }

    /// A new seat without links.
    ///
    /// # Panics
    /// If the seat's number is not its owner's where it has to be.
    pub fn push(&mut self, owner: Member) -> Seat {
        let seat = self.lines.push();
        let layout = self.layout;
        if layout.rest > 0 {
            self.rest.push();
        }
        self.lines.get_mut(seat)[0] = pair(NONE, NONE);
        *self.word_mut(seat, layout.children) = pair(NONE, NONE);
        match layout.meta {
            Some(at) => *self.word_mut(seat, at) = pair(owner, 0),
            None => assert!(owner == seat, "a seat has its owner's number"),
        }
        for at in [layout.siblings, layout.wide].into_iter().flatten() {
            *self.word_mut(seat, at) = pair(NONE, NONE);
        }
        seat
    }

    /// The parent seat, [`NONE`] where there is none.
    #[inline]
    #[must_use]
    pub fn parent(&self, seat: Seat) -> Seat {
        low(self.lines.get(seat)[0])
    }

    /// Sets the parent seat.
    pub fn set_parent(&mut self, seat: Seat, parent: Seat) {
        let word = &mut self.lines.get_mut(seat)[0];
        *word = pair(parent, high(*word));
    }

    /// The chain block a seat stands in and its slot there; [`NONE`] for a plain seat.
    #[inline]
    #[must_use]
    pub fn place(&self, seat: Seat) -> (u32, usize) {
        let record = self.lines.get(seat);
        (high(record[0]), record[1] as u8 as usize)
    }

    /// Puts a seat into a slot of a chain block, or off any chain with [`NONE`].
    pub fn set_place(&mut self, seat: Seat, block: u32, slot: usize) {
        let record = self.lines.get_mut(seat);
        record[0] = pair(low(record[0]), block);
        record[1] = (record[1] & !0xff) | slot as i64;
    }

    /// The flags as they were last written; whether [`ACTIVE`] still holds depends on the stamp.
    #[inline]
    #[must_use]
    pub fn flags(&self, seat: Seat) -> u8 {
        (self.lines.get(seat)[1] >> 8) as u8
    }

    /// Writes the flags.
    pub fn set_flags(&mut self, seat: Seat, flags: u8) {
        let word = &mut self.lines.get_mut(seat)[1];
        *word = (*word & !0xff00) | (i64::from(flags) << 8);
    }

    /// The first child, or the child in leg 1 of a binary tree; [`NONE`] where there is none.
    #[inline]
    #[must_use]
    pub fn first(&self, seat: Seat) -> Seat {
        low(self.word(seat, self.layout.children))
    }

    /// The last child, or the child in leg 2 of a binary tree.
    #[inline]
    #[must_use]
    pub fn last(&self, seat: Seat) -> Seat {
        high(self.word(seat, self.layout.children))
    }

    /// Sets first and last child.
    pub fn set_children(&mut self, seat: Seat, first: Seat, last: Seat) {
        *self.word_mut(seat, self.layout.children) = pair(first, last);
    }

    /// The next sibling.
    #[inline]
    #[must_use]
    pub fn next(&self, seat: Seat) -> Seat {
        match self.layout.siblings {
            Some(at) => low(self.word(seat, at)),
            None => {
                let parent = self.parent(seat);
                if parent != NONE && self.leg(seat) == 1 {
                    self.last(parent)
                } else {
                    NONE
                }
            }
        }
    }

    /// The previous sibling; only in trees that keep sibling links.
    #[must_use]
    pub fn previous(&self, seat: Seat) -> Seat {
        self.layout
            .siblings
            .map_or(NONE, |at| high(self.word(seat, at)))
    }

    /// Sets the sibling links, where they are kept.
    pub fn set_siblings(&mut self, seat: Seat, next: Seat, previous: Seat) {
        if let Some(at) = self.layout.siblings {
            *self.word_mut(seat, at) = pair(next, previous);
        }
    }

    /// Who holds the seat.
    #[inline]
    #[must_use]
    pub fn owner(&self, seat: Seat) -> Member {
        match self.layout.meta {
            Some(at) => low(self.word(seat, at)),
            None => seat,
        }
    }

    /// The leg of its parent a seat stands in, from 1; 0 where legs are not numbered and for roots.
    #[inline]
    #[must_use]
    pub fn leg(&self, seat: Seat) -> u8 {
        self.layout
            .meta
            .map_or(0, |at| high(self.word(seat, at)) as u8)
    }

    /// Sets the leg.
    ///
    /// # Panics
    /// If it is not 0 where legs are not numbered.
    pub fn set_leg(&mut self, seat: Seat, leg: u8) {
        match self.layout.meta {
            Some(at) => {
                let word = self.word_mut(seat, at);
                *word = pair(low(*word), (high(*word) & !0xff) | u32::from(leg));
            }
            None => assert!(leg == 0, "legs are not numbered here"),
        }
    }

    /// Steps down to the nearest seat with a free leg, 0 for itself; at most about log of the seats.
    #[must_use]
    pub fn room(&self, seat: Seat) -> u8 {
        self.layout
            .meta
            .map_or(0, |at| (high(self.word(seat, at)) >> 8) as u8)
    }

    /// Sets the steps down to the nearest free leg.
    ///
    /// # Panics
    /// Where legs are not numbered.
    pub fn set_room(&mut self, seat: Seat, room: u8) {
        let at = self.layout.meta.expect("room is kept in numbered legs");
        let word = self.word_mut(seat, at);
        *word = pair(low(*word), (high(*word) & !0xff00) | (u32::from(room) << 8));
    }

    /// The children from first to last: by birth, or by leg where legs are numbered.
    pub fn children(&self, seat: Seat) -> impl Iterator<Item = Seat> + '_ {
        let first = match self.first(seat) {
            // A binary seat may have only its right leg.
            NONE => self.last(seat),
            first => first,
        };
        let mut at = first;
        std::iter::from_fn(move || {
            let child = at;
            if child == NONE {
                return None;
            }
            at = self.next(child);
            Some(child)
        })
    }

    /// The child in a numbered leg. O(width).
    #[must_use]
    pub fn child_in_leg(&self, seat: Seat, leg: u8) -> Option<Seat> {
        match (self.shape, leg) {
            (Shape::Binary, 1) => Some(self.first(seat)).filter(|&child| child != NONE),
            (Shape::Binary, 2) => Some(self.last(seat)).filter(|&child| child != NONE),
            _ => self.children(seat).find(|&child| self.leg(child) == leg),
        }
    }
}

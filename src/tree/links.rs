//! Links: hanging a seat below another and taking it off, and the distance to the nearest free leg.

use crate::base::ids::{NONE, Seat};

use super::rules::Shape;
use super::seats::Seats;

impl Seats {
    /// Hangs a loose seat below a parent: behind the last child, or into a free numbered leg.
    ///
    /// Cost: O(1) in list trees; O(width + log seats) where legs are numbered.
    ///
    /// # Panics
    /// If the leg is taken or does not exist.
    pub fn link(&mut self, seat: Seat, parent: Seat, leg: u8) {
        assert!(
            self.parent(seat) == NONE && seat != parent,
            "only a loose seat can be hung"
        );
        self.set_parent(seat, parent);
        self.set_leg(seat, leg);
        if self.shape == Shape::Binary {
            let (left, right) = (self.first(parent), self.last(parent));
            match leg {
                1 if left == NONE => self.set_children(parent, seat, right),
                2 if right == NONE => self.set_children(parent, left, seat),
                _ => panic!("leg {leg} of seat {parent} is not free"),
            }
        } else {
            let before = self.before_leg(parent, leg);
            let after = if before == NONE {
                self.first(parent)
            } else {
                self.next(before)
            };
            self.link_between(seat, parent, before, after);
        }
        self.refresh_room(parent);
    }

    /// The child behind which a new one of this leg goes; NONE for the front.
    fn before_leg(&self, parent: Seat, leg: u8) -> Seat {
        let Some(legs) = self.shape.legs() else {
            return self.last(parent);
        };
        assert!((1..=legs).contains(&leg), "leg {leg} of {legs}");
        let mut before = NONE;
        for child in self.children(parent) {
            let other = self.leg(child);
            assert!(other != leg, "leg {leg} of seat {parent} is not free");
            if other < leg {
                before = child;
            }
        }
        before
    }

    fn link_between(&mut self, seat: Seat, parent: Seat, before: Seat, after: Seat) {
        self.set_siblings(seat, after, before);
        let (mut first, mut last) = (self.first(parent), self.last(parent));
        if before == NONE {
            first = seat;
        } else {
            self.set_siblings(before, seat, self.previous(before));
        }
        if after == NONE {
            last = seat;
        } else {
            self.set_siblings(after, self.next(after), seat);
        }
        self.set_children(parent, first, last);
    }

    /// Takes a seat off its parent; all below it stays below it. O(1), or O(width + log seats) with numbered legs.
    ///
    /// # Panics
    /// If it has no parent.
    pub fn unlink(&mut self, seat: Seat) {
        let parent = self.parent(seat);
        assert!(parent != NONE, "a loose seat cannot be taken off");
        let (first, last) = (self.first(parent), self.last(parent));
        if self.shape == Shape::Binary {
            let (left, right) = if first == seat {
                (NONE, last)
            } else {
                (first, NONE)
            };
            self.set_children(parent, left, right);
        } else {
            let (next, previous) = (self.next(seat), self.previous(seat));
            if previous != NONE {
                self.set_siblings(previous, next, self.previous(previous));
            }
            if next != NONE {
                self.set_siblings(next, self.next(next), previous);
            }
            let first = if first == seat { next } else { first };
            let last = if last == seat { previous } else { last };
            self.set_children(parent, first, last);
            self.set_siblings(seat, NONE, NONE);
        }
        self.set_parent(seat, NONE);
        self.set_leg(seat, 0);
        self.refresh_room(parent);
    }

    /// Sets the distance to the nearest free leg anew, here and upward while it changes.
    ///
    /// At most log(seats) steps: a seat at distance d has a full tree of d levels below it.
    fn refresh_room(&mut self, mut seat: Seat) {
        let Some(legs) = self.shape.legs() else {
            return;
        };
        while seat != NONE {
            let (mut filled, mut least) = (0, u8::MAX);
            for child in self.children(seat) {
                filled += 1;
                least = least.min(self.room(child));
            }
            let room = if filled < legs {
                0
            } else {
                least.saturating_add(1)
            };
            if room == self.room(seat) {
                return;
            }
            self.set_room(seat, room);
            seat = self.parent(seat);
        }
    }

    /// The first free place breadth-first from `seat`, left to right: its parent and leg. O(width x log seats).
    ///
    /// # Panics
    /// In a tree without numbered legs.
    #[must_use]
    pub fn first_free(&self, mut seat: Seat) -> (Seat, u8) {
        let legs = self
            .shape
            .legs()
            .expect("places are free only where legs are numbered");
        loop {
            let room = self.room(seat);
            if room == 0 {
                let leg = (1..=legs).find(|&leg| self.child_in_leg(seat, leg).is_none());
                return (seat, leg.expect("a seat with room has a free leg"));
            }
            let nearest = self
                .children(seat)
                .find(|&child| self.room(child) + 1 == room);
            seat = nearest.expect("room is one more than the least among the children");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::layout::SeatLayout;
    use super::*;

    fn seats(shape: Shape, n: u32) -> Seats {
        let mut seats = Seats::new(shape, SeatLayout::new(shape, 1, 1, true, false, 0, 0));
        for owner in 0..n {
            seats.push(owner);
        }
        seats
    }

    #[test]
    fn children_stand_in_order_of_birth_or_leg() {
        let mut list = seats(Shape::List, 5);
        for child in [3, 1, 4, 2] {
            list.link(child, 0, 0);
        }
        list.unlink(4);
        assert_eq!(list.children(0).collect::<Vec<_>>(), [3, 1, 2]);
        list.link(4, 0, 0);
        list.unlink(3);
        assert_eq!(list.children(0).collect::<Vec<_>>(), [1, 2, 4]);
        assert_eq!((list.first(0), list.last(0), list.previous(2)), (1, 4, 1));

        let mut matrix = seats(Shape::Matrix { width: 3 }, 4);
        for (child, leg) in [(1, 3), (2, 1), (3, 2)] {
            matrix.link(child, 0, leg);
        }
        assert_eq!(matrix.children(0).collect::<Vec<_>>(), [2, 3, 1]);

        let mut binary = seats(Shape::Binary, 3);
        binary.link(1, 0, 2);
        assert_eq!(binary.children(0).collect::<Vec<_>>(), [1]);
        binary.link(2, 0, 1);
        assert_eq!(binary.children(0).collect::<Vec<_>>(), [2, 1]);
        binary.unlink(2);
        assert_eq!(
            (binary.child_in_leg(0, 1), binary.child_in_leg(0, 2)),
            (None, Some(1))
        );
    }

    #[test]
    fn the_first_free_place_is_found_level_by_level() {
        for shape in [Shape::Binary, Shape::Matrix { width: 3 }] {
            let legs = u32::from(shape.legs().expect("numbered"));
            let mut tree = seats(shape, 100);
            for seat in 1..100 {
                let (parent, leg) = tree.first_free(0);
                assert_eq!(
                    (parent, u32::from(leg)),
                    ((seat - 1) / legs, (seat - 1) % legs + 1)
                );
                tree.link(seat, parent, leg);
            }
            tree.unlink(5);
            let free = ((5 - 1) / legs, ((5 - 1) % legs + 1) as u8);
            assert_eq!(tree.first_free(0), free);
        }
    }
}

//! A tree as arrays: who stands below whom, and an order in which children come before parents.

use crate::base::ids::{NONE, Seat};

/// How many steps ahead memory is asked for: what one step takes is well below what memory does.
const AHEAD: usize = 12;

/// A tree, or what hangs below one seat of it. Positions in the arrays are not seats: [`Links::seats`] says which seat
/// each one is.
#[derive(Debug)]
pub struct Links {
    /// The seat at each position.
    pub seats: Vec<Seat>,
    /// Position of its parent; NONE at roots.
    pub up: Vec<u32>,
    /// Every position, children before parents.
    pub order: Vec<u32>,
    inner: Inner,
}

/// The positions of a tree that have children, numbered.
#[derive(Debug)]
pub(super) struct Inner {
    /// By position: its own number; NONE without children.
    number: Vec<u32>,
    /// By position: that of its parent, which is so read in sequence; NONE at roots.
    above: Vec<u32>,
    /// How many they are.
    pub(super) count: usize,
}

impl Inner {
    /// Numbers those of a tree. O(seats).
    fn of(up: &[u32]) -> Inner {
        let mut number = vec![NONE; up.len()];
        for &parent in up.iter().filter(|&&parent| parent != NONE) {
            number[parent as usize] = 0;
        }
        let mut count = 0;
        for number in number.iter_mut().filter(|number| **number == 0) {
            *number = count;
            count += 1;
        }
        let above = up.iter().map(|&parent| match parent {
            NONE => NONE,
            parent => number[parent as usize],
        });
        Inner {
            above: above.collect(),
            number,
            count: count as usize,
        }
    }

    /// Where the words of a position begin, of so many each; none without children.
    #[inline]
    pub(super) fn place(&self, at: u32, width: usize) -> Option<usize> {
        let number = self.number[at as usize];
        (number != NONE).then_some(number as usize * width)
    }

    /// The same of the parent; none at roots.
    #[inline]
    pub(super) fn above(&self, at: u32, width: usize) -> Option<usize> {
        let number = self.above[at as usize];
        (number != NONE).then_some(number as usize * width)
    }
}

impl Links {
    /// A whole tree from each seat's parent, NONE of roots; every position is its seat. O(seats).
    #[must_use]
    pub fn whole(up: Vec<Seat>) -> Links {
        Links {
            seats: (0..up.len() as Seat).collect(),
            order: leaves_first(&up),
            inner: Inner::of(&up),
            up,
        }
    }

    /// The positions with children.
    pub(super) fn inner(&self) -> &Inner {
        &self.inner
    }

    /// The position that comes some steps later in the order: to ask the memory for what it takes in time.
    #[inline]
    pub(super) fn ahead(&self, step: usize) -> Option<u32> {
        self.order.get(step + AHEAD).copied()
    }

    /// The position of its parent.
    #[inline]
    #[must_use]
    pub fn up_ahead(&self, step: usize) -> Option<u32> {
        let up = self.up[self.ahead(step)? as usize];
        (up != NONE).then_some(up)
    }

    /// What hangs below a seat of a whole tree, itself included as the last in the order. O(seats of the tree).
    #[must_use]
    pub fn below(&self, seat: Seat) -> Links {
        let mut position = vec![NONE; self.seats.len()];
        let (mut seats, mut up) = (vec![seat], vec![NONE]);
        position[seat as usize] = 0;
        for &other in self.order.iter().rev() {
            let parent = self.up[other as usize];
            if parent != NONE && other != seat && position[parent as usize] != NONE {
                position[other as usize] = seats.len() as u32;
                seats.push(self.seats[other as usize]);
                up.push(position[parent as usize]);
            }
        }
        Links {
            order: (0..seats.len() as u32).rev().collect(),
            inner: Inner::of(&up),
            seats,
            up,
        }
    }
}

/// An order in which each comes before its parent, by taking leaves off. O(seats).
fn leaves_first(up: &[u32]) -> Vec<u32> {
    let mut children = vec![0u32; up.len()];
    for &parent in up.iter().filter(|&&parent| parent != NONE) {
        children[parent as usize] += 1;
    }
    let mut order = Vec::with_capacity(up.len());
    // From the youngest on: where parents are older than children, the order runs through memory backwards.
    for start in (0..up.len()).rev() {
        let mut seat = start;
        while children[seat] == 0 {
            // Taken: never a leaf again.
            children[seat] = u32::MAX;
            order.push(seat as u32);
            let parent = up[seat];
            if parent == NONE {
                break;
            }
            children[parent as usize] -= 1;
            // A younger parent has been passed already; an older one is still to come.
            if (parent as usize) < start {
                break;
            }
            seat = parent as usize;
        }
    }
    assert_eq!(order.len(), up.len(), "a tree has no circle");
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_come_before_parents_and_nobody_is_left_out() {
        // Parents younger and older than their children, two roots, and a run up through both kinds.
        let parents = [
            Some(4),
            Some(0),
            None,
            Some(2),
            Some(5),
            None,
            Some(3),
            Some(4),
        ];
        let up = parents.map(|parent| parent.unwrap_or(NONE));
        let links = Links::whole(up.to_vec());
        let place = |seat: u32| links.order.iter().position(|&other| other == seat);
        for (seat, parent) in parents.iter().enumerate() {
            if let Some(parent) = parent {
                assert!(place(seat as u32) < place(*parent), "{seat} below {parent}");
            }
        }
        assert_eq!(links.order.len(), parents.len());
        let below = links.below(4);
        let mut seats = below.seats.clone();
        assert_eq!((seats[0], below.order.last()), (4, Some(&0)));
        seats.sort_unstable();
        assert_eq!(seats, [0, 1, 4, 7]);
    }
}

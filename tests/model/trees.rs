//! One tree as lists of children.

use arborline::tree::rules::Shape;

/// Where a seat hangs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hang {
    Waits,
    Root,
    Under { parent: usize, leg: u8 },
}

#[derive(Clone, Debug)]
pub(crate) struct Seat {
    pub(crate) owner: usize,
    pub(crate) centre: u16,
    pub(crate) hang: Hang,
    /// In order of birth, or of leg where legs are numbered.
    pub(crate) children: Vec<usize>,
}

/// Seats by number; seat 0 is the company's and carries the roots.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    pub(crate) shape: Shape,
    pub(crate) seats: Vec<Seat>,
}

impl Tree {
    pub(crate) fn new(shape: Shape) -> Tree {
        let company = Seat {
            owner: 0,
            centre: 1,
            hang: Hang::Root,
            children: Vec::new(),
        };
        Tree {
            shape,
            seats: vec![company],
        }
    }

    pub(crate) fn add(&mut self, owner: usize, centre: u16, hang: Hang) -> usize {
        let seat = self.seats.len();
        self.seats.push(Seat {
            owner,
            centre,
            hang: Hang::Waits,
            children: Vec::new(),
        });
        self.hang(seat, hang);
        seat
    }

    /// Takes a seat from where it hangs and hangs it elsewhere, behind the children there.
    pub(crate) fn hang(&mut self, seat: usize, hang: Hang) {
        for other in &mut self.seats {
            other.children.retain(|&child| child != seat);
        }
        self.seats[seat].hang = hang;
        let above = match hang {
            Hang::Waits => return,
            Hang::Root => 0,
            Hang::Under { parent, .. } => parent,
        };
        let mut children = std::mem::take(&mut self.seats[above].children);
        children.push(seat);
        if self.shape.legs().is_some() && above != 0 {
            children.sort_by_key(|&child| self.leg(child));
        }
        self.seats[above].children = children;
    }

    pub(crate) fn parent(&self, seat: usize) -> Option<usize> {
        match self.seats[seat].hang {
            Hang::Under { parent, .. } => Some(parent),
            _ => None,
        }
    }

    pub(crate) fn leg(&self, seat: usize) -> u8 {
        match self.seats[seat].hang {
            Hang::Under { leg, .. } => leg,
            _ => 0,
        }
    }

    pub(crate) fn is_root(&self, seat: usize) -> bool {
        self.seats[seat].hang == Hang::Root
    }

    pub(crate) fn waits(&self, seat: usize) -> bool {
        self.seats[seat].hang == Hang::Waits
    }

    pub(crate) fn child_in_leg(&self, seat: usize, leg: u8) -> Option<usize> {
        let children = &self.seats[seat].children;
        children
            .iter()
            .copied()
            .find(|&child| self.leg(child) == leg)
    }

    /// All above, nearest first.
    pub(crate) fn above(&self, seat: usize) -> Vec<usize> {
        let mut line = Vec::new();
        let mut at = seat;
        while let Some(parent) = self.parent(at) {
            line.push(parent);
            at = parent;
        }
        line
    }

    /// Whether `above` is `below` or stands above it.
    pub(crate) fn is_above(&self, above: usize, below: usize) -> bool {
        above == below || self.above(below).contains(&above)
    }

    /// A seat and all below it, each behind its parent.
    pub(crate) fn subtree(&self, seat: usize) -> Vec<usize> {
        let mut all = vec![seat];
        let mut at = 0;
        while at < all.len() {
            all.extend_from_slice(&self.seats[all[at]].children);
            at += 1;
        }
        all
    }

    /// All seats, each behind its parent; the company first.
    pub(crate) fn downward(&self) -> Vec<usize> {
        let mut all = self.subtree(0);
        for seat in 1..self.seats.len() {
            if self.waits(seat) {
                all.extend(self.subtree(seat));
            }
        }
        all
    }

    /// The first leg without a child, if the legs are numbered and one is free.
    pub(crate) fn free_leg(&self, seat: usize) -> Option<u8> {
        let legs = self.shape.legs()?;
        (1..=legs).find(|&leg| self.child_in_leg(seat, leg).is_none())
    }

    /// The first free place level by level, left to right, from a seat on.
    pub(crate) fn first_free(&self, seat: usize) -> (usize, u8) {
        let mut level = vec![seat];
        loop {
            for &at in &level {
                if let Some(leg) = self.free_leg(at) {
                    return (at, leg);
                }
            }
            level = level
                .iter()
                .flat_map(|&at| self.seats[at].children.iter().copied())
                .collect();
        }
    }

    /// The last seat of a side: on by the same leg while there is a child.
    pub(crate) fn outer_end(&self, seat: usize, leg: u8) -> usize {
        let mut at = seat;
        while let Some(child) = self.child_in_leg(at, leg) {
            at = child;
        }
        at
    }
}

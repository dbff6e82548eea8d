//! Walks that jump: ancestry, depth, nearest common seat, the free end of an outer side. Plain seats one by one, chains
//! at once.
//!
//! "Hops" in a cost means: at most about 128 plain seats between two chains, and few chains on any line, each climbed
//! in the logarithm of its length.

use crate::base::ids::{NONE, Seat};

use super::blocks::Blocks;
use super::seats::Seats;

/// One stretch of the way from a seat to its root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// A plain seat.
    Plain(Seat),
    /// A chain (by root block), entered at this seat from below.
    Chain { root: u32, entry: Seat },
}

/// Some seats of a tree, to be met on a walk.
#[derive(Debug)]
pub struct Among {
    /// Those off chains, in order.
    plain: Vec<Seat>,
    /// Those on chains, in order: root block, seats above it in the chain, the seat.
    chained: Vec<(u32, u32, Seat)>,
}

/// The links and chains of one tree, to walk on.
#[derive(Clone, Copy)]
pub struct Walk<'a> {
    /// The seats.
    pub seats: &'a Seats,
    /// Their chains.
    pub blocks: &'a Blocks,
}

impl Walk<'_> {
    fn stops(self, from: Seat) -> impl Iterator<Item = Stop> {
        let mut at = from;
        std::iter::from_fn(move || {
            if at == NONE {
                return None;
            }
            let seat = at;
            let (block, _) = self.seats.place(seat);
            if block == NONE {
                at = self.seats.parent(seat);
                return Some(Stop::Plain(seat));
            }
            let root = self.blocks.root(block);
            at = self.blocks.top(root);
            Some(Stop::Chain { root, entry: seat })
        })
    }

    /// Seats above this one in its chain.
    fn chain_index(self, seat: Seat) -> u32 {
        let (mut block, slot) = self.seats.place(seat);
        let mut index = slot as u32;
        loop {
            let parent = self.blocks.parent(block);
            if parent == NONE {
                return index;
            }
            for before in 0..self.blocks.slot(block) {
                index += self.blocks.cells(self.blocks.id(parent, before));
            }
            block = parent;
        }
    }

    /// Whether `above` is `below` or stands above it. O(hops).
    #[must_use]
    pub fn is_above(self, above: Seat, below: Seat) -> bool {
        if above == below {
            return true;
        }
        let (block, _) = self.seats.place(above);
        let chain = if block == NONE {
            NONE
        } else {
            self.blocks.root(block)
        };
        self.stops(below).any(|stop| match stop {
            Stop::Plain(seat) => seat == above,
            Stop::Chain { root, entry } => {
                root == chain && self.chain_index(above) <= self.chain_index(entry)
            }
        })
    }

    /// Makes some seats ready to be met. O(seats x log).
    #[must_use]
    pub fn among(self, seats: &[Seat]) -> Among {
        let (mut plain, mut chained) = (Vec::new(), Vec::new());
        for &seat in seats {
            match self.seats.place(seat) {
                (NONE, _) => plain.push(seat),
                (block, _) => {
                    chained.push((self.blocks.root(block), self.chain_index(seat), seat));
                }
            }
        }
        plain.sort_unstable();
        chained.sort_unstable();
        Among { plain, chained }
    }

    /// The nearest of some seats that stands above this one. O(hops), times log of how many they are.
    #[must_use]
    pub fn nearest_above(self, seat: Seat, among: &Among) -> Option<Seat> {
        let parent = self.seats.parent(seat);
        self.stops(parent).find_map(|stop| match stop {
            Stop::Plain(seat) => among.plain.binary_search(&seat).ok().map(|_| seat),
            Stop::Chain { root, entry } => {
                let upto = (root, self.chain_index(entry), NONE);
                let before = among.chained.partition_point(|&held| held <= upto);
                let (of, _, nearest) = *among.chained[..before].last()?;
                (of == root).then_some(nearest)
            }
        })
    }

    /// Seats above this one. O(hops).
    #[must_use]
    pub fn depth(self, seat: Seat) -> u32 {
        let seats = self.stops(seat).map(|stop| match stop {
            Stop::Plain(_) => 1,
            Stop::Chain { entry, .. } => self.chain_index(entry) + 1,
        });
        seats.sum::<u32>() - 1
    }

    /// The lowest seat that is above (or is) both. O(hops), times log for looking stops up.
    #[must_use]
    pub fn nearest_common(self, a: Seat, b: Seat) -> Option<Seat> {
        let key = |stop: &Stop| match *stop {
            Stop::Plain(seat) => (false, seat),
            Stop::Chain { root, .. } => (true, root),
        };
        let mut line: Vec<Stop> = self.stops(a).collect();
        line.sort_unstable_by_key(key);
        self.stops(b).find_map(|stop| {
            let found = line.binary_search_by_key(&key(&stop), key).ok()?;
            Some(match (stop, line[found]) {
                (Stop::Chain { entry: b, .. }, Stop::Chain { entry: a, .. }) => {
                    if self.chain_index(a) <= self.chain_index(b) {
                        a
                    } else {
                        b
                    }
                }
                (Stop::Plain(seat) | Stop::Chain { entry: seat, .. }, _) => seat,
            })
        })
    }

    /// The free end of a side: from `seat` down leg after leg while there is a child. O(hops).
    #[must_use]
    pub fn outer_end(self, seat: Seat, leg: u8) -> Seat {
        let mut at = seat;
        loop {
            at = self.along_chain(at, leg);
            match self.seats.child_in_leg(at, leg) {
                Some(child) => at = child,
                None => return at,
            }
        }
    }

    /// On from a seat along its chain while the chain goes on in this leg.
    fn along_chain(self, seat: Seat, leg: u8) -> Seat {
        let (block, slot) = self.seats.place(seat);
        if block == NONE {
            return seat;
        }
        let (mut at, mut from) = (block, slot);
        loop {
            let turn =
                (from..self.blocks.count(at)).find(|&entry| self.blocks.leg(at, entry) != leg);
            if let Some(entry) = turn {
                return self.first_turn(at, entry, leg);
            }
            let parent = self.blocks.parent(at);
            // The last seat of a chain has leg byte 0, so a turn is found at the latest there.
            assert!(
                parent != NONE,
                "a chain ends in a seat that goes on in no leg"
            );
            from = self.blocks.slot(at) + 1;
            at = parent;
        }
    }

    /// The first seat at or below an entry whose chain does not go on in this leg.
    fn first_turn(self, mut block: u32, mut entry: usize, leg: u8) -> Seat {
        while !self.blocks.is_leaf(block) {
            block = self.blocks.id(block, entry);
            entry = (0..self.blocks.count(block))
                .find(|&entry| self.blocks.leg(block, entry) != leg)
                .expect("an inner entry shows a leg only if its whole block does");
        }
        self.blocks.id(block, entry)
    }
}

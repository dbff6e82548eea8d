//! Binary trees: where members stand when everyone has two legs.
//!
//! [`binary_tree`] grows one by itself; [`Placer`] grows one below given enrollers, so that every seat lies below the
//! enroller's own, as placement rules demand.

use crate::enrollers::NO_PARENT;
use crate::random::Random;

/// How a binary tree grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Legs {
    /// Every leg as long as the next: breadth-first, or below given enrollers always into the smaller leg.
    Balanced,
    /// Newcomers spill down the outer sides, a tenth of them (100,000 at most) down the company's own left side. Mean
    /// depth about 14,000 at a million members.
    PowerLeg,
    /// Each in the left leg of the one before.
    Chain,
}

/// The left leg.
pub const LEFT: u8 = 1;
/// The right leg.
pub const RIGHT: u8 = 2;

/// Parent and leg (1 left, 2 right) of each seat by number: `(NO_PARENT, 0)` for seat 0, otherwise a smaller number
/// than its own. No leg is taken twice.
///
/// Deterministic by seed. O(seats), amortised.
#[must_use]
pub fn binary_tree(kind: Legs, seats: usize, seed: u64) -> Vec<(u32, u8)> {
    let mut random = Random::new(seed);
    let seats = u32::try_from(seats).expect("at most 2^32 seats");
    match kind {
        Legs::Balanced => (0..seats).map(breadth_first).collect(),
        Legs::Chain => (0..seats)
            .map(|seat| match seat {
                0 => (NO_PARENT, 0),
                _ => (seat - 1, LEFT),
            })
            .collect(),
        Legs::PowerLeg => {
            let mut sides = Sides::with_capacity(seats as usize);
            (0..seats)
                .map(|newcomer| match newcomer {
                    0 => sides.found(),
                    _ if spills_to_company(seats, &mut random) => sides.take_end(0, LEFT),
                    _ => {
                        let enroller = random.below(newcomer);
                        sides.spill(enroller, &mut random)
                    }
                })
                .collect()
        }
    }
}

fn breadth_first(seat: u32) -> (u32, u8) {
    match seat {
        0 => (NO_PARENT, 0),
        _ => ((seat - 1) / 2, if seat % 2 == 1 { LEFT } else { RIGHT }),
    }
}

/// A tenth of the newcomers spill down the company's left side, 100,000 of them at most.
fn spills_to_company(seats: u32, random: &mut Random) -> bool {
    random.chance(1, 10.max(seats / 100_000))
}

/// Where a newcomer was seated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// The seat of whoever enrolled him, `NO_PARENT` for seat 0.
    pub enroller: u32,
    /// The seat above, `NO_PARENT` for seat 0.
    pub parent: u32,
    /// 1 left, 2 right, 0 for seat 0.
    pub leg: u8,
}

/// Places newcomers one by one below their enrollers.
#[derive(Debug)]
pub struct Placer {
    kind: Legs,
    planned: u32,
    sides: Sides,
    counts: Vec<u32>,
    parents: Vec<u32>,
    /// The company's left side from the top.
    power_leg: Vec<u32>,
}

impl Placer {
    /// An empty tree for `planned` seats in the end.
    #[must_use]
    pub fn new(kind: Legs, planned: usize) -> Placer {
        let counted = if kind == Legs::Balanced { planned } else { 0 };
        Placer {
            kind,
            planned: u32::try_from(planned).expect("at most 2^32 seats"),
            sides: Sides::with_capacity(planned),
            counts: Vec::with_capacity(counted),
            parents: Vec::with_capacity(counted),
            power_leg: Vec::new(),
        }
    }

    /// Seats the next newcomer below the seat of his enroller, who came before him; seat 0 has none.
    ///
    /// In a power-leg tree a tenth of all newcomers are enrolled from the company's left side instead, which is what
    /// makes it long: the answer says by whom. Amortised O(1); O(depth) in a balanced tree.
    ///
    /// # Panics
    /// If the enroller's number is not that of an earlier seat.
    pub fn place(&mut self, enroller: u32, random: &mut Random) -> Placed {
        let newcomer = self.sides.len();
        if newcomer == 0 {
            self.count_in(NO_PARENT);
            self.power_leg.push(0);
            let (parent, leg) = self.sides.found();
            return Placed {
                enroller: NO_PARENT,
                parent,
                leg,
            };
        }
        assert!(enroller < newcomer, "the enroller has a seat already");
        let mut enroller = enroller;
        let (parent, leg) = match self.kind {
            Legs::Balanced => self.smaller_leg(enroller),
            Legs::PowerLeg if spills_to_company(self.planned, random) => {
                let leaders = u32::try_from(self.power_leg.len()).expect("no more than seats");
                enroller = self.power_leg[random.below(leaders) as usize];
                self.sides.take_end(enroller, LEFT)
            }
            Legs::PowerLeg => self.sides.spill(enroller, random),
            Legs::Chain => self.sides.take_end(enroller, LEFT),
        };
        if leg == LEFT && self.power_leg.last() == Some(&parent) {
            self.power_leg.push(newcomer);
        }
        self.count_in(parent);
        Placed {
            enroller,
            parent,
            leg,
        }
    }

    fn smaller_leg(&mut self, start: u32) -> (u32, u8) {
        let mut seat = start;
        loop {
            let legs = self.sides.legs[seat as usize];
            let size = |leg: u32| match leg {
                NO_PARENT => 0,
                child => self.counts[child as usize],
            };
            let leg = if size(legs[0]) <= size(legs[1]) {
                LEFT
            } else {
                RIGHT
            };
            match legs[usize::from(leg - 1)] {
                NO_PARENT => return self.sides.take(seat, leg),
                child => seat = child,
            }
        }
    }

    fn count_in(&mut self, parent: u32) {
        if self.kind != Legs::Balanced {
            return;
        }
        self.parents.push(parent);
        self.counts.push(1);
        let mut above = parent;
        while above != NO_PARENT {
            self.counts[above as usize] += 1;
            above = self.parents[above as usize];
        }
    }
}

/// The two legs of every seat, with shortcuts along both outer sides.
#[derive(Debug)]
struct Sides {
    /// Left and right child.
    legs: Vec<[u32; 2]>,
    /// A seat further down the same left or right side, or the seat itself: halved on every walk, as in union-find.
    ahead: Vec<[u32; 2]>,
}

impl Sides {
    fn with_capacity(seats: usize) -> Sides {
        Sides {
            legs: Vec::with_capacity(seats),
            ahead: Vec::with_capacity(seats),
        }
    }

    fn len(&self) -> u32 {
        u32::try_from(self.legs.len()).expect("at most 2^32 seats")
    }

    /// The first seat of all.
    fn found(&mut self) -> (u32, u8) {
        self.legs.push([NO_PARENT; 2]);
        self.ahead.push([0; 2]);
        (NO_PARENT, 0)
    }

    /// Seats the newcomer in a free leg.
    fn take(&mut self, parent: u32, leg: u8) -> (u32, u8) {
        let newcomer = self.len();
        let side = usize::from(leg - 1);
        assert!(
            self.legs[parent as usize][side] == NO_PARENT,
            "a leg is taken once only"
        );
        self.legs[parent as usize][side] = newcomer;
        self.ahead[parent as usize][side] = newcomer;
        self.legs.push([NO_PARENT; 2]);
        self.ahead.push([newcomer; 2]);
        (parent, leg)
    }

    /// Seats the newcomer at the end of a seat's outer side.
    fn take_end(&mut self, start: u32, leg: u8) -> (u32, u8) {
        let side = usize::from(leg - 1);
        let mut seat = start;
        loop {
            let next = self.ahead[seat as usize][side];
            if next == seat {
                return self.take(seat, leg);
            }
            let after = self.ahead[next as usize][side];
            self.ahead[seat as usize][side] = after;
            seat = after;
        }
    }

    /// Seats the newcomer below his enroller: down the left side, down the right side, or at random.
    fn spill(&mut self, enroller: u32, random: &mut Random) -> (u32, u8) {
        match random.below(100) {
            0..30 => self.take_end(enroller, LEFT),
            30..57 => self.take_end(enroller, RIGHT),
            _ => {
                let mut seat = enroller;
                loop {
                    let [left, right] = self.legs[seat as usize];
                    if left == NO_PARENT {
                        return self.take(seat, LEFT);
                    }
                    if right == NO_PARENT {
                        return self.take(seat, RIGHT);
                    }
                    seat = if random.chance(1, 2) { left } else { right };
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::distribution::depths;
    use crate::enrollers::{Shape, enroller_tree};

    fn parents(tree: &[(u32, u8)]) -> Vec<u32> {
        tree.iter().map(|&(parent, _)| parent).collect()
    }

    fn mean_depth(tree: &[(u32, u8)]) -> u64 {
        let all = depths(&parents(tree));
        all.iter().map(|&d| u64::from(d)).sum::<u64>() / all.len() as u64
    }

    fn check_legs(tree: &[(u32, u8)]) {
        let mut taken = HashSet::new();
        assert_eq!(tree[0], (NO_PARENT, 0));
        for (seat, &(parent, leg)) in tree.iter().enumerate().skip(1) {
            assert!(
                (parent as usize) < seat,
                "seat {seat} hangs below a later one"
            );
            assert!(leg == LEFT || leg == RIGHT, "seat {seat} in leg {leg}");
            assert!(
                taken.insert((parent, leg)),
                "leg {leg} of {parent} taken twice"
            );
        }
    }

    fn below(tree: &[(u32, u8)], enrollers: &[u32]) {
        for seat in 1..tree.len() {
            let mut above = tree[seat].0;
            while above != enrollers[seat] {
                assert!(above != NO_PARENT, "seat {seat} is not below its enroller");
                above = tree[above as usize].0;
            }
        }
    }

    fn grow(kind: Legs, enrollers: &mut [u32], seed: u64) -> Vec<(u32, u8)> {
        let mut random = Random::new(seed);
        let mut placer = Placer::new(kind, enrollers.len());
        (0..enrollers.len())
            .map(|seat| {
                let placed = placer.place(enrollers[seat], &mut random);
                enrollers[seat] = placed.enroller;
                (placed.parent, placed.leg)
            })
            .collect()
    }

    #[test]
    fn no_leg_is_taken_twice() {
        for kind in [Legs::Balanced, Legs::PowerLeg, Legs::Chain] {
            for seed in 1..=3 {
                check_legs(&binary_tree(kind, 20_000, seed));
            }
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_tree_and_another_seed_another() {
        let first = binary_tree(Legs::PowerLeg, 10_000, 5);
        assert_eq!(first, binary_tree(Legs::PowerLeg, 10_000, 5));
        assert_ne!(first, binary_tree(Legs::PowerLeg, 10_000, 6));
    }

    #[test]
    fn trees_have_the_depth_they_promise() {
        let balanced = binary_tree(Legs::Balanced, (1 << 14) - 1, 1);
        assert_eq!(depths(&parents(&balanced)).iter().max(), Some(&13));
        let chain = binary_tree(Legs::Chain, 1_000, 1);
        assert_eq!(depths(&parents(&chain))[999], 999);
        for seed in 1..=3 {
            let power = mean_depth(&binary_tree(Legs::PowerLeg, 100_000, seed));
            assert!((900..2_200).contains(&power), "{power}");
        }
    }

    #[test]
    fn below_enrollers_every_seat_lies_below_its_own() {
        for kind in [Legs::Balanced, Legs::PowerLeg, Legs::Chain] {
            for shape in [Shape::Attachment, Shape::Star] {
                let mut enrollers = enroller_tree(shape, 3_000, 9);
                let tree = grow(kind, &mut enrollers, 9);
                check_legs(&tree);
                below(&tree, &enrollers);
            }
        }
    }

    #[test]
    fn below_enrollers_the_depth_is_kept() {
        let mut enrollers = enroller_tree(Shape::Attachment, 100_000, 2);
        let power = mean_depth(&grow(Legs::PowerLeg, &mut enrollers, 2));
        assert!((900..2_200).contains(&power), "{power}");
        let mut enrollers = enroller_tree(Shape::Attachment, 100_000, 2);
        let balanced = mean_depth(&grow(Legs::Balanced, &mut enrollers, 2));
        assert!((15..=30).contains(&balanced), "{balanced}");
    }
}

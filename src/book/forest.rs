//! The forest: every tree of a network with its kept figures, as one thing that can be forked.
//!
//! Owns seats, links, chains and figures of all trees. Must not know members beyond their number, ids, orders,
//! calendars or commands.

use crate::base::ids::{Member, Seat};
use crate::base::volumes::Volumes;
use crate::book::rules::Kept;

/// Where a seat hangs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attach {
    /// Nowhere: a waiting (tanked) seat is the root of its own detached tree.
    Detached,
    /// A root: below the hidden company seat in list trees, apart in trees with numbered legs.
    Root,
    /// Below a parent; `leg` is 1-based and required in trees with numbered legs, 0 in list trees (behind the
    /// last child).
    Under {
        /// The parent seat.
        parent: Seat,
        /// The leg.
        leg: u8,
    },
}

/// Volume entering one tree at one seat.
#[derive(Debug, Clone, Copy)]
pub struct Posting {
    /// The credited seat.
    pub seat: Seat,
    /// Whether it counts in the seat's own volume, or only in its group.
    pub own: bool,
    /// Bit `p` set: it counts in the current period of type `p`.
    pub periods: u8,
    /// Volumes by kind, of either sign.
    pub volumes: Volumes,
}

/// What is counted of a seat in the counts of everyone above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Counts as one in downline (and frontline) counts.
    pub counted: bool,
    /// Counts as one in active counts too.
    pub active: bool,
}

/// All trees with their figures.
pub struct Forest {}

impl Forest {
    /// Trees without members: seat 0 of each is the hidden company seat.
    #[must_use]
    pub fn new(_rules: &Kept<'_>) -> Forest {
        unimplemented!()
    }

    /// A second forest equal to this one; both copy a page when they first write it. O(pages).
    #[must_use]
    pub fn fork(&mut self) -> Forest {
        unimplemented!()
    }

    /// Seats of a tree, the company seat included; numbers run from 0.
    #[must_use]
    pub fn seats(&self, _tree: usize) -> u32 {
        unimplemented!()
    }

    // ---- links: O(1) unless said ----

    /// The parent seat; `None` for roots (also those below the company), waiting seats and the company.
    #[must_use]
    pub fn parent(&self, _tree: usize, _seat: Seat) -> Option<Seat> {
        unimplemented!()
    }

    /// Who holds the seat.
    #[must_use]
    pub fn owner(&self, _tree: usize, _seat: Seat) -> Member {
        unimplemented!()
    }

    /// Whether the seat waits in the holding tank.
    #[must_use]
    pub fn is_waiting(&self, _tree: usize, _seat: Seat) -> bool {
        unimplemented!()
    }

    /// Children in order of birth, or of leg where legs are numbered.
    pub fn children(&self, _tree: usize, _seat: Seat) -> impl Iterator<Item = Seat> + '_ {
        std::iter::empty()
    }

    /// The child in a numbered leg (1-based). O(width).
    #[must_use]
    pub fn child_in_leg(&self, _tree: usize, _seat: Seat, _leg: u8) -> Option<Seat> {
        unimplemented!()
    }

    /// The leg of its parent a seat stands in: 1-based where legs are numbered, 0 elsewhere and for roots.
    #[must_use]
    pub fn leg(&self, _tree: usize, _seat: Seat) -> u8 {
        unimplemented!()
    }

    /// Whether `above` is `below` or stands above it. O(hops): see the tree room.
    #[must_use]
    pub fn is_above(&self, _tree: usize, _above: Seat, _below: Seat) -> bool {
        unimplemented!()
    }

    /// Steps from the root of its tree: 0 for a root. O(hops).
    #[must_use]
    pub fn depth(&self, _tree: usize, _seat: Seat) -> u32 {
        unimplemented!()
    }

    /// The nearest seat that is above (or is) both, if they hang under one root. O(hops).
    #[must_use]
    pub fn nearest_common(&self, _tree: usize, _a: Seat, _b: Seat) -> Option<Seat> {
        unimplemented!()
    }

    // ---- placement: O(log n) unless said ----

    /// The free end of a seat's outer side: follow `leg` from `seat` while there is a child; the last seat.
    #[must_use]
    pub fn outer_end(&self, _tree: usize, _seat: Seat, _leg: u8) -> Seat {
        unimplemented!()
    }

    /// The first free place breadth-first from `seat`, left to right: parent seat and leg.
    #[must_use]
    pub fn first_free(&self, _tree: usize, _seat: Seat) -> (Seat, u8) {
        unimplemented!()
    }

    // ---- writes ----

    /// A new seat for `owner`, attached; its standing is "counts nowhere" until [`Forest::set_standing`]. Amortised
    /// O(hops). In the enroller tree the seat's number equals the owner's.
    pub fn add_seat(&mut self, _tree: usize, _owner: Member, _at: Attach) -> Seat {
        unimplemented!()
    }

    /// Moves a seat with all below it and the figures of the open periods. The caller has checked that it makes no
    /// circle and that the place is free. O(hops), plus the cut of at most one chain.
    pub fn move_seat(&mut self, _tree: usize, _seat: Seat, _to: Attach) {
        unimplemented!()
    }

    /// Adds volumes at seats and up their lines, several walks in lockstep.
    pub fn post(&mut self, _tree: usize, _postings: &[Posting]) {
        unimplemented!()
    }

    /// Sets what a seat counts as, and corrects every count above it. O(hops); nothing when unchanged.
    pub fn set_standing(&mut self, _tree: usize, _seat: Seat, _standing: Standing) {
        unimplemented!()
    }

    /// What a seat counts as now; `active` is false when it was set in an earlier period of the activity rule.
    #[must_use]
    pub fn standing(&self, _tree: usize, _seat: Seat) -> Standing {
        unimplemented!()
    }

    /// Begins the next period of a type: its figures become zero everywhere (lazily, by stamps). O(1).
    pub fn roll(&mut self, _period: usize) {
        unimplemented!()
    }

    // ---- reads; a figure of the current period, O(1), or O(log) on a chain ----

    /// Own volume of a seat. In trees that keep none of their own (one centre a member, and the enroller tree's
    /// customer level) it is the owner's in the enroller tree.
    #[must_use]
    pub fn own(&self, _tree: usize, _seat: Seat, _period: usize, _kind: usize) -> i64 {
        unimplemented!()
    }

    /// Group volume: everything that entered at the seat or below it.
    #[must_use]
    pub fn group(&self, _tree: usize, _seat: Seat, _period: usize, _kind: usize) -> i64 {
        unimplemented!()
    }

    /// Counted seats strictly below.
    #[must_use]
    pub fn downline(&self, _tree: usize, _seat: Seat) -> u32 {
        unimplemented!()
    }

    /// Active seats strictly below.
    #[must_use]
    pub fn active_downline(&self, _tree: usize, _seat: Seat) -> u32 {
        unimplemented!()
    }

    /// Counted children.
    #[must_use]
    pub fn frontline(&self, _tree: usize, _seat: Seat) -> u32 {
        unimplemented!()
    }

    /// Active children.
    #[must_use]
    pub fn active_frontline(&self, _tree: usize, _seat: Seat) -> u32 {
        unimplemented!()
    }

    /// How many steps of threshold ladder `ladder` (index into the rules' list) the seat's group volume has reached.
    #[must_use]
    pub fn threshold(&self, _ladder: usize, _seat: Seat) -> u8 {
        unimplemented!()
    }

    /// The bucket vector of kernel `kernel` (index into the rules' list) that a seat receives from below.
    #[must_use]
    pub fn buckets(&self, _kernel: usize, _seat: Seat) -> Vec<i64> {
        unimplemented!()
    }
}

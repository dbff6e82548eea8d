//! The forest: every tree of a network with its kept figures, as one thing that can be forked.
//!
//! Owns seats, links, chains and figures of all trees. Must not know members beyond their number, ids, orders,
//! calendars or commands.

use crate::arena::image::{ImageReader, ImageWriter};
use crate::arena::pages::Pages;
use crate::base::bytes::Malformed;
use crate::base::ids::{COMPANY, ENROLLER_TREE, Member, NONE, Seat};
use crate::base::volumes::Volumes;
use crate::tree::seats::{COUNTED, WAITING};

use super::carry;
use super::grove::Grove;
use super::rules::Kept;

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
    /// Whether it counts in the seat's own volume, or only in its group, as if from its first level.
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
pub struct Forest {
    pub(super) groves: Vec<Grove>,
    /// Tree and place in that tree of each ladder, in the order of the rules.
    ladders: Vec<(usize, usize)>,
    /// Tree and place in that tree of each kernel, in the order of the rules.
    kernels: Vec<(usize, usize)>,
}

impl Forest {
    /// Trees without members: seat 0 of each is the hidden company seat.
    #[must_use]
    pub fn new(kept: &Kept<'_>) -> Forest {
        let groves: Vec<Grove> = (0..kept.trees.len())
            .map(|index| Grove::new(kept, index))
            .collect();
        let place = |tree: u8, index: usize, of: &dyn Fn(&Grove) -> Vec<usize>| {
            let tree = usize::from(tree);
            let at = of(&groves[tree]).iter().position(|&other| other == index);
            (tree, at.expect("each is kept on its tree"))
        };
        let ladders = kept.thresholds.iter().enumerate();
        let ladders = ladders.map(|(index, thresholds)| {
            place(thresholds.tree, index, &|grove| {
                grove
                    .plan
                    .ladders
                    .iter()
                    .map(|ladder| ladder.index)
                    .collect()
            })
        });
        let ladders = ladders.collect();
        let kernels = kept.kernels.iter().enumerate();
        let kernels = kernels.map(|(index, kernel)| {
            place(kernel.tree, index, &|grove| {
                grove
                    .plan
                    .kernels
                    .iter()
                    .map(|kernel| kernel.index)
                    .collect()
            })
        });
        let kernels = kernels.collect();
        Forest {
            groves,
            ladders,
            kernels,
        }
    }

    /// A second forest equal to this one; both copy a page when they first write it. O(pages).
    #[must_use]
    pub fn fork(&mut self) -> Forest {
        Forest {
            groves: self.groves.iter_mut().map(Grove::fork).collect(),
            ladders: self.ladders.clone(),
            kernels: self.kernels.clone(),
        }
    }

    /// Takes it down.
    pub fn put<'s>(&'s self, image: &mut ImageWriter<'s>) {
        image.put_plain(&(&self.ladders, &self.kernels));
        image.put_size(self.groves.len());
        for grove in &self.groves {
            grove.put(image);
        }
    }

    /// What [`Forest::put`] put. O(pages + roots + seats that wait).
    ///
    /// # Errors
    /// If it is none.
    pub fn take(image: &mut ImageReader<'_>) -> Result<Forest, Malformed> {
        let (ladders, kernels) = image.take_plain()?;
        let trees: u8 = image.take()?;
        let groves = (0..trees).map(|_| Grove::take(image));
        Ok(Forest {
            groves: groves.collect::<Result<_, _>>()?,
            ladders,
            kernels,
        })
    }

    /// Appends all pages.
    pub fn pages<'p>(&'p mut self, all: &mut Vec<&'p mut Pages>) {
        for grove in &mut self.groves {
            grove.pages(all);
        }
    }

    /// Trees there are.
    #[must_use]
    pub fn trees(&self) -> usize {
        self.groves.len()
    }

    /// Bytes of all pages.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let of =
            |grove: &Grove| grove.seats.bytes() + grove.blocks.records.bytes() + grove.wide.bytes();
        self.groves.iter().map(of).sum()
    }

    /// Seats of a tree, the company seat included; numbers run from 0.
    #[must_use]
    pub fn seats(&self, tree: usize) -> u32 {
        self.groves[tree].seats.lines.len()
    }

    /// Asks the processor to fetch a seat's record. Any number is allowed.
    #[inline]
    pub fn prefetch(&self, tree: usize, seat: Seat) {
        self.groves[tree].seats.prefetch(seat);
    }

    // ---- links: O(1) unless said ----

    /// The parent seat; `None` for roots (also those below the company), waiting seats and the company.
    #[must_use]
    pub fn parent(&self, tree: usize, seat: Seat) -> Option<Seat> {
        let grove = &self.groves[tree];
        let parent = grove.seats.parent(seat);
        (parent != NONE && !(grove.roots_below_company() && parent == COMPANY)).then_some(parent)
    }

    /// Who holds the seat.
    #[must_use]
    pub fn owner(&self, tree: usize, seat: Seat) -> Member {
        self.groves[tree].seats.owner(seat)
    }

    /// Whether the seat waits in the holding tank.
    #[must_use]
    pub fn is_waiting(&self, tree: usize, seat: Seat) -> bool {
        self.groves[tree].seats.flags(seat) & WAITING != 0
    }

    /// Waiting seats of a tree, in order of creation.
    pub fn waiting(&self, tree: usize) -> impl ExactSizeIterator<Item = Seat> + '_ {
        self.groves[tree].waiting.iter().copied()
    }

    /// Roots of a tree, in order of birth (list trees) or of creation.
    pub fn roots(&self, tree: usize) -> impl Iterator<Item = Seat> + '_ {
        let grove = &self.groves[tree];
        grove
            .seats
            .children(COMPANY)
            .chain(grove.roots.iter().copied())
    }

    /// Children in order of birth, or of leg where legs are numbered.
    pub fn children(&self, tree: usize, seat: Seat) -> impl Iterator<Item = Seat> + '_ {
        self.groves[tree].seats.children(seat)
    }

    /// The first child.
    #[must_use]
    pub fn first_child(&self, tree: usize, seat: Seat) -> Option<Seat> {
        let seats = &self.groves[tree].seats;
        // An iterator over the children would fetch the second one's record too.
        [seats.first(seat), seats.last(seat)]
            .into_iter()
            .find(|&child| child != NONE)
    }

    /// The last child.
    #[must_use]
    pub fn last_child(&self, tree: usize, seat: Seat) -> Option<Seat> {
        let seats = &self.groves[tree].seats;
        [seats.last(seat), seats.first(seat)]
            .into_iter()
            .find(|&child| child != NONE)
    }

    /// The next child of the same parent.
    #[must_use]
    pub fn next_sibling(&self, tree: usize, seat: Seat) -> Option<Seat> {
        Some(self.groves[tree].seats.next(seat)).filter(|&next| next != NONE)
    }

    /// The child in a numbered leg (1-based). O(width).
    #[must_use]
    pub fn child_in_leg(&self, tree: usize, seat: Seat, leg: u8) -> Option<Seat> {
        self.groves[tree].seats.child_in_leg(seat, leg)
    }

    /// The leg of its parent a seat stands in: 1-based where legs are numbered, 0 elsewhere and for roots.
    #[must_use]
    pub fn leg(&self, tree: usize, seat: Seat) -> u8 {
        self.groves[tree].seats.leg(seat)
    }

    /// Whether `above` is `below` or stands above it. O(hops): see the tree room.
    #[must_use]
    pub fn is_above(&self, tree: usize, above: Seat, below: Seat) -> bool {
        self.groves[tree].walk().is_above(above, below)
    }

    /// The lowest active seat at or above a seat. O(hops), and O(log cells) for each stretch of a chain beside which
    /// somebody is active.
    #[must_use]
    pub fn active_from(&self, tree: usize, seat: Seat) -> Option<Seat> {
        self.groves[tree].active_from(seat)
    }

    /// Of some seats the nearest that stands above each of others. O(hops) for each of these, times log of how many
    /// those are.
    #[must_use]
    pub fn nearest_above(&self, tree: usize, below: &[Seat], among: &[Seat]) -> Vec<Option<Seat>> {
        let walk = self.groves[tree].walk();
        let among = walk.among(among);
        let nearest = below.iter().map(|&seat| walk.nearest_above(seat, &among));
        nearest.collect()
    }

    /// Steps from the root of its tree: 0 for a root. O(hops).
    #[must_use]
    pub fn depth(&self, tree: usize, seat: Seat) -> u32 {
        let grove = &self.groves[tree];
        let depth = grove.walk().depth(seat);
        // The company seat is above every root of a list tree, except where a whole tree waits.
        let below_company = grove.roots_below_company() && grove.walk().is_above(COMPANY, seat);
        if below_company {
            depth.saturating_sub(1)
        } else {
            depth
        }
    }

    /// The nearest seat that is above (or is) both, if they hang under one root. O(hops).
    #[must_use]
    pub fn nearest_common(&self, tree: usize, a: Seat, b: Seat) -> Option<Seat> {
        let grove = &self.groves[tree];
        let common = grove.walk().nearest_common(a, b)?;
        (!(grove.roots_below_company() && common == COMPANY)).then_some(common)
    }

    // ---- placement: O(log n) unless said ----

    /// The free end of a seat's outer side: follow `leg` from `seat` while there is a child; the last seat. O(hops).
    #[must_use]
    pub fn outer_end(&self, tree: usize, seat: Seat, leg: u8) -> Seat {
        self.groves[tree].walk().outer_end(seat, leg)
    }

    /// The first free place breadth-first from `seat`, left to right: parent seat and leg.
    #[must_use]
    pub fn first_free(&self, tree: usize, seat: Seat) -> (Seat, u8) {
        self.groves[tree].seats.first_free(seat)
    }

    // ---- writes ----

    /// A new seat for `owner`, attached; its standing is "counts nowhere" until [`Forest::set_standing`].
    ///
    /// In the enroller tree the seat's number equals the owner's. The place must be free.
    pub fn add_seat(&mut self, tree: usize, owner: Member, at: Attach) -> Seat {
        self.groves[tree].add_seat(owner, at)
    }

    /// Moves a seat with all below it and the figures of the open periods. The caller has checked that it makes no
    /// circle and that the place is free. O(hops), plus the cut of at most one chain.
    pub fn move_seat(&mut self, tree: usize, seat: Seat, to: Attach) {
        self.groves[tree].move_seat(seat, to);
    }

    /// Adds volumes at seats and up their lines, several walks in lockstep. O(hops) each.
    pub fn post(&mut self, tree: usize, postings: &[Posting]) {
        self.groves[tree].post(postings);
    }

    /// Sets what a seat counts as, and corrects every count above it. O(hops); nothing when unchanged.
    pub fn set_standing(&mut self, tree: usize, seat: Seat, standing: Standing) {
        self.groves[tree].set_standing(seat, standing);
    }

    /// What a seat counts as now; `active` is false when it was set in an earlier period of the activity rule.
    #[must_use]
    #[inline]
    pub fn standing(&self, tree: usize, seat: Seat) -> Standing {
        let grove = &self.groves[tree];
        Standing {
            counted: grove.seats.flags(seat) & COUNTED != 0,
            active: grove.is_active(seat),
        }
    }

    /// Begins the next period of a type: its figures become zero everywhere (lazily, by stamps). O(trees).
    pub fn roll(&mut self, period: usize) {
        for grove in &mut self.groves {
            let next = grove.now.get(period).wrapping_add(1);
            grove.now.set(period, next);
        }
    }

    // ---- reads; a figure of the current period, O(1), or O(log) on a chain ----

    /// Own volume of a seat. In trees that keep none of their own (one centre a member, and the enroller tree's
    /// customer level) it is the owner's in the enroller tree.
    #[must_use]
    pub fn own(&self, tree: usize, seat: Seat, period: usize, kind: usize) -> i64 {
        let grove = &self.groves[tree];
        let sum = grove.seats.layout.sum(period, kind);
        grove.own_now(seat, sum).unwrap_or_else(|| {
            let own = self.groves[ENROLLER_TREE].own_now(grove.seats.owner(seat), sum);
            own.expect("the enroller tree keeps own volume")
        })
    }

    /// Group volume: everything that entered at the seat or below it.
    #[must_use]
    pub fn group(&self, tree: usize, seat: Seat, period: usize, kind: usize) -> i64 {
        let grove = &self.groves[tree];
        grove.sum_now(seat, grove.seats.layout.sum(period, kind))
    }

    /// Counted seats strictly below.
    #[must_use]
    pub fn downline(&self, tree: usize, seat: Seat) -> u32 {
        carry::counted(self.groves[tree].counts_below(seat))
    }

    /// Active seats strictly below.
    #[must_use]
    pub fn active_downline(&self, tree: usize, seat: Seat) -> u32 {
        self.groves[tree].active_below(seat)
    }

    /// Counted children.
    #[must_use]
    pub fn frontline(&self, tree: usize, seat: Seat) -> u32 {
        carry::counted(self.groves[tree].counts_frontline(seat))
    }

    /// Active children.
    #[must_use]
    pub fn active_frontline(&self, tree: usize, seat: Seat) -> u32 {
        carry::active(self.groves[tree].counts_frontline(seat))
    }

    /// How many steps of threshold ladder `ladder` (index into the rules' list) the seat's group volume has reached.
    #[must_use]
    pub fn threshold(&self, ladder: usize, seat: Seat) -> u8 {
        let (tree, at) = self.ladders[ladder];
        self.groves[tree].reached(seat, at)
    }

    /// The bucket vector of kernel `kernel` (index into the rules' list) that a seat receives from below.
    #[must_use]
    pub fn buckets(&self, kernel: usize, seat: Seat) -> Vec<i64> {
        let (tree, at) = self.kernels[kernel];
        let grove = &self.groves[tree];
        let kernel = &grove.plan.kernels[at];
        grove.inflow(seat, kernel)[..kernel.buckets].to_vec()
    }
}

//! Reading figures of the running periods: O(1) on plain seats, O(log cells) on a chain.

use crate::base::ids::{NONE, Seat};
use crate::tree::layout::{SUMS_MAX, low};
use crate::tree::seats::COUNTED;

use super::carry::{Carry, active, pack_counts, without_active};
use super::grove::{Grove, KernelPlan};
use super::kernel::map::BUCKETS_MAX;
use super::kernel::map_of;
use super::ladder::Ladder;

impl Grove {
    /// Packed counts of the seat itself: whether it counts, and as active.
    pub(super) fn own_counts(&self, seat: Seat) -> i64 {
        let counted = self.seats.flags(seat) & COUNTED != 0;
        pack_counts(i64::from(counted), i64::from(self.is_active(seat)))
    }

    fn is_current(&self, seat: Seat, period: usize) -> bool {
        self.now
            .is_current(self.stamps(self.seats.lines.get(seat)), period)
    }

    fn block_is_current(&self, block: u32, period: usize) -> bool {
        self.now.is_current(self.blocks.stamps(block), period)
    }

    /// A lane summed over the cell of a seat and all below it on its chain; `read` turns an entry's word into what
    /// counts now.
    fn suffix(&self, leaf: u32, slot: usize, read: impl Fn(u32, usize) -> i64) -> i64 {
        let (mut block, mut from, mut sum) = (leaf, slot, 0i64);
        loop {
            for entry in from..self.blocks.count(block) {
                sum = sum.wrapping_add(read(block, entry));
            }
            let parent = self.blocks.parent(block);
            if parent == NONE {
                return sum;
            }
            from = self.blocks.slot(block) + 1;
            block = parent;
        }
    }

    /// The group sum of a seat: all that entered here or below.
    #[must_use]
    pub fn sum_now(&self, seat: Seat, sum: usize) -> i64 {
        let layout = &self.seats.layout;
        let period = sum / layout.kinds;
        let (leaf, slot) = self.seats.place(seat);
        if leaf != NONE {
            return self.suffix(leaf, slot, |block, entry| {
                if self.block_is_current(block, period) {
                    self.lane(block, sum, entry)
                } else {
                    0
                }
            });
        }
        if self.is_current(seat, period) {
            self.seats.lines.get(seat)[layout.group + sum]
        } else {
            0
        }
    }

    /// Own volume, where the tree keeps it.
    #[must_use]
    pub fn own_now(&self, seat: Seat, sum: usize) -> Option<i64> {
        let layout = &self.seats.layout;
        let own = layout.own?;
        let current = self.is_current(seat, sum / layout.kinds);
        Some(if current {
            self.seats.word(seat, own + sum)
        } else {
            0
        })
    }

    /// Packed counts strictly below a seat.
    #[must_use]
    pub fn counts_below(&self, seat: Seat) -> i64 {
        let stale = |current: bool, counts: i64| {
            if current {
                counts
            } else {
                without_active(counts)
            }
        };
        let (leaf, slot) = self.seats.place(seat);
        if leaf != NONE {
            let all = self.suffix(leaf, slot, |block, entry| {
                let current = self
                    .plan
                    .activity_period
                    .is_none_or(|period| self.block_is_current(block, period));
                stale(current, self.lane(block, self.plan.sums, entry))
            });
            return all.wrapping_sub(self.own_counts(seat));
        }
        let current = self
            .plan
            .activity_period
            .is_none_or(|period| self.is_current(seat, period));
        stale(
            current,
            self.seats.lines.get(seat)[self.seats.layout.counts],
        )
    }

    /// The lowest active seat at or above a seat. O(hops); entries of a chain are passed over where nobody is active that
    /// stands on them or below them beside the chain.
    #[must_use]
    pub fn active_from(&self, mut seat: Seat) -> Option<Seat> {
        while seat != NONE {
            let (leaf, slot) = self.seats.place(seat);
            if leaf == NONE {
                if self.is_active(seat) {
                    return Some(seat);
                }
                seat = self.seats.parent(seat);
                continue;
            }
            let (mut block, mut upto) = (leaf, slot + 1);
            loop {
                let mut entries = (0..upto).rev();
                let found = entries.find_map(|entry| self.lowest_active(block, entry));
                if found.is_some() {
                    return found;
                }
                let parent = self.blocks.parent(block);
                if parent == NONE {
                    break;
                }
                upto = self.blocks.slot(block);
                block = parent;
            }
            seat = self.blocks.top(block);
        }
        None
    }

    /// The lowest active seat of an entry.
    fn lowest_active(&self, block: u32, entry: usize) -> Option<Seat> {
        let current = self
            .plan
            .activity_period
            .is_none_or(|period| self.block_is_current(block, period));
        if !current || active(self.lane(block, self.plan.sums, entry)) == 0 {
            return None;
        }
        let id = self.blocks.id(block, entry);
        if self.blocks.is_leaf(block) {
            return self.is_active(id).then_some(id);
        }
        let mut entries = (0..self.blocks.count(id)).rev();
        entries.find_map(|entry| self.lowest_active(id, entry))
    }

    /// Packed counts of the children.
    #[must_use]
    pub fn counts_frontline(&self, seat: Seat) -> i64 {
        let counts = self.seats.word(seat, self.seats.layout.frontline);
        let current = self
            .plan
            .activity_period
            .is_none_or(|period| self.is_current(seat, period));
        if current {
            counts
        } else {
            without_active(counts)
        }
    }

    /// Steps of the `at`-th ladder of this tree a seat has reached.
    #[must_use]
    pub fn reached(&self, seat: Seat, at: usize) -> u8 {
        if !self.is_current(seat, self.plan.ladders[at].period) {
            return 0;
        }
        Ladder::reached(self.seats.lines.get(seat), self.seats.layout.thresholds, at)
    }

    /// What entered at a seat under a kernel, and what came from children off its chain. A seat that never had a child
    /// has only what entered.
    pub(super) fn wide_of(&self, seat: Seat, kernel: &KernelPlan) -> (i64, [i64; BUCKETS_MAX]) {
        let mut vector = [0; BUCKETS_MAX];
        let layout = &self.seats.layout;
        let wide = layout
            .wide
            .map_or(NONE, |at| low(self.seats.word(seat, at)));
        if wide == NONE {
            return (self.sum_now(seat, kernel.sum), vector);
        }
        if !self.is_current(seat, kernel.period) {
            return (0, vector);
        }
        let record = &self.wide.get(wide)[kernel.wide..=kernel.wide + kernel.buckets];
        vector[..kernel.buckets].copy_from_slice(&record[1..]);
        (record[0], vector)
    }

    /// The bucket vector a seat receives from all its children.
    #[must_use]
    pub fn inflow(&self, seat: Seat, kernel: &KernelPlan) -> [i64; BUCKETS_MAX] {
        let (_, mut vector) = self.wide_of(seat, kernel);
        let (leaf, slot) = self.seats.place(seat);
        if leaf == NONE {
            return vector;
        }
        // What the rest of the chain hands up: entries behind this one, block by block, each after those above it.
        let mut map = super::kernel::map::Map::identity(kernel.buckets);
        let (mut block, mut from) = (leaf, slot + 1);
        loop {
            let (part, added) = self.compose(block, kernel, from);
            if self.block_is_current(block, kernel.period) {
                map.add_mapped(&added[..kernel.buckets], &mut vector);
                map = map.after(&part);
            } else if !self.plan.map_rolls(kernel) {
                // A stale block holds no volume, but its seats still use up levels.
                map = map.after(&part);
            }
            let parent = self.blocks.parent(block);
            if parent == NONE {
                return vector;
            }
            from = self.blocks.slot(block) + 1;
            block = parent;
        }
    }

    /// All that a seat hands up: its group, itself among the counts, its bucket vectors after its own maps.
    #[must_use]
    pub fn subtree(&self, seat: Seat) -> Carry {
        let mut sums = [0; SUMS_MAX];
        for (sum, volume) in sums.iter_mut().take(self.plan.sums).enumerate() {
            *volume = self.sum_now(seat, sum);
        }
        let counts = self.counts_below(seat).wrapping_add(self.own_counts(seat));
        Carry {
            sums,
            counts,
            vectors: self.outflow(seat),
        }
    }

    /// The bucket vectors a seat hands up, after its own maps; all kernels one after the other.
    pub(super) fn outflow(&self, seat: Seat) -> Vec<i64> {
        let mut vectors = Vec::with_capacity(self.plan.carry_words);
        for kernel in &self.plan.kernels {
            let (entered, _) = self.wide_of(seat, kernel);
            let map = map_of(kernel.rule, kernel.buckets, self.is_active(seat));
            let mut out = map.apply(&self.inflow(seat, kernel)[..kernel.buckets]);
            out[0] += entered;
            vectors.extend_from_slice(&out[..kernel.buckets]);
        }
        vectors
    }

    /// Active seats strictly below.
    #[must_use]
    pub fn active_below(&self, seat: Seat) -> u32 {
        active(self.counts_below(seat))
    }
}

//! Figures on chains: summaries, and how plain seats become a chain and a chain plain seats.

use std::sync::Arc;

use crate::base::ids::{NONE, Seat};
use crate::tree::blocks::FAN;
use crate::tree::layout::{SUMS_MAX, low};

use super::carry::Carry;
use super::grove::{Grove, KernelPlan};
use super::kernel::map::{BUCKETS_MAX, Map};
use super::kernel::map_of;
use super::ladder::Ladder;

impl Grove {
    /// A lane's word of an entry.
    #[inline]
    pub(super) fn lane(&self, block: u32, lane: usize, slot: usize) -> i64 {
        self.blocks.records.get(block)[self.blocks.layout.lanes + FAN * lane + slot]
    }

    #[inline]
    pub(super) fn lane_mut(&mut self, block: u32, lane: usize, slot: usize) -> &mut i64 {
        let at = self.blocks.layout.lanes + FAN * lane + slot;
        &mut self.blocks.records.get_mut(block)[at]
    }

    /// The map of an entry under a kernel.
    pub(super) fn entry_map(&self, block: u32, kernel: &KernelPlan, slot: usize) -> Map {
        let first = self.blocks.layout.maps + kernel.map;
        let words = &self.blocks.records.get(block)[first..first + kernel.buckets];
        Map::from_bytes(words.iter().map(|word| (word >> (8 * slot)) as u8))
    }

    pub(super) fn set_entry_map(
        &mut self,
        block: u32,
        kernel: &KernelPlan,
        slot: usize,
        map: &Map,
    ) {
        let first = self.blocks.layout.maps + kernel.map;
        let record = self.blocks.records.get_mut(block);
        for bucket in 0..kernel.buckets {
            let word = &mut record[first + bucket];
            *word =
                (*word & !(0xff << (8 * slot))) | (i64::from(map.get(bucket as u8)) << (8 * slot));
        }
    }

    /// What a run of entries, taken together, does to a bucket vector: its map, and what it adds.
    pub(super) fn compose(
        &self,
        block: u32,
        kernel: &KernelPlan,
        from: usize,
    ) -> (Map, [i64; BUCKETS_MAX]) {
        let mut map = Map::identity(kernel.buckets);
        let mut added = [0; BUCKETS_MAX];
        for slot in from..self.blocks.count(block) {
            map.add_mapped(
                &self.entry_vector(block, kernel, slot)[..kernel.buckets],
                &mut added,
            );
            map = map.after(&self.entry_map(block, kernel, slot));
        }
        (map, added)
    }

    /// The vector an entry adds under a kernel.
    fn entry_vector(&self, block: u32, kernel: &KernelPlan, slot: usize) -> [i64; BUCKETS_MAX] {
        let mut vector = [0; BUCKETS_MAX];
        for (bucket, volume) in vector.iter_mut().take(kernel.buckets).enumerate() {
            *volume = self.lane(block, kernel.lane + bucket, slot);
        }
        vector
    }

    /// Brings the entries that stand for `block` and the blocks above it up to date, up to the root. O(log cells).
    ///
    /// All blocks on the way are fresh.
    pub(super) fn summarise_up(&mut self, mut block: u32) {
        loop {
            self.blocks.summarise_shape(block);
            let parent = self.blocks.parent(block);
            if parent == NONE {
                return;
            }
            let slot = self.blocks.slot(block);
            for lane in 0..=self.plan.sums {
                let sum = (0..self.blocks.count(block)).fold(0i64, |sum, slot| {
                    sum.wrapping_add(self.lane(block, lane, slot))
                });
                *self.lane_mut(parent, lane, slot) = sum;
            }
            self.summarise_slacks(block);
            let plan = Arc::clone(&self.plan);
            for kernel in &plan.kernels {
                let (map, added) = self.compose(block, kernel, 0);
                self.set_entry_map(parent, kernel, slot, &map);
                for (bucket, &volume) in added.iter().take(kernel.buckets).enumerate() {
                    *self.lane_mut(parent, kernel.lane + bucket, slot) = volume;
                }
            }
            block = parent;
        }
    }

    /// Brings all blocks from a leaf to its root to the running periods; gives the root. O(log cells).
    pub(super) fn freshen_line(&mut self, mut block: u32) -> u32 {
        loop {
            self.freshen_block(block);
            match self.blocks.parent(block) {
                NONE => return block,
                parent => block = parent,
            }
        }
    }

    /// Makes a chain of `run` plain seats in a row, the lowest given, or lengthens the chain that ends above them.
    /// O(run).
    pub(super) fn promote(&mut self, lowest: Seat, run: usize) {
        let mut line = Vec::with_capacity(run);
        let mut seat = lowest;
        for _ in 0..run {
            self.freshen(seat);
            line.push(seat);
            seat = self.seats.parent(seat);
        }
        let top = seat;
        // Bottom up, each seat keeps for its cell what does not come through the seat below it on the chain.
        let mut handed = Carry::nothing();
        let mut cells = Vec::with_capacity(run);
        for &seat in &line {
            let whole = self.subtree(seat);
            self.add_wide(seat, &handed, -1);
            cells.push((seat, difference(&whole, &handed)));
            handed = whole;
        }
        let start = self.chain_for(top, &handed);
        let mut written = start;
        for (seat, cell) in cells.iter().rev() {
            let leg = self.seats.leg(*seat);
            let now = self.now;
            let (leaf, slot) = self
                .blocks
                .append(self.blocks.root(start), *seat, leg, &now);
            if leaf != written {
                self.summarise_up(written);
            }
            written = leaf;
            self.seats.set_place(*seat, leaf, slot);
            self.write_cell(leaf, slot, *seat, cell);
        }
        self.summarise_up(written);
    }

    /// The chain that ends in `top`, relieved of what now becomes cells of its own; or a new chain below `top`.
    fn chain_for(&mut self, top: Seat, handed: &Carry) -> u32 {
        if top != NONE {
            let (leaf, slot) = self.seats.place(top);
            if leaf != NONE {
                let root = self.freshen_line(leaf);
                if self.blocks.last(root) == (leaf, slot) {
                    self.freshen(top);
                    self.add_wide(top, handed, -1);
                    self.relieve(leaf, slot, top, handed);
                    self.summarise_up(leaf);
                    return leaf;
                }
            }
        }
        let now = self.now;
        self.blocks.begin(top, &now)
    }

    /// Adds a carry's vectors (times `sign`) to a seat's bucket vectors. The seat is fresh.
    pub(super) fn add_wide(&mut self, seat: Seat, carry: &Carry, sign: i64) {
        let Some(at) = self.seats.layout.wide else {
            return;
        };
        if carry.vectors.is_empty() {
            return;
        }
        let wide = low(self.seats.word(seat, at));
        assert!(wide != NONE, "a seat with a child has a wide record");
        let plan = Arc::clone(&self.plan);
        let record = self.wide.get_mut(wide);
        for kernel in &plan.kernels {
            let vector = &carry.vectors[kernel.carry..kernel.carry + kernel.buckets];
            for (sum, volume) in record[kernel.wide + 1..].iter_mut().zip(vector) {
                *sum += sign * volume;
            }
        }
    }

    /// Takes out of a cell what it was handed by the seats that now have cells of their own below it.
    fn relieve(&mut self, leaf: u32, slot: usize, seat: Seat, handed: &Carry) {
        for sum in 0..self.plan.sums {
            *self.lane_mut(leaf, sum, slot) -= handed.sums[sum];
        }
        let counts = self.lane_mut(leaf, self.plan.sums, slot);
        *counts = counts.wrapping_sub(handed.counts);
        let plan = Arc::clone(&self.plan);
        for kernel in &plan.kernels {
            let map = self.entry_map(leaf, kernel, slot);
            let vector = &handed.vectors[kernel.carry..kernel.carry + kernel.buckets];
            for (bucket, &volume) in map.apply(vector).iter().take(kernel.buckets).enumerate() {
                *self.lane_mut(leaf, kernel.lane + bucket, slot) -= volume;
            }
        }
        self.write_slacks(leaf, slot, seat);
    }

    /// Writes a new cell: its part of the figures, its seat's maps, and what they make of its light vectors.
    fn write_cell(&mut self, leaf: u32, slot: usize, seat: Seat, cell: &Carry) {
        for sum in 0..self.plan.sums {
            *self.lane_mut(leaf, sum, slot) = cell.sums[sum];
        }
        *self.lane_mut(leaf, self.plan.sums, slot) = cell.counts;
        let plan = Arc::clone(&self.plan);
        let active = self.is_active(seat);
        for kernel in &plan.kernels {
            let map = map_of(kernel.rule, kernel.buckets, active);
            self.set_entry_map(leaf, kernel, slot, &map);
            let (entered, light) = self.wide_of(seat, kernel);
            let mut out = map.apply(&light[..kernel.buckets]);
            out[0] += entered;
            for (bucket, &volume) in out.iter().take(kernel.buckets).enumerate() {
                *self.lane_mut(leaf, kernel.lane + bucket, slot) = volume;
            }
        }
        self.write_slacks(leaf, slot, seat);
    }

    /// Writes a cell's slacks from its sums and the steps its (fresh) seat has reached.
    pub(super) fn write_slacks(&mut self, leaf: u32, slot: usize, seat: Seat) {
        let plan = Arc::clone(&self.plan);
        for (at, ladder) in plan.ladders.iter().enumerate() {
            let thresholds = self.seats.layout.thresholds;
            let reached = Ladder::reached(self.seats.lines.get(seat), thresholds, at);
            let cell = self.lane(leaf, ladder.sum, slot);
            self.write_slack(leaf, slot, at, ladder.slack(cell, reached));
        }
    }

    /// Makes plain seats of a chain. O(cells).
    pub(super) fn dissolve(&mut self, root: u32) {
        let mut cells = Vec::with_capacity(self.blocks.cells(root) as usize);
        self.collect_cells(root, &mut cells);
        let mut below = Carry::nothing();
        for &(leaf, slot, seat) in cells.iter().rev() {
            self.freshen(seat);
            self.freshen_block(leaf);
            let mut sums = [0; SUMS_MAX];
            for (sum, whole) in sums.iter_mut().take(self.plan.sums).enumerate() {
                *whole = self.lane(leaf, sum, slot) + below.sums[sum];
            }
            let counts = self
                .lane(leaf, self.plan.sums, slot)
                .wrapping_add(below.counts);
            let own = self.own_counts(seat);
            self.add_wide(seat, &below, 1);
            let layout = self.seats.layout;
            let record = self.seats.lines.get_mut(seat);
            record[layout.group..][..layout.sums()].copy_from_slice(&sums[..layout.sums()]);
            record[layout.counts] = counts.wrapping_sub(own);
            self.seats.set_place(seat, NONE, 0);
            below = self.subtree(seat);
        }
        self.blocks.release_chain(root);
    }

    fn collect_cells(&self, block: u32, cells: &mut Vec<(u32, usize, Seat)>) {
        for slot in 0..self.blocks.count(block) {
            let id = self.blocks.id(block, slot);
            if self.blocks.is_leaf(block) {
                cells.push((block, slot, id));
            } else {
                self.collect_cells(id, cells);
            }
        }
    }

    /// Cuts the chain above a seat that stands on it and is not its first; the upper part no longer holds the seat's
    /// figures. Gives the seat above the chain and what the chain makes of `carry` on the way there.
    /// O(log cells), and O(1) where a short part becomes plain.
    pub(super) fn cut_above(&mut self, seat: Seat, carry: &Carry) -> (Seat, Carry) {
        let (leaf, slot) = self.seats.place(seat);
        self.freshen_line(leaf);
        let now = self.now;
        let cut = self.blocks.cut(leaf, slot, &now);
        let first = self.blocks.first(cut.lower);
        for slot in 0..self.blocks.count(first) {
            self.seats
                .set_place(self.blocks.id(first, slot), first, slot);
        }
        self.summarise_up(first);
        // Where the cut emptied its leaf, the new last leaf is one that may not have been touched since a roll.
        let (last, _) = self.blocks.last(cut.upper);
        self.freshen_line(last);
        self.summarise_up(last);
        let top = self.blocks.top(cut.upper);
        let passed = self.pass_chain(cut.upper, carry);
        self.judge_chain(cut.upper);
        for part in [cut.upper, cut.lower] {
            if self.blocks.cells(part) < self.plan.chain_min {
                self.dissolve(part);
            }
        }
        (top, passed)
    }

    /// A carry after a whole chain: sums and counts as they are, vectors mapped.
    fn pass_chain(&self, root: u32, carry: &Carry) -> Carry {
        let mut passed = carry.clone();
        if !carry.vectors.is_empty() {
            for kernel in &self.plan.kernels {
                let words = kernel.carry..kernel.carry + kernel.buckets;
                let (map, _) = self.compose(root, kernel, 0);
                let mapped = map.apply(&carry.vectors[words.clone()]);
                passed.vectors[words].copy_from_slice(&mapped[..kernel.buckets]);
            }
        }
        passed
    }
}

/// `whole - part`; vectors are left out, since they pass through maps and do not subtract.
fn difference(whole: &Carry, part: &Carry) -> Carry {
    let mut rest = Carry::nothing();
    for (rest, (whole, part)) in rest.sums.iter_mut().zip(whole.sums.iter().zip(&part.sums)) {
        *rest = whole - part;
    }
    rest.counts = whole.counts.wrapping_sub(part.counts);
    rest
}

//! Climbing: a change handed up a line, one at a time. Structure, standing and refunds of vectors go this way; orders in
//! groups go through `post`.

use std::sync::Arc;

use crate::base::ids::{NONE, Seat};
use crate::base::planted::{Planted, planted};
use crate::tree::blocks::FAN;
use crate::tree::layout::{high, low};
use crate::tree::seats::{ACTIVE, COUNTED};

use super::carry::{Carry, pack_counts};
use super::forest::Standing;
use super::grove::{Grove, KernelPlan};
use super::kernel::map::{BUCKETS_MAX, DEAD, Map};
use super::kernel::map_of;

/// Plain seats in a row, seen on the way up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    /// How many.
    plain: usize,
    /// The seat of a chain above them, [`NONE`] where they reach up to a root.
    top: Seat,
}

impl Run {
    fn begin() -> Run {
        Run {
            plain: 0,
            top: NONE,
        }
    }

    fn end_at(&mut self, top: Seat) {
        if self.top == NONE {
            self.top = top;
        }
    }

    /// The run with one more plain seat below it.
    pub(super) fn and_below(self) -> Run {
        Run {
            plain: self.plain + 1,
            ..self
        }
    }
}

impl Grove {
    /// Adds a carry to a seat and everyone above it, as what one of the seat's children (or, on a chain, its cell) hands
    /// up. Gives the plain seats met before the first chain. O(hops).
    pub(super) fn climb(&mut self, from: Seat, mut carry: Carry) -> Run {
        let (mut seat, mut run) = (from, Run::begin());
        let mut steps = 0;
        while seat != NONE {
            if planted(Planted::DepthCapped) {
                steps += 1;
                if steps > 15 {
                    break;
                }
            }
            let (leaf, slot) = self.seats.place(seat);
            if leaf == NONE {
                run.plain += usize::from(run.top == NONE);
                seat = self.climb_plain(seat, &mut carry);
            } else {
                run.end_at(seat);
                self.freshen(seat);
                self.add_wide(seat, &carry, 1);
                let root = self.add_cell(leaf, slot, &carry.sums[..self.plan.sums], carry.counts);
                self.map_seat(seat, &mut carry);
                self.climb_chain(leaf, slot, &mut carry);
                self.judge_chain(root);
                seat = self.blocks.top(root);
            }
        }
        run
    }

    fn climb_plain(&mut self, seat: Seat, carry: &mut Carry) -> Seat {
        self.freshen(seat);
        self.add_wide(seat, carry, 1);
        let layout = self.seats.layout;
        let record = self.seats.lines.get_mut(seat);
        for (sum, volume) in record[layout.group..][..layout.sums()]
            .iter_mut()
            .zip(&carry.sums)
        {
            *sum += volume;
        }
        record[layout.counts] = record[layout.counts].wrapping_add(carry.counts);
        self.judge_plain(seat);
        self.map_seat(seat, carry);
        self.seats.parent(seat)
    }

    /// Maps a carry's vectors through one seat.
    fn map_seat(&self, seat: Seat, carry: &mut Carry) {
        if carry.vectors.is_empty() {
            return;
        }
        let active = self.is_active(seat);
        for kernel in &self.plan.kernels {
            let map = map_of(kernel.rule, kernel.buckets, active);
            map_part(carry, kernel, &map);
        }
    }

    /// Adds sums and counts to a cell and its summaries. Gives the root block. O(log cells).
    #[inline]
    pub(super) fn add_cell(&mut self, leaf: u32, slot: usize, sums: &[i64], counts: i64) -> u32 {
        let (mut block, mut slot) = (leaf, slot);
        let (lanes, counts_lane) = (self.blocks.layout.lanes, self.plan.sums);
        self.freshen_block(block);
        if !sums.is_empty() {
            self.shift_slacks(leaf, slot, sums);
        }
        loop {
            let whole = self.blocks.records.get_mut(block);
            let (parent, slot_above) = (low(whole[0]), (whole[1] >> 8) as u8 as usize);
            let record = &mut whole[lanes..];
            for (lane, &volume) in sums.iter().enumerate() {
                record[FAN * lane + slot] += volume;
            }
            if counts != 0 {
                let word = &mut record[FAN * counts_lane + slot];
                *word = word.wrapping_add(counts);
            }
            if parent == NONE {
                return block;
            }
            self.freshen_block(parent);
            if !sums.is_empty() {
                self.summarise_slacks(block);
            }
            (block, slot) = (parent, slot_above);
        }
    }

    /// A cell's own sum rose: its inflow has that much less room upward and more downward.
    fn shift_slacks(&mut self, leaf: u32, slot: usize, sums: &[i64]) {
        for at in 0..self.plan.ladders.len() {
            let (rise, lane) = (sums[self.plan.ladders[at].sum], self.plan.up_lane(at));
            *self.lane_mut(leaf, lane, slot) -= rise;
            *self.lane_mut(leaf, lane + 1, slot) += rise;
        }
    }

    /// Hands a carry's vectors, as a cell adds them, up to the top of its chain: each block's entry takes what reaches
    /// it through the maps of the entries above. Blocks are fresh. O(log cells).
    fn climb_chain(&mut self, leaf: u32, slot: usize, carry: &mut Carry) {
        if carry.vectors.is_empty() {
            return;
        }
        let plan = Arc::clone(&self.plan);
        for kernel in &plan.kernels {
            let (mut block, mut slot) = (leaf, slot);
            let mut vector = [0; BUCKETS_MAX];
            vector[..kernel.buckets]
                .copy_from_slice(&carry.vectors[kernel.carry..][..kernel.buckets]);
            while vector != [0; BUCKETS_MAX] {
                for (bucket, &volume) in vector.iter().take(kernel.buckets).enumerate() {
                    *self.lane_mut(block, kernel.lane + bucket, slot) += volume;
                }
                for above in (0..slot).rev() {
                    vector = self
                        .entry_map(block, kernel, above)
                        .apply(&vector[..kernel.buckets]);
                }
                let parent = self.blocks.parent(block);
                if parent == NONE {
                    break;
                }
                slot = self.blocks.slot(block);
                block = parent;
            }
            carry.vectors[kernel.carry..][..kernel.buckets]
                .copy_from_slice(&vector[..kernel.buckets]);
        }
    }

    /// Volume that entered at a seat, under the kernels: bucket 0 of what the seat hands on; or, as if from its first
    /// level, bucket 0 of what it receives.
    pub(super) fn enter_vectors(&mut self, seat: Seat, sums: &[i64], own: bool) {
        self.freshen(seat);
        let mut carry = Carry {
            vectors: vec![0; self.plan.carry_words],
            ..Carry::nothing()
        };
        for kernel in &self.plan.kernels {
            carry.vectors[kernel.carry] = sums[kernel.sum];
        }
        if !own {
            self.climb(seat, carry);
            return;
        }
        self.add_entered(seat, sums);
        let (leaf, slot) = self.seats.place(seat);
        if leaf == NONE {
            self.climb(self.seats.parent(seat), carry);
        } else {
            let root = self.freshen_line(leaf);
            self.climb_chain(leaf, slot, &mut carry);
            self.climb(self.blocks.top(root), carry);
        }
    }

    fn add_entered(&mut self, seat: Seat, sums: &[i64]) {
        let Some(at) = self.seats.layout.wide else {
            return;
        };
        let wide = low(self.seats.word(seat, at));
        if wide != NONE {
            let plan = Arc::clone(&self.plan);
            for kernel in &plan.kernels {
                self.wide.get_mut(wide)[kernel.wide] += sums[kernel.sum];
            }
        }
    }

    /// Sets what a seat counts as, and every count and vector above it that follows. O(hops).
    pub(super) fn set_standing(&mut self, seat: Seat, to: Standing) {
        self.freshen(seat);
        let flags = self.seats.flags(seat);
        let was = Standing {
            counted: flags & COUNTED != 0,
            active: flags & ACTIVE != 0,
        };
        if was == to {
            return;
        }
        let one = |now: bool, before: bool| i64::from(now) - i64::from(before);
        let change = pack_counts(one(to.counted, was.counted), one(to.active, was.active));
        let parent = self.seats.parent(seat);
        self.add_frontline(parent, change);
        let outflow = self.outflow(seat);
        let bit = |set: bool, bit: u8| if set { bit } else { 0 };
        let flags =
            (flags & !(COUNTED | ACTIVE)) | bit(to.counted, COUNTED) | bit(to.active, ACTIVE);
        self.seats.set_flags(seat, flags);
        let mut carry = Carry::of_counts(change);
        if was.active != to.active {
            carry.vectors = self.outflow(seat);
            carry
                .vectors
                .iter_mut()
                .zip(&outflow)
                .for_each(|(now, before)| *now -= before);
        }
        let (leaf, slot) = self.seats.place(seat);
        if leaf == NONE {
            let above = if carry.vectors.is_empty() {
                self.climb_counts(parent, change)
            } else {
                self.climb(parent, carry)
            };
            self.promote_run(seat, above.and_below());
            return;
        }
        let root = self.add_cell(leaf, slot, &[], change);
        if !carry.vectors.is_empty() {
            self.turn_cell(leaf, slot, seat, to.active);
            self.climb_chain_total(root, seat, &mut carry);
        }
        let top = self.blocks.top(root);
        if carry.vectors.is_empty() {
            self.climb_counts(top, change);
        } else {
            self.climb(top, carry);
        }
    }

    /// Adds packed counts to a seat and everyone above it. Gives the plain seats met before the first chain.
    fn climb_counts(&mut self, from: Seat, change: i64) -> Run {
        let (mut seat, mut run) = (from, Run::begin());
        let (group, counts) = (self.seats.layout.group, self.seats.layout.counts);
        while seat != NONE {
            let mut line = self.seats.lines.get_mut(seat);
            let leaf = high(line[0]);
            if leaf != NONE {
                let slot = line[1] as u8 as usize;
                run.end_at(seat);
                let root = self.add_cell(leaf, slot, &[], change);
                seat = self.blocks.top(root);
                continue;
            }
            if !self.now.is_fresh(&line[1..group]) {
                self.freshen_stale(seat);
                line = self.seats.lines.get_mut(seat);
            }
            run.plain += usize::from(run.top == NONE);
            line[counts] = line[counts].wrapping_add(change);
            seat = low(line[0]);
        }
        run
    }

    /// A run of plain seats grew, upward from `lowest`: it becomes a chain when it is long, or sooner where it only
    /// lengthens one.
    pub(super) fn promote_run(&mut self, lowest: Seat, run: Run) {
        let run_min = self.plan.run_min;
        if run.plain > run_min || (run.plain > run_min / 8 && self.ends_chain(run.top)) {
            self.promote(lowest, run.plain);
        }
    }

    /// Whether a seat is the last of a chain.
    fn ends_chain(&self, seat: Seat) -> bool {
        if seat == NONE {
            return false;
        }
        let (leaf, slot) = self.seats.place(seat);
        slot + 1 == self.blocks.count(leaf) && {
            let root = self.blocks.root(leaf);
            self.blocks.last(root) == (leaf, slot)
        }
    }

    /// A change of packed counts among a seat's children.
    pub(super) fn add_frontline(&mut self, parent: Seat, change: i64) {
        if parent != NONE {
            self.freshen(parent);
            let at = self.seats.layout.frontline;
            let word = self.seats.word_mut(parent, at);
            *word = word.wrapping_add(change);
        }
    }

    /// A seat on a chain became active or inactive: its cell has another map and, of its light vectors, another image.
    fn turn_cell(&mut self, leaf: u32, slot: usize, seat: Seat, active: bool) {
        let plan = Arc::clone(&self.plan);
        for kernel in &plan.kernels {
            let (before, after) = (
                map_of(kernel.rule, kernel.buckets, !active),
                map_of(kernel.rule, kernel.buckets, active),
            );
            let (_, light) = self.wide_of(seat, kernel);
            let (old, new) = (
                before.apply(&light[..kernel.buckets]),
                after.apply(&light[..kernel.buckets]),
            );
            for bucket in 0..kernel.buckets {
                *self.lane_mut(leaf, kernel.lane + bucket, slot) += new[bucket] - old[bucket];
            }
            self.set_entry_map(leaf, kernel, slot, &after);
        }
        self.summarise_up(leaf);
    }

    /// Vectors that leave a chain when the seat's outflow changed by `carry`: mapped by everything above it in the chain.
    fn climb_chain_total(&self, root: u32, seat: Seat, carry: &mut Carry) {
        let (leaf, slot) = self.seats.place(seat);
        for kernel in &self.plan.kernels {
            let (mut block, mut slot) = (leaf, slot);
            loop {
                for above in (0..slot).rev() {
                    let map = self.entry_map(block, kernel, above);
                    map_part(carry, kernel, &map);
                }
                if block == root {
                    break;
                }
                slot = self.blocks.slot(block);
                block = self.blocks.parent(block);
            }
        }
    }
}

/// Maps one kernel's part of a carry.
fn map_part(carry: &mut Carry, kernel: &KernelPlan, map: &Map) {
    let words = &mut carry.vectors[kernel.carry..][..kernel.buckets];
    let mapped = map.apply(words);
    words.copy_from_slice(&mapped[..kernel.buckets]);
    debug_assert!(kernel.buckets <= usize::from(DEAD));
}

//! Judging: who crosses a step of a ladder when sums change.

use crate::base::ids::{NONE, Seat};
use crate::tree::blocks::FAN;

use super::grove::Grove;
use super::ladder::{Ladder, NEVER};

/// Judges the line of a fresh plain seat anew on every ladder, given where its group sums and thresholds lie.
#[inline(always)]
pub(super) fn judge_line(ladders: &[Ladder], group: usize, thresholds: usize, line: &mut [i64]) {
    for (at, ladder) in ladders.iter().enumerate() {
        let sum = line[group + ladder.sum];
        let reached = Ladder::reached(line, thresholds, at);
        if !ladder.holds(sum, reached) {
            Ladder::set_reached(line, thresholds, at, ladder.reached_by(sum));
        }
    }
}

impl Grove {
    /// Judges a fresh plain seat anew on every ladder.
    pub(super) fn judge_plain(&mut self, seat: Seat) {
        let layout = &self.seats.layout;
        let (group, thresholds) = (layout.group, layout.thresholds);
        let line = self.seats.lines.get_mut(seat);
        judge_line(&self.plan.ladders, group, thresholds, line);
    }

    /// Visits every seat of a chain that has crossed a step, and brings slacks up to date. O(log cells) for each.
    pub(super) fn judge_chain(&mut self, root: u32) {
        for at in 0..self.plan.ladders.len() {
            let (up, down) = self.least_slacks(root, at);
            if up <= 0 || down < 0 {
                self.judge_block(root, at, 0);
            }
        }
    }

    /// Visits the seats in and below a block that have crossed a step of the ladder, given the inflow from below it.
    ///
    /// A block not touched since a roll is freshened on the way: the inflow may cross in it all the same.
    fn judge_block(&mut self, block: u32, at: usize, inflow: i64) {
        self.freshen_block(block);
        let sum = self.plan.ladders[at].sum;
        let (leaf, mut below, mut crossed) = (self.blocks.is_leaf(block), inflow, false);
        for slot in (0..self.blocks.count(block)).rev() {
            let (up, down) = self.slack(block, slot, at);
            if up - below <= 0 || down + below < 0 {
                crossed = true;
                let id = self.blocks.id(block, slot);
                if leaf {
                    self.judge_cell(block, slot, at, below);
                } else {
                    self.judge_block(id, at, below);
                }
            }
            below += self.lane(block, sum, slot);
        }
        if crossed {
            self.summarise_slack(block, at);
        }
    }

    fn judge_cell(&mut self, leaf: u32, slot: usize, at: usize, inflow: i64) {
        let seat = self.blocks.id(leaf, slot);
        self.freshen(seat);
        let cell = self.lane(leaf, self.plan.ladders[at].sum, slot);
        let reached = self.plan.ladders[at].reached_by(cell + inflow);
        let thresholds = self.seats.layout.thresholds;
        Ladder::set_reached(self.seats.lines.get_mut(seat), thresholds, at, reached);
        let slack = self.plan.ladders[at].slack(cell, reached);
        self.write_slack(leaf, slot, at, slack);
    }

    fn slack(&self, block: u32, slot: usize, at: usize) -> (i64, i64) {
        let lane = self.plan.up_lane(at);
        (
            self.lane(block, lane, slot),
            self.lane(block, lane + 1, slot),
        )
    }

    /// Writes the slacks of an entry.
    pub(super) fn write_slack(
        &mut self,
        block: u32,
        slot: usize,
        at: usize,
        (up, down): (i64, i64),
    ) {
        let lane = self.blocks.layout.lanes + FAN * self.plan.up_lane(at) + slot;
        let record = self.blocks.records.get_mut(block);
        record[lane] = up;
        record[lane + FAN] = down;
    }

    /// Brings the slacks that a block's parent shows for it up to date, for all ladders.
    pub(super) fn summarise_slacks(&mut self, block: u32) {
        for at in 0..self.plan.ladders.len() {
            self.summarise_slack(block, at);
        }
    }

    /// The least slacks over a block, as its parent's entry shows them.
    fn summarise_slack(&mut self, block: u32, at: usize) {
        let parent = self.blocks.parent(block);
        if parent == NONE {
            return;
        }
        let least = self.least_slacks(block, at);
        self.write_slack(parent, self.blocks.slot(block), at, least);
    }

    /// The least slacks on the inflow of a block, which is fresh.
    #[inline]
    fn least_slacks(&self, block: u32, at: usize) -> (i64, i64) {
        let record = self.blocks.records.get(block);
        let lanes = &record[self.blocks.layout.lanes..];
        let lane = |lane: usize| {
            lanes[FAN * lane..]
                .first_chunk::<FAN>()
                .expect("a whole lane")
        };
        let (sums, ups, downs) = {
            let up = self.plan.up_lane(at);
            (lane(self.plan.ladders[at].sum), lane(up), lane(up + 1))
        };
        let (mut least_up, mut least_down, mut below) = (NEVER, NEVER, 0);
        let count = (record[1] as u8 as usize).min(FAN);
        for slot in (0..count).rev() {
            least_up = least_up.min(ups[slot] - below);
            least_down = least_down.min(downs[slot] + below);
            below += sums[slot];
        }
        (least_up, least_down)
    }
}

//! Judging: who crosses a step of a ladder when sums change.

use crate::base::ids::{NONE, Seat};
use crate::tree::blocks::FAN;

use super::grove::Grove;
use super::ladder::{Ladder, NEVER};

impl Grove {
    /// Judges a fresh plain seat anew on every ladder.
    pub(super) fn judge_plain(&mut self, seat: Seat) {
        let layout = self.seats.layout;
        let record = self.seats.records.get_mut(seat);
        for (at, ladder) in self.plan.ladders.iter().enumerate() {
            let sum = record[layout.group + ladder.sum];
            let reached = Ladder::reached(record, layout.thresholds, at);
            let (up, down) = ladder.slack(sum, reached);
            if up <= 0 || down < 0 {
                Ladder::set_reached(record, layout.thresholds, at, ladder.reached_by(sum));
            }
        }
    }

    /// Visits every seat of a chain that has crossed a step, and brings slacks up to date. O(log cells) for each.
    pub(super) fn judge_chain(&mut self, root: u32) {
        for at in 0..self.plan.ladders.len() {
            self.judge_block(root, at, 0);
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
        Ladder::set_reached(self.seats.records.get_mut(seat), thresholds, at, reached);
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
        let sum = self.plan.ladders[at].sum;
        let (mut least_up, mut least_down, mut below) = (NEVER, NEVER, 0);
        for slot in (0..self.blocks.count(block)).rev() {
            let (up, down) = self.slack(block, slot, at);
            least_up = least_up.min(up - below);
            least_down = least_down.min(down + below);
            below += self.lane(block, sum, slot);
        }
        self.write_slack(parent, self.blocks.slot(block), at, (least_up, least_down));
    }
}

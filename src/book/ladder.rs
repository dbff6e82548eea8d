//! Ladders: how many steps of group volume each seat has reached, and who crosses one.
//!
//! A plain seat is asked when its sum changes. A chain's cells keep their slack *on the inflow from below*: how far it may
//! rise before the next step is reached, and fall before the present one is lost. The least of each over a block tells
//! whether anybody in it crosses, so exactly those who do are visited.

use std::sync::Arc;

use crate::base::ids::{NONE, Seat};
use crate::tree::blocks::FAN;

use super::grove::Grove;
use super::rules::Thresholds;

/// Slack of a cell that can never cross.
const NEVER: i64 = i64::MAX / 2;

/// A ladder kept on one tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ladder {
    /// Index in the rules' list.
    pub index: usize,
    /// Period type.
    pub period: usize,
    /// The sum it judges.
    pub sum: usize,
    /// Strictly increasing, above zero.
    pub steps: Vec<i64>,
}

impl Ladder {
    /// From the rules.
    #[must_use]
    pub fn new(index: usize, thresholds: &Thresholds, kinds: usize) -> Ladder {
        let steps: Vec<i64> = thresholds.steps.iter().map(|step| step.0).collect();
        assert!(steps.is_sorted_by(|a, b| a < b) && steps.first().is_none_or(|&first| first > 0));
        let period = usize::from(thresholds.period);
        Ladder {
            index,
            period,
            sum: period * kinds + usize::from(thresholds.kind),
            steps,
        }
    }

    /// Steps that a sum reaches.
    #[must_use]
    pub fn reached_by(&self, sum: i64) -> u8 {
        self.steps.partition_point(|&step| step <= sum) as u8
    }

    /// Room of the inflow of a cell that holds `sum` itself and whose seat has reached `reached` steps: upward until
    /// the next step is reached (at or below zero it is), downward until the present one is lost (below zero it is).
    #[must_use]
    pub fn slack(&self, sum: i64, reached: u8) -> (i64, i64) {
        let reached = usize::from(reached);
        let up = self.steps.get(reached).map_or(NEVER, |&next| next - sum);
        let down = reached
            .checked_sub(1)
            .map_or(NEVER, |at| sum - self.steps[at]);
        (up, down)
    }

    /// The steps a seat record says are reached.
    #[inline]
    #[must_use]
    pub fn reached(record: &[i64], thresholds: usize, at: usize) -> u8 {
        (record[thresholds + at / 8] >> (8 * (at % 8))) as u8
    }

    /// Writes the steps reached into a seat record.
    pub fn set_reached(record: &mut [i64], thresholds: usize, at: usize, reached: u8) {
        let word = &mut record[thresholds + at / 8];
        let shift = 8 * (at % 8);
        *word = (*word & !(0xff << shift)) | (i64::from(reached) << shift);
    }
}

impl Grove {
    /// Judges a fresh plain seat anew on every ladder.
    pub(super) fn judge_plain(&mut self, seat: Seat) {
        let layout = self.seats.layout;
        let plan = Arc::clone(&self.plan);
        let record = self.seats.records.get_mut(seat);
        for (at, ladder) in plan.ladders.iter().enumerate() {
            let reached = ladder.reached_by(record[layout.group + ladder.sum]);
            if reached != Ladder::reached(record, layout.thresholds, at) {
                Ladder::set_reached(record, layout.thresholds, at, reached);
            }
        }
    }

    /// Visits every seat of a chain that has crossed a step, and brings slacks up to date.
    pub(super) fn judge_chain(&mut self, root: u32) {
        let plan = Arc::clone(&self.plan);
        for (at, ladder) in plan.ladders.iter().enumerate() {
            while let Some((leaf, slot, inflow)) = self.find_crossing(root, at, ladder) {
                let seat = self.blocks.id(leaf, slot);
                self.freshen(seat);
                let cell = self.lane(leaf, ladder.sum, slot);
                let reached = ladder.reached_by(cell + inflow);
                let thresholds = self.seats.layout.thresholds;
                Ladder::set_reached(self.seats.records.get_mut(seat), thresholds, at, reached);
                self.write_slack(leaf, slot, at, ladder.slack(cell, reached));
                self.summarise_up(leaf);
            }
        }
    }

    /// A cell whose seat has crossed, and its inflow; found by descending where the slack says so. O(log cells).
    ///
    /// A block not touched since a roll is freshened on the way: the inflow from below may cross in it all the same.
    fn find_crossing(
        &mut self,
        root: u32,
        at: usize,
        ladder: &Ladder,
    ) -> Option<(u32, usize, i64)> {
        let (mut block, mut inflow) = (root, 0);
        loop {
            self.freshen_block(block);
            let mut hit = None;
            let mut below = inflow;
            for slot in (0..self.blocks.count(block)).rev() {
                let (up, down) = self.slack(block, slot, at);
                if up - below <= 0 || down + below < 0 {
                    hit = Some((slot, below));
                    break;
                }
                below += self.lane(block, ladder.sum, slot);
            }
            let (slot, below) = hit?;
            if self.blocks.is_leaf(block) {
                return Some((block, slot, below));
            }
            inflow = below;
            block = self.blocks.id(block, slot);
        }
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

    /// The least slacks over a block, as its parent's entry shows them.
    pub(super) fn summarise_slacks(&mut self, block: u32) {
        let parent = self.blocks.parent(block);
        if parent == NONE {
            return;
        }
        let plan = Arc::clone(&self.plan);
        for (at, ladder) in plan.ladders.iter().enumerate() {
            let (mut least_up, mut least_down, mut below) = (NEVER, NEVER, 0);
            for slot in (0..self.blocks.count(block)).rev() {
                let (up, down) = self.slack(block, slot, at);
                least_up = least_up.min(up - below);
                least_down = least_down.min(down + below);
                below += self.lane(block, ladder.sum, slot);
            }
            self.write_slack(parent, self.blocks.slot(block), at, (least_up, least_down));
        }
    }
}

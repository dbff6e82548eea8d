//! Ladders: how many steps of group volume each seat has reached.
//!
//! A plain seat is asked when its sum changes. A chain's cells keep their slack *on the inflow from below*: how far it may
//! rise before the next step is reached, and fall before the present one is lost. The least of each over a block tells
//! whether anybody in it crosses, so exactly those who do are visited.

use serde::{Deserialize, Serialize};

use super::rules::Thresholds;

/// Slack of a cell that can never cross.
pub const NEVER: i64 = i64::MAX / 2;

/// A ladder kept on one tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ladder {
    /// Index in the rules' list.
    pub index: usize,
    /// Period type.
    pub period: usize,
    /// The sum it judges.
    pub sum: usize,
    /// The steps, strictly increasing and above zero, between the least and the greatest number: who has reached
    /// `reached` of them stands between the bounds `reached` and `reached + 1`.
    bounds: Vec<i64>,
}

impl Ladder {
    /// From the rules.
    #[must_use]
    pub fn new(index: usize, thresholds: &Thresholds, kinds: usize) -> Ladder {
        let steps = thresholds.steps.iter().map(|step| step.0);
        let bounds: Vec<i64> = [i64::MIN]
            .into_iter()
            .chain(steps)
            .chain([i64::MAX])
            .collect();
        assert!(bounds.is_sorted_by(|a, b| a < b) && bounds[1] > 0);
        let period = usize::from(thresholds.period);
        Ladder {
            index,
            period,
            sum: period * kinds + usize::from(thresholds.kind),
            bounds,
        }
    }

    /// Steps that a sum reaches.
    #[must_use]
    pub fn reached_by(&self, sum: i64) -> u8 {
        (self.bounds.partition_point(|&step| step <= sum) - 1) as u8
    }

    /// Whether a sum reaches as many steps as given.
    #[inline(always)]
    #[must_use]
    pub fn holds(&self, sum: i64, reached: u8) -> bool {
        let bounds = &self.bounds[usize::from(reached)..][..2];
        bounds[0] <= sum && sum < bounds[1]
    }

    /// Room of the inflow of a cell that holds `sum` itself and whose seat has reached `reached` steps: upward until
    /// the next step is reached (at or below zero it is), downward until the present one is lost (below zero it is).
    #[must_use]
    pub fn slack(&self, sum: i64, reached: u8) -> (i64, i64) {
        let reached = usize::from(reached);
        let up = match self.bounds[reached + 1] {
            i64::MAX => NEVER,
            next => next - sum,
        };
        let down = match self.bounds[reached] {
            i64::MIN => NEVER,
            step => sum - step,
        };
        (up, down)
    }

    /// The steps a seat record says are reached.
    #[inline(always)]
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

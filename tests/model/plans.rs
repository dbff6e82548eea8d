//! Plan sets: what was drafted and when it was made to count.

use arborline::base::time::Time;
use arborline::engine::command::plan::{ActivatePlan, DraftPlan};

use super::judge::{Wrong, no};
use super::world::{Draft, World};

impl World {
    pub(crate) fn draft_plan(&mut self, seq: u64, plan: &DraftPlan) {
        self.drafts.push(Draft {
            set: plan.set.clone(),
            document: plan.document,
            seq,
            time: self.time,
        });
    }

    pub(crate) fn activate_plan(&mut self, plan: &ActivatePlan) -> Result<(), Wrong> {
        let of_set: Vec<usize> = (0..self.drafts.len())
            .filter(|&at| self.drafts[at].set == plan.set)
            .collect();
        if of_set.is_empty() {
            return Err(no::UNKNOWN_PLAN.into());
        }
        // Versions count from 1.
        let numbered = (1..).zip(of_set).find(|(at, _)| *at == plan.version);
        let (_, version) = numbered.ok_or(no::UNKNOWN_VERSION)?;
        self.activations.push((self.time, version));
        Ok(())
    }

    /// Which draft counts for a period: what was activated last before it began, or else whatever came first of all, if
    /// the period was not over then.
    pub(crate) fn plan_of(&self, start: Time, end: Time) -> Option<usize> {
        let mut counts = None;
        for &(time, version) in &self.activations {
            if time < start {
                counts = Some(version);
            }
        }
        match (counts, self.activations.first()) {
            (None, Some(&(time, version))) if time < end => Some(version),
            _ => counts,
        }
    }

    /// A draft's number within its set.
    pub(crate) fn version_of(&self, draft: usize) -> usize {
        let set = &self.drafts[draft].set;
        let so_far = &self.drafts[..=draft];
        so_far.iter().filter(|other| other.set == *set).count()
    }
}

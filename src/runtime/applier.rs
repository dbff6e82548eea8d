//! Applying confirmed groups: the sole writer of the state, whichever thread it runs on.

use std::sync::Arc;

use crossbeam::channel::{Receiver, Sender};

use crate::engine::outcome::Outcome;
use crate::engine::rejection::Rejection;
use crate::runtime::decisions;
use crate::runtime::repeats::{Job, Repeats};
use crate::runtime::shared::{Decided, Group, Shared};
use crate::runtime::submission::{Receipts, Refusal};

/// Commands applied before readers are let in: some lockstep runs, and about a tenth of a millisecond.
const STEP: usize = 64;
/// The same soon after a fork, when each command may copy many pages.
const STEP_AFTER_FORK: usize = 16;
/// Commands after a fork by which most pages have been copied.
const AFTER_FORK: usize = 4_096;

/// Applies groups.
pub struct Applier {
    shared: Arc<Shared>,
    repeats: Repeats,
    outcomes: Vec<Outcome>,
    digests: Vec<u64>,
    forks_seen: u64,
    copying: usize,
}

impl Applier {
    /// An applier; there must be only one at work at a time.
    #[must_use]
    pub fn new(shared: Arc<Shared>, repeats: Repeats) -> Applier {
        Applier {
            shared,
            repeats,
            outcomes: Vec::new(),
            digests: Vec::new(),
            forks_seen: 0,
            copying: 0,
        }
    }

    /// Applies one group, answers everybody in it, and tells what was decided.
    pub fn apply(&mut self, group: Group) -> Decided {
        self.apply_beside(group, || true)
    }

    /// The same; `pressed` says whether there is more to do behind it.
    fn apply_beside(&mut self, group: Group, pressed: impl Fn() -> bool) -> Decided {
        self.execute(&group, pressed);
        let mut bytes = Vec::new();
        decisions::encode(&self.outcomes, &self.digests, &mut bytes);
        let decided = Decided {
            first_seq: group.first_seq,
            count: self.outcomes.len() as u32,
            bytes,
        };
        self.answer(group);
        decided
    }

    /// The body of the apply thread: until no more groups can come.
    pub fn run(mut self, groups: &Receiver<Group>, decided: &Sender<Decided>) {
        for group in groups {
            let done = self.apply_beside(group, || !groups.is_empty());
            // The log thread may have ended by a fault; then replay will make these decisions again.
            drop(decided.send(done));
        }
    }

    fn execute(&mut self, group: &Group, pressed: impl Fn() -> bool) {
        self.outcomes.clear();
        self.digests.clear();
        for part in &group.parts {
            let mut rest = part.as_slice();
            while !rest.is_empty() {
                let (now, later) = rest.split_at(self.step().min(rest.len()));
                let mut state = self.shared.state.write();
                let (outcomes, digests) = (&mut self.outcomes, &mut self.digests);
                decisions::decide(&mut state, group.stamp, now, outcomes, digests);
                self.shared.levels.follow(&state);
                self.shared.let_readers_in(state);
                rest = later;
                // A processor that this thread holds for milliseconds keeps a reader waiting as a lock would.
                if !pressed() {
                    std::thread::yield_now();
                }
            }
        }
        self.shared
            .applied
            .send_replace(self.shared.levels.applied_seq());
    }

    /// How many commands may hold the lock at once.
    fn step(&mut self) -> usize {
        let taken = self.shared.forks.taken();
        if taken != self.forks_seen {
            (self.forks_seen, self.copying) = (taken, AFTER_FORK);
        }
        if self.copying == 0 {
            return STEP;
        }
        self.copying = self.copying.saturating_sub(STEP_AFTER_FORK);
        STEP_AFTER_FORK
    }

    fn answer(&mut self, group: Group) {
        let mut outcomes = self.outcomes.drain(..);
        let mut commands = group.parts.iter().flatten();
        let mut seq = group.first_seq;
        for waiting in group.waiting {
            let mut receipts = Receipts::accepted(seq, waiting.count);
            let mut repeated = Vec::new();
            seq += waiting.count as u64;
            for (index, outcome) in outcomes.by_ref().take(waiting.count).enumerate() {
                let command = commands.next();
                match outcome {
                    Ok(accepted) if accepted.choices.is_empty() => {}
                    Ok(accepted) => drop(receipts.tell(index, Ok(accepted))),
                    Err(rejection) => {
                        let place = receipts.tell(index, Err(Refusal::Rejected(rejection)));
                        if let (Rejection::Duplicate { first_seq }, Some(command)) =
                            (rejection, command)
                        {
                            repeated.push((place, first_seq, command.clone()));
                        }
                    }
                }
            }
            let levels = &self.shared.levels;
            levels.release(waiting.count as u64, waiting.reserved);
            if repeated.is_empty() {
                // Whoever asked may have gone away; the commands happened all the same.
                drop(waiting.reply.send(Ok(receipts)));
            } else {
                self.repeats.resolve(Job {
                    receipts,
                    repeated,
                    reply: waiting.reply,
                });
            }
        }
    }
}

//! Applying confirmed groups: the sole writer of the state, whichever thread it runs on.

use std::ops::Range;
use std::sync::Arc;

use crossbeam::channel::{Receiver, Sender};

use crate::base::time::Time;
use crate::engine::command::Command;
use crate::engine::outcome::Outcome;
use crate::engine::rejection::Rejection;
use crate::runtime::decisions;
use crate::runtime::repeats::{Job, Repeats};
use crate::runtime::shared::{Decided, Group, Shared, Waiting};
use crate::runtime::submission::{Receipts, Refusal};

/// Commands applied before readers are let in: some lockstep runs, and about a tenth of a millisecond.
const STEP: usize = 64;
/// The same soon after a fork, when each command may copy many pages.
const STEP_AFTER_FORK: usize = 16;
/// Commands after a fork by which most pages have been copied.
const AFTER_FORK: usize = 4_096;
/// Commands left in a group from which on its writer is in a hurry.
const PRESSED: usize = 1_024;

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

    /// Applies one group, answers everybody in it, and tells what was decided. `pressed` says whether there is more to
    /// do behind it, so that this thread is not to give its processor away.
    ///
    /// Whoever waits is answered as soon as his own commands have been applied: while the others' are, he can ask for more.
    pub fn apply(&mut self, group: Group, pressed: impl Fn() -> bool) -> Decided {
        self.outcomes.clear();
        self.digests.clear();
        let (count, mut answered) = (group.count(), 0);
        let mut commands = group.parts.iter().flatten();
        let mut waiting = group.waiting.into_iter().peekable();
        for part in &group.parts {
            let mut rest = part.as_slice();
            while !rest.is_empty() {
                let (now, later) = rest.split_at(self.step().min(rest.len()));
                self.execute(group.stamp, now);
                rest = later;
                let done = self.outcomes.len();
                while let Some(whole) = waiting.next_if(|next| answered + next.count <= done) {
                    let its = answered..answered + whole.count;
                    answered = its.end;
                    let first_seq = group.first_seq + its.start as u64;
                    self.answer(whole, first_seq, its, &mut commands);
                }
                // A processor that this thread holds for milliseconds keeps a reader waiting as a lock would.
                if count - done < PRESSED && !pressed() {
                    std::thread::yield_now();
                }
            }
        }
        let mut bytes = Vec::new();
        decisions::encode(&self.outcomes, &self.digests, &mut bytes);
        Decided {
            first_seq: group.first_seq,
            count: self.outcomes.len() as u32,
            bytes,
        }
    }

    /// The body of the apply thread: until no more groups can come.
    pub fn run(mut self, groups: &Receiver<Group>, decided: &Sender<Decided>) {
        for group in groups {
            let done = self.apply(group, || !groups.is_empty());
            // The log thread may have ended by a fault; then replay will make these decisions again.
            drop(decided.send(done));
        }
    }

    /// Executes one step under the lock.
    fn execute(&mut self, stamp: Time, commands: &[Command]) {
        let mut state = self.shared.state.write();
        let (outcomes, digests) = (&mut self.outcomes, &mut self.digests);
        decisions::decide(&mut state, stamp, commands, outcomes, digests);
        self.shared.set_stamp(stamp);
        self.shared.levels.follow(&state);
        let applied = state.as_of_seq;
        self.shared.let_readers_in(state);
        self.shared.applied.send_replace(applied);
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

    /// Answers a submission whose commands, the next ones of the group, have the outcomes in a range.
    fn answer<'a>(
        &self,
        waiting: Waiting,
        first_seq: u64,
        outcomes: Range<usize>,
        commands: &mut impl Iterator<Item = &'a Command>,
    ) {
        let mut receipts = Receipts::accepted(first_seq, waiting.count);
        let mut repeated = Vec::new();
        // Outcomes come first, so that not one command too many is taken.
        let each = self.outcomes[outcomes].iter().zip(commands);
        for (index, (outcome, command)) in each.enumerate() {
            match outcome {
                Ok(accepted) if accepted.choices.is_empty() => {}
                Ok(accepted) => drop(receipts.tell(index, Ok(accepted.clone()))),
                Err(rejection) => {
                    let place = receipts.tell(index, Err(Refusal::Rejected(*rejection)));
                    if let Rejection::Duplicate { first_seq } = *rejection {
                        repeated.push((place, first_seq, command.clone()));
                    }
                }
            }
        }
        self.shared
            .levels
            .release(waiting.count as u64, waiting.reserved);
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

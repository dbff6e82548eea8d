//! Room for pending rules, made beside the commands: on a twin of the state, which then catches up by the log and takes
//! the state's place.
//!
//! Nothing of it is logged, since nothing of it shows: where it is not done in time, the engine makes the room when the
//! rules take effect. The twin costs the memory of a second state while it is at work.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::base::time::Time;
use crate::engine::command::Command;
use crate::engine::law;
use crate::engine::state::State;
use crate::runtime::clock::Stopwatch;
use crate::runtime::decisions;
use crate::runtime::shared::Shared;
use crate::store::fault::Fault;
use crate::store::reader::{Entry, Proof, Reader};

/// Commands that may be left to catch up with while the writer waits.
const LAST_MAX: u64 = 256;

/// Makes room for the rules pending now, if they need any. Long: for a thread that nobody waits for.
pub fn make(shared: &Arc<Shared>) {
    let since = Stopwatch::start();
    match twin_takes_over(shared) {
        Ok(true) => {
            let ms = since.elapsed().as_millis();
            tracing::info!(ms, "room has been made for the pending network");
        }
        Ok(false) => tracing::warn!("the pending network gets its room when it takes effect"),
        Err(fault) => tracing::warn!(%fault, "no room could be made for the pending network"),
    }
}

fn twin_takes_over(shared: &Arc<Shared>) -> Result<bool, Fault> {
    let mut twin = shared.state.write().twin();
    shared.forks.note_taken();
    law::make_room_ahead(&mut twin);
    let mut log = CatchUp::new(shared, twin.as_of_seq)?;
    let mut left_before = u64::MAX;
    loop {
        log.follow(&mut twin, shared.levels.applied_seq())?;
        let mut state = shared.state.write();
        let left = state.as_of_seq - twin.as_of_seq;
        // A writer to whom the twin comes no nearer waits for all that is left: he is caught no other way.
        if left > LAST_MAX && left < left_before / 2 {
            left_before = left;
            continue;
        }
        log.follow(&mut twin, state.as_of_seq)?;
        // The same commands, so the same state, or there is a bug; then the one that answers stays.
        let same = twin.as_of_seq == state.as_of_seq && twin.digest() == state.digest();
        if same {
            std::mem::swap(&mut *state, &mut twin);
        }
        // What is left of the twin is freed on this thread, without the lock.
        drop(state);
        return Ok(same);
    }
}

/// A reader of the log that executes what it reads.
struct CatchUp {
    shared: Arc<Shared>,
    reader: Reader,
    /// Commands read and not executed yet, with the stamps of their batches; the first follows the state.
    read: VecDeque<(Time, Command)>,
    next_seq: u64,
}

impl CatchUp {
    fn new(shared: &Arc<Shared>, done: u64) -> Result<CatchUp, Fault> {
        Ok(CatchUp {
            shared: Arc::clone(shared),
            reader: Reader::new(&shared.files, done + 1, Proof::Frames)?,
            read: VecDeque::new(),
            next_seq: done + 1,
        })
    }

    /// Executes everything up to a command that has been applied elsewhere, and so is in the log.
    fn follow(&mut self, state: &mut State, upto: u64) -> Result<(), Fault> {
        while state.as_of_seq < upto {
            if self.read.is_empty() && !self.read_on()? {
                break;
            }
            let Some(&(stamp, _)) = self.read.front() else {
                continue;
            };
            let most = usize::try_from(upto - state.as_of_seq).unwrap_or(usize::MAX);
            let together = self.read.iter().take(most);
            let count = together.take_while(|(other, _)| *other == stamp).count();
            let commands: Vec<Command> = self.read.drain(..count).map(|(_, one)| one).collect();
            let (mut outcomes, mut digests) = (Vec::new(), Vec::new());
            decisions::decide(state, stamp, &commands, &mut outcomes, &mut digests);
        }
        Ok(())
    }

    /// Reads the next batch; false at the end of the log.
    fn read_on(&mut self) -> Result<bool, Fault> {
        let batch = match self.reader.next()? {
            None => return Ok(false),
            Some(Entry::Outcomes(_)) => return Ok(true),
            Some(Entry::Batch(batch)) => batch,
        };
        let stamp = batch.header.time;
        for (seq, bytes) in (batch.header.first_seq..).zip(batch.iter()) {
            if seq != self.next_seq {
                continue;
            }
            let command = Command::decode(bytes).map_err(|_| {
                let reason = format!("what was logged as {seq} cannot be read");
                Fault::damaged(&self.shared.files.directory.log(), 0, reason)
            })?;
            self.read.push_back((stamp, command));
            self.next_seq += 1;
        }
        Ok(true)
    }
}

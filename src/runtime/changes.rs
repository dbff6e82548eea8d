//! The feed of accepted commands, read back from the log.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::base::time::Time;
use crate::engine::command::Command;
use crate::engine::outcome::Accepted;
use crate::engine::state::State;
use crate::runtime::decisions;
use crate::store::fault::Fault;
use crate::store::files::Files;
use crate::store::outcomes::Outcomes;
use crate::store::reader::{Entry, Proof, Reader};
use crate::view::changes::{self, Event};

/// One accepted command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its sequence in the log; rejected commands leave gaps.
    pub seq: u64,
    /// Stamp of the batch that carried it.
    pub received: Time,
    /// The command.
    pub command: Command,
    /// What followed from it.
    pub accepted: Accepted,
}

impl Change {
    /// The change as events, as clients are told; none before there is a network.
    #[must_use]
    pub fn events(&self, state: &State) -> Vec<Event> {
        let Some(rules) = state.rules_at(self.seq) else {
            return Vec::new();
        };
        let id_of = |member| state.members.id(member).to_string();
        changes::events(
            self.seq,
            self.received,
            &self.command,
            &self.accepted,
            rules,
            &id_of,
        )
    }
}

/// Why changes cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangesError {
    /// They have been trimmed away.
    Trimmed {
        /// The oldest sequence still held.
        oldest_seq: u64,
    },
    /// The log cannot be read.
    Fault(Fault),
}

impl From<Fault> for ChangesError {
    fn from(fault: Fault) -> ChangesError {
        match fault {
            Fault::Trimmed { oldest_seq } => ChangesError::Trimmed { oldest_seq },
            fault => ChangesError::Fault(fault),
        }
    }
}

/// Accepted commands after a sequence, oldest first, at most `limit`: those whose decisions have reached the log.
///
/// # Errors
/// See [`ChangesError`].
pub fn read(files: &Arc<Files>, after: u64, limit: usize) -> Result<Vec<Change>, ChangesError> {
    let mut reader = Reader::new(files, after + 1, Proof::Frames)?;
    let mut joiner = Joiner {
        files,
        after,
        limit,
        undecided: VecDeque::new(),
        changes: Vec::new(),
    };
    while joiner.changes.len() < limit {
        match reader.next()? {
            None => break,
            Some(Entry::Outcomes(outcomes)) => joiner.decide(&outcomes)?,
            Some(Entry::Batch(batch)) => {
                let seqs = batch.header.first_seq..;
                let commands = seqs.zip(batch.iter()).filter(|(seq, _)| *seq > after);
                let received = batch.header.time;
                joiner
                    .undecided
                    .extend(commands.map(|(seq, command)| (seq, received, command.to_vec())));
            }
        }
    }
    Ok(joiner.changes)
}

/// Brings commands and the decisions on them together; decisions always come later.
struct Joiner<'a> {
    files: &'a Files,
    after: u64,
    limit: usize,
    undecided: VecDeque<(u64, Time, Vec<u8>)>,
    changes: Vec<Change>,
}

impl Joiner<'_> {
    fn decide(&mut self, outcomes: &Outcomes<'_>) -> Result<(), Fault> {
        let (first_seq, count) = (outcomes.first_seq, outcomes.count as usize);
        if first_seq + count as u64 <= self.after + 1 {
            return Ok(());
        }
        let unreadable = |seq: u64| {
            let reason = format!("what was logged as {seq} cannot be read");
            Fault::damaged(&self.files.directory.log(), 0, reason)
        };
        let decided = decisions::decode(first_seq, count, outcomes.bytes)
            .map_err(|_| unreadable(first_seq))?;
        for (seq, outcome) in (first_seq..).zip(decided.outcomes) {
            let Some((_, received, bytes)) = self.undecided.pop_front_if(|(next, ..)| *next == seq)
            else {
                continue;
            };
            let Ok(accepted) = outcome else { continue };
            if self.changes.len() == self.limit {
                break;
            }
            self.changes.push(Change {
                seq,
                received,
                command: Command::decode(&bytes).map_err(|_| unreadable(seq))?,
                accepted,
            });
        }
        Ok(())
    }
}

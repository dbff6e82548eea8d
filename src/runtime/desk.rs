//! The desk: all that is needed to log a group, so that one thread at a time does, whichever it is.
//!
//! Mostly it is the log thread, which gathers what is queued. On an idle machine it is the thread that has a command:
//! waking another one, and being woken by it, would cost more than the disk does.

use std::sync::Arc;

use crossbeam::channel::{Receiver, Sender};
use parking_lot::Mutex;

use crate::base::time::Time;
use crate::engine::command::Command;
use crate::runtime::applier::Applier;
use crate::runtime::clock::{self, Stopwatch};
use crate::runtime::shared::{Decided, Entry, Group, Reply, Shared, Waiting};
use crate::runtime::submission::Refused;
use crate::store::fault::Fault;
use crate::store::log::Log;
use crate::store::order::{Order, Standing};
use crate::store::outcomes::Outcomes;

/// Groups smaller than this are applied by whoever logs them when nothing else is being applied.
const SMALL: usize = 64;

/// The desk and its lock; it is taken away when writing ends.
pub type Place = Mutex<Option<Desk>>;

/// What whoever logs and applies must have.
pub struct Desk {
    /// The log.
    pub log: Log,
    /// What all threads see.
    pub shared: Arc<Shared>,
    /// The way to the apply thread; none once it has been told to end.
    pub groups: Option<Sender<Group>>,
    /// The way back.
    pub decided: Receiver<Decided>,
    /// For groups that are applied here.
    pub applier: Applier,
    /// The last stamp.
    pub stamp: Time,
    /// Sequence of the last command handed on.
    pub sent_seq: u64,
    /// Sequence of the last command whose decision is in the log.
    pub kept_seq: u64,
    /// Since the last command was made durable.
    pub since_commit: Stopwatch,
    /// Why writing has ended, if a thread other than the log's found out.
    pub fault: Option<Fault>,
}

impl Desk {
    /// A group with nothing in it.
    #[must_use]
    pub fn empty_group(&self) -> Group {
        Group {
            first_seq: self.log.next_seq(),
            stamp: self.stamp,
            parts: Vec::new(),
            waiting: Vec::new(),
        }
    }

    /// Whether a submission may be written by whoever has it: it is small, and nothing before it is under way.
    #[must_use]
    pub fn takes_now(&self, entry: &Entry) -> bool {
        let idle = self.fault.is_none() && self.sent_seq == self.kept_seq;
        idle && entry.commands.len() < SMALL
    }

    /// Logs and applies one submission; whether the log thread must look what has become of it.
    pub fn write_now(&mut self, entry: Entry) -> bool {
        let levels = &self.shared.levels;
        let before = (levels.next_timer(), levels.due());
        let mut group = self.empty_group();
        let bytes = group.take(entry);
        let written = self
            .log_group(group, &[bytes])
            .and_then(|()| self.log.write_outcomes());
        self.fault = written.err();
        let levels = &self.shared.levels;
        self.fault.is_some() || (levels.next_timer(), levels.due()) != before
    }

    /// The order of durability, and its only place: log, confirm, and only then apply and answer.
    ///
    /// # Errors
    /// If the disk refuses: everybody in the group has been told then that its outcome is unknown.
    pub fn log_group(&mut self, mut group: Group, parts: &[Vec<u8>]) -> Result<(), Fault> {
        self.stamp = self.stamp.max(clock::now());
        group.stamp = self.stamp;
        let count = group.count();
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        let kept = self.kept_seq;
        let confirmed = match self.log.submit(self.stamp, count as u32, &parts) {
            Ok(first_seq) => {
                group.first_seq = first_seq;
                self.log.confirm()
            }
            Err(fault) => Standing::Unknown(fault),
        };
        match confirmed {
            Standing::Confirmed { seq } => {
                self.shared.levels.set_confirmed(seq);
                self.shared.levels.set_told(kept);
            }
            Standing::Unknown(fault) => {
                self.shared.levels.set_poisoned();
                for waiting in group.waiting {
                    refuse(waiting.reply, Refused::OutcomeUnknown);
                }
                return Err(fault);
            }
        }
        self.since_commit = Stopwatch::start();
        // Decisions go into the log in the order of their commands, so this thread may only decide itself when those
        // of everything before are kept; that it is applied is not enough.
        self.keep_decisions()?;
        let idle = self.kept_seq == self.sent_seq;
        self.sent_seq = group.first_seq + count as u64 - 1;
        if idle && count < SMALL {
            let decided = self.applier.apply(group, || true);
            return self.append_decisions(&decided);
        }
        // The apply thread ends only by a bug, and then the process ends.
        if let Some(groups) = &self.groups {
            drop(groups.send(group));
        }
        Ok(())
    }

    /// Takes decisions from the apply thread over into the log.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn keep_decisions(&mut self) -> Result<(), Fault> {
        while let Ok(decided) = self.decided.try_recv() {
            self.append_decisions(&decided)?;
        }
        Ok(())
    }

    fn append_decisions(&mut self, decided: &Decided) -> Result<(), Fault> {
        self.kept_seq = decided.first_seq + u64::from(decided.count) - 1;
        self.log.append_outcomes(&Outcomes {
            first_seq: decided.first_seq,
            count: decided.count,
            bytes: &decided.bytes,
        })
    }

    /// Tells the log's readers that what stands above the durable mark is durable, by an empty batch.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn mark(&mut self) -> Result<(), Fault> {
        self.log.sync()?;
        self.shared.levels.set_told(self.kept_seq);
        self.log.append(self.stamp, 0, &[])?;
        self.log.sync()
    }
}

impl Group {
    /// Takes a submission in and gives its bytes.
    pub fn take(&mut self, entry: Entry) -> Vec<u8> {
        self.waiting.push(Waiting {
            count: entry.commands.len(),
            reserved: entry.reserved,
            reply: entry.reply,
        });
        self.add(entry.commands);
        entry.bytes
    }

    /// How many commands.
    #[must_use]
    pub fn count(&self) -> usize {
        self.parts.iter().map(Vec::len).sum()
    }

    /// Takes commands in: a few are moved behind those before, many stay the list they came as.
    pub fn add(&mut self, commands: Vec<Command>) {
        match self.parts.last_mut() {
            Some(last) if commands.len() < SMALL => last.extend(commands),
            _ => self.parts.push(commands),
        }
    }
}

/// Answers a submission that has no receipts.
pub fn refuse(reply: Reply, refused: Refused) {
    // Whoever asked may have gone away.
    drop(reply.send(Err(refused)));
}

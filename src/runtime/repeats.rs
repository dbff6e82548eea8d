//! An id seen again: reads the command that used it first, and gives its receipt again or names what differs.
//!
//! Runs on a thread of its own, since it reads the log and the writer must not wait for that.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam::channel::{Sender, unbounded};

use crate::engine::command::{Command, Verb};
use crate::engine::outcome::Accepted;
use crate::runtime::decisions;
use crate::runtime::difference::difference;
use crate::runtime::shared::Reply;
use crate::runtime::submission::{Receipt, Receipts, Refusal, Refused};
use crate::store::fault::Fault;
use crate::store::files::Files;
use crate::store::reader::{Entry, Proof, Reader};

/// What differs where commands were told together that had not been, or with others.
pub const TOGETHER: &str = "commands";

/// Receipts of one submission in which some ids were seen before.
pub struct Job {
    /// All receipts; those of repeated ids are still to be judged.
    pub receipts: Receipts,
    /// Which of the receipts told, the sequence that used the id first, and the command that used it now.
    pub repeated: Vec<(usize, u64, Command)>,
    /// Who waits.
    pub reply: Reply,
}

/// The way to the thread. It ends when the last clone is gone.
#[derive(Clone)]
pub struct Repeats {
    // Not bounded here: what is in it was let in by the queue, and whoever waits for it sends no more.
    queue: Sender<Job>,
}

impl Repeats {
    /// Starts the thread.
    ///
    /// # Errors
    /// If the operating system gives none.
    pub fn start(files: Arc<Files>) -> std::io::Result<(Repeats, JoinHandle<()>)> {
        let (queue, jobs) = unbounded::<Job>();
        let thread = std::thread::Builder::new()
            .name("repeats".into())
            .spawn(move || {
                for mut job in jobs {
                    let answer = judge(&files, job.receipts.told_mut(), job.repeated)
                        .map(|()| job.receipts)
                        .map_err(|fault| {
                            tracing::error!(%fault, "cannot read what an id was used for first");
                            Refused::OutcomeUnknown
                        });
                    // Whoever asked may have gone away.
                    drop(job.reply.send(answer));
                }
            })?;
        Ok((Repeats { queue }, thread))
    }

    /// Judges a submission and answers it, later.
    pub fn resolve(&self, job: Job) {
        // The thread lives as long as the queue; a send fails only when it has died of a bug, and the reply with it.
        drop(self.queue.send(job));
    }
}

/// Completes the receipts of repeated ids. Costs one pass over at most 256 KiB of the log for each, or less where they
/// were used close together.
///
/// # Errors
/// If the log cannot be read.
pub fn judge(
    files: &Arc<Files>,
    receipts: &mut [Receipt],
    mut repeated: Vec<(usize, u64, Command)>,
) -> Result<(), Fault> {
    repeated.sort_by_key(|(_, first_seq, _)| *first_seq);
    let mut logged = Logged::default();
    for (index, first_seq, command) in repeated {
        let receipt = &mut receipts[index];
        let Some((first, part)) = logged.find(files, first_seq, &command)? else {
            // Told alone before and together with others now: the request is another one.
            receipt.outcome = Err(Refusal::IdReused {
                first_seq,
                field: TOGETHER,
            });
            continue;
        };
        if let Some(field) = difference(&first, &command) {
            receipt.outcome = Err(Refusal::IdReused { first_seq, field });
            continue;
        }
        let accepted = match command.verb {
            Verb::Enrol(_) | Verb::Update(_) | Verb::Place(_) | Verb::Move(_) | Verb::Atomic(_) => {
                accepted_at(files, first_seq, part)?
            }
            _ => Accepted::default(),
        };
        *receipt = Receipt {
            seq: first_seq,
            repeated: true,
            outcome: Ok(accepted),
        };
    }
    Ok(())
}

/// Commands read from the log, in ascending order of their sequences.
#[derive(Default)]
struct Logged {
    reader: Option<Reader>,
    first_seq: u64,
    commands: Vec<Vec<u8>>,
}

impl Logged {
    /// The command logged as `seq` where `like` is of its kind, or the part of it that uses the id of `like` in the same
    /// space of ids, and which part that is.
    fn find(
        &mut self,
        files: &Arc<Files>,
        seq: u64,
        like: &Command,
    ) -> Result<Option<(Command, Option<u16>)>, Fault> {
        if seq < self.first_seq || seq >= self.first_seq + self.commands.len() as u64 {
            self.turn_to(files, seq)?;
        }
        let bytes = &self.commands[(seq - self.first_seq) as usize];
        let command = Command::decode(bytes).map_err(|_| unreadable(files, seq))?;
        Ok(match (command.verb, &like.verb) {
            (verb @ Verb::Atomic(_), Verb::Atomic(_)) => Some((Command { verb, ..command }, None)),
            (Verb::Atomic(parts), _) => (0..)
                .zip(parts)
                .find(|(_, part)| same_space(part, like) && part.id == like.id)
                .map(|(index, part)| (part, Some(index))),
            (_, Verb::Atomic(_)) => None,
            (verb, _) => Some((Command { verb, ..command }, None)),
        })
    }

    /// Reads on to the batch that holds `seq`, or begins anew where that is nearer.
    fn turn_to(&mut self, files: &Arc<Files>, seq: u64) -> Result<(), Fault> {
        /// Sequences over which reading on is no dearer than finding the place anew.
        const NEAR: u64 = 4_096;
        let near = self.first_seq <= seq && seq < self.first_seq + NEAR;
        let mut reader = match self.reader.take().filter(|_| near) {
            Some(reader) => reader,
            None => Reader::new(files, seq, Proof::Frames)?,
        };
        loop {
            match reader.next()? {
                Some(Entry::Batch(batch)) if batch.next_seq() > seq => {
                    self.first_seq = batch.header.first_seq;
                    self.commands = batch.iter().map(<[u8]>::to_vec).collect();
                    self.reader = Some(reader);
                    return Ok(());
                }
                Some(_) => {}
                None => return Err(unreadable(files, seq)),
            }
        }
    }
}

fn same_space(one: &Command, other: &Command) -> bool {
    let space = |command: &Command| match command.verb {
        Verb::Enrol(_) => 0,
        Verb::Order(_) => 1,
        _ => 2,
    };
    space(one) == space(other)
}

/// What followed from the command logged as `seq`, or from one part of it; waits for the decisions to reach the log,
/// which takes a moment.
fn accepted_at(files: &Arc<Files>, seq: u64, part: Option<u16>) -> Result<Accepted, Fault> {
    const TRIES: u32 = 2_000;
    let mut reader = Reader::new(files, seq, Proof::Frames)?;
    for _ in 0..TRIES {
        while let Some(entry) = reader.next()? {
            let Entry::Outcomes(outcomes) = entry else {
                continue;
            };
            let (first_seq, count) = (outcomes.first_seq, outcomes.count as usize);
            if seq < first_seq || seq >= first_seq + count as u64 {
                continue;
            }
            let decided = decisions::decode(first_seq, count, outcomes.bytes)
                .map_err(|_| unreadable(files, seq))?;
            let outcome = &decided.outcomes[(seq - first_seq) as usize];
            let mut accepted = outcome.clone().unwrap_or_default();
            if let Some(part) = part {
                accepted.choices.retain(|choice| choice.part == part);
                for choice in &mut accepted.choices {
                    choice.part = 0;
                }
            }
            return Ok(accepted);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Err(unreadable(files, seq))
}

fn unreadable(files: &Files, seq: u64) -> Fault {
    let reason = format!("what was logged as {seq} cannot be read");
    Fault::damaged(&files.directory.log(), 0, reason)
}

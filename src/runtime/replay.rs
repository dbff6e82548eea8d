//! From the log to the state: decode and execute, and compare every decision with what the log tells.
//!
//! One thread reads, proves and decodes; the caller's executes. Batches that carry the same stamp, or whose stamp does
//! not matter, are executed together: where a group was cut never shows.

use std::collections::VecDeque;
use std::sync::Arc;

use crossbeam::channel::{Receiver, Sender, bounded, unbounded};

use crate::base::planted::{Planted, planted};
use crate::base::time::Time;
use crate::engine::command::Command;
use crate::engine::outcome::Outcome;
use crate::engine::rules::ClockMode;
use crate::engine::state::State;
use crate::runtime::decisions::{self, DIGEST_EVERY, digests_in};
use crate::runtime::settings::StartError;
use crate::runtime::shared::Decided;
use crate::store::fault::Fault;
use crate::store::files::Files;
use crate::store::reader::{Entry, Proof, Reader};

/// Commands executed together at most.
const TOGETHER: usize = 4_096;
/// Batches decoded ahead.
const AHEAD: usize = 16;

/// What a replay came to.
pub struct Replayed {
    /// The state.
    pub state: State,
    /// Stamp of the last batch.
    pub stamp: Time,
    /// Decisions on the last commands, where the log does not tell them: a crash took them.
    pub untold: Vec<Decided>,
}

/// What a replay begins with.
pub struct Beginning {
    /// The state after some command, or before the first.
    pub state: State,
    /// Stamp of the batch that held it.
    pub stamp: Time,
}

impl Default for Beginning {
    fn default() -> Beginning {
        Beginning {
            state: State::new(),
            stamp: Time::MIN,
        }
    }
}

/// Replays a log from what a state does not hold yet to its end.
///
/// # Errors
/// Damage by file and byte; a command that cannot be read, or the first difference from what the log tells, by
/// sequence.
pub fn replay(files: &Arc<Files>, beginning: Beginning) -> Result<Replayed, StartError> {
    let held = beginning.state.as_of_seq;
    let held = held.saturating_sub(u64::from(planted(Planted::ReplayedTwice)));
    let reader = Reader::new(files, held + 1, Proof::Chain)?;
    let (send, receive) = bounded(AHEAD);
    let (spent, back) = unbounded();
    std::thread::scope(|scope| {
        scope.spawn(move || read(reader, held, &send, &back));
        // Dropped at the first difference, so that the reading thread does not wait for ever.
        let receive: Receiver<_> = receive;
        let mut replay = Replay::new(beginning, spent);
        for item in &receive {
            replay.take(item?)?;
        }
        replay.finish()
    })
}

enum Item {
    Batch(Time, Vec<Command>),
    Told(Decided),
}

/// Reads and decodes what comes after the command `held`, until the end, a fault, or until nobody listens any more.
fn read(
    mut reader: Reader,
    held: u64,
    to: &Sender<Result<Item, StartError>>,
    spent: &Receiver<Vec<Command>>,
) {
    loop {
        // Commands are given back to the thread that made them: memory is freed cheapest there, and the executing
        // thread is the one that has no time.
        spent.try_iter().for_each(drop);
        let item = match reader.next() {
            Ok(None) => return,
            Err(fault) => Err(StartError::Fault(fault)),
            Ok(Some(Entry::Outcomes(told))) => {
                let told = Decided {
                    first_seq: told.first_seq,
                    count: told.count,
                    bytes: told.bytes.to_vec(),
                };
                match after(told, held) {
                    None => continue,
                    Some(told) => told.map(Item::Told),
                }
            }
            Ok(Some(Entry::Batch(batch))) => {
                let first_seq = batch.header.first_seq;
                let later = (first_seq..)
                    .zip(batch.iter())
                    .filter(|(seq, _)| *seq > held);
                let commands = later.map(|(seq, bytes)| {
                    Command::decode(bytes).map_err(|_| StartError::Unreadable { seq })
                });
                let commands: Result<Vec<_>, _> = commands.collect();
                commands.map(|commands| Item::Batch(batch.header.time, commands))
            }
        };
        let failed = item.is_err();
        if to.send(item).is_err() || failed {
            return;
        }
    }
}

/// What the log tells of commands after `held`; none where it tells nothing of them.
fn after(told: Decided, held: u64) -> Option<Result<Decided, StartError>> {
    let (first_seq, count) = (told.first_seq, u64::from(told.count));
    if first_seq > held || count == 0 {
        return Some(Ok(told));
    }
    let left = (first_seq + count - 1)
        .checked_sub(held)
        .filter(|&left| left > 0)?;
    let Ok(all) = decisions::decode(first_seq, count as usize, &told.bytes) else {
        return Some(Err(unreadable(first_seq)));
    };
    let outcomes = &all.outcomes[(count - left) as usize..];
    let digests = digests_in(held + 1, left as usize);
    let digests = &all.digests[all.digests.len() - digests..];
    let mut bytes = Vec::new();
    decisions::encode(outcomes, digests, &mut bytes);
    Some(Ok(Decided {
        first_seq: held + 1,
        count: left as u32,
        bytes,
    }))
}

/// How many outcomes and digests have been compared.
#[derive(Default)]
struct Compared {
    outcomes: usize,
    digests: usize,
}

struct Replay {
    state: State,
    stamp: Time,
    /// Commands not executed yet; the first has the sequence after the state's.
    commands: Vec<Command>,
    /// Outcomes, and the digests between them; the first not compared yet belongs to `next_told`.
    outcomes: Vec<Outcome>,
    digests: Vec<u64>,
    compared: Compared,
    next_told: u64,
    /// What the log tells of commands not executed yet.
    told: VecDeque<Decided>,
    /// Where executed commands go.
    spent: Sender<Vec<Command>>,
}

impl Replay {
    fn new(Beginning { state, stamp }: Beginning, spent: Sender<Vec<Command>>) -> Replay {
        Replay {
            next_told: state.as_of_seq + 1,
            state,
            stamp,
            commands: Vec::new(),
            outcomes: Vec::new(),
            digests: Vec::new(),
            compared: Compared::default(),
            told: VecDeque::new(),
            spent,
        }
    }

    fn take(&mut self, item: Item) -> Result<(), StartError> {
        match item {
            Item::Told(told) => {
                self.told.push_back(told);
                Ok(())
            }
            Item::Batch(stamp, commands) => {
                let events = self
                    .state
                    .rules
                    .as_ref()
                    .is_some_and(|rules| rules.clock == ClockMode::Events);
                if self.commands.len() + commands.len() > TOGETHER || stamp != self.stamp && !events
                {
                    self.execute()?;
                }
                self.stamp = self.stamp.max(stamp);
                match self.commands.is_empty() {
                    true => self.commands = commands,
                    false => self.commands.extend(commands),
                }
                Ok(())
            }
        }
    }

    /// Executes what has gathered, and compares what the log tells of it.
    fn execute(&mut self) -> Result<(), StartError> {
        decisions::decide(
            &mut self.state,
            self.stamp,
            &self.commands,
            &mut self.outcomes,
            &mut self.digests,
        );
        // Nobody takes them any more once all has been read.
        drop(self.spent.send(std::mem::take(&mut self.commands)));
        while let Some(told) = self.told.pop_front() {
            self.compare(&told)?;
        }
        let Compared { outcomes, digests } = std::mem::take(&mut self.compared);
        self.outcomes.drain(..outcomes);
        self.digests.drain(..digests);
        Ok(())
    }

    fn compare(&mut self, told: &Decided) -> Result<(), StartError> {
        let count = told.count as usize;
        if told.first_seq != self.next_told || count > self.outcomes.len() - self.compared.outcomes
        {
            return Err(StartError::Differs {
                seq: self.next_told,
                what: format!(
                    "the log tells next of {} and {count} commands",
                    told.first_seq
                ),
            });
        }
        let ours = self.decide(count);
        if ours.bytes == told.bytes || planted(Planted::DecisionsUncompared) {
            return Ok(());
        }
        Err(first_difference(told, &ours))
    }

    /// Takes the next `count` outcomes, with the digests between them, in the log's own bytes.
    fn decide(&mut self, count: usize) -> Decided {
        let (first_seq, from) = (self.next_told, &self.compared);
        let to = Compared {
            outcomes: from.outcomes + count,
            digests: from.digests + digests_in(first_seq, count),
        };
        let mut bytes = Vec::new();
        decisions::encode(
            &self.outcomes[from.outcomes..to.outcomes],
            &self.digests[from.digests..to.digests],
            &mut bytes,
        );
        self.compared = to;
        self.next_told += count as u64;
        Decided {
            first_seq,
            count: count as u32,
            bytes,
        }
    }

    fn finish(mut self) -> Result<Replayed, StartError> {
        self.execute()?;
        let mut untold = Vec::new();
        while self.compared.outcomes < self.outcomes.len() {
            let left = self.outcomes.len() - self.compared.outcomes;
            untold.push(self.decide(left.min(TOGETHER)));
        }
        Ok(Replayed {
            state: self.state,
            stamp: self.stamp,
            untold,
        })
    }
}

/// Decisions from a command on that are no decisions.
fn unreadable(first_seq: u64) -> StartError {
    StartError::Differs {
        seq: first_seq,
        what: "the log's decisions cannot be read".to_owned(),
    }
}

/// Names the first decision that differs.
fn first_difference(told: &Decided, ours: &Decided) -> StartError {
    let (first_seq, count) = (told.first_seq, told.count as usize);
    let differs = |seq, what| StartError::Differs { seq, what };
    let Ok(theirs) = decisions::decode(first_seq, count, &told.bytes) else {
        return unreadable(first_seq);
    };
    let ours = decisions::decode(first_seq, count, &ours.bytes)
        .expect("what was just encoded can be read");
    let mut pairs = (first_seq..).zip(theirs.outcomes.iter().zip(&ours.outcomes));
    if let Some((seq, (theirs, ours))) = pairs.find(|(_, (theirs, ours))| theirs != ours) {
        return differs(seq, format!("the log tells {theirs:?}, replay {ours:?}"));
    }
    let mut digests = theirs.digests.iter().zip(&ours.digests);
    let place = digests
        .position(|(theirs, ours)| theirs != ours)
        .unwrap_or(0) as u64;
    let seq = ((first_seq - 1) / DIGEST_EVERY + 1 + place) * DIGEST_EVERY;
    differs(seq, "the digest of the state".to_owned())
}

/// Reads nothing but proves all: whether every frame, batch and link of a log holds. O(log).
///
/// # Errors
/// Damage by file and byte.
pub fn prove(files: &Arc<Files>) -> Result<u64, Fault> {
    let mut reader = Reader::new(files, files.oldest_seq(), Proof::Chain)?;
    let mut batches = 0;
    while let Some(entry) = reader.next()? {
        batches += u64::from(matches!(entry, Entry::Batch(_)));
    }
    Ok(batches)
}

//! A history of batches, and the set of outcomes that a log may show after any mishap.

use std::path::Path;
use std::sync::Arc;

use arborline::base::time::Time;
use arborline::store::batch::put_command;
use arborline::store::directory::Directory;
use arborline::store::disk::Disk;
use arborline::store::fault::Fault;
use arborline::store::files::Files;
use arborline::store::log::Log;
use arborline::store::options::{Durability, Options};
use arborline::store::outcomes::Outcomes;
use arborline::store::prepare::When;
use arborline::store::reader::{Entry, Proof, Reader};

use crate::chance::Chance;

/// A directory on a disk, always at the same place.
pub(crate) fn directory(disk: &(impl Disk + Clone)) -> Directory {
    Directory::new(Arc::new(disk.clone()), Path::new("/data/net"))
}

/// The id of every log that is founded here.
pub(crate) const LOG_ID: [u8; 16] = [9; 16];

/// Small segments, made when they are needed, so that one seed is one run.
pub(crate) fn options() -> Options {
    Options {
        machine_version: 7,
        found: Some(LOG_ID),
        durability: Durability::Fsync,
        segments: When::Needed,
        segment_bytes: 1600,
        opening_bytes: 900,
    }
}

/// Commands with their lengths before them.
pub(crate) fn prefixed<T: AsRef<[u8]>>(commands: &[T]) -> Vec<u8> {
    let mut out = Vec::new();
    for command in commands {
        put_command(&mut out, command.as_ref());
    }
    out
}

/// What was submitted, and how much of it was confirmed.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    /// Commands by sequence, from 1.
    pub(crate) submitted: Vec<Vec<u8>>,
    /// The last confirmed sequence.
    pub(crate) confirmed: u64,
    /// Outcomes buffered so far begin with this byte for every sequence; zero for none.
    pub(crate) decided: u64,
}

impl History {
    /// Opens the log, checks that it shows what it may, and takes what it shows for confirmed.
    pub(crate) fn open(
        &mut self,
        disk: &(impl Disk + Clone),
        options: Options,
    ) -> Result<Log, Fault> {
        let (log, opened) = Log::open(&directory(disk), options)?;
        assert_eq!(opened.next_seq, log.next_seq());
        self.accept(log.files(), log.next_seq());
        Ok(log)
    }

    /// Compares what a log shows with what was submitted and confirmed.
    pub(crate) fn accept(&mut self, files: &Arc<Files>, next_seq: u64) {
        let shown = next_seq - 1;
        assert!(
            shown >= self.confirmed,
            "{shown} shown of {} confirmed",
            self.confirmed
        );
        assert!(
            shown <= self.submitted.len() as u64,
            "more than was submitted"
        );
        self.submitted.truncate(usize::try_from(shown).unwrap());
        self.confirmed = shown;
        self.decided = self.decided.min(shown);
        let read = read_all(files).expect("what an opening accepted can be read");
        let trimmed = usize::try_from(files.oldest_seq()).unwrap() - 1;
        assert_eq!(read, self.submitted[trimmed..]);
    }

    /// One process's life: opens and does `steps` things drawn by chance.
    pub(crate) fn live(
        &mut self,
        disk: &(impl Disk + Clone),
        chance: &mut Chance,
        steps: u64,
    ) -> Result<(), Fault> {
        let mut log = self.open(disk, options())?;
        for _ in 0..steps {
            self.step(&mut log, chance)?;
        }
        Ok(())
    }

    /// One thing drawn by chance.
    pub(crate) fn step(&mut self, log: &mut Log, chance: &mut Chance) -> Result<(), Fault> {
        match chance.below(12) {
            0..5 => {
                let commands: Vec<Vec<u8>> =
                    (0..chance.below(5)).map(|_| draw_command(chance)).collect();
                self.append(log, &commands)
            }
            5..8 => {
                self.confirmed = log.commit()?;
                Ok(())
            }
            8 | 9 => self.decide(log),
            _ => log.write_outcomes(),
        }
    }

    /// Buffers what was decided on all that is confirmed.
    pub(crate) fn decide(&mut self, log: &mut Log) -> Result<(), Fault> {
        let (first_seq, last_seq) = (self.decided + 1, self.confirmed);
        let bytes: Vec<u8> = (first_seq..=last_seq).map(|seq| seq as u8).collect();
        self.decided = last_seq;
        log.append_outcomes(&Outcomes {
            first_seq,
            count: bytes.len() as u32,
            bytes: &bytes,
        })
    }

    /// Appends one batch.
    pub(crate) fn append(&mut self, log: &mut Log, commands: &[Vec<u8>]) -> Result<(), Fault> {
        let first_seq = self.submitted.len() as u64 + 1;
        self.submitted.extend_from_slice(commands);
        let bytes = prefixed(commands);
        let (head, tail) = bytes.split_at(bytes.len() / 2);
        let appended = log.append(Time(first_seq as i64), commands.len() as u32, &[head, tail])?;
        assert_eq!(appended, first_seq);
        Ok(())
    }

    /// Appends one batch and confirms it.
    pub(crate) fn commit(&mut self, log: &mut Log, commands: &[Vec<u8>]) -> Result<(), Fault> {
        self.append(log, commands)?;
        self.confirmed = log.commit()?;
        Ok(())
    }
}

fn draw_command(chance: &mut Chance) -> Vec<u8> {
    let length = chance.below(60);
    (0..length).map(|_| chance.bits() as u8).collect()
}

/// All commands of a log in order; also checks that outcomes speak of commands before them, rightly.
pub(crate) fn read_all(files: &Arc<Files>) -> Result<Vec<Vec<u8>>, Fault> {
    let mut reader = Reader::new(files, files.oldest_seq(), Proof::Chain)?;
    let mut all = Vec::new();
    let mut next_seq = files.oldest_seq();
    while let Some(entry) = reader.next()? {
        match entry {
            Entry::Batch(batch) => {
                assert_eq!(batch.header.first_seq, next_seq);
                all.extend(batch.iter().map(<[u8]>::to_vec));
                next_seq = batch.next_seq();
            }
            Entry::Outcomes(outcomes) => {
                assert!(outcomes.first_seq + u64::from(outcomes.count) <= next_seq);
                for (seq, byte) in (outcomes.first_seq..).zip(outcomes.bytes) {
                    assert_eq!(seq as u8, *byte);
                }
            }
        }
    }
    Ok(all)
}

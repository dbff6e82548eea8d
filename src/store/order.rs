//! The order of commands as the log thread asks for it: small, so that several machines can stand behind it later.

use crate::base::time::Time;
use crate::store::fault::Fault;
use crate::store::log::Log;
use crate::store::reader::{Proof, Reader};

/// What is known of submitted batches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Every batch up to this sequence stays in the order for ever.
    Confirmed {
        /// The last sequence confirmed.
        seq: u64,
    },
    /// Batches above the last confirmed sequence may stay or vanish; only a new start will tell.
    Unknown(Fault),
}

/// Puts batches of commands in order and keeps them.
pub trait Order {
    /// Hands in a batch of `count` commands, each with its length before it; the sequence of its first command.
    ///
    /// # Errors
    /// A fault leaves every batch that is not confirmed unknown.
    fn submit(&mut self, stamp: Time, count: u32, parts: &[&[u8]]) -> Result<u64, Fault>;

    /// Waits until what was submitted is confirmed, or cannot be known. On one machine: until the sync returned.
    fn confirm(&mut self) -> Standing;

    /// Reads confirmed batches from the one that holds `seq` on.
    ///
    /// # Errors
    /// [`Fault::Trimmed`] when the order begins later.
    fn read_from(&self, seq: u64) -> Result<Reader, Fault>;

    /// Lets go of batches that lie wholly below `seq`.
    ///
    /// # Errors
    /// If the disk refuses.
    fn trim(&mut self, seq: u64) -> Result<(), Fault>;
}

impl Order for Log {
    fn submit(&mut self, stamp: Time, count: u32, parts: &[&[u8]]) -> Result<u64, Fault> {
        self.append(stamp, count, parts)
    }

    fn confirm(&mut self) -> Standing {
        match self.commit() {
            Ok(seq) => Standing::Confirmed { seq },
            Err(fault) => Standing::Unknown(fault),
        }
    }

    fn read_from(&self, seq: u64) -> Result<Reader, Fault> {
        Reader::new(self.files(), seq, Proof::Frames)
    }

    fn trim(&mut self, seq: u64) -> Result<(), Fault> {
        Log::trim(self, seq)
    }
}

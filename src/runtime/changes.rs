//! The feed of accepted commands, read back from the log.

use crate::base::time::Time;
use crate::engine::command::Command;
use crate::engine::outcome::Accepted;
use crate::store::fault::Fault;

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

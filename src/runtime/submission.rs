//! What goes into the pipeline and what comes back.

use crate::engine::command::Command;
use crate::engine::outcome::Accepted;
use crate::engine::rejection::Rejection;

/// Commands of one request, in order. They are logged one behind the other, though not always in one batch.
#[derive(Debug, Clone, Default)]
pub struct Submission {
    /// At most [`BATCH_COMMANDS_MAX`](crate::base::limits::BATCH_COMMANDS_MAX), and at most
    /// [`BATCH_BYTES_MAX`](crate::base::limits::BATCH_BYTES_MAX) when encoded.
    pub commands: Vec<Command>,
}

/// What became of one command; given only when it is as durable as the settings ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Its sequence; the first one's when it is repeated.
    pub seq: u64,
    /// Whether the same command was accepted before, so that this is its first receipt again.
    pub repeated: bool,
    /// Accepted, or why not.
    pub outcome: Result<Accepted, Refusal>,
}

/// Why a command was logged and yet not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A rule of the network says no.
    Rejected(Rejection),
    /// The id belongs to another command.
    IdReused {
        /// That command's sequence.
        first_seq: u64,
        /// The first field in which the two differ.
        field: &'static str,
    },
}

/// Why a submission has no receipts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The queue is full; nothing was done.
    Busy,
    /// The server is stopping; nothing was done.
    Stopping,
    /// The disk failed while the commands were written: they may have happened. The same ids, sent again after the
    /// next start, tell.
    OutcomeUnknown,
    /// The disk is nearly full; nothing was done.
    NoSpace,
    /// More commands or bytes than one submission may carry; nothing was done.
    TooLarge,
}

//! Settings of an opened log.

use crate::store::directory::LogId;
use crate::store::prepare::When;

/// What must have happened before a batch counts as confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Its bytes are on the disk.
    Fsync,
    /// The operating system has its bytes: they survive our end, not the machine's.
    Os,
}

/// How a log is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Version of the machine whose decisions the log records; a log of another version is refused.
    pub machine_version: u32,
    /// The id of a new log, if one may be founded where there is none.
    pub found: Option<LogId>,
    /// When a batch counts as confirmed.
    pub durability: Durability,
    /// When segments are made, and packed once they are sealed.
    pub segments: When,
    /// Bytes of a segment.
    pub segment_bytes: u64,
    /// Bytes of the segment that a clean stop leaves ready and an opening begins with, at most: where there is none, it is made
    /// while the caller waits. Each one after it is four times as large, up to `segment_bytes`: the next is ready before it
    /// is needed.
    pub opening_bytes: u64,
}

impl Options {
    /// A server's settings: 64 MiB segments made ahead, confirmed when on the disk.
    #[must_use]
    pub fn new(machine_version: u32) -> Options {
        Options {
            machine_version,
            found: None,
            durability: Durability::Fsync,
            segments: When::Ahead,
            segment_bytes: 64 << 20,
            opening_bytes: 1 << 20,
        }
    }

    /// Bytes of a segment that an opening finds ready, or makes.
    #[must_use]
    pub fn capacity_at_opening(&self) -> u64 {
        self.opening_bytes.min(self.segment_bytes)
    }
}

//! How the server is, for `/readyz`, `/metrics` and `/v1/status`.

use crate::base::time::Time;
use crate::runtime::snapshots::Taken;

/// One moment's figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// Whether commands are taken: caught up, disk healthy, space left, not stopping.
    pub ready: bool,
    /// Whether a fault has ended writing; the process is about to exit.
    pub poisoned: bool,
    /// Whether new commands are refused for want of disk space.
    pub no_space: bool,
    /// The last sequence applied.
    pub applied_seq: u64,
    /// Machine time.
    pub machine_time: Time,
    /// The last sequence confirmed.
    pub confirmed_seq: u64,
    /// The oldest sequence that the log still holds.
    pub oldest_seq: u64,
    /// Commands waiting to be logged.
    pub queued_commands: u64,
    /// Their bytes.
    pub queued_bytes: u64,
    /// Bytes left on the disk when last looked.
    pub free_bytes: u64,
    /// Commands replayed at this start.
    pub replayed_commands: u64,
    /// Milliseconds this start took.
    pub replay_ms: u64,
    /// Closed periods that wait to be paid, those that could not be among them.
    pub runs_due: u64,
    /// Closed periods that could not be paid.
    pub runs_failed: u64,
    /// Milliseconds that the last run took; 0 before the first of this process.
    pub last_run_ms: u64,
    /// Sequence of the last command in the last snapshot; 0 where there is none.
    pub snapshot_seq: u64,
    /// When that was written, by the wall clock.
    pub snapshot_at: Option<Time>,
    /// Seconds since then.
    pub snapshot_age: Option<u64>,
    /// Bytes written of the snapshot that is being written, and all there are; zeros while none is.
    pub snapshot_progress: (u64, u64),
    /// The last snapshot that this process wrote.
    pub snapshot: Option<Taken>,
}

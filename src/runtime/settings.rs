//! How a directory is opened, and what may go wrong with it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::base::time::Time;
use crate::engine::rules::Rules;
use crate::store::disk::Disk;
use crate::store::fault::Fault;
use crate::store::options::Durability;
use crate::store::real::RealDisk;

/// Version of the machine: raised whenever the same commands may lead to other outcomes, figures or digests.
pub const MACHINE_VERSION: u32 = 1;

/// What a new network begins with.
#[derive(Debug, Clone)]
pub struct Founding {
    /// Bytes of the network document.
    pub document: Vec<u8>,
    /// The document compiled.
    pub rules: Rules,
    /// When the network begins: machine time before anything happens, where time follows the commands. No later than
    /// the first of them, and not much earlier either, since every period in between has to pass.
    pub at: Time,
}

/// What happens when the disk fails under a running server: the process should end with its own code.
pub type OnFault = Box<dyn FnOnce(&Fault) + Send>;

/// Settings of a runtime.
pub struct Settings {
    /// The data directory.
    pub dir: PathBuf,
    /// The disk it lies on.
    pub disk: Arc<dyn Disk>,
    /// What to found, where there is no network yet; a directory that holds one is opened as it is.
    pub founding: Option<Founding>,
    /// The text of a plan document: the first one of a log that holds none yet, activated at once.
    pub plan: Option<String>,
    /// When a command counts as durable.
    pub durability: Durability,
    /// Bytes of a log segment.
    pub segment_bytes: u64,
    /// Submissions that may wait.
    pub queue_submissions: usize,
    /// Bytes of submissions that may be in flight.
    pub queue_bytes: u64,
    /// Bytes of free disk below which nothing more is taken.
    pub reserve_bytes: u64,
    /// When snapshots are taken.
    pub snapshots: SnapshotSettings,
}

/// When a snapshot is compared with its checksums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Before anything is answered from it.
    First,
    /// While reads are answered already, and before anything is written: until then a damaged page can show a wrong figure.
    Behind,
}

/// When snapshots are taken, and how many are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapshotSettings {
    /// How many are kept; 0 for none, then none are taken.
    pub kept: usize,
    /// Commands after which a running server takes the next one; 0 for never.
    pub every: u64,
    /// Bytes of the log after which it does; 0 for never.
    pub log_bytes: u64,
    /// Time after which it does, where anything came meanwhile; zero for never.
    pub after: Duration,
    /// When the one that a server begins with is checked.
    pub check: Check,
    /// Commands that one at the end must spare the next start: fewer are replayed as soon as one is written.
    pub least: u64,
}

impl Settings {
    /// The usual settings for a directory on the machine's own disk.
    #[must_use]
    pub fn new(dir: &Path) -> Settings {
        Settings {
            dir: dir.to_owned(),
            disk: Arc::new(RealDisk),
            founding: None,
            plan: None,
            durability: Durability::Fsync,
            segment_bytes: 64 << 20,
            queue_submissions: 1_024,
            queue_bytes: 64 << 20,
            reserve_bytes: 256 << 20,
            snapshots: SnapshotSettings {
                kept: 2,
                every: 10_000_000,
                log_bytes: 4 << 30,
                after: Duration::ZERO,
                check: Check::First,
                least: 10_000,
            },
        }
    }
}

/// Why a directory cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// The disk, or what it holds.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// A command in the log is not one that this machine reads, although its bytes are whole.
    #[error("command {seq} of the log cannot be read")]
    Unreadable {
        /// Its sequence.
        seq: u64,
    },
    /// Replay came to another result than the log tells.
    #[error("replay differs from the log at sequence {seq}: {what}")]
    Differs {
        /// The first sequence that differs.
        seq: u64,
        /// What the log says, and what replay says.
        what: String,
    },
    /// The rules of a new network do not hold.
    #[error("the network cannot be founded: {reason}")]
    NotFounded {
        /// Why.
        reason: String,
    },
    /// The first plan document does not hold.
    #[error("the plan document cannot be taken: {reason}")]
    PlanRefused {
        /// Why.
        reason: String,
    },
    /// The operating system gives no thread or no random bytes.
    #[error("the operating system refuses {what}")]
    System {
        /// What was asked for.
        what: String,
    },
}

//! What all threads of a runtime see, and what travels between them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use parking_lot::{RwLock, RwLockWriteGuard};
use tokio::sync::{oneshot, watch};

use crate::base::time::Time;
use crate::engine::command::Command;
use crate::engine::state::State;
use crate::runtime::forks::Forks;
use crate::runtime::heavy::Heavy;
use crate::runtime::levels::Levels;
use crate::runtime::openings::Openings;
use crate::runtime::payer::{DUE_MAX, Payer};
use crate::runtime::plans::Plans;
use crate::runtime::present::Presents;
use crate::runtime::snapshots::Snapshots;
use crate::runtime::submission::{Receipts, Refused};
use crate::runtime::sweeps::Sweeps;
use crate::store::files::Files;

/// Where an answer goes.
pub type Reply = oneshot::Sender<Result<Receipts, Refused>>;

/// A submission on its way: encoded, and with room reserved for it.
pub struct Entry {
    /// The commands.
    pub commands: Vec<Command>,
    /// The same, each with its length before it.
    pub bytes: Vec<u8>,
    /// Bytes of memory reserved.
    pub reserved: u64,
    /// Who waits.
    pub reply: Reply,
}

/// What the log thread takes from its queue.
pub enum Message {
    /// A submission.
    Entry(Entry),
    /// Look again: another thread has met a fault, or brought the next timer nearer.
    Look,
    /// Finish what is queued, and end.
    Stop,
}

/// A submission within a group.
pub struct Waiting {
    /// How many commands of the group are its own.
    pub count: usize,
    /// Bytes of memory reserved.
    pub reserved: u64,
    /// Who waits.
    pub reply: Reply,
}

/// Commands that were confirmed together.
pub struct Group {
    /// Sequence of the first.
    pub first_seq: u64,
    /// Stamp of their batch.
    pub stamp: Time,
    /// The commands, in order. Large submissions stay the lists they came as; small ones are brought together.
    pub parts: Vec<Vec<Command>>,
    /// The submissions they came in, in order; commands of the runtime itself belong to none.
    pub waiting: Vec<Waiting>,
}

/// What the engine decided on a group, on its way to the log.
pub struct Decided {
    /// Sequence of the first command.
    pub first_seq: u64,
    /// How many commands.
    pub count: u32,
    /// The decisions, encoded.
    pub bytes: Vec<u8>,
}

/// What all threads see.
pub struct Shared {
    /// The state. Readers count themselves in `readers`, so that the writer lets them in between two steps.
    pub state: RwLock<State>,
    readers: AtomicU32,
    /// The last sequence applied, for those who wait for one.
    pub applied: watch::Sender<u64>,
    /// Levels.
    pub levels: Levels,
    /// The log, to read.
    pub files: Arc<Files>,
    /// Forks for heavy reads.
    pub forks: Forks,
    /// Periods that plans were worked out for.
    pub sweeps: Sweeps,
    /// Threads for heavy reads.
    pub heavy: Heavy,
    /// Plan sets compiled.
    pub plans: Arc<Plans>,
    /// What periods begin with.
    pub openings: Openings,
    /// What readers of present figures share.
    pub presents: Presents,
    /// Held by whoever verifies.
    pub verifying: tokio::sync::Mutex<()>,
    /// What is being paid.
    pub payer: Payer,
    /// Commands replayed at this start, and the milliseconds it took.
    pub replayed: (u64, u64),
    /// Snapshots.
    pub snapshots: Snapshots,
    stamp: AtomicI64,
}

impl Shared {
    /// Shares a state that stands where the log stands.
    #[must_use]
    pub fn new(
        (state, stamp): (State, Time),
        files: Arc<Files>,
        heavy: Heavy,
        (replayed, snapshots): ((u64, u64), Snapshots),
    ) -> Arc<Shared> {
        let levels = Levels::default();
        levels.follow(&state);
        levels.set_confirmed(state.as_of_seq);
        levels.set_told(state.as_of_seq);
        let plans = Arc::new(Plans::new(Arc::clone(&files)));
        Arc::new(Shared {
            applied: watch::Sender::new(state.as_of_seq),
            state: RwLock::new(state),
            readers: AtomicU32::new(0),
            levels,
            verifying: tokio::sync::Mutex::default(),
            openings: Openings::new(Arc::clone(&files), Arc::clone(&plans)),
            plans,
            payer: Payer::default(),
            presents: Presents::default(),
            files,
            forks: Forks::default(),
            sweeps: Sweeps::default(),
            heavy,
            replayed,
            snapshots,
            stamp: AtomicI64::new(stamp.0),
        })
    }

    /// Stamp of the last batch of which something has been executed; to be asked, and told, by whoever has the state to write.
    pub fn stamp(&self) -> Time {
        Time(self.stamp.load(Ordering::Acquire))
    }

    /// Tells that stamp.
    pub fn set_stamp(&self, stamp: Time) {
        self.stamp.store(stamp.0, Ordering::Release);
    }

    /// Reads the state; the writer waits meanwhile, so it must be short.
    pub fn read<R>(&self, question: impl FnOnce(&State) -> R) -> R {
        self.readers.fetch_add(1, Ordering::Relaxed);
        let state = self.state.read();
        self.readers.fetch_sub(1, Ordering::Relaxed);
        question(&state)
    }

    /// Whether no more submissions are taken: so many closed periods wait to be paid, or the snapshot that this start began
    /// with is still being checked. What cannot be paid holds nobody up.
    pub fn held_up(&self) -> bool {
        if self.levels.checking() {
            return true;
        }
        let blocked = self.payer.blocked();
        let mut due = self.levels.due().into_iter().enumerate();
        due.any(|(of, due)| due as usize > DUE_MAX && blocked >> of & 1 == 0)
    }

    /// Ends a step of the writer: readers that are waiting come in before the next one.
    ///
    /// A lock that is given back and taken again at once starves readers. So those that have gone to sleep are given
    /// the lock itself, and those that are awake a moment to take it.
    pub fn let_readers_in(&self, state: RwLockWriteGuard<'_, State>) {
        const SPINS: u32 = 400;
        if self.readers.load(Ordering::Relaxed) == 0 {
            return;
        }
        RwLockWriteGuard::unlock_fair(state);
        for _ in 0..SPINS {
            if self.readers.load(Ordering::Relaxed) == 0 {
                break;
            }
            std::hint::spin_loop();
        }
    }
}

/// Whoever panics while he holds this ends the process: half a pipeline must not go on.
pub struct EndOnPanic;

impl Drop for EndOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            std::process::abort();
        }
    }
}

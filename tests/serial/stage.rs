//! Where clients and nemesis meet: the address of the living server, one clock, what has been reached, and the end.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// How long a whole run may take, times the scale; about ten times of what it takes.
const RUN: Duration = Duration::from_secs(900);
/// How often it is looked whether what is waited for is there.
const LOOK: Duration = Duration::from_millis(1);

/// Shared by all threads of a run.
pub(super) struct Stage {
    ticks: AtomicU64,
    /// Facts acknowledged for the first time.
    pub(super) acknowledged: AtomicU64,
    /// The greatest sequence that anybody was told.
    pub(super) greatest: AtomicU64,
    /// Answers that the disk has no room.
    pub(super) no_space: AtomicU64,
    /// Snapshots asked for and not yet begun, and snapshots written.
    pub(super) wanted: AtomicU64,
    pub(super) snapshots: AtomicU64,
    address: Mutex<Option<String>>,
    over: AtomicBool,
    failure: Mutex<Option<String>>,
    since: Instant,
}

impl Default for Stage {
    fn default() -> Stage {
        Stage {
            ticks: AtomicU64::new(1),
            acknowledged: AtomicU64::default(),
            greatest: AtomicU64::default(),
            no_space: AtomicU64::default(),
            wanted: AtomicU64::default(),
            snapshots: AtomicU64::default(),
            address: Mutex::default(),
            over: AtomicBool::default(),
            failure: Mutex::default(),
            since: Instant::now(),
        }
    }
}

/// Ends the run when it goes; with a panic, as a failure.
pub(super) struct Over<'s>(&'s Stage);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fail("a thread of the run has panicked");
        }
        self.0.set_over();
    }
}

impl Stage {
    /// A moment of the run's own clock: later than every moment before, on whichever thread.
    pub(super) fn tick(&self) -> u64 {
        self.ticks.fetch_add(1, Ordering::SeqCst)
    }

    /// Where the server is, if one serves.
    pub(super) fn address(&self) -> Option<String> {
        self.address.lock().clone()
    }

    pub(super) fn set_address(&self, address: Option<String>) {
        *self.address.lock() = address;
    }

    /// Whether everybody is to end.
    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    pub(super) fn set_over(&self) {
        self.over.store(true, Ordering::SeqCst);
    }

    /// Ends the run as failed; the first reason counts.
    pub(super) fn fail(&self, why: &str) {
        self.failure.lock().get_or_insert_with(|| why.to_owned());
        self.set_over();
    }

    /// Sets the run over when it goes.
    pub(super) fn over_at_the_end(&self) -> Over<'_> {
        Over(self)
    }

    /// Waits until something holds.
    ///
    /// # Panics
    /// If it takes too long, or the run has failed meanwhile.
    pub(super) fn until(&self, what: &str, most: Duration, mut holds: impl FnMut() -> bool) {
        let since = Instant::now();
        while !holds() {
            let failure = self.failure.lock().clone();
            assert!(failure.is_none(), "while waiting for {what}: {failure:?}");
            assert!(since.elapsed() < most, "{what}: not within {most:?}");
            let all = RUN * u32::try_from(crate::chance::scale()).expect("a small scale");
            assert!(self.since.elapsed() < all, "the run takes over {all:?}");
            std::thread::sleep(LOOK);
        }
    }
}

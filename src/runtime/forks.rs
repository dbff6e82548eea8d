//! One fork of the state for all heavy readers, at most a second old: a fork makes the writer copy every page once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::{Mutex, RwLock};

use crate::engine::state::State;
use crate::runtime::clock::Stopwatch;

/// How old the shared fork may be.
const AGE_MAX: Duration = Duration::from_secs(1);

/// The shared fork.
#[derive(Default)]
pub struct Forks {
    last: Mutex<Option<(Stopwatch, Arc<State>)>>,
    taken: AtomicU64,
}

impl Forks {
    /// How many forks have been taken: after each, the writer goes in small steps for a while.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// Counts a fork that was taken elsewhere.
    pub fn note_taken(&self) {
        self.taken.fetch_add(1, Ordering::Relaxed);
    }

    /// The shared fork, if it is young enough and holds `at_least_seq`.
    #[must_use]
    pub fn fresh(&self, at_least_seq: u64) -> Option<Arc<State>> {
        let last = self.last.lock();
        let (age, state) = last.as_ref()?;
        (age.elapsed() < AGE_MAX && state.as_of_seq >= at_least_seq).then(|| Arc::clone(state))
    }

    /// The shared fork, taken anew if it is too old or does not hold `at_least_seq`. Holds the writer up for O(pages).
    #[must_use]
    pub fn get(&self, state: &RwLock<State>, at_least_seq: u64) -> Arc<State> {
        let mut last = self.last.lock();
        if let Some((age, fork)) = last.as_ref()
            && age.elapsed() < AGE_MAX
            && fork.as_of_seq >= at_least_seq
        {
            return Arc::clone(fork);
        }
        let fork = Arc::new(state.write().fork());
        self.note_taken();
        *last = Some((Stopwatch::start(), Arc::clone(&fork)));
        fork
    }

    /// Takes out a fork that nobody asked for lately. Dropping it costs O(pages), so it is handed to the caller.
    #[must_use]
    pub fn take_stale(&self) -> Option<Arc<State>> {
        let mut last = self.last.try_lock()?;
        let stale = last
            .as_ref()
            .is_some_and(|(age, _)| age.elapsed() > 2 * AGE_MAX);
        stale.then(|| last.take().map(|(_, state)| state))?
    }
}

//! One fork of the state for all heavy readers, at most a second old: a fork makes the writer copy every page once. Some are
//! kept for longer, because somebody asked for it: what is read from one by many questions fits together.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::{Mutex, RwLock};

use crate::engine::state::State;
use crate::runtime::clock::Stopwatch;

/// How old the shared fork may be.
const AGE_MAX: Duration = Duration::from_secs(1);

/// How many may be kept at a time: under many orders each comes to hold a copy of all there is.
pub const KEPT_MAX: usize = 4;

/// The shared fork, and those that are kept.
#[derive(Default)]
pub struct Forks {
    last: Mutex<Option<(Stopwatch, Arc<State>)>>,
    kept: Mutex<Vec<KeptFork>>,
    taken: AtomicU64,
}

/// A fork that is kept.
#[derive(Clone)]
pub struct KeptFork {
    /// The fork.
    pub state: Arc<State>,
    since: Stopwatch,
    at_least: Duration,
}

impl KeptFork {
    /// How long it will still be kept.
    #[must_use]
    pub fn left(&self) -> Duration {
        self.at_least.saturating_sub(self.since.elapsed())
    }

    fn is_over(&self) -> bool {
        self.left().is_zero()
    }
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

    /// Keeps the shared fork, taken anew where it has to be, for so long at least; none where as many are kept as may be. One
    /// that is kept already is kept for the longer time.
    #[must_use]
    pub fn keep(
        &self,
        state: &RwLock<State>,
        at_least_seq: u64,
        at_least: Duration,
    ) -> Option<KeptFork> {
        let mut kept = self.kept.lock();
        let new = KeptFork {
            state: self.get(state, at_least_seq),
            since: Stopwatch::start(),
            at_least,
        };
        let live = kept.iter().filter(|one| !one.is_over()).count();
        let same = |one: &&mut KeptFork| one.state.as_of_seq == new.state.as_of_seq;
        if let Some(same) = kept.iter_mut().find(same) {
            if same.left() < at_least {
                *same = new;
            }
            return Some(same.clone());
        }
        (live < KEPT_MAX).then(|| {
            kept.push(new.clone());
            new
        })
    }

    /// The forks that are kept, in the order in which they were taken.
    #[must_use]
    pub fn kept(&self) -> Vec<KeptFork> {
        let kept = self.kept.lock();
        kept.iter().filter(|one| !one.is_over()).cloned().collect()
    }

    /// Takes out the forks that have been kept long enough; to be dropped as below.
    #[must_use]
    pub fn take_expired(&self) -> Vec<KeptFork> {
        let mut kept = self.kept.lock();
        kept.extract_if(.., |one| one.is_over()).collect()
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

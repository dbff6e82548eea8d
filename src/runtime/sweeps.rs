//! What plans come to, worked out for everybody on a fork and shared by all who ask within a moment.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::plan::set::PlanSet;
use crate::runtime::clock::Stopwatch;
use crate::view::era::Asked;
use crate::view::payout::Payout;

/// How old a period worked out may be while commands arrive.
const AGE_MAX: Duration = Duration::from_secs(2);
/// How long one is kept that nobody asks for: its fork holds pages.
const IDLE_MAX: Duration = Duration::from_secs(20);
/// Periods kept at once.
const KEPT_MAX: usize = 4;

/// Periods worked out lately.
#[derive(Default)]
pub struct Sweeps {
    kept: Mutex<BTreeMap<Asked, Kept>>,
    /// Held by whoever works one out, so that all who ask for the same wait for one pass.
    pub(crate) working: tokio::sync::Mutex<()>,
}

struct Kept {
    payout: Arc<Payout>,
    made: Stopwatch,
    asked: Stopwatch,
}

impl Sweeps {
    /// The last one of a period, if it is of the plan set, holds `at_least_seq`, and is young or up to date.
    #[must_use]
    pub fn fresh(
        &self,
        asked: Asked,
        set: &Arc<PlanSet>,
        at_least_seq: u64,
        applied_seq: u64,
    ) -> Option<Arc<Payout>> {
        let mut kept = self.kept.lock();
        let last = kept.get_mut(&asked)?;
        let seq = last.payout.state.as_of_seq;
        let fresh = Arc::ptr_eq(&last.payout.set, set)
            && seq >= at_least_seq
            && (seq >= applied_seq || last.made.elapsed() < AGE_MAX);
        fresh.then(|| {
            last.asked = Stopwatch::start();
            Arc::clone(&last.payout)
        })
    }

    /// Keeps one, and gives back what it takes the place of: dropping that costs O(pages).
    #[must_use]
    pub fn keep(&self, asked: Asked, payout: Arc<Payout>) -> Vec<Arc<Payout>> {
        let mut kept = self.kept.lock();
        let new = Kept {
            payout,
            made: Stopwatch::start(),
            asked: Stopwatch::start(),
        };
        let mut gone: Vec<Arc<Payout>> = Vec::new();
        gone.extend(kept.insert(asked, new).map(|old| old.payout));
        while kept.len() > KEPT_MAX {
            let others = kept.iter().filter(|(of, _)| **of != asked);
            let longest = others.max_by_key(|(_, last)| last.asked.elapsed());
            let longest = longest.map(|(of, _)| *of).expect("more than one is kept");
            gone.extend(kept.remove(&longest).map(|old| old.payout));
        }
        gone
    }

    /// Takes out those that nobody asked for lately. Dropping them costs O(pages), so they are handed to the caller.
    #[must_use]
    pub fn take_idle(&self) -> Vec<Arc<Payout>> {
        let Some(mut kept) = self.kept.try_lock() else {
            return Vec::new();
        };
        let idle = kept.extract_if(.., |_, last| last.asked.elapsed() > IDLE_MAX);
        idle.map(|(_, last)| last.payout).collect()
    }
}

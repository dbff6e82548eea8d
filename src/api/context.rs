//! What every request shares: the handle on the runtime, the key of cursors, metrics, and listings kept for paging.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::api::cursor::Sealer;
use crate::api::metrics::Metrics;
use crate::engine::state::State;
use crate::runtime::clock::Stopwatch;
use crate::runtime::handle::Handle;
use crate::view::downline::Listing;

/// How long a sorted listing and its fork are kept for further pages.
const LISTING_KEPT: Duration = Duration::from_secs(60);
/// Listings kept at a time; the oldest goes first.
const LISTINGS_MAX: usize = 16;

/// What every request shares. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    inner: Arc<Inner>,
}

struct Inner {
    handle: Handle,
    sealer: Sealer,
    metrics: Metrics,
    listings: Mutex<Listings>,
}

/// A downline sorted by volume on one fork.
pub struct Kept {
    /// The fork it was sorted on.
    pub state: Arc<State>,
    /// The rows' seats in order.
    pub listing: Listing,
}

#[derive(Default)]
struct Listings {
    next: u64,
    kept: VecDeque<(u64, Stopwatch, Arc<Kept>)>,
}

impl Api {
    /// Around a runtime, with a secret of this data directory for cursors.
    #[must_use]
    pub fn new(handle: Handle, cursor_key: [u8; 32]) -> Api {
        Api {
            inner: Arc::new(Inner {
                handle,
                sealer: Sealer::new(cursor_key),
                metrics: Metrics::new(),
                listings: Mutex::default(),
            }),
        }
    }

    /// The runtime.
    #[must_use]
    pub fn handle(&self) -> &Handle {
        &self.inner.handle
    }

    /// Seals and opens cursors.
    #[must_use]
    pub fn sealer(&self) -> &Sealer {
        &self.inner.sealer
    }

    /// All metrics.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    /// Keeps a listing for a minute, and gives the number to ask for it by.
    #[must_use]
    pub fn keep(&self, kept: Arc<Kept>) -> u64 {
        let mut listings = self.inner.listings.lock();
        listings.drop_old();
        if listings.kept.len() == LISTINGS_MAX {
            listings.kept.pop_front();
        }
        let number = listings.next;
        listings.next += 1;
        listings.kept.push_back((number, Stopwatch::start(), kept));
        number
    }

    /// The listing with this number, while it is kept.
    #[must_use]
    pub fn kept(&self, number: u64) -> Option<Arc<Kept>> {
        let mut listings = self.inner.listings.lock();
        listings.drop_old();
        let found = listings.kept.iter().find(|(known, _, _)| *known == number);
        found.map(|(_, _, kept)| kept.clone())
    }
}

impl Listings {
    fn drop_old(&mut self) {
        while self
            .kept
            .front()
            .is_some_and(|(_, since, _)| since.elapsed() > LISTING_KEPT)
        {
            self.kept.pop_front();
        }
    }
}

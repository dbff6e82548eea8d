//! The only place that reads time.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::base::time::Time;

/// The wall clock, to the millisecond. It may jump; whoever stamps commands by it keeps the stamps from going back.
#[must_use]
pub fn now() -> Time {
    let now = SystemTime::now();
    let ms = match now.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        Err(_) => 0,
    };
    Time(ms).plus_ms(0)
}

/// Measures time that has passed, whatever the wall clock does.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Begins now.
    #[must_use]
    pub fn start() -> Stopwatch {
        Stopwatch(Instant::now())
    }

    /// Since it began.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

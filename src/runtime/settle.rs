//! Settling in: what lies where a snapshot's file is mapped comes into memory beside the work, and what never changes goes
//! back into one.
//!
//! A start maps its snapshot and answers. Left there, each page would be copied when the first order writes it, which makes
//! the first orders several times slower than all others; and a sector that goes bad later would end the process. Closed
//! books are the other way round: nobody writes them, so they need no memory of their own.

use std::time::Duration;

use crate::runtime::begin;
use crate::runtime::clock::Stopwatch;
use crate::runtime::shared::Shared;
use crate::store::fault::Fault;

/// Bytes brought in while the writer and readers wait: a fraction of a millisecond.
const STEP_BYTES: usize = 128 << 10;

/// What they have between two steps: at least so much, and so many times what the step took. Memory that the system has to
/// find first may come ten times as slowly as it is copied.
const PAUSE_MIN: Duration = Duration::from_micros(200);
const PAUSE_STEPS: u32 = 3;

/// Brings what a start mapped into memory, step by step, until nothing is left or the server stops. O(bytes).
pub fn bring_in(shared: &Shared) {
    let since = Stopwatch::start();
    let mut bytes = 0;
    while shared.levels.closed().is_none() {
        let mut state = shared.state.write();
        let step = Stopwatch::start();
        let brought_in = state.bring_in(STEP_BYTES);
        drop(state);
        bytes += brought_in;
        if brought_in == 0 {
            let ms = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
            tracing::info!(bytes, ms, "all that is written to lies in memory");
            return;
        }
        std::thread::sleep(PAUSE_MIN.max(step.elapsed() * PAUSE_STEPS));
    }
}

/// Has the closed books of a running server lie in the snapshot of a sequence, which holds them and is proven first.
/// O(bytes of the snapshot), where there are any.
///
/// # Errors
/// If the snapshot does not hold.
pub fn put_books(shared: &Shared, seq: u64) -> Result<(), Fault> {
    if shared.read(|state| state.periods.iter().all(|of| of.books().is_empty())) {
        return Ok(());
    }
    let files = &shared.files;
    let mut other = begin::read(&files.directory, &files.expected, seq)?.state;
    shared.state.write().periods.share_books(&mut other.periods);
    Ok(())
}

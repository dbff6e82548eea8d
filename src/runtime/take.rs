//! Taking a snapshot of a running server: asked for, due, and at its end.

use crate::runtime::clock::{self, Stopwatch};
use crate::runtime::settle;
use crate::runtime::shared::Shared;
use crate::runtime::snapshots::{NotTaken, Taken, is_worth_it, write};
use crate::store::snapshot::{self, Pace};

/// Takes a snapshot of a running server, and removes older ones. The writer waits while the state is forked, O(pages), and
/// copies what it writes meanwhile. `wake` has the log thread look where it waits for work. Closed books then lie in it.
///
/// # Errors
/// See [`NotTaken`].
pub fn take(shared: &Shared, wake: impl FnOnce()) -> Result<Taken, NotTaken> {
    let _alone = shared.snapshots.alone()?;
    let taken = write_down(shared, Pace::Beside, wake)?;
    if let Err(fault) = settle::put_books(shared, taken.seq) {
        tracing::error!(%fault, seq = taken.seq, "what was written of a snapshot does not hold");
    }
    Ok(taken)
}

fn write_down(shared: &Shared, pace: Pace, wake: impl FnOnce()) -> Result<Taken, NotTaken> {
    let snapshots = &shared.snapshots;
    let (twin, stamp) = {
        let mut state = shared.state.write();
        (state.twin(), shared.stamp())
    };
    shared.forks.note_taken();
    snapshots.note_tried(twin.as_of_seq, shared.files.bytes_from(0));
    let since = Stopwatch::start();
    let written = write(
        &shared.files,
        (&twin, stamp, pace),
        snapshots.progress(),
        || shared.levels.wait_told(twin.as_of_seq, wake),
    )
    .and_then(|bytes| {
        snapshot::prune(&shared.files.directory, snapshots.settings().kept)?;
        Ok(bytes)
    });
    match written {
        Ok(bytes) => {
            let taken = Taken {
                seq: twin.as_of_seq,
                machine_time: twin.as_of_time,
                at: clock::now(),
                bytes,
                ms: u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX),
            };
            snapshots.note(taken);
            Ok(taken)
        }
        Err(fault) => {
            tracing::error!(%fault, "no snapshot was taken");
            Err(NotTaken::Refused(fault.to_string()))
        }
    }
}

/// The last snapshot of a server that has stopped, where it is worth one.
pub fn take_last(shared: &Shared) {
    let seq = shared.levels.applied_seq();
    let held = shared.snapshots.last_seq();
    if !shared.levels.poisoned() && is_worth_it(shared.snapshots.settings(), held, seq) {
        // Why there is none has been told; the log has everything.
        let _taken = shared
            .snapshots
            .alone()
            .and_then(|_alone| write_down(shared, Pace::Alone, || ()));
    }
}

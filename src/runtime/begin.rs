//! Where a start begins: at the last snapshot that holds, so that only what came after it is replayed.

use std::sync::Arc;

use crate::arena::image::ImageReader;
use crate::engine::image;
use crate::engine::state::State;
use crate::runtime::replay::{Beginning, Replayed, replay};
use crate::runtime::settings::{Check, StartError};
use crate::runtime::snapshots::Held;
use crate::store::directory::Directory;
use crate::store::fault::Fault;
use crate::store::files::Files;
use crate::store::segment::Expected;
use crate::store::snapshot::{self, Snapshot};

/// Where a start began.
pub struct Begun {
    /// What the log came to.
    pub replayed: Replayed,
    /// The snapshot it began with; none where all was replayed.
    pub held: Held,
    /// That snapshot, where it has not been checked.
    pub unchecked: Option<Snapshot>,
}

/// The state at the end of a log, from the last snapshot that holds. What is wrong with one that does not is told, and the
/// one before it is taken.
///
/// # Errors
/// As [`replay`].
pub fn begin(files: &Arc<Files>, next_seq: u64, check: Check) -> Result<Begun, StartError> {
    for seq in snapshot::list(&files.directory)? {
        if seq >= next_seq {
            tracing::warn!(
                seq,
                "a snapshot is of what the log does not hold: it is left alone"
            );
            continue;
        }
        match from(files, seq, check) {
            Ok(begun) => return Ok(begun),
            Err(error) => {
                tracing::warn!(seq, %error, "a snapshot does not hold, or the log does not follow it")
            }
        }
    }
    Ok(Begun {
        replayed: replay(files, Beginning::default())?,
        held: Held::default(),
        unchecked: None,
    })
}

fn from(files: &Arc<Files>, seq: u64, check: Check) -> Result<Begun, StartError> {
    let found = snapshot::open(&files.directory, &files.expected, image::format(), seq)?;
    if check == Check::First {
        found.check()?;
    }
    let held = Held {
        seq,
        at: found.written_at(),
        log_bytes: files.bytes_from(0) - files.bytes_from(seq + 1),
    };
    Ok(Begun {
        replayed: replay(files, state_of(&found)?)?,
        held,
        unchecked: (check == Check::Behind).then_some(found),
    })
}

/// Checks a snapshot that a start began with; a damaged one is put aside. O(bytes).
///
/// # Errors
/// The first damage, by file and byte.
pub fn prove(directory: &Directory, unchecked: &Snapshot) -> Result<(), Fault> {
    unchecked.check().inspect_err(|fault| {
        let aside = snapshot::put_aside(directory, unchecked.manifest.seq);
        tracing::error!(%fault, ?aside, "the snapshot that this start began with is damaged");
    })
}

/// The state that a snapshot holds, every byte of it checked. O(bytes); nothing of it is copied.
///
/// # Errors
/// Damage by file and byte.
pub fn read(directory: &Directory, expected: &Expected, seq: u64) -> Result<Beginning, Fault> {
    let found = snapshot::open(directory, expected, image::format(), seq)?;
    found.check()?;
    state_of(&found)
}

/// The state that a snapshot holds. O(pages), none of which is touched.
fn state_of(found: &Snapshot) -> Result<Beginning, Fault> {
    let image = ImageReader::new(found.tables()?, found.bytes(), found.pages());
    let state = image.and_then(State::take);
    match state
        .ok()
        .filter(|state| state.as_of_seq == found.manifest.seq)
    {
        None => Err(found.is_none_of_ours()),
        Some(state) => Ok(Beginning {
            state,
            stamp: found.stamp(),
        }),
    }
}

/// Which snapshots lead to another state than a replay of all, which came to `state`; a sentence each. O(bytes + all), for
/// each of them.
#[must_use]
pub fn lead_elsewhere(files: &Arc<Files>, state: &State) -> Vec<String> {
    let (directory, expected) = (&files.directory, &files.expected);
    let digest = state.full_digest();
    let all = snapshot::list(directory).unwrap_or_default().into_iter();
    let wrong = all.filter(|&seq| seq <= state.as_of_seq).filter_map(|seq| {
        // One that was removed meanwhile is nobody's loss.
        let beginning = read(directory, expected, seq).ok()?;
        let why = match replay(files, beginning) {
            Err(error) => error.to_string(),
            Ok(led) if led.state.as_of_seq != state.as_of_seq => return None,
            Ok(led) if led.state.full_digest() == digest => return None,
            Ok(_) => "it leads to another state than the log does".to_owned(),
        };
        Some(format!("snapshot {seq}: {why}"))
    });
    wrong.collect()
}

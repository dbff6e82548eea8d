//! Where a start begins: at the last snapshot that holds, so that only what came after it is replayed.

use std::sync::Arc;

use crate::arena::image::ImageReader;
use crate::engine::state::State;
use crate::runtime::replay::{Beginning, Replayed, replay};
use crate::runtime::settings::StartError;
use crate::store::directory::Directory;
use crate::store::fault::Fault;
use crate::store::files::Files;
use crate::store::segment::Expected;
use crate::store::snapshot;

/// The state at the end of a log, from the last snapshot that holds, and the sequence of that; 0 where all was replayed.
/// What is wrong with one that does not hold is told, and the one before it is taken.
///
/// # Errors
/// As [`replay`].
pub fn begin(files: &Arc<Files>, next_seq: u64) -> Result<(Replayed, u64), StartError> {
    let (directory, expected) = (&files.directory, &files.expected);
    for seq in snapshot::list(directory)? {
        if seq >= next_seq {
            tracing::warn!(
                seq,
                "a snapshot is of what the log does not hold: it is left alone"
            );
            continue;
        }
        match read(directory, expected, seq).map(|beginning| replay(files, beginning)) {
            Ok(Ok(replayed)) => return Ok((replayed, seq)),
            Ok(Err(error)) => tracing::warn!(seq, %error, "the log does not follow a snapshot"),
            Err(fault) => tracing::warn!(seq, %fault, "a snapshot does not hold"),
        }
    }
    Ok((replay(files, Beginning::default())?, 0))
}

/// The state that a snapshot holds, every byte of it checked. O(bytes); nothing of it is copied.
///
/// # Errors
/// Damage by file and byte.
pub fn read(directory: &Directory, expected: &Expected, seq: u64) -> Result<Beginning, Fault> {
    let found = snapshot::open(directory, expected, seq)?;
    found.check()?;
    let image = ImageReader::new(found.tables()?, found.bytes(), found.pages());
    let state = image.and_then(State::take);
    let state = state.map_err(|_| found.is_none_of_ours())?;
    if state.as_of_seq != seq {
        return Err(found.is_none_of_ours());
    }
    Ok(Beginning {
        state,
        stamp: found.stamp(),
    })
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

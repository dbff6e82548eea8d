//! Snapshots: what is known of them while a server runs, and writing one.

use parking_lot::{Mutex, MutexGuard};

use crate::arena::image::ImageWriter;
use crate::base::time::Time;
use crate::engine::image::FORMAT;
use crate::engine::state::State;
use crate::runtime::settings::SnapshotSettings;
use crate::store::fault::Fault;
use crate::store::files::Files;
use crate::store::snapshot::{self, Subject};

/// A snapshot that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Sequence of the last command in it.
    pub seq: u64,
    /// Machine time of it.
    pub machine_time: Time,
    /// When it was whole, by the wall clock.
    pub at: Time,
    /// Bytes of its image.
    pub bytes: u64,
    /// Milliseconds that writing took.
    pub ms: u64,
}

/// Why none was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotTaken {
    /// One is being taken.
    Busy,
    /// The disk refused, or none are kept.
    Refused(String),
}

/// The snapshots of a running server.
pub struct Snapshots {
    settings: SnapshotSettings,
    /// Held by whoever takes one.
    taking: Mutex<()>,
    /// Sequence of the one that this start began with; 0 for none.
    begun_with: u64,
    last: Mutex<Option<Taken>>,
    /// Where one could not be taken: not tried again before so many commands.
    failed_at: Mutex<Option<u64>>,
}

impl Snapshots {
    /// Of a server that began with the snapshot of a sequence; 0 for none.
    #[must_use]
    pub fn new(settings: SnapshotSettings, begun_with: u64) -> Snapshots {
        Snapshots {
            settings,
            taking: Mutex::default(),
            begun_with,
            last: Mutex::default(),
            failed_at: Mutex::default(),
        }
    }

    /// Sequence of the last one; 0 for none.
    #[must_use]
    pub fn last_seq(&self) -> u64 {
        self.last.lock().map_or(self.begun_with, |last| last.seq)
    }

    /// The last one taken by this process.
    #[must_use]
    pub fn last(&self) -> Option<Taken> {
        *self.last.lock()
    }

    /// The right to take one, for one at a time; none where the settings keep none.
    ///
    /// # Errors
    /// See [`NotTaken`].
    pub fn alone(&self) -> Result<MutexGuard<'_, ()>, NotTaken> {
        if self.settings.kept == 0 {
            return Err(NotTaken::Refused("the settings keep none".to_owned()));
        }
        self.taking.try_lock().ok_or(NotTaken::Busy)
    }

    /// Notes one that is there.
    pub fn note(&self, taken: Taken) {
        *self.last.lock() = Some(taken);
    }

    /// Notes that one could not be written.
    pub fn note_failed(&self, seq: u64) {
        *self.failed_at.lock() = Some(seq);
    }

    /// When they are taken, and how many are kept.
    #[must_use]
    pub fn settings(&self) -> SnapshotSettings {
        self.settings
    }

    /// Whether so many commands have come since the last one that it is time for the next.
    #[must_use]
    pub fn is_due(&self, applied_seq: u64) -> bool {
        let SnapshotSettings { kept, every, .. } = self.settings;
        let failed = self.failed_at.lock().unwrap_or(0);
        let since = applied_seq.saturating_sub(self.last_seq().max(failed));
        kept > 0 && every > 0 && since >= every && !self.taking.is_locked()
    }
}

/// Whether a snapshot of `seq` spares a later start enough, when there is one of `held`.
#[must_use]
pub fn is_worth_it(settings: SnapshotSettings, held: u64, seq: u64) -> bool {
    settings.kept > 0 && seq.saturating_sub(held) >= settings.least
}

/// Writes a snapshot of a state whose decisions are durable in the log once `told` returns; its bytes. O(bytes).
///
/// # Errors
/// If the disk refuses, or `told` says that they will not be.
pub fn write(
    files: &Files,
    state: &State,
    stamp: Time,
    told: impl FnOnce() -> bool,
) -> Result<u64, Fault> {
    let mut image = ImageWriter::default();
    state.put(&mut image);
    let (pages, tables) = image.finish();
    let pages = pages.iter().map(|page| bytemuck::cast_slice(page));
    let subject = Subject {
        seq: state.as_of_seq,
        stamp,
        image_format: FORMAT,
    };
    let manifest = snapshot::write(&files.directory, &files.expected, subject, (pages, &tables))?;
    // Replay begins behind it, and takes the decisions before from the log.
    if !told() {
        return Err(Fault::Poisoned);
    }
    snapshot::publish(&files.directory, &manifest)?;
    Ok(manifest.image_bytes())
}

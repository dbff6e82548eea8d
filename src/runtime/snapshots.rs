//! Snapshots: what is known of them while a server runs, and writing one.

use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::{Mutex, MutexGuard};

use crate::arena::image::ImageWriter;
use crate::base::planted::{Planted, planted};
use crate::base::time::Time;
use crate::engine::image;
use crate::engine::state::State;
use crate::runtime::clock::{self, Stopwatch};
use crate::runtime::settings::SnapshotSettings;
use crate::store::fault::Fault;
use crate::store::files::Files;
use crate::store::snapshot::{self, Pace, Subject};

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

/// The snapshot that a start began with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Held {
    /// Sequence of the last command in it; 0 for none.
    pub seq: u64,
    /// When it was written, by the wall clock.
    pub at: Time,
    /// Bytes that the log had by then.
    pub log_bytes: u64,
}

/// The snapshots of a running server.
pub struct Snapshots {
    settings: SnapshotSettings,
    /// Held by whoever takes one.
    taking: Mutex<()>,
    held: Mutex<Held>,
    /// The last one of this process.
    last: Mutex<Option<Taken>>,
    /// How far the one is that is being written.
    progress: Progress,
    /// Since the last one, or the last try: none is tried again before as much has come as makes one due.
    since: Mutex<Since>,
}

/// Where counting began.
struct Since {
    seq: u64,
    log_bytes: u64,
    watch: Stopwatch,
}

/// How far a snapshot is that is being written, in bytes of pages; zeros while none is.
#[derive(Debug, Default)]
pub struct Progress {
    written: AtomicU64,
    all: AtomicU64,
}

impl Progress {
    /// Bytes written, and all there are to write.
    #[must_use]
    pub fn read(&self) -> (u64, u64) {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        (of(&self.written), of(&self.all))
    }

    fn begin(&self, all: u64) {
        self.written.store(0, Ordering::Relaxed);
        self.all.store(all, Ordering::Relaxed);
    }
}

impl Snapshots {
    /// Of a server that began with a snapshot, or with none.
    #[must_use]
    pub fn new(settings: SnapshotSettings, held: Held) -> Snapshots {
        Snapshots {
            settings,
            taking: Mutex::default(),
            held: Mutex::new(held),
            last: Mutex::default(),
            progress: Progress::default(),
            since: Mutex::new(Since {
                seq: held.seq,
                log_bytes: held.log_bytes,
                watch: Stopwatch::start(),
            }),
        }
    }

    /// Sequence of the last one; 0 for none.
    #[must_use]
    pub fn last_seq(&self) -> u64 {
        self.held.lock().seq
    }

    /// When the last one was written, by the wall clock; none where there is none, or where it does not say.
    #[must_use]
    pub fn last_at(&self) -> Option<Time> {
        let at = self.held.lock().at;
        (at > Time(0)).then_some(at)
    }

    /// The last one taken by this process.
    #[must_use]
    pub fn last(&self) -> Option<Taken> {
        *self.last.lock()
    }

    /// How far the one is that is being written.
    #[must_use]
    pub fn progress(&self) -> &Progress {
        &self.progress
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

    /// Notes that one is to be written as of a sequence, where the log has so many bytes.
    pub fn note_tried(&self, seq: u64, log_bytes: u64) {
        *self.since.lock() = Since {
            seq,
            log_bytes,
            watch: Stopwatch::start(),
        };
    }

    /// Notes one that is there.
    pub fn note(&self, taken: Taken) {
        let log_bytes = self.since.lock().log_bytes;
        *self.held.lock() = Held {
            seq: taken.seq,
            at: taken.at,
            log_bytes,
        };
        *self.last.lock() = Some(taken);
    }

    /// When they are taken, and how many are kept.
    #[must_use]
    pub fn settings(&self) -> SnapshotSettings {
        self.settings
    }

    /// Whether so much has come since the last one that it is time for the next.
    #[must_use]
    pub fn is_due(&self, applied_seq: u64, log_bytes: u64) -> bool {
        let settings = self.settings;
        let since = self.since.lock();
        let (commands, bytes) = (
            applied_seq.saturating_sub(since.seq),
            log_bytes.saturating_sub(since.log_bytes),
        );
        let reached = |limit: u64, count: u64| limit > 0 && count >= limit;
        let due = reached(settings.every, commands)
            || reached(settings.log_bytes, bytes)
            || !settings.after.is_zero() && since.watch.elapsed() >= settings.after;
        due && commands > 0 && settings.kept > 0 && !self.taking.is_locked()
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
    (state, stamp, pace): (&State, Time, Pace),
    progress: &Progress,
    told: impl FnOnce() -> bool,
) -> Result<u64, Fault> {
    let mut image = ImageWriter::default();
    state.put(&mut image);
    let (pages, tables) = image.finish();
    progress.begin(pages.iter().map(|page| size_of_val(*page) as u64).sum());
    let pages = pages.iter().map(|page| {
        let bytes: &[u8] = bytemuck::cast_slice(page);
        progress
            .written
            .fetch_add(bytes.len() as u64, Ordering::Relaxed);
        bytes
    });
    let subject = Subject {
        seq: state.as_of_seq - u64::from(planted(Planted::SnapshotSeqOff)),
        stamp,
        now: clock::now(),
        image_format: image::format(),
        pace,
    };
    let manifest = snapshot::write(&files.directory, &files.expected, subject, (pages, &tables));
    progress.begin(0);
    let manifest = manifest?;
    // Replay begins behind it, and takes the decisions before from the log.
    if !told() && !planted(Planted::ToldNotAwaited) {
        return Err(Fault::Poisoned);
    }
    snapshot::publish(&files.directory, &manifest)?;
    Ok(manifest.image_bytes())
}

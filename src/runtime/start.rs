//! A running server: opens the directory, starts the threads, and ends them in order.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam::channel::{Sender, bounded, unbounded};

use parking_lot::Mutex;

use crate::arena::ahead;
use crate::runtime::applier::Applier;
use crate::runtime::begin::prove;
use crate::runtime::clock::Stopwatch;
use crate::runtime::desk::{Desk, Place};
use crate::runtime::handle::Handle;
use crate::runtime::heavy::Heavy;
use crate::runtime::offline::Offline;
use crate::runtime::repeats::Repeats;
use crate::runtime::settings::{OnFault, Settings, StartError};
use crate::runtime::settle;
use crate::runtime::shared::{EndOnPanic, Message, Shared};
use crate::runtime::snapshots::Snapshots;
use crate::runtime::take;
use crate::runtime::writer::Writer;
use crate::store::disk::Lock;
use crate::store::recover::Opened;
use crate::store::snapshot::Snapshot;

/// Groups that may wait to be applied: enough to keep both threads busy, few enough to keep answers soon.
const GROUPS_WAITING: usize = 3;

/// How long the first questions have the processors to themselves before a snapshot is checked behind them.
const HEAD_START: Duration = Duration::from_millis(10);

/// A running server.
pub struct Server {
    /// The way in.
    pub handle: Handle,
    /// What the opening found on the disk.
    pub opened: Opened,
    /// Whether the settings' plan document was taken at this start.
    pub planned: bool,
    shared: Arc<Shared>,
    queue: Sender<Message>,
    writer: JoinHandle<()>,
    repeats: JoinHandle<()>,
    touching: Touching,
    lock: Arc<Lock>,
}

/// Opens a directory and starts a server on it. Costs a replay of the log behind the last snapshot.
///
/// `on_fault` is called once, from the log thread, when the disk has failed: everybody in flight has been answered by
/// then, and the process should end with its own code.
///
/// # Errors
/// See [`StartError`].
pub fn open(settings: Settings, on_fault: OnFault) -> Result<Server, StartError> {
    let (waiting, bytes) = (settings.queue_submissions, settings.queue_bytes);
    let reserve_bytes = settings.reserve_bytes;
    let touching = Touching::start()?;
    let offline = Offline::open(settings)?;
    let files = Arc::clone(offline.log.files());
    let heavy = Heavy::start().map_err(no_thread)?;
    let (repeats, repeats_thread) = Repeats::start(Arc::clone(&files)).map_err(no_thread)?;
    let begun_with = offline.begun_with;
    let snapshots = Snapshots::new(offline.snapshots, begun_with);
    let state = (offline.state, offline.stamp);
    let shared = Shared::new(state, files, heavy, (offline.replayed, snapshots));
    shared.read(|state| shared.plans.compile_running(state));
    let (queue, submissions) = bounded(waiting);
    let (groups, to_apply) = bounded(GROUPS_WAITING);
    // Not bounded here: it holds what became of groups, and those are few.
    let (decided, back) = unbounded();
    let applier = Applier::new(Arc::clone(&shared), repeats.clone());
    let apply_thread = spawn("apply", move || applier.run(&to_apply, &decided))?;
    let last_seq = offline.log.next_seq() - 1;
    let lock = offline.log.lock();
    let desk = Desk {
        log: offline.log,
        shared: Arc::clone(&shared),
        groups: Some(groups),
        decided: back,
        applier: Applier::new(Arc::clone(&shared), repeats),
        stamp: offline.stamp,
        sent_seq: last_seq,
        kept_seq: last_seq,
        since_commit: Stopwatch::start(),
        fault: None,
    };
    let place = Arc::new(Mutex::new(Some(desk)));
    if begun_with.seq > 0 {
        shared.levels.set_checking(offline.unchecked.is_some());
        let (shared, place) = (Arc::clone(&shared), Arc::clone(&place));
        spawn("settle", move || {
            settle_in(offline.unchecked, &shared, &place)
        })?;
    }
    let writer = Writer {
        place: Arc::clone(&place),
        shared: Arc::clone(&shared),
        queue: submissions,
        apply_thread,
        calendars: offline.calendars,
        reserve_bytes,
        on_fault,
    };
    let writer = spawn("log", move || writer.run())?;
    Ok(Server {
        handle: Handle::new(Arc::clone(&shared), queue.clone(), place, bytes),
        opened: offline.opened,
        planned: offline.planned,
        shared,
        queue,
        writer,
        repeats: repeats_thread,
        touching,
        lock,
    })
}

/// Checks the snapshot that a start began with, where it has not been, after whoever waited for the start has asked, and then
/// brings it into memory. Where it is damaged, writing ends: what is in memory follows from it.
fn settle_in(unchecked: Option<Snapshot>, shared: &Shared, place: &Place) {
    std::thread::sleep(HEAD_START);
    if let Some(unchecked) = unchecked {
        check(&unchecked, shared, place);
    }
    settle::bring_in(shared);
}

fn check(unchecked: &Snapshot, shared: &Shared, place: &Place) {
    if let Err(fault) = prove(&shared.files.directory, unchecked)
        && let Some(desk) = place.lock().as_mut()
    {
        desk.fault = Some(fault);
    }
    shared.levels.set_checking(false);
}

impl Server {
    /// Takes no more submissions, answers those it has, makes everything durable, and gives the directory back. Waits
    /// for all of that. Handles that remain refuse everything but reads.
    pub fn stop(self) {
        self.shared.levels.set_stopping();
        // The log thread may have ended by a fault already; then nobody takes this.
        drop(self.queue.send(Message::Stop));
        for thread in [self.writer, self.repeats] {
            assert!(thread.join().is_ok(), "a thread ended by a bug");
        }
        take::take_last(&self.shared);
        self.shared.heavy.stop();
        drop(self.touching);
        drop(self.lock);
    }
}

/// The thread that touches memory before the writer needs it.
struct Touching {
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Touching {
    fn start() -> Result<Touching, StartError> {
        let stopping = Arc::new(AtomicBool::new(false));
        let its = Arc::clone(&stopping);
        let thread = spawn("touch", move || ahead::work(&its))?;
        Ok(Touching {
            stopping,
            thread: Some(thread),
        })
    }
}

impl Drop for Touching {
    fn drop(&mut self) {
        ahead::stop(&self.stopping);
        let ended = self.thread.take().map(JoinHandle::join);
        debug_assert!(matches!(ended, Some(Ok(()))), "a thread ended by a bug");
    }
}

/// Starts a thread whose panic ends the process: half a pipeline must not go on.
fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StartError> {
    let thread = std::thread::Builder::new().name(name.into());
    let body = move || {
        let _end = EndOnPanic;
        body();
    };
    thread.spawn(body).map_err(no_thread)
}

fn no_thread(error: std::io::Error) -> StartError {
    StartError::System {
        what: format!("a thread: {error}"),
    }
}

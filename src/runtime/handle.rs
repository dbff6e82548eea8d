//! The way in for every other room: submit, read, fork, wait, follow.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crossbeam::channel::{Sender, TrySendError};
use tokio::runtime::RuntimeFlavor;
use tokio::sync::oneshot;

use crate::base::ids::Member;
use crate::base::limits::{BATCH_BYTES_MAX, BATCH_COMMANDS_MAX};
use crate::base::time::Time;
use crate::engine::command::Command;
use crate::engine::plans::PlanVersion;
use crate::engine::rules::Rules;
use crate::engine::runs::Run;
use crate::engine::state::State;
use crate::plan::run::Brought;
use crate::plan::set::PlanSet;
use crate::runtime::audit;
use crate::runtime::changes::{self, Change, ChangesError};
use crate::runtime::clock;
use crate::runtime::desk::Place;
use crate::runtime::forks::KeptFork;
use crate::runtime::health::Health;
use crate::runtime::openings::Unworked;
use crate::runtime::paid::{self, Paid, Unread};
use crate::runtime::plans::PlanError;
use crate::runtime::present::Known;
use crate::runtime::shared::{EndOnPanic, Entry, Message, Shared};
use crate::runtime::snapshots::{NotTaken, Taken};
use crate::runtime::submission::{Receipt, Receipts, Refused, Submission};
use crate::runtime::take;
use crate::store::batch::write_command;
use crate::store::documents;
use crate::store::fault::Fault;
use crate::view::era::{Asked, Era};
use crate::view::lens::Lens;
use crate::view::payout::{Payout, Worked};
use crate::view::verify::report::Verified;

/// A handle on a running runtime; clones are the same runtime.
#[derive(Clone)]
pub struct Handle {
    shared: Arc<Shared>,
    queue: Sender<Message>,
    place: Arc<Place>,
    bytes_max: u64,
}

/// Receipts to come.
pub struct Pending {
    answer: oneshot::Receiver<Result<Receipts, Refused>>,
    arrived: Option<Result<Receipts, Refused>>,
}

impl Pending {
    /// Waits until the receipts are there; awaiting the whole then takes no time.
    pub async fn ready(&mut self) {
        if self.arrived.is_none() {
            self.arrived = Some(settled((&mut self.answer).await));
        }
    }

    /// The receipts as they come, not written out for each command.
    ///
    /// # Errors
    /// [`Refused::OutcomeUnknown`] or [`Refused::Stopping`].
    pub async fn receipts(mut self) -> Result<Receipts, Refused> {
        match self.arrived.take() {
            Some(arrived) => arrived,
            None => settled(self.answer.await),
        }
    }
}

impl Future for Pending {
    type Output = Result<Vec<Receipt>, Refused>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let arrived = match self.arrived.take() {
            Some(arrived) => Poll::Ready(arrived),
            None => Pin::new(&mut self.answer).poll(context).map(settled),
        };
        arrived.map(|answer| answer.map(|receipts| receipts.each().collect()))
    }
}

/// A reply that was dropped may have been on its way to the disk, so nothing is known of it.
fn settled(
    answer: Result<Result<Receipts, Refused>, oneshot::error::RecvError>,
) -> Result<Receipts, Refused> {
    answer.unwrap_or(Err(Refused::OutcomeUnknown))
}

impl Handle {
    /// A handle for threads that are running.
    #[must_use]
    pub fn new(
        shared: Arc<Shared>,
        queue: Sender<Message>,
        place: Arc<Place>,
        bytes_max: u64,
    ) -> Handle {
        Handle {
            shared,
            queue,
            place,
            bytes_max,
        }
    }

    /// The wall clock, for what expires.
    #[must_use]
    pub fn now(&self) -> Time {
        clock::now()
    }

    /// Submits commands and waits for their receipts. On an idle machine they are written by the thread that asks.
    ///
    /// # Errors
    /// See [`Refused`].
    pub async fn submit(&self, submission: Submission) -> Result<Vec<Receipt>, Refused> {
        let (entry, pending) = self.entry(submission).map_err(|(refused, _)| refused)?;
        if let Some(entry) = self.write_now(entry) {
            self.send(entry).map_err(|(refused, _)| refused)?;
        }
        pending.await
    }

    /// Submits commands, in the order of calls from one task. Never waits. O(commands): they are encoded here, so that
    /// the log thread only copies.
    ///
    /// # Errors
    /// All but [`Refused::OutcomeUnknown`], with the submission given back: nothing was done.
    pub fn enqueue(&self, submission: Submission) -> Result<Pending, (Refused, Submission)> {
        let (entry, pending) = self.entry(submission)?;
        self.send(entry).map(|()| pending)
    }

    /// Encodes a submission and reserves room for it.
    fn entry(&self, submission: Submission) -> Result<(Entry, Pending), (Refused, Submission)> {
        let levels = &self.shared.levels;
        let refuse = |refused, commands| Err((refused, Submission { commands }));
        let commands = submission.commands;
        if let Some(refused) = levels.closed() {
            return refuse(refused, commands);
        }
        if self.queue.is_full() {
            return refuse(Refused::Busy, commands);
        }
        let Some(bytes) = encode(&commands) else {
            return refuse(Refused::TooLarge, commands);
        };
        let held = commands.capacity() * size_of::<Command>() + bytes.capacity();
        let (count, reserved) = (commands.len() as u64, held as u64);
        if !levels.reserve(count, reserved, self.bytes_max) {
            return refuse(Refused::Busy, commands);
        }
        let (reply, answer) = oneshot::channel();
        let entry = Entry {
            commands,
            bytes,
            reserved,
            reply,
        };
        let pending = Pending {
            answer,
            arrived: None,
        };
        Ok((entry, pending))
    }

    /// Writes a submission in this thread if nothing else is under way and this thread may wait for the disk;
    /// otherwise gives it back.
    fn write_now(&self, entry: Entry) -> Option<Entry> {
        let may_wait = tokio::runtime::Handle::try_current()
            .is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread);
        // What is queued came before; it is taken out of the queue only by whoever holds the desk.
        let Some(mut place) = self.place.try_lock().filter(|_| may_wait) else {
            return Some(entry);
        };
        match place.as_mut() {
            Some(desk)
                if self.queue.is_empty() && desk.takes_now(&entry) && !self.shared.held_up() =>
            {
                let _end = EndOnPanic;
                if tokio::task::block_in_place(|| desk.write_now(entry)) {
                    // If the queue is full, the log thread looks without being told.
                    drop(self.queue.try_send(Message::Look));
                }
                None
            }
            _ => Some(entry),
        }
    }

    fn send(&self, entry: Entry) -> Result<(), (Refused, Submission)> {
        let full = match self.queue.try_send(Message::Entry(entry)) {
            Ok(()) => return Ok(()),
            Err(full) => full,
        };
        let refused = match full {
            TrySendError::Full(_) => Refused::Busy,
            TrySendError::Disconnected(_) => Refused::Stopping,
        };
        let commands = match full.into_inner() {
            Message::Entry(entry) => {
                let levels = &self.shared.levels;
                levels.release(entry.commands.len() as u64, entry.reserved);
                entry.commands
            }
            Message::Look | Message::Stop => Vec::new(),
        };
        Err((refused, Submission { commands }))
    }

    /// Reads the state as it is; the writer waits meanwhile, so it must be short and must not wait itself.
    pub fn read<R>(&self, question: impl FnOnce(&State) -> R) -> R {
        self.shared.read(question)
    }

    /// A state that nobody writes, shared with other readers: at most a second old, and no older than `at_least_seq`
    /// if that has been applied. O(pages) at most once a second.
    pub async fn fork(&self, at_least_seq: u64) -> Arc<State> {
        if let Some(fork) = self.shared.forks.fresh(at_least_seq) {
            return fork;
        }
        let shared = Arc::clone(&self.shared);
        self.heavy(move || shared.forks.get(&shared.state, at_least_seq))
            .await
    }

    /// Keeps a fork that is no older than `at_least_seq`, for so long at least; none where as many are kept as may be. O(pages).
    pub async fn keep_fork(&self, at_least_seq: u64, at_least: Duration) -> Option<KeptFork> {
        let shared = Arc::clone(&self.shared);
        self.heavy(move || shared.forks.keep(&shared.state, at_least_seq, at_least))
            .await
    }

    /// The forks that are kept, in the order in which they were taken.
    #[must_use]
    pub fn kept_forks(&self) -> Vec<KeptFork> {
        self.shared.forks.kept()
    }

    /// A period worked out by a plan set, for everybody: at most two seconds old or up to date, and no older than
    /// `at_least_seq` if that has been applied. O(members x levels) at most once in that time, on a fork.
    ///
    /// # Errors
    /// See [`Unworked`].
    pub async fn payout(
        &self,
        asked: Asked,
        set: Arc<PlanSet>,
        at_least_seq: u64,
    ) -> Result<Arc<Payout>, Unworked> {
        let fresh = || {
            let (sweeps, applied_seq) = (&self.shared.sweeps, self.shared.levels.applied_seq());
            sweeps.fresh(asked, &set, at_least_seq, applied_seq)
        };
        if let Some(payout) = fresh() {
            return Ok(payout);
        }
        let _working = self.shared.sweeps.working.lock().await;
        if let Some(payout) = fresh() {
            return Ok(payout);
        }
        let shared = Arc::clone(&self.shared);
        self.heavy(move || {
            let seq = shared.levels.applied_seq();
            let state = shared.forks.get(&shared.state, seq.max(at_least_seq));
            let payout = Arc::new(shared.openings.worked(&state, set, asked)?);
            shared.presents.know(&payout);
            drop(shared.sweeps.keep(asked, Arc::clone(&payout)));
            Ok(payout)
        })
        .await
    }

    /// The plan set of a period, if one is in force and compiled. O(kept sets + periods of the rules).
    #[must_use]
    pub fn known(&self, state: &State, of: Asked) -> Option<Known> {
        Known::of(&self.shared.plans, state, of)
    }

    /// Works one member out and looks at it, within [`Handle::read`]; none where a sweep has to: see [`look`](crate::runtime::present::Presents::look).
    pub fn look<R>(
        &self,
        at: (Lens<'_>, Era<'_>),
        known: &Known,
        whole: Option<&Payout>,
        member: Member,
        question: impl FnOnce(&Worked<'_>) -> R,
    ) -> Option<R> {
        let Shared {
            presents, openings, ..
        } = &*self.shared;
        presents.look(openings, at, known, whole, member, question)
    }

    /// Does something long on a small pool of threads.
    ///
    /// # Panics
    /// If the work does.
    pub async fn heavy<R: Send + 'static>(&self, work: impl FnOnce() -> R + Send + 'static) -> R {
        self.shared.heavy.run(work).await
    }

    /// Waits until a sequence has been applied, at most `ms` milliseconds; whether it has.
    pub async fn wait_for(&self, seq: u64, ms: u64) -> bool {
        if self.shared.levels.applied_seq() >= seq {
            return true;
        }
        let mut applied = self.shared.applied.subscribe();
        let reached = applied.wait_for(|applied| *applied >= seq);
        let reached = tokio::time::timeout(Duration::from_millis(ms), reached).await;
        matches!(reached, Ok(Ok(_)))
    }

    /// Accepted commands after a sequence, oldest first, at most `limit`. Reads the log: call it from where waiting
    /// for the disk does no harm.
    ///
    /// # Errors
    /// See [`ChangesError`].
    pub fn changes(&self, after: u64, limit: usize) -> Result<Vec<Change>, ChangesError> {
        changes::read(&self.shared.files, after, limit)
    }

    /// Keeps a document, durably, before a command names it. Writes to the disk: call it from where waiting does no
    /// harm.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn keep_document(&self, bytes: &[u8]) -> Result<[u8; 32], Fault> {
        documents::put(&self.shared.files.directory, bytes)
    }

    /// A document that a command has named. Reads the disk.
    ///
    /// # Errors
    /// If it is missing or damaged.
    pub fn document(&self, hash: &[u8; 32]) -> Result<Vec<u8>, Fault> {
        documents::get(&self.shared.files.directory, hash)
    }

    /// The plan set of a version, compiled by rules: as [`Plans::get`](crate::runtime::plans::Plans::get), which says by
    /// which. Reads the disk where it is not kept: call it from where waiting does no harm.
    ///
    /// # Errors
    /// See [`PlanError`].
    pub fn plan_set(
        &self,
        version: &PlanVersion,
        rules: &Rules,
    ) -> Result<Arc<PlanSet>, PlanError> {
        self.shared.plans.get(&version.document, rules)
    }

    /// A period worked out by any plan set. Long: for a thread of the pool.
    ///
    /// # Errors
    /// See [`Unworked`].
    pub fn worked(
        &self,
        state: &Arc<State>,
        set: Arc<PlanSet>,
        asked: Asked,
    ) -> Result<Payout, Unworked> {
        self.shared.openings.worked(state, set, asked)
    }

    /// Verifies a fork of the state as it is, and its runs; none while that is under way already. Minutes for millions of
    /// members, on a thread of the pool.
    pub async fn verify(&self) -> Option<(Arc<State>, Verified)> {
        let _alone = self.shared.verifying.try_lock().ok()?;
        let shared = Arc::clone(&self.shared);
        let verified = self.heavy(move || {
            let seq = shared.levels.applied_seq();
            let state = shared.forks.get(&shared.state, seq);
            let verified = audit::all(&shared.openings, &state);
            (state, verified)
        });
        Some(verified.await)
    }

    /// Writes a snapshot, on a thread of the pool.
    ///
    /// # Errors
    /// See [`NotTaken`].
    pub async fn snapshot(&self) -> Result<Taken, NotTaken> {
        let (shared, queue) = (Arc::clone(&self.shared), self.queue.clone());
        // If the queue is full, the log thread is at work, and looks without being told.
        let wake = move || drop(queue.try_send(Message::Look));
        self.heavy(move || take::take(&shared, wake)).await
    }

    /// Opens the file of a run. Reads the disk: call it from where waiting does no harm.
    ///
    /// # Errors
    /// If it is missing or damaged.
    pub fn paid(&self, state: &Arc<State>, run: &Run) -> Result<Paid, Unread> {
        Paid::open(&self.shared.openings, state, run)
    }

    /// What one member brings into a period, as [`paid::brought_of`]. Reads the disk.
    ///
    /// # Errors
    /// If the file of the run before is missing or damaged.
    pub fn brought_of(
        &self,
        state: &Arc<State>,
        asked: Asked,
        member: Member,
    ) -> Result<(Brought, Option<String>), Unread> {
        paid::brought_of(&self.shared.openings, state, asked, member)
    }

    /// Closed periods that could not be paid, with the reasons.
    #[must_use]
    pub fn unpaid(&self) -> BTreeMap<Asked, String> {
        self.shared.payer.failed()
    }

    /// Has a period that could not be paid tried again.
    pub fn pay_again(&self, asked: Asked) {
        if self.shared.payer.retry(asked) {
            // If the queue is full, the log thread looks without being told.
            drop(self.queue.try_send(Message::Look));
        }
    }

    /// How the runtime is.
    #[must_use]
    pub fn health(&self) -> Health {
        let levels = &self.shared.levels;
        let (queued_commands, queued_bytes) = levels.in_flight();
        let (free_bytes, no_space) = levels.space();
        let (replayed_commands, replay_ms) = self.shared.replayed;
        let snapshots = &self.shared.snapshots;
        Health {
            ready: levels.closed().is_none() && !levels.checking(),
            poisoned: levels.poisoned(),
            no_space,
            applied_seq: levels.applied_seq(),
            machine_time: levels.machine_time(),
            confirmed_seq: levels.confirmed_seq(),
            oldest_seq: self.shared.files.oldest_seq(),
            queued_commands,
            queued_bytes,
            free_bytes,
            replayed_commands,
            replay_ms,
            runs_due: levels.due().iter().map(|&due| u64::from(due)).sum(),
            runs_failed: self.shared.payer.failed().len() as u64,
            last_run_ms: self.shared.payer.last_ms(),
            snapshot_seq: snapshots.last_seq(),
            snapshot_at: snapshots.last_at(),
            snapshot_age: snapshots
                .last_at()
                .map(|at| u64::try_from(clock::now().0 - at.0).unwrap_or(0) / 1_000),
            snapshot_progress: snapshots.progress().read(),
            snapshot: snapshots.last(),
        }
    }
}

/// The commands, each with its length before it; none if they are more than one batch may hold.
///
/// # Panics
/// If a command would not be read back as it is. Whoever made it should have refused it; in the log it would keep the
/// directory from ever being opened again.
pub(crate) fn encode(commands: &[Command]) -> Option<Vec<u8>> {
    /// What an order with ids of twelve characters needs, with some room.
    const USUAL_BYTES: usize = 80;
    if commands.len() > BATCH_COMMANDS_MAX {
        return None;
    }
    let mut out = Vec::with_capacity(commands.len() * USUAL_BYTES);
    for command in commands {
        let bytes = write_command(&mut out, |out| command.encode(out));
        assert!(
            command.is_read_back(&out[bytes]),
            "a command must be read back as it was written"
        );
        if out.len() > BATCH_BYTES_MAX {
            return None;
        }
    }
    Some(out)
}

//! The way in for every other room: submit, read, fork, wait, follow.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crossbeam::channel::{Sender, TrySendError};
use tokio::sync::oneshot;

use crate::base::limits::{BATCH_BYTES_MAX, BATCH_COMMANDS_MAX};
use crate::base::time::Time;
use crate::engine::command::Command;
use crate::engine::state::State;
use crate::runtime::changes::{self, Change, ChangesError};
use crate::runtime::clock;
use crate::runtime::health::Health;
use crate::runtime::shared::{Entry, Message, Shared};
use crate::runtime::submission::{Receipt, Refused, Submission};
use crate::store::batch::put_command;

/// A handle on a running runtime; clones are the same runtime.
#[derive(Clone)]
pub struct Handle {
    shared: Arc<Shared>,
    queue: Sender<Message>,
    bytes_max: u64,
}

/// Receipts to come.
pub struct Pending {
    answer: oneshot::Receiver<Result<Vec<Receipt>, Refused>>,
    arrived: Option<Result<Vec<Receipt>, Refused>>,
}

impl Pending {
    /// Waits until the receipts are there; awaiting the whole then takes no time.
    pub async fn ready(&mut self) {
        if self.arrived.is_none() {
            self.arrived = Some(settled((&mut self.answer).await));
        }
    }
}

impl Future for Pending {
    type Output = Result<Vec<Receipt>, Refused>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(arrived) = self.arrived.take() {
            return Poll::Ready(arrived);
        }
        Pin::new(&mut self.answer).poll(context).map(settled)
    }
}

/// A reply that was dropped may have been on its way to the disk, so nothing is known of it.
fn settled(
    answer: Result<Result<Vec<Receipt>, Refused>, oneshot::error::RecvError>,
) -> Result<Vec<Receipt>, Refused> {
    answer.unwrap_or(Err(Refused::OutcomeUnknown))
}

impl Handle {
    /// A handle for threads that are running.
    #[must_use]
    pub fn new(shared: Arc<Shared>, queue: Sender<Message>, bytes_max: u64) -> Handle {
        Handle {
            shared,
            queue,
            bytes_max,
        }
    }

    /// The wall clock, for what expires.
    #[must_use]
    pub fn now(&self) -> Time {
        clock::now()
    }

    /// Submits commands and waits for their receipts.
    ///
    /// # Errors
    /// See [`Refused`].
    pub async fn submit(&self, submission: Submission) -> Result<Vec<Receipt>, Refused> {
        let pending = self.enqueue(submission).map_err(|(refused, _)| refused)?;
        pending.await
    }

    /// Submits commands, in the order of calls from one task. Never waits. O(commands): they are encoded here, so that
    /// the log thread only copies.
    ///
    /// # Errors
    /// All but [`Refused::OutcomeUnknown`], with the submission given back: nothing was done.
    pub fn enqueue(&self, submission: Submission) -> Result<Pending, (Refused, Submission)> {
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
        match self.queue.try_send(Message::Entry(entry)) {
            Ok(()) => Ok(Pending {
                answer,
                arrived: None,
            }),
            Err(full) => {
                levels.release(count, reserved);
                let refused = match full {
                    TrySendError::Full(_) => Refused::Busy,
                    TrySendError::Disconnected(_) => Refused::Stopping,
                };
                match full.into_inner() {
                    Message::Entry(entry) => refuse(refused, entry.commands),
                    Message::Stop => refuse(refused, Vec::new()),
                }
            }
        }
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

    /// How the runtime is.
    #[must_use]
    pub fn health(&self) -> Health {
        let levels = &self.shared.levels;
        let (queued_commands, queued_bytes) = levels.in_flight();
        let (free_bytes, no_space) = levels.space();
        let (replayed_commands, replay_ms) = self.shared.replayed;
        Health {
            ready: levels.closed().is_none(),
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
    let mut one = Vec::with_capacity(USUAL_BYTES);
    for command in commands {
        one.clear();
        command.encode(&mut one);
        assert!(
            Command::decode(&one).is_ok_and(|read| read == *command),
            "a command must be read back as it was written"
        );
        put_command(&mut out, &one);
        if out.len() > BATCH_BYTES_MAX {
            return None;
        }
    }
    Some(out)
}

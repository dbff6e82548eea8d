//! The log thread: a machine of plain steps. Take what is there, stamp it, make it durable, hand it on.
//!
//! There is no timer for gathering: while one group is being synced the next one gathers by itself.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam::channel::{Receiver, Select, TryRecvError};

use crate::base::limits::{BATCH_BYTES_MAX, BATCH_COMMANDS_MAX};
use crate::base::time::Time;
use crate::engine::command::{Command, Verb};
use crate::engine::law;
use crate::engine::rules::ClockMode;
use crate::engine::state::State;
use crate::runtime::calendars::Calendars;
use crate::runtime::clock::{self, Stopwatch};
use crate::runtime::desk::{Desk, Place, refuse};
use crate::runtime::handle;
use crate::runtime::paying;
use crate::runtime::room;
use crate::runtime::settings::OnFault;
use crate::runtime::shared::{Entry, Group, Message, Shared};
use crate::runtime::submission::Refused;
use crate::runtime::take;
use crate::store::documents;
use crate::store::fault::Fault;

/// How long the log must have been idle before its durable mark is moved past all commands.
const MARK_AFTER: Duration = Duration::from_millis(500);
/// How often space, calendars and forks are looked after.
const UPKEEP_EVERY: Duration = Duration::from_secs(1);

/// How often it is looked whether a snapshot has been checked.
const CHECK_EVERY: Duration = Duration::from_millis(5);

/// The desk is taken away only by this thread, at its end.
const HERE: &str = "the desk is here until the log thread ends";

/// The log thread's half of the pipeline.
pub struct Writer {
    /// What it takes to write; shared with whoever writes a command of his own at once.
    pub place: Arc<Place>,
    /// What all threads see.
    pub shared: Arc<Shared>,
    /// Submissions.
    pub queue: Receiver<Message>,
    /// The apply thread.
    pub apply_thread: JoinHandle<()>,
    /// Calendars to be kept ahead of time.
    pub calendars: Calendars,
    /// Bytes of free disk below which nothing is taken.
    pub reserve_bytes: u64,
    /// Told of a fault.
    pub on_fault: OnFault,
}

/// What a step leaves to do.
enum Flow {
    GoOn,
    /// Wait for something to do, at most so long.
    Wait(Duration),
    /// Wait for periods to be paid, at most so long; what is queued stays there.
    HeldUp(Duration),
    Stop,
}

/// What changes from step to step.
struct Run {
    /// A submission that did not fit into the group before.
    carried: Option<Entry>,
    since_upkeep: Option<Stopwatch>,
    /// Sequence of the change of the network that room was made for last.
    room_for: Option<u64>,
    stopping: bool,
    /// Sequence of the last run posted, until it has been applied.
    posted: Option<u64>,
}

impl Writer {
    /// The body of the thread: until it is told to stop, or the disk fails.
    ///
    /// # Panics
    /// If the desk has been taken away.
    pub fn run(mut self) {
        let mut run = Run {
            carried: None,
            since_upkeep: None,
            room_for: None,
            stopping: false,
            posted: None,
        };
        let decided = {
            let desk = self.place.lock();
            desk.as_ref().expect(HERE).decided.clone()
        };
        let place = Arc::clone(&self.place);
        loop {
            let mut desk = place.lock();
            let flow = self.step(desk.as_mut().expect(HERE), &mut run);
            match flow {
                Ok(Flow::GoOn) => {}
                Ok(flow @ (Flow::Wait(patience) | Flow::HeldUp(patience))) => {
                    drop(desk);
                    // Nothing is taken here: only whoever holds the desk takes, so that nobody overtakes.
                    let mut select = Select::new();
                    if matches!(flow, Flow::Wait(_)) {
                        select.recv(&self.queue);
                    }
                    select.recv(&decided);
                    select.recv(&self.shared.payer.done);
                    // Either there is something now or it is time to look after other things.
                    let _ready_or_late = select.ready_timeout(patience);
                }
                Ok(Flow::Stop) => {
                    let desk = desk.take().expect(HERE);
                    return self.finish(desk);
                }
                Err(fault) => {
                    let desk = desk.take().expect(HERE);
                    return self.fail(desk, run, &fault);
                }
            }
        }
    }

    fn step(&mut self, desk: &mut Desk, run: &mut Run) -> Result<Flow, Fault> {
        if let Some(fault) = desk.fault.take() {
            return Err(fault);
        }
        if run
            .since_upkeep
            .is_none_or(|since| since.elapsed() >= UPKEEP_EVERY)
        {
            run.since_upkeep = Some(Stopwatch::start());
            self.keep_up(desk, run)?;
        }
        desk.keep_decisions()?;
        self.pay(desk, run)?;
        let stopping = self.shared.levels.closed() == Some(Refused::Stopping);
        let checking = self.shared.levels.checking();
        if self.shared.held_up() && (!stopping || checking) {
            desk.log.write_outcomes()?;
            advance_mark(desk)?;
            let patience = if checking { CHECK_EVERY } else { UPKEEP_EVERY };
            return Ok(Flow::HeldUp(patience));
        }
        if let Some((group, parts)) = self.gather(desk, run) {
            return desk.log_group(group, &parts).map(|()| Flow::GoOn);
        }
        if run.stopping {
            return Ok(Flow::Stop);
        }
        desk.log.write_outcomes()?;
        self.fire_timers(desk)?;
        advance_mark(desk)?;
        Ok(Flow::Wait(self.patience(desk)))
    }

    /// Posts what has been paid, and has the next closed period paid.
    fn pay(&self, desk: &mut Desk, run: &mut Run) -> Result<(), Fault> {
        let payer = &self.shared.payer;
        while let Ok(done) = payer.done.try_recv() {
            match done.result {
                Ok(post) => {
                    self.log_own(desk, Verb::PostRun(Box::new(post)))?;
                    run.posted = Some(desk.sent_seq);
                }
                Err(reason) => {
                    payer.fail(done.asked, reason);
                    payer.rest();
                }
            }
        }
        // Until a run that was posted has been applied, its book is still due.
        let applied = self.shared.levels.applied_seq();
        if run.posted.take_if(|posted| applied >= *posted).is_some() {
            payer.rest();
        }
        if !run.stopping {
            paying::begin(&self.shared);
        }
        Ok(())
    }

    /// Takes what is queued, up to one batch; none if there is nothing.
    fn gather(&mut self, desk: &Desk, run: &mut Run) -> Option<(Group, Vec<Vec<u8>>)> {
        let (mut group, mut parts) = (desk.empty_group(), Vec::new());
        let (mut count, mut bytes) = (0, 0);
        loop {
            let entry = match run.carried.take() {
                Some(entry) => entry,
                None => match self.queue.try_recv() {
                    Ok(Message::Entry(entry)) => entry,
                    Ok(Message::Look) => continue,
                    Ok(Message::Stop) => {
                        run.stopping = true;
                        continue;
                    }
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => {
                        run.stopping = true;
                        break;
                    }
                },
            };
            count += entry.commands.len();
            bytes += entry.bytes.len();
            if count > BATCH_COMMANDS_MAX || bytes > BATCH_BYTES_MAX {
                run.carried = Some(entry);
                break;
            }
            parts.push(group.take(entry));
        }
        (!group.waiting.is_empty()).then_some((group, parts))
    }

    /// Logs a command of the runtime's own.
    fn log_own(&self, desk: &mut Desk, verb: Verb) -> Result<(), Fault> {
        let now = desk.stamp.max(clock::now());
        let command = Command {
            id: Default::default(),
            at: self.shared.read(|state| state.present(now)),
            verb,
        };
        let commands = vec![command];
        let bytes = handle::encode(&commands).expect("one small command fits a batch");
        let mut group = desk.empty_group();
        group.add(commands);
        desk.log_group(group, &[bytes])
    }

    /// How long there may be nothing to do.
    fn patience(&self, desk: &Desk) -> Duration {
        let patience = match desk.log.mark_is_behind() {
            true => MARK_AFTER,
            false => UPKEEP_EVERY,
        };
        match self.due_timer() {
            Some(due) => {
                let ms = u64::try_from(due.0 - clock::now().0).unwrap_or(0);
                patience.min(Duration::from_millis(ms.max(1)))
            }
            None => patience,
        }
    }

    /// The next timer, where time passes by itself.
    fn due_timer(&self) -> Option<Time> {
        match self.calendars.clock() {
            ClockMode::Wall => self.shared.levels.next_timer(),
            ClockMode::Events => None,
        }
    }

    /// Logs that time has passed when something is due and no command is there to tell it.
    fn fire_timers(&mut self, desk: &mut Desk) -> Result<(), Fault> {
        let settled = self.shared.levels.applied_seq() == desk.sent_seq;
        match self.due_timer() {
            Some(due) if settled && due <= desk.stamp.max(clock::now()) => {
                self.log_own(desk, Verb::AdvanceTime)
            }
            _ => Ok(()),
        }
    }

    /// What is done once a second.
    fn keep_up(&mut self, desk: &mut Desk, run: &mut Run) -> Result<(), Fault> {
        let shared = Arc::clone(&self.shared);
        let (_, was_short) = shared.levels.space();
        // A disk that cannot say how much room it has is not trusted with more.
        let free = shared.files.directory.free_space().unwrap_or(0);
        // Some more than the reserve must be free again, or the answers would flicker.
        let enough = self.reserve_bytes + if was_short { self.reserve_bytes / 4 } else { 0 };
        shared.levels.set_space(free, free < enough);
        if let Some(stale) = shared.forks.take_stale() {
            shared.heavy.offer(Box::new(move || drop(stale)));
        }
        let expired = shared.forks.take_expired();
        if !expired.is_empty() {
            shared.heavy.offer(Box::new(move || drop(expired)));
        }
        let idle = shared.sweeps.take_idle();
        if !idle.is_empty() {
            shared.heavy.offer(Box::new(move || drop(idle)));
        }
        self.make_room(run);
        let (seq, log_bytes) = (shared.levels.applied_seq(), shared.files.bytes_from(0));
        if shared.snapshots.is_due(seq, log_bytes) {
            let shared = Arc::clone(&shared);
            // What comes of it is told there.
            self.shared.heavy.offer(Box::new(move || {
                drop(take::take(&shared, || ()));
            }));
        }
        if shared.levels.applied_seq() == desk.sent_seq {
            let now = desk.stamp.max(clock::now());
            let document = shared.read(|state| state.document);
            if self.calendars.are_of_another(&document) {
                let bytes = documents::get(&shared.files.directory, &document)?;
                self.calendars = Calendars::new(&bytes, self.calendars.clock());
            }
            let due = shared.read(|state| self.calendars.due(state, now));
            for extension in due {
                self.log_own(desk, Verb::ExtendCalendar(Box::new(extension)))?;
            }
        }
        Ok(())
    }

    /// Has room made for pending rules, once for each: a failure would only repeat itself.
    fn make_room(&self, run: &mut Run) {
        let needed = |state: &State| {
            let pending = state.pending.as_ref().filter(|_| law::needs_room(state));
            pending.map(|pending| pending.seq)
        };
        let needed = self.shared.read(needed);
        if needed.is_some() && needed != run.room_for {
            let shared = Arc::clone(&self.shared);
            if self
                .shared
                .heavy
                .offer(Box::new(move || room::make(&shared)))
            {
                run.room_for = needed;
            }
        }
    }

    /// The end of a graceful stop: everything applied, its decisions kept, the durable mark at the end.
    fn finish(self, mut desk: Desk) {
        desk.groups = None;
        join(self.apply_thread);
        let marked = desk
            .keep_decisions()
            .and_then(|()| desk.log.sync())
            .inspect(|()| self.shared.levels.set_told(desk.kept_seq))
            .and_then(|()| match desk.log.mark_is_behind() {
                true => desk.mark(),
                false => Ok(()),
            });
        if marked.is_ok()
            && let Err(fault) = desk.log.finish()
        {
            tracing::warn!(%fault, "the log is whole, and its last segment not sealed");
        }
        send_away(&self.queue);
        if let Err(fault) = marked {
            self.shared.levels.set_poisoned();
            (self.on_fault)(&fault);
        }
    }

    /// The end by a fault: what was confirmed is applied and answered, what was not even logged is sent away.
    fn fail(self, desk: Desk, run: Run, fault: &Fault) {
        self.shared.levels.set_poisoned();
        drop(desk);
        join(self.apply_thread);
        if let Some(entry) = run.carried {
            refuse(entry.reply, Refused::Stopping);
        }
        send_away(&self.queue);
        (self.on_fault)(fault);
    }
}

/// Tells that what stands above the durable mark of an idle log is durable; decisions are made so where somebody waits.
fn advance_mark(desk: &mut Desk) -> Result<(), Fault> {
    if desk.shared.levels.told_is_wanted(desk.kept_seq) {
        desk.log.sync()?;
        desk.shared.levels.set_told(desk.kept_seq);
    }
    if !desk.log.mark_is_behind() || desk.since_commit.elapsed() < MARK_AFTER {
        return Ok(());
    }
    desk.since_commit = Stopwatch::start();
    desk.mark()
}

/// Answers what is queued and was never logged.
fn send_away(queue: &Receiver<Message>) {
    for message in queue.try_iter() {
        if let Message::Entry(entry) = message {
            refuse(entry.reply, Refused::Stopping);
        }
    }
}

fn join(thread: JoinHandle<()>) {
    assert!(thread.join().is_ok(), "the apply thread ended by a bug");
}

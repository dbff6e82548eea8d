//! The log thread: a machine of plain steps. Take what is there, stamp it, make it durable, hand it on.
//!
//! There is no timer for gathering: while one group is being synced the next one gathers by itself. On an idle machine
//! the log thread applies small groups itself, since waking another thread costs more than the work.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, TryRecvError};
use crossbeam::select;

use crate::base::limits::{BATCH_BYTES_MAX, BATCH_COMMANDS_MAX};
use crate::base::time::Time;
use crate::engine::command::{Command, Verb};
use crate::engine::rules::ClockMode;
use crate::runtime::applier::Applier;
use crate::runtime::calendars::Calendars;
use crate::runtime::clock::{self, Stopwatch};
use crate::runtime::handle;
use crate::runtime::offline::own_time;
use crate::runtime::settings::OnFault;
use crate::runtime::shared::{Decided, Entry, Group, Message, Shared, Waiting};
use crate::runtime::submission::Refused;
use crate::store::fault::Fault;
use crate::store::log::Log;
use crate::store::order::{Order, Standing};
use crate::store::outcomes::Outcomes;

/// Groups smaller than this are applied by the log thread when nothing else is being applied.
const SMALL: usize = 64;
/// How long commands may stand above the durable mark of an idle log.
const MARK_AFTER: Duration = Duration::from_millis(500);
/// How often space, calendars and forks are looked after.
const UPKEEP_EVERY: Duration = Duration::from_secs(1);

/// The log thread's half of the pipeline.
pub struct Writer {
    /// The log.
    pub log: Log,
    /// What all threads see.
    pub shared: Arc<Shared>,
    /// Submissions.
    pub queue: Receiver<Message>,
    /// The way to the apply thread.
    pub groups: Sender<Group>,
    /// The way back.
    pub decided: Receiver<Decided>,
    /// The apply thread.
    pub apply_thread: JoinHandle<()>,
    /// For groups that are applied here.
    pub applier: Applier,
    /// Calendars to be kept ahead of time.
    pub calendars: Calendars,
    /// Bytes of free disk below which nothing is taken.
    pub reserve_bytes: u64,
    /// The last stamp.
    pub stamp: Time,
    /// Told of a fault.
    pub on_fault: OnFault,
}

/// What a step leaves to do.
enum Flow {
    GoOn,
    Stop,
}

/// What changes from step to step.
struct Run {
    /// A submission that did not fit into the group before.
    carried: Option<Entry>,
    /// Sequence of the last command handed on.
    sent_seq: u64,
    since_commit: Stopwatch,
    since_upkeep: Option<Stopwatch>,
    stopping: bool,
}

impl Writer {
    /// The body of the thread: until it is told to stop, or the disk fails.
    pub fn run(mut self) {
        let mut run = Run {
            carried: None,
            sent_seq: self.log.next_seq() - 1,
            since_commit: Stopwatch::start(),
            since_upkeep: None,
            stopping: false,
        };
        loop {
            match self.step(&mut run) {
                Ok(Flow::GoOn) => {}
                Ok(Flow::Stop) => return self.finish(),
                Err(fault) => return self.fail(run, &fault),
            }
        }
    }

    fn step(&mut self, run: &mut Run) -> Result<Flow, Fault> {
        if run
            .since_upkeep
            .is_none_or(|since| since.elapsed() >= UPKEEP_EVERY)
        {
            run.since_upkeep = Some(Stopwatch::start());
            self.keep_up(run)?;
        }
        self.keep_decisions()?;
        if let Some(group) = self.gather(run) {
            return self.log_group(run, group).map(|()| Flow::GoOn);
        }
        if run.stopping {
            return Ok(Flow::Stop);
        }
        self.log.write_outcomes()?;
        self.fire_timers(run)?;
        self.advance_mark(run)?;
        self.wait(run)?;
        Ok(Flow::GoOn)
    }

    /// Takes what is queued, up to one batch; none if there is nothing.
    fn gather(&mut self, run: &mut Run) -> Option<(Group, Vec<Vec<u8>>)> {
        let (mut group, mut parts, mut bytes) = (self.empty_group(), Vec::new(), 0);
        loop {
            let entry = match run.carried.take() {
                Some(entry) => entry,
                None => match self.queue.try_recv() {
                    Ok(Message::Entry(entry)) => entry,
                    Ok(Message::Stop) => {
                        run.stopping = true;
                        continue;
                    }
                    Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
                },
            };
            let commands = group.commands.len() + entry.commands.len();
            if commands > BATCH_COMMANDS_MAX || bytes + entry.bytes.len() > BATCH_BYTES_MAX {
                run.carried = Some(entry);
                break;
            }
            bytes += entry.bytes.len();
            group.waiting.push(Waiting {
                count: entry.commands.len(),
                reserved: entry.reserved,
                reply: entry.reply,
            });
            match group.commands.is_empty() {
                true => group.commands = entry.commands,
                false => group.commands.extend(entry.commands),
            }
            parts.push(entry.bytes);
        }
        (!group.waiting.is_empty()).then_some((group, parts))
    }

    fn empty_group(&self) -> Group {
        Group {
            first_seq: self.log.next_seq(),
            stamp: self.stamp,
            commands: Vec::new(),
            waiting: Vec::new(),
        }
    }

    /// The order of durability, and its only place: log, confirm, and only then apply and answer.
    fn log_group(
        &mut self,
        run: &mut Run,
        (mut group, parts): (Group, Vec<Vec<u8>>),
    ) -> Result<(), Fault> {
        self.stamp = self.stamp.max(clock::now());
        group.stamp = self.stamp;
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        let confirmed = match self
            .log
            .submit(self.stamp, group.commands.len() as u32, &parts)
        {
            Ok(first_seq) => {
                group.first_seq = first_seq;
                self.log.confirm()
            }
            Err(fault) => Standing::Unknown(fault),
        };
        match confirmed {
            Standing::Confirmed { seq } => self.shared.levels.set_confirmed(seq),
            Standing::Unknown(fault) => {
                self.shared.levels.set_poisoned();
                for waiting in group.waiting {
                    refuse(waiting.reply, Refused::OutcomeUnknown);
                }
                return Err(fault);
            }
        }
        run.since_commit = Stopwatch::start();
        let idle = self.shared.levels.applied_seq() == run.sent_seq;
        run.sent_seq = group.first_seq + group.commands.len() as u64 - 1;
        if idle && group.commands.len() < SMALL {
            let decided = self.applier.apply(group);
            return self.append_decisions(&decided);
        }
        // The apply thread ends only by a bug, and then the process ends.
        drop(self.groups.send(group));
        Ok(())
    }

    /// Logs a command of the runtime's own.
    fn log_own(&mut self, run: &mut Run, verb: Verb) -> Result<(), Fault> {
        let command = Command {
            id: Default::default(),
            at: own_time(self.calendars.clock()),
            verb,
        };
        let mut group = self.empty_group();
        group.commands = vec![command];
        let bytes = handle::encode(&group.commands).expect("one small command fits a batch");
        self.log_group(run, (group, vec![bytes]))
    }

    /// Takes decisions from the apply thread over into the log.
    fn keep_decisions(&mut self) -> Result<(), Fault> {
        while let Ok(decided) = self.decided.try_recv() {
            self.append_decisions(&decided)?;
        }
        Ok(())
    }

    fn append_decisions(&mut self, decided: &Decided) -> Result<(), Fault> {
        self.log.append_outcomes(&Outcomes {
            first_seq: decided.first_seq,
            count: decided.count,
            bytes: &decided.bytes,
        })
    }

    /// Waits for something to do, at most until something is due.
    fn wait(&mut self, run: &mut Run) -> Result<(), Fault> {
        let mut patience = match self.log.mark_is_behind() {
            true => MARK_AFTER,
            false => UPKEEP_EVERY,
        };
        if let Some(due) = self.due_timer() {
            let ms = u64::try_from(due.0 - clock::now().0).unwrap_or(0);
            patience = patience.min(Duration::from_millis(ms.max(1)));
        }
        let message = select! {
            recv(self.queue) -> message => message.map_err(|_| RecvTimeoutError::Disconnected),
            recv(self.decided) -> decided => {
                if let Ok(decided) = decided {
                    self.append_decisions(&decided)?;
                }
                return Ok(());
            }
            default(patience) => Err(RecvTimeoutError::Timeout),
        };
        match message {
            Ok(Message::Entry(entry)) => run.carried = Some(entry),
            Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => run.stopping = true,
            Err(RecvTimeoutError::Timeout) => {}
        }
        Ok(())
    }

    /// The next timer, where time passes by itself.
    fn due_timer(&self) -> Option<Time> {
        match self.calendars.clock() {
            ClockMode::Wall => self.shared.levels.next_timer(),
            ClockMode::Events => None,
        }
    }

    /// Logs that time has passed when something is due and no command is there to tell it.
    fn fire_timers(&mut self, run: &mut Run) -> Result<(), Fault> {
        let settled = self.shared.levels.applied_seq() == run.sent_seq;
        match self.due_timer() {
            Some(due) if settled && due <= self.stamp.max(clock::now()) => {
                self.log_own(run, Verb::AdvanceTime)
            }
            _ => Ok(()),
        }
    }

    /// Tells the log's readers that what stands above the durable mark is durable, by an empty batch.
    fn advance_mark(&mut self, run: &mut Run) -> Result<(), Fault> {
        if !self.log.mark_is_behind() || run.since_commit.elapsed() < MARK_AFTER {
            return Ok(());
        }
        run.since_commit = Stopwatch::start();
        self.mark()
    }

    fn mark(&mut self) -> Result<(), Fault> {
        self.log.sync()?;
        self.log.append(self.stamp, 0, &[])?;
        self.log.sync()
    }

    /// What is done once a second.
    fn keep_up(&mut self, run: &mut Run) -> Result<(), Fault> {
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
        if shared.levels.applied_seq() == run.sent_seq {
            let now = self.stamp.max(clock::now());
            let due = shared.read(|state| self.calendars.due(state, now));
            for extension in due {
                self.log_own(run, Verb::ExtendCalendar(Box::new(extension)))?;
            }
        }
        Ok(())
    }

    /// The end of a graceful stop: everything applied, its decisions kept, the durable mark at the end.
    fn finish(mut self) {
        drop(self.groups);
        join(self.apply_thread);
        let mut kept = Ok(());
        while let Ok(decided) = self.decided.try_recv() {
            kept = kept.and_then(|()| {
                self.log.append_outcomes(&Outcomes {
                    first_seq: decided.first_seq,
                    count: decided.count,
                    bytes: &decided.bytes,
                })
            });
        }
        let stamp = self.stamp;
        let marked =
            kept.and_then(|()| self.log.sync())
                .and_then(|()| match self.log.mark_is_behind() {
                    true => self.log.append(stamp, 0, &[]).and_then(|_| self.log.sync()),
                    false => Ok(()),
                });
        send_away(&self.queue);
        if let Err(fault) = marked {
            self.shared.levels.set_poisoned();
            (self.on_fault)(&fault);
        }
    }

    /// The end by a fault: what was confirmed is applied and answered, what was not even logged is sent away.
    fn fail(self, run: Run, fault: &Fault) {
        self.shared.levels.set_poisoned();
        drop(self.groups);
        join(self.apply_thread);
        if let Some(entry) = run.carried {
            refuse(entry.reply, Refused::Stopping);
        }
        send_away(&self.queue);
        (self.on_fault)(fault);
    }
}

/// Answers what is queued and was never logged.
fn send_away(queue: &Receiver<Message>) {
    for message in queue.try_iter() {
        if let Message::Entry(entry) = message {
            refuse(entry.reply, Refused::Stopping);
        }
    }
}

fn refuse(reply: crate::runtime::shared::Reply, refused: Refused) {
    // Whoever asked may have gone away.
    drop(reply.send(Err(refused)));
}

fn join(thread: JoinHandle<()>) {
    assert!(thread.join().is_ok(), "the apply thread ended by a bug");
}

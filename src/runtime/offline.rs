//! The same order of durability without threads: for a directory that no server has open, and for a server's start.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::base::limits::BATCH_COMMANDS_MAX;
use crate::base::time::Time;
use crate::document::plan::set::parse;
use crate::engine::command::found::Found;
use crate::engine::command::run::PostRun;
use crate::engine::command::{Command, Verb};
use crate::engine::outcome::Outcome;
use crate::engine::rejection::Rejection;
use crate::engine::state::State;
use crate::runtime::begin::{Begun, begin, prove};
use crate::runtime::calendars::Calendars;
use crate::runtime::clock::{self, Stopwatch};
use crate::runtime::decisions;
use crate::runtime::handle::encode;
use crate::runtime::network_change::Unfit;
use crate::runtime::openings::Openings;
use crate::runtime::payer::{self, DUE_MAX};
use crate::runtime::plan_draft;
use crate::runtime::plans::Plans;
use crate::runtime::repeats;
use crate::runtime::replay::{Beginning, replay};
use crate::runtime::settings::{Founding, MACHINE_VERSION, Settings, SnapshotSettings, StartError};
use crate::runtime::snapshots::{self, Held, Progress};
use crate::runtime::submission::{Receipt, Refusal};
use crate::store::directory::Directory;
use crate::store::documents;
use crate::store::fault::Fault;
use crate::store::files::Files;
use crate::store::log::Log;
use crate::store::options::Options;
use crate::store::outcomes::Outcomes;
use crate::store::recover::{Opened, inspect};
use crate::store::runs;
use crate::store::snapshot::{self, Pace, Snapshot};

/// A network opened for writing by this thread alone; its directory is locked meanwhile.
pub struct Offline {
    /// The state.
    pub state: State,
    /// The log.
    pub log: Log,
    /// The last stamp.
    pub stamp: Time,
    /// Calendars to be kept ahead of time.
    pub calendars: Calendars,
    /// What the opening found on the disk.
    pub opened: Opened,
    /// Whether the settings' plan document was taken.
    pub planned: bool,
    /// Types whose oldest due book could not be paid, a bit each.
    unpaid: u8,
    /// Commands replayed, and the milliseconds it took.
    pub replayed: (u64, u64),
    /// When snapshots are taken.
    pub snapshots: SnapshotSettings,
    /// The snapshot that this start began with, or wrote since.
    pub begun_with: Held,
    /// That snapshot, where it has not been checked.
    pub unchecked: Option<Snapshot>,
}

/// A network opened to be read; nothing is locked or changed, and a server may write meanwhile.
pub struct ReadOnly {
    /// The state after the last whole batch.
    pub state: State,
    /// The log.
    pub files: Arc<Files>,
    /// What was found on the disk; a torn tail is left alone.
    pub opened: Opened,
}

/// Opens a directory to read. Costs a replay of the log.
///
/// # Errors
/// See [`StartError`].
pub fn read(settings: &Settings) -> Result<ReadOnly, StartError> {
    let directory = Directory::new(Arc::clone(&settings.disk), &settings.dir);
    let (files, opened) = inspect(&directory, Some(MACHINE_VERSION))?;
    let state = replay(&files, Beginning::default())?.state;
    Ok(ReadOnly {
        state,
        files,
        opened,
    })
}

impl Offline {
    /// Opens or founds a directory. Costs a replay of the log behind the last snapshot.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn open(settings: Settings) -> Result<Offline, StartError> {
        let since = Stopwatch::start();
        let directory = Directory::new(settings.disk, &settings.dir);
        let mut options = Options::new(MACHINE_VERSION);
        options.durability = settings.durability;
        options.segment_bytes = settings.segment_bytes;
        if settings.founding.is_some() {
            options.found = Some(draw_log_id()?);
        }
        let (mut log, opened) = Log::open(&directory, options)?;
        runs::clean(&directory)?;
        let Begun {
            replayed,
            held,
            mut unchecked,
        } = begin(log.files(), log.next_seq(), settings.snapshots.check)?;
        // Nothing is written that rests on what has not been checked.
        if !replayed.untold.is_empty()
            && let Some(unchecked) = unchecked.take()
        {
            prove(&directory, &unchecked)?;
        }
        for untold in &replayed.untold {
            log.append_outcomes(&Outcomes {
                first_seq: untold.first_seq,
                count: untold.count,
                bytes: &untold.bytes,
            })?;
        }
        log.write_outcomes()?;
        let commands = replayed.state.as_of_seq - held.seq;
        let ms = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut offline = Offline {
            state: replayed.state,
            log,
            stamp: replayed.stamp,
            calendars: Calendars::none(),
            opened,
            planned: false,
            unpaid: 0,
            replayed: (commands, ms),
            snapshots: settings.snapshots,
            begun_with: held,
            unchecked,
        };
        offline.found(&directory, settings.founding, settings.plan.as_deref())?;
        offline.extend_calendars()?;
        if let Some(text) = &settings.plan {
            offline.begin_plans(text)?;
        }
        // From here on all that was decided so far is durable.
        offline.log.sync()?;
        Ok(offline)
    }

    /// Makes commands durable, executes them, and tells what became of each. Any number of them.
    ///
    /// # Errors
    /// After a fault nothing more can be written; what was handed in may have happened or not.
    ///
    /// # Panics
    /// If one command alone is larger than a batch may be.
    pub fn submit(&mut self, commands: Vec<Command>) -> Result<Vec<Receipt>, Fault> {
        let mut receipts = Vec::with_capacity(commands.len());
        let mut rest = commands;
        while !rest.is_empty() {
            let mut count = rest.len().min(BATCH_COMMANDS_MAX);
            let bytes = loop {
                match encode(&rest[..count]) {
                    Some(bytes) => break bytes,
                    None => count = count.div_ceil(2).min(count - 1),
                }
            };
            let later = rest.split_off(count);
            self.submit_batch(rest, &bytes, &mut receipts)?;
            self.pay_down()?;
            rest = later;
        }
        Ok(receipts)
    }

    /// Pays closed periods until no more wait of any type than a server lets wait. What cannot be paid is left to the
    /// server that opens the directory next.
    fn pay_down(&mut self) -> Result<(), Fault> {
        let too_many = |state: &State, unpaid: u8| {
            let mut types = state.periods.iter().enumerate();
            types.any(|(of, periods)| periods.due().len() > DUE_MAX && unpaid >> of & 1 == 0)
        };
        if !too_many(&self.state, self.unpaid) {
            return Ok(());
        }
        let files = Arc::clone(self.log.files());
        let openings = Openings::new(Arc::clone(&files), Arc::new(Plans::new(files)));
        while too_many(&self.state, self.unpaid) {
            let Some(asked) = payer::next_due(&self.state, self.unpaid) else {
                break;
            };
            let fork = Arc::new(self.state.fork());
            match payer::pay(&openings, &fork, asked) {
                Ok(post) => self.post(post)?,
                Err(error) => {
                    tracing::error!(?asked, %error, "a period could not be paid");
                    self.unpaid |= 1 << asked.period;
                }
            }
        }
        Ok(())
    }

    fn post(&mut self, post: PostRun) -> Result<(), Fault> {
        let now = self.stamp.max(clock::now());
        let command = Command {
            id: Default::default(),
            at: self.state.present(now),
            verb: Verb::PostRun(Box::new(post)),
        };
        let bytes = encode(std::slice::from_ref(&command)).expect("one small command fits a batch");
        self.submit_batch(vec![command], &bytes, &mut Vec::new())
    }

    /// Keeps a document, durably, before a command names it.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn keep_document(&self, bytes: &[u8]) -> Result<[u8; 32], Fault> {
        documents::put(&self.log.files().directory, bytes)
    }

    /// Tells the log's readers that all of it is durable, closes it, and takes a snapshot where that is worth it.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn close(mut self) -> Result<(), Fault> {
        self.log.sync()?;
        if self.log.mark_is_behind() {
            self.log.append(self.stamp, 0, &[])?;
            self.log.sync()?;
        }
        // Where there is none, the log has everything.
        if snapshots::is_worth_it(self.snapshots, self.begun_with.seq, self.state.as_of_seq)
            && let Err(fault) = self.snapshot()
        {
            tracing::warn!(%fault, "no snapshot was taken");
        }
        if let Err(fault) = self.log.finish() {
            tracing::warn!(%fault, "the log is whole, and its last segment not sealed");
        }
        Ok(())
    }

    /// Writes a snapshot, and removes older ones; its bytes. O(bytes).
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn snapshot(&mut self) -> Result<u64, Fault> {
        self.log.sync()?;
        let (files, twin) = (self.log.files(), self.state.twin());
        let state = (&twin, self.stamp, Pace::Alone);
        let bytes = snapshots::write(files, state, &Progress::default(), || true)?;
        snapshot::prune(&files.directory, self.snapshots.kept.max(1))?;
        self.begun_with = Held {
            seq: twin.as_of_seq,
            at: clock::now(),
            log_bytes: files.bytes_from(0),
        };
        Ok(bytes)
    }

    fn submit_batch(
        &mut self,
        commands: Vec<Command>,
        bytes: &[u8],
        receipts: &mut Vec<Receipt>,
    ) -> Result<(), Fault> {
        if let Some(unchecked) = self.unchecked.take() {
            prove(&self.log.files().directory, &unchecked)?;
        }
        self.stamp = self.stamp.max(clock::now());
        let count = commands.len() as u32;
        let first_seq = self.log.append(self.stamp, count, &[bytes])?;
        self.log.commit()?;
        let outcomes = self.execute(first_seq, &commands)?;
        let (mut repeated, start) = (Vec::new(), receipts.len());
        for ((seq, command), outcome) in (first_seq..).zip(commands).zip(outcomes) {
            if let Err(Rejection::Duplicate { first_seq }) = outcome {
                repeated.push((receipts.len() - start, first_seq, command));
            }
            receipts.push(Receipt {
                seq,
                repeated: false,
                outcome: outcome.map_err(Refusal::Rejected),
            });
        }
        if repeated.is_empty() {
            return Ok(());
        }
        self.log.write_outcomes()?;
        repeats::judge(self.log.files(), &mut receipts[start..], repeated)
    }

    /// Executes a batch that is durable, and appends what was decided.
    fn execute(&mut self, first_seq: u64, commands: &[Command]) -> Result<Vec<Outcome>, Fault> {
        let (mut outcomes, mut digests) = (Vec::new(), Vec::new());
        decisions::decide(
            &mut self.state,
            self.stamp,
            commands,
            &mut outcomes,
            &mut digests,
        );
        let mut bytes = Vec::new();
        decisions::encode(&outcomes, &digests, &mut bytes);
        self.log.append_outcomes(&Outcomes {
            first_seq,
            count: commands.len() as u32,
            bytes: &bytes,
        })?;
        Ok(outcomes)
    }

    /// Gives a new log its first command, and learns the calendars of whatever network there is.
    fn found(
        &mut self,
        directory: &Directory,
        founding: Option<Founding>,
        plan: Option<&str>,
    ) -> Result<(), StartError> {
        let not_founded = |reason: String| StartError::NotFounded { reason };
        if self.state.rules.is_none() {
            let founding = founding.ok_or_else(|| {
                not_founded("the directory holds no network, and none was given".into())
            })?;
            if let Some(problems) = plan.and_then(|text| parse(text, &founding.rules).err()) {
                return Err(plan_refused(Unfit::Document(problems)));
            }
            let document = documents::put(directory, &founding.document)?;
            let hash: String = document.iter().map(|byte| format!("{byte:02x}")).collect();
            let command = Command {
                id: hash.as_str().into(),
                at: founding.at,
                verb: Verb::Found(Box::new(Found {
                    document,
                    rules: founding.rules,
                })),
            };
            let receipts = self.submit(vec![command])?;
            if let Some(Err(refusal)) = receipts.first().map(|receipt| &receipt.outcome) {
                return Err(not_founded(format!("{refusal:?}")));
            }
        }
        let document = check_documents(directory, &self.state)?;
        let rules = self
            .state
            .rules
            .as_ref()
            .expect("founded just now, or before");
        self.calendars = Calendars::new(&document, rules.clock);
        Ok(())
    }

    /// Drafts and activates the first plan document, where there is no plan set yet.
    fn begin_plans(&mut self, text: &str) -> Result<(), StartError> {
        let now = self.stamp.max(clock::now());
        let commands = plan_draft::read_first(&self.state, text, now).map_err(plan_refused)?;
        if commands.is_empty() {
            return Ok(());
        }
        self.keep_document(text.as_bytes())?;
        // One batch, so that no crash leaves a draft alone.
        for receipt in self.submit(commands)? {
            if let Err(refusal) = receipt.outcome {
                let reason = format!("{refusal:?}");
                return Err(StartError::PlanRefused { reason });
            }
        }
        self.planned = true;
        Ok(())
    }

    fn extend_calendars(&mut self) -> Result<(), Fault> {
        let now = self.stamp.max(clock::now());
        let due = self.calendars.due(&self.state, now);
        let at = self.state.present(now);
        let commands = due.into_iter().map(|extension| Command {
            id: Default::default(),
            at,
            verb: Verb::ExtendCalendar(Box::new(extension)),
        });
        self.submit(commands.collect()).map(|_| ())
    }
}

/// Reads every document that a state needs: those of the network in force and pending, and of every plan that was ever
/// activated. What is missing is missed now, and not when it takes effect. Gives the network's own.
///
/// # Errors
/// The first one that is missing or damaged.
pub fn check_documents(directory: &Directory, state: &State) -> Result<Vec<u8>, Fault> {
    let document = documents::get(directory, &state.document)?;
    if let Some(pending) = &state.pending {
        documents::get(directory, &pending.document)?;
    }
    let activations = state.plans.activations().iter();
    let activated: BTreeSet<&[u8; 32]> = activations
        .map(|one| &state.plans.activated(one).document)
        .collect();
    for hash in activated {
        documents::get(directory, hash)?;
    }
    Ok(document)
}

fn plan_refused(unfit: Unfit) -> StartError {
    let reason = match unfit {
        Unfit::Rejected(rejected) => format!("{rejected:?}"),
        Unfit::Document(problems) => {
            let lines = problems.iter().map(|problem| format!("\n  {problem}"));
            lines.collect()
        }
    };
    StartError::PlanRefused { reason }
}

fn draw_log_id() -> Result<[u8; 16], StartError> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(|error| StartError::System {
        what: format!("random bytes: {error}"),
    })?;
    Ok(id)
}

//! Opening a data directory as the settings say, and what it means when it cannot be opened.

use std::path::Path;
use std::time::Duration;

use crate::base::time::{DAY_MS, Time};
use crate::cli::document;
use crate::cli::exit::{Exit, Failure};
use crate::cli::settings::Settings;
use crate::document::network::parse;
use crate::engine::rules::ClockMode;
use crate::runtime::clock;
use crate::runtime::offline::{self, Offline, ReadOnly};
use crate::runtime::settings::{self, Check, Founding, StartError};
use crate::store::fault::Fault;
use crate::store::options::Durability;

/// How far past today the calendars of a new network reach; the runtime extends them in time.
const AHEAD_MS: i64 = 2 * 366 * DAY_MS;

/// What a directory without a network is to be founded with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found<'a> {
    /// Nothing: there must be a network.
    Never,
    /// The document that the settings name, or these bytes where they name none.
    With(&'a str),
}

/// The runtime's settings for a directory.
///
/// # Errors
/// If the network document is needed and wrong.
pub fn runtime(settings: &Settings, found: Found<'_>) -> Result<settings::Settings, Failure> {
    let mut runtime = settings::Settings::new(&settings.data());
    runtime.durability = match settings.value("durability") {
        "os" => Durability::Os,
        _ => Durability::Fsync,
    };
    runtime.segment_bytes = settings.count("segment_mib") << 20;
    runtime.snapshots.kept =
        usize::try_from(settings.count("snapshots_kept")).expect("a small count");
    runtime.snapshots.check = match settings.value("snapshot_check") {
        "first" => Check::First,
        _ => Check::Behind,
    };
    runtime.snapshots.every = settings.count("snapshot_commands");
    runtime.snapshots.log_bytes = settings.count("snapshot_log_mib") << 20;
    runtime.snapshots.after = Duration::from_secs(settings.count("snapshot_minutes") * 60);
    runtime.queue_submissions = usize::try_from(settings.count("queue")).expect("a small count");
    if let Found::With(otherwise) = found {
        runtime.founding = Some(founding(settings.network().as_deref(), otherwise)?);
    }
    Ok(runtime)
}

/// A network to be founded from a document, or from the text that comes with the program.
///
/// # Errors
/// If the document cannot be read or is wrong.
pub fn founding(document: Option<&Path>, otherwise: &str) -> Result<Founding, Failure> {
    let (text, network) = match document {
        Some(path) => document::load(path)?,
        None => (
            otherwise.to_owned(),
            parse(otherwise).expect("documents that come with the program are right"),
        ),
    };
    let now = clock::now();
    let rules = network.compile(now.plus_ms(AHEAD_MS));
    Ok(Founding {
        document: text.into_bytes(),
        // Where time follows the events, those to come may lie in the past.
        at: match rules.clock {
            ClockMode::Wall => now,
            ClockMode::Events => Time::MIN,
        },
        rules,
    })
}

/// Opens a directory for writing by this process alone.
///
/// # Errors
/// If it is in use, damaged, of another version, or holds no network where none may be founded.
pub fn open(settings: &Settings, found: Found<'_>) -> Result<Offline, Failure> {
    let mut runtime = runtime(settings, found)?;
    // Nobody reads meanwhile.
    runtime.snapshots.check = Check::First;
    Offline::open(runtime).map_err(|error| start(&error))
}

/// Opens a directory to read; a server may have it open.
///
/// # Errors
/// If it is damaged, of another version, or holds no network.
pub fn read(settings: &Settings) -> Result<ReadOnly, Failure> {
    let read = offline::read(&runtime(settings, Found::Never)?).map_err(|error| start(&error))?;
    if read.state.rules.is_none() {
        return Err(start(&StartError::Fault(Fault::Empty {
            dir: settings.data(),
        })));
    }
    Ok(read)
}

/// The time of a command given on the command line. Where machine time follows what comes in, it must not move it.
#[must_use]
pub fn command_time(clock: ClockMode, machine_time: Time) -> Time {
    match clock {
        ClockMode::Wall => clock::now(),
        ClockMode::Events => machine_time,
    }
}

/// Why a directory cannot be opened, for people.
#[must_use]
pub fn start(error: &StartError) -> Failure {
    match error {
        StartError::Fault(failed) => fault(failed),
        StartError::PlanRefused { .. } => Failure::usage(error.to_string()),
        StartError::NotFounded { .. } => Failure::new(Exit::Refused, error.to_string()),
        StartError::Differs { .. } | StartError::Unreadable { .. } => {
            Failure::new(Exit::Refused, error.to_string())
                .hint("the log was not served; keep the directory as it is, and open it with the version that wrote it")
        }
        StartError::System { .. } => Failure::new(Exit::Disk, error.to_string()),
    }
}

/// A fault of the disk, for people.
#[must_use]
pub fn fault(fault: &Fault) -> Failure {
    let failure = Failure::new(Exit::Refused, fault.to_string());
    match fault {
        Fault::Locked { .. } => failure.hint("a server has it open: ask that one with --url"),
        Fault::Empty { .. } => failure.hint(
            "`arborline serve` or `arborline import` founds one; --data names another directory",
        ),
        Fault::Damaged { .. } => failure.hint(
            "nothing was served or changed; `arborline restore` makes a directory from a backup",
        ),
        Fault::Io { .. } | Fault::Poisoned => Failure {
            exit: Exit::Disk,
            ..failure
        }
        .hint("what was not acknowledged may have happened: ask again with the same ids"),
        Fault::NotEmpty { .. } => failure
            .hint("name a directory that is empty, or none yet: nothing is ever written over"),
        Fault::Unfinished { .. } => {
            failure.hint("remove it, and run `arborline restore` once more")
        }
        Fault::NoBackup { .. } => {
            failure.hint("`arborline backup PLACE --list` names those there are")
        }
        Fault::OtherMachine { .. } | Fault::OtherFormat { .. } | Fault::Trimmed { .. } => failure,
    }
}

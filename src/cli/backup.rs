//! `backup`: what a data directory holds, to a folder or an object store, beside a server that has it open.

use std::fmt::Write;
use std::sync::Arc;

use clap::{Arg, ArgAction, ArgMatches, value_parser};
use serde::Serialize;

use crate::cli::command::{Call, Subcommand};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::grouped;
use crate::cli::settings::Settings;
use crate::cli::{directory, settings};
use crate::engine::image;
use crate::runtime::clock;
use crate::runtime::settings::MACHINE_VERSION;
use crate::store::archive::Archive;
use crate::store::backup::{self, Backup};
use crate::store::directory::Directory;
use crate::store::fault::Fault;
use crate::store::real::RealDisk;

/// What a place is, for the help of all commands that take one.
const PLACE_HELP: &str = "A folder, or s3://BUCKET/PREFIX with access as the AWS_* variables of the environment say (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION; AWS_ENDPOINT for another service that speaks S3)";

/// The command.
pub const COMMAND: Subcommand = Subcommand {
    name: "backup",
    about: "Back up the log with its documents and runs to a folder or an object store; only what is new there is written, and a server may have the directory open",
    args: |command| {
        let command = command
            .arg(place())
            .arg(
                Arg::new("snapshot")
                    .long("snapshot")
                    .action(ArgAction::SetTrue)
                    .help("Back up the last snapshot too: a larger backup, from which a server answers without a replay"),
            )
            .arg(
                Arg::new("keep")
                    .long("keep")
                    .value_name("COUNT")
                    .value_parser(value_parser!(u64).range(1..))
                    .help("Then remove all but the last COUNT backups; nobody else may back up to the place meanwhile"),
            )
            .arg(
                Arg::new("list")
                    .long("list")
                    .action(ArgAction::SetTrue)
                    .conflicts_with_all(["snapshot", "keep"])
                    .help("Take none; list those that are there"),
            );
        settings::args(command, &["data"])
    },
    run: |call| {
        if call.matches.get_flag("list") {
            return list(call, &open(call.matches)?);
        }
        let archive = Archive::make(named(call.matches)).map_err(|fault| failure(&fault))?;
        take(call, &archive)
    },
};

/// The argument that names an archive.
pub fn place() -> Arg {
    Arg::new("place")
        .value_name("PLACE")
        .required(true)
        .help(PLACE_HELP)
}

/// The argument that names a backup in it.
pub fn id() -> Arg {
    Arg::new("id")
        .long("id")
        .value_name("ID")
        .help("Which backup, as `backup PLACE --list` names it; the last one by default")
}

/// The archive that the arguments name.
///
/// # Errors
/// If it cannot be reached.
pub fn open(matches: &ArgMatches) -> Result<Archive, Failure> {
    Archive::open(named(matches)).map_err(|fault| failure(&fault))
}

fn named(matches: &ArgMatches) -> &str {
    matches.get_one::<String>("place").expect("it is required")
}

/// The backup that the arguments name, or the last one.
///
/// # Errors
/// If there is none, or what says what it is of is damaged.
pub fn chosen(matches: &ArgMatches, archive: &Archive) -> Result<Backup, Failure> {
    let found = match matches.get_one::<String>("id") {
        Some(id) => backup::read(archive, id),
        None => backup::list(archive).and_then(|all| match all.last() {
            Some(id) => backup::read(archive, id),
            None => Err(Fault::NoBackup {
                archive: archive.path(""),
                id: None,
            }),
        }),
    };
    found.map_err(|fault| failure(&fault))
}

/// Why nothing was taken or made, for people.
#[must_use]
pub fn failure(fault: &Fault) -> Failure {
    let failure = directory::fault(fault);
    match fault {
        Fault::Io { .. } => {
            failure.hint("backups taken before are as they were, and no directory was made")
        }
        _ => failure,
    }
}

/// A data directory on this machine's disk.
#[must_use]
pub fn at(settings: &Settings) -> Directory {
    Directory::new(Arc::new(RealDisk), &settings.data())
}

/// A backup, as it is told.
#[derive(Debug, Serialize)]
struct Told {
    id: String,
    taken_at: String,
    /// Sequence of the last command in it.
    seq: u64,
    /// Sequence of the snapshot in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshot: Option<u64>,
    files: u64,
    bytes: u64,
    /// Bytes that were not there before.
    #[serde(skip_serializing_if = "Option::is_none")]
    new_bytes: Option<u64>,
    /// Backups that were removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    removed: Option<u64>,
}

impl Told {
    fn of(backup: &Backup) -> Told {
        Told {
            id: backup.id.clone(),
            taken_at: backup.taken_at().to_string(),
            seq: backup.seq,
            snapshot: Some(backup.snapshot()).filter(|&seq| seq > 0),
            files: backup.files() as u64,
            bytes: backup.bytes(),
            new_bytes: None,
            removed: None,
        }
    }
}

fn take(call: &Call, archive: &Archive) -> Result<Exit, Failure> {
    let settings = settings::resolve(call.matches)?;
    let snapshots = call.matches.get_flag("snapshot").then_some(image::format());
    let when = (MACHINE_VERSION, clock::now());
    let taken = backup::take(&at(&settings), archive, when, snapshots);
    let taken = taken.map_err(|fault| failure(&fault))?;
    let mut told = Told::of(&taken.backup);
    told.new_bytes = Some(taken.new_bytes);
    let mut plain = format!(
        "backup {} as of sequence {}: {} files, {} bytes, {} of them new there\n",
        told.id,
        grouped(told.seq),
        grouped(told.files),
        grouped(told.bytes),
        grouped(taken.new_bytes),
    );
    if let Some(&keep) = call.matches.get_one::<u64>("keep") {
        let keep = usize::try_from(keep).unwrap_or(usize::MAX);
        let removed = backup::prune(archive, keep).map_err(|fault| failure(&fault))?;
        told.removed = Some(removed as u64);
        writeln!(plain, "{removed} older backups removed").expect("a text takes any text");
    }
    call.output.answer(&plain, &told)?;
    Ok(Exit::Done)
}

fn list(call: &Call, archive: &Archive) -> Result<Exit, Failure> {
    let ids = backup::list(archive).map_err(|fault| failure(&fault))?;
    let backups = ids
        .iter()
        .map(|id| backup::read(archive, id).map(|backup| Told::of(&backup)));
    let backups: Result<Vec<Told>, Fault> = backups.collect();
    let backups = backups.map_err(|fault| failure(&fault))?;
    let mut plain = String::new();
    for told in &backups {
        let snapshot = told.snapshot.map_or(String::new(), |seq| {
            format!(", a snapshot as of {}", grouped(seq))
        });
        writeln!(
            plain,
            "{}  {}  as of sequence {}, {} files, {} bytes{snapshot}",
            told.id,
            told.taken_at,
            grouped(told.seq),
            grouped(told.files),
            grouped(told.bytes),
        )
        .expect("a text takes any text");
    }
    if backups.is_empty() {
        plain.push_str("no backups\n");
    }
    call.output.answer(&plain, &backups)?;
    Ok(Exit::Done)
}

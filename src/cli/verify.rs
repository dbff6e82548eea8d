//! `verify`: every kept figure recomputed from members, seats and orders, and compared.

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;

use clap::ArgMatches;

use crate::cli::backup;
use crate::cli::command::Subcommand;
use crate::cli::directory;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::grouped;
use crate::cli::settings;
use crate::runtime::audit;
use crate::runtime::begin;
use crate::runtime::offline::{self, check_documents};
use crate::runtime::openings::Openings;
use crate::runtime::plans::Plans;
use crate::runtime::settings::Settings;
use crate::store::directory::Directory;
use crate::store::real::RealDisk;
use crate::store::restore::restore;
use crate::view::verify::report::Verified;

/// The command.
pub const COMMAND: Subcommand = Subcommand {
    name: "verify",
    about: "Check the log, the documents and the runs it names, and the snapshots, replay it, recompute every figure and compare; a server may have the directory open",
    args: |command| {
        let place = backup::place().long("backup").required(false);
        let command = command.arg(place).arg(backup::id().requires("place"));
        settings::args(command, &["data"])
    },
    run: |call| {
        let settings = settings::resolve(call.matches)?;
        let scratch = match call.matches.contains_id("place") {
            true => Some(Scratch::of(call.matches)?),
            false => None,
        };
        // Opening has checked every frame and replayed every command against what was decided.
        let read = match &scratch {
            Some(scratch) => offline::read(&Settings::new(&scratch.dir))
                .map_err(|error| directory::start(&error))?,
            None => directory::read(&settings)?,
        };
        check_documents(&read.files.directory, &read.state)
            .map_err(|fault| directory::fault(&fault))?;
        let state = Arc::new(read.state);
        let plans = Arc::new(Plans::new(Arc::clone(&read.files)));
        let mut verified = audit::all(&Openings::new(Arc::clone(&read.files), plans), &state);
        if verified.wrong_snapshots.is_empty() {
            verified.wrong_snapshots = begin::lead_elsewhere(&read.files, &state);
        }
        call.output
            .answer(&told(&verified, state.as_of_seq), &verified)?;
        Ok(if verified.is_clean() {
            Exit::Done
        } else {
            Exit::Differences
        })
    },
};

/// A directory made from a backup, and removed again.
struct Scratch {
    dir: PathBuf,
}

impl Scratch {
    fn of(matches: &ArgMatches) -> Result<Scratch, Failure> {
        let archive = backup::open(matches)?;
        let chosen = backup::chosen(matches, &archive)?;
        let scratch = Scratch {
            dir: std::env::temp_dir().join(format!("arborline-verify-{}", std::process::id())),
        };
        let directory = Directory::new(Arc::new(RealDisk), &scratch.dir);
        let restored = restore(&archive, &chosen, &directory, chosen.seq);
        restored.map_err(|fault| backup::failure(&fault))?;
        Ok(scratch)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left of it is in a folder that the system empties.
        drop(std::fs::remove_dir_all(&self.dir));
    }
}

fn told(verified: &Verified, seq: u64) -> String {
    let report = &verified.report;
    let mut text = format!(
        "as of sequence {}: {} members, {} orders, refunds and adjustments, {} positions; {} figures compared, {} differ\n",
        grouped(seq),
        grouped(u64::from(report.members)),
        grouped(report.orders),
        grouped(report.positions),
        grouped(report.compared),
        grouped(report.found),
    );
    writeln!(text, "digest {}", verified.digest).expect("a text takes any text");
    for difference in &report.differences {
        let tree = difference.tree.as_deref().unwrap_or("-");
        let member = match difference.member.as_deref() {
            Some("") => "company",
            Some(member) => member,
            None => "-",
        };
        writeln!(
            text,
            "  {} {tree} {member} {}: kept {}, recomputed {}",
            difference.book, difference.figure, difference.kept, difference.recomputed
        )
        .expect("a text takes any text");
    }
    if verified.runs > 0 {
        let (all, wrong) = (verified.runs as u64, verified.wrong_runs.len() as u64);
        writeln!(text, "{} runs read, {} wrong", grouped(all), grouped(wrong))
            .expect("a text takes any text");
    }
    if verified.snapshots > 0 {
        let (all, wrong) = (verified.snapshots, verified.wrong_snapshots.len());
        writeln!(text, "{all} snapshots read, {wrong} wrong").expect("a text takes any text");
    }
    for wrong in verified.wrong_runs.iter().chain(&verified.wrong_snapshots) {
        writeln!(text, "  {wrong}").expect("a text takes any text");
    }
    text
}

//! `verify`: every kept figure recomputed from members, seats and orders, and compared.

use std::fmt::Write;

use crate::cli::command::Subcommand;
use crate::cli::directory;
use crate::cli::exit::Exit;
use crate::cli::output::grouped;
use crate::cli::settings;
use crate::runtime::offline::check_documents;
use crate::view::verify::check::verify;
use crate::view::verify::report::Report;

/// The command.
pub const COMMAND: Subcommand = Subcommand {
    name: "verify",
    about: "Check the log and the documents it names, replay it, recompute every figure and compare; a server may have the directory open",
    args: |command| settings::args(command, &["data"]),
    run: |call| {
        let settings = settings::resolve(call.matches)?;
        // Opening has checked every frame and replayed every command against what was decided.
        let read = directory::read(&settings)?;
        check_documents(&read.files.directory, &read.state)
            .map_err(|fault| directory::fault(&fault))?;
        let report = verify(&read.state);
        call.output
            .answer(&told(&report, read.state.as_of_seq), &report)?;
        Ok(if report.is_clean() {
            Exit::Done
        } else {
            Exit::Differences
        })
    },
};

fn told(report: &Report, seq: u64) -> String {
    let mut text = format!(
        "as of sequence {}: {} members, {} orders, refunds and adjustments, {} positions; {} figures compared, {} differ\n",
        grouped(seq),
        grouped(u64::from(report.members)),
        grouped(report.orders),
        grouped(report.positions),
        grouped(report.compared),
        grouped(report.found),
    );
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
    text
}

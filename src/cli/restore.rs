//! `restore`: a data directory made from a backup, as it was or as it stood after an earlier command.

use clap::{Arg, value_parser};
use serde::Serialize;

use crate::cli::backup::{at, chosen, failure, id, open, place};
use crate::cli::command::Subcommand;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::grouped;
use crate::cli::settings;
use crate::store::restore::restore;

/// A directory that was made.
#[derive(Debug, Serialize)]
struct Told {
    backup: String,
    /// Sequence of the last command in it.
    seq: u64,
}

/// The command.
pub const COMMAND: Subcommand = Subcommand {
    name: "restore",
    about: "Make a new data directory from a backup, every byte of which is proven; with --to-seq as it stood after an earlier command",
    args: |command| {
        let command = command.arg(place()).arg(id()).arg(
            Arg::new("to_seq")
                .long("to-seq")
                .value_name("SEQ")
                .value_parser(value_parser!(u64).range(1..))
                .help("The last command to take; all of them by default"),
        );
        settings::args(command, &["data"])
    },
    run: |call| {
        let settings = settings::resolve(call.matches)?;
        let archive = open(call.matches)?;
        let backup = chosen(call.matches, &archive)?;
        let to_seq = call
            .matches
            .get_one::<u64>("to_seq")
            .copied()
            .unwrap_or(backup.seq);
        if to_seq > backup.seq {
            let message = format!(
                "--to-seq is {to_seq}, and backup {} ends at sequence {}",
                backup.id, backup.seq
            );
            return Err(Failure::usage(message)
                .hint("a later backup may reach further: `arborline backup PLACE --list`"));
        }
        restore(&archive, &backup, &at(&settings), to_seq).map_err(|fault| failure(&fault))?;
        let plain = format!(
            "{} holds backup {} as of sequence {}; `arborline verify` recomputes its figures\n",
            settings.data().display(),
            backup.id,
            grouped(to_seq)
        );
        let told = Told {
            backup: backup.id,
            seq: to_seq,
        };
        call.output.answer(&plain, &told)?;
        Ok(Exit::Done)
    },
};

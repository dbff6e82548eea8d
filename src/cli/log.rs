//! `log show`: accepted events, readable.

use clap::{Arg, value_parser};

use crate::cli::command::{Call, Subcommand};
use crate::cli::exit::{Exit, Failure};
use crate::cli::{directory, feed, settings};

/// The command.
pub const COMMAND: Subcommand = Subcommand {
    name: "log",
    about: "Show what the log of a directory holds",
    args: |command| {
        let show = clap::Command::new("show")
            .about("Print accepted events in order; a server may have the directory open")
            .arg(
                Arg::new("after")
                    .long("after")
                    .value_name("SEQ")
                    .default_value("0")
                    .value_parser(value_parser!(u64))
                    .help("Only events after this sequence"),
            )
            .arg(
                Arg::new("limit")
                    .long("limit")
                    .value_name("COUNT")
                    .default_value("100")
                    .value_parser(value_parser!(u64))
                    .help("At most so many commands"),
            );
        command
            .subcommand_required(true)
            .subcommand(settings::args(show, &["data"]))
    },
    run: |call| {
        let (_, matches) = call.matches.subcommand().expect("clap asks for one");
        show(call, matches)
    },
};

fn show(call: &Call, matches: &clap::ArgMatches) -> Result<Exit, Failure> {
    let read = directory::read(&settings::resolve(matches)?)?;
    let after = *matches.get_one::<u64>("after").expect("has a default");
    let mut left = *matches.get_one::<u64>("limit").expect("has a default");
    if left == 0 {
        return Ok(Exit::Done);
    }
    feed::walk(&read, after, |change| {
        for event in change.events(&read.state) {
            let line = if call.output.json {
                serde_json::to_string(&event).expect("events are plain data")
            } else {
                format!(
                    "{:>9}  {}  {:<22} {}  {}",
                    event.seq, event.at, event.kind, event.id, event.data
                )
            };
            call.output.line(&line)?;
        }
        left -= 1;
        Ok(left > 0)
    })?;
    Ok(Exit::Done)
}

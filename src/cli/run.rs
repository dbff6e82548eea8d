//! The table of commands and the one place that dispatches over it.

use std::fmt::Write;
use std::process::ExitCode;

use clap::Arg;

use crate::cli::command::{Call, Subcommand};
use crate::cli::demo::command as demo;
use crate::cli::exit::{EXITS, Exit, Failure};
use crate::cli::import::command as import;
use crate::cli::output::Output;
use crate::cli::{
    backup, completions, config, export, log, network, plan, restore, runs, serve, snapshot,
    status, token, verify,
};

/// Every command.
pub const COMMANDS: &[&Subcommand] = &[
    &demo::COMMAND,
    &serve::COMMAND,
    &token::COMMAND,
    &import::COMMAND,
    &export::COMMAND,
    &verify::COMMAND,
    &status::COMMAND,
    &snapshot::COMMAND,
    &backup::COMMAND,
    &restore::COMMAND,
    &log::COMMAND,
    &network::COMMAND,
    &plan::COMMAND,
    &runs::COMMAND,
    &config::COMMAND,
    &completions::COMMAND,
];

/// The whole command line.
#[must_use]
pub fn program() -> clap::Command {
    let mut codes = String::from("Exit codes:\n");
    for (exit, meaning) in EXITS {
        writeln!(codes, "  {}  {meaning}", exit as u8).expect("a text takes any text");
    }
    codes.push_str("\nSettings come from flags, then ARBORLINE_* variables, then a file (--config), then defaults.");
    let json = Arg::new("json")
        .long("json")
        .global(true)
        .action(clap::ArgAction::SetTrue)
        .help("Answer in JSON");
    let program = clap::Command::new("arborline")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A genealogy server: trees, roll-ups and volumes of a direct-selling network, exact and durable")
        .after_help(codes)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .arg(json);
    COMMANDS.iter().fold(program, |program, command| {
        // Only the arguments of the command that is asked for are built: a server that starts has no time for all of them.
        let command = clap::Command::new(command.name)
            .about(command.about)
            .defer(command.args);
        program.subcommand(command)
    })
}

/// Runs the program on this process's arguments.
#[must_use]
pub fn run() -> ExitCode {
    let program = program();
    let matches = match program.clone().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => {
            // Help and version are answers, and come this way too.
            let _ = error.print();
            let exit = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Done
            };
            return ExitCode::from(exit as u8);
        }
    };
    match dispatch(&program, &matches) {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(failure) => {
            if failure.exit != Exit::Done {
                eprintln!("{failure}");
            }
            ExitCode::from(failure.exit as u8)
        }
    }
}

fn dispatch(program: &clap::Command, matches: &clap::ArgMatches) -> Result<Exit, Failure> {
    let (name, own) = matches.subcommand().expect("clap asks for one");
    let command = COMMANDS
        .iter()
        .find(|command| command.name == name)
        .expect("clap knows only the table");
    (command.run)(&Call {
        matches: own,
        program,
        output: Output {
            json: own.get_flag("json"),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        program().debug_assert();
    }
}

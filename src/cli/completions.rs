//! `completions`: a script that completes this command line in a shell.

use std::io::Write;

use clap::Arg;
use clap::builder::EnumValueParser;
use clap_complete::Shell;

use crate::cli::command::Subcommand;
use crate::cli::exit::Exit;
use crate::cli::output::closed;

/// The command.
pub const COMMAND: Subcommand = Subcommand {
    name: "completions",
    about: "Print a completion script for a shell",
    args: |command| {
        let shell = Arg::new("shell").required(true).value_name("SHELL");
        command.arg(
            shell
                .value_parser(EnumValueParser::<Shell>::new())
                .help("The shell"),
        )
    },
    run: |call| {
        let shell = *call
            .matches
            .get_one::<Shell>("shell")
            .expect("clap asks for it");
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut call.program.clone(), "arborline", &mut script);
        let written = std::io::stdout().write_all(&script);
        written.map_err(|error| closed(&error))?;
        Ok(Exit::Done)
    },
};

//! What a command of the command line is, for the table in `run`.

use clap::ArgMatches;

use crate::cli::exit::{Exit, Failure};
use crate::cli::output::Output;

/// One command: its name, its sentence, its arguments, and what it does.
pub struct Subcommand {
    /// As it is typed.
    pub name: &'static str,
    /// One sentence for the help.
    pub about: &'static str,
    /// Adds its arguments.
    pub args: fn(clap::Command) -> clap::Command,
    /// Does it.
    pub run: fn(&Call) -> Result<Exit, Failure>,
}

/// One run of a command.
pub struct Call<'a> {
    /// The arguments of the command itself.
    pub matches: &'a ArgMatches,
    /// The whole program's arguments, for completions.
    pub program: &'a clap::Command,
    /// Where answers and progress go.
    pub output: Output,
}

//! The binary: `arborline-loadtest generate` and `arborline-loadtest run`.

use std::process::ExitCode;

use arborline_loadtest::generate;
use clap::{Parser, Subcommand};

/// Makes networks of any size and shape, and loads an Arborline server with them.
#[derive(Debug, Parser)]
#[command(version)]
struct Command {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Write a network of any size and shape to members.csv and orders.csv
    #[command(after_help = GENERATE_EXAMPLES)]
    Generate(generate::Arguments),
}

const GENERATE_EXAMPLES: &str = "\
Examples:
  A network that looks like the real one, and the two side by side:
    arborline-loadtest generate --members 4016 --shape lifelike --compare tests/data/real-network --out /tmp/small

  Ten million members with a power-leg binary tree, 1.2 GB of CSV:
    arborline-loadtest generate --members 10000000 --binary power-leg --out /tmp/ten-million

  The worst cases, one line and one frontline:
    arborline-loadtest generate --members 1000000 --shape chain --binary chain --out /tmp/chain
    arborline-loadtest generate --members 1000000 --shape star --out /tmp/star";

fn main() -> ExitCode {
    let result = match Command::parse().verb {
        Verb::Generate(arguments) => generate::generate(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("arborline-loadtest: {why}");
            ExitCode::FAILURE
        }
    }
}

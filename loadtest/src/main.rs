//! The binary: `arborline-loadtest generate` and `arborline-loadtest run`.

use std::process::ExitCode;

use arborline_loadtest::generate;
use arborline_loadtest::run::arguments;
use arborline_loadtest::run::command;
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
    /// Load a server and report throughput, latency, memory and CPU beside the limits of the machine
    #[command(after_help = RUN_EXAMPLES)]
    Run(Box<arguments::Arguments>),
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

const RUN_EXAMPLES: &str = "\
Latency counts from the instant a request was due, so a stalled server is charged for all that waited. Every figure
stands beside what the machine can do in the same run: a bare HTTP handler under the same traffic, the disk's bare
fdatasync (--disk), and the share of the processors that others took.

Examples:
  Fill a server with a generated network, then order as fast as it takes them, 1,000 orders a request:
    export ARBORLINE_TOKEN=...
    arborline-loadtest generate --members 1000000 --binary power-leg --out /tmp/million
    arborline-loadtest run --setup /tmp/million/members.csv --saturate --pid $(pgrep -x arborline) --disk ./data

  Single durable orders, 500 a second, as independent clients send them:
    arborline-loadtest run --members 1000000 --mix orders --rate 500 --arrival poisson --disk ./data

  Point reads while 100,000 orders a second come in; report to reads.json and reads.txt:
    arborline-loadtest run --members 1000000 --stream batches:100:2 --stream reads:1000:4 --report reads

  A little of everything on the bundled real network:
    arborline-loadtest run --known tests/data/real-network/members.csv --mix mixed";

fn main() -> ExitCode {
    let result = match Command::parse().verb {
        Verb::Generate(arguments) => generate::generate(&arguments),
        Verb::Run(arguments) => command::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("arborline-loadtest: {why}");
            ExitCode::FAILURE
        }
    }
}

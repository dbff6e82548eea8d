//! `network check`, `network sample`: the network document before a server reads it; `network change`: afterwards.

use std::fmt::Write;
use std::path::Path;

use clap::Arg;
use serde_json::json;

use crate::base::time::Time;
use crate::cli::command::{Call, Subcommand};
use crate::cli::document::{read, refused};
use crate::cli::exit::{Exit, Failure};
use crate::cli::network_change;
use crate::document::network::{Network, parse};
use crate::document::sample;

/// The command.
pub const COMMAND: Subcommand = Subcommand {
    name: "network",
    about: "Check a network document, print a commented sample, or change the one of a network",
    args: |command| {
        let file = Arg::new("file")
            .required(true)
            .value_name("FILE")
            .help("The document");
        command
            .subcommand_required(true)
            .subcommand(
                clap::Command::new("check")
                    .about("Read a document and tell everything that is wrong with it")
                    .arg(file.clone()),
            )
            .subcommand(network_change::args(file))
            .subcommand(
                clap::Command::new("sample")
                    .about("Print a commented document that states every default"),
            )
    },
    run: |call| match call.matches.subcommand() {
        Some(("check", matches)) => {
            let file = matches.get_one::<String>("file").expect("clap asks for it");
            check(call, Path::new(file))
        }
        Some(("change", matches)) => network_change::run(call, matches),
        _ => {
            call.output.line(sample::SAMPLE.trim_end())?;
            Ok(Exit::Done)
        }
    },
};

fn check(call: &Call, path: &Path) -> Result<Exit, Failure> {
    match parse(&read(path)?) {
        Ok(network) => {
            let plain = format!("{} is right.\n{}", path.display(), described(&network));
            call.output.answer(&plain, &json!({ "problems": [] }))?;
            Ok(Exit::Done)
        }
        Err(problems) => refused(call.output, path, &problems),
    }
}

/// What a document says, in a few lines: names, and the periods of a year that everyone knows.
fn described(network: &Network) -> String {
    let mut text = String::new();
    let kinds: Vec<&str> = network.kinds.iter().map(|kind| kind.as_str()).collect();
    let trees: Vec<&str> = network
        .trees
        .iter()
        .map(|tree| tree.name.as_str())
        .collect();
    writeln!(text, "volume kinds: {}", kinds.join(", ")).expect("a text takes any text");
    writeln!(text, "trees: {}", trees.join(", ")).expect("a text takes any text");
    let (from, until) = (Time(1_767_225_600_000), Time(1_798_761_600_000));
    for kind in network.compile(until).period_types {
        let shown: Vec<String> = kind
            .starts
            .iter()
            .zip(&kind.labels)
            .filter(|&(&start, _)| start >= from)
            .take(3)
            .map(|(start, label)| format!("{label} from {start}"))
            .collect();
        writeln!(text, "periods of {}: {}, ...", kind.name, shown.join(", "))
            .expect("a text takes any text");
    }
    text
}

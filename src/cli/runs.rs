//! `run list`, `run show`, `run export`: closed periods that were paid, of a data directory or a running server.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::sync::Arc;

use clap::{Arg, ArgMatches};
use serde_json::Value;

use crate::cli::client::{self, Client};
use crate::cli::command::{Call, Subcommand};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{closed, grouped};
use crate::cli::token::escaped;
use crate::cli::{directory, settings};
use crate::engine::state::State;
use crate::runtime::offline::ReadOnly;
use crate::runtime::openings::Openings;
use crate::runtime::paid::{Paid, Unread};
use crate::runtime::plans::Plans;
use crate::view::error::ViewError;
use crate::view::lens::Lens;
use crate::view::runs::{self, Failures, Frozen, HEADS, RunsQuery};

/// Lines read at a time.
const LINES_AT_ONCE: u64 = 4_096;

/// The command.
pub const COMMAND: Subcommand = Subcommand {
    name: "run",
    about: "List the runs that paid closed periods, show one, or write its lines",
    args: |command| {
        let id = Arg::new("run")
            .required(true)
            .value_name("RUN")
            .help("The period's type and label, such as month:2026-01");
        let format = Arg::new("format")
            .long("format")
            .default_value("csv")
            .value_parser(["csv", "ndjson"])
            .help("CSV with a row of heads, or lines of JSON");
        let out = Arg::new("out")
            .long("out")
            .short('o')
            .value_name("FILE")
            .help("Write to a file instead of standard output");
        command
            .subcommand_required(true)
            .after_help("Runs follow from closed periods and are never imported: a network that is imported is paid anew.")
            .subcommand(own_args(
                clap::Command::new("list").about("List runs, the period closed last first"),
            ))
            .subcommand(own_args(
                clap::Command::new("show")
                    .about("Show one run: plan set, digest, totals")
                    .arg(id.clone()),
            ))
            .subcommand(own_args(
                clap::Command::new("export")
                    .about("Write all lines of a run")
                    .arg(id)
                    .arg(format)
                    .arg(out),
            ))
    },
    run: |call| {
        let (name, matches) = call.matches.subcommand().expect("clap asks for one");
        let client = client::of(matches)?;
        match name {
            "list" => list(call, matches, client.as_ref()),
            "show" => show(call, matches, client.as_ref()),
            _ => export(matches, client.as_ref()),
        }
    },
};

fn own_args(command: clap::Command) -> clap::Command {
    client::args(settings::args(command, &["data"]))
}

/// A directory that was read. What could not be paid, and why, only a server knows.
struct Opened {
    state: Arc<State>,
    openings: Openings,
}

impl Opened {
    fn read(matches: &ArgMatches) -> Result<Opened, Failure> {
        let read = directory::read(&settings::resolve(matches)?)?;
        let ReadOnly { state, files, .. } = read;
        let plans = Arc::new(Plans::new(Arc::clone(&files)));
        Ok(Opened {
            state: Arc::new(state),
            openings: Openings::new(files, plans),
        })
    }

    fn lens(&self) -> Lens<'_> {
        Lens::new(&self.state).expect("a directory that was read holds a network")
    }
}

fn list(call: &Call, matches: &ArgMatches, client: Option<&Client>) -> Result<Exit, Failure> {
    let listed: Value = match client {
        Some(client) => client.get("/v1/runs?limit=1000")?,
        None => {
            let opened = Opened::read(matches)?;
            let all = RunsQuery {
                period_type: None,
                limit: Some(1_000),
            };
            let listed = runs::list(&opened.state, &all, &Failures::new());
            as_data(&listed.map_err(|error| unread(&error))?)
        }
    };
    let each = listed["runs"].as_array().into_iter().flatten();
    let text: String = each.map(row).collect();
    let plain = match text.is_empty() {
        true => "no period has been closed under a plan set\n".to_owned(),
        false => text,
    };
    call.output.answer(&plain, &listed)?;
    Ok(Exit::Done)
}

fn show(call: &Call, matches: &ArgMatches, client: Option<&Client>) -> Result<Exit, Failure> {
    let shown: Value = match client {
        Some(client) => client.get(&format!("/v1/runs/{}", escaped(named(matches))))?,
        None => {
            let opened = Opened::read(matches)?;
            let lens = opened.lens();
            let asked = runs::find(&lens, named(matches)).map_err(|error| unread(&error))?;
            let run = runs::one(&lens, asked, &Failures::new());
            as_data(&run.expect("a run that was found"))
        }
    };
    let mut plain = row(&shown);
    for (name, field) in [
        ("plan set", "plan_set"),
        ("version", "version"),
        ("digest", "digest"),
        ("closed", "closed"),
        ("posted", "posted"),
        ("reason", "reason"),
    ] {
        let told = word(&shown[field]);
        if !told.is_empty() {
            writeln!(plain, "  {name:<10} {told}").expect("a text takes any text");
        }
    }
    call.output.answer(&plain, &shown)?;
    Ok(Exit::Done)
}

fn export(matches: &ArgMatches, client: Option<&Client>) -> Result<Exit, Failure> {
    let text = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    let format = text("format").expect("it has a default");
    let mut out: Box<dyn Write> = match text("out") {
        Some(path) => {
            let file = File::create(path);
            let file =
                file.map_err(|error| Failure::usage(format!("{path} cannot be written: {error}")))?;
            Box::new(BufWriter::new(file))
        }
        None => Box::new(BufWriter::new(std::io::stdout())),
    };
    match client {
        Some(client) => {
            let id = escaped(named(matches));
            let mut lines = client.lines(&format!("/v1/runs/{id}/export?format={format}"))?;
            copy(&mut lines, &mut out)?;
        }
        None => from_directory(&Opened::read(matches)?, named(matches), format, &mut out)?,
    }
    out.flush().map_err(|error| closed(&error))?;
    Ok(Exit::Done)
}

/// What a server sends, to its end.
fn copy(from: &mut impl Read, out: &mut dyn Write) -> Result<(), Failure> {
    let mut piece = vec![0; 64 << 10];
    loop {
        let read = from.read(&mut piece).map_err(|error| {
            let why = format!("the server stopped talking: {error}");
            Failure::new(Exit::Unreachable, why)
        })?;
        if read == 0 {
            return Ok(());
        }
        out.write_all(&piece[..read])
            .map_err(|error| closed(&error))?;
    }
}

fn from_directory(
    opened: &Opened,
    id: &str,
    format: &str,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let lens = opened.lens();
    let asked = runs::find(&lens, id).map_err(|error| unread(&error))?;
    let run = opened.state.runs.of(asked.period, asked.ordinal);
    let run = run.ok_or_else(|| {
        Failure::new(Exit::Refused, format!("the run `{id}` is not paid yet"))
            .hint("a server that has the directory open pays it")
    })?;
    let broken = |unread: Unread| Failure::new(Exit::Refused, unread.whole);
    let paid = Paid::as_it_lies(&opened.openings, run).map_err(broken)?;
    let (frozen, mut from) = (paid.frozen(), 0);
    if format == "csv" {
        write_rows(out, std::iter::once(HEADS))?;
    }
    while from < paid.count() {
        let lines = paid.lines(from, LINES_AT_ONCE).map_err(broken)?;
        from += lines.len() as u64;
        write_lines(&lens, &frozen, &lines, format, out)?;
    }
    Ok(())
}

fn write_lines(
    lens: &Lens<'_>,
    frozen: &Frozen,
    lines: &[crate::plan::run::Line],
    format: &str,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    for line in lines {
        let line = runs::line(lens, frozen, line);
        if format == "csv" {
            write_rows(out, std::iter::once(line.row()))?;
        } else {
            let json = serde_json::to_string(&line).expect("lines are plain data");
            writeln!(out, "{json}").map_err(|error| closed(&error))?;
        }
    }
    Ok(())
}

fn write_rows<'r>(
    out: &mut dyn Write,
    rows: impl Iterator<Item = [&'r str; HEADS.len()]>,
) -> Result<(), Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer
            .write_record(row)
            .expect("writing to memory does not fail");
    }
    let bytes = writer
        .into_inner()
        .expect("writing to memory does not fail");
    out.write_all(&bytes).map_err(|error| closed(&error))
}

fn named(matches: &ArgMatches) -> &str {
    matches.get_one::<String>("run").expect("clap asks for it")
}

/// A run in one row.
fn row(run: &Value) -> String {
    let totals = run["totals"].as_array().into_iter().flatten();
    let totals: Vec<String> = totals
        .map(|total| format!("{} {}", word(&total["amount"]), word(&total["currency"])))
        .collect();
    let count = |field: &str| run[field].as_u64().map_or("-".to_owned(), grouped);
    format!(
        "{:<20} {:<7} {:>12} lines to {:>10} members  {}\n",
        word(&run["id"]),
        word(&run["state"]),
        count("lines"),
        count("payees"),
        totals.join(", ")
    )
}

fn word(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn as_data(answer: &impl serde::Serialize) -> Value {
    serde_json::to_value(answer).expect("answers are plain data")
}

fn unread(error: &ViewError) -> Failure {
    match error {
        ViewError::Unknown { given, .. } => Failure::new(
            Exit::Refused,
            format!("there is no run `{given}`: no such period was closed under a plan set"),
        ),
        other => Failure::usage(format!("{other:?}")),
    }
}

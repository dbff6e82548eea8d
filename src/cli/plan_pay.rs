//! `plan pay`: a plan set worked out over a data directory, from nothing but its members, seats and figures.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use clap::{Arg, ArgMatches};
use serde::Serialize;

use crate::cli::command::Call;
use crate::cli::document::{read, refused};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::grouped;
use crate::cli::{directory, settings};
use crate::document::plan::set::parse;
use crate::runtime::clock::Stopwatch;
use crate::runtime::openings::{Openings, Unworked};
use crate::runtime::plans::Plans;
use crate::view::commissions::{CommissionTotals, totals};
use crate::view::era::{self, Asked};
use crate::view::error::ViewError;
use crate::view::lens::Lens;
use crate::view::paid_lines::paid;
use crate::view::payout::{Payout, Unpaid};

/// What a period comes to, and how long that took.
#[derive(Serialize)]
struct Paid {
    #[serde(flatten)]
    totals: CommissionTotals,
    worked_out_seconds: f64,
}

/// Members looked at between two writes of lines.
const MEMBERS_AT_ONCE: u32 = 4_096;

/// Its arguments.
#[must_use]
pub fn args() -> clap::Command {
    let text = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let command = clap::Command::new("pay")
        .about("Work a document out over a data directory, which a server may have open; a period begins with what the one before hands on")
        .arg(
            Arg::new("file")
                .required(true)
                .value_name("FILE")
                .help("The document"),
        )
        .arg(text(
            "period-type",
            "NAME",
            "The period type [default: the activity rule's]",
        ))
        .arg(text(
            "period",
            "LABEL",
            "The period: a label, `current` or `closed` [default: current]",
        ))
        .arg(text(
            "lines",
            "OUT",
            "Write every amount as CSV: member, component, amount, exact, currency, clawback_of",
        ))
        .arg(
            Arg::new("runs")
                .long("runs")
                .value_name("COUNT")
                .value_parser(clap::value_parser!(u16).range(1..))
                .default_value("1")
                .help("Work it out so many times; the time told is the median"),
        );
    settings::args(command, &["data"])
}

/// Works a set out, tells what it comes to, and writes every amount where that is asked for.
///
/// # Errors
/// A document that is wrong, a directory or period that cannot be read, an amount beyond the range.
pub fn run(call: &Call, matches: &ArgMatches) -> Result<Exit, Failure> {
    let path = Path::new(matches.get_one::<String>("file").expect("clap asks for it"));
    let text = read(path)?;
    let read_only = directory::read(&settings::resolve(matches)?)?;
    let (state, files) = (read_only.state, read_only.files);
    let rules = state.rules.clone().expect("a directory with a network");
    let set = match parse(&text, &rules) {
        Ok(set) => Arc::new(set),
        Err(problems) => return refused(call.output, path, &problems),
    };
    let named = |name| matches.get_one::<String>(name).map(String::as_str);
    let asked = {
        let lens = Lens::new(&state).map_err(|error| unread(&error))?;
        let era = era::choose(&lens, named("period-type"), named("period"));
        let era = era.map_err(|error| unread(&error))?;
        Asked::of(&era)
    };
    let state = Arc::new(state);
    let plans = Arc::new(Plans::new(Arc::clone(&files)));
    let openings = Openings::new(files, plans);
    let (mut took, mut runs) = (
        Vec::new(),
        *matches.get_one::<u16>("runs").expect("a default"),
    );
    let worked = loop {
        let since = Stopwatch::start();
        let worked = openings.worked(&state, Arc::clone(&set), asked);
        took.push(since.elapsed());
        runs = runs.saturating_sub(1);
        if runs == 0 || worked.is_err() {
            break worked;
        }
    };
    took.sort_unstable();
    let worked_out_seconds = took[took.len() / 2].as_secs_f64();
    let payout = worked.map_err(|error| match error {
        Unworked::Unpaid(Unpaid::View(error)) => unread(&error),
        Unworked::Run(fault) => directory::fault(&fault),
        error => Failure::new(Exit::Refused, error.to_string()),
    })?;
    if let Some(out) = named("lines") {
        write_lines(&payout, Path::new(out))?;
    }
    let totals = totals(&payout);
    let seq = payout.state.as_of_seq;
    let mut text = told(&totals, seq);
    writeln!(text, "  worked out in {worked_out_seconds:.3} s").expect("a text takes any text");
    let paid = Paid {
        totals,
        worked_out_seconds,
    };
    call.output.answer(&text, &paid)?;
    Ok(Exit::Done)
}

/// Every amount as CSV.
fn write_lines(payout: &Payout, path: &Path) -> Result<(), Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::new(
            Exit::Disk,
            format!("{} cannot be written: {error}", path.display()),
        )
    };
    let file = File::create(path).map_err(|error| failed(&error))?;
    let mut out = csv::Writer::from_writer(BufWriter::new(file));
    let head = [
        "member",
        "component",
        "amount",
        "exact",
        "currency",
        "clawback_of",
    ];
    out.write_record(head).map_err(|error| failed(&error))?;
    let mut from = Some(0);
    while let Some(member) = from {
        let (lines, next) = paid(payout, member, MEMBERS_AT_ONCE);
        for line in lines {
            let row = [
                line.member,
                line.component,
                line.amount,
                line.exact,
                line.currency,
                line.clawback_of.unwrap_or_default(),
            ];
            out.write_record(row).map_err(|error| failed(&error))?;
        }
        from = next;
    }
    let mut buffer = out.into_inner().map_err(|error| failed(&error))?;
    buffer.flush().map_err(|error| failed(&error))
}

fn told(totals: &CommissionTotals, seq: u64) -> String {
    let mut text = format!(
        "{} {} ({}), as of sequence {}\n",
        totals.plan_set,
        totals.period,
        totals.period_type,
        grouped(seq)
    );
    for line in &totals.components {
        writeln!(
            text,
            "  {:<24} {:>16} {} to {} members",
            line.component,
            line.amount.amount,
            line.amount.currency,
            grouped(u64::from(line.payees))
        )
        .expect("a text takes any text");
    }
    writeln!(
        text,
        "  {:<24} {:>16} {}",
        "in all", totals.total.amount, totals.total.currency
    )
    .expect("a text takes any text");
    for ratio in &totals.ratio {
        if let Some(share) = &ratio.ratio {
            writeln!(text, "  of {} sold: {share}", ratio.volume).expect("a text takes any text");
        }
    }
    for ladder in &totals.ladders {
        let counts = ladder.ranks.iter();
        let counts: Vec<String> = counts
            .map(|of| format!("{} {}", of.rank, grouped(u64::from(of.members))))
            .collect();
        writeln!(text, "  {}: {}", ladder.ladder, counts.join(", "))
            .expect("a text takes any text");
    }
    text
}

fn unread(error: &ViewError) -> Failure {
    Failure::usage(match error {
        ViewError::Unknown { given, allowed, .. } => {
            format!(
                "`{given}` is not known here; there are {}",
                allowed.join(", ")
            )
        }
        ViewError::Gone { given, oldest, .. } => {
            format!("the book of `{given}` is no longer kept; the oldest one that is is `{oldest}`")
        }
        other => format!("{other:?}"),
    })
}

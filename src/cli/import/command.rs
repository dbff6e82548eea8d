//! `import`: the command itself.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches};
use serde_json::json;

use crate::base::time::Time;
use crate::cli::client::{self, Client};
use crate::cli::command::{Call, Subcommand};
use crate::cli::directory::{self, Found};
use crate::cli::exit::{Exit, Failure};
use crate::cli::import::columns::Mapping;
use crate::cli::import::events::{Events, Told};
use crate::cli::import::fault::Faults;
use crate::cli::import::plan::{Files, Item, Plan, Request};
use crate::cli::import::sink::{Sink, Tally};
use crate::cli::import::table::Source;
use crate::cli::import::vocabulary::{NetworkAnswer, Vocabulary};
use crate::cli::output::{Progress, grouped};
use crate::cli::settings::{self, Settings};
use crate::document::sample;
use crate::engine::command::found::Found as Founding;
use crate::engine::command::{Command, Verb};
use crate::engine::execute::execute_batch;
use crate::engine::rules::ClockMode;
use crate::engine::state::State;

/// The command.
pub const COMMAND: Subcommand = Subcommand {
    name: "import",
    about: "Tell members and orders from CSV files (or exported events) to a stopped directory or a running server",
    args: |command| {
        client::args(settings::args(
            own_args(command),
            &["data", "network", "segment_mib"],
        ))
    },
    run,
};

const AFTER_HELP: &str = "\
Members: member, enroller, joined_at; if you like kind, country, currency, zone, tags; for a placement tree TREE_parent, TREE_leg, TREE_parent_centre.

Orders: order, member, ordered_at, amount; if you like currency, class, centre, and a column for each volume kind. Where no kind has a column, every kind takes the amount.

Other heads are named by --map and --volume. Rows may stand in any order and are told in order of time. An import that was stopped is run again: what is there is passed over. A new directory without --network is founded with the default network and clock = \"events\".

Events: lines of `export events`. They hold no network document: found the directory with the one the exported network began with (--network). Where the document changed later, the import tells all before the change, stops, and says how to go on: `network change` with the later document, then the same import again. Plan documents are in the lines that draft them. Runs are consequences and are passed over: the periods that close on the way are paid anew.";

fn own_args(command: clap::Command) -> clap::Command {
    let file = |name: &'static str| Arg::new(name).value_name("FILE");
    let many = |name: &'static str, value: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name(value)
            .action(ArgAction::Append)
    };
    command
        .after_help(AFTER_HELP)
        .arg(file("members").help("Members as CSV, or events with the ending .ndjson"))
        .arg(file("orders").help("Orders as CSV"))
        .arg(
            file("orders-only")
                .long("orders")
                .conflicts_with("members")
                .help("Orders alone"),
        )
        .arg(
            many("map", "TABLE.FIELD=HEAD")
                .help("The head of a field's column, such as members.enroller=upline"),
        )
        .arg(many("volume", "KIND=HEAD").help("The column of a volume kind, such as cv=amount"))
        .arg(
            Arg::new("dry-run")
                .long("dry-run")
                .action(ArgAction::SetTrue)
                .help("Execute everything in memory and tell what would be refused; write nothing"),
        )
        .arg(
            file("errors")
                .long("errors")
                .help("Write every refused row to this CSV file"),
        )
}

/// Where an import goes, and what it needs to know of the network there.
struct Target {
    sink: Sink,
    words: Vocabulary,
    clock: ClockMode,
}

/// What an import has done.
struct Done {
    members: u64,
    orders: u64,
    early: u64,
    tally: Tally,
}

fn run(call: &Call) -> Result<Exit, Failure> {
    let path = |name: &str| call.matches.get_one::<String>(name).map(PathBuf::from);
    let mut faults = Faults::new(path("errors").as_deref())?;
    let first = path("members");
    let is_events = |path: &PathBuf| {
        path.extension()
            .is_some_and(|ending| ending == "ndjson" || ending == "jsonl")
    };
    let done = match first.filter(is_events) {
        Some(events) => run_events(call, &events, &mut faults)?,
        None => {
            let request = request(call.matches)?;
            let target = target(call)?;
            if target.clock == ClockMode::Wall {
                call.output.remark(
                    "this network's clock is the wall's: an order dated in a period that has ended counts as the period type's `late` says, and one older than the memory of ids is refused",
                );
            }
            run_files(call, &request, target, &mut faults)?
        }
    };
    tell(call, &done, &faults)?;
    Ok(if faults.count() == 0 {
        Exit::Done
    } else {
        Exit::Differences
    })
}

fn request(matches: &ArgMatches) -> Result<Request, Failure> {
    let source = |name: &str| {
        matches
            .get_one::<String>(name)
            .map(|path| Source::File(PathBuf::from(path)))
    };
    let many = |name: &str| matches.get_many::<String>(name).into_iter().flatten();
    let mappings: Result<Vec<Mapping>, Failure> =
        many("map").map(|text| Mapping::parse(text)).collect();
    let volumes: Result<Vec<(String, String)>, Failure> = many("volume")
        .map(|text| {
            let pair = text
                .split_once('=')
                .map(|(kind, head)| (kind.to_owned(), head.to_owned()));
            pair.ok_or_else(|| {
                Failure::usage(format!(
                    "--volume: given {text:?}; allowed: KIND=HEAD, such as cv=amount"
                ))
            })
        })
        .collect();
    let request = Request {
        members: source("members"),
        orders: source("orders").or_else(|| source("orders-only")),
        mappings: mappings?,
        volumes: volumes?,
    };
    if request.members.is_none() && request.orders.is_none() {
        return Err(
            Failure::usage("no file to import").hint("arborline import members.csv orders.csv")
        );
    }
    Ok(request)
}

fn target(call: &Call) -> Result<Target, Failure> {
    let settings = settings::resolve(call.matches)?;
    let dry = call.matches.get_flag("dry-run");
    match client::of(call.matches)? {
        Some(_) if dry => Err(Failure::usage(
            "--dry-run executes in this process, not on a server",
        )
        .hint("leave --url out; --data reads the directory of a running server too")),
        Some(client) => to_server(client),
        None if dry => to_nowhere(&settings),
        None => to_directory(&settings),
    }
}

fn to_server(client: Client) -> Result<Target, Failure> {
    let answer: NetworkAnswer = client.get("/v1/network")?;
    let words = Vocabulary::of_answer(&answer);
    let clock = if answer.clock == "events" {
        ClockMode::Events
    } else {
        ClockMode::Wall
    };
    Ok(Target {
        sink: Sink::Server(client, words.clone()),
        words,
        clock,
    })
}

/// Opens or founds the directory; a new one follows the events' time, because what comes is history.
fn to_directory(settings: &Settings) -> Result<Target, Failure> {
    let offline = directory::open(settings, Found::With(sample::DEFAULT_EVENTS))?;
    let rules = offline
        .state
        .rules
        .as_ref()
        .expect("an open directory holds a network");
    Ok(Target {
        words: Vocabulary::of_rules(rules),
        clock: rules.clock,
        sink: Sink::Directory(Box::new(offline)),
    })
}

/// The directory's state in memory; where there is no directory, that of a network founded in memory.
fn to_nowhere(settings: &Settings) -> Result<Target, Failure> {
    let state = if settings.data().exists() {
        directory::read(settings)?.state
    } else {
        let founding = directory::founding(settings.network().as_deref(), sample::DEFAULT_EVENTS)?;
        let command = Command {
            id: "dry-run".into(),
            at: Time::MIN,
            verb: Verb::Found(Box::new(Founding {
                document: *blake3::hash(&founding.document).as_bytes(),
                rules: founding.rules,
            })),
        };
        let mut state = State::new();
        execute_batch(&mut state, 1, Time::MIN, &[command], &mut Vec::new());
        state
    };
    let rules = state.rules.as_ref().expect("founded just now, or before");
    Ok(Target {
        words: Vocabulary::of_rules(rules),
        clock: rules.clock,
        sink: Sink::Nowhere(Box::new(state)),
    })
}

fn run_files(
    call: &Call,
    request: &Request,
    target: Target,
    faults: &mut Faults,
) -> Result<Done, Failure> {
    let files = Files::open(request, &target.words, faults)?;
    for head in files.unused() {
        call.output.remark(&format!("column not read: {head}"));
    }
    let (members, orders) = files.rows();
    let mut progress = call.output.progress("importing", members + orders);
    let mut sink = target.sink;
    let mut plan = files.plan()?;
    let tally = drain(
        &files,
        &mut plan,
        &mut sink,
        faults,
        &mut progress,
        u64::MAX,
    )?;
    let early = plan.early;
    sink.close()?;
    progress.finish();
    Ok(Done {
        members,
        orders,
        early,
        tally,
    })
}

/// Sends a plan's commands until `most` are sent or none is left, and tells what became of them.
///
/// # Errors
/// If a file cannot be read, the disk fails or the server does not answer.
pub fn drain(
    files: &Files,
    plan: &mut Plan<'_>,
    sink: &mut Sink,
    faults: &mut Faults,
    progress: &mut Progress,
    most: u64,
) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    let (mut rows, mut commands) = (Vec::new(), Vec::new());
    let mut left = most;
    loop {
        let item = if left == 0 { None } else { plan.next(faults)? };
        let over = item.is_none();
        left = left.saturating_sub(1);
        if let Some(Item {
            order,
            line,
            command,
        }) = item
        {
            rows.push((order, line, command.id.clone()));
            commands.push(command);
        }
        if commands.len() == sink.group() || (over && !commands.is_empty()) {
            let sent = commands.len() as u64;
            let refused = sink.send(std::mem::take(&mut commands), &mut tally)?;
            for (at, reason) in refused {
                let (order, line, id) = &rows[at];
                faults.note(files.refused(*order, *line, id, reason))?;
            }
            rows.clear();
            progress.advance(sent);
        }
        if over {
            return Ok(tally);
        }
    }
}

/// Events of another log. They go to a directory or nowhere; a server takes such lines as they are.
fn run_events(call: &Call, path: &Path, faults: &mut Faults) -> Result<Done, Failure> {
    let target = target(call)?;
    let mut sink = target.sink;
    let Some(state) = sink.state() else {
        return Err(Failure::usage("events are imported into a stopped directory").hint(
            "a running server takes each line's id, type, at and data: curl --data-binary @FILE -H 'content-type: application/x-ndjson' URL/v1/events",
        ));
    };
    let mut events = Events::open(path, state)?;
    let mut progress = call.output.progress("importing", 0);
    let mut tally = Tally::default();
    let (mut rows, mut commands) = (Vec::new(), Vec::new());
    let mut ended = None;
    while ended.is_none() {
        match next_event(&mut events, &sink, faults)? {
            ControlFlow::Break(end) => ended = Some(end),
            ControlFlow::Continue(None) => {}
            ControlFlow::Continue(Some((line, command))) => {
                rows.push((line, command.id.clone()));
                commands.push(command);
            }
        }
        if commands.len() == sink.group() || (ended.is_some() && !commands.is_empty()) {
            let sent = commands.len() as u64;
            for (at, reason) in sink.send(std::mem::take(&mut commands), &mut tally)? {
                let (line, id) = &rows[at];
                faults.note(events.refused(*line, id, reason))?;
            }
            rows.clear();
            progress.advance(sent);
        }
    }
    sink.close()?;
    progress.finish();
    ended.unwrap_or(Ok(()))?;
    Ok(Done {
        members: 0,
        orders: 0,
        early: 0,
        tally,
    })
}

/// The command of the next line, if it tells one, or how the walk ends: at the last line, or where it must stop.
type Next = ControlFlow<Result<(), Failure>, Option<(u64, Command)>>;

fn next_event(events: &mut Events, sink: &Sink, faults: &mut Faults) -> Result<Next, Failure> {
    let (line, told) = match events.next()? {
        None => return Ok(ControlFlow::Break(Ok(()))),
        Some((line, Ok(told))) => (line, told),
        Some((_, Err(fault))) => {
            faults.note(fault)?;
            return Ok(ControlFlow::Continue(None));
        }
    };
    let known = match told {
        Told::Command(command) => Ok(Some(*command)),
        Told::Changed(changed) => {
            let state = sink.state().expect("a server is not fed from here");
            events.known(line, &changed, state)
        }
        Told::Drafted(drafted) => drafted.command(sink).map(Some),
    };
    Ok(match known {
        Ok(command) => ControlFlow::Continue(command.map(|command| (line, command))),
        Err(failure) => ControlFlow::Break(Err(failure)),
    })
}

fn tell(call: &Call, done: &Done, faults: &Faults) -> Result<(), Failure> {
    let Done {
        members,
        orders,
        early,
        tally,
    } = done;
    let mut plain = String::new();
    if members + orders > 0 {
        plain = format!(
            "{} rows of members, {} of orders\n",
            grouped(*members),
            grouped(*orders)
        );
    }
    plain.push_str(&format!(
        "{} told now, {} there already, {} rows refused\n",
        grouped(tally.accepted),
        grouped(tally.repeated),
        grouped(faults.count()),
    ));
    if *early > 0 {
        plain.push_str(&format!(
            "{} joined before their enrollers: enrolled at their own time, moved when the enroller appeared\n",
            grouped(*early),
        ));
    }
    for fault in faults.shown() {
        plain.push_str(&format!("  {fault}\n"));
    }
    let more = faults.count() - faults.shown().len() as u64;
    if more > 0 {
        plain.push_str(&format!(
            "  and {} more; --errors FILE writes all of them\n",
            grouped(more)
        ));
    }
    let data = json!({
        "members": members, "orders": orders, "accepted": tally.accepted, "repeated": tally.repeated,
        "early": early, "refused": faults.count(), "faults": faults.shown(), "dry_run": call.matches.get_flag("dry-run"),
    });
    call.output.answer(&plain, &data)
}

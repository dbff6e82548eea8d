//! `demo`: the command itself.

use std::io::{IsTerminal, Write, stdout};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Arg, ArgAction, value_parser};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::api::server::{Limits, serve};
use crate::base::time::Time;
use crate::cli::command::{Call, Subcommand};
use crate::cli::demo::arrivals::Arrivals;
use crate::cli::demo::bundle::{self, REAL};
use crate::cli::demo::leaders::Leaders;
use crate::cli::directory;
use crate::cli::exit::{Exit, Failure};
use crate::cli::import::command::drain;
use crate::cli::import::fault::Faults;
use crate::cli::import::plan::{Files, Plan};
use crate::cli::import::sink::Sink;
use crate::cli::import::vocabulary::Vocabulary;
use crate::cli::output::grouped;
use crate::cli::serve::{Running, machinery, open, signals};
use crate::cli::settings::{self, Origin};
use crate::cli::{logging, token};
use crate::document::sample;
use crate::engine::role::Role;
use crate::runtime::clock::Stopwatch;
use crate::runtime::offline::Offline;
use crate::runtime::settings::Settings;

/// What the demonstration's members earn by.
const PLAN: &str = include_str!("plan.toml");

/// Of ten facts so many are there before the live part begins.
const LOADED_OF_TEN: u64 = 6;
/// How often facts arrive; more than one at a time where the rate asks for it.
const BEATS_A_SECOND: u32 = 20;
/// How often the table is drawn on a terminal, and told otherwise, in beats.
const DRAWN_EVERY: u32 = 5;
const TOLD_EVERY: u32 = 60;
/// Facts at a time when nobody watches.
const AT_ONCE: usize = 1_000;

/// The command.
pub const COMMAND: Subcommand = Subcommand {
    name: "demo",
    about: "Load a real network into a temporary directory, serve it, and let its orders arrive live",
    args: |command| {
        let count = |name: &'static str, value: &'static str| {
            Arg::new(name)
                .long(name)
                .value_name(value)
                .value_parser(value_parser!(u32).range(1..))
        };
        let command = command
            .arg(
                count("members", "N")
                    .value_parser(value_parser!(u32).range(1..=10_000_000))
                    .help("Members: fewer than the real network's 4,016, or copies of it [default: 4016]"),
            )
            .arg(count("rate", "N").default_value("20").help("Facts that arrive in a second"))
            .arg(count("seconds", "N").help("End by itself after so many seconds"))
            .arg(
                Arg::new("once")
                    .long("once")
                    .action(ArgAction::SetTrue)
                    .help("Let everything arrive at once, show who leads, and end"),
            );
        settings::args(command, &["listen", "log_level"])
    },
    run,
};

/// A directory that goes when the demo ends.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // What cannot be removed lies where the system cleans up by itself.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn run(call: &Call) -> Result<Exit, Failure> {
    let settings = settings::resolve(call.matches)?;
    if settings
        .each()
        .any(|(setting, _, origin)| setting.name == "log_level" && *origin != Origin::Default)
    {
        logging::start(&settings);
    }
    let path = std::env::temp_dir().join(format!("arborline-demo-{}", std::process::id()));
    let folder = Temporary(path);
    let members = call
        .matches
        .get_one::<u32>("members")
        .map_or(REAL, |&members| members as usize);
    let mut faults = Faults::new(None)?;
    let mut runtime = Settings::new(&folder.0);
    runtime.founding = Some(directory::founding(None, sample::DEFAULT_EVENTS)?);
    runtime.plan = Some(PLAN.to_owned());
    let offline = Offline::open(runtime).map_err(|error| directory::start(&error))?;
    let rules = offline.state.rules.as_ref().expect("founded just now");
    let files = Files::open(
        &bundle::request(members),
        &Vocabulary::of_rules(rules),
        &mut faults,
    )?;
    let (plan, token) = load(call, offline, &files, &mut faults)?;
    let machinery = machinery()?;
    let listener = listen(&machinery, &settings)?;
    let address = listener
        .local_addr()
        .map_err(|error| Failure::usage(format!("the address cannot be told: {error}")))?;
    let running = open(Settings::new(&folder.0))?;
    let time = running.server.handle.health().machine_time;
    introduce(call, &format!("http://{address}"), &token, time)?;
    let arrivals = Arrivals::new(plan, faults);
    let shown = machinery.block_on(show(call, &running, listener, arrivals));
    drop(running.api);
    running.server.stop();
    shown?;
    Ok(Exit::Done)
}

/// Loads the first part of the bundle by the path that every import takes, and makes a token.
fn load<'f>(
    call: &Call,
    mut offline: Offline,
    files: &'f Files,
    faults: &mut Faults,
) -> Result<(Plan<'f>, String), Failure> {
    let since = Stopwatch::start();
    let (members, orders) = files.rows();
    let most = (members + orders) * LOADED_OF_TEN / 10;
    let mut progress = call.output.progress("loading", most);
    let token = token::make_for(&mut offline, "demo", Role::Admin)?;
    let mut sink = Sink::Directory(Box::new(offline));
    let mut plan = files.plan()?;
    let tally = drain(files, &mut plan, &mut sink, faults, &mut progress, most)?;
    sink.close()?;
    progress.finish();
    call.output.remark(&format!(
        "a real network: {} members and {} orders in all; {} of these facts loaded in {} ms, the rest arrives live",
        grouped(members),
        grouped(orders),
        grouped(tally.accepted),
        grouped(u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)),
    ));
    Ok((plan, token))
}

/// The address that was asked for; where nobody asked and the usual one is taken, any free one.
fn listen(
    machinery: &tokio::runtime::Runtime,
    settings: &settings::Settings,
) -> Result<TcpListener, Failure> {
    let address = settings.listen();
    let usual = settings
        .each()
        .any(|(setting, _, origin)| setting.name == "listen" && *origin == Origin::Default);
    let bound = machinery.block_on(TcpListener::bind(address));
    let bound = match bound {
        Err(_) if usual => machinery.block_on(TcpListener::bind((address.ip(), 0))),
        bound => bound,
    };
    bound.map_err(|error| Failure::usage(format!("cannot listen on {address}: {error}")))
}

/// Addresses, the token, and four requests to try. The order is dated by the demo's own time, which follows its facts.
fn introduce(call: &Call, base: &str, token: &str, time: Time) -> Result<(), Failure> {
    call.output.line(&format!(
        "\n  API       {base}/v1\n  browse    {base}/docs\n  token     {token}\n\n\
         \x20 export TOKEN={token}\n\
         \x20 curl -H \"Authorization: Bearer $TOKEN\" {base}/v1/members/M00002/volumes\n\
         \x20 curl -H \"Authorization: Bearer $TOKEN\" {base}/v1/members/M00002/commissions\n\
         \x20 curl -H \"Authorization: Bearer $TOKEN\" '{base}/v1/members/M00002/downline?sort=volume&limit=5'\n\
         \x20 curl -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' {base}/v1/orders \\\n\
         \x20      -d '{{\"id\":\"my-first\",\"at\":\"{time}\",\"member\":\"M00042\",\"volumes\":{{\"cv\":\"100\"}}}}'\n\n\
         \x20 ctrl-c ends it; the directory goes with it.\n"
    ))
}

/// Serves, tells and draws until it is time to end.
async fn show(
    call: &Call<'_>,
    running: &Running,
    listener: TcpListener,
    mut arrivals: Arrivals<'_>,
) -> Result<(), Failure> {
    let (stop, stopped) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let heard = tokio::spawn(signals(Arc::clone(&stop)));
    let until = Arc::clone(&stopped);
    let api = running.api.clone();
    let served = tokio::spawn(async move {
        serve(listener, api, Limits::default(), async move {
            until.notified().await
        })
        .await
    });
    let mut leaders = Leaders::default();
    let told = if call.matches.get_flag("once") {
        once(call, running, &mut arrivals, &mut leaders).await
    } else {
        tokio::select! {
            told = beat(call, running, &mut arrivals, &mut leaders) => told,
            () = stop.notified() => Ok(()),
            () = running.failed.notified() => Err(Failure::new(Exit::Disk, "the demo's disk failed")),
        }
    };
    heard.abort();
    stopped.notify_one();
    let _ = served.await;
    told
}

/// Everything that is left at once, then who leads.
async fn once(
    call: &Call<'_>,
    running: &Running,
    arrivals: &mut Arrivals<'_>,
    leaders: &mut Leaders,
) -> Result<(), Failure> {
    let handle = &running.server.handle;
    while arrivals.tell_bundled(handle, AT_ONCE).await? > 0 {}
    leaders.choose(handle).await;
    call.output.line(
        leaders
            .drawn(handle, arrivals.told)
            .replace("\x1b[2K", "")
            .trim_end(),
    )
}

/// Facts arrive at a steady rate, and the table moves.
async fn beat(
    call: &Call<'_>,
    running: &Running,
    arrivals: &mut Arrivals<'_>,
    leaders: &mut Leaders,
) -> Result<(), Failure> {
    let handle = &running.server.handle;
    let rate = *call.matches.get_one::<u32>("rate").expect("has a default");
    let seconds = call.matches.get_one::<u32>("seconds").copied();
    let terminal = stdout().is_terminal() && !call.output.json;
    let mut beats = tokio::time::interval(Duration::from_secs(1) / BEATS_A_SECOND);
    let (mut count, mut due, mut by_chance) = (0u32, 0u32, false);
    loop {
        beats.tick().await;
        count = count.wrapping_add(1);
        due += rate;
        let now = due / BEATS_A_SECOND;
        due %= BEATS_A_SECOND;
        if now > 0 && arrivals.tell_bundled(handle, now as usize).await? == 0 {
            if !std::mem::replace(&mut by_chance, true) {
                call.output
                    .remark("the bundled facts are all told; orders go on by chance");
                *leaders = Leaders::default();
            }
            arrivals.tell_invented(handle, now as usize).await?;
        }
        let every = if terminal { DRAWN_EVERY } else { TOLD_EVERY };
        if count % BEATS_A_SECOND == 1 {
            leaders.choose(handle).await;
        }
        if count % every == 1 {
            let text = if terminal {
                leaders.drawn(handle, arrivals.told)
            } else {
                leaders.line(handle, arrivals.told) + "\n"
            };
            let written = stdout()
                .write_all(text.as_bytes())
                .and_then(|()| stdout().flush());
            written.map_err(|error| crate::cli::output::closed(&error))?;
        }
        if seconds.is_some_and(|seconds| count >= seconds.saturating_mul(BEATS_A_SECOND)) {
            return Ok(());
        }
    }
}

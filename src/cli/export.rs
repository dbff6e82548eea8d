//! `export`: members and orders as CSV that `import` reads, events as lines of JSON that it reads too.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufWriter, Read, Write};

use clap::Arg;
use serde_json::Value;

use crate::api::parse::token;
use crate::base::ids::{COMPANY, ENROLLER_TREE};
use crate::cli::command::{Call, Subcommand};
use crate::cli::exit::{Exit, Failure};
use crate::cli::import::drafts::{DRAFTED, TEXT};
use crate::cli::output::closed;
use crate::cli::token::escaped;
use crate::cli::{client, directory, feed, settings};
use crate::engine::command::Verb;
use crate::engine::command::order::Order;
use crate::engine::member::{MemberKind, Status};
use crate::engine::state::State;
use crate::runtime::changes::Change;
use crate::runtime::offline::ReadOnly;
use crate::store::documents;

/// Changes asked of a server at a time.
const PAGE: usize = 10_000;

/// The command.
pub const COMMAND: Subcommand = Subcommand {
    name: "export",
    about: "Write members or orders as CSV, or events as lines of JSON; `import` reads each",
    args: |command| {
        let command = command
            .arg(
                Arg::new("what")
                    .required(true)
                    .value_parser(["members", "orders", "events"])
                    .help("events are everything but the network documents and the files of runs: `import events.ndjson --network DOCUMENT` on another machine makes the same network, which pays its closed periods anew"),
            )
            .arg(
                Arg::new("out")
                    .long("out")
                    .short('o')
                    .value_name("FILE")
                    .help("Write to a file instead of standard output"),
            );
        client::args(settings::args(command, &["data"]))
    },
    run: |call| {
        let mut out = target(call)?;
        let what = call
            .matches
            .get_one::<String>("what")
            .expect("clap asks for it");
        match (client::of(call.matches)?, what.as_str()) {
            (Some(client), "events") => from_server(&client, &mut out)?,
            (Some(_), _) => {
                return Err(Failure::usage(format!("a server tells events, not {what}"))
                    .hint("export --data reads the directory of a running server too"));
            }
            (None, what) => {
                let read = directory::read(&settings::resolve(call.matches)?)?;
                match what {
                    "members" => members(&read.state, &mut out)?,
                    "orders" => orders(&read, &mut out)?,
                    _ => events(&read, &mut out)?,
                }
            }
        }
        out.flush().map_err(|error| closed(&error))?;
        Ok(Exit::Done)
    },
};

fn target(call: &Call) -> Result<Box<dyn Write>, Failure> {
    Ok(match call.matches.get_one::<String>("out") {
        Some(path) => Box::new(BufWriter::new(File::create(path).map_err(|error| {
            Failure::usage(format!("{path} cannot be written: {error}"))
        })?)),
        None => Box::new(BufWriter::new(std::io::stdout())),
    })
}

fn unwritten(error: &csv::Error) -> Failure {
    match error.kind() {
        csv::ErrorKind::Io(error) => closed(error),
        _ => Failure::new(Exit::Disk, format!("rows cannot be written: {error}")),
    }
}

/// One row a member: the fact of who enrolled him, and where he stands now.
fn members(state: &State, out: &mut dyn Write) -> Result<(), Failure> {
    let rules = state
        .rules
        .as_ref()
        .expect("a directory that was read holds a network");
    let mut heads: Vec<String> = [
        "member",
        "enroller",
        "joined_at",
        "kind",
        "status",
        "country",
        "currency",
        "zone",
        "tags",
    ]
    .map(str::to_owned)
    .to_vec();
    for tree in &rules.trees[1..] {
        heads
            .extend(["parent", "leg", "parent_centre"].map(|part| format!("{}_{part}", tree.name)));
    }
    let mut rows = csv::Writer::from_writer(out);
    rows.write_record(&heads)
        .map_err(|error| unwritten(&error))?;
    let told = &state.members;
    for member in COMPANY + 1..told.len() {
        let text = |text: Option<&crate::base::ids::Text>| {
            text.map(ToString::to_string).unwrap_or_default()
        };
        let tags: Vec<&str> = told.tags(member).iter().map(|tag| tag.as_str()).collect();
        let mut row = vec![
            told.id(member).to_string(),
            told.enrolled_by(member)
                .map(|by| told.id(by).to_string())
                .unwrap_or_default(),
            told.joined(member).to_string(),
            match told.kind(member) {
                MemberKind::Distributor => "distributor",
                MemberKind::Preferred => "preferred",
                MemberKind::Customer => "customer",
            }
            .to_owned(),
            match told.status(member) {
                Status::Open => "open",
                Status::Suspended => "suspended",
                Status::Terminated => "terminated",
            }
            .to_owned(),
            text(told.country(member)),
            text(told.currency(member)),
            text(told.zone(member)),
            tags.join("|"),
        ];
        for tree in ENROLLER_TREE + 1..rules.trees.len() {
            row.extend(place(state, tree, member));
        }
        rows.write_record(&row).map_err(|error| unwritten(&error))?;
    }
    rows.flush().map_err(|error| closed(&error))
}

/// Parent, leg and the parent's centre of a member's first place in a tree; empty where he has none below a parent.
fn place(state: &State, tree: usize, member: u32) -> [String; 3] {
    let seat = state
        .members
        .seat(member, tree, 1)
        .filter(|&seat| !state.forest.is_waiting(tree, seat));
    let parent = seat.and_then(|seat| Some((seat, state.forest.parent(tree, seat)?)));
    let Some((seat, parent)) = parent else {
        return Default::default();
    };
    let owner = state.forest.owner(tree, parent);
    let centre = state.members.centre_of(owner, tree, parent).unwrap_or(1);
    let leg = match state.forest.leg(tree, seat) {
        0 => String::new(),
        leg => leg.to_string(),
    };
    [state.members.id(owner).to_string(), leg, centre.to_string()]
}

/// One row an order as it was told; refunds are events of their own.
fn orders(read: &ReadOnly, out: &mut dyn Write) -> Result<(), Failure> {
    let rules = read
        .state
        .rules
        .as_ref()
        .expect("a directory that was read holds a network");
    let mut heads: Vec<String> = [
        "order",
        "member",
        "centre",
        "ordered_at",
        "amount",
        "currency",
        "class",
    ]
    .map(str::to_owned)
    .to_vec();
    heads.extend(rules.kinds.iter().map(ToString::to_string));
    let mut rows = csv::Writer::from_writer(out);
    rows.write_record(&heads)
        .map_err(|error| unwritten(&error))?;
    feed::walk(read, 0, |change| {
        let parts = match &change.command.verb {
            Verb::Atomic(parts) => parts.as_slice(),
            _ => std::slice::from_ref(&change.command),
        };
        for command in parts {
            if let Verb::Order(order) = &command.verb {
                let row = order_row(
                    &command.id,
                    &command.at.to_string(),
                    order,
                    rules.kinds.len(),
                );
                rows.write_record(&row).map_err(|error| unwritten(&error))?;
            }
        }
        Ok(true)
    })?;
    rows.flush().map_err(|error| closed(&error))
}

fn order_row(id: &str, at: &str, order: &Order, kinds: usize) -> Vec<String> {
    let mut row = vec![
        id.to_owned(),
        order.member.to_string(),
        order.centre.to_string(),
        at.to_owned(),
        order.amount.to_string(),
        order.currency.as_deref().unwrap_or_default().to_owned(),
        order.class.as_deref().unwrap_or_default().to_owned(),
    ];
    row.extend((0..kinds).map(|kind| order.volumes.get(kind).to_string()));
    row
}

fn events(read: &ReadOnly, out: &mut dyn Write) -> Result<(), Failure> {
    feed::walk(read, 0, |change: &Change| {
        for mut event in change.events(&read.state) {
            if event.kind == DRAFTED {
                let hash = event.data["document"].as_str().and_then(token::hex);
                let hash = hash.expect("a draft names its document");
                let document = documents::get(&read.files.directory, &hash);
                let document = document.map_err(|fault| directory::fault(&fault))?;
                event.data[TEXT] = String::from_utf8_lossy(&document).into();
            }
            let line = serde_json::to_string(&event).expect("events are plain data");
            writeln!(out, "{line}").map_err(|error| closed(&error))?;
        }
        Ok(true)
    })
}

/// Pages of events until there are no more.
fn from_server(client: &client::Client, out: &mut dyn Write) -> Result<(), Failure> {
    let mut after = 0;
    loop {
        let mut page = String::new();
        let mut lines = client.lines(&format!("/v1/changes?after={after}&limit={PAGE}"))?;
        lines.read_to_string(&mut page).map_err(|error| {
            Failure::new(
                Exit::Unreachable,
                format!("the server stopped talking: {error}"),
            )
        })?;
        let last = page
            .lines()
            .next_back()
            .and_then(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        if let Some(problem) = last.as_ref().filter(|line| line["code"].is_string()) {
            let detail = problem["detail"].as_str().unwrap_or_default();
            let after = format!("the server stopped after event {after}: {detail}");
            return Err(Failure::new(Exit::Refused, after));
        }
        let Some(seq) = last.and_then(|event| event["seq"].as_u64()) else {
            return Ok(());
        };
        for line in page.lines() {
            let line = with_document(client, line)?;
            writeln!(out, "{line}").map_err(|error| closed(&error))?;
        }
        after = seq;
    }
}

/// A line of a server's changes, as it is unless it drafts a plan: then with the document, which is asked for.
fn with_document<'l>(client: &client::Client, line: &'l str) -> Result<Cow<'l, str>, Failure> {
    if !line.contains(DRAFTED) {
        return Ok(Cow::Borrowed(line));
    }
    let other = |error: serde_json::Error| {
        Failure::new(
            Exit::Unreachable,
            format!("the server tells changes of another form: {error}"),
        )
    };
    let mut event: Value = serde_json::from_str(line).map_err(other)?;
    if event["type"] != DRAFTED {
        return Ok(Cow::Borrowed(line));
    }
    let listed: Value = client.get("/v1/plans")?;
    let sets = listed["sets"].as_array().into_iter().flatten();
    let its = sets.filter(|set| set["set"] == event["data"]["set"]);
    let versions = its.filter_map(|set| set["versions"].as_array()).flatten();
    let mut versions = versions.filter(|version| version["seq"] == event["seq"]);
    let version = versions.next().map_or(&Value::Null, |one| &one["version"]);
    let set = event["data"]["set"].as_str().unwrap_or_default();
    let path = format!("/v1/plans/{}?version={version}", escaped(set));
    let mut document: Value = client.get(&path)?;
    event["data"][TEXT] = document["text"].take();
    Ok(Cow::Owned(event.to_string()))
}

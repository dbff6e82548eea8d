//! Where an import goes: a stopped directory, a running server, or nowhere (a dry run on a state in memory).

use serde::Deserialize;

use crate::api::error::{Origin, refusal, rejection};
use crate::cli::client::Client;
use crate::cli::directory;
use crate::cli::exit::Failure;
use crate::cli::import::lines;
use crate::cli::import::vocabulary::Vocabulary;
use crate::engine::command::run::PostRun;
use crate::engine::command::{Command, Verb};
use crate::engine::execute::execute_batch;
use crate::engine::rejection::Rejection;
use crate::engine::state::State;
use crate::runtime::clock;
use crate::runtime::offline::Offline;

/// Commands handed over at a time.
pub const GROUP: usize = 8_192;
/// Commands sent to a server at a time: small enough that all refusals of one answer are named.
pub const GROUP_TO_SERVER: usize = 1_000;

/// Where commands go.
pub enum Sink {
    /// A directory that this process has open.
    Directory(Box<Offline>),
    /// A running server, and the names it knows.
    Server(Client, Vocabulary),
    /// A state in memory that is thrown away.
    Nowhere(Box<State>),
}

/// What became of the commands so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Accepted now.
    pub accepted: u64,
    /// Accepted before, with the same content.
    pub repeated: u64,
    /// Refused by the network.
    pub refused: u64,
}

/// The answer of `POST /v1/events`, as far as it is needed here.
#[derive(Debug, Deserialize)]
struct Summary {
    accepted: u64,
    repeated: u64,
    rejected_count: u64,
    rejected: Vec<RefusedLine>,
}

#[derive(Debug, Deserialize)]
struct RefusedLine {
    line: usize,
    detail: String,
}

impl Sink {
    /// Commands that go at a time.
    #[must_use]
    pub fn group(&self) -> usize {
        match self {
            Sink::Server(..) => GROUP_TO_SERVER,
            _ => GROUP,
        }
    }

    /// The state that the commands change; none where a server has it.
    #[must_use]
    pub fn state(&self) -> Option<&State> {
        match self {
            Sink::Directory(offline) => Some(&offline.state),
            Sink::Nowhere(state) => Some(state),
            Sink::Server(..) => None,
        }
    }

    /// Hands over commands: which of them, by position, were refused, and why.
    ///
    /// # Errors
    /// If the disk fails or the server does not answer.
    pub fn send(
        &mut self,
        commands: Vec<Command>,
        tally: &mut Tally,
    ) -> Result<Vec<(usize, String)>, Failure> {
        let refused = match self {
            Sink::Directory(offline) => to_directory(offline, commands, tally)?,
            Sink::Server(client, words) => {
                let mut body = Vec::with_capacity(commands.len() * 200);
                for command in &commands {
                    lines::put(&mut body, command, words);
                }
                to_server(client, &body, tally)?
            }
            Sink::Nowhere(state) => to_nowhere(state, &commands, tally),
        };
        tally.refused += refused.len() as u64;
        Ok(refused)
    }

    /// Makes everything durable and lets go.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn close(self) -> Result<(), Failure> {
        match self {
            Sink::Directory(offline) => offline.close().map_err(|fault| directory::fault(&fault)),
            _ => Ok(()),
        }
    }
}

fn to_directory(
    offline: &mut Offline,
    commands: Vec<Command>,
    tally: &mut Tally,
) -> Result<Vec<(usize, String)>, Failure> {
    let receipts = offline
        .submit(commands)
        .map_err(|fault| directory::fault(&fault))?;
    let mut refused = Vec::new();
    for (at, receipt) in receipts.into_iter().enumerate() {
        match (&receipt.outcome, receipt.repeated) {
            (Ok(_), false) => tally.accepted += 1,
            (Ok(_), true) => tally.repeated += 1,
            (Err(why), _) => refused.push((at, refusal(why, Origin::default()).detail)),
        }
    }
    Ok(refused)
}

fn to_server(
    client: &Client,
    body: &[u8],
    tally: &mut Tally,
) -> Result<Vec<(usize, String)>, Failure> {
    let summary: Summary = client.post("/v1/events", "application/x-ndjson", body)?;
    tally.accepted += summary.accepted;
    tally.repeated += summary.repeated;
    let told = summary.rejected.len() as u64;
    assert!(
        told == summary.rejected_count,
        "a group is small enough for all its refusals"
    );
    Ok(summary
        .rejected
        .into_iter()
        .map(|line| (line.line - 1, line.detail))
        .collect())
}

/// On a state in memory nothing can be compared with the log, so an id known already counts as there.
fn to_nowhere(state: &mut State, commands: &[Command], tally: &mut Tally) -> Vec<(usize, String)> {
    let mut outcomes = Vec::new();
    let first_seq = state.as_of_seq + 1;
    execute_batch(state, first_seq, clock::now(), commands, &mut outcomes);
    forget_due(state);
    let mut refused = Vec::new();
    for (at, outcome) in outcomes.iter().enumerate() {
        match outcome {
            Ok(_) => tally.accepted += 1,
            Err(Rejection::Duplicate { .. }) => tally.repeated += 1,
            Err(why) => refused.push((at, rejection(*why, Origin::default()).detail)),
        }
    }
    refused
}

/// Nobody pays what is thrown away: closed books that would wait for it are let go of.
fn forget_due(state: &mut State) {
    let mut outcomes = Vec::new();
    for period_type in 0..state.periods.len() {
        loop {
            let due = state.periods.get(period_type).due().next();
            let Some(ordinal) = due.map(|book| book.ordinal) else {
                break;
            };
            let rules = state.rules.as_ref().expect("a network has periods");
            let post = PostRun {
                period_type: rules.period_types[period_type].name.clone(),
                period: state.periods.get(period_type).label(ordinal).clone(),
                digest: [0; 32],
                lines: 0,
                payees: 0,
                totals: Vec::new(),
            };
            let command = Command {
                id: Default::default(),
                at: state.as_of_time,
                verb: Verb::PostRun(Box::new(post)),
            };
            let seq = state.as_of_seq + 1;
            execute_batch(state, seq, clock::now(), &[command], &mut outcomes);
        }
    }
}

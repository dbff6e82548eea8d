//! Execution: from a batch of logged commands to outcomes and a changed state. The only writer.
//!
//! Runs of orders go in lockstep; every other command, and every timer that is due, stands alone. Where a run is cut
//! never shows in any result.

use crate::base::limits::TIMERS_PER_COMMAND_MAX;
use crate::base::time::Time;
use crate::engine::command::{Command, Verb};
use crate::engine::dispatch::dispatch;
use crate::engine::judging::Now;
use crate::engine::lockstep;
use crate::engine::outcome::Outcome;
use crate::engine::passage::{clock_after, fire_due};
use crate::engine::state::State;

/// Executes commands numbered from `first_seq` on, logged at machine time `stamp`, and appends one outcome for each.
///
/// Equal states and equal commands give equal outcomes and states, however the commands are cut into batches.
pub fn execute_batch(
    state: &mut State,
    first_seq: u64,
    stamp: Time,
    commands: &[Command],
    out: &mut Vec<Outcome>,
) {
    out.reserve(commands.len());
    let (mut rest, mut seq) = (commands, first_seq);
    while let Some(first) = rest.first() {
        let taken = lockstep::run(state, seq, stamp, rest, out);
        if taken == 0 {
            out.push(execute_one(state, seq, stamp, first));
        }
        rest = &rest[taken.max(1)..];
        seq += taken.max(1) as u64;
    }
}

/// Executes one command by itself, the timers due before it first.
fn execute_one(state: &mut State, seq: u64, stamp: Time, command: &Command) -> Outcome {
    let time = time_after(state, stamp, command);
    let limit = match command.verb {
        Verb::AdvanceTime => TIMERS_PER_COMMAND_MAX,
        _ => usize::MAX,
    };
    fire_due(state, time, limit, seq);
    let now = Now {
        seq,
        time: state.as_of_time,
    };
    let outcome = dispatch(state, command, now);
    state.as_of_seq = seq;
    state.fold.add_outcome(&outcome);
    outcome
}

/// Machine time once a command has been read.
fn time_after(state: &State, stamp: Time, command: &Command) -> Time {
    let clock = match (&state.rules, &command.verb) {
        (Some(rules), _) => rules.clock,
        (None, Verb::Found(found)) => found.rules.clock,
        // Before there is a network nobody has said which clock counts.
        (None, _) => return state.as_of_time,
    };
    let mut time = clock_after(clock, state.as_of_time, stamp, command.at);
    if let Verb::Atomic(commands) = &command.verb {
        for command in commands {
            time = clock_after(clock, time, stamp, command.at);
        }
    }
    time
}

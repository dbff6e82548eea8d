//! Execution: from a batch of logged commands to outcomes and a changed state. The only writer.
//!
//! Runs of orders go in lockstep; every other command, and every timer that is due, stands alone. Where a run is cut
//! never shows in any result.

use crate::base::limits::TIMERS_PER_COMMAND_MAX;
use crate::base::time::Time;
use crate::engine::activity;
use crate::engine::atomic;
use crate::engine::command::{Command, Verb};
use crate::engine::fold::Fold;
use crate::engine::judging::Now;
use crate::engine::lockstep;
use crate::engine::outcome::{Accepted, Outcome};
use crate::engine::rejection::Rejection;
use crate::engine::rules::ClockMode;
use crate::engine::state::State;
use crate::engine::timers::Timer;

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
    fold_outcome(&mut state.fold, &outcome);
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

/// Machine time never goes back: it follows the stamp of the batch, or each command's own `at`.
pub(crate) fn clock_after(clock: ClockMode, before: Time, stamp: Time, at: Time) -> Time {
    before.max(match clock {
        ClockMode::Wall => stamp,
        ClockMode::Events => at,
    })
}

/// Fires what is due up to `time`, and moves machine time there, or as far as the limit lets it.
fn fire_due(state: &mut State, time: Time, limit: usize, seq: u64) {
    for _ in 0..limit {
        let Some((due, timer)) = state.timers.take_due(time) else {
            break;
        };
        state.as_of_time = state.as_of_time.max(due);
        state.fold.add(due.0 as u64);
        match timer {
            Timer::Cutoff {
                period_type,
                ordinal,
            } => {
                let period_type = state.periods.get_mut(usize::from(period_type));
                if period_type.branch.as_ref().map(|b| b.ordinal) == Some(ordinal) {
                    period_type.close(due, seq);
                }
            }
            Timer::Roll {
                period_type,
                ordinal,
                ..
            } => roll(state, usize::from(period_type), ordinal, due, seq),
            Timer::Expiry { member } => activity::expire(state, member, due),
        }
    }
    let reached = state.timers.next().map_or(time, |next| next.min(time));
    state.as_of_time = state.as_of_time.max(reached);
}

fn roll(state: &mut State, period_type: usize, ordinal: u32, due: Time, seq: u64) {
    assert!(
        state.periods.get(period_type).current() == ordinal,
        "one timer a period rolls it once"
    );
    let as_it_stands = state.forest.fork();
    let cutoff = state
        .periods
        .get_mut(period_type)
        .roll(as_it_stands, due, seq);
    state.forest.roll(period_type);
    if let Some(cutoff) = cutoff {
        let timer = Timer::Cutoff {
            period_type: period_type as u8,
            ordinal,
        };
        state.timers.set(cutoff, timer);
    }
    set_roll(state, period_type);
}

/// Sets the timer that ends the current period of a type, if the calendar knows what follows it.
pub(crate) fn set_roll(state: &mut State, period_type: usize) {
    let periods = state.periods.get(period_type);
    let (ordinal, end) = (periods.current(), periods.next_roll());
    if let Some(end) = end {
        let timer = Timer::Roll {
            length_ms: end.0 - periods.start(ordinal).0,
            period_type: period_type as u8,
            ordinal,
        };
        state.timers.set(end, timer);
    }
}

/// Judges one command and, unless it is rejected, writes what follows.
pub(crate) fn dispatch(state: &mut State, command: &Command, now: Now) -> Outcome {
    if let Some(first_seq) = first_use(state, command) {
        return Err(Rejection::Duplicate { first_seq });
    }
    let founding = matches!(command.verb, Verb::Found(_));
    if state.rules.is_none() && !founding {
        return Err(Rejection::NoNetwork);
    }
    let accepted = match &command.verb {
        Verb::Found(body) => body.execute(state, now),
        Verb::Enrol(body) => return body.execute(state, command, now),
        Verb::Order(body) => return body.execute(state, command, now),
        Verb::Update(body) => body.execute(state, command, now),
        Verb::Status(body) => body.execute(state, command, now),
        Verb::Place(body) => body.execute(state, command, now),
        Verb::Move(body) => body.execute(state, command, now),
        Verb::Refund(body) => body.execute(state, command, now),
        Verb::Adjust(body) => body.execute(state, command, now),
        Verb::Close(body) => body.execute(state, command, now),
        Verb::CreateToken(body) => body.execute(state, command, now),
        Verb::RevokeToken(body) => body.execute(state, command, now),
        Verb::ExtendCalendar(body) => body.execute(state),
        Verb::AdvanceTime => return Ok(Accepted::default()),
        Verb::Atomic(commands) => atomic::execute(state, commands, now),
    }?;
    if !command.id.is_empty() {
        state.facts.add(&command.id, now.seq);
    }
    Ok(accepted)
}

/// The command that used an id before, in the id's own space.
pub(crate) fn first_use(state: &State, command: &Command) -> Option<u64> {
    match command.verb {
        Verb::AdvanceTime => None,
        Verb::Enrol(_) => {
            let member = state.members.find(&command.id)?;
            Some(state.members.first_seq(member))
        }
        Verb::Order(_) => {
            let order = state.orders.find(&command.id)?;
            Some(state.orders.seq(order))
        }
        _ => state.facts.first_seq(&command.id),
    }
}

/// Folds an outcome into the digest.
pub(crate) fn fold_outcome(fold: &mut Fold, outcome: &Outcome) {
    match outcome {
        Ok(accepted) => {
            fold.add(1 + accepted.choices.len() as u64);
            for choice in &accepted.choices {
                let (parent, centre) = choice.parent.unwrap_or_default();
                fold.add(u64::from(parent) << 32 | u64::from(centre) << 16 | u64::from(choice.leg));
                let own = u64::from(choice.tree) << 16 | u64::from(choice.centre);
                fold.add(own << 1 | u64::from(choice.waits));
            }
        }
        Err(rejection) => {
            let field = rejection.field().map_or(0, |field| field as u64);
            fold.add(u64::from(rejection.number()) << 40 | field << 32);
        }
    }
}

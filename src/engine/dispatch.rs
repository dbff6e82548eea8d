//! Dispatch: each verb to its own file, and several commands that happen together or not at all.

use crate::engine::command::{Command, Verb};
use crate::engine::judging::Now;
use crate::engine::outcome::{Accepted, Choice, Outcome};
use crate::engine::rejection::Rejection;
use crate::engine::state::State;

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
        Verb::Atomic(commands) => together(state, commands, now),
    }?;
    if !needs_no_id(&command.verb) {
        state.facts.add(&command.id, now.seq);
    }
    Ok(accepted)
}

/// Whether nothing is looked up under the command's own id: the runtime's commands have none, and of several that happen
/// together the parts' ids count.
fn needs_no_id(verb: &Verb) -> bool {
    matches!(
        verb,
        Verb::AdvanceTime | Verb::ExtendCalendar(_) | Verb::Atomic(_)
    )
}

/// The command that used an id before, in the id's own space.
pub(crate) fn first_use(state: &State, command: &Command) -> Option<u64> {
    match &command.verb {
        verb if needs_no_id(verb) => None,
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

/// Executes all commands, or none.
///
/// A fork is kept while they are executed one after the other; the first rejection puts it back, so that a refused
/// request leaves no trace. Timers are held back meanwhile, since a fork has none.
///
/// Only the parts happen at a time: the whole is never too early. A command whose id was used before this request makes
/// the whole a duplicate of the command that used it; an id that stands twice in the request refuses the second.
/// O(pages) and what the commands cost.
fn together(state: &mut State, commands: &[Command], now: Now) -> Outcome {
    for command in commands {
        if let Some(first_seq) = first_use(state, command) {
            return Err(Rejection::Duplicate { first_seq });
        }
    }
    let before = state.fork();
    state.timers.hold_back();
    let mut all = Accepted::default();
    for (index, command) in commands.iter().enumerate() {
        match dispatch(state, command, now) {
            Ok(accepted) => all.choices.extend(accepted.choices.into_iter().map(|choice| Choice {
                part: index as u16,
                ..choice
            })),
            Err(rejection) => {
                let timers = std::mem::take(&mut state.timers);
                *state = before;
                state.timers = timers;
                state.timers.release(false);
                return Err(Rejection::AtomicRefused {
                    index: index as u32,
                    number: rejection.number(),
                    field: rejection.field(),
                });
            }
        }
    }
    state.timers.release(true);
    Ok(all)
}

//! Several commands that happen together or not at all.
//!
//! A fork is kept while they are executed one after the other; the first rejection puts it back, so that a refused
//! request leaves no trace. Timers are held back meanwhile, since a fork has none.

use crate::engine::command::Command;
use crate::engine::execute;
use crate::engine::judging::Now;
use crate::engine::outcome::{Accepted, Outcome};
use crate::engine::rejection::Rejection;
use crate::engine::state::State;

/// Executes all commands, or none.
///
/// Only the parts happen at a time: the whole is never too early. A command whose id was used before this request makes the whole a duplicate of the command that used it. O(pages)
/// and what the commands cost.
pub(crate) fn execute(state: &mut State, commands: &[Command], now: Now) -> Outcome {
    for command in commands {
        if let Some(first_seq) = execute::first_use(state, command) {
            return Err(Rejection::Duplicate { first_seq });
        }
    }
    let before = state.fork();
    state.timers.hold_back();
    let mut all = Accepted::default();
    for (index, command) in commands.iter().enumerate() {
        match execute::dispatch(state, command, now) {
            Ok(accepted) => all.choices.extend(accepted.choices),
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

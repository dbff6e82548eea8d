//! A changed network document, from its text to the command that tells it.

use crate::base::ids::Text;
use crate::base::time::{DAY_MS, Time};
use crate::document::change;
use crate::document::problem::Problem;
use crate::engine::command::change::Change;
use crate::engine::command::found::Found;
use crate::engine::command::{Command, Verb};
use crate::engine::law;
use crate::engine::rejection::Rejection;
use crate::engine::rules::ClockMode;
use crate::engine::state::{Begins, State};

/// How far past the moment the calendars of a changed network reach; they are extended in time.
const AHEAD_MS: i64 = 2 * 366 * DAY_MS;

/// A change that would be accepted.
pub struct Told {
    /// The command; its document must be kept before it is logged.
    pub command: Command,
    /// When it would take effect.
    pub begins: Begins,
}

/// Why a document is not told.
#[derive(Debug, PartialEq, Eq)]
pub enum Unfit {
    /// What is wrong with it, or what it does not go on with.
    Document(Vec<Problem>),
    /// What the engine would say to it.
    Rejected(Rejection),
}

/// Reads a document for the network of a state, told under an id at the wall clock's `now`, to take effect at the next
/// start of a period of the type named (of the longest running period without one). Costs the periods of the calendars.
///
/// Where machine time follows the events, the command happens at machine time and does not move it. An id that was used
/// is not judged again: the engine answers for it.
///
/// # Errors
/// See [`Unfit`].
pub fn read(
    state: &State,
    text: &str,
    begins: Option<&str>,
    (id, now): (Text, Time),
) -> Result<Told, Unfit> {
    let rejected = |rejection| Unfit::Rejected(rejection);
    let running = state
        .rules
        .as_ref()
        .ok_or(Unfit::Rejected(Rejection::NoNetwork))?;
    let at = match running.clock {
        ClockMode::Wall => now,
        ClockMode::Events => state.as_of_time,
    };
    let known = state.facts.first_seq(&id).is_some();
    let rules = match change::parse(text, running) {
        Ok(network) => {
            let start = law::next_start(state, running, begins).map_err(rejected)?;
            let until = at.max(state.as_of_time).plus_ms(AHEAD_MS);
            change::compile(&network, running, &state.periods, start.at, until)
        }
        Err(_) if known => (**running).clone(),
        Err(problems) => return Err(Unfit::Document(problems)),
    };
    let change = Change {
        told: Found {
            document: *blake3::hash(text.as_bytes()).as_bytes(),
            rules,
        },
        begins: begins.map(Text::from),
    };
    let judged = change.judge(state, at, state.as_of_time.max(at));
    let begins = match judged {
        Err(_) if known => law::next_start(state, running, None),
        judged => judged,
    };
    Ok(Told {
        begins: begins.map_err(rejected)?,
        command: Command {
            id,
            at,
            verb: Verb::Change(Box::new(change)),
        },
    })
}

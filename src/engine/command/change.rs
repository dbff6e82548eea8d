//! `network.changed`, later: other rules, from the start of a period on.

use std::sync::Arc;

use crate::base::bytes::{Malformed, Reader, put_text_option};
use crate::base::ids::Text;
use crate::base::time::Time;
use crate::engine::command::Command;
use crate::engine::command::found::Found;
use crate::engine::judging::{self, Lowest, Now};
use crate::engine::law;
use crate::engine::outcome::{Accepted, Outcome};
use crate::engine::rejection::{Field, Rejection};
use crate::engine::state::{Begins, Pending, State};
use crate::engine::timers::Timer;

/// Changes the rules of a network. Rules that were pending already give way: they never take effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The document and what it compiles to: everything, not only what is new.
    pub told: Found,
    /// The period type at whose next start they take effect; without one the type whose running period is the longest,
    /// the first of several as long.
    pub begins: Option<Text>,
}

impl Change {
    /// Sets the timer that puts the rules into force.
    pub(crate) fn execute(&self, state: &mut State, command: &Command, now: Now) -> Outcome {
        let begins = self.judge(state, command.at, now.time)?;
        state.pending = Some(Arc::new(Pending {
            rules: Arc::new(self.told.rules.clone()),
            document: self.told.document,
            begins,
            seq: now.seq,
        }));
        let timer = Timer::Change { seq: now.seq };
        state.timers.set(begins.at, timer);
        Ok(Accepted::default())
    }

    /// Whether the rules go on with those in force, told at machine time `now`; and when they would take effect.
    /// O(periods of the calendars).
    ///
    /// # Errors
    /// The rejection that the command would get.
    ///
    /// # Panics
    /// Before the network is founded.
    pub fn judge(&self, state: &State, at: Time, now: Time) -> Result<Begins, Rejection> {
        let running = state.founded();
        let rules = &self.told.rules;
        let mut lowest = Lowest::default();
        let now = Now {
            seq: state.as_of_seq,
            time: now,
        };
        lowest.take(judging::timely(running, at, now));
        lowest.need(rules.are_sound(), Rejection::BadRules);
        if let Some(field) = rules.breaks_with(running) {
            lowest.note(Rejection::NotContinued(field));
        }
        let begins = lowest.take(law::next_start(state, running, self.begins.as_deref()));
        if let Some(begins) = begins {
            let mut types = state.periods.iter().zip(&rules.period_types);
            let go_on = types.all(|(known, told)| known.goes_on_with(told, begins.at));
            lowest.need(go_on, Rejection::NotContinued(Field::Calendar));
        }
        lowest.verdict()?;
        Ok(begins.expect("what is missing has been noted"))
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        self.told.encode(out);
        put_text_option(out, self.begins.as_deref());
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Change, Malformed> {
        Ok(Change {
            told: Found::decode(reader)?,
            begins: reader.text_option()?,
        })
    }
}

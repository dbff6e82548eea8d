//! `calendar.extended`: the runtime expands calendars to instants and hands them in, so that no time zone is read here.

use crate::base::bytes::{Malformed, Reader, put_signed, put_text, put_varint};
use crate::base::ids::Text;
use crate::base::time::Time;
use crate::engine::command::Command;
use crate::engine::execute;
use crate::engine::judging::{self, Now};
use crate::engine::outcome::{Accepted, Outcome};
use crate::engine::rejection::Rejection;
use crate::engine::state::State;

/// More periods at the end of one type's calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtendCalendar {
    /// Name of the period type.
    pub period_type: Text,
    /// End of each new period, increasing; the first new period starts where the calendar ended.
    pub ends: Vec<Time>,
    /// Label of each new period.
    pub labels: Vec<Text>,
}

impl ExtendCalendar {
    /// Appends the periods; when the last one known is current, its end becomes known to be a roll.
    pub(crate) fn execute(&self, state: &mut State) -> Outcome {
        let rules = state.founded().clone();
        let index = judging::period_type(&rules, &self.period_type)?;
        let known = state.periods.get(index);
        let mut last = known.calendar_end();
        let increasing = self
            .ends
            .iter()
            .all(|&end| std::mem::replace(&mut last, end) < end);
        let fresh = |label: &Text| known.find(label).is_none();
        let sound = increasing
            && last <= Time::MAX
            && !self.ends.is_empty()
            && self.ends.len() == self.labels.len()
            && self.labels.iter().all(fresh)
            && (1..self.labels.len()).all(|n| !self.labels[..n].contains(&self.labels[n]));
        if !sound {
            return Err(Rejection::BadRules);
        }
        let rolls_already = known.next_roll().is_some();
        state
            .periods
            .get_mut(index)
            .extend(&self.ends, &self.labels);
        if !rolls_already {
            execute::set_roll(state, index);
        }
        Ok(Accepted::default())
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_text(out, &self.period_type);
        put_varint(out, self.ends.len() as u64);
        for end in &self.ends {
            put_signed(out, end.0);
        }
        put_varint(out, self.labels.len() as u64);
        for label in &self.labels {
            put_text(out, label);
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<ExtendCalendar, Malformed> {
        let period_type = reader.text()?;
        let (mut ends, mut labels) = (Vec::new(), Vec::new());
        for _ in 0..reader.varint()? {
            ends.push(reader.time()?);
        }
        for _ in 0..reader.varint()? {
            labels.push(reader.text()?);
        }
        Ok(ExtendCalendar {
            period_type,
            ends,
            labels,
        })
    }
}

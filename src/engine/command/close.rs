//! `period.closed`: freezes the book of a period that has rolled.

use crate::base::bytes::{Malformed, Reader, put_text};
use crate::base::ids::Text;
use crate::engine::command::Command;
use crate::engine::judging::{self, Now};
use crate::engine::outcome::{Accepted, Outcome};
use crate::engine::periods::Stage;
use crate::engine::rejection::Rejection;
use crate::engine::state::State;

/// Closes a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    /// Name of the period type.
    pub period_type: Text,
    /// The period's label, such as `2026-01`.
    pub period: Text,
}

impl Close {
    /// Freezes the branch of the period before its cutoff does.
    pub(crate) fn execute(&self, state: &mut State, command: &Command, now: Now) -> Outcome {
        let rules = state.founded().clone();
        let index = judging::period_type(&rules, &self.period_type)?;
        judging::timely(&rules, command.at, now)?;
        let periods = state.periods.get(index);
        let ordinal = periods.find(&self.period);
        match ordinal.map(|ordinal| periods.stage(ordinal)) {
            None | Some(Stage::Ahead) => Err(Rejection::UnknownPeriod),
            Some(Stage::Open) => Err(Rejection::PeriodOpen),
            Some(Stage::Closed | Stage::Gone) => Err(Rejection::PeriodClosed),
            Some(Stage::Rolled) => {
                let (periods, mut closing) = state.closing(index, (now.time, now.seq));
                periods.close(&mut closing);
                Ok(Accepted::default())
            }
        }
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_text(out, &self.period_type);
        put_text(out, &self.period);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Close, Malformed> {
        Ok(Close {
            period_type: reader.text()?,
            period: reader.text()?,
        })
    }
}

//! `qualification.overridden`: a member is paid as a rank at least, whatever he meets, with a reason.

use crate::base::bytes::{Malformed, Reader, put_text, put_text_option, put_varint};
use crate::base::ids::Text;
use crate::engine::command::Command;
use crate::engine::judging::{self, Lowest, Now};
use crate::engine::outcome::{Accepted, Outcome};
use crate::engine::overrides::Override;
use crate::engine::periods::Stage;
use crate::engine::rejection::{Field, Rejection};
use crate::engine::state::State;

/// Periods that one override may be for.
pub const PERIODS_MAX: u32 = 120;

/// Has a member paid as a rank of a ladder for some periods, or takes that back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Qualify {
    /// The member.
    pub member: Text,
    /// Name of the ladder.
    pub ladder: Text,
    /// Name of the rank; none takes back what was told before.
    pub rank: Option<Text>,
    /// Name of the period type.
    pub period_type: Text,
    /// Label of the first period, which must not be closed.
    pub period: Text,
    /// For how many periods, from 1 to [`PERIODS_MAX`]; those behind the calendar's end as they come.
    pub periods: u32,
    /// Why; required.
    pub reason: Text,
}

impl Qualify {
    /// Notes the override. Whether a plan has such a rank is not the engine's to know.
    pub(crate) fn execute(&self, state: &mut State, command: &Command, now: Now) -> Outcome {
        let rules = state.founded().clone();
        let mut lowest = Lowest::default();
        let of = lowest.take(judging::period_type(&rules, &self.period_type));
        lowest.take(judging::timely(&rules, command.at, now));
        let member = lowest.take(judging::member(state, &self.member, Field::Member));
        let first = of.and_then(|of| lowest.take(first_period(state, of, &self.period)));
        lowest.verdict()?;
        if let (Some(period_type), Some(member), Some(first)) = (of, member, first) {
            state.overrides.add(Override {
                member,
                ladder: self.ladder.clone(),
                rank: self.rank.clone(),
                period_type,
                first,
                last: first.saturating_add(self.periods - 1),
                reason: self.reason.clone(),
                seq: now.seq,
            });
        }
        Ok(Accepted::default())
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_text(out, &self.member);
        put_text(out, &self.ladder);
        put_text_option(out, self.rank.as_deref());
        put_text(out, &self.period_type);
        put_text(out, &self.period);
        put_varint(out, u64::from(self.periods));
        put_text(out, &self.reason);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Qualify, Malformed> {
        let told = Qualify {
            member: reader.text()?,
            ladder: reader.text()?,
            rank: reader.text_option()?,
            period_type: reader.text()?,
            period: reader.text()?,
            periods: reader.varint_u32()?,
            reason: reader.text()?,
        };
        let holds = (1..=PERIODS_MAX).contains(&told.periods) && !told.reason.is_empty();
        holds.then_some(told).ok_or(Malformed)
    }
}

/// The period with this label, which may lie ahead and must not be closed.
fn first_period(state: &State, of: usize, label: &str) -> Result<u32, Rejection> {
    let periods = state.periods.get(of);
    let ordinal = periods.find(label).ok_or(Rejection::UnknownPeriod)?;
    match periods.stage(ordinal) {
        Stage::Closed | Stage::Gone => Err(Rejection::PeriodClosed),
        Stage::Ahead | Stage::Open | Stage::Rolled => Ok(ordinal),
    }
}

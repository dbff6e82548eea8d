//! `plan.drafted`, `plan.activated`: plan sets by version, and which of them counts.

use crate::base::after_close::AfterClose;
use crate::base::bytes::{Malformed, Reader, put_text, put_varint};
use crate::base::ids::Text;
use crate::engine::command::Command;
use crate::engine::judging::{self, Lowest, Now};
use crate::engine::outcome::{Accepted, Outcome};
use crate::engine::plans::LateRefunds;
use crate::engine::rejection::Rejection;
use crate::engine::state::State;

/// Adds a version to a plan set, a new one where there is none of this id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftPlan {
    /// The set's id.
    pub set: Text,
    /// BLAKE3 of the document's bytes, which lie in `documents/`.
    pub document: [u8; 32],
    /// What it says of refunds of orders whose period is over.
    pub refunds: LateRefunds,
}

/// Makes a version the one that counts, for each period type from its next start on; the first one ever at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivatePlan {
    /// The set's id.
    pub set: Text,
    /// Which version of it, from 1.
    pub version: u32,
}

impl DraftPlan {
    /// Notes the version. What the document says has been checked by whoever tells it.
    pub(crate) fn execute(&self, state: &mut State, command: &Command, now: Now) -> Outcome {
        judging::timely(state.founded(), command.at, now)?;
        let Now { seq, time } = now;
        let said = (self.document, self.refunds);
        state.plans.draft(&self.set, said, (seq, time));
        Ok(Accepted::default())
    }

    /// Whether it is as of a log that is older than what documents say of late refunds: such are written as they were.
    pub(crate) fn says_nothing(&self) -> bool {
        self.refunds == LateRefunds::UNSAID
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_text(out, &self.set);
        out.extend_from_slice(&self.document);
        if !self.says_nothing() {
            out.push(self.refunds.after_close as u8);
            out.push(self.refunds.reversed);
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<DraftPlan, Malformed> {
        let draft = DraftPlan::decode_unsaid(reader)?;
        let number = usize::from(reader.byte()?);
        let after_close = AfterClose::ALL.get(number).copied();
        let refunds = LateRefunds {
            after_close: after_close.ok_or(Malformed)?,
            reversed: reader.byte()?,
        };
        Ok(DraftPlan { refunds, ..draft })
    }

    /// One that was told before documents said anything of late refunds.
    pub(crate) fn decode_unsaid(reader: &mut Reader<'_>) -> Result<DraftPlan, Malformed> {
        Ok(DraftPlan {
            set: reader.text()?,
            document: reader.take(32)?.try_into().map_err(|_| Malformed)?,
            refunds: LateRefunds::UNSAID,
        })
    }
}

impl ActivatePlan {
    /// Notes that the version counts.
    pub(crate) fn execute(&self, state: &mut State, command: &Command, now: Now) -> Outcome {
        let mut lowest = Lowest::default();
        lowest.take(judging::timely(state.founded(), command.at, now));
        let set = state.plans.latest(&self.set);
        lowest.need(set.is_some(), Rejection::UnknownPlan);
        let version = state.plans.get(&self.set, self.version);
        lowest.need(version.is_some(), Rejection::UnknownVersion);
        lowest.verdict()?;
        let Now { seq, time } = now;
        state.plans.activate(&self.set, self.version, seq, time);
        Ok(Accepted::default())
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_text(out, &self.set);
        put_varint(out, u64::from(self.version));
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<ActivatePlan, Malformed> {
        Ok(ActivatePlan {
            set: reader.text()?,
            version: reader.varint_u32()?,
        })
    }
}

//! `plan.drafted`, `plan.activated`: plan sets by version, and which of them counts.

use crate::base::after_close::AfterClose;
use crate::base::bytes::{Malformed, Reader, put_text, put_varint};
use crate::base::ids::Text;
use crate::base::limits::TREES_MAX;
use crate::base::path::{Path, Paths};
use crate::engine::command::Command;
use crate::engine::judging::{self, Lowest, Now};
use crate::engine::outcome::{Accepted, Outcome};
use crate::engine::plans::{LateRefunds, Said};
use crate::engine::rejection::Rejection;
use crate::engine::state::State;

/// Adds a version to a plan set, a new one where there is none of this id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftPlan {
    /// The set's id.
    pub set: Text,
    /// What its document says.
    pub said: Said,
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
        state.plans.draft(&self.set, &self.said, (seq, time));
        Ok(Accepted::default())
    }

    /// Whether it is as of a log that is older than what documents say of late refunds: such are written as they were.
    pub(crate) fn says_nothing(&self) -> bool {
        self.said.refunds == LateRefunds::UNSAID && !self.posts()
    }

    /// Whether anybody is to be written down with orders: others are told as they were before that could be said.
    pub(crate) fn posts(&self) -> bool {
        !self.said.paths.is_empty()
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_text(out, &self.set);
        out.extend_from_slice(&self.said.document);
        if !self.says_nothing() {
            out.push(self.said.refunds.after_close as u8);
            out.push(self.said.refunds.reversed);
        }
        if self.posts() {
            out.push(self.said.paths.len() as u8);
            for (path, levels) in self.said.paths.iter() {
                out.extend_from_slice(&[path.tree, u8::from(path.compressed), levels]);
            }
        }
    }

    /// One that wants somebody written down with orders.
    pub(crate) fn decode_posting(reader: &mut Reader<'_>) -> Result<DraftPlan, Malformed> {
        let mut draft = DraftPlan::decode(reader)?;
        let count = usize::from(reader.byte()?);
        for _ in 0..count {
            let path = Path {
                tree: Some(reader.byte()?)
                    .filter(|&tree| usize::from(tree) < TREES_MAX)
                    .ok_or(Malformed)?,
                compressed: match reader.byte()? {
                    0 => false,
                    1 => true,
                    _ => return Err(Malformed),
                },
            };
            draft.said.paths.add(path, reader.byte()?);
        }
        if count == 0 || draft.said.paths.len() != count {
            return Err(Malformed);
        }
        Ok(draft)
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<DraftPlan, Malformed> {
        let mut draft = DraftPlan::decode_unsaid(reader)?;
        let number = usize::from(reader.byte()?);
        let after_close = AfterClose::ALL.get(number).copied();
        draft.said.refunds = LateRefunds {
            after_close: after_close.ok_or(Malformed)?,
            reversed: reader.byte()?,
        };
        Ok(draft)
    }

    /// One that was told before documents said anything of late refunds.
    pub(crate) fn decode_unsaid(reader: &mut Reader<'_>) -> Result<DraftPlan, Malformed> {
        Ok(DraftPlan {
            set: reader.text()?,
            said: Said {
                document: reader.take(32)?.try_into().map_err(|_| Malformed)?,
                refunds: LateRefunds::UNSAID,
                paths: Paths::default(),
            },
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

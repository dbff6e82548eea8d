//! `volume.adjusted`: corrects a member's volume, with a reason.

use crate::base::bytes::{Malformed, Reader, put_text, put_varint};
use crate::base::ids::{NONE, Text};
use crate::base::number::Volume;
use crate::engine::activity;
use crate::engine::command::{Command, Volumes};
use crate::engine::corrections::CorrectionRow;
use crate::engine::judging::{self, Now};
use crate::engine::member::Status;
use crate::engine::orders::{decode_volumes, encode_volumes};
use crate::engine::outcome::{Accepted, Outcome};
use crate::engine::posting;
use crate::engine::rejection::{Field, Rejection};
use crate::engine::rules::TerminatedOrders;
use crate::engine::state::State;
use crate::engine::wire;

/// Adds volumes of either sign where an order of the member would count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjust {
    /// The member.
    pub member: Text,
    /// Which of his centres.
    pub centre: u16,
    /// Volumes by kind, of either sign.
    pub volumes: Volumes,
    /// Why; required.
    pub reason: Text,
}

impl Adjust {
    /// Adds the volumes where an order of the member would count now.
    pub(crate) fn execute(&self, state: &mut State, command: &Command, now: Now) -> Outcome {
        let rules = state.founded().clone();
        judging::known_kinds(&rules, &self.volumes)?;
        judging::timely(&rules, command.at, now)?;
        judging::remembered(state, &rules, command.at, now)?;
        let member = judging::member(state, &self.member, Field::Member)?;
        let credit = posting::credit(state, member, self.centre)
            .ok_or(Rejection::UnknownCentre(Field::Centre))?;
        if rules.terminated_orders == TerminatedOrders::Reject
            && state.members.status(member) == Status::Terminated
        {
            return Err(Rejection::Terminated(Field::Member));
        }
        let targets = posting::targets(state, credit.member, command.at);
        posting::check_room(state, targets, &self.volumes)?;
        posting::reserve(state, targets, &self.volumes);
        posting::serve(state, &credit, targets, &self.volumes);
        let correction = CorrectionRow {
            order: None,
            buyer: member,
            credited: credit.member,
            centre: self.centre,
            trees: credit.trees,
            periods: targets.branch,
            amount: Volume::ZERO,
            at: command.at,
            received: now.time,
            seq: now.seq,
            fact: state.facts.len(),
        };
        state.corrections.add(&correction, NONE, &self.volumes);
        posting::post(state, &credit, targets, &self.volumes);
        activity::judge(state, &rules, &credit, targets);
        Ok(Accepted::default())
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_text(out, &self.member);
        put_varint(out, u64::from(self.centre));
        encode_volumes(&self.volumes, out);
        put_text(out, &self.reason);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Adjust, Malformed> {
        Ok(Adjust {
            member: reader.text()?,
            centre: wire::centre(reader)?,
            volumes: decode_volumes(reader)?,
            reason: reader.text()?,
        })
    }
}

//! `run.posted`: the run of a closed period lies on disk. The runtime works it out and tells what it came to, so that no
//! replay ever pays again.

use crate::base::bytes::{Malformed, Reader, put_signed, put_text, put_varint};
use crate::base::ids::Text;
use crate::engine::judging::{self, Now};
use crate::engine::outcome::{Accepted, Outcome};
use crate::engine::rejection::Rejection;
use crate::engine::runs::Run;
use crate::engine::state::State;

/// A run that lies on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostRun {
    /// Name of the period type.
    pub period_type: Text,
    /// The period's label, such as `2026-01`.
    pub period: Text,
    /// BLAKE3 of the file, which lies in `runs/`.
    pub digest: [u8; 32],
    /// Lines in it.
    pub lines: u64,
    /// Members with a line.
    pub payees: u64,
    /// The lines' amounts added up, in minor units, by currency.
    pub totals: Vec<(Text, i64)>,
}

impl PostRun {
    /// Notes the run and lets go of the book it was worked out from. Runs of a type are posted oldest first.
    pub(crate) fn execute(&self, state: &mut State, now: Now) -> Outcome {
        let period_type = judging::period_type(state.founded(), &self.period_type)?;
        let periods = state.periods.get(period_type);
        let ordinal = periods.find(&self.period);
        let ordinal = ordinal.ok_or(Rejection::UnknownPeriod)?;
        let due = periods.due().next();
        let book = due.filter(|book| book.ordinal == ordinal);
        let book = book.ok_or(Rejection::NotDue)?;
        let (closed, closed_seq) = (book.closed, book.seq);
        let plan = state.plan_of(period_type, ordinal);
        let (plan, _) = plan.expect("a book is due by the plan set of its period");
        let run = Run {
            period_type,
            ordinal,
            set: plan.set.clone(),
            version: plan.version,
            document: plan.document,
            digest: self.digest,
            lines: self.lines,
            payees: self.payees,
            totals: self.totals.clone(),
            closed,
            closed_seq,
            seq: now.seq,
            posted: now.time,
        };
        state.runs.post(run);
        state.periods.get_mut(period_type).release_due();
        Ok(Accepted::default())
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_text(out, &self.period_type);
        put_text(out, &self.period);
        out.extend_from_slice(&self.digest);
        put_varint(out, self.lines);
        put_varint(out, self.payees);
        put_varint(out, self.totals.len() as u64);
        for (currency, minor) in &self.totals {
            put_text(out, currency);
            put_signed(out, *minor);
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<PostRun, Malformed> {
        let (period_type, period) = (reader.text()?, reader.text()?);
        let digest = reader.take(32)?.try_into().map_err(|_| Malformed)?;
        let (lines, payees) = (reader.varint()?, reader.varint()?);
        let mut totals = Vec::new();
        for _ in 0..reader.varint()? {
            totals.push((reader.text()?, reader.signed()?));
        }
        Ok(PostRun {
            period_type,
            period,
            digest,
            lines,
            payees,
            totals,
        })
    }
}

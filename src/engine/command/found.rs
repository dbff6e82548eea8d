//! `network.changed`, the first time: the first command of every log gives the network its rules.

use crate::base::bytes::{Malformed, Reader, put_varint};
use crate::book::forest::Forest;
use crate::engine::corrections::Corrections;
use crate::engine::judging::Now;
use crate::engine::members::Members;
use crate::engine::orders::Orders;
use crate::engine::outcome::{Accepted, Outcome};
use crate::engine::passage;
use crate::engine::periods::Periods;
use crate::engine::rejection::Rejection;
use crate::engine::rules::Rules;
use crate::engine::served::Served;
use crate::engine::state::State;
use std::sync::Arc;

/// Founds the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// BLAKE3 of the network document's bytes, which lie in `documents/`.
    pub document: [u8; 32],
    /// The document compiled.
    pub rules: Rules,
}

impl Found {
    /// Lays out memory for what the rules keep, and sets the first timers.
    pub(crate) fn execute(&self, state: &mut State, now: Now) -> Outcome {
        if state.rules.is_some() {
            return Err(Rejection::AlreadyFounded);
        }
        if !self.rules.are_sound() {
            return Err(Rejection::BadRules);
        }
        let rules = &self.rules;
        let (trees, kinds) = (rules.trees.len(), rules.kinds.len());
        state.set_rules(Arc::new(rules.clone()), self.document, now.seq);
        state.forest = Forest::new(&rules.kept());
        state.members = Members::new(trees);
        state.orders = Orders::new(kinds);
        state.corrections = Corrections::new(kinds);
        state.served = Served::new();
        state.periods = Periods::new(&rules.period_types, now.time, now.seq);
        for period_type in 0..rules.period_types.len() {
            passage::set_roll(state, period_type);
        }
        Ok(Accepted::default())
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        let rules = serde_json::to_vec(&self.rules).expect("rules are plain data with text keys");
        out.extend_from_slice(&self.document);
        put_varint(out, rules.len() as u64);
        out.extend_from_slice(&rules);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Found, Malformed> {
        let document = reader.take(32)?.try_into().map_err(|_| Malformed)?;
        let len = usize::try_from(reader.varint()?).map_err(|_| Malformed)?;
        let rules = serde_json::from_slice(reader.take(len)?).map_err(|_| Malformed)?;
        Ok(Found { document, rules })
    }
}

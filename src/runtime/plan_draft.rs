//! A plan document, from its text to the command that drafts it.

use crate::base::ids::Text;
use crate::base::path::Paths;
use crate::base::time::Time;
use crate::document::plan::set::{late_refunds, parse};
use crate::engine::command::plan::{ActivatePlan, DraftPlan};
use crate::engine::command::{Command, Verb};
use crate::engine::plans::{LateRefunds, PlanVersion, Said};
use crate::engine::rejection::Rejection;
use crate::engine::state::State;
use crate::plan::set::PlanSet;
use crate::runtime::network_change::Unfit;

/// The set that a server's own plan document goes to.
pub const FIRST_SET: &str = "main";

/// What is to be done about a document.
pub enum Draft {
    /// Nothing: it is the latest version of its set.
    Latest(PlanVersion),
    /// To keep the document, and then to log this.
    New(Command),
}

/// Reads a document for a set of a network, told at the wall clock's `now`. Without an id it gets one that follows from
/// what is told and the set's latest version, so that the same told twice happens once. An id that was used is not judged
/// again: the engine answers for it. Costs the text.
///
/// # Errors
/// See [`Unfit`].
pub fn read(
    state: &State,
    set: &Text,
    text: &str,
    (id, now): (Option<Text>, Time),
) -> Result<Draft, Unfit> {
    let none = Unfit::Rejected(Rejection::NoNetwork);
    let rules = state.rules.as_ref().ok_or(none)?;
    let document = *blake3::hash(text.as_bytes()).as_bytes();
    let known = |id: &Text| state.facts.first_seq(id).is_some();
    let read = parse(text, rules);
    let refunds = read.as_ref().map_or(LateRefunds::UNSAID, late_refunds);
    let paths = read
        .as_ref()
        .map_or_else(|_| Paths::default(), PlanSet::paths);
    if !id.as_ref().is_some_and(known) {
        let latest = state.plans.latest(set);
        if let Some(latest) = latest.filter(|latest| latest.document == document) {
            return Ok(Draft::Latest(latest.clone()));
        }
        read.map_err(Unfit::Document)?;
    }
    let id = id.unwrap_or_else(|| derived_id("draft", state, set, &document));
    let draft = DraftPlan {
        set: set.clone(),
        said: Said {
            document,
            refunds,
            paths,
        },
    };
    Ok(Draft::New(Command {
        id,
        at: state.present(now),
        verb: Verb::DraftPlan(Box::new(draft)),
    }))
}

/// Drafts a document as the first version of [`FIRST_SET`] and activates it, told at `now`: nothing where a plan set was
/// ever drafted.
///
/// # Errors
/// See [`Unfit`].
pub fn read_first(state: &State, text: &str, now: Time) -> Result<Vec<Command>, Unfit> {
    if !state.plans.is_empty() {
        return Ok(Vec::new());
    }
    let set = Text::from(FIRST_SET);
    let Draft::New(draft) = read(state, &set, text, (None, now))? else {
        return Ok(Vec::new());
    };
    let document = blake3::hash(text.as_bytes());
    let activate = Command {
        id: derived_id("activate", state, &set, document.as_bytes()),
        at: draft.at,
        verb: Verb::ActivatePlan(Box::new(ActivatePlan { set, version: 1 })),
    };
    Ok(vec![draft, activate])
}

/// An id for what is told without one: 64 hexadecimal digits.
fn derived_id(what: &str, state: &State, set: &Text, document: &[u8; 32]) -> Text {
    let latest = state.plans.latest(set).map_or(0, |latest| latest.version);
    let mut hasher = blake3::Hasher::new_derive_key("arborline 2026 ids of plans told without one");
    hasher.update(document);
    hasher.update(&latest.to_le_bytes());
    hasher.update(what.as_bytes());
    hasher.update(b"\0");
    hasher.update(set.as_bytes());
    Text::from(hasher.finalize().to_hex().as_str())
}

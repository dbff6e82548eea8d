//! Periods of each type: where each stands and until when.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::base::time::Time;
use crate::engine::state::State;
use crate::view::era::PeriodState;
use crate::view::error::ViewError;
use crate::view::lens::Lens;
use crate::view::query;

/// Which periods to list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct PeriodsQuery {
    /// Only this period type.
    pub period_type: Option<String>,
    /// Periods of each type, 1 to 1,000; 100 by default: the latest ones up to the next.
    pub limit: Option<u32>,
}

/// One period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PeriodAnswer {
    /// Name of its type.
    pub period_type: String,
    /// Its label.
    pub label: String,
    /// Its first instant.
    pub start: Time,
    /// The first instant after it.
    pub end: Time,
    /// Until when late orders reach it.
    pub cutoff: Time,
    /// Where it stands.
    pub state: PeriodState,
}

/// Periods, type by type, the latest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Periods {
    /// The periods.
    pub periods: Vec<PeriodAnswer>,
}

/// The periods known, each type's next one first.
///
/// # Errors
/// No network yet, an unknown type, or a limit out of range.
///
/// # Cost
/// O(periods shown).
pub fn list(state: &State, asked: &PeriodsQuery) -> Result<Periods, ViewError> {
    let lens = Lens::new(state)?;
    let limit = query::limit(asked.limit)?;
    let only = match &asked.period_type {
        None => None,
        Some(name) => Some(lens.period_type(Some(name))?),
    };
    let mut periods = Vec::new();
    for (index, rules) in lens.rules.period_types.iter().enumerate() {
        if only.is_some_and(|only| only != index) {
            continue;
        }
        let standing = lens.periods(index);
        let latest = (standing.current() + 2).min(standing.len());
        for ordinal in (standing.first()..latest).rev().take(limit) {
            let end = standing.end(ordinal);
            periods.push(PeriodAnswer {
                period_type: rules.name.to_string(),
                label: standing.label(ordinal).to_string(),
                start: standing.start(ordinal),
                end,
                cutoff: end.plus_ms(rules.cutoff_ms),
                state: PeriodState::at(state, index, ordinal),
            });
        }
    }
    Ok(Periods { periods })
}

//! Plan sets: their versions, and which of them counts for the periods that run.

use serde::Serialize;
use utoipa::ToSchema;

use crate::base::time::Time;
use crate::engine::plans::PlanVersion;
use crate::engine::state::State;
use crate::view::error::{ViewError, What};
use crate::view::lens::Lens;
use crate::view::network::hex;

/// All plan sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlansAnswer {
    /// In the order of their ids.
    pub sets: Vec<PlanSetAnswer>,
    /// What counts for the running period of each type.
    pub in_force: Vec<PlanInForce>,
}

/// One plan set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlanSetAnswer {
    /// Its id.
    pub set: String,
    /// Its versions, from the first.
    pub versions: Vec<PlanVersionAnswer>,
}

/// One version of a plan set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlanVersionAnswer {
    /// Its number within its set, from 1.
    pub version: u32,
    /// BLAKE3 of its document, in hexadecimal digits.
    pub document: String,
    /// Number of the command that drafted it.
    pub seq: u64,
    /// When it was drafted.
    pub drafted: Time,
    /// When it was activated last; none while it never was.
    pub activated: Option<Time>,
}

/// What counts for the running period of a type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlanInForce {
    /// Name of the type.
    pub period_type: String,
    /// Label of the period.
    pub period: String,
    /// The version by which the period is worked out; none before the first activation.
    pub now: Option<PlanNamed>,
    /// What follows, where that is another one.
    pub next: Option<PlanNext>,
}

/// A version by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlanNamed {
    /// The set.
    pub set: String,
    /// The version.
    pub version: u32,
}

/// A version that counts later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlanNext {
    /// The set.
    pub set: String,
    /// The version.
    pub version: u32,
    /// From when on: the start of the next period, unless another one is activated by then.
    pub from: Time,
}

/// One version with its document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlanAnswer {
    /// The set's id.
    pub set: String,
    /// The version.
    #[serde(flatten)]
    pub version: PlanVersionAnswer,
    /// The document as it is kept: TOML.
    pub text: String,
}

/// What was drafted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlanDrafted {
    /// Number of the command in the log.
    pub seq: u64,
    /// The set's id.
    pub set: String,
    /// The version that the document is.
    pub version: u32,
    /// BLAKE3 of the document, in hexadecimal digits.
    pub document: String,
}

/// All sets, and what counts.
///
/// # Errors
/// [`ViewError::NoNetwork`] before the first command.
///
/// # Cost
/// O(versions x activations).
pub fn list(state: &State) -> Result<PlansAnswer, ViewError> {
    let lens = Lens::new(state)?;
    let sets = state.plans.sets().map(|(set, versions)| PlanSetAnswer {
        set: set.to_string(),
        versions: versions.map(|version| shown(state, version)).collect(),
    });
    let types = 0..lens.rules.period_types.len();
    Ok(PlansAnswer {
        sets: sets.collect(),
        in_force: types.map(|of| in_force(&lens, of)).collect(),
    })
}

/// A version of a set, the latest one if none is named.
///
/// # Errors
/// [`ViewError::Unknown`].
pub fn version<'a>(
    state: &'a State,
    set: &str,
    version: Option<u32>,
) -> Result<&'a PlanVersion, ViewError> {
    let unknown = |what, field, given: String, allowed| ViewError::Unknown {
        what,
        field,
        given,
        allowed,
    };
    let latest = state.plans.latest(set);
    let latest = latest.ok_or_else(|| unknown(What::PlanSet, "set", set.to_owned(), Vec::new()))?;
    let Some(number) = version else {
        return Ok(latest);
    };
    state.plans.get(set, number).ok_or_else(|| {
        let allowed = vec![format!("1 to {}", latest.version)];
        unknown(What::PlanVersion, "version", number.to_string(), allowed)
    })
}

/// A version, with the text of its document.
#[must_use]
pub fn answer(state: &State, version: &PlanVersion, text: String) -> PlanAnswer {
    PlanAnswer {
        set: version.set.to_string(),
        version: shown(state, version),
        text,
    }
}

/// What whoever drafted a version is told.
#[must_use]
pub fn drafted(version: &PlanVersion) -> PlanDrafted {
    PlanDrafted {
        seq: version.seq,
        set: version.set.to_string(),
        version: version.version,
        document: hex(&version.document),
    }
}

/// One version.
fn shown(state: &State, version: &PlanVersion) -> PlanVersionAnswer {
    let mut activations = state.plans.activations().iter().rev();
    let last = activations.find(|one| state.plans.activated(one) == version);
    PlanVersionAnswer {
        version: version.version,
        document: hex(&version.document),
        seq: version.seq,
        drafted: version.drafted,
        activated: last.map(|one| one.time),
    }
}

/// What counts for the running period of a type.
fn in_force(lens: &Lens<'_>, of: usize) -> PlanInForce {
    let (plans, periods) = (&lens.state.plans, lens.periods(of));
    let running = periods.current();
    let end = periods.end(running);
    let now = lens.state.plan_of(of, running).map(|(version, _)| version);
    // Whatever was activated so far lies before the next period's start.
    let next = plans
        .in_force(end, Time::MAX)
        .filter(|next| Some(*next) != now);
    PlanInForce {
        period_type: lens.period_type_name(of),
        period: lens.label(of, running),
        now: now.map(|version| PlanNamed {
            set: version.set.to_string(),
            version: version.version,
        }),
        next: next.map(|version| PlanNext {
            set: version.set.to_string(),
            version: version.version,
            from: end,
        }),
    }
}

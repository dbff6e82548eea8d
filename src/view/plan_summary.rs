//! What a plan document says, in short: for whoever has it checked.

use serde::Serialize;
use utoipa::ToSchema;

use crate::engine::rules::Rules;
use crate::plan::derived::Derived;
use crate::plan::ladder::Ladder;
use crate::plan::set::{Entry, PlanSet};

/// A plan document that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlanSummary {
    /// The name people call it by.
    pub name: String,
    /// ISO 4217 code of the currency all amounts are in.
    pub currency: String,
    /// Kinds of volume that it derives.
    pub kinds: Vec<DerivedSummary>,
    /// Ladders of ranks.
    pub ladders: Vec<LadderSummary>,
    /// Components of all its plans, in the order in which they are worked out.
    pub components: Vec<ComponentSummary>,
}

/// One derived kind of volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DerivedSummary {
    /// Its name.
    pub name: String,
    /// Name of the network's kind that it takes a part of.
    pub of: String,
    /// What it takes, in words.
    pub what: String,
}

/// One ladder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LadderSummary {
    /// Its name.
    pub name: String,
    /// Name of the period type it is judged over.
    pub period_type: String,
    /// Name of the tree whose legs are looked through.
    pub tree: String,
    /// Its ranks, the lowest first.
    pub ranks: Vec<String>,
}

/// One component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ComponentSummary {
    /// Its name.
    pub name: String,
    /// Name of its plan.
    pub plan: String,
    /// Its kind, such as `unilevel`.
    pub kind: String,
    /// Name of the period type it is worked out for.
    pub period_type: String,
}

/// A plan set, compiled by rules, with names again. O(ranks + components).
#[must_use]
pub fn summary(set: &PlanSet, rules: &Rules) -> PlanSummary {
    let period = |of: usize| rules.period_types[of].name.to_string();
    let ladder = |ladder: &Ladder| LadderSummary {
        name: ladder.name.to_string(),
        period_type: period(ladder.period),
        tree: rules.trees[ladder.tree].name.to_string(),
        ranks: ladder
            .ranks
            .iter()
            .map(|rank| rank.name.to_string())
            .collect(),
    };
    let derived = |kind: &Derived| DerivedSummary {
        name: kind.name.to_string(),
        of: rules.kinds[kind.of].to_string(),
        what: kind.described(&rules.kinds[kind.of]),
    };
    let component = |entry: &Entry| ComponentSummary {
        name: entry.name.to_string(),
        plan: set.plans[entry.plan].name.to_string(),
        kind: entry.kind.name.to_owned(),
        period_type: period(entry.period),
    };
    PlanSummary {
        name: set.name.to_string(),
        currency: set.currency.to_string(),
        kinds: set.named_kinds().map(|(_, kind)| derived(kind)).collect(),
        ladders: set.ladders.iter().map(ladder).collect(),
        components: set.components.iter().map(component).collect(),
    }
}

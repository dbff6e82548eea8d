//! What a plan document says, in short: for whoever has it checked.

use serde::Serialize;
use utoipa::ToSchema;

use crate::base::path::Path;
use crate::engine::posted::bytes_max;
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
    /// Who is written down with each order from the activation on, where components are judged as orders come in.
    pub posts: Vec<PathSummary>,
    /// Bytes that this takes for an order at most; 0 where nobody is.
    pub posted_bytes_max: usize,
}

/// A way up from an order, of which those who stand on it are written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PathSummary {
    /// Name of the tree.
    pub tree: String,
    /// Levels above the member credited; 0 where only he is noted.
    pub levels: u8,
    /// Whether only distributors who are active then are counted.
    pub compressed: bool,
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
    let paths = set.paths();
    let path = |(path, levels): (Path, u8)| PathSummary {
        tree: rules.trees[usize::from(path.tree)].name.to_string(),
        levels,
        compressed: path.compressed,
    };
    PlanSummary {
        name: set.name.to_string(),
        currency: set.currency.to_string(),
        kinds: set.named_kinds().map(|(_, kind)| derived(kind)).collect(),
        ladders: set.ladders.iter().map(ladder).collect(),
        components: set.components.iter().map(component).collect(),
        posts: paths.iter().map(path).collect(),
        posted_bytes_max: if paths.is_empty() {
            0
        } else {
            bytes_max(&paths)
        },
    }
}

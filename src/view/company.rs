//! The whole company: who is there, and what all of it sold.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::base::ids::{COMPANY, ENROLLER_TREE};
use crate::book::forest::Forest;
use crate::engine::member::{MemberKind, Status};
use crate::engine::state::State;
use crate::view::budget::Budget;
use crate::view::era::{self, PeriodState};
use crate::view::error::ViewError;
use crate::view::lens::Lens;
use crate::view::shape::ByKind;

/// Which period of the totals; without a type, the current one of every type.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct CompanyQuery {
    /// Only this period type.
    pub period_type: Option<String>,
    /// A period's label, `current` (the default) or `closed`.
    pub period: Option<String>,
}

/// How many members of a kind there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct KindCount {
    /// The kind.
    pub kind: MemberKind,
    /// In good standing.
    pub open: u32,
    /// Suspended.
    pub suspended: u32,
    /// Terminated.
    pub terminated: u32,
    /// Active by the activity rule.
    pub active: u32,
}

/// All that was sold in a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PeriodTotal {
    /// Name of the period type.
    pub period_type: String,
    /// The period's label.
    pub period: String,
    /// Where it stands.
    pub state: PeriodState,
    /// Volumes by kind.
    pub volumes: ByKind,
}

/// One tree in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TreeTotal {
    /// Name of the tree.
    pub tree: String,
    /// Positions, empty ones too.
    pub positions: u32,
    /// Roots.
    pub roots: u32,
    /// Members in the holding tank.
    pub waiting: u32,
}

/// The company in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Company {
    /// Members ever enrolled.
    pub members: u32,
    /// Members by kind and status.
    pub by_kind: Vec<KindCount>,
    /// Orders ever accepted.
    pub orders: u32,
    /// Volumes by period.
    pub totals: Vec<PeriodTotal>,
    /// Tree by tree.
    pub trees: Vec<TreeTotal>,
}

/// The company in numbers.
///
/// # Errors
/// Unknown names, a period no longer readable, or [`ViewError::TooLarge`].
///
/// # Cost
/// A step for each member and root: for a fork.
pub fn overview(
    state: &State,
    asked: &CompanyQuery,
    budget: &mut Budget,
) -> Result<Company, ViewError> {
    let lens = Lens::new(state)?;
    budget.spend(u64::from(lens.members()))?;
    let mut trees = Vec::new();
    for tree in 0..lens.rules.trees.len() {
        let forest = lens.forest();
        let roots = forest.roots(tree).count();
        budget.spend(roots as u64)?;
        trees.push(TreeTotal {
            tree: lens.tree_name(tree),
            positions: forest.seats(tree) - 1,
            roots: roots as u32,
            waiting: forest.waiting(tree).len() as u32,
        });
    }
    Ok(Company {
        members: lens.members() - 1,
        by_kind: by_kind(&lens),
        orders: state.orders.len(),
        totals: totals(&lens, asked)?,
        trees,
    })
}

/// Members by kind and status.
fn by_kind(lens: &Lens<'_>) -> Vec<KindCount> {
    let kinds = [
        MemberKind::Distributor,
        MemberKind::Preferred,
        MemberKind::Customer,
    ];
    let mut counts = kinds.map(|kind| KindCount {
        kind,
        open: 0,
        suspended: 0,
        terminated: 0,
        active: 0,
    });
    for member in COMPANY + 1..lens.members() {
        let count = &mut counts[lens.kind(member) as usize];
        match lens.status(member) {
            Status::Open => count.open += 1,
            Status::Suspended => count.suspended += 1,
            Status::Terminated => count.terminated += 1,
        }
        count.active += u32::from(lens.is_active(member));
    }
    counts.into()
}

/// What the periods asked for sold: the company seat of the enroller tree stands above everybody.
fn totals(lens: &Lens<'_>, asked: &CompanyQuery) -> Result<Vec<PeriodTotal>, ViewError> {
    let names: Vec<String> = match &asked.period_type {
        Some(name) => vec![name.clone()],
        None if asked.period.is_some() => vec![lens.period_type_name(lens.period_type(None)?)],
        None => (0..lens.rules.period_types.len())
            .map(|period| lens.period_type_name(period))
            .collect(),
    };
    names
        .iter()
        .map(|name| {
            let era = era::choose(lens, Some(name), asked.period.as_deref())?;
            Ok(PeriodTotal {
                period_type: name.clone(),
                period: lens.label(era.period, era.ordinal),
                state: era.state,
                volumes: lens
                    .by_kind(|kind| era.figure((ENROLLER_TREE, COMPANY), kind, Forest::group)),
            })
        })
        .collect()
}

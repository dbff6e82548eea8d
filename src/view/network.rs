//! The rules of the network, with names where the engine has indexes.

use serde::Serialize;
use utoipa::ToSchema;

use crate::base::number::Volume;
use crate::base::time::Time;
use crate::book::rules::Window;
use crate::engine::rules::{Late, Rules};
use crate::engine::state::State;
use crate::tree::rules::{Policy, Shape, TreeRules};
use crate::view::error::ViewError;
use crate::view::lens::Lens;

/// The rules in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Network {
    /// Volume kinds in the order of every answer.
    pub kinds: Vec<String>,
    /// Trees, the enroller tree first.
    pub trees: Vec<TreeAnswer>,
    /// Period types.
    pub period_types: Vec<PeriodTypeAnswer>,
    /// When a member is active.
    pub activity: ActivityAnswer,
    /// Whether customers count in the counts of the enroller tree.
    pub count_customers: bool,
    /// Whether personally enrolled counts follow the fact of enrolment.
    pub enrolled_by_fact: bool,
    /// `reject` or `credit_upline`.
    pub terminated_orders: String,
    /// Days in which an order can be refunded.
    pub refund_days: u16,
    /// Days for which ids are remembered at least.
    pub id_memory_days: u16,
    /// Days in which a return gives back the team.
    pub return_days: u16,
    /// `wall` or `events`.
    pub clock: String,
    /// The company's time zone.
    pub time_zone: String,
}

/// The rules of one tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TreeAnswer {
    /// Its name.
    pub name: String,
    /// `list`, `binary` or `matrix`.
    pub shape: String,
    /// Numbered legs of a position; none where children are only listed.
    pub width: Option<u8>,
    /// Name of the placement policy.
    pub placement: String,
    /// `own` or `first`.
    pub customer_level: String,
    /// `roll_up` or `empty_seat`.
    pub termination: String,
    /// Places one member may hold here.
    pub centres: u16,
}

/// One period type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PeriodTypeAnswer {
    /// Its name.
    pub name: String,
    /// Seconds after a period's end in which late orders still reach it.
    pub cutoff_seconds: i64,
    /// Where a late order goes: `current` or `own`.
    pub late: String,
    /// End of the calendar as far as it is known.
    pub known_until: Time,
}

/// The activity rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ActivityAnswer {
    /// The volume kind judged.
    pub kind: String,
    /// The own volume needed.
    pub at_least: Volume,
    /// The period type it is summed over; none for a rolling rule.
    pub period_type: Option<String>,
    /// Days of 24 hours an order makes active; none for a period rule.
    pub rolling_days: Option<u16>,
}

/// The network's rules.
///
/// # Errors
/// [`ViewError::NoNetwork`] before the first command.
///
/// # Cost
/// O(1) in members.
pub fn describe(state: &State) -> Result<Network, ViewError> {
    let lens = Lens::new(state)?;
    let rules = lens.rules;
    Ok(Network {
        kinds: rules.kinds.iter().map(ToString::to_string).collect(),
        trees: rules.trees.iter().map(tree).collect(),
        period_types: period_types(&lens),
        activity: activity(rules),
        count_customers: rules.count_customers,
        enrolled_by_fact: rules.enrolled_by_fact,
        terminated_orders: word(&rules.terminated_orders),
        refund_days: rules.refund_days,
        id_memory_days: rules.id_memory_days.max(rules.refund_days),
        return_days: rules.return_days,
        clock: word(&rules.clock),
        time_zone: rules.time_zone.to_string(),
    })
}

/// A tree's rules in words.
fn tree(tree: &TreeRules) -> TreeAnswer {
    TreeAnswer {
        name: tree.name.to_string(),
        shape: match tree.shape {
            Shape::List => "list",
            Shape::Binary => "binary",
            Shape::Matrix { .. } => "matrix",
        }
        .to_owned(),
        width: tree.shape.legs(),
        placement: policy_name(tree.placement).to_owned(),
        customer_level: word(&tree.customer_level),
        termination: word(&tree.termination),
        centres: tree.centres,
    }
}

/// The name clients use for a policy.
#[must_use]
pub fn policy_name(policy: Policy) -> &'static str {
    match policy {
        Policy::UnderEnroller => "under_enroller",
        Policy::OuterLeft => "outer_left",
        Policy::OuterRight => "outer_right",
        Policy::WeakerVolume { .. } => "weaker_volume",
        Policy::WeakerCount { .. } => "weaker_count",
        Policy::Alternate => "alternate",
        Policy::BreadthFirst => "breadth_first",
        Policy::FewestFilled => "fewest_filled",
        Policy::CompanyQueue => "company_queue",
        Policy::DefaultLeg => "default_leg",
        Policy::HoldingTank => "holding_tank",
    }
}

/// Period types in words.
fn period_types(lens: &Lens<'_>) -> Vec<PeriodTypeAnswer> {
    let types = lens.rules.period_types.iter().enumerate();
    types
        .map(|(index, period_type)| PeriodTypeAnswer {
            name: period_type.name.to_string(),
            cutoff_seconds: period_type.cutoff_ms / 1000,
            late: match period_type.late {
                Late::Current => "current",
                Late::Own => "own",
            }
            .to_owned(),
            known_until: lens.periods(index).calendar_end(),
        })
        .collect()
}

/// The activity rule in words.
fn activity(rules: &Rules) -> ActivityAnswer {
    let rule = &rules.activity;
    let (period_type, rolling_days) = match rule.window {
        Window::Period(period) => (
            Some(rules.period_types[usize::from(period)].name.to_string()),
            None,
        ),
        Window::Rolling { days } => (None, Some(days)),
    };
    ActivityAnswer {
        kind: rules.kinds[usize::from(rule.kind)].to_string(),
        at_least: rule.at_least,
        period_type,
        rolling_days,
    }
}

/// A rule's word as clients write it.
fn word(rule: &impl Serialize) -> String {
    match serde_json::to_value(rule) {
        Ok(serde_json::Value::String(word)) => word,
        other => unreachable!("a rule of plain words became {other:?}"),
    }
}

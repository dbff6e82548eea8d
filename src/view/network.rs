//! The rules of the network, with names where the engine has indexes.

use serde::Serialize;
use utoipa::ToSchema;

use crate::base::number::Volume;
use crate::base::time::Time;
use crate::book::rules::Window;
use crate::engine::command::change::Change;
use crate::engine::rules::{CustomersFirst, Late, Rules};
use crate::engine::state::{Begins, State};
use crate::tree::rules::{Policy, Shape, TreeRules};
use crate::view::error::ViewError;
use crate::view::lens::Lens;

/// The rules in force, and those that are to follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Network {
    /// What is in force.
    #[serde(flatten)]
    pub rules: NetworkRules,
    /// BLAKE3 of the document behind them, in hexadecimal digits.
    pub document: String,
    /// What has been told and is not in force yet.
    pub pending: Option<PendingNetwork>,
}

/// Rules that take effect at the start of a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PendingNetwork {
    /// When they do.
    pub takes_effect: Time,
    /// Name of that period's type.
    pub period_type: String,
    /// Its label.
    pub period: String,
    /// BLAKE3 of their document.
    pub document: String,
    /// Number of the change that told them; none while they are only asked about.
    pub seq: Option<u64>,
    /// The rules, all of them.
    pub rules: NetworkRules,
}

/// What became of a changed network document, or would become of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NetworkChange {
    /// Number of the change in the log; none of a dry run.
    pub seq: Option<u64>,
    /// The id it was told under; none of a dry run.
    pub id: Option<String>,
    /// What is pending by it; none once it has taken effect or given way to another.
    pub pending: Option<PendingNetwork>,
}

/// Rules of a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NetworkRules {
    /// Volume kinds in the order of every answer.
    pub kinds: Vec<String>,
    /// Trees, the enroller tree first.
    pub trees: Vec<TreeAnswer>,
    /// Period types.
    pub period_types: Vec<PeriodTypeAnswer>,
    /// When a member is active.
    pub activity: ActivityAnswer,
    /// What an enroller's customers must have bought before he may enrol; none where nothing is asked.
    pub enrolment: Option<EnrolmentAnswer>,
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

/// The right to enrol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct EnrolmentAnswer {
    /// The volume kind of which customers must have bought.
    pub kind: String,
    /// How much of it.
    pub at_least: Volume,
    /// The period type in whose running period.
    pub period_type: String,
    /// Whose enrolment it guards: `distributors` or `distributors_and_preferred`.
    pub newcomers: String,
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
    let known_until = |of: usize| lens.periods(of).calendar_end();
    Ok(Network {
        rules: rules(lens.rules, known_until),
        document: hex(&state.document),
        pending: state.pending.as_deref().map(|pending| {
            let (document, begins) = (&pending.document, pending.begins);
            pending_network(&lens, &pending.rules, document, begins, Some(pending.seq))
        }),
    })
}

/// What a command that changes the network would lead to.
///
/// # Errors
/// [`ViewError::NoNetwork`] before the first command.
pub fn would_be(
    state: &State,
    change: &Change,
    begins: Begins,
) -> Result<NetworkChange, ViewError> {
    let lens = Lens::new(state)?;
    let (told, document) = (&change.told.rules, &change.told.document);
    Ok(NetworkChange {
        seq: None,
        id: None,
        pending: Some(pending_network(&lens, told, document, begins, None)),
    })
}

/// What became of a change that was accepted as number `seq`.
///
/// # Errors
/// [`ViewError::NoNetwork`] before the first command.
pub fn became(state: &State, seq: u64, id: &str) -> Result<NetworkChange, ViewError> {
    let told = describe(state)?.pending;
    Ok(NetworkChange {
        seq: Some(seq),
        id: Some(id.to_owned()),
        pending: told.filter(|pending| pending.seq == Some(seq)),
    })
}

fn pending_network(
    lens: &Lens<'_>,
    told: &Rules,
    document: &[u8; 32],
    begins: Begins,
    seq: Option<u64>,
) -> PendingNetwork {
    let known_until = |of: usize| {
        let starts = &told.period_types[of].starts;
        *starts.last().expect("a calendar has an end")
    };
    PendingNetwork {
        takes_effect: begins.at,
        period_type: lens.period_type_name(begins.period_type),
        period: lens.label(begins.period_type, begins.ordinal),
        document: hex(document),
        seq,
        rules: rules(told, known_until),
    }
}

/// Rules in words; each period type's calendar is known up to an instant.
fn rules(rules: &Rules, known_until: impl Fn(usize) -> Time) -> NetworkRules {
    NetworkRules {
        kinds: rules.kinds.iter().map(ToString::to_string).collect(),
        trees: rules.trees.iter().map(tree).collect(),
        period_types: period_types(rules, known_until),
        activity: activity(rules),
        enrolment: rules.customers_first.map(|rule| enrolment(rules, rule)),
        count_customers: rules.count_customers,
        enrolled_by_fact: rules.enrolled_by_fact,
        terminated_orders: word(&rules.terminated_orders),
        refund_days: rules.refund_days,
        id_memory_days: rules.id_memory_days.max(rules.refund_days),
        return_days: rules.return_days,
        clock: word(&rules.clock),
        time_zone: rules.time_zone.to_string(),
    }
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
fn period_types(rules: &Rules, known_until: impl Fn(usize) -> Time) -> Vec<PeriodTypeAnswer> {
    let types = rules.period_types.iter().enumerate();
    types
        .map(|(index, period_type)| PeriodTypeAnswer {
            name: period_type.name.to_string(),
            cutoff_seconds: period_type.cutoff_ms / 1000,
            late: match period_type.late {
                Late::Current => "current",
                Late::Own => "own",
            }
            .to_owned(),
            known_until: known_until(index),
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

/// The right to enrol in words.
fn enrolment(rules: &Rules, rule: CustomersFirst) -> EnrolmentAnswer {
    EnrolmentAnswer {
        kind: rules.kinds[usize::from(rule.kind)].to_string(),
        at_least: rule.at_least,
        period_type: rules.period_types[usize::from(rule.period)]
            .name
            .to_string(),
        newcomers: if rule.preferred {
            "distributors_and_preferred"
        } else {
            "distributors"
        }
        .to_owned(),
    }
}

/// Bytes as lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A rule's word as clients write it.
fn word(rule: &impl Serialize) -> String {
    match serde_json::to_value(rule) {
        Ok(serde_json::Value::String(word)) => word,
        other => unreachable!("a rule of plain words became {other:?}"),
    }
}

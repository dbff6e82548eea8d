//! The rules of a network: the network document compiled to data, with names turned into indexes. The log carries it.

use serde::{Deserialize, Serialize};

use crate::base::ids::Text;
use crate::base::time::Time;
use crate::book::rules::{Activity, Kernel, Thresholds};
use crate::tree::rules::TreeRules;

/// Everything the engine must know of a network before its first member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Volume kinds by name, in the order of every volume vector; 1 to 8.
    pub kinds: Vec<Text>,
    /// Period types in the order of every period vector; 1 to 7.
    pub period_types: Vec<PeriodType>,
    /// Trees; the first is the enroller tree; 1 to 8.
    pub trees: Vec<TreeRules>,
    /// When a member is active.
    pub activity: Activity,
    /// Whether customers count in downline, frontline and active counts of the enroller tree.
    pub count_customers: bool,
    /// Whether personally enrolled counts follow the fact of enrolment rather than the tree's children.
    pub enrolled_by_fact: bool,
    /// What becomes of an order placed by a terminated member.
    pub terminated_orders: TerminatedOrders,
    /// Days after an order in which it can be refunded, and its id is remembered.
    pub refund_days: u16,
    /// Days after a termination in which a return gives back the team.
    pub return_days: u16,
    /// Group-volume thresholds kept, at most 8 on one tree.
    pub thresholds: Vec<Thresholds>,
    /// Bucket vectors kept, at most 4 on one tree.
    pub kernels: Vec<Kernel>,
    /// Whether machine time is the wall clock's or follows the events' own `at`.
    pub clock: ClockMode,
    /// The company's time zone, by its IANA name; only calendars made outside the engine use it.
    pub time_zone: Text,
}

/// Where machine time comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockMode {
    /// Stamped by the runtime when a batch is logged.
    Wall,
    /// The greatest `at` so far: for imports, demonstrations and load tests.
    Events,
}

/// What becomes of an order placed by a terminated member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TerminatedOrders {
    /// It is rejected.
    Reject,
    /// It is credited to the nearest standing distributor above.
    CreditUpline,
}

/// One period type: its calendar, already expanded to instants, and its policies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeriodType {
    /// The name clients use, such as `month`.
    pub name: Text,
    /// Milliseconds after a period's end in which late orders still reach it.
    pub cutoff_ms: i64,
    /// Where an order dated in a period that has rolled goes.
    pub late: Late,
    /// Start of each period in order; the last one is the end of the last period known so far.
    pub starts: Vec<Time>,
    /// A label for each period, such as `2026-01`; one fewer than `starts`.
    pub labels: Vec<Text>,
}

/// Where a late order goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Late {
    /// The current period.
    Current,
    /// Its own period while that is not closed, otherwise the current one.
    Own,
}

//! The rules of a network: the network document compiled to data, with names turned into indexes. The log carries it.

use serde::{Deserialize, Serialize};

use crate::base::ids::{ENROLLER_TREE, Text};
use crate::base::limits::{CENTRES_MAX, KINDS_MAX, MATRIX_WIDTH_MAX, PERIOD_TYPES_MAX, TREES_MAX};
use crate::base::number::Volume;
use crate::base::time::Time;
use crate::book::rules::{Activity, CHAIN_RUN, Kept, Kernel, Thresholds, Window};
use crate::engine::member::MemberKind;
use crate::engine::rejection::Field;
use crate::tree::rules::{Policy, Shape, TreeRules};

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
    /// Times 24 hours after an order's own `at` up to which a refund's `at` may lie.
    pub refund_days: u16,
    /// What must have been sold before a member may enrol others, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customers_first: Option<CustomersFirst>,
    /// Days for which ids are remembered at least; never fewer than the refund days count. 0 in logs older than it.
    #[serde(default)]
    pub id_memory_days: u16,
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

impl Rules {
    /// What the forest must know of these rules.
    #[must_use]
    pub fn kept(&self) -> Kept<'_> {
        Kept {
            kinds: self.kinds.len(),
            periods: self.period_types.len(),
            trees: &self.trees,
            activity: &self.activity,
            thresholds: &self.thresholds,
            kernels: &self.kernels,
            chain_run: CHAIN_RUN,
        }
    }

    /// Whether the rules fit together and stay within the limits, so that nothing built on them can overstep. The
    /// document's own check is stricter and says what is wrong.
    #[must_use]
    pub fn are_sound(&self) -> bool {
        let (kinds, periods, trees) = (self.kinds.len(), self.period_types.len(), self.trees.len());
        let window = match self.activity.window {
            Window::Period(period) => usize::from(period) < periods,
            Window::Rolling { days } => days > 0,
        };
        let places = |tree: u8, period: u8, kind: u8| {
            usize::from(tree) < trees && usize::from(period) < periods && usize::from(kind) < kinds
        };
        (1..=KINDS_MAX).contains(&kinds)
            && (1..=PERIOD_TYPES_MAX).contains(&periods)
            && (1..=TREES_MAX).contains(&trees)
            && usize::from(self.activity.kind) < kinds
            && self.customers_first.is_none_or(|rule| {
                usize::from(rule.kind) < kinds
                    && usize::from(rule.period) < periods
                    && rule.at_least > Volume::ZERO
            })
            && self.activity.at_least > Volume::ZERO
            && window
            && self.period_types.iter().all(PeriodType::is_sound)
            && self
                .trees
                .iter()
                .all(|tree| tree_is_sound(tree, kinds, periods))
            && self.trees[ENROLLER_TREE].shape == Shape::List
            && self.thresholds.iter().all(|ladder| {
                let steps = &ladder.steps;
                places(ladder.tree, ladder.period, ladder.kind)
                    && steps.len() <= 254
                    && steps.first().is_some_and(|&first| first > Volume::ZERO)
                    && steps.windows(2).all(|pair| pair[0] < pair[1])
            })
            && self.kernels.iter().all(|kernel| {
                places(kernel.tree, kernel.period, kernel.kind)
                    && (1..=32).contains(&kernel.buckets)
                    && kernel.follows(&self.activity)
            })
            && (0..trees).all(|tree| self.fits(tree))
    }

    /// What of the rules in force these ones do not go on with, if anything: names in their order, shapes, and whatever
    /// gives a kept figure its meaning. What is new comes behind what is there.
    #[must_use]
    pub fn breaks_with(&self, running: &Rules) -> Option<Field> {
        let named = |types: &[PeriodType]| types.iter().map(|kind| kind.name.clone()).collect();
        let types: [Vec<Text>; 2] = [named(&self.period_types), named(&running.period_types)];
        let same_tree = |(tree, was): (&TreeRules, &TreeRules)| {
            tree.name == was.name
                && tree.shape == was.shape
                && tree.customer_level == was.customer_level
                && (tree.centres > 1 || was.centres == 1)
        };
        let mut trees = self.trees.iter().zip(&running.trees);
        if !self.kinds.starts_with(&running.kinds) {
            Some(Field::Volumes)
        } else if !types[0].starts_with(&types[1]) {
            Some(Field::Period)
        } else if self.trees.len() < running.trees.len() || !trees.all(same_tree) {
            Some(Field::Tree)
        } else if self.clock != running.clock
            || self.thresholds != running.thresholds
            || self.kernels != running.kernels
        {
            Some(Field::Calendar)
        } else {
            None
        }
    }

    /// Whether what is kept on a tree fits its records: at most 8 ladders and 4 kernels.
    fn fits(&self, tree: usize) -> bool {
        let here = |of: u8| usize::from(of) == tree;
        let ladders = self.thresholds.iter().filter(|ladder| here(ladder.tree));
        let kernels = self.kernels.iter().filter(|kernel| here(kernel.tree));
        ladders.count() <= 8 && kernels.count() <= 4
    }

    /// The tree with this name.
    #[must_use]
    pub fn tree(&self, name: &str) -> Option<usize> {
        self.trees.iter().position(|tree| tree.name == name)
    }

    /// The period type with this name.
    #[must_use]
    pub fn period_type(&self, name: &str) -> Option<usize> {
        self.period_types.iter().position(|kind| kind.name == name)
    }
}

fn tree_is_sound(tree: &TreeRules, kinds: usize, periods: usize) -> bool {
    let policy = match tree.placement {
        Policy::WeakerVolume { kind, period, .. } => {
            usize::from(kind) < kinds && usize::from(period) < periods
        }
        _ => true,
    };
    let shape = match tree.shape {
        Shape::Matrix { width } => (2..=MATRIX_WIDTH_MAX).contains(&width),
        Shape::List | Shape::Binary => true,
    };
    policy && shape && (1..=CENTRES_MAX).contains(&tree.centres)
}

impl PeriodType {
    fn is_sound(&self) -> bool {
        self.starts.len() >= 2
            && self.labels.len() + 1 == self.starts.len()
            && self.starts.windows(2).all(|pair| pair[0] < pair[1])
            && self.starts[0] >= Time::MIN
            && self.starts[self.starts.len() - 1] <= Time::MAX
            && self.cutoff_ms >= 0
    }
}

/// The right to enrol: an enroller's customers must have bought so much in the running period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomersFirst {
    /// The volume kind.
    pub kind: u8,
    /// The least of it, above zero.
    pub at_least: Volume,
    /// The period type whose running period counts.
    pub period: u8,
    /// Whether preferred customers are guarded as distributors are; customers never are.
    pub preferred: bool,
}

impl CustomersFirst {
    /// Whether a newcomer of this kind needs an enroller who is ready.
    #[must_use]
    pub fn guards(&self, newcomer: MemberKind) -> bool {
        match newcomer {
            MemberKind::Distributor => true,
            MemberKind::Preferred => self.preferred,
            MemberKind::Customer => false,
        }
    }
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

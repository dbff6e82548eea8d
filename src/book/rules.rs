//! What the kept figures depend on, as data: activity, thresholds, kernels.

use serde::{Deserialize, Serialize};

use crate::base::number::Volume;
use crate::tree::rules::TreeRules;

/// When a member counts as active.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Activity {
    /// Index of the volume kind judged.
    pub kind: u8,
    /// The own volume needed.
    pub at_least: Volume,
    /// Over which time.
    pub window: Window,
}

/// The time over which own volume is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// The current period of this type (an index).
    Period(u8),
    /// A single order of at least the volume makes active for this many times 24 hours after its own `at`.
    Rolling {
        /// Days of 24 hours.
        days: u16,
    },
}

/// A ladder of group-volume thresholds kept on one tree: each seat knows how many of `steps` its sum has reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Index of the tree.
    pub tree: u8,
    /// Index of the period type.
    pub period: u8,
    /// Index of the volume kind.
    pub kind: u8,
    /// Strictly increasing, all above zero, at most 254.
    pub steps: Vec<Volume>,
}

/// A bucket vector kept on one tree: see `book::kernel`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kernel {
    /// Index of the tree.
    pub tree: u8,
    /// Index of the period type.
    pub period: u8,
    /// Index of the volume kind.
    pub kind: u8,
    /// Buckets kept, 1 to 32.
    pub buckets: u8,
    /// How a seat maps what it receives to what it hands on.
    pub rule: KernelRule,
}

/// How a seat's standing becomes its index map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KernelRule {
    /// Every seat uses up a level: no compression.
    EachLevel,
    /// Only an active seat uses up a level: dynamic compression. Its kernel belongs to the period type over which
    /// activity is judged, or activity is rolling; otherwise a roll would change every vector at once.
    SkipInactive,
}

impl Kernel {
    /// Whether the kernel can be kept beside this activity rule.
    #[must_use]
    pub fn follows(&self, activity: &Activity) -> bool {
        match (self.rule, activity.window) {
            (KernelRule::SkipInactive, Window::Period(period)) => period == self.period,
            _ => true,
        }
    }
}

/// All that decides which figures a forest keeps and how its records are laid out.
#[derive(Debug, Clone, Copy)]
pub struct Kept<'a> {
    /// How many volume kinds.
    pub kinds: usize,
    /// How many period types.
    pub periods: usize,
    /// The trees, the enroller tree first.
    pub trees: &'a [TreeRules],
    /// When a member is active.
    pub activity: &'a Activity,
    /// Threshold ladders.
    pub thresholds: &'a [Thresholds],
    /// Bucket vectors.
    pub kernels: &'a [Kernel],
    /// Plain seats in a row that become a chain, at least 4; [`CHAIN_RUN`] but in tests.
    pub chain_run: usize,
}

/// Plain seats in a row that become a chain. Measured: 64 to 256 are all good, 16 puts chains on shallow trees.
pub const CHAIN_RUN: usize = 128;

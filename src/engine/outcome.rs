//! Outcomes: what the engine decided on a command.

use crate::base::ids::Member;
use crate::engine::rejection::Rejection;

/// Accepted, or why not.
pub type Outcome = Result<Accepted, Rejection>;

/// What followed from an accepted command that its own words do not say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Accepted {
    /// Seats chosen by a placement policy or asked for: part by part, in the order of the rules' trees.
    pub choices: Vec<Choice>,
}

/// A seat given to a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// Which of the commands that happened together took it, from 0; 0 for a single one.
    pub part: u16,
    /// Index of the tree.
    pub tree: u8,
    /// The member's centre that was seated.
    pub centre: u16,
    /// Where it hangs; none for a root or in the holding tank.
    pub parent: Option<(Member, u16)>,
    /// The leg, 0 where legs are not numbered.
    pub leg: u8,
    /// Whether it waits in the holding tank.
    pub waits: bool,
}

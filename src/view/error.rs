//! Why a question has no answer. One enum for the room; the API turns each into a problem.

use crate::engine::rejection::Rejection;

/// Why a view cannot answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ViewError {
    /// The network has no rules yet.
    NoNetwork,
    /// Nothing of this sort has the name or id given.
    Unknown {
        /// What was looked for.
        what: What,
        /// The field that named it.
        field: &'static str,
        /// As given.
        given: String,
        /// What would have been understood, where that is a short list.
        allowed: Vec<String>,
    },
    /// The member has no such position in this tree.
    NotPlaced {
        /// Name of the tree.
        tree: String,
        /// The member's id.
        member: String,
        /// The centre asked for.
        centre: u16,
    },
    /// The period was readable once and is no longer.
    Gone {
        /// The field that named it.
        field: &'static str,
        /// As given.
        given: String,
        /// The oldest label that can still be read.
        oldest: String,
    },
    /// The cursor is not one of this question's.
    BadCursor,
    /// What the cursor pointed at is no longer there.
    CursorExpired,
    /// A parameter cannot mean what it says.
    BadValue {
        /// The parameter.
        field: &'static str,
        /// As given.
        given: String,
        /// What would be understood.
        allowed: String,
    },
    /// The answer needs more steps than may be taken under the read lock: ask it of a fork.
    TooLarge,
    /// A dry run ended as the command itself would.
    Rejected(Rejection),
}

/// What a name or id was meant to name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A member.
    Member,
    /// A tree.
    Tree,
    /// A volume kind.
    Kind,
    /// A period type.
    PeriodType,
    /// A period of a type.
    Period,
    /// An order.
    Order,
    /// A plan set.
    PlanSet,
    /// A version of a plan set.
    PlanVersion,
    /// A leg of a parent.
    Leg,
    /// A figure of `batch-get`.
    Figure,
    /// A component of the plan set.
    Component,
    /// A ladder of the plan set.
    Ladder,
    /// A rank of a ladder.
    Rank,
    /// A run of a period.
    Run,
}

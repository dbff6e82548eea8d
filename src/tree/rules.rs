//! What a network document says of one tree, as data.

use serde::{Deserialize, Serialize};

use crate::base::ids::Text;

/// The rules of one tree, fixed in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TreeRules {
    /// The name clients use: `enroller`, `unilevel`, `binary`, `matrix`, or any other for a second tree of a shape.
    pub name: Text,
    /// How many children a seat may have, and whether their places are numbered.
    pub shape: Shape,
    /// Where a newcomer goes who names no place. The enroller tree has none.
    pub placement: Policy,
    /// Whether a customer's volume counts at the credited distributor's own level or only below it.
    pub customer_level: CustomerLevel,
    /// What happens to the seat of a terminated member.
    pub termination: Termination,
    /// Seats ("centres") one member may hold here, at least 1.
    pub centres: u16,
    /// Members a binary move may carry, where finding each one's leg anew costs time in their number.
    pub move_max: u32,
}

/// The shape of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Any number of children, in birth order (the enroller tree and unilevel trees).
    List,
    /// Two numbered legs: 1 is left, 2 is right.
    Binary,
    /// Legs numbered 1 to the width.
    Matrix {
        /// Children a seat may have, 2 to 64.
        width: u8,
    },
}

impl Shape {
    /// Numbered legs of a seat, or none where children are only listed.
    #[must_use]
    pub fn legs(self) -> Option<u8> {
        match self {
            Shape::List => None,
            Shape::Binary => Some(2),
            Shape::Matrix { width } => Some(width),
        }
    }
}

/// How a place is found below an enroller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Directly below the enroller's own seat (list trees).
    UnderEnroller,
    /// Down the left side to its free end (binary).
    OuterLeft,
    /// Down the right side to its free end (binary).
    OuterRight,
    /// Into the leg with less volume of `kind` in the current period of `period`, left on a tie, then by `inside`.
    WeakerVolume {
        /// Index of the volume kind compared.
        kind: u8,
        /// Index of the period type compared.
        period: u8,
        /// What happens inside the chosen leg.
        inside: Inside,
    },
    /// Into the leg with fewer seats, left on a tie, then by `inside`.
    WeakerCount {
        /// What happens inside the chosen leg.
        inside: Inside,
    },
    /// An enroller's first, third, ... newcomer goes down the left side, the others down the right (binary).
    Alternate,
    /// The first free place level by level, left to right (binary and forced matrix spill).
    BreadthFirst,
    /// The child with the fewest seats below it first, at each level (matrix).
    FewestFilled,
    /// The first free place level by level below the root whose place was opened first: one queue for the
    /// company (matrix).
    CompanyQueue,
    /// The leg the enroller has set as his default; left until he sets one (binary).
    DefaultLeg,
    /// No place is chosen: a newcomer who names none waits in the holding tank.
    HoldingTank,
}

/// What a weaker-leg policy does inside the leg it chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Inside {
    /// On down the same side to its end.
    Outer,
    /// The first free place level by level.
    BreadthFirst,
    /// Compares again at each level on the way down.
    Balanced,
}

/// Where a customer's orders count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerLevel {
    /// In the credited distributor's own volume.
    Own,
    /// In his group volume only, as if from his first level.
    First,
}

/// What a termination does to a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Termination {
    /// The children move up behind the parent's children, in birth order (list trees only).
    RollUp,
    /// The seat stays, empty; volume flows through.
    EmptySeat,
}

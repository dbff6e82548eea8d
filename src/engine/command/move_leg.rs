//! `tree.moved`: a seat and all below it go under another parent, with the figures of the open periods.

use crate::base::ids::Text;

/// Moves a leg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// Name of the tree.
    pub tree: Text,
    /// The member whose seat moves.
    pub member: Text,
    /// Which of his centres.
    pub centre: u16,
    /// The new parent, or none to become a root.
    pub parent: Option<Text>,
    /// The new parent's centre.
    pub parent_centre: u16,
    /// Leg from 1, or none for the first free one.
    pub leg: Option<u8>,
}

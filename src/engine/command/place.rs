//! `tree.placed`: gives a waiting member his place, or a member one more centre.

use crate::base::ids::Text;
use crate::engine::command::enrol::PlaceAt;

/// Places from the holding tank, or opens a further centre.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Name of the tree.
    pub tree: Text,
    /// The member.
    pub member: Text,
    /// 1 for the waiting seat, or the next number for a new centre.
    pub centre: u16,
    /// Where to.
    pub place: PlaceAt,
}

//! `volume.adjusted`: corrects a member's volume, with a reason.

use crate::base::ids::Text;
use crate::engine::command::Volumes;

/// Adds volumes of either sign where an order of the member would count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjust {
    /// The member.
    pub member: Text,
    /// Which of his centres.
    pub centre: u16,
    /// Volumes by kind, of either sign.
    pub volumes: Volumes,
    /// Why; required.
    pub reason: Text,
}

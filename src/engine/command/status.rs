//! `member.status_changed`: opens, suspends or terminates a membership.

use crate::base::ids::Text;
use crate::engine::member::Status;

/// Sets a member's status. Opening a terminated member is a return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetStatus {
    /// The member.
    pub member: Text,
    /// The new status.
    pub status: Status,
    /// Why, for the record.
    pub reason: Option<Text>,
}

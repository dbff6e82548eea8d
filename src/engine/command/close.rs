//! `period.closed`: freezes the book of a period that has rolled.

use crate::base::ids::Text;

/// Closes a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    /// Name of the period type.
    pub period_type: Text,
    /// The period's label, such as `2026-01`.
    pub period: Text,
}

//! `calendar.extended`: the runtime expands calendars to instants and hands them in, so that no time zone is read here.

use crate::base::ids::Text;
use crate::base::time::Time;

/// More periods at the end of one type's calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtendCalendar {
    /// Name of the period type.
    pub period_type: Text,
    /// End of each new period, increasing; the first new period starts where the calendar ended.
    pub ends: Vec<Time>,
    /// Label of each new period.
    pub labels: Vec<Text>,
}

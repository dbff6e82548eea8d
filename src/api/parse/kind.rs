//! What a type of event is: a row that every noun fills for its own types.

use crate::api::parse::fields::Fields;
use crate::api::parse::names::Names;
use crate::api::problem::Problem;
use crate::engine::command::Verb;

/// One type of event that clients may send.
pub struct EventType {
    /// Its name, `noun.past_tense`.
    pub name: &'static str,
    /// The fields of its data.
    pub fields: &'static [&'static str],
    /// Reads its data.
    pub read: fn(&Fields<'_, '_>, &Names) -> Result<Verb, Problem>,
}

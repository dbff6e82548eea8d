//! What a type of event is: a row that every noun fills for its own types.

use crate::api::parse::fields::Fields;
use crate::api::parse::names::Names;
use crate::api::principal::role_name;
use crate::api::problem::{Code, Problem};
use crate::engine::command::Verb;
use crate::engine::command::token::Role;

/// One type of event that clients may send.
pub struct EventType {
    /// Its name, `noun.past_tense`.
    pub name: &'static str,
    /// The fields of its data.
    pub fields: &'static [&'static str],
    /// Who may tell it.
    pub roles: &'static [Role],
    /// Reads its data.
    pub read: fn(&Fields<'_, '_>, &Names) -> Result<Verb, Problem>,
}

impl EventType {
    /// Whether a role may tell facts of this type.
    ///
    /// # Errors
    /// `role_not_allowed` with those that may.
    pub fn check(&self, role: Role) -> Result<(), Problem> {
        if self.roles.contains(&role) {
            return Ok(());
        }
        Err(Problem::new(
            Code::RoleNotAllowed,
            format!(
                "A token of the role `{}` may not tell `{}`.",
                role_name(role),
                self.name
            ),
        )
        .field("type")
        .given(self.name)
        .allowed(self.roles.iter().map(|role| role_name(*role))))
    }
}

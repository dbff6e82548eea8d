//! The tokens that were made: what each may do and until when. Never a secret, never its hash.

use serde::Serialize;
use utoipa::ToSchema;

use crate::base::time::Time;
use crate::engine::role::Role;
use crate::engine::state::State;
use crate::engine::tokens::Token;

/// A token as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TokenAnswer {
    /// The id it was created under.
    pub token: String,
    /// What it may do.
    pub role: Role,
    /// Whose downline it sees, for the role `member`.
    pub member: Option<String>,
    /// When it was made.
    pub created: Time,
    /// When it ends.
    pub expires: Option<Time>,
    /// When it was revoked.
    pub revoked: Option<Time>,
    /// Whether it can be used now.
    pub usable: bool,
}

/// All tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TokensAnswer {
    /// In order of creation.
    pub tokens: Vec<TokenAnswer>,
}

/// All tokens ever made.
///
/// # Cost
/// O(tokens).
#[must_use]
pub fn list(state: &State) -> TokensAnswer {
    TokensAnswer {
        tokens: state
            .tokens
            .iter()
            .map(|token| shown(state, token))
            .collect(),
    }
}

/// One token.
fn shown(state: &State, token: &Token) -> TokenAnswer {
    TokenAnswer {
        token: token.id.to_string(),
        role: token.role,
        member: token
            .member
            .map(|member| state.members.id(member).to_string()),
        created: token.created,
        expires: token.expires,
        revoked: token.revoked,
        usable: token.holds_at(state.as_of_time),
    }
}

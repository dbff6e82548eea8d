//! Who asks: what a bearer token says, and who it turned out to be.

use crate::base::ids::{Member, Text};
use crate::engine::role::Role;

/// What stands before every token.
const PREFIX: &str = "arb_";

/// The roles that may read everything.
pub const READERS: &[Role] = &[
    Role::Admin,
    Role::Finance,
    Role::Support,
    Role::ReadOnly,
    Role::Integrator,
];
/// Who reads what the company pays, and by which plans.
pub const PLANNERS: &[Role] = &[Role::Admin, Role::Finance, Role::Support, Role::ReadOnly];
/// The readers of everything, and members for their own downline.
pub const ALL: &[Role] = &[
    Role::Admin,
    Role::Finance,
    Role::Support,
    Role::ReadOnly,
    Role::Integrator,
    Role::Member,
];
/// Who tells facts of members and orders.
pub const FACTS: &[Role] = &[Role::Admin, Role::Support, Role::Integrator];
/// Who tells any fact at all; each type of event says which of them may tell it.
pub const TELLERS: &[Role] = &[Role::Admin, Role::Finance, Role::Support, Role::Integrator];
/// Who corrects and closes.
pub const MONEY: &[Role] = &[Role::Admin, Role::Finance];
/// Who decides on access.
pub const ADMIN: &[Role] = &[Role::Admin];

/// Roles by name.
pub const ROLES: &[(&str, Role)] = &[
    ("admin", Role::Admin),
    ("finance", Role::Finance),
    ("support", Role::Support),
    ("read_only", Role::ReadOnly),
    ("integrator", Role::Integrator),
    ("member", Role::Member),
];

/// The name of a role.
#[must_use]
pub fn role_name(role: Role) -> &'static str {
    ROLES
        .iter()
        .find(|(_, known)| *known == role)
        .map(|(name, _)| *name)
        .expect("the table has every role")
}

/// A token as it was presented: nothing of it has been believed yet.
#[derive(Clone)]
pub struct Credential {
    /// The id it claims.
    pub id: String,
    /// BLAKE3 of its secret; the secret itself is not kept.
    pub hash: blake3::Hash,
}

impl Credential {
    /// Takes `arb_<id>_<secret>` apart; none if it has another shape.
    #[must_use]
    pub fn parse(token: &str) -> Option<Credential> {
        let (id, secret) = token.strip_prefix(PREFIX)?.rsplit_once('_')?;
        Some(Credential {
            id: id.to_owned(),
            hash: blake3::hash(secret.as_bytes()),
        })
    }

    /// A text that was presented as a token and is none: it matches nothing.
    #[must_use]
    pub fn unknown() -> Credential {
        Credential {
            id: String::new(),
            hash: blake3::hash(b""),
        }
    }
}

/// The text of a token, given once to whoever made it.
#[must_use]
pub fn token_text(id: &str, secret: &str) -> String {
    format!("{PREFIX}{id}_{secret}")
}

/// Somebody whose token was judged good at one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The token's id.
    pub token: Text,
    /// What it may do.
    pub role: Role,
    /// Whose downline it sees, and nothing else; none sees all.
    pub member: Option<Member>,
}

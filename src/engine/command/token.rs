//! `token.created`, `token.revoked`: who may ask what is a shared decision, so it is in the log. Only hashes are.

use crate::base::ids::Text;
use crate::base::time::Time;

/// What a token may do. Meaning and rights are the API's; the engine only keeps it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Admin,
    /// Money, periods, adjustments.
    Finance,
    /// Members and their orders.
    Support,
    /// Reads only.
    ReadOnly,
    /// The platform's own machines: facts in, reads out.
    Integrator,
    /// One member: his own downline only.
    Member,
}

/// Makes a token known; the command's id names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateToken {
    /// BLAKE3 of the secret.
    pub hash: [u8; 32],
    /// What it may do.
    pub role: Role,
    /// Whose downline it sees; required for [`Role::Member`], refused for the others.
    pub member: Option<Text>,
    /// When it ends.
    pub expires: Option<Time>,
}

/// Ends a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokeToken {
    /// The id it was created under.
    pub token: Text,
}

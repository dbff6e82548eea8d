//! Roles: what a token may do. Their rights are the API's; the engine only keeps which token has which.

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

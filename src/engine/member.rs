//! What a member is: kind, status, and the few facts plans and filters ask for. Never names or addresses.

use serde::{Deserialize, Serialize};

use crate::base::ids::Text;

/// What a member is to the company.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum MemberKind {
    /// Builds a downline; has a seat in every tree.
    Distributor = 0,
    /// Buys at a discount; a leaf of the enroller tree.
    Preferred = 1,
    /// Buys; a leaf of the enroller tree.
    Customer = 2,
}

/// Standing of the membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Status {
    /// In good standing.
    Open = 0,
    /// Counts and accrues; what it earns is held.
    Suspended = 1,
    /// Gone: earns nothing, counts nowhere.
    Terminated = 2,
}

/// What is told of a member beside kind and place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Profile {
    /// ISO 3166 alpha-2.
    pub country: Option<Text>,
    /// ISO 4217.
    pub currency: Option<Text>,
    /// IANA time zone.
    pub zone: Option<Text>,
    /// Free labels, for filters.
    pub tags: Vec<Text>,
}

//! `member.updated`: changes what a member is, not where he stands.

use crate::base::ids::Text;
use crate::engine::member::MemberKind;

/// Changes the fields that are given; `Some(None)` clears one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Update {
    /// The member.
    pub member: Text,
    /// A new kind, for later orders.
    pub kind: Option<MemberKind>,
    /// ISO 3166 alpha-2.
    pub country: Option<Option<Text>>,
    /// ISO 4217.
    pub currency: Option<Option<Text>>,
    /// IANA time zone.
    pub zone: Option<Option<Text>>,
    /// All tags from now on.
    pub tags: Option<Vec<Text>>,
    /// The leg that `DefaultLeg` placement uses for his newcomers: 1 left, 2 right.
    pub default_leg: Option<u8>,
    /// Who enrolled him, for a member enrolled without an enroller; settable once. Tells the fact, moves no seat.
    pub enrolled_by: Option<Text>,
}

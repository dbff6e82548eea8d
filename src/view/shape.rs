//! The few shapes that many answers share: volumes by kind name, a place in a tree, a row for a position.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{
    AdditionalProperties, KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type,
};
use utoipa::{PartialSchema, ToSchema};

use crate::base::number::Volume;
use crate::base::time::Time;
use crate::engine::member::{MemberKind, Status};
use crate::engine::role::Role;

/// Volumes by the name of their kind, in the network document's order, every kind present.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ByKind(pub Vec<(String, Volume)>);

impl Serialize for ByKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (kind, volume) in &self.0 {
            map.serialize_entry(kind, volume)?;
        }
        map.end()
    }
}

impl PartialSchema for ByKind {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .description(Some("Exact decimals by volume kind, as strings."))
            .additional_properties(Some(AdditionalProperties::RefOr(Volume::schema())))
            .into()
    }
}
impl ToSchema for ByKind {}

impl PartialSchema for Volume {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(
                "An exact decimal with at most four places, as a string.",
            ))
            .examples(["12.50"])
            .into()
    }
}
impl ToSchema for Volume {}

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .into()
    }
}
impl ToSchema for Time {}

/// A text that is one of a few words.
fn one_of<const N: usize>(words: [&str; N]) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words))
        .into()
}

impl PartialSchema for MemberKind {
    fn schema() -> RefOr<Schema> {
        one_of(["distributor", "preferred", "customer"])
    }
}
impl ToSchema for MemberKind {}

impl PartialSchema for Status {
    fn schema() -> RefOr<Schema> {
        one_of(["open", "suspended", "terminated"])
    }
}
impl ToSchema for Status {}

impl PartialSchema for Role {
    fn schema() -> RefOr<Schema> {
        one_of([
            "admin",
            "finance",
            "support",
            "read_only",
            "integrator",
            "member",
        ])
    }
}
impl ToSchema for Role {}

/// A position: a member's n-th place in a tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Place {
    /// The member's id.
    pub member: String,
    /// Which of his places, from 1.
    pub centre: u16,
}

/// A position with its figures of the current period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Row {
    /// The member's id.
    pub member: String,
    /// Which of his places, from 1.
    pub centre: u16,
    /// Distributor, preferred customer or customer.
    pub kind: MemberKind,
    /// Standing of the membership.
    pub status: Status,
    /// The activity rule's verdict.
    pub active: bool,
    /// When he joined.
    pub joined: Time,
    /// Steps between him and the member asked about: 1 for a child or a parent.
    pub level: u32,
    /// Whom he stands below; none for a root.
    pub parent: Option<Place>,
    /// The leg of his parent he stands in, from 1; none where legs are not numbered.
    pub leg: Option<u8>,
    /// Own volume.
    pub own: ByKind,
    /// Group volume: his own and all below him.
    pub group: ByKind,
    /// Members below.
    pub downline: u32,
    /// Active members below.
    pub active_downline: u32,
    /// Children.
    pub frontline: u32,
    /// Active children.
    pub active_frontline: u32,
}

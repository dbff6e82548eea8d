//! `member.*`: enrolment, update, status.

use crate::api::parse::fields::{Fields, code, label, leg, missing, text_at};
use crate::api::parse::json::Json;
use crate::api::parse::kind::EventType;
use crate::api::parse::names::Names;
use crate::api::parse::tree;
use crate::api::principal::FACTS;
use crate::api::problem::Problem;
use crate::base::ids::Text;
use crate::base::limits::{TAGS_MAX, TREES_MAX};
use crate::engine::command::Verb;
use crate::engine::command::enrol::Enrol;
use crate::engine::command::status::SetStatus;
use crate::engine::command::update::Update;
use crate::engine::member::{MemberKind, Profile, Status};

/// A new member; the event's id is the member's.
pub const ENROLLED: EventType = EventType {
    name: "member.enrolled",
    fields: &[
        "kind",
        "enroller",
        "country",
        "currency",
        "zone",
        "tags",
        "placements",
    ],
    roles: FACTS,
    read: enrolled,
};

/// What a member is changes; `null` clears a field.
pub const UPDATED: EventType = EventType {
    name: "member.updated",
    fields: &[
        "member",
        "kind",
        "country",
        "currency",
        "zone",
        "tags",
        "default_leg",
    ],
    roles: FACTS,
    read: updated,
};

/// A membership is opened, suspended or terminated.
pub const STATUS_CHANGED: EventType = EventType {
    name: "member.status_changed",
    fields: &["member", "status", "reason"],
    roles: FACTS,
    read: status_changed,
};

/// Kinds of member by name.
pub const KINDS: &[(&str, MemberKind)] = &[
    ("distributor", MemberKind::Distributor),
    ("preferred", MemberKind::Preferred),
    ("customer", MemberKind::Customer),
];

/// Standings of a membership by name.
pub const STATUSES: &[(&str, Status)] = &[
    ("open", Status::Open),
    ("suspended", Status::Suspended),
    ("terminated", Status::Terminated),
];

fn enrolled(data: &Fields<'_, '_>, names: &Names) -> Result<Verb, Problem> {
    let mut placements = Vec::new();
    for (index, value) in data.items("placements", TREES_MAX)?.iter().enumerate() {
        let path = format!("{}[{index}]", data.path_of("placements"));
        placements.push(tree::placement(value, &path, names)?);
    }
    Ok(Verb::Enrol(Box::new(Enrol {
        kind: data.word("kind", KINDS)?.unwrap_or(MemberKind::Distributor),
        enroller: data.id("enroller")?,
        profile: Profile {
            country: code(data, "country", 2)?,
            currency: code(data, "currency", 3)?,
            zone: data.label("zone")?,
            tags: tags(data)?.unwrap_or_default(),
        },
        placements,
    })))
}

fn updated(data: &Fields<'_, '_>, _: &Names) -> Result<Verb, Problem> {
    let cleared = |field: &str| data.raw(field) == Some(&Json::Null);
    let keep = |field: &str, value: Option<Text>| match value {
        None if !cleared(field) => None,
        value => Some(value),
    };
    Ok(Verb::Update(Box::new(Update {
        member: data.need_id("member")?,
        kind: data.word("kind", KINDS)?,
        country: keep("country", code(data, "country", 2)?),
        currency: keep("currency", code(data, "currency", 3)?),
        zone: keep("zone", data.label("zone")?),
        tags: if cleared("tags") {
            Some(Vec::new())
        } else {
            tags(data)?
        },
        default_leg: leg(data, "default_leg", 2)?,
    })))
}

fn status_changed(data: &Fields<'_, '_>, _: &Names) -> Result<Verb, Problem> {
    let path = data.path_of("status");
    Ok(Verb::Status(Box::new(SetStatus {
        member: data.need_id("member")?,
        status: data
            .word("status", STATUSES)?
            .ok_or_else(|| missing(&path).allowed(STATUSES.iter().map(|(word, _)| *word)))?,
        reason: data.label("reason")?,
    })))
}

fn tags(data: &Fields<'_, '_>) -> Result<Option<Vec<Text>>, Problem> {
    if data.get("tags").is_none() {
        return Ok(None);
    }
    let mut tags = Vec::new();
    for (index, value) in data.items("tags", TAGS_MAX)?.iter().enumerate() {
        let path = format!("{}[{index}]", data.path_of("tags"));
        tags.push(label(text_at(value, &path)?, &path)?);
    }
    Ok(Some(tags))
}

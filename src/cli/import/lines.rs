//! Commands of an import as lines of JSON, as `POST /v1/events` takes them.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::base::time::Time;
use crate::cli::import::vocabulary::Vocabulary;
use crate::engine::command::enrol::Enrol;
use crate::engine::command::order::Order;
use crate::engine::command::{Command, Verb};
use crate::engine::position::PlaceAt;

#[derive(Serialize)]
struct Line<'c> {
    id: &'c str,
    #[serde(rename = "type")]
    kind: &'static str,
    at: Time,
    data: Value,
}

/// Appends a command that an import makes: an enrolment, an order, or a move.
///
/// # Panics
/// If it is of another kind.
pub fn put(out: &mut Vec<u8>, command: &Command, words: &Vocabulary) {
    let (kind, data) = match &command.verb {
        Verb::Enrol(enrol) => ("member.enrolled", enrolled(enrol)),
        Verb::Order(order) => ("order.accepted", ordered(order, words)),
        Verb::Move(moved) => (
            "tree.moved",
            json!({ "tree": moved.tree, "member": moved.member, "parent": moved.parent }),
        ),
        other => unreachable!("an import makes no {other:?}"),
    };
    let line = Line {
        id: &command.id,
        kind,
        at: command.at,
        data,
    };
    serde_json::to_writer(&mut *out, &line).expect("a vector takes any bytes");
    out.push(b'\n');
}

fn enrolled(enrol: &Enrol) -> Value {
    let mut data = Map::new();
    data.insert("kind".into(), json!(enrol.kind));
    let profile = &enrol.profile;
    for (field, value) in [
        ("enroller", &enrol.enroller),
        ("country", &profile.country),
        ("currency", &profile.currency),
        ("zone", &profile.zone),
    ] {
        if let Some(value) = value {
            data.insert(field.into(), json!(value));
        }
    }
    if !profile.tags.is_empty() {
        data.insert("tags".into(), json!(profile.tags));
    }
    let places = enrol.placements.iter().map(|placement| match &placement.place {
        PlaceAt::Under {
            parent,
            centre,
            leg: Some(leg),
        } => json!({ "tree": placement.tree, "parent": parent, "parent_centre": centre, "leg": leg }),
        PlaceAt::Under { parent, centre, .. } => {
            json!({ "tree": placement.tree, "parent": parent, "parent_centre": centre })
        }
        other => unreachable!("a row names a parent, not {other:?}"),
    });
    if !enrol.placements.is_empty() {
        data.insert("placements".into(), places.collect());
    }
    Value::Object(data)
}

fn ordered(order: &Order, words: &Vocabulary) -> Value {
    let mut data = Map::new();
    data.insert("member".into(), json!(order.member));
    data.insert("centre".into(), json!(order.centre));
    let volumes = words.kinds.iter().enumerate();
    let volumes: Map<String, Value> = volumes
        .map(|(kind, name)| (name.to_string(), json!(order.volumes.get(kind))))
        .collect();
    data.insert("volumes".into(), Value::Object(volumes));
    data.insert("amount".into(), json!(order.amount));
    for (field, value) in [("currency", &order.currency), ("class", &order.class)] {
        if let Some(value) = value {
            data.insert(field.into(), json!(value));
        }
    }
    Value::Object(data)
}

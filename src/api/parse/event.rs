//! Events as they come in: the envelope `{id, type, at, data}`, and the flat bodies of the typed endpoints.

use std::borrow::Cow;

use crate::api::parse::fields::{Fields, id, missing};
use crate::api::parse::json::Json;
use crate::api::parse::kind::EventType;
use crate::api::parse::names::Names;
use crate::api::parse::{member, order, period, plan, qualify, token, tree};
use crate::api::problem::{Code, Problem};
use crate::base::ids::Text;
use crate::base::time::Time;
use crate::engine::command::Command;

/// Every type of event that clients may send.
pub const EVENTS: &[&EventType] = &[
    &member::ENROLLED,
    &member::UPDATED,
    &member::STATUS_CHANGED,
    &tree::PLACED,
    &tree::MOVED,
    &order::ACCEPTED,
    &order::REFUNDED,
    &order::ADJUSTED,
    &period::CLOSED,
    &plan::ACTIVATED,
    &qualify::OVERRIDDEN,
    &token::CREATED,
    &token::REVOKED,
];

/// Fields of the envelope.
const ENVELOPE: &[&str] = &["id", "type", "at", "data"];

/// Reads one event.
///
/// # Errors
/// Every mistake of shape, by the field's path; nothing is judged here.
pub fn event(value: &Json<'_>, names: &Names) -> Result<(&'static EventType, Command), Problem> {
    let envelope = Fields::of(value, "", ENVELOPE)?;
    let id = envelope.need_id("id")?;
    let name = match envelope.str("type")? {
        Some(name) => name,
        None => return Err(missing("type").allowed(EVENTS.iter().map(|event| event.name))),
    };
    let Some(event) = EVENTS.iter().find(|event| event.name == name) else {
        return Err(Problem::new(
            Code::BadValue,
            format!("`{name}` is not a type of event that is taken here."),
        )
        .field("type")
        .given(name)
        .allowed(EVENTS.iter().map(|event| event.name)));
    };
    let at = envelope.time("at")?.ok_or_else(|| missing("at"))?;
    let data = Fields::of(envelope.need("data")?, "data", event.fields)?;
    let verb = (event.read)(&data, names)?;
    Ok((event, Command { id, at, verb }))
}

/// What a typed endpoint knows beside the body.
pub struct Flat<'f> {
    /// The type of event the endpoint stands for.
    pub event: &'static EventType,
    /// Fields of the data that the path gives, and the body may not.
    pub path: &'f [(&'static str, &'f str)],
    /// The fact's id from the header `Idempotency-Key`.
    pub key: Option<&'f str>,
    /// The time of a body without `at`.
    pub now: Time,
    /// Only a question about the fact: it needs no id, and one that is given says nothing.
    pub question: bool,
}

/// Reads the flat body of a typed endpoint: `id` and `at` beside the fields of the data.
///
/// # Errors
/// As [`event`]; `bad_value` when the header and the body name different ids.
pub fn flat(value: &Json<'_>, names: &Names, flat: &Flat<'_>) -> Result<Command, Problem> {
    let given = |field: &&str| !flat.path.iter().any(|(name, _)| name == field);
    let known: Vec<&str> = ["id", "at"]
        .into_iter()
        .chain(flat.event.fields.iter().copied().filter(given))
        .collect();
    let body = Fields::of(value, "", &known)?;
    let id = match (body.id("id")?, flat.key) {
        (None, None) if flat.question => Text::new("question"),
        (body, key) => fact_id(body, key)?,
    };
    let at = body.time("at")?.unwrap_or(flat.now);
    if flat.path.is_empty() {
        let verb = (flat.event.read)(&body, names)?;
        return Ok(Command { id, at, verb });
    }
    let mut whole: Vec<(Cow<'_, str>, Json<'_>)> = flat
        .path
        .iter()
        .map(|(name, value)| (Cow::Borrowed(*name), Json::Text(Cow::Borrowed(*value))))
        .collect();
    whole.extend(known.iter().filter_map(|name| {
        body.raw(name)
            .map(|value| (Cow::Borrowed(*name), value.clone()))
    }));
    let verb = (flat.event.read)(&Fields::known("", &whole), names)?;
    Ok(Command { id, at, verb })
}

/// The id of a fact: the body's or the header's, which must agree where both are given.
///
/// # Errors
/// `missing_field`, `bad_id`, `bad_value`.
pub fn fact_id(body: Option<Text>, key: Option<&str>) -> Result<Text, Problem> {
    match (body, key) {
        (Some(body), None) => Ok(body),
        (Some(body), Some(key)) if body == key => Ok(body),
        (Some(_), Some(key)) => Err(Problem::new(
            Code::BadValue,
            "The body's `id` and the header Idempotency-Key name different ids.",
        )
        .field("Idempotency-Key")
        .given(key)),
        (None, Some(key)) => id(key, "Idempotency-Key"),
        (None, None) => Err(Problem::new(
            Code::MissingField,
            "Every fact needs an id, so that it happens once only: `id` in the body, or the header Idempotency-Key.",
        )
        .field("id")),
    }
}

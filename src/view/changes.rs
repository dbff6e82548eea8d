//! A logged command as the event clients know: for `/v1/changes`, export and `log show`.
//!
//! The words are those a client sends, so that what is read can be sent again to another server.

use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::base::money::{minor_digits, minor_text};
use crate::base::path::Paths;
use crate::base::time::Time;
use crate::base::volumes::Volumes;
use crate::engine::command::enrol::Enrol;
use crate::engine::command::order::Order;
use crate::engine::command::qualify::Qualify;
use crate::engine::command::refund::{Extent, Refund};
use crate::engine::command::run::PostRun;
use crate::engine::command::update::Update;
use crate::engine::command::{Command, Verb};
use crate::engine::outcome::{Accepted, Choice};
use crate::engine::plans::LateRefunds;
use crate::engine::position::PlaceAt;
use crate::engine::rules::Rules;
use crate::tree::rules::Policy;
use crate::view::network::{self, hex};

/// A fact as clients read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Event {
    /// Its number in the log; commands accepted together have the same.
    pub seq: u64,
    /// Which of the commands accepted together, from 0; none for a single one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<u32>,
    /// The client's id.
    pub id: String,
    /// Such as `order.accepted`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The client's business time.
    pub at: Time,
    /// Machine time.
    pub received: Time,
    /// What happened, by the fields of its type.
    #[schema(value_type = Object)]
    pub data: Value,
    /// Places that followed: chosen by a policy or asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<PlaceTaken>,
}

/// A place that an event gave to a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlaceTaken {
    /// Name of the tree.
    pub tree: String,
    /// Which of the member's places, from 1.
    pub centre: u16,
    /// Whom it hangs below; none for a root or in the holding tank.
    pub parent: Option<String>,
    /// Which of the parent's places.
    pub parent_centre: Option<u16>,
    /// Leg from 1; none where legs are not numbered.
    pub leg: Option<u8>,
    /// Whether it waits in the holding tank.
    pub waits: bool,
}

/// The events of one accepted command, in order: one, or as many as were accepted together.
///
/// `rules` give kinds and trees their names and `id_of` gives a member's; before a network exists there is nothing to
/// name. Rejected commands are no events.
///
/// # Cost
/// O(size of the command).
#[must_use]
pub fn events(
    seq: u64,
    received: Time,
    command: &Command,
    accepted: &Accepted,
    rules: &Rules,
    id_of: &dyn Fn(u32) -> String,
) -> Vec<Event> {
    let places = |part: u32| {
        let its = accepted.choices.iter();
        its.filter(|choice| u32::from(choice.part) == part)
            .map(|choice| place_taken(choice, rules, id_of))
            .collect()
    };
    match &command.verb {
        Verb::Atomic(parts) => parts
            .iter()
            .zip(0u32..)
            .map(|(part, index)| Event {
                part: Some(index),
                ..event(seq, received, part, places(index), rules)
            })
            .collect(),
        _ => vec![event(seq, received, command, places(0), rules)],
    }
}

/// One event.
fn event(
    seq: u64,
    received: Time,
    command: &Command,
    places: Vec<PlaceTaken>,
    rules: &Rules,
) -> Event {
    Event {
        seq,
        part: None,
        id: command.id.to_string(),
        kind: type_of(&command.verb).to_owned(),
        at: command.at,
        received,
        data: data(&command.verb, rules),
        places,
    }
}

/// A choice with names instead of numbers.
pub fn place_taken(choice: &Choice, rules: &Rules, id_of: &dyn Fn(u32) -> String) -> PlaceTaken {
    PlaceTaken {
        tree: rules.trees[usize::from(choice.tree)].name.to_string(),
        centre: choice.centre,
        parent: choice.parent.map(|(member, _)| id_of(member)),
        parent_centre: choice.parent.map(|(_, centre)| centre),
        leg: (choice.leg > 0).then_some(choice.leg),
        waits: choice.waits,
    }
}

/// The type by which clients know a verb.
#[must_use]
pub fn type_of(verb: &Verb) -> &'static str {
    match verb {
        Verb::Found(_) | Verb::Change(_) => "network.changed",
        Verb::Enrol(_) => "member.enrolled",
        Verb::Update(_) => "member.updated",
        Verb::Status(_) => "member.status_changed",
        Verb::Place(_) => "tree.placed",
        Verb::Move(_) => "tree.moved",
        Verb::Order(_) => "order.accepted",
        Verb::Refund(_) => "order.refunded",
        Verb::Adjust(_) => "volume.adjusted",
        Verb::Close(_) => "period.closed",
        Verb::CreateToken(_) => "token.created",
        Verb::RevokeToken(_) => "token.revoked",
        Verb::DraftPlan(_) => "plan.drafted",
        Verb::ActivatePlan(_) => "plan.activated",
        Verb::Qualify(_) => "qualification.overridden",
        Verb::AdvanceTime => "time.advanced",
        Verb::ExtendCalendar(_) => "calendar.extended",
        Verb::PostRun(_) => "run.posted",
        Verb::Atomic(_) => "atomic",
    }
}

/// A JSON object built field by field: what is absent is left out.
#[derive(Default)]
struct Data(Map<String, Value>);

impl Data {
    /// With a field.
    fn with(mut self, field: &str, value: impl Into<Value>) -> Data {
        self.0.insert(field.to_owned(), value.into());
        self
    }

    /// With a field if there is one.
    fn maybe(self, field: &str, value: Option<impl Into<Value>>) -> Data {
        match value {
            Some(value) => self.with(field, value),
            None => self,
        }
    }
}

/// Anything that becomes JSON without failing: words, numbers as strings, times.
fn word(value: impl Serialize) -> Value {
    serde_json::to_value(value).expect("plain values always serialise")
}

fn qualified(told: &Qualify) -> Data {
    Data::default()
        .with("member", told.member.as_str())
        .with("ladder", told.ladder.as_str())
        .maybe("rank", told.rank.as_deref())
        .with("period_type", told.period_type.as_str())
        .with("period", told.period.as_str())
        .with("periods", told.periods)
        .with("reason", told.reason.as_str())
}

/// Names of the period types of which lines can be reversed.
fn reversed(refunds: LateRefunds, rules: &Rules) -> Value {
    let types = rules.period_types.iter().enumerate();
    let types = types.filter(|(at, _)| refunds.reversed >> at & 1 != 0);
    types.map(|(_, of)| of.name.as_str()).collect()
}

/// Who is written down with orders; nothing where nobody is.
fn posts(paths: &Paths, rules: &Rules) -> Option<Value> {
    let all = paths.iter().filter_map(|(path, levels)| {
        let tree = rules.trees.get(usize::from(path.tree))?.name.as_str();
        Some(serde_json::json!({"tree": tree, "compressed": path.compressed, "levels": levels}))
    });
    (!paths.is_empty()).then(|| all.collect())
}

/// The fields of an event.
fn data(verb: &Verb, rules: &Rules) -> Value {
    let built = match verb {
        Verb::Found(found) => Data::default()
            .with("document", hex(&found.document))
            .with("rules", word(&found.rules)),
        Verb::Change(change) => Data::default()
            .with("document", hex(&change.told.document))
            .with("rules", word(&change.told.rules))
            .maybe("begins", change.begins.as_deref()),
        Verb::Enrol(enrol) => enrolled(enrol, rules),
        Verb::Update(update) => updated(update),
        Verb::Status(set) => Data::default()
            .with("member", set.member.as_str())
            .with("status", word(set.status))
            .maybe("reason", set.reason.as_deref()),
        Verb::Place(place) => place_fields(
            Data::default()
                .with("tree", place.tree.as_str())
                .with("member", place.member.as_str())
                .with("centre", place.centre),
            &place.place,
            rules,
        ),
        Verb::Move(moved) => Data::default()
            .with("tree", moved.tree.as_str())
            .with("member", moved.member.as_str())
            .with("centre", moved.centre)
            .maybe("parent", moved.parent.as_deref())
            .maybe(
                "parent_centre",
                moved.parent.as_ref().map(|_| moved.parent_centre),
            )
            .maybe("root", moved.parent.is_none().then_some(true))
            .maybe("leg", moved.leg),
        Verb::Order(order) => ordered(order, rules),
        Verb::Refund(refund) => refunded(refund, rules),
        Verb::Adjust(adjust) => Data::default()
            .with("member", adjust.member.as_str())
            .with("centre", adjust.centre)
            .with("volumes", by_kind(&adjust.volumes, rules))
            .with("reason", adjust.reason.as_str()),
        Verb::Close(close) => Data::default()
            .with("period_type", close.period_type.as_str())
            .with("period", close.period.as_str()),
        Verb::CreateToken(token) => Data::default()
            .with("hash", hex(&token.hash))
            .with("role", word(token.role))
            .maybe("member", token.member.as_deref())
            .maybe("expires", token.expires.map(word)),
        Verb::RevokeToken(token) => Data::default().with("token", token.token.as_str()),
        Verb::DraftPlan(plan) => Data::default()
            .with("set", plan.set.as_str())
            .with("document", hex(&plan.said.document))
            .with("refunds_after_close", plan.said.refunds.after_close.name())
            .with("reversed", reversed(plan.said.refunds, rules))
            .maybe("posts", posts(&plan.said.paths, rules)),
        Verb::ActivatePlan(plan) => Data::default()
            .with("set", plan.set.as_str())
            .with("version", plan.version),
        Verb::Qualify(told) => qualified(told),
        Verb::AdvanceTime => Data::default(),
        Verb::ExtendCalendar(calendar) => Data::default()
            .with("period_type", calendar.period_type.as_str())
            .with("ends", word(&calendar.ends))
            .with("labels", word(&calendar.labels)),
        Verb::PostRun(run) => posted(run),
        Verb::Atomic(parts) => Data::default().with("commands", parts.len()),
    };
    Value::Object(built.0)
}

/// The fields of `member.enrolled`.
fn enrolled(enrol: &Enrol, rules: &Rules) -> Data {
    let placements: Vec<Value> = enrol
        .placements
        .iter()
        .map(|placement| {
            let data = Data::default().with("tree", placement.tree.as_str());
            Value::Object(place_fields(data, &placement.place, rules).0)
        })
        .collect();
    Data::default()
        .with("kind", word(enrol.kind))
        .maybe("enroller", enrol.enroller.as_deref())
        .maybe("country", enrol.profile.country.as_deref())
        .maybe("currency", enrol.profile.currency.as_deref())
        .maybe("zone", enrol.profile.zone.as_deref())
        .maybe(
            "tags",
            (!enrol.profile.tags.is_empty()).then(|| word(&enrol.profile.tags)),
        )
        .maybe("placements", (!placements.is_empty()).then_some(placements))
}

/// Adds where a place is asked for.
fn place_fields(data: Data, place: &PlaceAt, rules: &Rules) -> Data {
    match place {
        PlaceAt::Root => data.with("root", true),
        PlaceAt::Under {
            parent,
            centre,
            leg,
        } => data
            .with("parent", parent.as_str())
            .with("parent_centre", *centre)
            .maybe("leg", *leg),
        PlaceAt::Policy { policy, under } => data
            .with("policy", policy_words(*policy, rules))
            .maybe("under", under.as_deref()),
        PlaceAt::Tank => data.with("tank", true),
    }
}

/// A policy: its name, or an object where there is more to say.
fn policy_words(policy: Policy, rules: &Rules) -> Value {
    let name = network::policy_name(policy);
    match policy {
        Policy::WeakerVolume {
            kind,
            period,
            inside,
        } => json!({
            "name": name,
            "kind": rules.kinds[usize::from(kind)].as_str(),
            "period": rules.period_types[usize::from(period)].name.as_str(),
            "inside": word(inside),
        }),
        Policy::WeakerCount { inside } => json!({ "name": name, "inside": word(inside) }),
        _ => json!(name),
    }
}

/// The fields of `member.updated`; null clears.
fn updated(update: &Update) -> Data {
    let text = |value: &Option<crate::base::ids::Text>| match value {
        Some(text) => json!(text.as_str()),
        None => Value::Null,
    };
    Data::default()
        .with("member", update.member.as_str())
        .maybe("kind", update.kind.map(word))
        .maybe("country", update.country.as_ref().map(text))
        .maybe("currency", update.currency.as_ref().map(text))
        .maybe("zone", update.zone.as_ref().map(text))
        .maybe("tags", update.tags.as_ref().map(word))
        .maybe("default_leg", update.default_leg)
}

/// The fields of `order.accepted`.
fn ordered(order: &Order, rules: &Rules) -> Data {
    let lines: Vec<Value> = order
        .lines
        .iter()
        .map(|line| {
            json!({
                "sku": line.sku.as_str(),
                "quantity": line.quantity,
                "volumes": by_kind(&line.volumes, rules),
                "amount": line.amount,
            })
        })
        .collect();
    Data::default()
        .with("member", order.member.as_str())
        .with("centre", order.centre)
        .with("volumes", by_kind(&order.volumes, rules))
        .with("amount", order.amount.to_string())
        .maybe("currency", order.currency.as_deref())
        .maybe("class", order.class.as_deref())
        .maybe("lines", (!lines.is_empty()).then_some(lines))
}

/// The fields of `order.refunded`.
fn refunded(refund: &Refund, rules: &Rules) -> Data {
    let data = Data::default().with("order", refund.order.as_str());
    match &refund.extent {
        Extent::Full => data.with("full", true),
        Extent::Amount(amount) => data.with("amount", amount.to_string()),
        Extent::Volumes(volumes, amount) => data
            .with("volumes", by_kind(volumes, rules))
            .with("amount", amount.to_string()),
    }
    .maybe("reason", refund.reason.as_deref())
}

/// The fields of `run.posted`; totals by currency, as decimals.
fn posted(run: &PostRun) -> Data {
    let totals = run.totals.iter().map(|(currency, minor)| {
        let amount = minor_text(*minor, minor_digits(currency));
        (currency.to_string(), Value::from(amount))
    });
    Data::default()
        .with("period_type", run.period_type.as_str())
        .with("period", run.period.as_str())
        .with("digest", hex(&run.digest))
        .with("lines", run.lines)
        .with("payees", run.payees)
        .with("totals", Value::Object(totals.collect()))
}

/// Volumes by kind name; kinds of none are left out.
fn by_kind(volumes: &Volumes, rules: &Rules) -> Value {
    let kinds = rules.kinds.iter().enumerate();
    Value::Object(
        kinds
            .filter(|&(kind, _)| volumes.get(kind).0 != 0)
            .map(|(kind, name)| (name.to_string(), word(volumes.get(kind))))
            .collect(),
    )
}

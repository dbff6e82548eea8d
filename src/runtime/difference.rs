//! Where two commands of one id differ: names the first field, in the words of the API.

use crate::engine::command::enrol::Enrol;
use crate::engine::command::order::Order;
use crate::engine::command::refund::Extent;
use crate::engine::command::{Command, Verb};

/// The first field in which two commands differ; none when their whole content is equal.
#[must_use]
pub fn difference(one: &Command, other: &Command) -> Option<&'static str> {
    if one.id != other.id {
        return Some("id");
    }
    // A document comes without a time, and so may an activation: the server's clock gives them one.
    let timed = !matches!(
        one.verb,
        Verb::Change(_) | Verb::DraftPlan(_) | Verb::ActivatePlan(_)
    );
    of_verbs(&one.verb, &other.verb).or_else(|| (timed && one.at != other.at).then_some("at"))
}

/// The first row whose two sides differ.
macro_rules! first_of {
    ($one:ident, $other:ident, $($field:ident $(as $name:literal)?),+) => {
        [$(($one.$field != $other.$field, first_of!(@name $field $($name)?))),+]
            .into_iter()
            .find_map(|(differs, name)| differs.then_some(name))
    };
    (@name $field:ident $name:literal) => { $name };
    (@name $field:ident) => { stringify!($field) };
}

fn of_verbs(one: &Verb, other: &Verb) -> Option<&'static str> {
    match (one, other) {
        (Verb::Enrol(one), Verb::Enrol(other)) => of_enrolments(one, other),
        (Verb::Order(one), Verb::Order(other)) => of_orders(one, other),
        (Verb::Update(one), Verb::Update(other)) => {
            first_of!(
                one,
                other,
                member,
                kind,
                country,
                currency,
                zone,
                tags,
                default_leg
            )
        }
        (Verb::Status(one), Verb::Status(other)) => first_of!(one, other, member, status, reason),
        (Verb::Place(one), Verb::Place(other)) => {
            first_of!(one, other, tree, member, centre, place)
        }
        (Verb::Move(one), Verb::Move(other)) => {
            first_of!(one, other, tree, member, centre, parent, parent_centre, leg)
        }
        (Verb::Refund(one), Verb::Refund(other)) => {
            let extent = of_extents(&one.extent, &other.extent);
            first_of!(one, other, order)
                .or(extent)
                .or(first_of!(one, other, reason))
        }
        (Verb::Adjust(one), Verb::Adjust(other)) => {
            first_of!(one, other, member, centre, volumes, reason)
        }
        (Verb::Close(one), Verb::Close(other)) => first_of!(one, other, period_type, period),
        (Verb::CreateToken(one), Verb::CreateToken(other)) => {
            first_of!(one, other, role, member, expires, hash as "secret")
        }
        (Verb::RevokeToken(one), Verb::RevokeToken(other)) => first_of!(one, other, token),
        (Verb::Found(one), Verb::Found(other)) => first_of!(one, other, document, rules),
        // The rules follow from the document and the calendars of the moment.
        (Verb::Change(one), Verb::Change(other)) => {
            let document = one.told.document != other.told.document;
            document
                .then_some("document")
                .or_else(|| first_of!(one, other, begins))
        }
        (Verb::ExtendCalendar(one), Verb::ExtendCalendar(other)) => {
            first_of!(one, other, period_type, ends, labels)
        }
        (Verb::Atomic(one), Verb::Atomic(other)) => (one != other).then_some("commands"),
        (Verb::PostRun(one), Verb::PostRun(other)) => (one != other).then_some("digest"),
        (Verb::AdvanceTime, Verb::AdvanceTime) => None,
        _ => of_plans(one, other),
    }
}

fn of_plans(one: &Verb, other: &Verb) -> Option<&'static str> {
    match (one, other) {
        (Verb::DraftPlan(one), Verb::DraftPlan(other)) => {
            let document = one.said.document != other.said.document;
            first_of!(one, other, set).or(document.then_some("document"))
        }
        (Verb::ActivatePlan(one), Verb::ActivatePlan(other)) => {
            first_of!(one, other, set, version)
        }
        (Verb::Qualify(one), Verb::Qualify(other)) => {
            first_of!(
                one,
                other,
                member,
                ladder,
                rank,
                period_type,
                period,
                periods,
                reason
            )
        }
        _ => Some("type"),
    }
}

fn of_enrolments(one: &Enrol, other: &Enrol) -> Option<&'static str> {
    let (a, b) = (&one.profile, &other.profile);
    first_of!(one, other, kind, enroller)
        .or(first_of!(a, b, country, currency, zone, tags))
        .or(first_of!(one, other, placements))
}

fn of_orders(one: &Order, other: &Order) -> Option<&'static str> {
    first_of!(
        one, other, member, centre, volumes, amount, currency, class, lines
    )
}

fn of_extents(one: &Extent, other: &Extent) -> Option<&'static str> {
    match (one, other) {
        (Extent::Volumes(one, amount), Extent::Volumes(other, also)) => {
            let differs = [(one != other, "volumes"), (amount != also, "amount")];
            differs
                .into_iter()
                .find_map(|(differs, name)| differs.then_some(name))
        }
        _ => (one != other).then_some("amount"),
    }
}

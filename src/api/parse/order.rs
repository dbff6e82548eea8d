//! `order.*` and `volume.adjusted`, read the thorough way; [`hot`](crate::api::parse::hot) reads plain orders faster
//! and must agree.

use crate::api::parse::fields::{
    Fields, centre, code, join, missing, out_of_range, volume_at, wrong_type,
};
use crate::api::parse::json::Json;
use crate::api::parse::kind::EventType;
use crate::api::parse::names::Names;
use crate::api::principal::{FACTS, MONEY};
use crate::api::problem::{Code, Problem};
use crate::base::ids::Text;
use crate::base::limits::{KINDS_MAX, ORDER_LINES_MAX};
use crate::base::number::Volume;
use crate::base::volumes::Volumes;
use crate::engine::command::Verb;
use crate::engine::command::adjust::Adjust;
use crate::engine::command::order::Order;
use crate::engine::command::refund::{Extent, Refund};
use crate::engine::line::Line;

/// A sale; the event's id is the order's.
pub const ACCEPTED: EventType = EventType {
    name: "order.accepted",
    fields: &[
        "member", "centre", "volumes", "amount", "currency", "class", "lines",
    ],
    roles: FACTS,
    read: accepted,
};

/// An order taken back, wholly (`full`) or in part (`amount`, or `volumes` with `amount`).
pub const REFUNDED: EventType = EventType {
    name: "order.refunded",
    fields: &["order", "full", "amount", "volumes", "reason"],
    roles: FACTS,
    read: refunded,
};

/// A member's volume corrected, with a reason.
pub const ADJUSTED: EventType = EventType {
    name: "volume.adjusted",
    fields: &["member", "centre", "volumes", "reason"],
    roles: MONEY,
    read: adjusted,
};

fn accepted(data: &Fields<'_, '_>, names: &Names) -> Result<Verb, Problem> {
    let member = data.need_id("member")?;
    let (amount, currency) = money(data)?;
    let mut lines = Vec::new();
    for (index, value) in data.items("lines", ORDER_LINES_MAX)?.iter().enumerate() {
        let path = format!("{}[{index}]", data.path_of("lines"));
        lines.push(line(value, &path, names)?);
    }
    Ok(Verb::Order(Order {
        member,
        centre: centre(data, "centre")?,
        volumes: volumes(data, names, Sign::NotNegative)?.unwrap_or_default(),
        amount,
        currency,
        class: data.label("class")?,
        lines,
    }))
}

fn line(value: &Json<'_>, path: &str, names: &Names) -> Result<Line, Problem> {
    let line = Fields::of(value, path, &["sku", "quantity", "volumes", "amount"])?;
    Ok(Line {
        sku: line.need_label("sku")?,
        quantity: match line.volume("quantity")? {
            Some(quantity) => not_negative(quantity, &line.path_of("quantity"))?,
            None => Volume(crate::base::number::UNIT),
        },
        volumes: volumes(&line, names, Sign::NotNegative)?.unwrap_or_default(),
        amount: not_negative(
            line.volume("amount")?.unwrap_or_default(),
            &line.path_of("amount"),
        )?,
    })
}

fn refunded(data: &Fields<'_, '_>, names: &Names) -> Result<Verb, Problem> {
    let order = data.need_id("order")?;
    let amount = data
        .volume("amount")?
        .map(|amount| not_negative(amount, &data.path_of("amount")))
        .transpose()?;
    let extent = match (
        data.flag("full")?,
        volumes(data, names, Sign::NotNegative)?,
        amount,
    ) {
        (true, None, None) => Extent::Full,
        (true, _, _) => {
            return Err(Problem::new(
                Code::BadValue,
                "A full refund names neither amount nor volumes.",
            )
            .field(data.path_of("full"))
            .given("true")
            .allowed(["full", "amount", "volumes with amount"]));
        }
        (false, Some(volumes), amount) => Extent::Volumes(volumes, amount.unwrap_or_default()),
        (false, None, Some(amount)) => Extent::Amount(amount),
        (false, None, None) => {
            return Err(missing(&data.path_of("full")).allowed([
                "full",
                "amount",
                "volumes with amount",
            ]));
        }
    };
    Ok(Verb::Refund(Box::new(Refund {
        order,
        extent,
        reason: data.label("reason")?,
    })))
}

fn adjusted(data: &Fields<'_, '_>, names: &Names) -> Result<Verb, Problem> {
    Ok(Verb::Adjust(Box::new(Adjust {
        member: data.need_id("member")?,
        centre: centre(data, "centre")?,
        volumes: volumes(data, names, Sign::Any)?
            .ok_or_else(|| missing(&data.path_of("volumes")))?,
        reason: data.need_label("reason")?,
    })))
}

/// Which signs a volume may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    NotNegative,
    Any,
}

fn volumes(data: &Fields<'_, '_>, names: &Names, sign: Sign) -> Result<Option<Volumes>, Problem> {
    let Some(value) = data.get("volumes") else {
        return Ok(None);
    };
    let path = data.path_of("volumes");
    let Json::Object(entries) = value else {
        return Err(wrong_type(&path, value, "an object"));
    };
    if entries.len() > KINDS_MAX && names.kinds.is_empty() {
        return Err(out_of_range(
            &path,
            &format!("{} kinds", entries.len()),
            &format!("at most {KINDS_MAX} kinds"),
        ));
    }
    let mut volumes = Volumes::default();
    for (kind, value) in entries {
        let path = join(&path, kind);
        let index = names.kind(kind, &path)?;
        let volume = volume_at(value, &path)?;
        volumes.set(
            index,
            if sign == Sign::Any {
                volume
            } else {
                not_negative(volume, &path)?
            },
        );
    }
    Ok(Some(volumes))
}

/// Money paid: `"12.34"` with `currency` beside it, or `{"amount": "12.34", "currency": "USD"}`.
fn money(data: &Fields<'_, '_>) -> Result<(Volume, Option<Text>), Problem> {
    let path = data.path_of("amount");
    let beside = code(data, "currency", 3)?;
    match data.get("amount") {
        None => Ok((Volume::ZERO, beside)),
        Some(value @ Json::Object(_)) => {
            let money = Fields::of(value, &path, &["amount", "currency"])?;
            let amount = money
                .volume("amount")?
                .ok_or_else(|| missing(&money.path_of("amount")))?;
            let inside = code(&money, "currency", 3)?;
            if let (Some(inside), Some(beside)) = (&inside, &beside)
                && inside != beside
            {
                return Err(
                    Problem::new(Code::BadValue, "Two different currencies are named.")
                        .field(data.path_of("currency"))
                        .given(beside)
                        .allowed([inside]),
                );
            }
            Ok((
                not_negative(amount, &money.path_of("amount"))?,
                inside.or(beside),
            ))
        }
        Some(value) => Ok((not_negative(volume_at(value, &path)?, &path)?, beside)),
    }
}

fn not_negative(volume: Volume, path: &str) -> Result<Volume, Problem> {
    if volume < Volume::ZERO {
        return Err(out_of_range(path, &volume.to_string(), "0 or more"));
    }
    Ok(volume)
}

//! `period.closed`.

use crate::api::parse::fields::{Fields, missing};
use crate::api::parse::kind::EventType;
use crate::api::parse::names::Names;
use crate::api::principal::MONEY;
use crate::api::problem::Problem;
use crate::engine::command::Verb;
use crate::engine::command::close::Close;

/// A period that has rolled is frozen.
pub const CLOSED: EventType = EventType {
    name: "period.closed",
    fields: &["period_type", "period"],
    roles: MONEY,
    read: closed,
};

fn closed(data: &Fields<'_, '_>, names: &Names) -> Result<Verb, Problem> {
    let path = data.path_of("period_type");
    let index = names.period_type(
        data.str("period_type")?.ok_or_else(|| missing(&path))?,
        &path,
    )?;
    Ok(Verb::Close(Box::new(Close {
        period_type: names.period_types[index].clone(),
        period: data.need_label("period")?,
    })))
}

//! `qualification.overridden`.

use crate::api::parse::fields::{Fields, missing};
use crate::api::parse::kind::EventType;
use crate::api::parse::names::Names;
use crate::api::principal::MONEY;
use crate::api::problem::Problem;
use crate::engine::command::Verb;
use crate::engine::command::qualify::{PERIODS_MAX, Qualify};

/// A member is paid as a rank at least, whatever he meets.
pub const OVERRIDDEN: EventType = EventType {
    name: "qualification.overridden",
    fields: &[
        "member",
        "ladder",
        "rank",
        "period_type",
        "period",
        "periods",
        "reason",
    ],
    roles: MONEY,
    read: overridden,
};

fn overridden(data: &Fields<'_, '_>, names: &Names) -> Result<Verb, Problem> {
    let path = data.path_of("period_type");
    let given = data.str("period_type")?.ok_or_else(|| missing(&path))?;
    let index = names.period_type(given, &path)?;
    let periods = data.whole("periods", 1, i64::from(PERIODS_MAX))?;
    Ok(Verb::Qualify(Box::new(Qualify {
        member: data.need_id("member")?,
        ladder: data.need_label("ladder")?,
        rank: data.label("rank")?,
        period_type: names.period_types[index].clone(),
        period: data.need_label("period")?,
        periods: periods.map_or(1, |periods| periods as u32),
        reason: data.need_label("reason")?,
    })))
}

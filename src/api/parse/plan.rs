//! `plan.activated`. A version is drafted by `PUT /v1/plans/{id}` alone: an event could only name a document that nobody
//! has kept.

use crate::api::parse::fields::{Fields, missing};
use crate::api::parse::kind::EventType;
use crate::api::parse::names::Names;
use crate::api::principal::ADMIN;
use crate::api::problem::Problem;
use crate::base::ids::Text;
use crate::engine::command::Verb;
use crate::engine::command::plan::ActivatePlan;

/// A version of a plan set counts from now on.
pub const ACTIVATED: EventType = EventType {
    name: "plan.activated",
    fields: &["set", "version"],
    roles: ADMIN,
    read: activated,
};

fn activated(data: &Fields<'_, '_>, _: &Names) -> Result<Verb, Problem> {
    let set = data.need_id("set")?;
    let version = version(data)?.ok_or_else(|| missing(&data.path_of("version")))?;
    Ok(activate(set, version))
}

/// The version that a body names.
///
/// # Errors
/// `wrong_type`, `out_of_range`.
pub fn version(data: &Fields<'_, '_>) -> Result<Option<u32>, Problem> {
    let version = data.whole("version", 1, i64::from(u32::MAX))?;
    Ok(version.map(|version| u32::try_from(version).expect("checked to be in range")))
}

/// What activates a version.
#[must_use]
pub fn activate(set: Text, version: u32) -> Verb {
    Verb::ActivatePlan(Box::new(ActivatePlan { set, version }))
}

//! The `enrolment` table of a network document: who may enrol others.

use crate::document::names::Names;
use crate::document::reader::Section;
use crate::engine::rules::CustomersFirst;

const KINDS: &str = "a table with kind, at_least and period";

/// Reads what an enroller's customers must have bought first; nothing without the table.
///
/// The outer value is none where something was refused.
#[must_use]
pub fn read(root: &Section, names: &Names) -> Option<Option<CustomersFirst>> {
    let Some(field) = root.field("enrolment") else {
        return Some(None);
    };
    let section = field.section("a table with customers")?;
    section.only(&["customers", "newcomers"]);
    let preferred = section.field("newcomers").map_or(Some(false), |field| {
        field.choice(&[
            ("distributors", false),
            ("distributors_and_preferred", true),
        ])
    });
    let customers = section.required("customers", KINDS)?.section(KINDS)?;
    customers.only(&["kind", "at_least", "period"]);
    let kind = names.kind(&customers, "kind");
    let at_least = customers
        .required("at_least", "a volume above 0, such as \"200\"")
        .and_then(|field| field.volume_above_zero());
    let period = names.period(&customers, "period");
    Some(Some(CustomersFirst {
        kind: kind?,
        at_least: at_least?,
        period: period?,
        preferred: preferred?,
    }))
}

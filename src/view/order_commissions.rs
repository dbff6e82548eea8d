//! All that one order earns members in one period: a line a member, component and level.

use serde::Serialize;
use utoipa::ToSchema;

use crate::base::number::Volume;
use crate::plan::derived::FIRST_MAX;
use crate::plan::entry::Wanted;
use crate::plan::part::Sold;
use crate::view::era::Asked;
use crate::view::error::{ViewError, What};
use crate::view::explanation::{PartAnswer, part_answer};
use crate::view::late::entered;
use crate::view::lens::Lens;
use crate::view::payout::Payout;
use crate::view::plan_orders::PlanOrders;
use crate::view::shape::ByKind;

/// What an order earns members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrderCommissions {
    /// The order's id.
    pub order: String,
    /// Name of the period type.
    pub period_type: String,
    /// Label of the period looked at.
    pub period: String,
    /// Name of the plan set.
    pub plan_set: String,
    /// What the order brings that period, refunds booked to it taken off.
    pub volumes: ByKind,
    /// What of that counts in the kinds that the plan set derives.
    pub derived: ByKind,
    /// What it earns members, by component, nearest first; before caps, and before any is rounded.
    pub lines: Vec<OrderLine>,
    /// Components of the period whose amounts do not fall apart by order: matches, pools, fixed amounts for a whole period.
    pub not_by_order: Vec<String>,
}

/// One amount that an order is a part of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrderLine {
    /// The member's id.
    pub member: String,
    /// Name of the component.
    pub component: String,
    /// Level or generation, volume, rate, amount.
    #[serde(flatten)]
    pub part: PartAnswer,
}

/// Which period of a type an order entered, by its record: the one its `at` lies in where it is marked so, otherwise the
/// one that was current when it was accepted. O(log periods).
///
/// # Errors
/// An unknown order, or one that is older than the period type.
pub fn period_of(lens: &Lens<'_>, period: usize, id: &str) -> Result<Asked, ViewError> {
    let order = find(lens, id)?;
    let row = lens.state.orders.row(order);
    let ordinal = entered(lens, period, row.periods, (row.at, row.seq));
    let ordinal = ordinal.ok_or_else(|| unknown(id))?;
    Ok(Asked { period, ordinal })
}

/// What an order earns members, and what of it counts in derived kinds. O(depth x levels) for each component.
///
/// # Errors
/// An unknown order.
pub fn of_order(payout: &Payout, id: &str) -> Result<OrderCommissions, ViewError> {
    let (lens, era) = (payout.lens(), payout.era());
    let order = find(&lens, id)?;
    let entries = PlanOrders::new(
        (lens, era),
        Wanted::everywhere(FIRST_MAX),
        payout.set.after_close,
    )
    .all_of(order);
    let sold = Sold::of(&entries, &payout.set.kinds);
    let brought = |kind: usize| sold.volumes.get(kind).copied().unwrap_or(0);
    let (mut lines, mut not_by_order) = (Vec::new(), Vec::new());
    for (index, entry) in payout.set.components_of(era.period) {
        let Some(all) = payout.pass.trace(&payout.set, index, &sold) else {
            not_by_order.push(entry.name.to_string());
            continue;
        };
        for earned in all {
            lines.push(OrderLine {
                member: lens.id(earned.member),
                component: entry.name.to_string(),
                part: part_answer(earned.part),
            });
        }
    }
    Ok(OrderCommissions {
        order: id.to_owned(),
        period_type: lens.period_type_name(era.period),
        period: lens.label(era.period, era.ordinal),
        plan_set: payout.set.name.to_string(),
        volumes: lens.by_kind(brought),
        derived: ByKind(
            payout
                .set
                .named_kinds()
                .map(|(index, kind)| (kind.name.to_string(), Volume(brought(index))))
                .collect(),
        ),
        lines,
        not_by_order,
    })
}

fn find(lens: &Lens<'_>, id: &str) -> Result<u32, ViewError> {
    lens.state.orders.find(id).ok_or_else(|| unknown(id))
}

fn unknown(id: &str) -> ViewError {
    ViewError::Unknown {
        what: What::Order,
        field: "order",
        given: id.to_owned(),
        allowed: Vec::new(),
    }
}

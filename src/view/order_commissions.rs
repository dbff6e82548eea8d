//! All that one order earns members in one period: a line a member, component and level.

use serde::Serialize;
use utoipa::ToSchema;

use crate::base::ids::Seat;
use crate::base::volumes::Volumes;
use crate::plan::book::Book;
use crate::plan::part::Sold;
use crate::tree::rules::CustomerLevel;
use crate::view::commissions::{PartAnswer, part_answer};
use crate::view::error::{ViewError, What};
use crate::view::lens::Lens;
use crate::view::payout::{Asked, Payout};
use crate::view::plan_book::PlanBook;
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
    /// What it earns members, by component, nearest first; before caps, and before any is rounded.
    pub lines: Vec<OrderLine>,
    /// Components of the period whose amounts do not fall apart by order: matches, pools.
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

/// What an order earns members. O(depth x levels) for each component.
///
/// # Errors
/// An unknown order.
pub fn of_order(payout: &Payout, id: &str) -> Result<OrderCommissions, ViewError> {
    let (lens, era) = (payout.lens(), payout.era());
    let order = find(&lens, id)?;
    let volumes = left(&lens, order, payout.asked);
    let sold = sold(payout, order, &volumes);
    let (mut lines, mut not_by_order) = (Vec::new(), Vec::new());
    for (index, entry) in payout.set.components.iter().enumerate() {
        if entry.period != era.period {
            continue;
        }
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
        volumes: lens.by_kind(|kind| volumes.get(kind).0),
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

/// The period that a record's volume entered.
fn entered(
    lens: &Lens<'_>,
    period: usize,
    own_periods: u8,
    (at, seq): (crate::base::time::Time, u64),
) -> Option<u32> {
    let periods = lens.periods(period);
    if own_periods >> period & 1 != 0 {
        Some(periods.ordinal_at(at))
    } else {
        periods.ordinal_at_seq(seq)
    }
}

/// What an order and its refunds brought a period: nothing of those that entered another one.
fn left(lens: &Lens<'_>, order: u32, asked: Asked) -> Volumes {
    let (orders, corrections) = (&lens.state.orders, &lens.state.corrections);
    let is_in =
        |periods, at, seq| entered(lens, asked.period, periods, (at, seq)) == Some(asked.ordinal);
    let kinds = lens.rules.kinds.len();
    let mut units = vec![0i64; kinds];
    let mut add = |volumes: Volumes| {
        for (kind, sum) in units.iter_mut().enumerate() {
            *sum += volumes.get(kind).0;
        }
    };
    let row = orders.row(order);
    if is_in(row.periods, row.at, row.seq) {
        add(orders.volumes(order));
    }
    for refund in corrections.of_order(orders.last_refund(order)) {
        let row = corrections.row(refund);
        if is_in(row.periods, row.at, row.seq) {
            add(corrections.volumes(refund));
        }
    }
    Volumes::from_units(&units)
}

/// Where an order's volume stands in the trees of the period's book.
fn sold(payout: &Payout, order: u32, volumes: &Volumes) -> Sold {
    let (lens, era) = (payout.lens(), payout.era());
    let book = PlanBook::new(lens, era);
    let row = lens.state.orders.row(order);
    let trees = era.rules.trees.iter().enumerate();
    let seat = |tree: usize| -> Option<Seat> {
        let centre = if row.trees >> tree & 1 != 0 {
            row.centre
        } else {
            1
        };
        let named = lens.seat(tree, row.credited, centre);
        let named = named.filter(|&seat| seat < book.seats(tree));
        named.or_else(|| book.seat(tree, row.credited))
    };
    let below = trees.clone().filter(|(_, tree)| {
        row.buyer != row.credited && tree.customer_level == CustomerLevel::First
    });
    Sold {
        seats: trees.map(|(tree, _)| seat(tree)).collect(),
        below: below.fold(0, |bits, (tree, _)| bits | 1 << tree),
        volumes: (0..lens.rules.kinds.len())
            .map(|kind| volumes.get(kind).0)
            .collect(),
    }
}

//! One order with what was taken back of it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::base::number::Volume;
use crate::base::time::Time;
use crate::engine::state::State;
use crate::view::error::{ViewError, What};
use crate::view::lens::Lens;
use crate::view::shape::ByKind;

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LineAnswer {
    /// Product.
    pub sku: String,
    /// Pieces.
    pub quantity: Volume,
    /// Volumes by kind.
    pub volumes: ByKind,
    /// Money.
    pub amount: Volume,
}

/// One refund of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RefundAnswer {
    /// The refund's id.
    pub id: String,
    /// Its number in the log.
    pub seq: u64,
    /// The client's business time.
    pub at: Time,
    /// Machine time.
    pub received: Time,
    /// Money taken back.
    pub amount: Volume,
    /// Volumes taken back, not negative.
    pub volumes: ByKind,
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrderAnswer {
    /// Its id.
    pub order: String,
    /// Its number in the log.
    pub seq: u64,
    /// The client's business time.
    pub at: Time,
    /// Machine time.
    pub received: Time,
    /// The buyer.
    pub member: String,
    /// Which of his places it was for.
    pub centre: u16,
    /// Whose seats it entered: the buyer or the nearest distributor above him; none for the company.
    pub credited: Option<String>,
    /// `enrolment`, `autoship`, `retail`, ... as the platform names it.
    pub class: Option<String>,
    /// Money paid.
    pub amount: Volume,
    /// ISO 4217 code of the amount.
    pub currency: Option<String>,
    /// Volumes by kind.
    pub volumes: ByKind,
    /// What was bought, where the platform said.
    pub lines: Vec<LineAnswer>,
    /// Refunds, oldest first.
    pub refunds: Vec<RefundAnswer>,
    /// Money left after them.
    pub amount_left: Volume,
    /// Volumes left after them.
    pub volumes_left: ByKind,
}

/// The order with this id.
///
/// # Errors
/// An unknown order, or no network yet.
///
/// # Cost
/// O(its lines and refunds).
pub fn of(state: &State, id: &str) -> Result<OrderAnswer, ViewError> {
    let lens = Lens::new(state)?;
    let orders = &lens.state.orders;
    let order = orders.find(id).ok_or_else(|| ViewError::Unknown {
        what: What::Order,
        field: "order",
        given: id.to_owned(),
        allowed: Vec::new(),
    })?;
    let row = orders.row(order);
    let volumes = orders.volumes(order);
    let (amount_taken, volumes_taken) = lens.state.corrections.taken(orders.last_refund(order));
    let mut refunds: Vec<RefundAnswer> = lens
        .state
        .corrections
        .of_order(orders.last_refund(order))
        .map(|refund| refund_answer(&lens, refund))
        .collect();
    refunds.reverse();
    Ok(OrderAnswer {
        order: orders.id(order).to_string(),
        seq: row.seq,
        at: row.at,
        received: row.received,
        member: lens.id(row.buyer),
        centre: row.centre,
        credited: (row.credited != crate::base::ids::COMPANY).then(|| lens.id(row.credited)),
        class: orders.class(order).map(ToString::to_string),
        amount: row.amount,
        currency: orders.currency(order).map(ToString::to_string),
        volumes: lens.by_kind(|kind| volumes.get(kind).0),
        lines: orders
            .lines(order)
            .into_iter()
            .map(|line| LineAnswer {
                sku: line.sku.to_string(),
                quantity: line.quantity,
                volumes: lens.by_kind(|kind| line.volumes.get(kind).0),
                amount: line.amount,
            })
            .collect(),
        refunds,
        amount_left: Volume(row.amount.0 - amount_taken.0),
        volumes_left: lens.by_kind(|kind| volumes.get(kind).0 - volumes_taken.get(kind).0),
    })
}

/// One refund.
fn refund_answer(lens: &Lens<'_>, refund: u32) -> RefundAnswer {
    let row = lens.state.corrections.row(refund);
    let volumes = lens.state.corrections.volumes(refund);
    RefundAnswer {
        id: lens.state.facts.id(row.fact).to_string(),
        seq: row.seq,
        at: row.at,
        received: row.received,
        amount: row.amount,
        volumes: lens.by_kind(|kind| -volumes.get(kind).0),
    }
}

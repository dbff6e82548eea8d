//! `order.refunded`: takes back an order, wholly or in part.

use crate::base::ids::Text;
use crate::base::number::Volume;
use crate::engine::command::Volumes;

/// A refund of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// The order's id.
    pub order: Text,
    /// How much.
    pub extent: Extent,
    /// Why, for the record.
    pub reason: Option<Text>,
}

/// How much of an order is refunded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extent {
    /// All that is left.
    Full,
    /// This much money, and the volumes pro rata.
    Amount(Volume),
    /// These volumes, and this much money.
    Volumes(Volumes, Volume),
}

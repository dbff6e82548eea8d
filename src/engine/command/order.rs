//! `order.accepted`: a sale. The path that must be fast.

use crate::base::ids::Text;
use crate::base::number::Volume;
use crate::engine::command::Volumes;

/// An order; the command's id is the order's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The buyer.
    pub member: Text,
    /// Which of the buyer's centres is credited.
    pub centre: u16,
    /// Volumes by kind, none negative.
    pub volumes: Volumes,
    /// Money paid, not negative; zero where the platform does not say.
    pub amount: Volume,
    /// ISO 4217 code of the amount.
    pub currency: Option<Text>,
    /// `enrolment`, `autoship`, `retail`, ... as the platform names it.
    pub class: Option<Text>,
    /// What was bought, where the platform says.
    pub lines: Vec<Line>,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Product.
    pub sku: Text,
    /// Pieces, in units of 1e-4.
    pub quantity: Volume,
    /// Volumes by kind.
    pub volumes: Volumes,
    /// Money.
    pub amount: Volume,
}

//! Lines of orders: what was bought, where the platform says.

use crate::base::ids::Text;
use crate::base::number::Volume;
use crate::base::volumes::Volumes;

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

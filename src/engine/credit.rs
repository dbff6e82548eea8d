//! Credit: whose volume an order is. A plain fact of each order, stored with it.

use crate::base::ids::Member;

/// Whom a volume is credited to, fixed at acceptance and never judged again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Credit {
    /// The buyer.
    pub(crate) buyer: Member,
    /// The member whose seats it enters; the company where no distributor stands above.
    pub(crate) member: Member,
    /// The buyer's centre asked for.
    pub(crate) centre: u8,
    /// Bit `t`: in tree `t` it enters that centre's seat, otherwise the first one's.
    pub(crate) trees: u8,
}

//! Disks that fail: one in memory that loses, tears and refuses, one that ends its own process.

pub(crate) mod kill;
pub(crate) mod sim;

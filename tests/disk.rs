//! Disks that fail: one in memory that loses, tears and refuses.

pub(crate) mod sim;

//! The log: what it keeps, and what it does when the disk does not.

mod basics;
mod crash;
pub(crate) mod damage;
mod faults;
pub(crate) mod history;
mod losses;
mod packed;
mod snapshots;

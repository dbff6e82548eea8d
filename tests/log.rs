//! The log: what it keeps, and what it does when the disk does not.

mod basics;
mod crash;
mod damage;
mod faults;
mod history;
mod losses;
mod packed;
mod snapshots;

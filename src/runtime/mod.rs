//! Runtime: threads, clock, the order of durability, locks, feeds.

pub mod changes;
pub mod health;
pub mod submission;

//! A network in the plainest words: lists of facts, and every figure recomputed from them when it is asked for.
//!
//! Written from what the rules mean and not from how the engine keeps figures; it shares only the engine's data types
//! (commands, rules, numbers of rejections). Everything is slow and meant to be.

pub(crate) mod change;
pub(crate) mod clock;
pub(crate) mod figures;
pub(crate) mod judge;
pub(crate) mod people;
pub(crate) mod places;
pub(crate) mod plans;
pub(crate) mod trees;
pub(crate) mod volume;
pub(crate) mod world;

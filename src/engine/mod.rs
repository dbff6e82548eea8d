//! Facts: the deterministic machine that judges commands and writes what follows into state.
//!
//! Owns the rules of the network and the only way to change it, [`execute`](execute::execute). Must not know HTTP,
//! disk, clock, chance, plans or how many threads there are: the state is a function of the log.

pub mod command;
pub mod member;
pub mod outcome;
pub mod rejection;
pub mod rules;

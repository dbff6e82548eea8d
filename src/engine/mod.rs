//! Facts: the deterministic machine that judges commands and writes what follows into state.
//!
//! Owns the rules of the network and the only way to change it, [`execute_batch`](execute::execute_batch). Must not know HTTP,
//! disk, clock, chance, plans or how many threads there are: the state is a function of the log.

pub(crate) mod activity;
pub(crate) mod atomic;
pub mod book;
pub(crate) mod codec;
pub mod command;
pub mod corrections;
pub mod execute;
pub mod facts;
pub(crate) mod fold;
pub(crate) mod ids;
pub(crate) mod judging;
pub(crate) mod lockstep;
pub mod member;
pub mod members;
pub(crate) mod names;
pub mod orders;
pub mod outcome;
pub(crate) mod packed;
pub mod periods;
pub mod placing;
pub(crate) mod posting;
pub mod rejection;
pub mod rules;
pub mod state;
pub(crate) mod texts;
pub mod timers;
pub mod tokens;

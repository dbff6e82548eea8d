//! Facts: the deterministic machine that judges commands and writes what follows into state.
//!
//! Owns the rules of the network and the only way to change it, [`execute_batch`](execute::execute_batch). Must not
//! know HTTP, disk, clock, chance, plans or how many threads there are: the state is a function of the log.

pub(crate) mod above;
pub(crate) mod activity;
pub(crate) mod codec;
pub(crate) mod dispatch;
pub(crate) mod extras;
pub(crate) mod fold;
pub(crate) mod grow;
pub(crate) mod ids;
pub mod image;
pub(crate) mod lockstep;
pub(crate) mod names;
pub(crate) mod packed;
pub(crate) mod passage;
pub(crate) mod posting;
pub(crate) mod short;
pub(crate) mod texts;
pub(crate) mod undo;
pub(crate) mod wire;

pub mod book;
pub mod command;
pub mod corrections;
pub mod credit;
pub mod execute;
pub mod facts;
pub mod judging;
pub mod law;
pub mod line;
pub mod member;
pub mod members;
pub mod orders;
pub mod outcome;
pub mod overrides;
pub mod periods;
pub mod placing;
pub mod plans;
pub mod position;
pub mod posted;
pub mod rejection;
pub mod role;
pub mod rules;
pub mod runs;
pub mod served;
pub mod state;
pub mod timers;
pub mod tokens;

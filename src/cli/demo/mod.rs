//! `demo`: a real network in a temporary directory, its orders arriving live, and the leaders' volumes moving.
//!
//! - [`command`]: the command, from loading to a graceful end; [`bundle`]: the network that comes with the program
//! - [`arrivals`]: what arrives live; [`leaders`]: the table of who leads

pub mod arrivals;
pub mod bundle;
pub mod command;
pub mod leaders;

//! The API from outside: `app()` called without a socket, and once with one.

mod around;
mod bad_input;
mod broken;
mod clawbacks;
mod commissions;
mod described;
mod enrolment;
mod facts;
mod forks;
mod network;
mod opened;
pub(crate) mod plans;
mod present;
mod reads;
mod refused;
mod roles;
mod runs;
pub(crate) mod server;
mod snapshots;
mod socket;
mod together;

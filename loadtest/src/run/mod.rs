//! `run`: loads a server and reports what it took.
//!
//! Each connection is a thread with a blocking socket: a timer of the async runtime fires to the millisecond only, and
//! a point read takes a tenth of that. Latency is counted from the instant a request was due, not from when it could
//! be sent, so a server that stalls is charged for everything that waited meanwhile.
//!
//! - [`arguments`]: flags, and the streams of traffic they ask for
//! - [`schedule`]: when requests are due
//! - [`bodies`], [`targets`]: what is sent, about whom
//! - [`client`], [`answer`]: the wire
//! - [`worker`]: one connection's loop and its tally
//! - [`setup`]: fills a server with a network first
//! - [`disk`], [`peer`], [`machine`]: limits and shares measured in the same run
//! - [`command`]: the order of all that; [`report`], [`table`]: what is told of it

pub mod answer;
pub mod arguments;
pub mod bodies;
pub mod client;
pub mod command;
pub mod disk;
pub mod machine;
pub mod peer;
pub mod report;
pub mod schedule;
pub mod setup;
pub mod table;
pub mod targets;
pub mod worker;

//! `import`: members and orders from CSV files, told as commands in order of time.
//!
//! Rows may stand in any order and are never all in memory: a file in order of time is read as it lies; of any other one
//! only an index of times and places is kept. Every command's id follows from its row, so that an import which was
//! stopped is simply run again.
//!
//! - [`table`]: a file of rows, in order of time; [`columns`], [`cell`]: its heads and fields; [`fault`]: refused rows
//! - [`members`], [`orders`]: a row to a command; [`plan`]: both files as one stream
//! - [`command`]: the command; [`sink`]: where its commands go; [`events`]: lines of events instead of rows
//! - [`vocabulary`]: the network's names; [`lines`]: commands as a server takes them

pub mod cell;
pub mod columns;
pub mod command;
pub mod drafts;
pub mod events;
pub mod fault;
pub mod lines;
pub mod members;
pub mod orders;
pub mod plan;
pub mod sink;
pub mod table;
pub mod vocabulary;

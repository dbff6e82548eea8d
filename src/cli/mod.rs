//! The command line: settings, commands, progress. One file a command; the table of them is in [`run`].
//!
//! Owns what a person at a terminal sees: words, exit codes, progress. Must not know how a record lies on disk or how a
//! figure is kept.
//!
//! - [`run`]: the table of commands; [`command`]: what one is; [`exit`]: how a run ends
//! - [`directory`], [`feed`], [`client`]: a data directory, its events, a running server
//! - [`settings`]: what may differ from machine to machine; [`output`], [`logging`]: how a run speaks

pub mod backup;
pub mod client;
pub mod command;
pub mod completions;
pub mod config;
pub mod demo;
pub mod directory;
pub mod document;
pub mod exit;
pub mod export;
pub mod feed;
pub mod import;
pub mod log;
pub mod logging;
pub mod network;
pub mod network_change;
pub mod output;
pub mod plan;
pub mod plan_pay;
pub mod restore;
pub mod run;
pub mod runs;
pub mod serve;
pub mod settings;
pub mod snapshot;
pub mod status;
pub mod token;
pub mod verify;

//! One binary for all integration tests, to link once.

#![allow(
    clippy::needless_range_loop,
    reason = "models index several tables by one number"
)]

mod batches;
mod chance;
mod cli;
mod commands;
mod decimal;
mod disk;
mod documents;
mod forest;
mod fuzz;
mod histories;
mod http;
mod images;
mod import;
mod log;
mod model;
mod pages;
mod payouts;
mod pipeline;
mod plans;
mod planted;
mod proof;
mod serial;
mod sizes;
mod snapshots;
mod tables;
mod tidy;
mod traced;
mod views;

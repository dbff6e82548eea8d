//! One binary for all integration tests, to link once.

mod batches;
mod chance;
mod cli;
mod commands;
mod disk;
mod documents;
mod forest;
mod histories;
mod http;
mod import;
mod log;
mod model;
mod pages;
mod tidy;
mod views;

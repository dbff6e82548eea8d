//! One binary for all integration tests, to link once.

mod batches;
mod chance;
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
mod pipeline;
mod tidy;
mod views;

//! One binary for all integration tests, to link once.

mod chance;
mod commands;
mod disk;
mod documents;
mod forest;
mod http;
mod log;
mod views;
mod histories;
mod model;
mod pages;
mod tidy;

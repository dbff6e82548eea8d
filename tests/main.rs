//! One binary for all integration tests, to link once.

mod chance;
mod commands;
mod documents;
mod forest;
mod import;

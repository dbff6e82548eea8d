//! One binary for all integration tests, to link once.

mod chance;
mod forest;

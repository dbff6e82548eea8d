//! One binary for all integration tests, to link once.

mod disk;
mod log;

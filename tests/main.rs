//! One binary for all integration tests, to link once.

mod histories;
mod model;
mod random;
mod tidy;

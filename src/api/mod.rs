//! HTTP: roles, requests to commands, answers to JSON. Knows no disk and no record layout.

pub mod cursor;
pub mod parse;
pub mod principal;
pub mod problem;

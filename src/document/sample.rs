//! Documents that come with the program.

/// The network of a server that is started without a document.
pub const DEFAULT: &str = include_str!("default.toml");

/// A commented document that says what [`DEFAULT`] does, with every alternative beside it.
pub const SAMPLE: &str = include_str!("sample.toml");

//! Documents that come with the program.

/// The network of a server that is started without a document.
pub const DEFAULT: &str = include_str!("default.toml");

/// The same network, whose time follows the events that come in: for imports of history into a new directory.
pub const DEFAULT_EVENTS: &str = include_str!("default_events.toml");

/// A commented document that says what [`DEFAULT`] does, with every alternative beside it.
pub const SAMPLE: &str = include_str!("sample.toml");

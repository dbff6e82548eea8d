//! The program's own log: text on a terminal, JSON lines otherwise, to standard error.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::filter::targets::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::cli::settings::Settings;

/// Starts the log by the settings `log_format` and `log_level`. A second start changes nothing.
pub fn start(settings: &Settings) {
    let levels: Targets = settings
        .value("log_level")
        .parse()
        .expect("directives were checked when they were read");
    let json = match settings.value("log_format") {
        "json" => true,
        "text" => false,
        _ => !stderr().is_terminal(),
    };
    let layer = if json {
        fmt::layer()
            .json()
            .flatten_event(true)
            .with_writer(stderr)
            .boxed()
    } else {
        fmt::layer()
            .with_writer(stderr)
            .with_ansi(stderr().is_terminal())
            .with_target(false)
            .boxed()
    };
    // Tests start several servers in one process; the first log stays.
    let _ = tracing_subscriber::registry()
        .with(layer.with_filter(levels))
        .try_init();
}

//! Metrics: one table, written by the dispatcher and the bulk reader, filled from the runtime's health when asked for.

use std::sync::atomic::{AtomicI64, AtomicU64};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::runtime::health::Health;

/// Upper bounds of latency buckets, in seconds: from a point read to a whole downline.
const LATENCY: [f64; 14] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 5.0,
    30.0,
];

/// A route and the class of its answers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RouteLabels {
    /// `GET` and so on.
    pub method: &'static str,
    /// The path with its `{names}`, never a client's id.
    pub route: &'static str,
    /// `2xx` and so on.
    pub status: &'static str,
}

/// What became of a fact.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct EventLabels {
    /// Such as `order.accepted`; `unread` where the line could not be read.
    pub kind: &'static str,
    /// `accepted`, `repeated` or `rejected`.
    pub outcome: &'static str,
}

type Latency = Family<RouteLabels, Histogram, fn() -> Histogram>;
type Level = Gauge<i64, AtomicI64>;

/// Every metric of the server.
pub struct Metrics {
    registry: Registry,
    /// Facts by type and outcome.
    pub events: Family<EventLabels, Counter>,
    /// Seconds a request took, by route.
    pub latency: Latency,
    /// Requests that met a panic.
    pub panics: Counter,
    /// Connections open now.
    pub connections: Level,
    /// Connections closed because their address held all it may.
    pub connections_refused: Counter,
    levels: [Level; 14],
    last_run: Gauge<f64, AtomicU64>,
}

fn buckets() -> Histogram {
    Histogram::new(LATENCY)
}

/// Name and meaning of the gauges read from the runtime, in the order of [`Metrics::scrape`].
const LEVELS: [(&str, &str); 14] = [
    ("as_of_seq", "Number of the last command in the state"),
    ("confirmed_seq", "Number of the last command on disk"),
    ("queued_commands", "Commands waiting to be logged"),
    ("queued_bytes", "Bytes of commands waiting to be logged"),
    ("free_bytes", "Bytes left on the disk of the log"),
    ("members", "Members enrolled"),
    ("runs_due", "Closed periods that wait to be paid"),
    ("runs_failed", "Closed periods that could not be paid"),
    ("runs_posted", "Periods paid"),
    (
        "snapshot_seq",
        "Number of the last command in the last snapshot",
    ),
    (
        "snapshot_bytes",
        "Bytes of the last snapshot that this process wrote",
    ),
    (
        "snapshot_age_seconds",
        "Seconds since the last snapshot was written; 0 where there is none",
    ),
    (
        "snapshot_writing_bytes",
        "Bytes written of the snapshot that is being written",
    ),
    (
        "snapshot_writing_all_bytes",
        "Bytes in all of the snapshot that is being written; 0 while none is",
    ),
];

impl Metrics {
    /// All at zero.
    #[must_use]
    pub fn new() -> Metrics {
        let mut registry = Registry::with_prefix("arborline");
        let events = Family::default();
        let latency: Latency = Family::new_with_constructor(buckets);
        let (panics, connections) = (Counter::default(), Level::default());
        let connections_refused = Counter::default();
        let levels: [Level; 14] = Default::default();
        let last_run = Gauge::default();
        registry.register("events", "Facts by type and outcome", events.clone());
        registry.register("request_seconds", "Seconds a request took", latency.clone());
        registry.register("panics", "Requests that met a panic", panics.clone());
        registry.register("connections", "Connections open now", connections.clone());
        registry.register(
            "connections_refused",
            "Connections closed because their address held all it may",
            connections_refused.clone(),
        );
        for ((name, help), level) in LEVELS.iter().zip(&levels) {
            registry.register(*name, *help, level.clone());
        }
        registry.register(
            "last_run_seconds",
            "Seconds that the last period took to be paid",
            last_run.clone(),
        );
        Metrics {
            registry,
            events,
            latency,
            panics,
            connections,
            connections_refused,
            levels,
            last_run,
        }
    }

    /// Counts facts of a type with an outcome.
    pub fn count(&self, kind: &'static str, outcome: &'static str, facts: u64) {
        if facts > 0 {
            self.events
                .get_or_create(&EventLabels { kind, outcome })
                .inc_by(facts);
        }
    }

    /// Notes how long a request took.
    pub fn took(&self, method: &'static str, route: &'static str, status: u16, seconds: f64) {
        let status = match status {
            100..300 => "2xx",
            300..400 => "3xx",
            400..500 => "4xx",
            _ => "5xx",
        };
        self.latency
            .get_or_create(&RouteLabels {
                method,
                route,
                status,
            })
            .observe(seconds);
    }

    /// The text of all metrics, with the runtime's levels as they are now.
    #[must_use]
    pub fn scrape(&self, health: &Health, members: u32, runs: usize) -> String {
        let signed = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let values = [
            health.applied_seq,
            health.confirmed_seq,
            health.queued_commands,
            health.queued_bytes,
            health.free_bytes,
            u64::from(members),
            health.runs_due - health.runs_failed.min(health.runs_due),
            health.runs_failed,
            runs as u64,
            health.snapshot_seq,
            health.snapshot.map_or(0, |taken| taken.bytes),
            health.snapshot_age.unwrap_or(0),
            health.snapshot_progress.0,
            health.snapshot_progress.1,
        ];
        self.last_run.set(health.last_run_ms as f64 / 1_000.0);
        for (level, value) in self.levels.iter().zip(values) {
            level.set(signed(value));
        }
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a string does not fail");
        text
    }
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics::new()
    }
}

//! What a run found, as data: the JSON report.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::run::machine::Shares;
use crate::run::setup::Filled;
use crate::run::worker::Tally;

/// Everything a run found.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The server.
    pub url: String,
    /// Members it has.
    pub members: u32,
    /// Orders in a batch.
    pub batch: u32,
    /// Seconds measured, after those of warming up.
    pub seconds: f64,
    /// Seconds of warming up.
    pub warm_up: f64,
    /// How filling the server went, if it was filled.
    pub setup: Option<Filled>,
    /// The server's answers, stream by stream.
    pub server: Vec<Traffic>,
    /// A bare HTTP handler's answers to the same traffic.
    pub bare_http: Vec<Traffic>,
    /// The server's process, if it was named.
    pub process: Option<Process>,
    /// Who had the processors while the server was measured, the server's own share only if its process was named.
    pub processors: Shares,
    /// Bare write and fdatasync of the disk, before and after together, if a folder was given.
    pub fdatasync: Option<Percentiles>,
    /// The same with as much time between two syncs as between two of the requests that write, where they have a rate.
    pub fdatasync_paced: Option<Percentiles>,
    /// The server against those limits, stream by stream.
    pub ratios: Vec<Ratios>,
}

/// One stream of traffic.
#[derive(Debug, Clone, Serialize)]
pub struct Traffic {
    /// `batches`, `orders`, `reads` or `downline`.
    pub work: &'static str,
    /// Requests a second asked for; none in a closed loop.
    pub rate: Option<f64>,
    /// Connections.
    pub connections: u32,
    /// Successful requests.
    pub requests: u64,
    /// Successful requests a second.
    pub requests_a_second: f64,
    /// Orders accepted.
    pub orders: u64,
    /// Orders accepted a second.
    pub orders_a_second: f64,
    /// Orders rejected.
    pub rejected: u64,
    /// From due (sent, in a closed loop) to answered, successful requests only.
    pub latency: Percentiles,
    /// From due to sent.
    pub waited: Percentiles,
    /// Answers by status code.
    pub statuses: BTreeMap<u16, u64>,
    /// Requests without any answer.
    pub failures: u64,
    /// The first answer that was not wholly a success.
    pub complaint: Option<String>,
}

/// A latency in microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Percentiles {
    /// Mean.
    pub mean_us: f64,
    /// Median.
    pub p50_us: f64,
    /// 90 of 100 are below.
    pub p90_us: f64,
    /// 99 of 100 are below.
    pub p99_us: f64,
    /// 999 of 1,000 are below.
    pub p999_us: f64,
    /// The longest.
    pub max_us: f64,
}

impl Percentiles {
    /// From nanoseconds; all zero when there are none.
    #[must_use]
    pub fn of(nanoseconds: &Histogram<u64>) -> Percentiles {
        if nanoseconds.is_empty() {
            return Percentiles::default();
        }
        let at = |quantile: f64| micros(nanoseconds.value_at_quantile(quantile) as f64);
        Percentiles {
            mean_us: micros(nanoseconds.mean()),
            p50_us: at(0.5),
            p90_us: at(0.9),
            p99_us: at(0.99),
            p999_us: at(0.999),
            max_us: micros(nanoseconds.max() as f64),
        }
    }
}

/// To a tenth of a microsecond.
fn micros(nanoseconds: f64) -> f64 {
    (nanoseconds / 100.0).round() / 10.0
}

/// The server's process while it was measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Process {
    /// Its id.
    pub pid: u32,
    /// Resident memory at the end, in bytes.
    pub resident: u64,
    /// Resident memory at its peak, in bytes.
    pub resident_peak: u64,
    /// Processor time an order, in microseconds: all of the server's, whatever else it was asked.
    pub cpu_us_an_order: Option<f64>,
}

/// A stream against the limits measured in the same run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Ratios {
    /// The stream's work.
    pub work: &'static str,
    /// Requests a second against the bare handler's.
    pub rate_to_bare_http: Option<f64>,
    /// Median latency against the bare handler's.
    pub p50_to_bare_http: Option<f64>,
    /// Median latency against the disk's median fdatasync.
    pub p50_to_fdatasync: Option<f64>,
    /// The same against that of the paced syncs.
    pub p50_to_fdatasync_paced: Option<f64>,
}

impl Traffic {
    /// From what the connections of a stream counted during `seconds`.
    #[must_use]
    pub fn of(
        work: &'static str,
        rate: Option<f64>,
        connections: u32,
        tally: &Tally,
        seconds: f64,
    ) -> Traffic {
        // Requests still under way at the end are counted, and so is the time they took.
        let seconds = seconds.max(tally.last as f64 / 1e9);
        let a_second = |count: u64| match seconds {
            0.0 => 0.0,
            _ => count as f64 / seconds,
        };
        Traffic {
            work,
            rate,
            connections,
            requests: tally.latency.len(),
            requests_a_second: a_second(tally.latency.len()),
            orders: tally.accepted,
            orders_a_second: a_second(tally.accepted),
            rejected: tally.rejected,
            latency: Percentiles::of(&tally.latency),
            waited: Percentiles::of(&tally.waited),
            statuses: tally.statuses.clone(),
            failures: tally.failures,
            complaint: tally.complaint.clone(),
        }
    }
}

/// Each stream against the bare handler's same stream, and against the disk where it waits for one.
#[must_use]
pub fn ratios(
    server: &[Traffic],
    bare: &[Traffic],
    fdatasync: Option<&Percentiles>,
    paced: Option<&Percentiles>,
) -> Vec<Ratios> {
    let share = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
    server
        .iter()
        .enumerate()
        .map(|(place, stream)| {
            let peer = bare.get(place);
            let to_disk = |disk: Option<&Percentiles>| {
                disk.filter(|_| writes(stream.work))
                    .and_then(|disk| share(stream.latency.p50_us, disk.p50_us))
            };
            Ratios {
                work: stream.work,
                rate_to_bare_http: peer
                    .and_then(|p| share(stream.requests_a_second, p.requests_a_second)),
                p50_to_bare_http: peer.and_then(|p| share(stream.latency.p50_us, p.latency.p50_us)),
                p50_to_fdatasync: to_disk(fdatasync),
                p50_to_fdatasync_paced: to_disk(paced),
            }
        })
        .collect()
}

/// Whether work of this name waits for the disk.
#[must_use]
pub fn writes(work: &str) -> bool {
    matches!(work, "batches" | "orders")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::worker::histogram;

    #[test]
    fn percentiles_are_those_of_the_values() {
        let mut values = histogram();
        for value in 1..=1000 {
            values.record(value * 1_000).expect("within bounds");
        }
        let of = Percentiles::of(&values);
        for (found, wanted) in [
            (of.p50_us, 500.0),
            (of.p90_us, 900.0),
            (of.p99_us, 990.0),
            (of.p999_us, 999.0),
            (of.max_us, 1000.0),
        ] {
            assert!((found - wanted).abs() <= 1.0, "{found} for {wanted}");
        }
        assert_eq!(Percentiles::of(&histogram()), Percentiles::default());
    }

    #[test]
    fn answers_after_the_end_stretch_the_time() {
        let mut tally = Tally {
            accepted: 3_000,
            last: 2_000_000_000,
            ..Tally::default()
        };
        tally.latency.record(5_000_000).expect("within bounds");
        let traffic = Traffic::of("batches", None, 8, &tally, 1.0);
        assert!((traffic.orders_a_second - 1_500.0).abs() < 1e-9);
    }
}

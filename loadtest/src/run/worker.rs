//! One connection's loop, and what it counted.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::run::arguments::Work;
use crate::run::bodies::Writer;
use crate::run::client::Client;

/// Requests in a row that may fail before a connection gives up.
const FAILURES_MAX: u32 = 50;

/// What one or more connections counted.
#[derive(Debug, Clone)]
pub struct Tally {
    /// Nanoseconds from due (or sent, in a closed loop) to answered, of requests that succeeded.
    pub latency: Histogram<u64>,
    /// Nanoseconds from due to sent.
    pub waited: Histogram<u64>,
    /// Answers by status code.
    pub statuses: BTreeMap<u16, u64>,
    /// Requests without an answer.
    pub failures: u64,
    /// Orders the server accepted.
    pub accepted: u64,
    /// Orders the server rejected.
    pub rejected: u64,
    /// Nanoseconds from the start of measuring to the last answer.
    pub last: u64,
    /// The first answer that was not a success.
    pub complaint: Option<String>,
}

impl Default for Tally {
    fn default() -> Tally {
        Tally {
            latency: histogram(),
            waited: histogram(),
            statuses: BTreeMap::new(),
            failures: 0,
            accepted: 0,
            rejected: 0,
            last: 0,
            complaint: None,
        }
    }
}

/// From 100 ns to ten minutes, to three digits.
#[must_use]
pub fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(100, 600_000_000_000, 3).expect("bounds that hdrhistogram takes")
}

impl Tally {
    /// Adds another's counts.
    pub fn add(&mut self, other: &Tally) {
        self.latency.add(&other.latency).expect("equal bounds");
        self.waited.add(&other.waited).expect("equal bounds");
        for (&status, &times) in &other.statuses {
            *self.statuses.entry(status).or_default() += times;
        }
        self.failures += other.failures;
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.last = self.last.max(other.last);
        if self.complaint.is_none() {
            self.complaint.clone_from(&other.complaint);
        }
    }

    fn answered(&mut self, work: Work, status: u16, body: &[u8], latency: u64) {
        *self.statuses.entry(status).or_default() += 1;
        if !(200..300).contains(&status) {
            self.complain(status, body);
            return;
        }
        self.latency.saturating_record(latency);
        match work {
            Work::Reads | Work::Downline => {}
            Work::Orders => self.accepted += 1,
            Work::Batches => {
                let (accepted, rejected) = summary(body);
                self.accepted += accepted;
                self.rejected += rejected;
                if rejected > 0 {
                    self.complain(status, body);
                }
            }
        }
    }

    fn complain(&mut self, status: u16, body: &[u8]) {
        if self.complaint.is_none() {
            let text: String = String::from_utf8_lossy(body).chars().take(400).collect();
            self.complaint = Some(format!("{status}: {text}"));
        }
    }
}

/// Accepted and rejected lines of a batch's answer.
fn summary(body: &[u8]) -> (u64, u64) {
    let Ok(answer) = serde_json::from_slice::<serde_json::Value>(body) else {
        return (0, 0);
    };
    let count = |field: &str| match &answer[field] {
        serde_json::Value::Array(lines) => lines.len() as u64,
        value => value.as_u64().unwrap_or(0),
    };
    (count("accepted"), count("rejected"))
}

/// When a stream's requests go out.
#[derive(Debug, Clone)]
pub enum Pace {
    /// At these nanoseconds from the start, shared by all connections of the stream.
    Open {
        /// Instants in order.
        due: Arc<Vec<u64>>,
        /// The next one nobody has taken.
        next: Arc<AtomicUsize>,
    },
    /// One after another.
    Saturate,
}

/// The instants of a run that all connections share.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// When the first request is due.
    pub start: Instant,
    /// Traffic before it is counted.
    pub warm_up: Duration,
    /// Traffic in all.
    pub whole: Duration,
}

/// Sends a stream's requests over one connection until the window ends. Blocks its thread.
#[must_use]
pub fn drive(
    address: SocketAddr,
    work: Work,
    writer: &mut Writer<'_>,
    pace: &Pace,
    window: Window,
) -> Tally {
    wake_on_time();
    let mut tally = Tally::default();
    let mut client = Client::new(address);
    let mut failures_in_a_row = 0;
    let warm_up = nanos(window.warm_up);
    while let Some(due) = next_due(pace, window) {
        let request = writer.next_request();
        let due = match due {
            Some(due) => {
                sleep_until(window.start + Duration::from_nanos(due));
                due
            }
            None => nanos(window.start.elapsed()),
        };
        let sent = nanos(window.start.elapsed());
        let outcome = client.ask(request);
        let now = nanos(window.start.elapsed());
        let counts = due >= warm_up;
        match outcome {
            Ok(answer) => {
                failures_in_a_row = 0;
                if counts {
                    tally.waited.saturating_record(sent.saturating_sub(due));
                    tally.last = now - warm_up;
                    tally.answered(work, answer.status, answer.body, now - due);
                }
            }
            Err(why) => {
                failures_in_a_row += 1;
                tally.failures += u64::from(counts);
                tally
                    .complaint
                    .get_or_insert_with(|| format!("no answer: {why}"));
                if failures_in_a_row == FAILURES_MAX {
                    break;
                }
                thread::sleep(Duration::from_millis(10));
            }
        }
    }
    tally
}

/// When the next request is due: `None` at the end, `Some(None)` for "at once".
fn next_due(pace: &Pace, window: Window) -> Option<Option<u64>> {
    match pace {
        Pace::Open { due, next } => due
            .get(next.fetch_add(1, Ordering::Relaxed))
            .map(|&at| Some(at)),
        Pace::Saturate => {
            sleep_until(window.start);
            (window.start.elapsed() < window.whole).then_some(None)
        }
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Sleeps until shortly before an instant and watches the clock for the rest: the kernel wakes a sleeper late, and that
/// would be charged to the server.
fn sleep_until(instant: Instant) {
    const WATCHED: Duration = Duration::from_micros(80);
    let left = instant.saturating_duration_since(Instant::now());
    if left > WATCHED {
        thread::sleep(left - WATCHED);
    }
    while Instant::now() < instant {
        std::hint::spin_loop();
    }
}

/// Asks the kernel not to put this thread's wake-ups together with later ones, as it does by 50 us.
fn wake_on_time() {
    let least = std::num::NonZeroU64::MIN;
    // Where the kernel refuses, wake-ups are late by so much, and the column of what waited tells.
    let _refused = rustix::thread::set_current_timer_slack(Some(least));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::bodies::Common;
    use crate::run::targets::Targets;

    #[test]
    fn summaries_are_counted_in_both_manners() {
        assert_eq!(
            summary(br#"{"accepted":998,"rejected":[{"line":3},{"line":9}]}"#),
            (998, 2)
        );
        assert_eq!(summary(br#"{"accepted":7,"rejected":1}"#), (7, 1));
        assert_eq!(summary(b"not JSON"), (0, 0));
    }

    #[test]
    fn refusals_are_counted_apart_and_the_first_is_kept() {
        let mut tally = Tally::default();
        tally.answered(Work::Orders, 200, b"{}", 5_000);
        tally.answered(Work::Orders, 503, b"busy", 5_000);
        tally.answered(Work::Orders, 422, b"later", 5_000);
        assert_eq!((tally.accepted, tally.latency.len()), (1, 1));
        assert_eq!(tally.complaint.as_deref(), Some("503: busy"));
        let mut both = Tally::default();
        both.add(&tally);
        both.add(&tally);
        assert_eq!(
            (both.accepted, both.statuses[&503], both.latency.len()),
            (2, 2, 2)
        );
    }

    /// Answers requests one by one; the first only after `stall`.
    fn stalling_server(stall: Duration) -> SocketAddr {
        use std::io::{Read, Write};
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            let mut wait = stall;
            let mut request = [0; 4096];
            // A client that waits for its answer sends one small request at a time: one read, one request.
            while stream.read(&mut request).is_ok_and(|bytes| bytes > 0) {
                thread::sleep(std::mem::take(&mut wait));
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
                    .expect("the client listens");
            }
        });
        address
    }

    #[test]
    fn a_stall_is_charged_to_everything_that_waited() {
        let address = stalling_server(Duration::from_millis(120));
        let common = Common {
            host: "x".into(),
            token: None,
            at: None,
            tag: "T".into(),
            batch: 1,
            downline_query: String::new(),
        };
        let targets = Targets::Generated(1);
        let mut writer = Writer::new(&common, &targets, Work::Reads, 1, 0, 1);
        // One request each 5 ms for 200 ms.
        let pace = Pace::Open {
            due: Arc::new((0..40).map(|n| n * 5_000_000).collect()),
            next: Arc::new(AtomicUsize::new(0)),
        };
        let window = Window {
            start: Instant::now(),
            warm_up: Duration::ZERO,
            whole: Duration::from_millis(200),
        };
        let tally = drive(address, Work::Reads, &mut writer, &pace, window);
        assert_eq!((tally.latency.len(), tally.failures), (40, 0));
        // Nothing is answered before 120 ms: the 20 requests due in the first 100 ms all waited 20 ms or more.
        let long = tally.latency.count_between(20_000_000, 10_000_000_000);
        assert!(long >= 20, "{long}");
    }

    #[test]
    fn open_requests_are_taken_once_each() {
        let pace = Pace::Open {
            due: Arc::new(vec![1, 2, 3]),
            next: Arc::new(AtomicUsize::new(0)),
        };
        let window = Window {
            start: Instant::now(),
            warm_up: Duration::ZERO,
            whole: Duration::ZERO,
        };
        let taken: Vec<_> = std::iter::from_fn(|| next_due(&pace, window)).collect();
        assert_eq!(taken, [Some(1), Some(2), Some(3)]);
    }
}

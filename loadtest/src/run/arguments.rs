//! Flags of `run`, and the streams of traffic they ask for.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};

/// What the requests of a stream are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Work {
    /// `POST /v1/events`, NDJSON with many orders
    Batches,
    /// `POST /v1/events`, one order
    Orders,
    /// `GET /v1/members/{id}/volumes`
    Reads,
    /// `GET /v1/members/{id}/downline`
    Downline,
}

impl Work {
    /// The word for it in flags and reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Work::Batches => "batches",
            Work::Orders => "orders",
            Work::Reads => "reads",
            Work::Downline => "downline",
        }
    }
}

/// How fast requests come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rate {
    /// So many a second, whether or not earlier ones were answered.
    Open(f64),
    /// Each connection sends the next when the last is answered.
    Saturate,
}

/// One kind of traffic at one rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stream {
    /// What is sent.
    pub work: Work,
    /// How fast.
    pub rate: Rate,
    /// On how many connections.
    pub connections: u32,
}

impl FromStr for Stream {
    type Err = String;

    /// Reads `WORK:RATE:CONNECTIONS`.
    fn from_str(text: &str) -> Result<Stream, String> {
        let wrong = || {
            format!("`{text}` is not WORK:RATE:CONNECTIONS such as batches:max:8 or reads:1000:4")
        };
        let parts: Vec<&str> = text.split(':').collect();
        let [work, rate, connections] = parts[..] else {
            return Err(wrong());
        };
        let work = Work::from_str(work, false).map_err(|_| wrong())?;
        let rate = match rate {
            "max" => Rate::Saturate,
            number => Rate::Open(rate_above_zero(number)?),
        };
        let connections = connections.parse().map_err(|_| wrong())?;
        if connections == 0 {
            return Err(wrong());
        }
        Ok(Stream {
            work,
            rate,
            connections,
        })
    }
}

fn rate_above_zero(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate > 0.0 && rate <= 1e6 => Ok(rate),
        _ => Err(format!(
            "`{text}` is not a rate above 0 and at most 1000000 requests a second"
        )),
    }
}

/// Ready-made traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Mix {
    /// NDJSON batches of orders
    Batches,
    /// Single orders
    Orders,
    /// Point reads of a member's volumes
    Reads,
    /// Downline reads
    Downline,
    /// 100 batches, 100 single orders, 1,000 point reads and 5 downline reads a second
    Mixed,
}

/// How open arrivals are spaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Arrival {
    /// Evenly
    Steady,
    /// As independent clients come: gaps spread exponentially
    Poisson,
}

/// Flags of `run`.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// The server; a bearer token is taken from the environment variable ARBORLINE_TOKEN
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub url: String,
    /// What to send
    #[arg(long, value_enum, default_value_t = Mix::Batches, conflicts_with = "stream")]
    pub mix: Mix,
    /// Requests a second, whether or not earlier ones were answered (open loop)
    #[arg(long, value_parser = rate_above_zero, conflicts_with_all = ["saturate", "stream"])]
    pub rate: Option<f64>,
    /// Send the next request as soon as the last one on the connection is answered (closed loop)
    #[arg(long, conflicts_with = "stream")]
    pub saturate: bool,
    /// Connections
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub connections: u32,
    /// Traffic in place of --mix, repeatable: batches, orders, reads or downline, then a rate or `max`, then connections
    #[arg(long, value_name = "WORK:RATE:CONNECTIONS")]
    pub stream: Vec<Stream>,
    /// Orders in one NDJSON batch
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub batch: u32,
    /// How open arrivals are spaced
    #[arg(long, value_enum, default_value_t = Arrival::Steady)]
    pub arrival: Arrival,
    /// Seconds measured; 0 with --setup only fills the server
    #[arg(long, default_value_t = 10.0, value_parser = seconds)]
    pub seconds: f64,
    /// Seconds of the same traffic before that
    #[arg(long, default_value_t = 2.0, value_parser = seconds)]
    pub warm_up: f64,
    /// A members.csv (see `generate`) whose members are enrolled first, placements included
    #[arg(long, value_name = "FILE")]
    pub setup: Option<PathBuf>,
    /// A members.csv whose members the server has already: who buys and is read
    #[arg(long, value_name = "FILE", conflicts_with_all = ["setup", "members"])]
    pub known: Option<PathBuf>,
    /// How many members of a generated network the server has already: M00000000001 and on
    #[arg(long, conflicts_with = "setup")]
    pub members: Option<u32>,
    /// Tree of the placements in --setup
    #[arg(long, default_value = "binary")]
    pub placement_tree: String,
    /// Query of downline reads
    #[arg(long, default_value = "levels=3&limit=100")]
    pub downline_query: String,
    /// `at` of every order; the wall clock's present unless given
    #[arg(long, value_name = "RFC3339", value_parser = plain_instant)]
    pub at: Option<String>,
    /// First letters of all order ids, 1 to 6 of them; made from the clock unless given, so that runs do not repeat ids
    #[arg(long, value_parser = order_tag)]
    pub tag: Option<String>,
    /// Process of the server: its memory and CPU are reported
    #[arg(long)]
    pub pid: Option<u32>,
    /// A folder on the server's disk, whose bare fdatasync is measured before and after
    #[arg(long, value_name = "FOLDER")]
    pub disk: Option<PathBuf>,
    /// Seconds for which a bare HTTP handler gets the same traffic first; 0 leaves it out
    #[arg(long, default_value_t = 3.0, value_parser = seconds)]
    pub peer_seconds: f64,
    /// Write FILE.json and FILE.txt
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Seed for who buys, who is read, and when Poisson arrivals come
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=86_400.0).contains(&seconds) => Ok(seconds),
        _ => Err(format!(
            "`{text}` is not a number of seconds from 0 to 86400"
        )),
    }
}

fn plain_instant(text: &str) -> Result<String, String> {
    let shape = b"dddd-dd-ddTdd:dd:ddZ";
    let fits = text.len() == shape.len()
        && text.bytes().zip(shape).all(|(byte, &wanted)| match wanted {
            b'd' => byte.is_ascii_digit(),
            exact => byte == exact,
        });
    if fits {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is not written like 2026-01-31T12:00:00Z"))
    }
}

fn order_tag(text: &str) -> Result<String, String> {
    if (1..=6).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is not 1 to 6 letters and digits"))
    }
}

impl Arguments {
    /// The streams of traffic asked for.
    ///
    /// # Errors
    /// When neither a rate nor saturation is given where one is needed.
    pub fn streams(&self) -> Result<Vec<Stream>, String> {
        if !self.stream.is_empty() {
            return Ok(self.stream.clone());
        }
        let work = match self.mix {
            Mix::Batches => Work::Batches,
            Mix::Orders => Work::Orders,
            Mix::Reads => Work::Reads,
            Mix::Downline => Work::Downline,
            Mix::Mixed if self.rate.is_some() || self.saturate => {
                return Err("the mix `mixed` has rates of its own; use --stream for others".into());
            }
            Mix::Mixed => {
                return Ok([
                    (Work::Batches, 100.0, 2),
                    (Work::Orders, 100.0, 2),
                    (Work::Reads, 1000.0, 4),
                    (Work::Downline, 5.0, 1),
                ]
                .map(|(work, rate, connections)| Stream {
                    work,
                    rate: Rate::Open(rate),
                    connections,
                })
                .into());
            }
        };
        let rate = match self.rate {
            Some(rate) => Rate::Open(rate),
            None if self.saturate => Rate::Saturate,
            None => return Err("say how fast: --rate REQUESTS_A_SECOND or --saturate".into()),
        };
        Ok(vec![Stream {
            work,
            rate,
            connections: self.connections,
        }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_read_and_nonsense_is_not() {
        assert_eq!(
            "batches:max:8".parse(),
            Ok(Stream {
                work: Work::Batches,
                rate: Rate::Saturate,
                connections: 8
            })
        );
        assert_eq!(
            "reads:1000:4".parse(),
            Ok(Stream {
                work: Work::Reads,
                rate: Rate::Open(1000.0),
                connections: 4
            })
        );
        for bad in [
            "",
            "reads",
            "reads:0:1",
            "reads:x:1",
            "reads:10:0",
            "walks:10:1",
            "reads:1:2:3",
        ] {
            assert!(bad.parse::<Stream>().is_err(), "{bad}");
        }
    }

    #[test]
    fn instants_and_tags_are_checked() {
        assert!(plain_instant("2026-01-31T12:00:00Z").is_ok());
        assert!(plain_instant("2026-01-31 12:00:00Z").is_err());
        assert!(order_tag("run7").is_ok());
        for bad in ["", "sevenchars", "a-b"] {
            assert!(order_tag(bad).is_err(), "{bad}");
        }
    }
}

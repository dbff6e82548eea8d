//! The order of a run: disk, setup, bare handler, server, disk again, report.

use std::error::Error;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::thread;
use std::time::{Duration, Instant};

use crate::run::arguments::{Arguments, Rate, Stream};
use crate::run::bodies::{Common, Writer, tag_of_now};
use crate::run::client::{Client, resolve};
use crate::run::disk;
use crate::run::machine::{Sample, Shares, server_seconds};
use crate::run::peer::Peer;
use crate::run::report::{Percentiles, Process, Report, Traffic, ratios, writes};
use crate::run::schedule::arrivals;
use crate::run::setup::{Filled, fill};
use crate::run::table::table;
use crate::run::targets::Targets;
use crate::run::worker::{Pace, Tally, Window, drive, histogram};

/// The environment variable that holds the token.
const TOKEN: &str = "ARBORLINE_TOKEN";

/// Runs everything asked for, prints the table and writes the report.
///
/// # Errors
/// When flags contradict each other, a file cannot be read or written, or nobody answers at the address.
pub fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let (address, host) = resolve(&arguments.url)?;
    let fills_only = arguments.seconds == 0.0;
    // Flags are judged before a long setup, not after it.
    let streams = match fills_only {
        true => Vec::new(),
        false => arguments.streams()?,
    };
    let common = Common {
        host,
        token: std::env::var(TOKEN).ok().filter(|token| !token.is_empty()),
        at: arguments.at.clone(),
        tag: arguments.tag.clone().unwrap_or_else(tag_of_now),
        batch: arguments.batch,
        downline_query: arguments.downline_query.clone(),
    };
    Client::new(address)
        .connect()
        .map_err(|why| format!("nobody answers at {}: {why}", arguments.url))?;
    let (setup, targets) = prepare(arguments, address, &common)?;
    if fills_only {
        if let Some(filled) = setup {
            println!("{}", serde_json::to_string_pretty(&filled)?);
        }
        return Ok(());
    }
    let load = Load {
        arguments,
        common: &common,
        targets: &targets,
        streams: &streams,
    };
    let report = load.measure(address, setup)?;
    let text = table(&report);
    print!("{text}");
    if let Some(path) = &arguments.report {
        write(path, &report, &text)?;
    }
    Ok(())
}

fn write(path: &Path, report: &Report, text: &str) -> Result<(), Box<dyn Error>> {
    std::fs::write(
        path.with_extension("json"),
        serde_json::to_string_pretty(report)? + "\n",
    )?;
    std::fs::write(path.with_extension("txt"), text)?;
    Ok(())
}

fn process(pid: u32, before: &Sample, after: &Sample, server: &[Traffic]) -> Process {
    let orders: u64 = server.iter().map(|stream| stream.orders).sum();
    Process {
        pid,
        resident: after.memory.0 * 1024,
        resident_peak: after.memory.1 * 1024,
        cpu_us_an_order: (orders > 0).then(|| server_seconds(before, after) * 1e6 / orders as f64),
    }
}

/// Fills the server where asked, and finds out whom requests can be about.
fn prepare(
    arguments: &Arguments,
    address: SocketAddr,
    common: &Common,
) -> Result<(Option<Filled>, Targets), Box<dyn Error>> {
    if let Some(file) = &arguments.setup {
        let filled = fill(
            file,
            &arguments.placement_tree,
            address,
            common,
            arguments.pid,
        )?;
        return Ok((Some(filled), Targets::read(file)?));
    }
    match (&arguments.known, arguments.members) {
        (Some(file), _) => Ok((None, Targets::read(file)?)),
        (None, Some(members)) if members > 0 => Ok((None, Targets::Generated(members))),
        _ => Err("say whom to ask about: --members NUMBER, --known FILE or --setup FILE".into()),
    }
}

/// Traffic ready to be sent to one address or another.
struct Load<'l> {
    arguments: &'l Arguments,
    common: &'l Common,
    targets: &'l Targets,
    streams: &'l [Stream],
}

impl Load<'_> {
    /// The time between two requests that write, where they come at a rate.
    fn pause(&self) -> Option<Duration> {
        let rates = self.streams.iter().filter(|s| writes(s.work.word()));
        let rates = rates.filter_map(|stream| match stream.rate {
            Rate::Open(rate) => Some(rate),
            Rate::Saturate => None,
        });
        let rate: f64 = rates.sum();
        (rate > 0.0).then(|| Duration::from_secs_f64(1.0 / rate))
    }

    /// Measures the disk, the bare handler, the server and the disk again.
    fn measure(
        &self,
        address: SocketAddr,
        setup: Option<Filled>,
    ) -> Result<Report, Box<dyn Error>> {
        let arguments = self.arguments;
        let (mut syncs, mut paced) = (histogram(), histogram());
        let pause = self.pause();
        let mut sync = || -> std::io::Result<()> {
            let Some(folder) = &arguments.disk else {
                return Ok(());
            };
            disk::measure(folder, Duration::ZERO, &mut syncs)?;
            pause.map_or(Ok(()), |pause| disk::measure(folder, pause, &mut paced))
        };
        sync()?;
        let bare_http = match arguments.peer_seconds {
            0.0 => Vec::new(),
            seconds => {
                let peer = Peer::start()?;
                self.send(peer.address, 0.5, seconds, || ())
            }
        };
        let mut samples = Vec::new();
        let server = self.send(address, arguments.warm_up, arguments.seconds, || {
            samples.push(Sample::take(arguments.pid));
        });
        sync()?;
        let of = |syncs| Some(Percentiles::of(syncs)).filter(|_| arguments.disk.is_some());
        let (fdatasync, fdatasync_paced) = (of(&syncs), pause.and_then(|_| of(&paced)));
        let [before, after] = samples[..] else {
            unreachable!("a sample is taken at both ends of measuring");
        };
        Ok(Report {
            url: arguments.url.clone(),
            members: self.targets.count(),
            batch: arguments.batch,
            seconds: arguments.seconds,
            warm_up: arguments.warm_up,
            setup,
            process: arguments
                .pid
                .map(|pid| process(pid, &before, &after, &server)),
            processors: Shares::between(&before, &after),
            ratios: ratios(
                &server,
                &bare_http,
                fdatasync.as_ref(),
                fdatasync_paced.as_ref(),
            ),
            server,
            bare_http,
            fdatasync,
            fdatasync_paced,
        })
    }

    /// Sends all streams together, and calls `mark` when measuring begins and when it ends.
    fn send(
        &self,
        address: SocketAddr,
        warm_up: f64,
        seconds: f64,
        mut mark: impl FnMut(),
    ) -> Vec<Traffic> {
        let whole = warm_up + seconds;
        let paces: Vec<Pace> = self
            .streams
            .iter()
            .map(|stream| self.pace(stream, whole))
            .collect();
        let writers: u32 = self.streams.iter().map(|stream| stream.connections).sum();
        let window = Window {
            // Threads need a moment to start; nothing is due before all of them have.
            start: Instant::now() + Duration::from_millis(50),
            warm_up: Duration::from_secs_f64(warm_up),
            whole: Duration::from_secs_f64(whole),
        };
        let mut tallies = vec![Tally::default(); self.streams.len()];
        thread::scope(|scope| {
            let mut index = 0;
            let mut threads = Vec::new();
            for (place, (stream, pace)) in self.streams.iter().zip(&paces).enumerate() {
                for _ in 0..stream.connections {
                    let (common, targets, seed) = (self.common, self.targets, self.arguments.seed);
                    let work = stream.work;
                    let mut writer =
                        Writer::new(common, targets, work, seed, index, u64::from(writers));
                    let thread =
                        scope.spawn(move || drive(address, work, &mut writer, pace, window));
                    threads.push((place, thread));
                    index += 1;
                }
            }
            thread::sleep(
                (window.start + window.warm_up).saturating_duration_since(Instant::now()),
            );
            mark();
            thread::sleep((window.start + window.whole).saturating_duration_since(Instant::now()));
            mark();
            for (place, thread) in threads {
                tallies[place].add(&thread.join().expect("a connection's thread does not panic"));
            }
        });
        self.streams
            .iter()
            .zip(&tallies)
            .map(|(stream, tally)| {
                let rate = match stream.rate {
                    Rate::Open(rate) => Some(rate),
                    Rate::Saturate => None,
                };
                Traffic::of(stream.work.word(), rate, stream.connections, tally, seconds)
            })
            .collect()
    }

    fn pace(&self, stream: &Stream, seconds: f64) -> Pace {
        match stream.rate {
            Rate::Saturate => Pace::Saturate,
            Rate::Open(rate) => Pace::Open {
                due: Arc::new(arrivals(
                    rate,
                    seconds,
                    self.arguments.arrival,
                    self.arguments.seed,
                )),
                next: Arc::new(AtomicUsize::new(0)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        arguments: Arguments,
    }

    #[test]
    fn a_run_counts_every_open_request_and_writes_its_report() {
        let peer = Peer::start().expect("started");
        let folder = std::env::temp_dir().join(format!("arborline-run-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("made");
        let report = folder.join("found");
        let flags = [
            "run",
            "--url",
            &format!("http://{}", peer.address),
            "--known",
            concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../tests/data/real-network/members.csv"
            ),
            "--stream=batches:40:2",
            "--stream=reads:200:2",
            "--stream=orders:max:1",
            "--batch=10",
            "--seconds=0.5",
            "--warm-up=0.1",
            "--peer-seconds=0.1",
            "--disk",
            folder.to_str().expect("a plain path"),
            "--report",
            report.to_str().expect("a plain path"),
        ];
        run(&Flags::parse_from(flags).arguments).expect("a run");
        let json = std::fs::read_to_string(folder.join("found.json")).expect("a report");
        let report: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        let [batches, reads, orders] = [0, 1, 2].map(|place| &report["server"][place]);
        // 0.6 s in all, of which the last 0.5 s count.
        assert_eq!(batches["requests"], 20);
        assert_eq!(batches["orders"], 200);
        assert_eq!(reads["requests"], 100);
        assert!(orders["requests"].as_u64() > Some(0));
        assert_eq!(batches["failures"], 0);
        assert!(report["fdatasync"]["p50_us"].as_f64() > Some(0.0));
        assert!(report["ratios"][2]["p50_to_fdatasync"].as_f64() > Some(0.0));
        assert!(folder.join("found.txt").exists());
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}

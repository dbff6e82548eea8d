//! The log beside its own limit: events a second by group size, and the disk's bare write and sync in the same run;
//! then what packing a segment of real orders saves and costs.
//!
//! `cargo bench --bench log [-- DIR]`; DIR defaults to a temporary directory below `target/`, since the system's own
//! may lie in memory.

#[path = "meter/share.rs"]
mod share;

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use arborline::base::time::{DAY_MS, Time};
use arborline::base::volumes::Volumes;
use arborline::engine::command::order::Order;
use arborline::engine::command::{Command, Verb};
use arborline::store::batch::put_command;
use arborline::store::directory::Directory;
use arborline::store::disk::Disk;
use arborline::store::files::Files;
use arborline::store::log::Log;
use arborline::store::options::{Durability, Options};
use arborline::store::packer::pack;
use arborline::store::reader::{Entry, Proof, Reader};
use arborline::store::real::RealDisk;
use arborline::store::recover::inspect;
use arborline::store::segment;
use rustix::time::{ClockId, clock_gettime};
use share::Share;

/// How long each row runs.
const ROW: Duration = Duration::from_millis(1_500);

/// What one record is.
#[derive(Clone, Copy)]
enum Record {
    /// So many bytes.
    Bytes(usize),
    /// An order with ids of twelve characters, as the server logs it.
    Order,
}

fn main() {
    let given = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let base = given.map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target"),
        PathBuf::from,
    );
    let folder = tempfile::tempdir_in(base).expect("a directory to work in");
    println!(
        "| group | record | events/s | bare mean us | ours | ratio | bare p50 us | ours | ratio | own CPU us a group | CPU of others |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    let share = Share::start();
    for record in [Record::Bytes(32), Record::Order] {
        for group in [1, 16, 256, 4096] {
            row(folder.path(), group, record);
        }
    }
    println!(
        "\n{:.1} s of CPU in all, with what makes and packs segments beside",
        share.own_seconds()
    );
    for group in [1, 256, 4096] {
        packing(folder.path(), group);
    }
}

/// One row: bare syncs and commits of the same size, turn and turn about, so that both meet the same neighbours.
fn row(folder: &Path, group: usize, record: Record) {
    let dir = tempfile::tempdir_in(folder).expect("a directory to work in");
    let mut log = open(dir.path(), Durability::Fsync);
    let groups = groups_of(group, record);
    let longest = groups.iter().map(Vec::len).max().expect("some groups");
    let (mut bare, mut ours) = (Bare::new(dir.path(), longest), Took::default());
    let (mut events, mut turn) = (0, 0);
    let share = Share::start();
    while ours.wall < ROW {
        bare.sync();
        let commands = &groups[turn % groups.len()];
        ours.time(|| {
            log.append(Time(0), group as u32, &[commands])
                .expect("append");
            log.commit().expect("commit");
        });
        events += group;
        turn += 1;
    }
    let others = share.others() * 100.0;
    let bytes = groups.iter().map(Vec::len).sum::<usize>() as f64 / (groups.len() * group) as f64;
    let mean = |took: &Took| took.wall.as_secs_f64() * 1e6 / took.each.len() as f64;
    let cpu = |took: &Took| took.cpu.as_secs_f64() * 1e6 / took.each.len() as f64;
    let (bare_mean, our_mean) = (mean(&bare.took), mean(&ours));
    let own_cpu = cpu(&ours) - cpu(&bare.took);
    let (bare_half, our_half) = (bare.took.median(), ours.median());
    println!(
        "| {group} | {bytes:.0} B | {:.0} | {bare_mean:.0} | {our_mean:.0} | {:.2} | {bare_half:.0} | {our_half:.0} | {:.2} | {own_cpu:.1} | {others:.0} % |",
        f64::from(events as u32) / ours.wall.as_secs_f64(),
        our_mean / bare_mean,
        our_half / bare_half,
    );
}

/// Packs one segment of orders, and reads it back in both forms, proving checksums and the chain.
fn packing(folder: &Path, group: usize) {
    let dir = tempfile::tempdir_in(folder).expect("a directory to work in");
    let mut log = open(dir.path(), Durability::Os);
    let groups = groups_of(group, Record::Order);
    let mut turn = 0;
    while log.files().segments().len() == 1 {
        let commands = &groups[turn % groups.len()];
        log.append(Time(0), group as u32, &[commands])
            .expect("append");
        log.commit().expect("commit");
        turn += 1;
        // One segment is enough, and must not be packed yet.
        let end = log.files().segments()[0].end;
        if end + 2 * commands.len() as u64 + 1_000 > 64 << 20 {
            break;
        }
    }
    log.sync().expect("sync");
    drop(log);
    let directory = Directory::new(Arc::new(RealDisk), dir.path());
    let (files, _) = inspect(&directory, Some(1)).expect("a whole log");
    let plain = files.segments()[0];
    let before = read_all(&files);
    let mut took = Took::default();
    took.time(|| pack(&files, plain, &AtomicBool::new(false)).expect("a disk in order"));
    let found = segment::open(&directory, plain.first_seq).expect("a segment");
    assert!(found.packed, "the segment was left as it was");
    let packed = std::fs::metadata(&found.path).expect("a file").len();
    let after = read_all(&files);
    println!(
        "\ngroups of {group}: {:.1} MB packed to {:.1} MB, {:.2} to 1, in {:.2} s of CPU, {:.0} MB/s; read back at {:.2} M orders/s plain, {:.2} packed (CPU)",
        plain.end as f64 / 1e6,
        packed as f64 / 1e6,
        plain.end as f64 / packed as f64,
        took.cpu.as_secs_f64(),
        plain.end as f64 / took.cpu.as_secs_f64() / 1e6,
        before,
        after,
    );
}

/// Reads a whole log; millions of commands in a second of CPU.
fn read_all(files: &Arc<Files>) -> f64 {
    let (mut took, mut commands) = (Took::default(), 0u32);
    took.time(|| {
        let mut reader = Reader::new(files, 1, Proof::Chain).expect("its start");
        while let Some(entry) = reader.next().expect("whole") {
            if let Entry::Batch(batch) = entry {
                commands += batch
                    .iter()
                    .map(|command| black_box(command).len().min(1) as u32)
                    .sum::<u32>();
            }
        }
    });
    f64::from(commands) / took.cpu.as_secs_f64() / 1e6
}

fn open(dir: &Path, durability: Durability) -> Log {
    let options = Options {
        found: Some([1; 16]),
        durability,
        opening_bytes: 64 << 20,
        ..Options::new(1)
    };
    let directory = Directory::new(Arc::new(RealDisk), dir);
    Log::open(&directory, options).expect("a new log").0
}

/// Several groups, so that what lies near each other in the log is not the same.
fn groups_of(group: usize, record: Record) -> Vec<Vec<u8>> {
    const COMMANDS: usize = 32_768;
    let mut number = 0;
    let mut next = || {
        let mut commands = Vec::new();
        for _ in 0..group {
            number += 1;
            match record {
                Record::Bytes(bytes) => {
                    let bytes: Vec<u8> = (0..bytes)
                        .map(|byte| (byte * 31 + number * 17) as u8)
                        .collect();
                    put_command(&mut commands, &bytes);
                }
                Record::Order => {
                    let mut one = Vec::new();
                    order(number as u64).encode(&mut one);
                    put_command(&mut commands, &one);
                }
            }
        }
        commands
    };
    (0..(COMMANDS / group).max(1)).map(|_| next()).collect()
}

fn order(number: u64) -> Command {
    let drawn = (number ^ 0x55).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    Command {
        id: compact_str::format_compact!("O{number:011}"),
        at: Time(20_500 * DAY_MS + number as i64),
        verb: Verb::Order(Order {
            member: compact_str::format_compact!("M{:011}", drawn % 1_000_000),
            centre: 1,
            volumes: Volumes::from_units(&[
                (drawn % 200) as i64 * 10_000,
                (drawn % 180) as i64 * 10_000,
            ]),
            amount: arborline::base::number::Volume((drawn % 30_000) as i64 * 100),
            currency: Some("EUR".into()),
            class: None,
            lines: Vec::new(),
        }),
    }
}

/// Wall time and this thread's CPU time of something done many times.
#[derive(Default)]
struct Took {
    wall: Duration,
    cpu: Duration,
    each: Vec<Duration>,
}

impl Took {
    fn time(&mut self, work: impl FnOnce()) {
        let (cpu, begin) = (thread_cpu(), Instant::now());
        work();
        self.each.push(begin.elapsed());
        self.cpu += thread_cpu() - cpu;
        self.wall += *self.each.last().expect("just pushed");
    }

    fn median(&mut self) -> f64 {
        self.each.sort_unstable();
        self.each[self.each.len() / 2].as_secs_f64() * 1e6
    }
}

fn thread_cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The disk alone: as many bytes, written over zeros and synced.
struct Bare {
    file: arborline::store::disk::File,
    bytes: Vec<u8>,
    at: u64,
    took: Took,
}

const BARE_BYTES: u64 = 32 << 20;

impl Bare {
    fn new(dir: &Path, bytes: usize) -> Bare {
        let file = RealDisk.create(&dir.join("bare")).expect("a file");
        for at in (0..BARE_BYTES).step_by(1 << 20) {
            file.write_at(&vec![0; 1 << 20], at).expect("zeros");
        }
        file.sync_data().expect("sync");
        Bare {
            file,
            bytes: vec![7; bytes],
            at: 0,
            took: Took::default(),
        }
    }

    fn sync(&mut self) {
        if self.at + self.bytes.len() as u64 > BARE_BYTES {
            self.at = 0;
        }
        let Bare {
            file,
            bytes,
            at,
            took,
        } = self;
        took.time(|| {
            file.write_at(bytes, *at).expect("write");
            file.sync_data().expect("sync");
        });
        self.at += self.bytes.len() as u64;
    }
}

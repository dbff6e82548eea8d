//! The log beside its own limit: events a second by group size, and the disk's bare sync in the same run.
//!
//! `cargo bench --bench log [-- DIR]`; DIR defaults to a temporary directory below `target/`, since the system's own
//! may lie in memory.

#[path = "meter/share.rs"]
mod share;

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arborline::base::time::Time;
use arborline::store::batch::put_command;
use arborline::store::directory::Directory;
use arborline::store::disk::Disk;
use arborline::store::log::Log;
use arborline::store::options::Options;
use arborline::store::reader::{Entry, Proof, Reader};
use arborline::store::real::RealDisk;
use share::Share;

/// How long each row runs.
const ROW: Duration = Duration::from_millis(1_500);

fn main() {
    let given = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let base = given.map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target"),
        PathBuf::from,
    );
    let folder = tempfile::tempdir_in(base).expect("a directory to work in");
    println!(
        "| group | record | events/s | sync p50 us | p99 us | bare sync p50 us | p99 us | CPU of others |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for record in [32, 72] {
        for group in [1, 16, 256, 4096] {
            row(folder.path(), group, record);
        }
    }
    replay(folder.path());
}

/// One row: bare syncs and commits of the same size, turn and turn about, so that both meet the same neighbours.
fn row(folder: &Path, group: usize, record: usize) {
    let dir = folder.join(format!("{group}-{record}"));
    let options = Options {
        found: Some([1; 16]),
        ..Options::new(1)
    };
    let directory = Directory::new(Arc::new(RealDisk), &dir);
    let (mut log, _) = Log::open(&directory, options).expect("a new log");
    let commands = group_of(group, record);
    let (mut bare, mut ours) = (Bare::new(&dir, commands.len()), Vec::new());
    let (mut busy, mut events) = (Duration::ZERO, 0);
    let share = Share::start();
    while busy < ROW {
        for _ in 0..20 {
            bare.sync();
        }
        for _ in 0..200 {
            let begin = Instant::now();
            log.append(Time(0), group as u32, &[&commands])
                .expect("append");
            log.commit().expect("commit");
            ours.push(begin.elapsed());
            busy += begin.elapsed();
            events += group;
        }
    }
    println!(
        "| {group} | {record} B | {:.0} | {} | {} | {} | {} | {:.0} % |",
        events as f64 / busy.as_secs_f64(),
        percentile(&mut ours, 50),
        percentile(&mut ours, 99),
        percentile(&mut bare.took, 50),
        percentile(&mut bare.took, 99),
        share.others() * 100.0,
    );
}

/// Reads back the log of 72-byte records in groups of 4,096, proving checksums and the chain.
fn replay(folder: &Path) {
    let directory = Directory::new(Arc::new(RealDisk), &folder.join("4096-72"));
    let (log, opened) = Log::open(&directory, Options::new(1)).expect("the log of the last row");
    let share = Share::start();
    let begin = Instant::now();
    let mut reader = Reader::new(log.files(), 1, Proof::Chain).expect("its start");
    let mut bytes = 0;
    while let Some(entry) = reader.next().expect("whole") {
        if let Entry::Batch(batch) = entry {
            bytes += batch
                .iter()
                .map(|command| black_box(command).len())
                .sum::<usize>();
        }
    }
    let took = begin.elapsed().as_secs_f64();
    println!(
        "\nread back with checksums and chain: {} commands, {:.1} M/s, {:.0} MB/s; {:.1} s of CPU, of others {:.0} %",
        opened.next_seq - 1,
        (opened.next_seq - 1) as f64 / took / 1e6,
        bytes as f64 / took / 1e6,
        share.own_seconds(),
        share.others() * 100.0,
    );
}

fn group_of(group: usize, record: usize) -> Vec<u8> {
    let mut commands = Vec::new();
    for index in 0..group {
        let bytes: Vec<u8> = (0..record)
            .map(|byte| (byte * 31 + index * 17) as u8)
            .collect();
        put_command(&mut commands, &bytes);
    }
    commands
}

/// The disk alone: as many bytes, written over zeros and synced.
struct Bare {
    file: arborline::store::disk::File,
    bytes: Vec<u8>,
    at: u64,
    took: Vec<Duration>,
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
            took: Vec::new(),
        }
    }

    fn sync(&mut self) {
        if self.at + self.bytes.len() as u64 > BARE_BYTES {
            self.at = 0;
        }
        let begin = Instant::now();
        self.file.write_at(&self.bytes, self.at).expect("write");
        self.file.sync_data().expect("sync");
        self.took.push(begin.elapsed());
        self.at += self.bytes.len() as u64;
    }
}

fn percentile(took: &mut [Duration], percent: usize) -> u128 {
    took.sort_unstable();
    took[(took.len() - 1) * percent / 100].as_micros()
}

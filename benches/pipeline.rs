//! The pipeline without HTTP: replay, durable throughput, one durable command beside the disk's bare sync, and point
//! reads beside a busy writer. Default network: enroller tree and binary tree, two kinds, months.
//!
//! `cargo bench --bench pipeline [-- MEMBERS [ORDERS]]`, by default 200,000 members and 3,000,000 orders.

#[path = "meter/share.rs"]
mod share;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arborline::base::number::Volume;
use arborline::base::time::{DAY_MS, Time};
use arborline::base::volumes::Volumes;
use arborline::document::network;
use arborline::engine::command::enrol::Enrol;
use arborline::engine::command::order::Order;
use arborline::engine::command::{Command, Verb};
use arborline::engine::member::{MemberKind, Profile};
use arborline::engine::rules::ClockMode;
use arborline::runtime::offline::Offline;
use arborline::runtime::settings::{Founding, Settings};
use arborline::runtime::start::{Server, open};
use arborline::runtime::submission::Submission;
use arborline::store::disk::Disk;
use arborline::store::options::Durability;
use arborline::store::real::RealDisk;
use share::Share;

/// Machine time of everything: some day of 2026.
const AT: Time = Time(20_500 * DAY_MS);
/// Commands handed in together while filling.
const CHUNK: u64 = 4_096;

fn main() {
    let mut numbers = std::env::args()
        .skip(1)
        .filter_map(|arg| arg.parse::<u64>().ok());
    let members = numbers.next().unwrap_or(200_000);
    let orders = numbers.next().unwrap_or(3_000_000);
    let base = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target");
    let folder = tempfile::tempdir_in(base).expect("a directory to work in");
    let dir = folder.path().join("net");
    fill(&dir, members, orders);
    replay(&dir, members + orders);
    let server = open(
        settings(&dir, Durability::Fsync),
        Box::new(|fault| panic!("{fault}")),
    );
    let server = server.expect("a directory in order");
    let threads = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let threads = threads.expect("threads");
    threads.block_on(throughput(&server, members, orders));
    threads.block_on(single(&server, folder.path(), members));
    threads.block_on(reads(&server, members));
    server.stop();
}

fn settings(dir: &Path, durability: Durability) -> Settings {
    let network = network::parse("").expect("the default network");
    let mut rules = network.compile(AT.plus_ms(900 * DAY_MS));
    rules.clock = ClockMode::Events;
    let mut settings = Settings::new(dir);
    settings.founding = Some(Founding {
        at: arborline::base::time::Time::MIN,
        document: Vec::new(),
        rules,
    });
    settings.durability = durability;
    settings
}

fn fill(dir: &Path, members: u64, orders: u64) {
    let mut network = Offline::open(settings(dir, Durability::Os)).expect("a new directory");
    let begin = Instant::now();
    for first in (0..members).step_by(CHUNK as usize) {
        let commands = (first..(first + CHUNK).min(members)).map(enrol).collect();
        let receipts = network.submit(commands).expect("a disk in order");
        assert!(receipts.iter().all(|receipt| receipt.outcome.is_ok()));
    }
    let enrolled = begin.elapsed();
    let begin = Instant::now();
    for first in (0..orders).step_by(CHUNK as usize) {
        let ids = first..(first + CHUNK).min(orders);
        let commands = ids.map(|id| order("f", id, members)).collect();
        network.submit(commands).expect("a disk in order");
    }
    println!(
        "filled without threads: {:.2} M enrolments/s, {:.2} M orders/s",
        members as f64 / enrolled.as_secs_f64() / 1e6,
        orders as f64 / begin.elapsed().as_secs_f64() / 1e6,
    );
    network.close().expect("a disk in order");
}

fn replay(dir: &Path, commands: u64) {
    let (begin, share) = (Instant::now(), Share::start());
    let network = Offline::open(settings(dir, Durability::Fsync)).expect("a directory in order");
    let took = begin.elapsed().as_secs_f64();
    let bytes: u64 = network
        .log
        .files()
        .segments()
        .iter()
        .map(|segment| segment.end)
        .sum();
    println!(
        "replayed {commands} commands in {took:.2} s: {:.2} M/s, {:.2} us of CPU and {:.0} bytes of log a command; \
         others took {:.0} % of the machine",
        commands as f64 / took / 1e6,
        share.own_seconds() * 1e6 / commands as f64,
        bytes as f64 / commands as f64,
        share.others() * 100.0,
    );
}

/// Eight clients, each with two submissions of 1,000 orders under way.
async fn throughput(server: &Server, members: u64, orders: u64) {
    const CLIENTS: u64 = 8;
    const GROUP: u64 = 1_000;
    let rounds = orders / 2 / CLIENTS / GROUP;
    let (begin, share) = (Instant::now(), Share::start());
    let clients = (0..CLIENTS).map(|client| {
        let handle = server.handle.clone();
        tokio::spawn(async move {
            let mut before = None;
            for round in 0..rounds {
                let first = (client * rounds + round) * GROUP;
                let ids = first..first + GROUP;
                let commands = ids.map(|id| order("t", id, members)).collect();
                let pending = handle
                    .enqueue(Submission { commands })
                    .map_err(|(refused, _)| refused);
                if let Some(before) = before.replace(pending.expect("room")) {
                    before.await.expect("durable");
                }
            }
            if let Some(last) = before {
                last.await.expect("durable");
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.expect("no panic");
    }
    let sent = rounds * CLIENTS * GROUP;
    let rate = sent as f64 / begin.elapsed().as_secs_f64() / 1e6;
    println!(
        "8 clients x 1,000 durable orders, making them included: {rate:.2} M/s, {:.2} us of CPU each; others took {:.0} %",
        share.own_seconds() * 1e6 / sent as f64,
        share.others() * 100.0,
    );
}

/// One durable command at a time, and bare syncs of as many bytes, turn and turn about.
async fn single(server: &Server, dir: &Path, members: u64) {
    let file = RealDisk.create(&dir.join("bare")).expect("a file");
    file.write_at(&vec![0; 8 << 20], 0).expect("zeros");
    file.sync_data().expect("sync");
    let (mut bare, mut ours) = (Vec::new(), Vec::new());
    for id in 0..3_000 {
        let begin = Instant::now();
        file.write_at(&[7; 200], id * 200).expect("write");
        file.sync_data().expect("sync");
        bare.push(begin.elapsed());
        let submission = Submission {
            commands: vec![order("s", id, members)],
        };
        let begin = Instant::now();
        server.handle.submit(submission).await.expect("durable");
        ours.push(begin.elapsed());
    }
    let (one, limit) = (percentile(&mut ours, 500), percentile(&mut bare, 500));
    println!(
        "one durable order: p50 {} us, p99 {} us; bare sync: p50 {} us, p99 {} us; ratio {:.2}",
        one,
        percentile(&mut ours, 990),
        limit,
        percentile(&mut bare, 990),
        one as f64 / limit as f64,
    );
}

/// Point reads while the writer takes 100,000 orders a second in submissions of 100.
async fn reads(server: &Server, members: u64) {
    let stop = Arc::new(AtomicBool::new(false));
    let sent = Arc::new(AtomicU64::new(0));
    let (handle, ends, counts) = (server.handle.clone(), Arc::clone(&stop), Arc::clone(&sent));
    let writer = tokio::spawn(async move {
        let mut tick = tokio::time::interval(Duration::from_millis(1));
        while !ends.load(Ordering::Relaxed) {
            tick.tick().await;
            let first = counts.fetch_add(100, Ordering::Relaxed);
            let commands = (first..first + 100)
                .map(|id| order("r", id, members))
                .collect();
            drop(handle.enqueue(Submission { commands }));
        }
    });
    let handle = server.handle.clone();
    let took = tokio::task::spawn_blocking(move || {
        let (begin, mut took) = (Instant::now(), Vec::new());
        let mut member = 1;
        while begin.elapsed() < Duration::from_secs(4) {
            member = member * 7_919 % members as u32 + 1;
            let since = Instant::now();
            std::hint::black_box(
                handle.read(|state| state.forest.group(0, member % members as u32, 0, 0)),
            );
            took.push(since.elapsed());
            std::thread::sleep(Duration::from_micros(200));
        }
        took
    });
    let mut took = took.await.expect("no panic");
    stop.store(true, Ordering::Relaxed);
    writer.await.expect("no panic");
    println!(
        "point read beside {:.0} orders/s: p50 {} ns, p99 {} us, p99.9 {} us",
        sent.load(Ordering::Relaxed) as f64 / 4.0,
        {
            took.sort_unstable();
            took[took.len() / 2].as_nanos()
        },
        percentile(&mut took, 990),
        percentile(&mut took, 999),
    );
}

fn percentile(took: &mut [Duration], per_mille: usize) -> u128 {
    took.sort_unstable();
    took[(took.len() - 1) * per_mille / 1_000].as_micros()
}

fn mix(number: u64) -> u64 {
    let mut bits = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

fn member_id(number: u64) -> compact_str::CompactString {
    compact_str::format_compact!("M{number:011}")
}

fn enrol(number: u64) -> Command {
    let enroller = (number > 0).then(|| member_id(mix(number) % number));
    Command {
        id: member_id(number),
        at: AT,
        verb: Verb::Enrol(Box::new(Enrol {
            kind: MemberKind::Distributor,
            enroller,
            profile: Profile::default(),
            placements: Vec::new(),
        })),
    }
}

fn order(series: &str, number: u64, members: u64) -> Command {
    Command {
        id: compact_str::format_compact!("{series}{number:011}"),
        at: AT,
        verb: Verb::Order(Order {
            member: member_id(mix(number ^ 0x55) % members),
            centre: 1,
            volumes: Volumes::from_units(&[1_000_000, 800_000]),
            amount: Volume(1_250_000),
            currency: Some("USD".into()),
            class: None,
            lines: Vec::new(),
        }),
    }
}

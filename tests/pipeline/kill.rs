//! Kills: a child process serves on the real disk and ends itself at every operation in turn; the parent keeps the
//! list of what was acknowledged and opens what is left.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command as Process, Stdio};

use arborline::store::real::RealDisk;

use super::network::{block_on, enrol, offline, order, rules, serve, settings, submit};
use crate::chance::scale;
use crate::disk::kill::{KillDisk, Moment};
use crate::proof::counted;

/// Set for a child: operation, moment, life, way of living and directory.
const CHILD: &str = "ARBORLINE_TEST_CHILD";

/// A way of living.
struct Way {
    /// Bytes of a segment.
    segment_bytes: u64,
    /// Requests that one life sends.
    requests: u64,
    /// Orders of a request.
    together: u64,
    /// Whether a snapshot is asked for after every third request; one is written at every end in any case.
    snapshots: bool,
}

const WAYS: [Way; 4] = [
    Way {
        segment_bytes: 2_500,
        requests: 10,
        together: 1,
        snapshots: false,
    },
    Way {
        segment_bytes: 64 << 10,
        requests: 9,
        together: 1,
        snapshots: true,
    },
    Way {
        segment_bytes: 1_200,
        requests: 12,
        together: 4,
        snapshots: false,
    },
    Way {
        segment_bytes: 4_000,
        requests: 10,
        together: 3,
        snapshots: true,
    },
];

/// The child's whole life; in an ordinary run of the tests there is nothing to do.
#[test]
fn child() {
    let Ok(told) = std::env::var(CHILD) else {
        return;
    };
    let mut words = told.splitn(5, ' ');
    let mut next = || words.next().expect("five words");
    let (n, moment, life, way, dir) = (next(), next(), next(), next(), next());
    let moment = match moment {
        "Before" => Moment::Before,
        "HalfWay" => Moment::HalfWay,
        _ => Moment::After,
    };
    let way = &WAYS[way.parse::<usize>().expect("a number")];
    let disk = KillDisk::new(n.parse().expect("a number"), moment);
    let mut small = settings(&disk, Path::new(dir), rules());
    small.segment_bytes = way.segment_bytes;
    // Each life that comes to its end writes a snapshot, and the next begins with it.
    small.snapshots.least = 1;
    let server = serve(small);
    // What stands on this line already is the test's name.
    println!();
    block_on(async {
        submit(&server, vec![enrol("buyer", None)])
            .await
            .expect("durable");
        for index in 0..way.requests {
            let ids = (0..way.together).map(|order| format!("{life}-{index}-{order}"));
            let ids: Vec<String> = ids.collect();
            println!("sent {}", ids.join(" "));
            let orders = ids.iter().map(|id| order(id, "buyer", 1));
            let receipts = submit(&server, orders.collect()).await.expect("durable");
            assert!(receipts.iter().all(|receipt| receipt.outcome.is_ok()));
            println!("acknowledged {}", ids.join(" "));
            std::io::stdout().flush().expect("a parent that listens");
            if way.snapshots && index % 3 == 2 {
                server.handle.snapshot().await.expect("a disk in order");
            }
        }
    });
    server.stop();
    println!("done");
}

/// A directory in memory where there is one: the death of a process spares the page cache, so a disk proves no more.
fn in_memory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().expect("a directory"))
}

/// What the parent knows.
#[derive(Default)]
struct Known {
    sent: Vec<String>,
    acknowledged: Vec<String>,
}

/// Lets a child live until operation `n`; whether it came to its own end.
fn live(known: &mut Known, dir: &Path, (n, moment): (u64, Moment), life: u64, way: usize) -> bool {
    let mut child = Process::new(std::env::current_exe().expect("this binary"))
        .args([
            "--exact",
            "pipeline::kill::child",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(
            CHILD,
            format!("{n} {moment:?} {life} {way} {}", dir.display()),
        )
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a child");
    let mut done = false;
    for line in BufReader::new(child.stdout.take().expect("piped")).lines() {
        let line = line.expect("text");
        match line.split_once(' ') {
            Some(("sent", ids)) => known.sent.extend(ids.split(' ').map(str::to_owned)),
            Some(("acknowledged", ids)) => {
                known.acknowledged.extend(ids.split(' ').map(str::to_owned));
            }
            _ => done |= line == "done",
        }
    }
    child.wait().expect("a child that ended");
    done
}

/// Opens what is left: everything acknowledged once, nothing that was not sent.
fn check(known: &Known, dir: &Path) {
    let network = offline(settings(&RealDisk, dir, rules()));
    for id in &known.acknowledged {
        assert!(network.state.orders.find(id).is_some(), "{id} is lost");
    }
    let shown = u64::from(network.state.orders.len());
    assert!(shown <= known.sent.len() as u64);
    let buyer = network.state.members.find("buyer");
    let sum = buyer.map_or(0, |buyer| network.state.forest.group(0, buyer, 0, 0));
    assert_eq!(sum.unsigned_abs(), shown, "an order counts twice, or not");
}

/// Kills at every operation in turn, so many lives one behind the other in one directory, so that recoveries are killed too;
/// how many kills, and how many orders were acknowledged.
fn kill_everywhere(moment: Moment, lives: u64, way: usize) -> (u64, u64) {
    let (mut kills, mut acknowledged) = (0, 0);
    let (mut n, mut ended) = (0, false);
    while !ended {
        let folder = in_memory();
        let dir = folder.path().join("net");
        let mut known = Known::default();
        for life in 0..lives {
            ended = live(&mut known, &dir, (n, moment), life, way);
            kills += u64::from(!ended);
            check(&known, &dir);
            n += 1;
            if ended {
                break;
            }
        }
        acknowledged += known.acknowledged.len() as u64;
    }
    (kills, acknowledged)
}

#[test]
fn a_kill_at_any_operation_loses_nothing_acknowledged() {
    let of = |way: usize| {
        let moments = [Moment::Before, Moment::HalfWay, Moment::After];
        let all = moments
            .into_iter()
            .flat_map(|moment| (1..=3 + scale()).map(move |lives| (moment, lives)));
        all.map(|(moment, lives)| kill_everywhere(moment, lives, way))
            .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    };
    let (some, others) = std::thread::scope(|scope| {
        let other = scope.spawn(|| (of(0), of(1)));
        ((of(2), of(3)), other.join().expect("no panic"))
    });
    let all = [some.0, some.1, others.0, others.1];
    let kills = all.iter().map(|(kills, _)| kills).sum();
    let acknowledged = all.iter().map(|(_, acknowledged)| acknowledged).sum();
    counted(
        "a server kills itself at every operation",
        kills,
        "kills",
        3_000,
    );
    counted(
        "a server kills itself at every operation",
        acknowledged,
        "acknowledged",
        20_000,
    );
}

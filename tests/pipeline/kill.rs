//! Kills: a child process serves on the real disk and ends itself at every operation in turn; the parent keeps the
//! list of what was acknowledged and opens what is left.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command as Process, Stdio};

use arborline::store::real::RealDisk;

use super::network::{block_on, enrol, offline, order, rules, serve, settings, submit};
use crate::chance::scale;
use crate::disk::kill::{KillDisk, Moment};

/// Set for a child: operation, moment, life and directory.
const CHILD: &str = "ARBORLINE_TEST_CHILD";
/// Orders that one life sends.
const ORDERS: u64 = 10;

/// The child's whole life; in an ordinary run of the tests there is nothing to do.
#[test]
fn child() {
    let Ok(told) = std::env::var(CHILD) else {
        return;
    };
    let mut words = told.splitn(4, ' ');
    let mut next = || words.next().expect("four words");
    let (n, moment, life, dir) = (next(), next(), next(), next());
    let moment = match moment {
        "Before" => Moment::Before,
        "HalfWay" => Moment::HalfWay,
        _ => Moment::After,
    };
    let disk = KillDisk::new(n.parse().expect("a number"), moment);
    let mut small = settings(&disk, Path::new(dir), rules());
    small.segment_bytes = 2_500;
    // Each life that comes to its end writes a snapshot, and the next begins with it.
    small.snapshots.least = 1;
    let server = serve(small);
    // What stands on this line already is the test's name.
    println!();
    block_on(async {
        submit(&server, vec![enrol("buyer", None)])
            .await
            .expect("durable");
        for index in 0..ORDERS {
            let id = format!("{life}-{index}");
            println!("sent {id}");
            let receipts = submit(&server, vec![order(&id, "buyer", 1)])
                .await
                .expect("durable");
            assert!(receipts[0].outcome.is_ok());
            println!("acknowledged {id}");
            std::io::stdout().flush().expect("a parent that listens");
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
fn live(known: &mut Known, dir: &Path, n: u64, moment: Moment, life: u64) -> bool {
    let mut child = Process::new(std::env::current_exe().expect("this binary"))
        .args([
            "--exact",
            "pipeline::kill::child",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(CHILD, format!("{n} {moment:?} {life} {}", dir.display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a child");
    let mut done = false;
    for line in BufReader::new(child.stdout.take().expect("piped")).lines() {
        let line = line.expect("text");
        match line.split_once(' ') {
            Some(("sent", id)) => known.sent.push(id.to_owned()),
            Some(("acknowledged", id)) => known.acknowledged.push(id.to_owned()),
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

#[test]
fn a_kill_at_any_operation_loses_nothing_acknowledged() {
    // A few lives one behind the other in one directory, so that recoveries are killed too.
    let lives_together = 4;
    let step = if scale() > 1 { 1 } else { 5 };
    let (mut kills, mut acknowledged) = (0, 0);
    for moment in [Moment::Before, Moment::HalfWay, Moment::After] {
        let (mut n, mut ended) = (
            match moment {
                Moment::Before => 0,
                Moment::HalfWay => 1,
                Moment::After => 2,
            },
            false,
        );
        while !ended {
            let folder = in_memory();
            let dir = folder.path().join("net");
            let mut known = Known::default();
            for life in 0..lives_together {
                ended = live(&mut known, &dir, n, moment, life);
                kills += u32::from(!ended);
                check(&known, &dir);
                n += step;
                if ended {
                    break;
                }
            }
            acknowledged += known.acknowledged.len();
        }
    }
    assert!(kills > 25, "{kills} kills");
    assert!(acknowledged > 60, "{acknowledged} acknowledged");
}

//! Errors: every operation of a life with snapshots fails in every way, once and for ever. What was acknowledged stays, nothing
//! is acknowledged after a fault of the log, and the next start tells the truth.

use std::io::ErrorKind;
use std::path::Path;

use arborline::runtime::offline::Offline;
use arborline::runtime::settings::{Settings, StartError};
use arborline::store::fault::Fault;

use super::network::{enrol, offline, order, rules, settings};
use super::snapshots::snapping;
use crate::chance::{Chance, scale};
use crate::disk::sim::{OPS, Op, SimDisk, Survivors, Trouble};
use crate::proof::counted;

const DIR: &str = "/data/net";

const ERRORS: [ErrorKind; 4] = [
    ErrorKind::Other,
    ErrorKind::StorageFull,
    ErrorKind::PermissionDenied,
    ErrorKind::Interrupted,
];

/// What somebody was told.
#[derive(Default)]
struct Told {
    acknowledged: Vec<String>,
    /// Told after a fault of the log had been.
    too_late: u64,
}

fn on(disk: &SimDisk) -> Settings {
    let mut small = snapping(settings(disk, Path::new(DIR), rules()), 1);
    small.segment_bytes = 1_800;
    small
}

/// Two lives with orders, a snapshot in the middle of each and one at its end; until a fault ends them.
fn live(disk: &SimDisk, told: &mut Told) -> Result<(), StartError> {
    for life in 0..2 {
        let mut network = Offline::open(on(disk))?;
        let member = format!("m{life}");
        network.submit(vec![enrol(&member, None)])?;
        told.acknowledged.push(member.clone());
        for group in 0..6 {
            let ids: Vec<String> = (0..=group % 3)
                .map(|n| format!("o{life}-{group}-{n}"))
                .collect();
            let orders = ids.iter().map(|id| order(id, &member, 1));
            if let Err(fault) = network.submit(orders.collect()) {
                // Whoever asks again is not told that it is done: what the disk holds is known to nobody.
                let again = network.submit(vec![enrol("again", None)]);
                told.too_late += u64::from(again.is_ok());
                return Err(fault.into());
            }
            told.acknowledged.extend(ids);
            if group == 3 {
                // The log has everything: it goes on without.
                let taken = network.snapshot();
                assert!(
                    matches!(taken, Ok(_) | Err(Fault::Io { .. } | Fault::Poisoned)),
                    "{taken:?}"
                );
            }
        }
        network.close()?;
    }
    Ok(())
}

/// One trouble; whether anybody met it.
fn meet(trouble: Trouble) -> bool {
    let (disk, mut told) = (SimDisk::new(), Told::default());
    disk.plan(Some(trouble));
    let ended = live(&disk, &mut told);
    if let Err(error) = &ended {
        assert!(
            matches!(error, StartError::Fault(Fault::Io { .. } | Fault::Poisoned)),
            "{trouble:?}: {error}"
        );
    }
    let met = disk.struck();
    assert_eq!(told.too_late, 0, "{trouble:?}: acknowledged after a fault");
    assert!(!disk.synced_twice(), "{trouble:?}: a sync was tried again");
    // The power goes at once; or the process begins again over the cache as it is, and then the power goes.
    let lost = disk.image(Survivors::None, &mut Chance::new(0));
    check(&lost, &told, trouble);
    disk.survive_process();
    check(&disk, &told, trouble);
    let lost = disk.image(Survivors::None, &mut Chance::new(0));
    check(&lost, &told, trouble);
    met
}

fn check(disk: &SimDisk, told: &Told, trouble: Trouble) {
    let network = offline(on(disk));
    let state = &network.state;
    for id in &told.acknowledged {
        let there = state.members.find(id).is_some() || state.orders.find(id).is_some();
        assert!(there, "{trouble:?}: {id} is lost");
    }
    network.close().expect("a disk in order");
}

/// Makes a trouble of each operation in turn, until one is met by nobody; how many were.
fn each(trouble: impl Fn(u64) -> Trouble) -> u64 {
    (0..).take_while(|n| meet(trouble(*n))).count() as u64
}

fn of(op: Op) -> u64 {
    let mut lives = 0;
    for _ in 0..scale() {
        for error in ERRORS {
            for for_ever in [false, true] {
                // A write that is interrupted for ever is one that hangs.
                if error == ErrorKind::Interrupted && (for_ever || op != Op::Write) {
                    continue;
                }
                let met = each(|n| Trouble::Fail {
                    op,
                    n,
                    error,
                    for_ever,
                });
                assert!(met > 1, "{op:?} never failed");
                lives += met;
            }
        }
    }
    lives
}

#[test]
fn every_operation_fails_in_every_way_and_nothing_acknowledged_is_lost() {
    let (some, others) = OPS.split_at(2);
    let lives: u64 = std::thread::scope(|scope| {
        let other = scope.spawn(|| some.iter().map(|op| of(*op)).sum::<u64>());
        let own: u64 = others.iter().map(|op| of(*op)).sum();
        let writes = each(|n| Trouble::ShortWrite { n }) + each(|n| Trouble::HalfWrite { n });
        own + writes + other.join().expect("no panic")
    });
    counted(
        "every operation of the disk fails in every way",
        lives,
        "failures",
        1_000,
    );
}

//! Faults: each operation fails once or for ever, in each way; the log stops, and the next start tells the truth.

use std::io::ErrorKind;

use arborline::base::time::Time;
use arborline::store::fault::Fault;

use super::history::{History, options};
use crate::chance::{Chance, scale};
use crate::disk::sim::{Lie, OPS, Op, SimDisk, Survivors, Trouble};

/// What became of a life under trouble.
struct Life {
    /// A fault ended it early.
    ended: bool,
    /// The trouble was met, if only by the packing of a segment, which gives way to any fault.
    met: bool,
}

/// Runs a life under `trouble`, its stop included; whether it ended early. Checks that a fault is final and names what failed.
fn live(disk: &SimDisk, history: &mut History, seed: u64, trouble: Trouble) -> bool {
    let mut chance = Chance::new(seed);
    disk.plan(Some(trouble));
    let mut log = match history.open(disk, options()) {
        Ok(log) => log,
        Err(fault) => return named(&fault),
    };
    for _ in 0..40 {
        let Err(fault) = history.step(&mut log, &mut chance) else {
            continue;
        };
        assert_eq!(log.append(Time(0), 0, &[]), Err(Fault::Poisoned));
        assert_eq!(log.commit(), Err(Fault::Poisoned));
        assert_eq!(log.write_outcomes(), Err(Fault::Poisoned));
        return named(&fault);
    }
    log.finish().is_err_and(|fault| named(&fault))
}

fn named(fault: &Fault) -> bool {
    assert!(matches!(fault, Fault::Io { .. }), "{fault}");
    assert!(fault.to_string().contains("/data"), "{fault}");
    true
}

fn check(seed: u64, trouble: Trouble) -> Life {
    check_on(SimDisk::new(), seed, trouble)
}

fn check_on(disk: SimDisk, seed: u64, trouble: Trouble) -> Life {
    let mut history = History::default();
    let ended = live(&disk, &mut history, seed, trouble);
    let met = disk.struck();
    assert!(!disk.synced_twice(), "{trouble:?}");
    // The power goes at once.
    let mut after = history.clone();
    let lost = disk.image(Survivors::None, &mut Chance::new(0));
    after
        .live(&lost, &mut Chance::new(1), 5)
        .expect("a fault damages nothing");
    // Or the process starts again over a cache that shows bytes which never reached the disk, answers, and then the
    // power goes: whatever it answered must be there.
    disk.survive_process();
    history
        .live(&disk, &mut Chance::new(1), 5)
        .expect("a fault damages nothing");
    let lost = disk.image(Survivors::None, &mut Chance::new(0));
    history
        .open(&lost, options())
        .expect("nor does the loss of power");
    Life { ended, met }
}

#[test]
fn every_operation_fails_in_every_way() {
    let errors = [
        ErrorKind::StorageFull,
        ErrorKind::Other,
        ErrorKind::PermissionDenied,
    ];
    for seed in 0..2 * scale() {
        for op in OPS {
            for error in errors {
                for for_ever in [false, true] {
                    let trouble = |n| Trouble::Fail {
                        op,
                        n,
                        error,
                        for_ever,
                    };
                    let failures = (0..).take_while(|n| check(seed, trouble(*n)).met).count();
                    assert!(failures > 1, "{op:?} never failed");
                }
            }
        }
    }
}

#[test]
fn short_and_interrupted_writes_are_gone_on_with() {
    let interrupted = |n| Trouble::Fail {
        op: Op::Write,
        n,
        error: ErrorKind::Interrupted,
        for_ever: false,
    };
    for n in 0..60 {
        assert!(!check(3, Trouble::ShortWrite { n }).ended);
        assert!(!check(3, interrupted(n)).ended);
    }
}

#[test]
fn an_error_that_is_passed_over_is_seen() {
    let failed = |n| Trouble::Fail {
        op: Op::Sync,
        n,
        error: ErrorKind::Other,
        for_ever: false,
    };
    let troubles: [(Lie, &dyn Fn(u64) -> Trouble); 2] = [
        (Lie::Short, &|n| Trouble::ShortWrite { n }),
        (Lie::Failure, &failed),
    ];
    for (lie, trouble) in troubles {
        let seen = (0..60).any(|n| {
            let trouble = trouble(n);
            let checked = || check_on(SimDisk::lying(lie), 3, trouble).met;
            std::panic::catch_unwind(checked).is_err()
        });
        assert!(seen, "{lie:?} is not seen");
    }
}

#[test]
fn a_write_that_fails_half_way_is_not_served() {
    let failures = (0..)
        .take_while(|n| check(5, Trouble::HalfWrite { n: *n }).met)
        .count();
    assert!(failures > 15, "{failures}");
}

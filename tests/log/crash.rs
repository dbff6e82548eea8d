//! Crashes: after every operation, with every kind of loss, and again inside the recovery.

use super::history::History;
use crate::chance::{Chance, scale};
use crate::disk::sim::{SimDisk, Survivors, Trouble};
use crate::proof::counted;

const KINDS: [Survivors; 7] = [
    Survivors::None,
    Survivors::All,
    Survivors::BytesOnly,
    Survivors::NamesOnly,
    Survivors::Some,
    Survivors::Some,
    Survivors::Some,
];

/// Lets a life run until the power goes at operation `n`; false when it ended before.
fn run_until(disk: &SimDisk, history: &mut History, seed: u64, steps: u64, n: u64) -> bool {
    disk.plan(Some(Trouble::PowerOff { n }));
    let ended = history.live(disk, &mut Chance::new(seed), steps).is_err();
    // Packing gives way to any fault; what meets the power's end last may be that.
    ended || disk.struck()
}

#[test]
fn a_crash_at_any_operation_loses_nothing_confirmed() {
    let mut crashes = 0;
    for seed in 0..40 * scale() {
        for n in 0.. {
            let disk = SimDisk::new();
            let mut history = History::default();
            let crashed = run_until(&disk, &mut history, seed, 40, n);
            for (index, kind) in KINDS.into_iter().enumerate() {
                let mut chance = Chance::new(seed << 32 | n << 8 | index as u64);
                let image = disk.image(kind, &mut chance);
                crash_again(&image, &history, &mut chance, 2);
            }
            if !crashed {
                break;
            }
            crashes += 1;
        }
    }
    counted(
        "crashes of a log at any operation",
        crashes,
        "crashes",
        1_000,
    );
}

/// Opens the image, going through a crash at a drawn operation first, `depth` times over; then lives on.
fn crash_again(image: &SimDisk, history: &History, chance: &mut Chance, depth: u32) {
    let mut disk = image.clone();
    let mut history = history.clone();
    for _ in 0..depth {
        let n = chance.below(16) as u64;
        run_until(&disk, &mut history, chance.bits(), 5, n);
        disk = disk.image(Survivors::Some, chance);
    }
    let seed = chance.bits();
    history
        .live(&disk, &mut Chance::new(seed), 12)
        .expect("a crash alone damages nothing");
    let rest = disk.image(Survivors::None, chance);
    history
        .open(&rest, super::history::options())
        .expect("nor a second one");
}

#[test]
fn a_crash_at_every_operation_of_a_recovery_loses_nothing() {
    for seed in 0..20 * scale() {
        let disk = SimDisk::new();
        let mut history = History::default();
        run_until(&disk, &mut history, seed, 30, 40 + seed);
        let image = disk.image(Survivors::All, &mut Chance::new(seed));
        for n in 0.. {
            let again = image.image(Survivors::All, &mut Chance::new(0));
            let mut after = history.clone();
            let crashed = run_until(&again, &mut after, seed, 0, n);
            for kind in KINDS {
                let mut last = after.clone();
                let rest = again.image(kind, &mut Chance::new(seed << 32 | n));
                last.live(&rest, &mut Chance::new(n), 8)
                    .expect("a crash alone damages nothing");
            }
            if !crashed {
                break;
            }
        }
    }
}

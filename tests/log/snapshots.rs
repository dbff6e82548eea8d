//! Damage to a snapshot: every bit of both of its files, every length, and pages that are zeroed, stale or in another's place.
//! All of it is named; nothing of it is served.

use std::path::PathBuf;

use arborline::base::time::Time;
use arborline::store::fault::Fault;
use arborline::store::segment::Expected;
use arborline::store::snapshot::{self, Subject};

use super::history::directory;
use crate::chance::Chance;
use crate::disk::sim::SimDisk;
use crate::proof::counted;

const IMAGE_FORMAT: u32 = 5;
const PAGE: usize = 4_096;
/// Bytes under one checksum.
const BLOCK: usize = 64 << 10;

const EXPECTED: Expected = Expected {
    log_id: [9; 16],
    machine_version: Some(7),
};

/// A snapshot of `pages` drawn pages; its disk, and where its image and its manifest lie.
fn sample(pages: usize, seed: u64) -> (SimDisk, [PathBuf; 2]) {
    let (disk, mut chance) = (SimDisk::new(), Chance::new(seed));
    let bytes: Vec<u8> = (0..pages * PAGE).map(|_| chance.bits() as u8).collect();
    let subject = Subject {
        seq: 41,
        stamp: Time(1),
        now: Time(2),
        image_format: IMAGE_FORMAT,
        pace: snapshot::Pace::Alone,
    };
    let directory = directory(&disk);
    let written = snapshot::write(
        &directory,
        &EXPECTED,
        subject,
        (bytes.chunks(PAGE), b"tables"),
    );
    snapshot::publish(&directory, &written.expect("a disk in order")).expect("a disk in order");
    let paths = snapshot::paths(&directory, 41);
    look(&disk).expect("nothing is damaged yet");
    (disk, paths)
}

/// Opens it and checks all of it.
fn look(disk: &SimDisk) -> Result<(), Fault> {
    snapshot::open(&directory(disk), &EXPECTED, IMAGE_FORMAT, 41)?.check()
}

fn bytes_of(disk: &SimDisk, path: &PathBuf) -> Vec<u8> {
    let files = disk.files().into_iter();
    files
        .filter(|(other, _)| other == path)
        .map(|(_, bytes)| bytes)
        .next()
        .expect("it is there")
}

/// The damage is named, by its file.
fn named(looked: Result<(), Fault>, path: &PathBuf, what: &str) {
    match looked {
        Err(Fault::Damaged { file, .. } | Fault::OtherFormat { file, .. }) => {
            // A manifest that is whole and says other things of the image is found by the image.
            assert!(
                file == *path || path.extension().is_some_and(|of| of == "json"),
                "{what}: {}",
                file.display()
            );
        }
        other => panic!("{} {what}: {other:?}", path.display()),
    }
}

#[test]
fn every_bit_that_is_changed_is_found() {
    let (disk, paths) = sample(10, 1);
    let mut bits = 0;
    for path in &paths {
        for at in 0..bytes_of(&disk, path).len() {
            for bit in 0..8 {
                disk.flip(path, at, 1 << bit);
                named(look(&disk), path, &format!("bit {bit} of byte {at}"));
                disk.flip(path, at, 1 << bit);
                bits += 1;
            }
        }
    }
    look(&disk).expect("all is as it was");
    counted("every bit of a snapshot changed", bits, "bits", 350_000);
}

#[test]
fn every_length_but_its_own_is_found() {
    let (disk, paths) = sample(3, 2);
    for path in &paths {
        let bytes = bytes_of(&disk, path);
        for len in (0..bytes.len()).chain([bytes.len() + 1, bytes.len() + PAGE]) {
            let mut cut = bytes.clone();
            cut.resize(len, 0);
            named(
                look(&disk.with(path, cut)),
                path,
                &format!("of {len} bytes"),
            );
        }
    }
}

#[test]
fn pages_that_are_zeroed_stale_or_in_anothers_place_are_found() {
    // Of several blocks, so that whole ones change places too.
    let (disk, [image, manifest]) = sample(40, 3);
    let (other, _) = sample(40, 4);
    let (bytes, stale) = (bytes_of(&disk, &image), bytes_of(&other, &image));
    let mut found = 0;
    for unit in [PAGE, BLOCK] {
        let units = bytes.len() / unit;
        for one in 0..units {
            let place = one * unit..(one + 1) * unit;
            let mut zeroed = bytes.clone();
            zeroed[place.clone()].fill(0);
            let mut old = bytes.clone();
            old[place.clone()].copy_from_slice(&stale[place.clone()]);
            let swaps = (one + 1..units).map(|two| {
                let mut swapped = bytes.clone();
                let (low, high) = swapped.split_at_mut(two * unit);
                low[place.clone()].swap_with_slice(&mut high[..unit]);
                swapped
            });
            for changed in [zeroed, old].into_iter().chain(swaps) {
                if changed != bytes {
                    named(
                        look(&disk.with(&image, changed)),
                        &image,
                        &format!("unit {one} of {unit} bytes"),
                    );
                    found += 1;
                }
            }
        }
    }
    // The whole of another's image, and another's manifest.
    named(look(&disk.with(&image, stale)), &image, "another's image");
    named(
        look(&disk.with(&manifest, bytes_of(&other, &manifest))),
        &manifest,
        "another's manifest",
    );
    counted(
        "pages of a snapshot in another's place",
        found,
        "pages",
        500,
    );
}

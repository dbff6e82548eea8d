//! Damage: any byte of a small log changed, any file cut short. It is named, or it harms nothing.

use std::path::{Path, PathBuf};

use arborline::store::disk::Disk;
use arborline::store::fault::Fault;
use arborline::store::log::Log;
use arborline::store::recover::inspect;

use super::history::{History, directory, options, read_all};
use crate::chance::Chance;
use crate::disk::sim::{SimDisk, Survivors};
use crate::proof::counted;

/// A log of several segments whose every command lies below the durable mark; the last of them holds some too, since in that
/// one alone what is below the mark is told from a torn tail.
fn sample() -> (SimDisk, History) {
    let disk = SimDisk::new();
    let mut history = History::default();
    for seed in 0..2 {
        let mut log = history.open(&disk, options()).unwrap();
        let mut chance = Chance::new(seed);
        for _ in 0..25 {
            history.step(&mut log, &mut chance).unwrap();
        }
        loop {
            history.commit(&mut log, &[b"the last".to_vec()]).unwrap();
            assert!(log.mark_is_behind());
            history.commit(&mut log, &[]).unwrap();
            assert!(!log.mark_is_behind());
            // A second one, so that damage may also reach over the end of the first.
            history.commit(&mut log, &[]).unwrap();
            let last = *log.files().segments().last().expect("a log has one");
            if log.next_seq() - last.first_seq >= 2 {
                break;
            }
        }
    }
    (disk, history)
}

/// The same log with its sealed segments packed, as they soon are, and plain, as they are before.
pub(crate) fn samples() -> [(SimDisk, History); 2] {
    let (packed, history) = sample();
    let mut plain = packed.image(Survivors::All, &mut Chance::new(0));
    for (path, bytes) in packed.files() {
        if path.extension().is_some_and(|ending| ending == "zst") {
            let bytes = zstd::stream::decode_all(bytes.as_slice()).unwrap();
            plain.create(&path.with_extension("")).unwrap();
            plain.remove(&path).unwrap();
            plain = plain.with(&path.with_extension(""), bytes);
        }
    }
    assert!(plain.files().len() == packed.files().len() && plain.files() != packed.files());
    [(packed, history.clone()), (plain, history)]
}

/// What a damaged directory shows: all commands, or the fault that names the damage.
fn open(disk: &SimDisk) -> Result<Vec<Vec<u8>>, Fault> {
    let (files, _) = inspect(&directory(disk), Some(7))?;
    let inspected = read_all(&files);
    let opened = Log::open(&directory(disk), options()).and_then(|(log, _)| read_all(log.files()));
    // Reading without writing comes to the same answer as opening to write.
    assert_eq!(
        inspected.is_ok(),
        opened.is_ok(),
        "{inspected:?} {opened:?}"
    );
    opened
}

/// Every file of both samples, with the disk it lies on.
fn segments_of_samples() -> impl Iterator<Item = (SimDisk, History, PathBuf, Vec<u8>)> {
    samples().into_iter().flat_map(|(disk, history)| {
        let files = segments(&disk).into_iter();
        files.map(move |(path, bytes)| (disk.clone(), history.clone(), path, bytes))
    })
}

fn segments(disk: &SimDisk) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = disk.files();
    files.retain(|(path, bytes)| !bytes.is_empty() && !path.ends_with("lock"));
    files
}

/// Opens the disk with `path` changed at byte `at`: every command is shown, or a fault names a place no later.
fn check(disk: &SimDisk, history: &History, path: &Path, bytes: Vec<u8>, at: usize) -> bool {
    match open(&disk.with(path, bytes)) {
        Ok(shown) => {
            assert_eq!(shown, history.submitted, "{} byte {at}", path.display());
            false
        }
        Err(Fault::Damaged {
            at_byte,
            file,
            reason,
        }) => {
            assert!(
                at_byte <= at as u64,
                "byte {at} named as {at_byte}: {reason}"
            );
            assert!(file.starts_with("/data/net"), "{}", file.display());
            true
        }
        Err(fault) => {
            let other = matches!(
                fault,
                Fault::OtherFormat { .. } | Fault::OtherMachine { .. }
            );
            assert!(other, "{fault}");
            true
        }
    }
}

#[test]
fn a_flipped_bit_is_named_or_harmless() {
    let (mut flips, mut named) = (0, 0);
    for (disk, history, path, bytes) in segments_of_samples() {
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                flips += 1;
                named += u64::from(check(&disk, &history, &path, changed, at));
            }
        }
    }
    counted(
        "every bit of every file of a log changed",
        flips,
        "bits",
        80_000,
    );
    // What is left over is the room behind the last frame and the last empty batch.
    assert!(named * 4 > flips, "{named} of {flips} were named");
}

#[test]
fn a_file_cut_short_is_named_or_harmless() {
    for (disk, history, path, bytes) in segments_of_samples() {
        for len in 0..bytes.len() {
            let named = check(&disk, &history, &path, bytes[..len].to_vec(), len);
            assert!(named, "{} cut to {len} went unnoticed", path.display());
        }
        let mut longer = bytes.clone();
        longer.extend_from_slice(b"ARBf and other junk");
        check(&disk, &history, &path, longer, bytes.len());
    }
}

#[test]
fn frames_zeroed_or_in_another_place_are_not_served() {
    for (disk, history, path, bytes) in segments_of_samples() {
        for at in (0..bytes.len()).step_by(16) {
            let mut changed = bytes.clone();
            let len = 32.min(bytes.len() - at);
            changed[at..at + len].fill(0);
            check(&disk, &history, &path, changed, at + len - 1);
            // A shift can take the last durable mark with it; then a shorter log is all that can be known.
            let mut shifted = bytes.clone();
            shifted.copy_within(at..bytes.len() - len / 4, at + len / 4);
            if let Ok(shown) = open(&disk.with(&path, shifted)) {
                assert_eq!(shown, history.submitted[..shown.len()]);
            }
        }
    }
}

#[test]
fn a_missing_or_foreign_file_is_named() {
    for (disk, _) in samples() {
        check_missing(&disk);
    }
}

fn check_missing(disk: &SimDisk) {
    let files = segments(disk);
    assert!(files.len() > 4);
    for (path, _) in &files {
        let gone = disk.with(path, Vec::new());
        gone.remove(path).unwrap();
        let fault = open(&gone).expect_err("a missing file");
        assert!(
            matches!(
                fault,
                Fault::Damaged { .. } | Fault::Empty { .. } | Fault::Trimmed { .. }
            ),
            "{fault}"
        );
        for (_, other) in &files {
            let swapped = disk.with(path, other.clone());
            if swapped.files() != disk.files() {
                open(&swapped).expect_err("another file's bytes");
            }
        }
    }
}

#[test]
fn a_segment_of_another_history_of_the_same_shape_is_named() {
    let grown = |letter: u8| {
        let (disk, mut history) = (SimDisk::new(), History::default());
        let mut log = history.open(&disk, options()).unwrap();
        while log.files().segments().len() < 3 {
            history.commit(&mut log, &[vec![letter; 60]]).unwrap();
        }
        history.commit(&mut log, &[]).unwrap();
        disk
    };
    let (ours, theirs) = (grown(b'a'), grown(b'b'));
    let names = |disk: &SimDisk| segments(disk).into_iter().map(|(path, _)| path);
    assert!(names(&ours).eq(names(&theirs)));
    let mut named = 0;
    for (path, bytes) in segments(&theirs) {
        if !path.parent().is_some_and(|dir| dir.ends_with("log")) {
            continue;
        }
        match open(&ours.with(&path, bytes)) {
            Err(Fault::Damaged { reason, .. }) => {
                assert!(reason.contains("another hash"), "{reason}");
                named += 1;
            }
            other => panic!("{}: {other:?}", path.display()),
        }
    }
    assert!(named > 2, "{named} segments");
}

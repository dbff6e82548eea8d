//! Sealed segments, packed: read as before, named where damaged, and never in place of what could not be proven.

use std::path::{Path, PathBuf};

use arborline::base::time::Time;
use arborline::runtime::changes::{self, ChangesError};
use arborline::store::disk::read_full;
use arborline::store::fault::Fault;
use arborline::store::log::Log;
use arborline::store::options::Options;
use arborline::store::order::Order;
use arborline::store::packed::BLOCK_BYTES;
use arborline::store::recover::inspect;
use arborline::store::segment;

use super::history::{History, directory, options, read_all};
use crate::chance::Chance;
use crate::disk::sim::{Op, SimDisk, Survivors, Trouble};

/// Segments of several blocks.
fn large() -> Options {
    Options {
        segment_bytes: 4 * BLOCK_BYTES as u64 + 1_000,
        opening_bytes: 2 * BLOCK_BYTES as u64,
        ..options()
    }
}

/// Commands that compress about as a log's do.
fn command(number: u64) -> Vec<u8> {
    format!(
        "order O{number:011} of M{:011} at 17712{:08}",
        number * 7_919 % 5_000,
        number * 31
    )
    .into_bytes()
}

/// A log of packed segments with several blocks each, and one plain one at its end.
fn sample(disk: &SimDisk) -> History {
    let mut history = History::default();
    let mut log = history.open(disk, large()).unwrap();
    let mut number = 0;
    while log.files().segments().len() < 4 {
        let commands: Vec<Vec<u8>> = (number..number + 300).map(command).collect();
        history.commit(&mut log, &commands).unwrap();
        number += 300;
    }
    history.commit(&mut log, &[b"the last".to_vec()]).unwrap();
    history.commit(&mut log, &[]).unwrap();
    history
}

fn paths(disk: &SimDisk, ending: &str) -> Vec<PathBuf> {
    let paths = disk.files().into_iter().map(|(path, _)| path);
    paths
        .filter(|path| path.to_str().unwrap().ends_with(ending))
        .collect()
}

fn bytes_of(disk: &SimDisk, path: &Path) -> Vec<u8> {
    let files = disk.files();
    files
        .into_iter()
        .find(|(other, _)| other == path)
        .unwrap()
        .1
}

#[test]
fn sealed_segments_are_packed_and_read_as_before() {
    let disk = SimDisk::new();
    let mut history = sample(&disk);
    assert_eq!(
        (paths(&disk, ".log.zst").len(), paths(&disk, ".log").len()),
        (3, 1)
    );
    assert!(paths(&disk, "packing").is_empty());
    let log = history.open(&disk, large()).unwrap();
    let mut plain = 0;
    for segment in log.files().segments() {
        let found = segment::open(&directory(&disk), segment.first_seq).unwrap();
        plain += segment.end;
        if found.packed {
            assert_eq!(found.file.size().unwrap(), segment.end);
        }
    }
    let packed: usize = paths(&disk, ".log.zst")
        .iter()
        .map(|path| bytes_of(&disk, path).len())
        .sum();
    assert!(
        packed * 2 < usize::try_from(plain).unwrap(),
        "{packed} of {plain}"
    );
    let mut chance = Chance::new(1);
    for _ in 0..200 {
        let seq = chance.between(1, history.submitted.len() as i64) as u64;
        let mut reader = log.read_from(seq).unwrap();
        let Some(arborline::store::reader::Entry::Batch(batch)) = reader.next().unwrap() else {
            panic!("no batch at {seq}");
        };
        let place = usize::try_from(seq - batch.header.first_seq).unwrap();
        assert_eq!(
            batch.iter().nth(place),
            Some(history.submitted[seq as usize - 1].as_slice())
        );
    }
}

#[test]
fn any_zstd_tool_restores_the_plain_file() {
    let disk = SimDisk::new();
    sample(&disk);
    for path in paths(&disk, ".log.zst") {
        let plain = zstd::stream::decode_all(bytes_of(&disk, &path).as_slice()).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let first_seq = name.strip_suffix(".log").unwrap().parse().unwrap();
        let found = segment::open(&directory(&disk), first_seq).unwrap();
        let mut read = vec![0; usize::try_from(found.file.size().unwrap()).unwrap()];
        read_full(found.file.as_ref(), &path, &mut read, 0).unwrap();
        assert!(read == plain, "{}", path.display());
    }
}

#[test]
fn damage_in_a_packed_segment_is_named_by_block() {
    let disk = SimDisk::new();
    let history = sample(&disk);
    let check = |path: &Path, bytes: Vec<u8>, at: usize| {
        let changed = disk.with(path, bytes);
        let shown = inspect(&directory(&changed), Some(7)).and_then(|(files, _)| read_all(&files));
        let Err(Fault::Damaged {
            file,
            at_byte,
            reason,
        }) = shown
        else {
            panic!("byte {at} of {} went unnoticed", path.display());
        };
        assert_eq!(file, path, "{reason}");
        assert!(
            at_byte <= at as u64 && !reason.is_empty(),
            "byte {at} named as {at_byte}: {reason}"
        );
        at_byte
    };
    let mut places = std::collections::BTreeSet::new();
    let mut chance = Chance::new(9);
    for path in paths(&disk, ".log.zst") {
        let bytes = bytes_of(&disk, &path);
        let drawn: Vec<usize> = (0..60).map(|_| chance.below(bytes.len())).collect();
        for at in (0..100).chain(drawn) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            places.insert((path.clone(), check(&path, flipped, at)));
            check(&path, bytes[..at].to_vec(), at);
        }
        let mut longer = bytes.clone();
        longer.push(0);
        check(&path, longer, bytes.len());
        // Two blocks that changed places.
        let mut blocks = bytes.clone();
        let half = bytes.len() / 2;
        blocks[half..half * 2].rotate_left(half / 2);
        check(&path, blocks, bytes.len());
    }
    // The heads and most blocks.
    assert!(places.len() > 8, "{places:?}");
    assert_eq!(
        read_all(Log::open(&directory(&disk), large()).unwrap().0.files()).unwrap(),
        history.submitted
    );
}

#[test]
fn what_cannot_be_proven_stays_plain() {
    let disk = SimDisk::new();
    let mut history = History::default();
    // No plain file can be removed, so that both forms lie side by side.
    disk.plan(Some(Trouble::Fail {
        op: Op::Remove,
        n: 0,
        error: std::io::ErrorKind::Other,
        for_ever: true,
    }));
    history.live(&disk, &mut Chance::new(3), 150).unwrap();
    let (plain, packed) = (paths(&disk, ".log"), paths(&disk, ".log.zst"));
    assert!(
        plain.len() == packed.len() + 1 && packed.len() > 2,
        "{plain:?} {packed:?}"
    );
    disk.survive_process();
    let mut bytes = bytes_of(&disk, &plain[1]);
    let middle = segment::BODY_AT as usize + 60;
    bytes[middle] ^= 4;
    let changed = disk.with(&plain[1], bytes);
    for path in &packed {
        arborline::store::disk::Disk::remove(&changed, path).unwrap();
    }
    let (log, _) = Log::open(&directory(&changed), options()).unwrap();
    let fault = read_all(log.files()).unwrap_err();
    let Fault::Damaged { file, at_byte, .. } = fault else {
        panic!("{fault}");
    };
    assert_eq!((file, at_byte), (plain[1].clone(), segment::BODY_AT));
    let left = paths(&changed, ".log");
    assert!(
        left.contains(&plain[1]) && !left.contains(&plain[0]),
        "{left:?}"
    );
    // With the plain ones whole, the next opening finishes what could not be done.
    history.open(&disk, options()).unwrap();
    assert_eq!(paths(&disk, ".log").len(), 1);
    let after = disk.image(Survivors::None, &mut Chance::new(0));
    history.open(&after, options()).unwrap();
}

#[test]
fn trimming_forgets_packed_segments_too() {
    let disk = SimDisk::new();
    let mut history = sample(&disk);
    let mut log = history.open(&disk, large()).unwrap();
    let segments = log.files().segments();
    log.trim(segments[2].first_seq).unwrap();
    assert_eq!(log.files().oldest_seq(), segments[2].first_seq);
    assert!(
        !paths(&disk, ".log.zst")
            .iter()
            .any(|path| *path < segment::path(&directory(&disk), segments[2].first_seq))
    );
    // Whoever asks for what is gone is told where the log begins, over HTTP by 410.
    let oldest_seq = segments[2].first_seq;
    let error = changes::read(log.files(), oldest_seq - 2, 1).unwrap_err();
    assert_eq!(error, ChangesError::Trimmed { oldest_seq });
    let problem = arborline::api::error::changes(&error);
    assert_eq!(problem.code.status(), 410);
    assert_eq!(problem.allowed, [format!("{oldest_seq} or more")]);
    log.append(Time(1), 0, &[]).unwrap();
    log.commit().unwrap();
    drop(log);
    let (log, _) = Log::open(&directory(&disk), large()).unwrap();
    let read = read_all(log.files()).unwrap();
    assert_eq!(
        read,
        history.submitted[segments[2].first_seq as usize - 1..]
    );
}

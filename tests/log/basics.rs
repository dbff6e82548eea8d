//! What the log keeps when nothing goes wrong.

use arborline::base::limits::BATCH_COMMANDS_MAX;
use arborline::base::time::Time;
use arborline::store::batch::EPOCH;
use arborline::store::documents;
use arborline::store::fault::Fault;
use arborline::store::log::Log;
use arborline::store::options::{Durability, Options};
use arborline::store::order::{Order, Standing};
use arborline::store::prepare::When;
use arborline::store::reader::{Entry, Proof, Reader};
use arborline::store::real::RealDisk;
use arborline::store::recover::inspect;

use super::history::{History, directory, options, prefixed, read_all};
use crate::chance::{Chance, scale};
use crate::disk::sim::{OPS, Op, SimDisk, Survivors};

#[test]
fn histories_are_read_back_whole_over_many_lives() {
    for seed in 0..30 * scale() {
        let disk = SimDisk::new();
        let (mut history, mut chance) = (History::default(), Chance::new(seed));
        for _ in 0..6 {
            history.live(&disk, &mut chance, 60).unwrap();
        }
        assert!(history.submitted.len() > 100);
    }
}

#[test]
fn a_reader_begins_anywhere_and_goes_on_as_more_is_confirmed() {
    let disk = SimDisk::new();
    let mut history = History::default();
    history.live(&disk, &mut Chance::new(4), 120).unwrap();
    let mut log = history.open(&disk, options()).unwrap();
    let total = log.next_seq() - 1;
    for seq in 1..=total {
        let mut reader = Reader::new(log.files(), seq, Proof::Chain).unwrap();
        let mut found = None;
        while let Some(entry) = reader.next().unwrap() {
            if let Entry::Batch(batch) = entry {
                assert!(
                    batch.next_seq() > seq,
                    "the reader gave a batch before its place"
                );
                let mut commands = (batch.header.first_seq..).zip(batch.iter());
                found =
                    found.or_else(|| commands.find(|(at, _)| *at == seq).map(|(_, c)| c.to_vec()));
            }
        }
        assert_eq!(found.as_ref(), Some(&history.submitted[seq as usize - 1]));
    }
    let mut reader = log.read_from(total + 1).unwrap();
    for round in 0..40u8 {
        while reader.next().unwrap().is_some() {}
        history.append(&mut log, &[vec![round; 50]]).unwrap();
        assert!(
            reader.next().unwrap().is_none(),
            "seen before it was confirmed"
        );
        history.confirmed = log.commit().unwrap();
        let Some(Entry::Batch(batch)) = reader.next().unwrap() else {
            panic!("the reader missed a batch");
        };
        assert_eq!(batch.iter().collect::<Vec<_>>(), [&[round; 50]]);
    }
}

#[test]
fn the_bytes_of_a_batch_are_those_drawn() {
    let disk = SimDisk::new();
    let (mut log, opened) = Log::open(&directory(&disk), options()).unwrap();
    assert!(opened.founded);
    log.append(Time(0x0102), 2, &[&prefixed(&["one", "second"])])
        .unwrap();
    assert_eq!(log.confirm(), Standing::Confirmed { seq: 2 });
    let mut expected = vec![9; 16];
    expected.extend_from_slice(&EPOCH.to_le_bytes());
    expected.extend_from_slice(&7u32.to_le_bytes());
    expected.extend_from_slice(&1u64.to_le_bytes());
    expected.extend_from_slice(&2u32.to_le_bytes());
    expected.extend_from_slice(&[0; 4]);
    expected.extend_from_slice(&[2, 1, 0, 0, 0, 0, 0, 0]);
    expected.extend_from_slice(&[0; 32]);
    expected.extend_from_slice(b"\x03one\x06second");
    let mut reader = log.read_from(1).unwrap();
    let Some(Entry::Batch(batch)) = reader.next().unwrap() else {
        panic!("no batch");
    };
    assert_eq!(batch.bytes, expected);
}

#[test]
fn one_commit_is_one_write_and_one_sync() {
    let disk = SimDisk::new();
    let mut log = History::default()
        .open(
            &disk,
            Options {
                opening_bytes: 1 << 20,
                segment_bytes: 1 << 20,
                ..options()
            },
        )
        .unwrap();
    disk.plan(None);
    for _ in 0..10 {
        log.append(Time(1), 2, &[&prefixed(&["a", "b"])]).unwrap();
    }
    assert_eq!(disk.done(), 0);
    log.commit().unwrap();
    assert_eq!(
        (disk.done_of(Op::Write), disk.done_of(Op::Sync), disk.done()),
        (1, 1, 2)
    );
    assert_eq!(log.durable_seq(), 20);
    let mut os = History::default();
    let other = SimDisk::new();
    let options = Options {
        durability: Durability::Os,
        opening_bytes: 1 << 20,
        segment_bytes: 1 << 20,
        ..options()
    };
    let mut log = os.open(&other, options).unwrap();
    other.plan(None);
    log.append(Time(1), 1, &[&prefixed(&["a"])]).unwrap();
    assert_eq!(log.commit(), Ok(1));
    assert_eq!((other.done_of(Op::Sync), log.durable_seq()), (0, 0));
    log.sync().unwrap();
    assert_eq!((other.done_of(Op::Sync), log.durable_seq()), (1, 1));
}

#[test]
fn a_batch_larger_than_a_segment_gets_one_of_its_size() {
    let disk = SimDisk::new();
    let mut history = History::default();
    let mut log = history.open(&disk, options()).unwrap();
    history.commit(&mut log, &[vec![1; 10]]).unwrap();
    history.commit(&mut log, &[vec![2; 1_000_000]]).unwrap();
    history
        .commit(&mut log, &vec![vec![3; 3]; BATCH_COMMANDS_MAX])
        .unwrap();
    drop(log);
    let mut log = history.open(&disk, options()).unwrap();
    // A segment that holds no command yet grows instead of giving its name away.
    for _ in 0..40 {
        history.commit(&mut log, &[]).unwrap();
    }
    drop(log);
    history.open(&disk, options()).unwrap();
}

#[test]
fn refused_by_name() {
    let disk = SimDisk::new();
    let without = Options {
        found: None,
        ..options()
    };
    assert!(matches!(
        Log::open(&directory(&disk), without.clone()),
        Err(Fault::Empty { .. })
    ));
    let mut history = History::default();
    let mut log = history.open(&disk, options()).unwrap();
    history.commit(&mut log, &[vec![1]]).unwrap();
    assert!(matches!(
        Log::open(&directory(&disk), options()),
        Err(Fault::Locked { .. })
    ));
    assert_eq!(inspect(&directory(&disk), None).unwrap().1.next_seq, 2);
    drop(log);
    let newer = Options {
        machine_version: 8,
        ..without
    };
    let Err(fault) = Log::open(&directory(&disk), newer) else {
        panic!("a log of another machine was opened");
    };
    assert!(matches!(
        fault,
        Fault::OtherMachine {
            found: 7,
            ours: 8,
            ..
        }
    ));
    assert!(fault.to_string().contains("machine version 7"), "{fault}");
    assert!(inspect(&directory(&disk), None).is_ok());
}

#[test]
fn trimming_forgets_whole_segments() {
    let disk = SimDisk::new();
    let mut history = History::default();
    history.live(&disk, &mut Chance::new(8), 200).unwrap();
    let mut log = history.open(&disk, options()).unwrap();
    let half = log.next_seq() / 2;
    Order::trim(&mut log, half).unwrap();
    let oldest = log.files().oldest_seq();
    assert!(oldest > 1 && oldest <= half, "{oldest} of {half}");
    assert_eq!(
        log.read_from(oldest - 1).err(),
        Some(Fault::Trimmed { oldest_seq: oldest })
    );
    drop(log);
    let (log, _) = Log::open(&directory(&disk), options()).unwrap();
    assert_eq!(
        read_all(log.files()).unwrap(),
        history.submitted[oldest as usize - 1..]
    );
}

#[test]
fn documents_are_proven_by_their_name() {
    let disk = SimDisk::new();
    let directory = directory(&disk);
    let hash = documents::put(&directory, b"trees").unwrap();
    assert_eq!(documents::get(&directory, &hash).unwrap(), b"trees");
    let path = documents::path(&directory, &hash);
    let changed = super::history::directory(&disk.with(&path, b"treez".to_vec()));
    assert!(matches!(
        documents::get(&changed, &hash),
        Err(Fault::Damaged { .. })
    ));
    assert_eq!(documents::put(&changed, b"trees").unwrap(), hash);
    assert_eq!(documents::get(&changed, &hash).unwrap(), b"trees");
}

#[test]
fn the_same_on_a_real_disk_with_segments_made_ahead() {
    let folder = tempfile::tempdir().unwrap();
    let directory = arborline::store::directory::Directory::new(
        std::sync::Arc::new(RealDisk),
        &folder.path().join("data"),
    );
    let options = Options {
        segments: When::Ahead,
        segment_bytes: 200_000,
        opening_bytes: 100_000,
        ..options()
    };
    let mut history = History::default();
    for life in 0..3u8 {
        let (mut log, _) = Log::open(&directory, options.clone()).unwrap();
        history.accept(log.files(), log.next_seq());
        assert!(matches!(
            Log::open(&directory, options.clone()),
            Err(Fault::Locked { .. })
        ));
        for round in 0..60u8 {
            history
                .commit(&mut log, &vec![vec![life ^ round; 40]; 256])
                .unwrap();
        }
    }
    assert!(directory.free_space().unwrap() > 0);
    let (files, opened) = inspect(&directory, Some(7)).unwrap();
    history.accept(&files, opened.next_seq);
    assert!(files.segments().len() > 10);
}

#[test]
fn an_opening_goes_on_with_the_segment_that_a_stop_left_and_makes_its_name_durable() {
    let (disk, mut history) = (SimDisk::new(), History::default());
    let mut log = history.open(&disk, options()).unwrap();
    history.commit(&mut log, &[b"one".to_vec()]).unwrap();
    log.finish().unwrap();
    // This one packs what the stop sealed, and is then killed.
    drop(history.open(&disk, options()).unwrap());
    disk.survive_process();
    let (files, done) = (disk.files(), || OPS.map(|op| disk.done_of(op)));
    let before = done();
    directory(&disk).make().unwrap();
    let made = done();
    let mut log = history.open(&disk, options()).unwrap();
    let opened = done();
    for (at, op) in OPS.into_iter().enumerate() {
        // Whether the folder was synced before, nobody can tell.
        let own = opened[at] - made[at] - (made[at] - before[at]);
        assert_eq!(own, u64::from(op == Op::SyncDir), "{op:?}");
    }
    assert!(disk.files() == files, "nothing is made");
    history.commit(&mut log, &[b"two".to_vec()]).unwrap();
    let lost = disk.image(Survivors::None, &mut Chance::new(0));
    history.open(&lost, options()).unwrap();
}

//! Snapshots: a start from one is a start from the log, whatever becomes of its files.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arborline::base::time::Time;
use arborline::engine::command::Command;
use arborline::engine::execute::execute_batch;
use arborline::engine::rules::Rules;
use arborline::engine::state::State;
use arborline::runtime::begin::{self, lead_elsewhere};
use arborline::runtime::offline;
use arborline::runtime::settings::{Check, OnFault, Settings, SnapshotSettings};
use arborline::runtime::snapshots::{Progress, write};
use arborline::runtime::start::{Server, open};
use arborline::runtime::submission::Submission;
use arborline::store::fault::Fault;
use arborline::store::files::Files;
use arborline::store::reader::{Entry, Proof, Reader};
use arborline::store::sealed;
use arborline::store::snapshot::Pace;

use super::life::on;
use super::network::{block_on, enrol, offline, order, rules, serve, settings, submit};
use crate::chance::{Chance, scale};
use crate::disk::sim::{SimDisk, Survivors, Trouble};
use crate::histories::drawn;

const DIR: &str = "/data/net";

/// Settings that keep two snapshots and take one at every end that comes after so many commands.
pub(super) fn snapping(settings: Settings, least: u64) -> Settings {
    Settings {
        snapshots: SnapshotSettings {
            kept: 2,
            every: 0,
            log_bytes: 0,
            after: Duration::ZERO,
            check: Check::First,
            least,
        },
        ..settings
    }
}

/// The state that a whole replay comes to; and no snapshot leads elsewhere.
fn replayed(settings: Settings) -> State {
    let read = offline::read(&settings).expect("a directory in order");
    assert_eq!(lead_elsewhere(&read.files, &read.state), [""; 0]);
    read.state
}

#[test]
fn a_start_from_a_snapshot_is_a_start_from_the_log() {
    for seed in 0..12 * scale() {
        let (rules, commands) = drawn(1_300 + seed, 300);
        let (disk, mut chance) = (SimDisk::new(), Chance::new(seed));
        let least = |chance: &mut Chance| if chance.below(3) == 0 { u64::MAX } else { 1 };
        let mut network = offline(snapping(on(&disk, rules.clone()), 1));
        let mut rest = commands.as_slice();
        while !rest.is_empty() {
            let (now, later) = rest.split_at((1 + chance.below(40)).min(rest.len()));
            network.submit(now.to_vec()).expect("a disk in order");
            rest = later;
            if chance.below(4) > 0 {
                continue;
            }
            let digest = network.state.full_digest();
            let (seq, begun_with) = (network.state.as_of_seq, network.begun_with.seq);
            let takes = network.snapshots.least <= seq - begun_with;
            network.close().expect("a disk in order");
            let all = replayed(on(&disk, rules.clone()));
            assert_eq!(all.full_digest(), digest, "seed {seed}: replay");
            network = offline(snapping(on(&disk, rules.clone()), least(&mut chance)));
            let expected = if takes { seq } else { begun_with };
            assert_eq!(network.begun_with.seq, expected, "seed {seed}");
            assert_eq!(network.replayed.0, seq - expected, "seed {seed}");
            assert_eq!(network.state.full_digest(), digest, "seed {seed}");
            assert_eq!(
                network.state.next_timer(),
                all_timers(&disk, &rules),
                "seed {seed}"
            );
        }
        let images = images(&disk).len();
        assert!(images <= 2, "seed {seed}: {images} are kept");
    }
}

/// When something happens next by itself, as a start from the log alone says.
fn all_timers(disk: &SimDisk, rules: &Rules) -> Option<Time> {
    replayed(on(disk, rules.clone())).next_timer()
}

fn images(disk: &SimDisk) -> Vec<PathBuf> {
    let files = disk.files().into_iter().map(|(path, _)| path);
    files
        .filter(|path| path.extension().is_some_and(|of| of == "image"))
        .collect()
}

#[test]
fn one_taken_while_commands_arrive_is_gone_on_from() {
    let mut tails = 0;
    for seed in 0..6 * scale() {
        let (rules, commands) = drawn(1_500 + seed, 900);
        let disk = SimDisk::new();
        let server = serve(snapping(on(&disk, rules.clone()), u64::MAX));
        let (taken, live) = block_on(async {
            let mut pending = Vec::new();
            let mut taken = None;
            for (at, commands) in commands.chunks(37).enumerate() {
                let commands = commands.to_vec();
                let one = server.handle.enqueue(Submission { commands });
                pending.push(one.map_err(|(refused, _)| refused).expect("room"));
                if at == 12 {
                    taken = Some(server.handle.snapshot().await.expect("a disk in order"));
                }
            }
            for one in pending {
                one.await.expect("durable");
            }
            let live = server.handle.read(State::full_digest);
            (taken.expect("one"), live)
        });
        server.stop();
        let network = offline(snapping(on(&disk, rules.clone()), u64::MAX));
        assert_eq!(network.begun_with.seq, taken.seq, "seed {seed}");
        assert_eq!(network.state.full_digest(), live, "seed {seed}");
        tails += network.replayed.0;
        drop(network);
        assert_eq!(
            replayed(on(&disk, rules)).full_digest(),
            live,
            "seed {seed}"
        );
    }
    assert!(tails > 1_000, "only {tails} commands came after");
}

/// A directory with two snapshots, and commands behind the last; the sequences of the two, and the state at the end.
fn with_two() -> (SimDisk, [u64; 2], u64) {
    let disk = SimDisk::new();
    let (mut seqs, mut digest) = ([0; 2], 0);
    for (life, least) in [1, 1, u64::MAX].into_iter().enumerate() {
        let mut network = offline(snapping(settings(&disk, Path::new(DIR), rules()), least));
        network.submit(told(life)).expect("a disk in order");
        if let Some(seq) = seqs.get_mut(life) {
            *seq = network.state.as_of_seq;
        }
        digest = network.state.full_digest();
        network.close().expect("a disk in order");
    }
    (disk, seqs, digest)
}

fn told(life: usize) -> Vec<Command> {
    let id = |n| format!("m{life}-{n}");
    let mut commands: Vec<Command> = (0..5).map(|n| enrol(&id(n), None)).collect();
    commands.extend((0..5).map(|n| order(&format!("o{life}-{n}"), &id(n), 7)));
    commands
}

/// Opens a disk: it must come to a state, from the snapshot named.
fn opens(disk: &SimDisk, digest: u64, from: u64, what: &str) {
    let network = offline(settings(disk, Path::new(DIR), rules()));
    assert_eq!(network.begun_with.seq, from, "{what}");
    assert_eq!(network.state.full_digest(), digest, "{what}");
}

#[test]
fn a_damaged_one_is_left_for_the_one_before_and_that_for_the_log() {
    let (disk, [first, second], digest) = with_two();
    opens(&disk, digest, second, "in order");
    let mut chance = Chance::new(3);
    let files = disk.files();
    let of = |seq: u64| {
        let name = format!("{seq:020}.");
        let files = files.iter();
        files.filter(move |(path, _)| path.display().to_string().contains(&name))
    };
    let mut damaged = 0;
    for (path, bytes) in of(second) {
        let is_image = path.extension().is_some_and(|of| of == "image");
        let places: Vec<usize> = match is_image {
            true => (0..150 * scale())
                .map(|_| chance.below(bytes.len()))
                .collect(),
            false => (0..bytes.len()).collect(),
        };
        for at in places {
            let mut other = bytes.clone();
            other[at] ^= 1 << chance.below(8);
            opens(
                &disk.with(path, other),
                digest,
                first,
                &format!("{path:?} at {at}"),
            );
            damaged += 1;
        }
        for len in (0..20).map(|_| chance.below(bytes.len())) {
            let cut = disk.with(path, bytes[..len].to_vec());
            opens(&cut, digest, first, &format!("{path:?} cut to {len}"));
            damaged += 1;
        }
        let longer = [bytes, &[0][..]].concat();
        opens(
            &disk.with(path, longer),
            digest,
            first,
            &format!("{path:?} and a byte"),
        );
    }
    assert!(damaged > 400, "only {damaged}");
    // With both gone there is the log.
    let mut both = disk;
    for (path, bytes) in of(first).chain(of(second)) {
        both = both.with(path, bytes[..bytes.len() / 2].to_vec());
    }
    opens(&both, digest, 0, "both damaged");
}

#[test]
fn one_of_another_log_or_of_what_the_log_does_not_hold_is_left_alone() {
    let (disk, [_, second], _) = with_two();
    let (other, [_, theirs], digest) = with_two();
    assert_eq!(second, theirs, "the same was told");
    let mut mixed = other.image(Survivors::All, &mut Chance::new(0));
    for (path, bytes) in disk.files() {
        if path.display().to_string().contains("/snapshots/") {
            mixed = mixed.with(&path, bytes);
        }
    }
    opens(&mixed, digest, 0, "of another log");
    // The log of an earlier day under snapshots of a later one.
    let early = SimDisk::new();
    let mut network = offline(snapping(settings(&early, Path::new(DIR), rules()), 1));
    network.submit(told(0)).expect("a disk in order");
    let digest = network.state.full_digest();
    network.close().expect("a disk in order");
    let before = early.image(Survivors::All, &mut Chance::new(0));
    let mut network = offline(snapping(settings(&early, Path::new(DIR), rules()), 1));
    network.submit(told(1)).expect("a disk in order");
    let seq = network.state.as_of_seq;
    network.close().expect("a disk in order");
    for (path, bytes) in early.files() {
        if path.display().to_string().contains(&format!("{seq:020}.")) {
            before.put(&path, bytes);
        }
    }
    let network = offline(settings(&before, Path::new(DIR), rules()));
    assert!(network.begun_with.seq < seq && network.begun_with.seq > 0);
    assert_eq!(network.state.full_digest(), digest);
}

#[test]
fn one_of_a_later_format_is_named_whatever_it_says_and_left_alone() {
    let (disk, [first, second], digest) = with_two();
    let path = Path::new(DIR).join(format!("snapshots/{second:020}.json"));
    let files = disk.files();
    let (_, bytes) = files
        .iter()
        .find(|(other, _)| *other == path)
        .expect("a manifest");
    let line = bytes.split(|byte| *byte == b'\n').next().expect("its line");
    let mut told: serde_json::Value = serde_json::from_slice(line).expect("its line");
    told["image_format"] = 9.into();
    told["new"] = true.into();
    disk.put(&path, sealed::put(&told));
    let read = offline::read(&settings(&disk, Path::new(DIR), rules())).expect("a whole log");
    let (directory, expected) = (&read.files.directory, &read.files.expected);
    let refused = begin::read(directory, expected, second).err();
    assert!(
        matches!(refused, Some(Fault::OtherFormat { found: 9, .. })),
        "{refused:?}"
    );
    opens(&disk, digest, first, "of a later format");
    assert!(
        disk.files()
            .iter()
            .any(|(other, bytes)| *other == path && *bytes == sealed::put(&told))
    );
}

#[test]
fn a_crash_at_any_operation_of_taking_one_loses_nothing() {
    let mut chance = Chance::new(9);
    let prepared = || {
        let (disk, seqs, _) = with_two();
        let mut network = offline(snapping(settings(&disk, Path::new(DIR), rules()), 1));
        network.submit(told(3)).expect("a disk in order");
        let digest = network.state.full_digest();
        (disk, seqs, network, digest)
    };
    let (mut n, mut images) = (0, 0);
    loop {
        let (disk, [_, second], mut network, digest) = prepared();
        let seq = network.state.as_of_seq;
        disk.plan(Some(Trouble::PowerOff { n }));
        let taken = network.snapshot();
        let struck = disk.struck();
        assert_eq!(taken.is_err(), struck, "operation {n}");
        drop(network);
        for survivors in [
            Survivors::None,
            Survivors::All,
            Survivors::Some,
            Survivors::Some,
            Survivors::Some,
        ] {
            let left = disk.image(survivors, &mut chance);
            let network = offline(settings(&left, Path::new(DIR), rules()));
            assert_eq!(
                network.state.full_digest(),
                digest,
                "operation {n}, {survivors:?}"
            );
            let whole = [second, seq].contains(&network.begun_with.seq);
            assert!(
                whole,
                "operation {n}, {survivors:?}: from {}",
                network.begun_with.seq
            );
            if !struck {
                assert_eq!(network.begun_with.seq, seq, "{survivors:?}");
            }
            images += 1;
        }
        if !struck {
            break;
        }
        n += 1;
    }
    assert!(n > 8 && images > 40, "only {n} operations, {images} images");
}

#[test]
fn a_server_takes_one_when_it_is_due_and_at_its_end() {
    let due: [fn(&mut SnapshotSettings); 3] = [
        |snapshots| snapshots.every = 20,
        |snapshots| snapshots.log_bytes = 1_000,
        |snapshots| snapshots.after = Duration::from_millis(1),
    ];
    due.into_iter().for_each(takes_when_due);
}

fn takes_when_due(when: fn(&mut SnapshotSettings)) {
    let disk = SimDisk::new();
    let mut often = snapping(settings(&disk, Path::new(DIR), rules()), 1);
    when(&mut often.snapshots);
    let server = serve(often);
    block_on(async {
        for life in 0..4 {
            submit(&server, told(life)).await.expect("durable");
        }
        for _ in 0..1_000 {
            let health = server.handle.health();
            if health.snapshot_seq > 1 {
                assert!(health.snapshot_age.is_some_and(|seconds| seconds < 60));
                return;
            }
            server.handle.wait_for(u64::MAX, 10).await;
        }
        panic!("none is taken");
    });
    block_on(submit(&server, told(4))).expect("durable");
    let seq = server.handle.health().applied_seq;
    server.stop();
    let network = offline(settings(&disk, Path::new(DIR), rules()));
    assert_eq!((network.begun_with.seq, network.replayed.0), (seq, 0));
}

/// A server that checks while it answers.
fn behind(disk: &SimDisk, on_fault: OnFault) -> Server {
    let mut settings = snapping(settings(disk, Path::new(DIR), rules()), u64::MAX);
    settings.snapshots.check = Check::Behind;
    open(settings, on_fault).expect("a snapshot that is whole at first sight")
}

#[test]
fn reads_are_answered_and_nothing_is_written_before_it_has_been_checked() {
    let (disk, [first, second], digest) = with_two();
    let server = behind(&disk, Box::new(|fault| panic!("{fault}")));
    assert_eq!(server.handle.read(State::full_digest), digest);
    assert_eq!(server.handle.health().snapshot_seq, second);
    block_on(submit(&server, told(5))).expect("durable");
    assert!(server.handle.health().ready);
    let digest = server.handle.read(State::full_digest);
    server.stop();
    opens(&disk, digest, second, "after it was checked");

    // A page that nobody looks at is damaged: writing ends before it has begun, and the next start begins elsewhere.
    let (path, bytes) = image_of(&disk, second);
    let pages = 4_096..bytes.len() / 2;
    let mut other = bytes.clone();
    for at in pages.step_by(16 << 10) {
        other[at + (15 << 10)] ^= 1;
    }
    let damaged = disk.with(&path, other);
    let (send, faults) = std::sync::mpsc::channel();
    let on_fault = move |fault: &Fault| send.send(fault.to_string()).expect("somebody listens");
    // So it is where there is no server.
    let alone = damaged.image(Survivors::All, &mut Chance::new(1));
    let mut unchecked = settings(&alone, Path::new(DIR), rules());
    unchecked.snapshots.check = Check::Behind;
    let mut network = offline(unchecked);
    assert_eq!(network.begun_with.seq, second);
    let refused = network.submit(told(6));
    assert!(matches!(refused, Err(Fault::Damaged { .. })), "{refused:?}");
    drop(network);
    opens(&alone, digest, first, "put aside without a server");
    let server = behind(&damaged, Box::new(on_fault));
    let written = block_on(submit(&server, told(6)));
    assert!(written.is_err(), "{written:?}");
    let fault = faults.recv().expect("a fault");
    assert!(
        fault.contains("its checksum differs") && fault.contains(&format!("{second:020}.image")),
        "{fault}"
    );
    server.stop();
    opens(&damaged, digest, first, "put aside");
}

fn image_of(disk: &SimDisk, seq: u64) -> (PathBuf, Vec<u8>) {
    let name = format!("{seq:020}.image");
    let mut files = disk.files().into_iter();
    let found = files.find(|(path, _)| path.ends_with(&name));
    found.expect("an image")
}

#[test]
fn one_whose_decisions_will_not_be_durable_does_not_count() {
    let (disk, [_, second], digest) = with_two();
    let mut network = offline(settings(&disk, Path::new(DIR), rules()));
    network.submit(told(3)).expect("a disk in order");
    let twin = network.state.twin();
    let refused = write(
        network.log.files(),
        (&twin, network.stamp, Pace::Beside),
        &Progress::default(),
        || false,
    );
    assert!(matches!(refused, Err(Fault::Poisoned)), "{refused:?}");
    drop(network);
    let network = offline(settings(&disk, Path::new(DIR), rules()));
    assert_eq!(network.begun_with.seq, second);
    assert_ne!(network.state.full_digest(), digest);
}

/// The state after a command, by the commands of a log alone.
pub(super) fn state_after(files: &Arc<Files>, seq: u64) -> (State, Time) {
    let mut reader = Reader::new(files, 1, Proof::Chain).expect("a log in order");
    let (mut state, mut stamp) = (State::new(), Time::MIN);
    while let Some(entry) = reader.next().expect("a log in order") {
        let Entry::Batch(batch) = entry else { continue };
        for (at, bytes) in (batch.header.first_seq..).zip(batch.iter()) {
            if at > seq {
                return (state, stamp);
            }
            stamp = batch.header.time;
            let command = Command::decode(bytes).expect("a command");
            execute_batch(&mut state, at, stamp, &[command], &mut Vec::new());
        }
    }
    (state, stamp)
}

#[test]
fn one_of_any_command_leads_to_the_end_also_within_a_batch() {
    let disk = SimDisk::new();
    let mut network = offline(snapping(settings(&disk, Path::new(DIR), rules()), u64::MAX));
    for life in 0..3 {
        network.submit(told(life)).expect("a disk in order");
    }
    let (last, digest) = (network.state.as_of_seq, network.state.full_digest());
    network.close().expect("a disk in order");
    let files = offline::read(&settings(&disk, Path::new(DIR), rules()))
        .expect("in order")
        .files;
    let states: Vec<(State, Time)> = (1..=last).map(|seq| state_after(&files, seq)).collect();
    for (seq, (mut state, stamp)) in (1..).zip(states) {
        write(
            &files,
            (&state.twin(), stamp, Pace::Beside),
            &Progress::default(),
            || true,
        )
        .expect("a disk in order");
        opens(&disk, digest, seq, &format!("from command {seq} of {last}"));
    }
    assert!(last > 25, "only {last}");
}

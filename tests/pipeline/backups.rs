//! Backups: from one of any moment comes the state of that moment, or of any before it; from a damaged one comes nothing.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use arborline::base::time::Time;
use arborline::engine::command::Command;
use arborline::engine::image::FORMAT;
use arborline::runtime::offline::{self, Offline};
use arborline::runtime::settings::{MACHINE_VERSION, Settings};
use arborline::runtime::submission::Submission;
use arborline::store::archive::Archive;
use arborline::store::backup::{self, Backup, Taken};
use arborline::store::directory::Directory;
use arborline::store::fault::Fault;
use arborline::store::restore::restore;
use object_store::memory::InMemory;

use super::life::on;
use super::network::{block_on, enrol, offline, order, rules, serve, settings};
use super::snapshots::{snapping, state_after};
use crate::chance::{Chance, scale};
use crate::disk::sim::{SimDisk, Survivors, Trouble};
use crate::histories::drawn;
use crate::log::damage::samples;
use crate::proof::counted;

const DIR: &str = "/data/net";

fn archive() -> Archive {
    Archive::over("memory", Arc::new(InMemory::new())).expect("an archive")
}

fn directory(disk: &SimDisk) -> Directory {
    Directory::new(Arc::new(disk.clone()), Path::new(DIR))
}

fn take(disk: &SimDisk, archive: &Archive, at: i64, snapshots: Option<u32>) -> Taken {
    let when = (MACHINE_VERSION, Time(at));
    backup::take(&directory(disk), archive, when, snapshots).expect("a directory in order")
}

/// A new disk with the directory that a backup makes.
fn made(archive: &Archive, backup: &Backup, to_seq: u64) -> SimDisk {
    let disk = SimDisk::new();
    restore(archive, backup, &directory(&disk), to_seq).expect("a backup in order");
    disk
}

/// The same settings without a network to found: there must be one.
fn existing(settings: Settings) -> Settings {
    Settings {
        founding: None,
        ..settings
    }
}

#[test]
fn from_a_backup_comes_the_state_that_it_was_taken_of() {
    let mut spared = 0;
    for seed in 0..8 * scale() {
        let (rules, commands) = drawn(2_300 + seed, 400);
        let (disk, archive, mut chance) = (SimDisk::new(), archive(), Chance::new(seed));
        let start = |disk: &SimDisk| offline(snapping(on(disk, rules.clone()), 60));
        let (mut network, mut taken) = (start(&disk), Vec::new());
        let mut rest = commands.as_slice();
        while !rest.is_empty() {
            let (now, later) = rest.split_at((1 + chance.below(40)).min(rest.len()));
            network.submit(now.to_vec()).expect("a disk in order");
            rest = later;
            match chance.below(5) {
                0 => {
                    let with = chance.percent(50).then_some(FORMAT);
                    let one = take(&disk, &archive, taken.len() as i64, with);
                    spared += one.backup.bytes() - one.new_bytes;
                    assert_eq!(one.backup.seq, network.state.as_of_seq);
                    taken.push((one.backup, network.state.full_digest(), rest));
                }
                1 => {
                    network.close().expect("a disk in order");
                    network = start(&disk);
                }
                _ => {}
            }
        }
        let last = network.state.full_digest();
        check_made(
            &archive,
            &taken,
            &|disk| existing(on(disk, rules.clone())),
            last,
        );
        let taken = taken.into_iter().map(|(backup, ..)| backup);
        check_pruned(&archive, &taken.collect::<Vec<_>>());
    }
    counted(
        "a backup writes only what is new",
        spared,
        "bytes spared",
        50_000,
    );
}

/// From each backup comes the digest that was noted with it, and from there, by the commands that followed, the last one.
fn check_made(
    archive: &Archive,
    taken: &[(Backup, u64, &[Command])],
    settings: &dyn Fn(&SimDisk) -> Settings,
    last: u64,
) {
    let ids: Vec<&str> = taken
        .iter()
        .map(|(backup, ..)| backup.id.as_str())
        .collect();
    assert_eq!(backup::list(archive).expect("an archive in order"), ids);
    for (told, digest, rest) in taken {
        let read = backup::read(archive, &told.id).expect("an archive in order");
        assert_eq!(read, *told);
        let mut network = offline(settings(&made(archive, &read, read.seq)));
        assert_eq!(network.state.full_digest(), *digest, "{}", told.id);
        assert_eq!(network.begun_with.seq, told.snapshot(), "{}", told.id);
        network.submit(rest.to_vec()).expect("a disk in order");
        assert_eq!(
            network.state.full_digest(),
            last,
            "{} gone on from",
            told.id
        );
    }
}

/// Keeps two of an archive's backups: those are whole, the others are gone, and nothing lies there for nobody.
fn check_pruned(archive: &Archive, all: &[Backup]) {
    let gone = backup::prune(archive, 2).expect("an archive in order");
    assert_eq!(gone, all.len().saturating_sub(2));
    let (gone, kept) = all.split_at(gone);
    for backup in gone {
        let read = backup::read(archive, &backup.id);
        assert!(matches!(read, Err(Fault::NoBackup { .. })), "{read:?}");
    }
    let before = archive.list("objects").expect("an archive in order");
    for backup in kept {
        made(archive, backup, backup.seq);
    }
    // Each of them is needed: without it one of the two cannot be made.
    for (name, _) in before {
        let at = format!("objects/{name}");
        let held = archive.get(&at).expect("in order").expect("listed");
        archive.remove(&at).expect("an archive in order");
        let missed = kept.iter().any(|backup| {
            restore(archive, backup, &directory(&SimDisk::new()), backup.seq).is_err()
        });
        assert!(missed, "{name} is kept for nobody");
        archive.put(&at, held).expect("an archive in order");
    }
}

/// A small directory of several segments, plain and packed, with a snapshot; its archive with one backup, and the digest
/// after each command.
fn small() -> (SimDisk, Archive, Backup, Vec<u64>) {
    let disk = SimDisk::new();
    let start = || {
        let mut small = snapping(settings(&disk, Path::new(DIR), rules()), 20);
        small.segment_bytes = 2_000;
        offline(small)
    };
    for life in 0..6 {
        let mut network = start();
        network
            .submit(vec![enrol(&format!("m{life}"), None)])
            .expect("a disk in order");
        for group in 0..5 {
            let member = format!("m{life}");
            let orders =
                (0..1 + group % 3).map(|n| order(&format!("o{life}-{group}-{n}"), &member, 1 + n));
            network.submit(orders.collect()).expect("a disk in order");
        }
        network.close().expect("a disk in order");
    }
    let archive = archive();
    let taken = take(&disk, &archive, 0, Some(FORMAT));
    assert!(taken.backup.snapshot() > 0);
    let files = offline::read(&settings(&disk, Path::new(DIR), rules()))
        .expect("in order")
        .files;
    assert!(files.segments().len() > 5);
    let digests = (1..=taken.backup.seq).map(|seq| state_after(&files, seq).0.full_digest());
    (disk, archive, taken.backup, digests.collect())
}

#[test]
fn a_directory_is_made_as_of_any_command() {
    let (_, archive, backup, digests) = small();
    for (seq, digest) in (1..).zip(digests) {
        let disk = made(&archive, &backup, seq);
        let settings = || existing(settings(&disk, Path::new(DIR), rules()));
        let read = offline::read(&settings()).expect("a log in order");
        assert_eq!(
            (read.state.as_of_seq, read.state.full_digest()),
            (seq, digest)
        );
        let mut network = offline(settings());
        assert_eq!(network.state.full_digest(), digest, "to {seq}");
        let told = network
            .submit(vec![enrol("later", None)])
            .expect("a disk in order");
        assert_eq!(told[0].seq, seq + 1);
    }
}

/// A directory that a restoring leaves behind answers nobody.
fn refuses(archive: &Archive, id: &str, what: &str) -> Fault {
    let disk = SimDisk::new();
    let done = backup::read(archive, id)
        .and_then(|backup| restore(archive, &backup, &directory(&disk), backup.seq));
    let fault = done.expect_err(what);
    // Cut short before it began, or after: it says so, and nobody founds another network there.
    let identity = directory(&disk).identity();
    assert!(
        matches!(identity, Ok(None) | Err(Fault::Unfinished { .. })),
        "{what}: {identity:?}"
    );
    if !disk.files().is_empty() {
        let opened = Offline::open(settings(&disk, Path::new(DIR), rules()));
        assert!(opened.is_err(), "{what}: it was founded");
    }
    fault
}

#[test]
fn a_damaged_backup_is_refused_by_name() {
    let (_, archive, backup, _) = small();
    let objects = archive
        .list("objects")
        .expect("an archive in order")
        .into_iter();
    let mut names: Vec<String> = objects.map(|(name, _)| format!("objects/{name}")).collect();
    names.push(format!("backups/{}.json", backup.id));
    let mut damaged = 0;
    for name in &names {
        let whole = archive
            .get(name)
            .expect("an archive in order")
            .expect("it is there");
        let mut check = |bytes: Vec<u8>, what: &str| {
            archive.put(name, bytes).expect("an archive in order");
            let fault = refuses(&archive, &backup.id, &format!("{name} {what}"));
            let file = archive.path(name);
            assert!(
                fault.to_string().contains(file.to_str().expect("text")),
                "{what}: {fault}"
            );
            damaged += 1;
        };
        let step = (whole.len() / 40).max(1);
        for at in (0..whole.len()).step_by(step) {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            check(bytes, &format!("changed at byte {at}"));
            check(whole[..at].to_vec(), &format!("cut to {at} bytes"));
        }
        check([whole.as_slice(), b"\n"].concat(), "made longer");
        archive.remove(name).expect("an archive in order");
        let fault = refuses(&archive, &backup.id, &format!("{name} removed"));
        assert!(
            matches!(fault, Fault::Damaged { .. } | Fault::NoBackup { .. }),
            "{fault}"
        );
        archive.put(name, whole).expect("an archive in order");
    }
    made(&archive, &backup, backup.seq);
    counted("damage to a backup is named", damaged, "damages", 500);
}

#[test]
fn a_backup_of_a_damaged_log_is_not_taken() {
    // Packed, and plain, of which nothing but a proof of all of it reads the middle.
    for (disk, _) in samples() {
        let mut files = disk.files().into_iter();
        let sealed = files.find(|(path, _)| path.starts_with("/data/net/log"));
        let (path, mut bytes) = sealed.expect("a segment");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 4;
        let (damaged, other) = (disk.with(&path, bytes), archive());
        let taken = backup::take(&directory(&damaged), &other, (7, Time(1)), None);
        assert!(
            matches!(taken, Err(Fault::Damaged { ref file, .. }) if *file == path),
            "{taken:?}"
        );
        assert_eq!(backup::list(&other), Ok(Vec::new()));
        let whole = backup::take(&directory(&disk), &other, (7, Time(2)), None);
        assert!(whole.is_ok_and(|taken| taken.new_bytes > 0));
    }
}

/// Puts a list there whose checksum is right.
fn put_sealed(archive: &Archive, name: &str, line: &str) {
    let sealed = format!("{line}\n{:08x}\n", crc32c::crc32c(line.as_bytes()));
    let put = archive.put(name, sealed.into_bytes());
    put.expect("an archive in order");
}

#[test]
fn nothing_is_written_over_and_nothing_else_is_written() {
    let (disk, archive, backup, _) = small();
    let before = disk.files();
    let again = restore(&archive, &backup, &directory(&disk), backup.seq);
    assert_eq!(again, Err(Fault::NotEmpty { dir: DIR.into() }));
    assert_eq!(disk.files(), before);
    // A list that names what no directory has is none of ours, however whole it is.
    let name = format!("backups/{}.json", backup.id);
    let bytes = archive.get(&name).expect("in order").expect("there");
    let text = String::from_utf8(bytes).expect("text");
    let line = text.lines().next().expect("a line");
    let first = line.split_once("\"path\":").expect("a file").1;
    let first = format!("\"path\":{}", first.split(',').next().expect("a name"));
    for path in [
        "arborline.id",
        "../arborline.id",
        "log/../../x",
        "/etc/passwd",
        "documents/x",
        "lock",
        "log/a/b",
    ] {
        let line = line.replacen(&first, &format!("\"path\":\"{path}\""), 1);
        put_sealed(&archive, &name, &line);
        let fault = refuses(&archive, &backup.id, path);
        assert!(
            fault.to_string().contains("no data directory has"),
            "{fault}"
        );
    }
    for (field, given) in [
        ("\"format\":1", "\"format\":2"),
        ("\"directory_format\":1", "\"directory_format\":7"),
    ] {
        let line = line.replace(field, given);
        put_sealed(&archive, &name, &line);
        assert!(matches!(
            refuses(&archive, &backup.id, given),
            Fault::OtherFormat { .. }
        ));
    }
}

#[test]
fn power_that_goes_while_a_directory_is_made_leaves_all_or_none() {
    let (_, archive, backup, digests) = small();
    let mut crashes = 0;
    for (to_seq, digest) in [(backup.seq, digests[digests.len() - 1]), (30, digests[29])] {
        for n in 0.. {
            let disk = SimDisk::new();
            disk.plan(Some(Trouble::PowerOff { n }));
            let done = restore(&archive, &backup, &directory(&disk), to_seq);
            for (at, survivors) in [
                Survivors::None,
                Survivors::All,
                Survivors::NamesOnly,
                Survivors::Some,
                Survivors::Some,
            ]
            .into_iter()
            .enumerate()
            {
                let left = disk.image(survivors, &mut Chance::new(n << 8 | at as u64));
                match offline::read(&existing(settings(&left, Path::new(DIR), rules()))) {
                    Ok(read) => assert_eq!(
                        (read.state.as_of_seq, read.state.full_digest()),
                        (to_seq, digest),
                        "{n}"
                    ),
                    Err(_) => assert!(done.is_err(), "{n}: it was made, and is not there"),
                }
                crashes += 1;
            }
            if done.is_ok() {
                break;
            }
        }
    }
    counted(
        "power lost while a directory is restored",
        crashes,
        "images",
        300,
    );
}

#[test]
fn one_taken_beside_a_server_at_work_holds_all_that_was_acknowledged_before() {
    let mut taken = Vec::new();
    let (rules, commands) = drawn(2_900, 1_500);
    let (disk, archive) = (SimDisk::new(), archive());
    let server = serve(on(&disk, rules.clone()));
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for commands in commands.chunks(3) {
                let commands = commands.to_vec();
                let one = server.handle.enqueue(Submission { commands });
                block_on(async { one.map_err(|(refused, _)| refused).expect("room").await })
                    .expect("durable");
            }
            done.store(true, std::sync::atomic::Ordering::SeqCst);
        });
        while !done.load(std::sync::atomic::Ordering::SeqCst) {
            let before = server.handle.health().confirmed_seq;
            taken.push((
                before,
                take(&disk, &archive, taken.len() as i64, None).backup,
            ));
        }
    });
    server.stop();
    let files = offline::read(&on(&disk, rules.clone()))
        .expect("in order")
        .files;
    let ends: BTreeSet<u64> = taken.iter().map(|(_, backup)| backup.seq).collect();
    assert!(ends.len() > 5, "only {} moments", ends.len());
    for (before, backup) in taken {
        assert!(
            backup.seq >= before,
            "{} was acknowledged, and is not in {}",
            before,
            backup.id
        );
        let made = offline(existing(on(
            &made(&archive, &backup, backup.seq),
            rules.clone(),
        )));
        assert_eq!(
            made.state.full_digest(),
            state_after(&files, backup.seq).0.full_digest()
        );
    }
}

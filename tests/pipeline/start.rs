//! Opening: whose directory it is, and what a replay will not accept.

use std::path::Path;
use std::sync::Arc;

use arborline::base::time::Time;
use arborline::runtime::decisions;
use arborline::runtime::offline::Offline;
use arborline::runtime::settings::{MACHINE_VERSION, Settings, StartError};
use arborline::runtime::start::open;
use arborline::store::batch::put_command;
use arborline::store::directory::Directory;
use arborline::store::documents;
use arborline::store::fault::Fault;
use arborline::store::log::Log;
use arborline::store::options::Options;
use arborline::store::outcomes::Outcomes;
use arborline::store::prepare::When;
use arborline::store::real::RealDisk;

use super::network::{block_on, enrol, offline, order, rules, serve, settings, submit};
use crate::chance::Chance;
use crate::disk::sim::{SimDisk, Survivors};

const DIR: &str = "/data/net";

fn why(settings: Settings) -> StartError {
    Offline::open(settings).err().expect("refused")
}

/// The log itself, behind the runtime's back.
fn log_of(disk: &SimDisk) -> Log {
    let directory = Directory::new(Arc::new(disk.clone()), Path::new(DIR));
    let mut options = Options::new(MACHINE_VERSION);
    options.segments = When::Needed;
    options.segment_bytes = 32 << 10;
    Log::open(&directory, options)
        .expect("a directory in order")
        .0
}

#[test]
fn one_directory_has_one_opener() {
    let folder = tempfile::tempdir().expect("a directory");
    let dir = folder.path().join("net");
    let server = serve(settings(&RealDisk, &dir, rules()));
    let locked = |error: StartError| matches!(error, StartError::Fault(Fault::Locked { .. }));
    assert!(locked(why(settings(&RealDisk, &dir, rules()))));
    assert!(open(settings(&RealDisk, &dir, rules()), Box::new(|_| ())).is_err_and(locked));
    block_on(async {
        submit(&server, vec![enrol("a", None)])
            .await
            .expect("durable");
    });
    server.stop();
    let network = offline(settings(&RealDisk, &dir, rules()));
    assert!(network.state.members.find("a").is_some());
}

#[test]
fn a_directory_without_a_network_says_so() {
    let disk = SimDisk::new();
    let mut without = settings(&disk, Path::new(DIR), rules());
    without.founding = None;
    assert!(matches!(
        why(without),
        StartError::Fault(Fault::Empty { .. })
    ));
    let mut bad = rules();
    bad.trees.clear();
    assert!(matches!(
        why(settings(&disk, Path::new(DIR), bad)),
        StartError::NotFounded { .. }
    ));
    // A founding that was refused can be done better.
    let network = offline(settings(&disk, Path::new(DIR), rules()));
    let document = documents::get(&network.log.files().directory, &network.state.document);
    assert_eq!(document, Ok(Vec::new()));
}

#[test]
fn decisions_that_differ_stop_a_replay_at_the_first() {
    let disk = SimDisk::new();
    offline(settings(&disk, Path::new(DIR), rules()))
        .close()
        .expect("a disk in order");
    let mut log = log_of(&disk);
    let mut bytes = Vec::new();
    for command in [
        enrol("a", None),
        order("o", "a", 4),
        order("p", "nobody", 4),
    ] {
        let mut one = Vec::new();
        command.encode(&mut one);
        put_command(&mut bytes, &one);
    }
    let first_seq = log.append(Time(5), 3, &[&bytes]).expect("a disk in order");
    log.commit().expect("a disk in order");
    let accepted = vec![Ok(Default::default()); 3];
    let mut told = Vec::new();
    decisions::encode(&accepted, &[], &mut told);
    log.append_outcomes(&Outcomes {
        first_seq,
        count: 3,
        bytes: &told,
    })
    .expect("a disk in order");
    log.commit().expect("a disk in order");
    drop(log);
    // The member's enrolment gives seats, which the decisions above do not tell.
    let StartError::Differs { seq, what } = why(settings(&disk, Path::new(DIR), rules())) else {
        panic!("a difference that is not named");
    };
    assert_eq!(seq, first_seq, "{what}");
}

#[test]
fn a_command_that_cannot_be_read_is_named() {
    let disk = SimDisk::new();
    offline(settings(&disk, Path::new(DIR), rules()))
        .close()
        .expect("a disk in order");
    let mut log = log_of(&disk);
    let mut bytes = Vec::new();
    put_command(&mut bytes, b"\xffno command");
    let seq = log.append(Time(5), 1, &[&bytes]).expect("a disk in order");
    log.commit().expect("a disk in order");
    drop(log);
    assert_eq!(
        why(settings(&disk, Path::new(DIR), rules())),
        StartError::Unreadable { seq }
    );
}

#[test]
fn decisions_lost_in_a_crash_are_made_again() {
    let disk = SimDisk::new();
    let server = serve(settings(&disk, Path::new(DIR), rules()));
    let receipts = block_on(async {
        let mut receipts = Vec::new();
        for index in 0..40 {
            let id = format!("m{index}");
            receipts.extend(
                submit(&server, vec![enrol(&id, None)])
                    .await
                    .expect("durable"),
            );
        }
        receipts
    });
    // The power goes while the last decisions are in no synced byte.
    let image = disk.image(Survivors::None, &mut Chance::new(1));
    server.stop();
    let again = serve(settings(&image, Path::new(DIR), rules()));
    let changes = again
        .handle
        .changes(receipts[0].seq - 1, 100)
        .expect("a log in order");
    assert_eq!(changes.len(), 40);
    for (change, receipt) in changes.into_iter().zip(receipts) {
        assert_eq!(
            (change.seq, Ok(change.accepted)),
            (receipt.seq, receipt.outcome)
        );
    }
    again.stop();
}

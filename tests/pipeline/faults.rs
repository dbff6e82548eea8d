//! The disk fails under a running server: nobody gets a wrong answer, and the next start tells.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use arborline::runtime::health::Health;
use arborline::runtime::start::{Server, open};
use arborline::runtime::submission::{Refused, Submission};

use super::network::{block_on, enrol, offline, rules, serve, settings};
use crate::chance::{Chance, scale};
use crate::disk::sim::{Op, SimDisk, Survivors, Trouble};

const DIR: &str = "/data/net";

/// What one client was told.
#[derive(Debug, Default)]
struct Told {
    acknowledged: Vec<String>,
    unknown: Vec<String>,
    not_done: Vec<String>,
}

/// Waits until the server says so; a minute is far more than it may take.
async fn until(server: &Server, holds: impl Fn(&Health) -> bool) {
    for _ in 0..6_000 {
        if holds(&server.handle.health()) {
            return;
        }
        server.handle.wait_for(u64::MAX, 10).await;
    }
    panic!("the server's health does not change");
}

/// Enrols members one submission each until the disk fails.
async fn until_it_fails(server: &Server) -> Told {
    let (mut told, mut pending) = (Told::default(), Vec::new());
    for index in 0..200 {
        let id = format!("m{index}");
        let submission = Submission {
            commands: vec![enrol(&id, None)],
        };
        // On an idle machine the thread that asks writes by itself, and may be the one that meets the fault.
        if index < 60 && index % 2 == 0 {
            match server.handle.submit(submission).await {
                Ok(receipts) => {
                    assert!(receipts[0].outcome.is_ok());
                    told.acknowledged.push(id);
                }
                Err(Refused::OutcomeUnknown) => told.unknown.push(id),
                Err(_) => told.not_done.push(id),
            }
            continue;
        }
        match server.handle.enqueue(submission) {
            Ok(one) => pending.push((id, one)),
            Err((refused, _)) => {
                assert!(
                    matches!(refused, Refused::Stopping | Refused::Busy),
                    "{refused:?}"
                );
                told.not_done.push(id);
            }
        }
        // One after the other for a while, so that there are many small groups before the large ones.
        if index < 60
            && let Some((_, one)) = pending.last_mut()
        {
            one.ready().await;
        }
    }
    for (id, one) in pending {
        match one.await {
            Ok(receipts) => {
                assert!(receipts[0].outcome.is_ok());
                told.acknowledged.push(id);
            }
            Err(Refused::OutcomeUnknown) => told.unknown.push(id),
            Err(_) => told.not_done.push(id),
        }
    }
    told
}

#[test]
fn a_failed_write_or_sync_ends_writing_and_loses_nothing_acknowledged() {
    let mut failed = 0;
    for op in [Op::Write, Op::Sync] {
        for n in 0..15 * scale() {
            let disk = SimDisk::new();
            let directory = Path::new(DIR);
            offline(settings(&disk, directory, rules()))
                .close()
                .expect("a disk in order");
            let faults = Arc::new(AtomicU32::new(0));
            let seen = Arc::clone(&faults);
            let on_fault = move |_: &_| {
                seen.fetch_add(1, Ordering::SeqCst);
            };
            let server =
                open(settings(&disk, directory, rules()), Box::new(on_fault)).expect("in order");
            // The thread that makes the next segment writes too; a failure there is none of the log's.
            disk.plan(Some(Trouble::Fail {
                op,
                n: 3 + n,
                error: ErrorKind::Other,
                for_ever: true,
            }));
            let told = block_on(until_it_fails(&server));
            if !told.unknown.is_empty() {
                // Whoever met the fault, the process hears of it before anybody stops the server.
                block_on(until(&server, |_| faults.load(Ordering::SeqCst) == 1));
            }
            server.stop();
            let ended = faults.load(Ordering::SeqCst);
            assert!(ended <= 1, "told of a fault {ended} times");
            failed += ended;
            for survivors in [Survivors::None, Survivors::All] {
                let image = disk.image(survivors, &mut Chance::new(n));
                let network = offline(settings(&image, directory, rules()));
                let there = |id: &String| network.state.members.find(id).is_some();
                assert!(told.acknowledged.iter().all(there), "{op:?} {n}");
                assert!(!told.not_done.iter().any(there), "{op:?} {n}");
            }
        }
    }
    assert!(failed > 20, "only {failed} lives ended by a fault");
}

#[test]
fn a_disk_that_is_nearly_full_takes_no_more() {
    let disk = SimDisk::new();
    let mut careful = settings(&disk, Path::new(DIR), rules());
    careful.reserve_bytes = 1_000;
    disk.set_free(900);
    let server = serve(careful);
    block_on(async {
        // The log thread looks before it takes anything, yet a little after the start.
        until(&server, |health| health.no_space).await;
        let submission = Submission {
            commands: vec![enrol("a", None)],
        };
        assert_eq!(
            server.handle.submit(submission.clone()).await,
            Err(Refused::NoSpace)
        );
        disk.set_free(1_000_000);
        until(&server, |health| !health.no_space).await;
        assert!(server.handle.submit(submission).await.is_ok());
    });
    server.stop();
}

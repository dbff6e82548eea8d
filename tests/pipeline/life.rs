//! Servers at work: what is answered, what is read, and that a replay is the same state.

use std::path::Path;
use std::sync::Arc;

use arborline::engine::command::{Command, Verb};
use arborline::engine::rules::Rules;
use arborline::runtime::offline;
use arborline::runtime::submission::{Refusal, Refused, Submission};

use super::network::{block_on, enrol, offline, order, rules, serve, settings, submit};
use crate::chance::{Chance, scale};
use crate::disk::sim::SimDisk;
use crate::histories::drawn;

const DIR: &str = "/data/net";

pub(super) fn on(disk: &SimDisk, rules: Rules) -> arborline::runtime::settings::Settings {
    let mut settings = settings(disk, Path::new(DIR), rules);
    // Not a document that can be read: calendars that grow by themselves would be commands that nobody sent.
    let founding = settings.founding.as_mut().expect("a network to found");
    founding.document = b"drawn by chance".to_vec();
    let starts = founding.rules.period_types.iter().map(|of| of.starts[0]);
    founding.at = starts.max().expect("a period type");
    settings
}

/// Plays commands without threads in groups of at most `group`, over several lives; the digest of all there is.
fn played(rules: &Rules, commands: &[Command], group: usize, seed: u64) -> u64 {
    let (disk, mut chance) = (SimDisk::new(), Chance::new(seed));
    let mut network = offline(on(&disk, rules.clone()));
    let mut rest = commands;
    while !rest.is_empty() {
        let (now, later) = rest.split_at((1 + chance.below(group)).min(rest.len()));
        network.submit(now.to_vec()).expect("a disk in order");
        rest = later;
        if chance.below(20) == 0 {
            let digest = network.state.full_digest();
            network.close().expect("a disk in order");
            network = offline(on(&disk, rules.clone()));
            assert_eq!(
                network.state.full_digest(),
                digest,
                "a replay is another state"
            );
        }
    }
    network.state.full_digest()
}

#[test]
fn groups_and_lives_never_show() {
    for seed in 0..20 * scale() {
        let (rules, commands) = drawn(700 + seed, 400);
        let one_by_one = played(&rules, &commands, 1, seed);
        assert_eq!(
            played(&rules, &commands, 60, seed),
            one_by_one,
            "seed {seed}"
        );
        assert_eq!(
            played(&rules, &commands, 400, seed),
            one_by_one,
            "seed {seed}"
        );
    }
}

#[test]
fn a_server_comes_to_the_state_of_its_log() {
    for seed in 0..6 * scale() {
        let (rules, commands) = drawn(900 + seed, 1_500);
        let alone = played(&rules, &commands, 1_500, seed);
        let (disk, mut chance) = (SimDisk::new(), Chance::new(seed));
        let server = serve(on(&disk, rules.clone()));
        let live = block_on(async {
            let mut pending = Vec::new();
            let mut rest = commands.as_slice();
            while !rest.is_empty() {
                let (now, later) = rest.split_at((1 + chance.below(90)).min(rest.len()));
                let submission = Submission {
                    commands: now.to_vec(),
                };
                pending.push(
                    server
                        .handle
                        .enqueue(submission)
                        .map_err(|(refused, _)| refused)
                        .expect("room"),
                );
                rest = later;
                if chance.below(3) == 0 {
                    let fork = server.handle.fork(0).await;
                    assert!(fork.as_of_seq <= server.handle.health().confirmed_seq);
                }
            }
            let mut next_seq = None;
            for one in pending {
                for receipt in one.await.expect("durable") {
                    if !receipt.repeated {
                        assert!(next_seq.is_none_or(|next| next == receipt.seq));
                    }
                    next_seq = next_seq.map_or(Some(receipt.seq + 1), |next: u64| Some(next + 1));
                }
            }
            server.handle.read(|state| state.full_digest())
        });
        server.stop();
        assert_eq!(live, alone, "seed {seed}");
        let read = offline::read(&on(&disk, rules.clone())).expect("a directory in order");
        assert_eq!(read.state.full_digest(), live, "seed {seed}");
        assert_eq!(
            offline(on(&disk, rules)).state.full_digest(),
            live,
            "seed {seed}"
        );
    }
}

#[test]
fn an_id_seen_again_gets_its_first_receipt_or_the_field_that_differs() {
    let disk = SimDisk::new();
    let server = serve(on(&disk, rules()));
    block_on(async {
        let first = vec![
            enrol("a", None),
            enrol("b", Some("a")),
            order("o1", "b", 5),
            order("o2", "a", 6),
        ];
        let receipts = submit(&server, first.clone()).await.expect("durable");
        assert!(
            receipts
                .iter()
                .all(|receipt| receipt.outcome.is_ok() && !receipt.repeated)
        );
        // The same once more, each with its first receipt, choices included.
        let again = submit(&server, first.clone()).await.expect("durable");
        for (first, again) in receipts.iter().zip(&again) {
            assert_eq!(
                (first.seq, &first.outcome, true),
                (again.seq, &again.outcome, again.repeated)
            );
        }
        assert!(
            receipts[1]
                .outcome
                .as_ref()
                .is_ok_and(|accepted| !accepted.choices.is_empty())
        );
        // Within one submission too.
        let twice = submit(&server, vec![order("o3", "a", 1), order("o3", "a", 1)])
            .await
            .expect("durable");
        assert_eq!((twice[1].seq, twice[1].repeated), (twice[0].seq, true));
        let mut later = order("o1", "b", 5);
        later.at = later.at.plus_ms(1);
        let others = [
            (order("o1", "a", 5), "member"),
            (order("o1", "b", 7), "volumes"),
            (later, "at"),
            (enrol("b", None), "enroller"),
        ];
        for (command, field) in others {
            let receipt = submit(&server, vec![command])
                .await
                .expect("durable")
                .remove(0);
            let first_seq = if field == "enroller" {
                receipts[1].seq
            } else {
                receipts[2].seq
            };
            assert_eq!(receipt.outcome, Err(Refusal::IdReused { first_seq, field }));
        }
    });
    server.stop();
}

#[test]
fn ids_used_inside_an_atomic_request_are_known_too() {
    let disk = SimDisk::new();
    let server = serve(on(&disk, rules()));
    block_on(async {
        let members = vec![enrol("a", None), enrol("b", Some("a"))];
        submit(&server, members).await.expect("durable");
        let atomic = Command {
            id: "both".into(),
            at: super::network::AT,
            verb: Verb::Atomic(vec![order("o4", "a", 1), order("o5", "b", 1)]),
        };
        let whole = submit(&server, vec![atomic.clone()])
            .await
            .expect("durable")
            .remove(0);
        assert!(whole.outcome.is_ok());
        let inner = submit(
            &server,
            vec![order("o5", "b", 1), order("o5", "b", 2), atomic],
        )
        .await
        .expect("durable");
        assert_eq!((inner[0].seq, inner[0].repeated), (whole.seq, true));
        assert_eq!(
            inner[1].outcome,
            Err(Refusal::IdReused {
                first_seq: whole.seq,
                field: "volumes"
            })
        );
        assert_eq!((inner[2].seq, inner[2].repeated), (whole.seq, true));
    });
    server.stop();
}

#[test]
fn the_feed_tells_accepted_commands_once_and_in_order() {
    let (rules, commands) = drawn(77, 600);
    let disk = SimDisk::new();
    let mut accepted = Vec::new();
    let mut network = offline(on(&disk, rules.clone()));
    for group in commands.chunks(17) {
        let receipts = network.submit(group.to_vec()).expect("a disk in order");
        for (receipt, command) in receipts.into_iter().zip(group) {
            if !receipt.repeated && receipt.outcome.is_ok() {
                accepted.push((receipt.seq, command.clone()));
            }
        }
    }
    network.close().expect("a disk in order");
    let server = serve(on(&disk, rules));
    let begin = accepted[0].0 - 1;
    for limit in [1, 7, 100, 10_000] {
        let (mut after, mut told) = (begin, Vec::new());
        loop {
            let changes = server.handle.changes(after, limit).expect("a log in order");
            let Some(last) = changes.last() else { break };
            assert!(changes.len() <= limit);
            after = last.seq;
            told.extend(
                changes
                    .into_iter()
                    .map(|change| (change.seq, change.command)),
            );
        }
        assert_eq!(told, accepted, "by {limit}");
    }
    block_on(async {
        let receipt = submit(&server, vec![enrol("newcomer", None)])
            .await
            .expect("durable")
            .remove(0);
        let mut told = Vec::new();
        for _ in 0..6_000 {
            told = server
                .handle
                .changes(receipt.seq - 1, 10)
                .expect("a log in order");
            if !told.is_empty() {
                break;
            }
            server.handle.wait_for(u64::MAX, 10).await;
        }
        let told = told.remove(0);
        assert_eq!(
            (told.seq, told.command.id.as_str()),
            (receipt.seq, "newcomer")
        );
        assert_eq!(Ok(told.accepted), receipt.outcome);
    });
    server.stop();
}

#[test]
fn nobody_overtakes_what_was_handed_in_before() {
    let disk = SimDisk::new();
    let server = serve(on(&disk, rules()));
    block_on(async {
        for round in 0..300 {
            let member = format!("m{round}");
            let earlier = server.handle.enqueue(Submission {
                commands: vec![enrol(&member, None)],
            });
            // Written by this thread if it may be: without the member before it, it would be refused.
            let later = submit(&server, vec![order(&format!("o{round}"), &member, 1)]).await;
            let later = later.expect("durable").remove(0);
            assert!(later.outcome.is_ok(), "{round}: {later:?}");
            let earlier = earlier.map_err(|(refused, _)| refused).expect("room");
            assert_eq!(earlier.await.expect("durable")[0].seq + 1, later.seq);
        }
    });
    server.stop();
}

#[test]
fn queues_are_bounded_by_number_and_by_bytes() {
    let disk = SimDisk::new();
    let mut few = on(&disk, rules());
    few.queue_submissions = 2;
    let server = serve(few);
    let one = |id: &str| Submission {
        commands: vec![enrol(id, None)],
    };
    block_on(async {
        let commands = vec![enrol("many", None); 8_193];
        assert_eq!(submit(&server, commands).await, Err(Refused::TooLarge));
        disk.shut(true);
        let (mut taken, mut refused) = (Vec::new(), None);
        for index in 0..10 {
            match server.handle.enqueue(one(&format!("m{index}"))) {
                Ok(pending) => taken.push(pending),
                Err((why, back)) => refused = Some((why, back.commands.len())),
            }
        }
        assert_eq!(refused, Some((Refused::Busy, 1)));
        // Those in the queue, and those the log thread had taken out of it.
        assert!((2..=6).contains(&taken.len()), "{}", taken.len());
        assert_eq!(server.handle.health().queued_commands, taken.len() as u64);
        disk.shut(false);
        for pending in taken {
            assert!(pending.await.is_ok());
        }
        assert_eq!(server.handle.health().queued_bytes, 0);
    });
    server.stop();
    let mut small = on(&disk, rules());
    small.queue_bytes = 1;
    let server = serve(small);
    disk.shut(true);
    let first = server
        .handle
        .enqueue(one("first"))
        .map_err(|(refused, _)| refused);
    let second = server
        .handle
        .enqueue(one("second"))
        .map_err(|(refused, _)| refused);
    assert_eq!((first.is_ok(), second.err()), (true, Some(Refused::Busy)));
    disk.shut(false);
    server.stop();
}

#[test]
fn reads_wait_for_what_they_ask_for() {
    let disk = SimDisk::new();
    let server = serve(on(&disk, rules()));
    block_on(async {
        let handle = server.handle.clone();
        assert!(!handle.wait_for(handle.health().applied_seq + 1, 1).await);
        let seq = handle.health().applied_seq + 1;
        let waits = tokio::spawn(async move { handle.wait_for(seq, 60_000).await });
        let receipt = submit(&server, vec![enrol("a", None)])
            .await
            .expect("durable")
            .remove(0);
        assert_eq!(receipt.seq, seq);
        assert!(waits.await.expect("no panic"));
        let (one, other) = (server.handle.fork(seq).await, server.handle.fork(seq).await);
        assert!(Arc::ptr_eq(&one, &other), "heavy readers share a fork");
        assert_eq!(one.as_of_seq, seq);
        submit(&server, vec![enrol("b", None)])
            .await
            .expect("durable");
        assert_eq!(server.handle.fork(seq + 1).await.as_of_seq, seq + 1);
        assert_eq!(server.handle.heavy(|| 6 * 7).await, 42);
    });
    let handle = server.handle.clone();
    server.stop();
    assert!(!handle.health().ready);
    let refused = handle.enqueue(Submission {
        commands: vec![enrol("c", None)],
    });
    assert_eq!(
        refused.err().map(|(refused, _)| refused),
        Some(Refused::Stopping)
    );
    assert_eq!(handle.read(|state| state.members.len()), 3);
}

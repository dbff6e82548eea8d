//! Serial order over restarts: many clients tell facts over HTTP to a server in another process, which is killed, paused,
//! filled up and started again, and what they wrote down is compared with the log.
//!
//! What the clients know goes through the checker in one pass: it is linear in the number of acknowledgements. Chance comes
//! from a seed; how threads and processes meet does not.

use std::path::Path;
use std::process::Command;

use arborline::engine::state::State;
use arborline::runtime::begin::lead_elsewhere;
use arborline::runtime::offline::{self, Offline};
use arborline::runtime::settings::Check;

use crate::chance::scale;
use crate::proof::counted;
use check::check;
use clients::tell_facts;
use nemesis::{Nemesis, Tally};
use notes::Notes;
use order::read_order;
use server::settings;
use stage::Stage;

mod check;
mod clients;
mod disk;
mod nemesis;
mod network;
mod notes;
mod order;
mod samples;
mod server;
mod stage;
mod wire;

/// Threads that tell facts.
const CLIENTS: usize = 16;
/// Facts acknowledged in a run.
const ACKNOWLEDGED: u64 = 200_000;
const SEED: u64 = 7;

/// A directory in memory where there is one: the disk under test loses by itself what was not synced.
fn in_memory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().expect("a directory"))
}

/// Lets clients and nemesis at a server until enough is acknowledged: what each wrote down.
fn run(desk: &Path) -> (Vec<Notes>, Tally) {
    let stage = Stage::default();
    std::thread::scope(|scope| {
        let stage = &stage;
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| scope.spawn(move || tell_facts(stage, number, SEED)))
            .collect();
        scope.spawn(move || clients::ask_for_snapshots(stage));
        // However this ends, the clients end too.
        let _over = stage.over_at_the_end();
        let tally = Nemesis::new(stage, desk, SEED).work(ACKNOWLEDGED * scale());
        stage.set_over();
        let notes = clients
            .into_iter()
            .map(|client| client.join().expect("a client that came to its end"));
        (notes.collect(), tally)
    })
}

/// Whatever way the state at the end is come to, it is the same; gives it.
fn end_states(dir: &Path) -> State {
    // Of the directory as the last kill left it.
    let all = offline::read(&settings(dir, Check::First)).expect("a directory in order");
    assert_eq!(lead_elsewhere(&all.files, &all.state), [""; 0]);
    let opened = Offline::open(settings(dir, Check::First)).expect("a directory in order");
    assert!(
        opened.begun_with.seq > 0 && opened.replayed.0 > 0,
        "the last start begins with a snapshot, and has a tail behind it"
    );
    assert_eq!(opened.state.full_digest(), all.state.full_digest());
    opened.close().expect("a disk in order");
    let mut verify = Command::new(env!("CARGO_BIN_EXE_arborline"));
    verify.args(["verify", "--json", "--data"]).arg(dir);
    let verified = verify.output().expect("it runs");
    let told = String::from_utf8_lossy(&verified.stdout);
    assert!(verified.status.success(), "{told}");
    all.state
}

#[test]
fn what_was_acknowledged_stands_in_one_order_over_restarts() {
    let desk = in_memory();
    let dir = desk.path().join(server::DATA);
    network::found(&dir);
    let (notes, tally) = run(desk.path());
    let state = end_states(&dir);
    // Only now: a kill takes the decisions on the last commands with it, and an opening makes them again.
    let order = read_order(&dir);
    let (mut complaints, seen) = check(&notes, &order);
    complaints.extend(order.compare_figures(&state));
    assert!(
        complaints.is_empty(),
        "seed {SEED}, {} complaints:\n{}",
        complaints.len(),
        complaints[..complaints.len().min(20)].join("\n")
    );
    let proof = "serial order over restarts";
    let times = scale();
    for (done, what, least) in [
        (seen.acknowledged, "facts acknowledged", ACKNOWLEDGED),
        (seen.repeated, "receipts given again", 2_000),
        (seen.refused, "facts refused", 2_000),
        (seen.unknown, "facts never answered", 200),
        (seen.unknown_kept, "of them in the order", 20),
        (seen.reads, "figures read", 2_000),
        (seen.waited, "figures that had to be waited for", 200),
        (tally.kills, "kills", 30),
        (tally.losses, "kills that lost what was not synced", 10),
        (tally.pauses, "pauses", 10),
        (tally.fillings, "disks filled and emptied", 5),
        (tally.ended_full, "servers ended by a full disk", 2),
        (tally.snapshots, "snapshots asked for and written", 10),
        (tally.stops, "clean stops", 3),
        (tally.from_both, "starts from a snapshot and a tail", 10),
        (tally.from_log, "starts from the log alone", 3),
    ] {
        counted(proof, done, what, least * times);
    }
}

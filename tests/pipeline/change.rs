//! A changed network in a running server: room made beside the commands, and what a crash or a restart leaves of it.

use std::path::Path;

use arborline::base::time::DAY_MS;
use arborline::engine::command::{Command, Verb};
use arborline::engine::state::State;
use arborline::runtime::network_change::{self, Told};
use arborline::runtime::offline;
use arborline::view::verify::check::verify;

use super::network::{AT, block_on, enrol, offline, order, rules, serve, settings, submit};
use crate::chance::Chance;
use crate::disk::sim::{SimDisk, Survivors};

const DIR: &str = "/data/net";
/// The default network with one kind and one tree more.
const WIDER: &str = "clock = \"events\"\nvolume_kinds = [\"cv\", \"pv\", \"qv\"]\n\
    [[trees]]\nname = \"binary\"\n[[trees]]\nname = \"unilevel\"\n";

fn on(disk: &SimDisk) -> arborline::runtime::settings::Settings {
    settings(disk, Path::new(DIR), rules())
}

fn told(state: &State) -> Command {
    let told = network_change::read(state, WIDER, None, ("wider".into(), AT));
    let Ok(Told { command, .. }) = told else {
        panic!("the document goes on with the default one");
    };
    command
}

/// An order of the new kind, in the month after.
fn later(id: &str) -> Command {
    let mut command = order(id, "m0", 5);
    command.at = AT.plus_ms(40 * DAY_MS);
    if let Verb::Order(order) = &mut command.verb {
        order.volumes.set(2, arborline::base::number::Volume(9));
    }
    command
}

fn month_after() -> Command {
    let mut command = later("first-of-it");
    if let Verb::Order(order) = &mut command.verb {
        order.volumes.set(2, Default::default());
    }
    command
}

/// Several commands in one request.
fn together(parts: Vec<Command>) -> Command {
    Command {
        id: Default::default(),
        at: AT,
        verb: Verb::Atomic(parts),
    }
}

/// A request that is refused at its second part.
fn twice(part: Command) -> Command {
    together(vec![part.clone(), part])
}

#[test]
fn room_is_made_beside_the_commands_and_never_shows() {
    let disk = SimDisk::new();
    let server = serve(on(&disk));
    block_on(async {
        let line = (0..400).map(|at| {
            let above = (at > 0).then(|| format!("m{}", at - 1));
            enrol(&format!("m{at}"), above.as_deref())
        });
        submit(&server, line.collect()).await.expect("durable");
        server
            .handle
            .keep_document(WIDER.as_bytes())
            .expect("a disk in order");
        let change = server.handle.read(told);
        submit(&server, vec![change]).await.expect("durable");
        let kinds = || server.handle.read(|state| state.forest.kinds());
        // Orders never cease, so only the room's own way of coming closer ends this.
        for sent in 0.. {
            assert!(sent < 20_000, "no room is made");
            let orders =
                (0..50).map(|at| order(&format!("o{sent}-{at}"), &format!("m{}", at * 7), 1));
            let mut commands: Vec<Command> = orders.collect();
            commands.push(twice(order(&format!("r{sent}"), "m350", 1)));
            commands.push(together(vec![order(&format!("t{sent}"), "m350", 1)]));
            submit(&server, commands).await.expect("durable");
            if kinds() == 3 {
                break;
            }
        }
        let pending = server.handle.read(|state| state.pending.is_some());
        assert!(pending, "room is made before the rules are in force");
        // Refused as it is, the first lets the month begin.
        let told = together(vec![order("late", "m0", 1), later("of-it")]);
        let receipts = submit(&server, vec![twice(month_after()), told]).await;
        let receipts = receipts.expect("durable");
        let taken = [&receipts[0], &receipts[1]].map(|receipt| receipt.outcome.is_ok());
        assert_eq!(taken, [false, true], "{receipts:?}");
    });
    let live = server.handle.read(|state| {
        assert!(state.pending.is_none());
        assert_eq!(state.forest.group(2, 1, 0, 2), 9);
        let report = verify(state);
        assert!(report.is_clean(), "{:?}", report.differences);
        state.full_digest()
    });
    server.stop();
    let read = offline::read(&on(&disk)).expect("a directory in order");
    assert_eq!(
        read.state.full_digest(),
        live,
        "a replay makes its own room"
    );
}

#[test]
fn a_crash_before_it_takes_effect_loses_nothing() {
    let disk = SimDisk::new();
    let mut network = offline(on(&disk));
    network
        .submit(vec![enrol("m0", None), order("o1", "m0", 5)])
        .expect("a disk in order");
    network
        .keep_document(WIDER.as_bytes())
        .expect("a disk in order");
    let change = told(&network.state);
    network.submit(vec![change]).expect("a disk in order");
    let pending = network.state.pending.clone().expect("it was accepted");
    let mut ends = Vec::new();
    for survivors in [
        Survivors::None,
        Survivors::All,
        Survivors::NamesOnly,
        Survivors::BytesOnly,
    ] {
        let image = disk.image(survivors, &mut Chance::new(1));
        let mut again = offline(on(&image));
        assert_eq!(again.state.pending.as_ref(), Some(&pending));
        let receipts = again
            .submit(vec![month_after(), later("of-it")])
            .expect("a disk in order");
        assert!(receipts.iter().all(|receipt| receipt.outcome.is_ok()));
        assert_eq!(again.state.document, pending.document);
        again.close().expect("a disk in order");
        // The calendars of the new document are followed from now on.
        let last = offline(on(&image));
        assert!(!last.calendars.are_of_another(&pending.document));
        ends.push(last.state.full_digest());
    }
    ends.dedup();
    assert_eq!(ends.len(), 1, "one log, one state");
}

#[test]
fn a_lost_document_is_missed_at_the_start() {
    let disk = SimDisk::new();
    let mut network = offline(on(&disk));
    let change = told(&network.state);
    // Nobody kept its document.
    network.submit(vec![change]).expect("a disk in order");
    network.close().expect("a disk in order");
    let opened = arborline::runtime::offline::Offline::open(on(&disk));
    assert!(
        opened.is_err(),
        "a document that is missed later stops a network that runs"
    );
}

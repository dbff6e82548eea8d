//! A network to work on, and the ways to open it.

use std::path::Path;
use std::sync::Arc;

use arborline::base::time::{DAY_MS, Time};
use arborline::base::volumes::Volumes;
use arborline::document::network;
use arborline::engine::command::enrol::Enrol;
use arborline::engine::command::order::Order;
use arborline::engine::command::{Command, Verb};
use arborline::engine::member::{MemberKind, Profile};
use arborline::engine::rules::{ClockMode, Rules};
use arborline::runtime::offline::Offline;
use arborline::runtime::settings::{Founding, Settings};
use arborline::runtime::start::{Server, open};
use arborline::runtime::submission::{Receipt, Refused, Submission};
use arborline::store::disk::Disk;

/// Some time in 2026.
pub(super) const AT: Time = Time(20_500 * DAY_MS);

/// The default network, with time that follows the commands.
pub(super) fn rules() -> Rules {
    let network = network::parse("").expect("the default network");
    let mut rules = network.compile(AT.plus_ms(900 * DAY_MS));
    rules.clock = ClockMode::Events;
    rules
}

/// Settings for a network with these rules on a disk, with small segments and no reserve.
pub(super) fn settings(disk: &(impl Disk + Clone), dir: &Path, rules: Rules) -> Settings {
    Settings {
        disk: Arc::new(disk.clone()),
        founding: Some(Founding {
            document: Vec::new(),
            at: AT.plus_ms(-40 * DAY_MS),
            rules,
        }),
        segment_bytes: 32 << 10,
        reserve_bytes: 0,
        ..Settings::new(dir)
    }
}

/// A server whose disk must not fail.
pub(super) fn serve(settings: Settings) -> Server {
    open(settings, Box::new(|fault| panic!("{fault}"))).expect("a directory in order")
}

/// The same directory without threads.
pub(super) fn offline(settings: Settings) -> Offline {
    Offline::open(settings).expect("a directory in order")
}

/// A member below another, or a root.
pub(super) fn enrol(id: &str, enroller: Option<&str>) -> Command {
    Command {
        id: id.into(),
        at: AT,
        verb: Verb::Enrol(Box::new(Enrol {
            kind: MemberKind::Distributor,
            enroller: enroller.map(Into::into),
            profile: Profile::default(),
            placements: Vec::new(),
        })),
    }
}

/// An order of so many units of the first kind.
pub(super) fn order(id: &str, member: &str, units: i64) -> Command {
    Command {
        id: id.into(),
        at: AT,
        verb: Verb::Order(Order {
            member: member.into(),
            centre: 1,
            volumes: Volumes::from_units(&[units]),
            amount: Default::default(),
            currency: None,
            class: None,
            lines: Vec::new(),
        }),
    }
}

/// Submits and waits.
pub(super) async fn submit(
    server: &Server,
    commands: Vec<Command>,
) -> Result<Vec<Receipt>, Refused> {
    server.handle.submit(Submission { commands }).await
}

/// Runs a test that waits.
pub(super) fn block_on<R>(future: impl Future<Output = R>) -> R {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

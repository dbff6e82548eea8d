//! The network of the run: a few buyers below one another, and the token of the clients.

use std::path::Path;

use arborline::base::time::Time;
use arborline::document::network::parse;
use arborline::engine::command::enrol::Enrol;
use arborline::engine::command::token::CreateToken;
use arborline::engine::command::{Command, Verb};
use arborline::engine::member::{MemberKind, Profile};
use arborline::engine::role::Role;
use arborline::runtime::offline::Offline;
use arborline::runtime::settings::{Check, Founding};

use super::server::settings;

/// Machine time follows the facts, so that chance alone decides what happens.
const DOCUMENT: &str = "clock = \"events\"\n";
/// When everything happens.
pub(super) const AT: &str = "2026-01-15T12:00:00Z";
/// Members who buy.
pub(super) const BUYERS: usize = 13;
/// What a volume of one is kept as.
pub(super) const ONE: i64 = 10_000;
/// Of the clients' token.
pub(super) const SECRET: &str = "5ec7e7";
/// The token's id.
pub(super) const TOKEN: &str = "clients";

/// A buyer's id.
pub(super) fn name(buyer: usize) -> String {
    format!("b{buyer}")
}

/// Who enrolled a buyer.
pub(super) fn above(buyer: usize) -> Option<usize> {
    (buyer > 0).then(|| (buyer - 1) / 3)
}

/// Founds a directory, with everybody in it.
pub(super) fn found(dir: &Path) {
    let until: Time = "2028-01-01T00:00:00Z".parse().expect("a time");
    let mut settings = settings(dir, Check::First);
    settings.founding = Some(Founding {
        document: DOCUMENT.as_bytes().to_vec(),
        rules: parse(DOCUMENT).expect("a right document").compile(until),
        at: Time::MIN,
    });
    let mut network = Offline::open(settings).expect("a new directory");
    let token = Verb::CreateToken(Box::new(CreateToken {
        hash: *blake3::hash(SECRET.as_bytes()).as_bytes(),
        role: Role::Admin,
        member: None,
        expires: None,
    }));
    let buyers = (0..BUYERS).map(|buyer| {
        let enrol = Enrol {
            kind: MemberKind::Distributor,
            enroller: above(buyer).map(|above| name(above).into()),
            profile: Profile::default(),
            placements: Vec::new(),
        };
        (name(buyer), Verb::Enrol(Box::new(enrol)))
    });
    let all = std::iter::once((TOKEN.to_owned(), token)).chain(buyers);
    let commands = all.map(|(id, verb)| Command {
        id: id.into(),
        at: AT.parse().expect("a time"),
        verb,
    });
    let receipts = network.submit(commands.collect()).expect("a disk in order");
    assert!(receipts.iter().all(|receipt| receipt.outcome.is_ok()));
    network.close().expect("a disk in order");
}

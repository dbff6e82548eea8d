//! The directory with runs: what it is made of, and what its runs show.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use arborline::base::after_close::AfterClose;
use arborline::base::path::Paths;
use arborline::base::time::{DAY_MS, Time};
use arborline::base::volumes::Volumes;
use arborline::document::network;
use arborline::engine::command::enrol::Enrol;
use arborline::engine::command::found::Found;
use arborline::engine::command::order::Order;
use arborline::engine::command::plan::{ActivatePlan, DraftPlan};
use arborline::engine::command::refund::{Extent, Refund};
use arborline::engine::command::{Command, Verb};
use arborline::engine::member::{MemberKind, Profile};
use arborline::engine::plans::{LateRefunds, Said};
use arborline::engine::state::State;
use arborline::runtime::openings::Openings;
use arborline::runtime::payer;
use arborline::runtime::plans::Plans;
use arborline::store::directory::Directory;
use arborline::store::documents;
use arborline::store::files::Files;
use arborline::store::log::Log;
use arborline::store::real::RealDisk;
use arborline::store::run_reader::RunFile;

use super::{NETWORK, START, log_group, options};

const PLAN: &str = r#"name = "Shipped"
currency = "EUR"

[company_cap]
volume = "cv"
rate = "0.1"
components = ["levels"]

[[ladders]]
name = "ranks"
grace = 2

[[ladders.ranks]]
name = "silver"
group = "cv"
at_least = "100"

[[plans]]
name = "main"
ladder = "ranks"

[[plans.components]]
name = "levels"
kind = "unilevel"
volume = "cv"
payee = "any"
compression = "none"
rates = ["0.10", "0.05"]

[[plans.components]]
name = "match"
kind = "matching"
of = ["levels"]
payee = "any"
compression = "none"
rates = ["0.2"]
"#;

fn command(id: &str, day: i64, verb: Verb) -> Command {
    Command {
        id: id.into(),
        at: Time(START.0 + day * DAY_MS),
        verb,
    }
}

fn enrol(id: &str, enroller: Option<&str>) -> Command {
    let enrol = Enrol {
        kind: MemberKind::Distributor,
        enroller: enroller.map(Into::into),
        profile: Profile::default(),
        placements: Vec::new(),
    };
    command(id, 1, Verb::Enrol(Box::new(enrol)))
}

fn order(id: &str, member: &str, day: i64, cv: i64) -> Command {
    let order = Order {
        member: member.into(),
        centre: 1,
        volumes: Volumes::from_units(&[0, cv]),
        amount: arborline::base::number::Volume(cv),
        currency: None,
        class: None,
        lines: Vec::new(),
    };
    command(id, day, Verb::Order(order))
}

/// Four members in a line who buy in January; February takes most of it back; March and April sell a little.
fn commands(network: [u8; 32], plan: [u8; 32], refunds: LateRefunds) -> Vec<Command> {
    let document = network::parse(NETWORK).expect("a document that holds");
    let rules = document.compile(Time(START.0 + 900 * DAY_MS));
    let found = Found {
        document: network,
        rules,
    };
    let draft = DraftPlan {
        set: "main".into(),
        said: Said {
            document: plan,
            refunds,
            paths: Paths::default(),
        },
    };
    let activate = ActivatePlan {
        set: "main".into(),
        version: 1,
    };
    let refund = Refund {
        order: "o1".into(),
        extent: Extent::Full,
        reason: None,
    };
    vec![
        command("founding", 0, Verb::Found(Box::new(found))),
        command("draft", 0, Verb::DraftPlan(Box::new(draft))),
        command("activate", 0, Verb::ActivatePlan(Box::new(activate))),
        enrol("A", None),
        enrol("B", Some("A")),
        enrol("C", Some("B")),
        enrol("D", Some("C")),
        order("o1", "D", 5, 1_234_567),
        order("o2", "C", 6, 333_333),
        command("r1", 40, Verb::Refund(Box::new(refund))),
        order("o3", "D", 70, 200_000),
        order("o4", "D", 100, 2_000_000),
        command("", 125, Verb::AdvanceTime),
    ]
}

/// Writes the directory of a network of which nothing is said of February's refund: every byte follows from this file.
pub(super) fn make(dir: &Path) {
    make_where(dir, LateRefunds::UNSAID);
}

/// The same where what January paid is taken back: files of runs say so.
pub(super) fn make_reversing(dir: &Path) {
    let refunds = LateRefunds {
        after_close: AfterClose::ReverseLines,
        reversed: 1,
    };
    make_where(dir, refunds);
}

fn make_where(dir: &Path, refunds: LateRefunds) {
    let directory = Directory::new(Arc::new(RealDisk), dir);
    directory.make().expect("a folder");
    let network = documents::put(&directory, NETWORK.as_bytes()).expect("a document");
    let plan = documents::put(&directory, PLAN.as_bytes()).expect("a document");
    let mut options = options();
    options.found = Some(*b"shipped with it!");
    let (mut log, _) = Log::open(&directory, options).expect("a directory in order");
    let mut state = State::new();
    for one in commands(network, plan, refunds) {
        log_group(&mut log, &mut state, &[one]);
        let plans = Arc::new(Plans::new(Arc::clone(log.files())));
        let openings = Openings::new(Arc::clone(log.files()), plans);
        while let Some(asked) = payer::next_due(&state, 0) {
            let fork = Arc::new(state.fork());
            let post = payer::pay(&openings, &fork, asked).expect("a disk in order");
            let post = Verb::PostRun(Box::new(post));
            let at = state.as_of_time;
            let id = Default::default();
            log_group(&mut log, &mut state, &[Command { id, at, verb: post }]);
        }
    }
    log.append(START, 0, &[]).expect("a disk in order");
    log.sync().expect("a disk in order");
}

/// What the runs of a state show, in lines.
pub(super) fn shown(state: &State, files: &Files) -> String {
    let mut text = String::new();
    for run in state.runs.iter() {
        let label = state.periods.get(run.period_type).label(run.ordinal);
        let digest = blake3::Hash::from_bytes(run.digest).to_hex();
        let log_id = &files.expected.log_id;
        let file = RunFile::open(&files.directory, &run.digest, log_id).expect("its file");
        file.prove(&run.digest).expect("its bytes");
        writeln!(
            text,
            "run {label} {digest} {} lines to {}, {:?}",
            run.lines, run.payees, run.totals
        )
        .expect("a text");
        for line in file.lines(0, u64::MAX).expect("blocks in order") {
            let (index, head) = (usize::from(line.component), &file.head);
            let component = match head.components.get(index) {
                Some((name, _)) => name.to_string(),
                None => {
                    let (name, period) = &head.sources[index - head.components.len()];
                    format!("{name} of {period}")
                }
            };
            let member = state.members.id(line.member);
            writeln!(
                text,
                "line {member} {component} {} {} {}",
                line.exact, line.after, line.minor
            )
            .expect("a text");
        }
        for balance in file.balances(0, u64::MAX).expect("blocks in order") {
            let member = state.members.id(balance.member);
            writeln!(
                text,
                "balance {member} {} {} {} {}",
                balance.earned,
                balance.brought,
                balance.payable,
                balance.carried()
            )
            .expect("a text");
        }
        let standing = file.standing().expect("blocks in order");
        writeln!(text, "standing {standing:?}").expect("a text");
    }
    text
}

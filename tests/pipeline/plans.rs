//! The plan document of a first start: drafted, activated, kept; and what becomes of it when it is wrong or lost.

use std::path::Path;
use std::sync::Arc;

use arborline::base::ids::Text;
use arborline::document::network;
use arborline::engine::command::Verb;
use arborline::engine::plans::PlanVersion;
use arborline::engine::state::State;
use arborline::runtime::changes::{self, Change};
use arborline::runtime::offline::{self, Offline, check_documents};
use arborline::runtime::plan_draft::{Draft, read};
use arborline::runtime::plans::PlanError;
use arborline::runtime::settings::{Settings, StartError};
use arborline::store::directory::Directory;
use arborline::store::documents;
use arborline::store::fault::Fault;

use super::network::{AT, rules, serve, settings};
use crate::disk::sim::SimDisk;
use crate::http::plans::document;

const DIR: &str = "/data/net";

fn planned(disk: &SimDisk, plan: Option<&str>) -> Settings {
    Settings {
        plan: plan.map(str::to_owned),
        ..settings(disk, Path::new(DIR), rules())
    }
}

fn open(disk: &SimDisk, plan: Option<&str>) -> Offline {
    Offline::open(planned(disk, plan)).expect("a directory in order")
}

fn why(disk: &SimDisk, plan: Option<&str>) -> StartError {
    Offline::open(planned(disk, plan)).err().expect("refused")
}

/// What counts for the running period of the first type.
fn counts(state: &State) -> Option<&PlanVersion> {
    let periods = state.periods.get(0);
    let running = periods.current();
    state
        .plans
        .in_force(periods.start(running), periods.end(running))
}

#[test]
fn a_first_start_takes_the_plan_and_a_later_one_does_not() {
    let disk = SimDisk::new();
    let (one, other) = (document("0.05"), document("0.06"));
    let network = open(&disk, Some(&one));
    assert!(network.planned && network.opened.founded);
    let version = counts(&network.state).expect("it counts at once");
    assert_eq!((version.set.as_str(), version.version), ("main", 1));
    let directory = network.log.files().directory.clone();
    let kept = documents::get(&directory, &version.document).expect("kept");
    assert_eq!(kept, one.as_bytes());
    let digest = network.state.full_digest();
    network.close().expect("a disk in order");
    let files = offline::read(&planned(&disk, None)).expect("a log").files;
    let changes = changes::read(&files, 0, 100).expect("a log in order");
    let drafts = |change: &&Change| matches!(change.command.verb, Verb::DraftPlan(_));
    assert_eq!(changes.iter().filter(drafts).count(), 1);

    let network = open(&disk, Some(&other));
    assert!(!network.planned);
    assert_eq!(network.state.plans.versions().len(), 1);
    assert_eq!(network.state.full_digest(), digest);
}

#[test]
fn a_network_without_plans_takes_one_at_a_later_start() {
    let disk = SimDisk::new();
    open(&disk, None).close().expect("a disk in order");
    let network = open(&disk, Some(&document("0.05")));
    assert!(network.planned && !network.opened.founded);
    assert!(counts(&network.state).is_some());
}

#[test]
fn a_wrong_plan_founds_nothing() {
    let disk = SimDisk::new();
    let wrong = document("0.05").replace("\"cv\"", "\"points\"");
    let StartError::PlanRefused { reason } = why(&disk, Some(&wrong)) else {
        panic!("another reason");
    };
    assert!(
        reason.contains("line 9") && reason.contains("points"),
        "{reason}"
    );
    let network = open(&disk, None);
    assert_eq!(network.state.as_of_seq, 1, "the founding alone");
    network.close().expect("a disk in order");
    assert!(matches!(
        why(&disk, Some(&wrong)),
        StartError::PlanRefused { .. }
    ));
}

#[test]
fn a_lost_document_that_counts_is_named_at_the_start() {
    let disk = SimDisk::new();
    let network = open(&disk, Some(&document("0.05")));
    let files = Arc::clone(network.log.files());
    // A draft that never counted is not missed.
    let mut network = network;
    let set = Text::from("other");
    let Ok(Draft::New(command)) = read(&network.state, &set, &document("0.07"), (None, AT)) else {
        panic!("a new document");
    };
    network.submit(vec![command]).expect("a disk in order");
    let hash = counts(&network.state).expect("one").document;
    network.close().expect("a disk in order");
    open(&disk, None).close().expect("a disk in order");

    overwrite(&files.directory, &hash);
    let read = offline::read(&planned(&disk, None)).expect("a log in order");
    let faults = [
        check_documents(&files.directory, &read.state).err(),
        match why(&disk, None) {
            StartError::Fault(fault) => Some(fault),
            other => panic!("{other}"),
        },
    ];
    let name = blake3::Hash::from_bytes(hash).to_hex();
    for fault in faults.into_iter().flatten() {
        assert!(fault.to_string().contains(name.as_str()), "{fault}");
    }
}

/// Writes other bytes in a document's place.
fn overwrite(directory: &Directory, hash: &[u8; 32]) {
    let path = documents::path(directory, hash);
    let name = path.file_name().and_then(|name| name.to_str());
    let dir = directory.documents();
    arborline::store::disk::put_whole(
        directory.disk.as_ref(),
        &dir,
        name.expect("hexadecimal digits"),
        b"other bytes",
    )
    .expect("a disk in order");
}

#[test]
fn a_compiled_set_is_kept_and_a_damaged_document_is_no_set() {
    let disk = SimDisk::new();
    let server = serve(planned(&disk, Some(&document("0.05"))));
    assert!(server.planned);
    let (version, rules) = server.handle.read(|state| {
        let version = counts(state).expect("one").clone();
        (version, state.rules.clone().expect("a network"))
    });
    let set = server.handle.plan_set(&version, &rules).expect("it holds");
    assert_eq!(set.components.len(), 1);
    let files = offline::read(&planned(&disk, None)).expect("a log").files;
    overwrite(&files.directory, &version.document);
    let again = server.handle.plan_set(&version, &rules).expect("kept");
    assert!(Arc::ptr_eq(&set, &again));
    // By other rules it is another set, and has to be read.
    let mut other = network::parse("").expect("the default network").compile(AT);
    other.refund_days += 1;
    let fault = server.handle.plan_set(&version, &other).err();
    assert!(
        matches!(fault, Some(PlanError::Fault(Fault::Damaged { .. }))),
        "{fault:?}"
    );
    server.stop();
}

//! The directory with a snapshot: what a start from it comes to is what the whole log does.

use std::path::Path;

use arborline::engine::command::{Command, Verb};
use arborline::runtime::offline::{self, Offline};

use super::{make as make_log, settings};

/// Writes the directory of the present format, with a snapshot and a command behind it.
pub(super) fn make(dir: &Path) {
    make_log(dir);
    let mut network = Offline::open(settings(dir)).expect("a directory in order");
    network.snapshot().expect("a disk in order");
    let later = Command {
        id: "behind".into(),
        at: network.state.as_of_time.plus_ms(60_000),
        verb: Verb::AdvanceTime,
    };
    network.submit(vec![later]).expect("a disk in order");
    network.close().expect("a disk in order");
}

/// Whether a start of a copy begins with its snapshot, and comes to the same.
pub(super) fn check(dir: &Path, has_one: bool, begun: &Offline) {
    let name = dir.display();
    assert_eq!(begun.begun_with.seq > 0, has_one, "{name}: its snapshot");
    if has_one {
        let replayed = offline::read(&settings(dir)).expect("a directory in order");
        let digests = [&replayed.state, &begun.state].map(|state| state.full_digest());
        assert_eq!(digests[0], digests[1], "{name}: another state");
    }
}

//! Whether kept figures are what follows from facts, and runs what they were: each file by its digest, and by its book where
//! that is still at hand; and whether snapshots hold.

use std::sync::Arc;

use crate::engine::runs::Run;
use crate::engine::state::State;
use crate::runtime::begin::read;
use crate::runtime::openings::Openings;
use crate::runtime::payer;
use crate::store::snapshot;
use crate::view::era::Asked;
use crate::view::lens::Lens;
use crate::view::runs::id;
use crate::view::verify::check::verify;
use crate::view::verify::report::Verified;

/// Verifies a state and its runs. Costs [`verify`], and a read of every run.
#[must_use]
pub fn all(openings: &Openings, state: &Arc<State>) -> Verified {
    let (snapshots, wrong_snapshots) = snapshots(openings);
    Verified {
        report: verify(state),
        digest: format!("{:016x}", state.full_digest()),
        runs: state.runs.len(),
        wrong_runs: runs(openings, state),
        snapshots,
        wrong_snapshots,
    }
}

/// How many snapshots there are, and what is wrong with them, a sentence each. Reads every byte of them.
fn snapshots(openings: &Openings) -> (usize, Vec<String>) {
    let files = &openings.files;
    let (directory, expected) = (&files.directory, &files.expected);
    let all = match snapshot::list(directory) {
        Ok(all) => all,
        Err(fault) => return (0, vec![fault.to_string()]),
    };
    let wrong = all.iter().filter_map(|&seq| {
        let why = read(directory, expected, seq).err()?;
        // One that was removed meanwhile is nobody's loss.
        let is_there = snapshot::list(directory).is_ok_and(|now| now.contains(&seq));
        is_there.then(|| format!("snapshot {seq}: {why}"))
    });
    let wrong = wrong.collect();
    (all.len(), wrong)
}

/// What is wrong with the runs of a state, a sentence each. Reads every file; O(members x levels) for the last closed
/// period of each type.
#[must_use]
fn runs(openings: &Openings, state: &Arc<State>) -> Vec<String> {
    let each = state.runs.iter();
    let wrong = each.filter_map(|run| {
        let why = check(openings, state, run).err()?;
        let lens = Lens::new(state).expect("a network with runs is founded");
        Some(format!("run {}: {why}", id(&lens, Asked::paid_by(run))))
    });
    wrong.collect()
}

fn check(openings: &Openings, state: &Arc<State>, run: &Run) -> Result<(), String> {
    let file = openings.open(run).map_err(|fault| fault.to_string())?;
    file.prove(&run.digest).map_err(|fault| fault.to_string())?;
    let Some(asked) = payer::at_hand(state, run) else {
        return Ok(());
    };
    match payer::digest(openings, state, asked) {
        Ok(digest) if digest == run.digest => Ok(()),
        Ok(digest) => {
            let other = blake3::Hash::from_bytes(digest).to_hex();
            Err(format!("its book comes to another run, {other}"))
        }
        Err(error) => Err(format!("its book cannot be paid again: {error}")),
    }
}

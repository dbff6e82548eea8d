//! What a proof did: a count that must be reached, and a line for the summary of a run.

use std::path::Path;
use std::process::{Command, Stdio};

/// Says that a proof did `done` of `what`, and fails where that is less than `least`: a proof that does too little proves
/// nothing. The lines of all proofs of a run lie in `proofs` of the folder that tests may write to.
pub(crate) fn counted(proof: &str, done: u64, what: &str, least: u64) {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("proofs");
    std::fs::create_dir_all(&dir).expect("a folder for tests");
    let file = dir.join(format!("{proof}, {what}"));
    std::fs::write(
        file,
        format!("{done:>12} {what} (at least {least}): {proof}\n"),
    )
    .expect("a folder for tests");
    assert!(done >= least, "{proof}: only {done} {what} of {least}");
}

/// Tests of this binary, to be run in a process of their own; what they print is read, what they complain of is not.
pub(crate) fn apart(arguments: &[&str]) -> Command {
    let mut child = Command::new(std::env::current_exe().expect("this binary"));
    child
        .args(arguments)
        // Backtraces of thousands of lines would only take time.
        .env("RUST_BACKTRACE", "0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    child
}

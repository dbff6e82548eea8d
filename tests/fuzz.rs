//! Fuzzing: whatever bytes come, from a disk or from outside, are read or refused; never a panic, never two answers.
//!
//! Each row of a table is a target: what it reads, well-formed texts to begin with, and how many changed ones an ordinary run
//! tries. Well-formed files come from `snapshots/`, texts from `tests/fuzz/corpus/<target>/`, which also keeps whatever was once
//! answered wrongly. `ARBORLINE_TEST_SCALE=100 cargo test fuzz` runs a hundred times as long; an input that fails is written to
//! the folder for tests, and its path is told.

mod mutate;
mod stored;
mod told;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::chance::{Chance, scale};
use crate::proof::counted;

/// One thing that reads bytes.
struct Target {
    name: &'static str,
    /// What it reads without complaint.
    corpus: fn() -> Vec<Vec<u8>>,
    /// Words that its texts are made of.
    words: &'static [&'static str],
    /// Changed inputs of an ordinary run.
    tries: u64,
    /// Reads; panics where it finds what must not be.
    read: fn(&[u8]),
}

/// The texts of a folder of the corpus.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fuzz/corpus")
        .join(target);
    let files = std::fs::read_dir(&dir).expect("a folder of the corpus");
    let mut paths: Vec<_> = files.map(|entry| entry.expect("in order").path()).collect();
    paths.sort_unstable();
    paths
        .iter()
        .map(|path| std::fs::read(path).expect("to read"))
        .collect()
}

/// Reads one input; a panic is told with a file that holds the input.
fn read(target: &Target, bytes: &[u8], what: &str) {
    if catch_unwind(AssertUnwindSafe(|| (target.read)(bytes))).is_ok() {
        return;
    }
    let name = format!(
        "fuzz-{}-{}",
        target.name.replace(' ', "-"),
        blake3::hash(bytes).to_hex()
    );
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, bytes).expect("a folder for tests");
    panic!(
        "{}: {what} is answered by a panic; it lies in {}",
        target.name,
        path.display()
    );
}

fn fuzz(targets: &[Target]) -> u64 {
    let mut tries = 0;
    for target in targets {
        let corpus = (target.corpus)();
        assert!(
            !corpus.is_empty(),
            "{} has nothing to begin with",
            target.name
        );
        for (at, bytes) in corpus.iter().enumerate() {
            read(target, bytes, &format!("text {at} of the corpus"));
        }
        let mut chance = Chance::new(tries);
        for n in 0..target.tries * scale() {
            let bytes = mutate::changed(&corpus, target.words, &mut chance);
            read(target, &bytes, &format!("change {n}"));
            tries += 1;
        }
    }
    tries
}

#[test]
fn what_is_stored_is_read_or_refused() {
    counted(
        "damaged files are read or refused",
        fuzz(stored::TARGETS),
        "inputs",
        500_000,
    );
}

#[test]
fn what_is_told_is_read_or_refused() {
    counted(
        "bodies, tables and documents are read or refused",
        fuzz(told::TARGETS),
        "inputs",
        500_000,
    );
}

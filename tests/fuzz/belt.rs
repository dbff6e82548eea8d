//! What is done with a target: its corpus replayed, then so many changed inputs, and for each of them what must hold of any.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use arborline::base::ids::hash_id;

use super::mutate::mutated;
use crate::chance::{Chance, scale};
use crate::proof::counted;

/// What a target made of an input: what it read, or why it refused, each as a hash.
pub(crate) type Answer = Result<u64, u64>;

/// Longer than this no input may take.
const SLOW: Duration = Duration::from_secs(1);
/// After so long an input is held to be endless.
const ENDLESS: Duration = Duration::from_secs(120);
/// Bytes of all committed files.
const CORPUS_BYTES_MAX: u64 = 300 << 10;

/// One row of the table.
pub(crate) struct Target {
    /// Its name.
    pub(crate) name: &'static str,
    /// Reads an input and asserts what must hold of it.
    pub(crate) run: fn(&[u8]) -> Answer,
    /// What it begins with.
    pub(crate) corpus: Corpus,
    /// Changed inputs of an ordinary run.
    pub(crate) times: u64,
    /// Of a thousand changed inputs, how many must be read and not refused: so many come through to what lies behind the
    /// checks.
    pub(crate) read: u64,
}

/// Inputs of one form that hold, or nearly so.
pub(crate) struct Corpus {
    /// The folder of its committed files, below `tests/fuzz/corpus`.
    pub(crate) folder: &'static str,
    /// What the program itself writes in this form, made anew by each run.
    pub(crate) grown: fn() -> Vec<Vec<u8>>,
    /// The words of a text; none of bytes.
    pub(crate) words: &'static [&'static str],
}

/// Nothing: all of the corpus is committed.
pub(crate) fn none() -> Vec<Vec<u8>> {
    Vec::new()
}

/// What was read, or why it was refused, as an answer.
pub(crate) fn answer<T: Hash, E: Hash>(read: &Result<T, E>) -> Answer {
    match read {
        Ok(read) => Ok(hash(read)),
        Err(why) => Err(hash(why)),
    }
}

/// A value as one number.
pub(crate) fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus")
}

/// The committed files of a folder with their names.
fn committed(name: &str) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder().join(name)).expect("the folder of a corpus");
    let mut files: Vec<(String, Vec<u8>)> = entries
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            (name.into_owned(), fs::read(&path).expect("a file"))
        })
        .collect();
    files.sort();
    files
}

/// Says what is wrong with the folders of the table's targets.
pub(crate) fn check_corpora(targets: &[Target]) {
    let mut bytes = 0;
    for entry in fs::read_dir(folder()).expect("the folder of all corpora") {
        let name = entry.expect("an entry").file_name();
        let name = name.to_string_lossy().into_owned();
        assert!(
            targets.iter().any(|target| target.corpus.folder == name),
            "{name}: a corpus of no target"
        );
        let files = committed(&name);
        assert!(!files.is_empty(), "{name}: a corpus without files");
        bytes += files.iter().map(|(_, file)| file.len() as u64).sum::<u64>();
    }
    assert!(bytes < CORPUS_BYTES_MAX, "{bytes} bytes are committed");
    let total: u64 = targets.iter().map(|target| target.times).sum();
    assert!(total >= 200_000, "only {total} changed inputs a run");
    for (at, target) in targets.iter().enumerate() {
        let twin = targets[..at].iter().any(|other| other.name == target.name);
        assert!(!twin, "{}: two targets of one name", target.name);
    }
}

/// The input that a seed stands for.
fn input(target: &Target, corpus: &[Vec<u8>], seed: u64) -> Vec<u8> {
    let mut chance = Chance::new(seed ^ hash_id(target.name));
    mutated(corpus, target.corpus.words, &mut chance)
}

/// Runs a target on an input, twice: its answer, or what did not hold.
fn try_input(target: &Target, bytes: &[u8]) -> Result<Answer, String> {
    let run = || {
        let began = Instant::now();
        let answer = catch_unwind(AssertUnwindSafe(|| (target.run)(bytes)));
        let answer = answer.map_err(|panic| {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            format!("it panicked: {}", text.unwrap_or_default())
        });
        answer.map(|answer| (answer, began.elapsed()))
    };
    let (first, again) = (run()?, run()?);
    if first.0 != again.0 {
        return Err("its answer was another one the second time".to_owned());
    }
    let mut least = first.1.min(again.1);
    if least > SLOW {
        // Others may have had the processor meanwhile.
        least = least.min(run()?.1);
    }
    match least > SLOW {
        true => Err(format!("it took {least:?}")),
        false => Ok(first.0),
    }
}

/// Keeps an input that failed, and says all that is known of it.
fn failed(target: &Target, which: &str, bytes: &[u8], why: &str) -> String {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz");
    fs::create_dir_all(&dir).expect("a folder for tests");
    let file = dir.join(format!("{} {which}", target.name).replace([' ', ','], "-"));
    fs::write(&file, bytes).expect("a folder for tests");
    let (name, file, corpus) = (target.name, file.display(), target.corpus.folder);
    format!(
        "{name}, {which}: {why}; the {} bytes are in {file}: put them into tests/fuzz/corpus/{corpus} to keep them",
        bytes.len()
    )
}

/// Ends the process where an input takes for ever: no test would tell of it otherwise.
fn watch(target: &Target, corpus: &[Vec<u8>], now: &Mutex<(u64, Instant)>, done: &AtomicBool) {
    while !done.load(Ordering::Relaxed) {
        std::thread::park_timeout(Duration::from_millis(200));
        let (seed, began) = *now.lock().expect("nobody panics with it");
        if !done.load(Ordering::Relaxed) && began.elapsed() > ENDLESS {
            let (which, bytes) = (format!("seed {seed}"), input(target, corpus, seed));
            let told = failed(target, &which, &bytes, "it does not end");
            // Past what keeps the words of a test until its end.
            writeln!(std::io::stderr().lock(), "{told}").ok();
            std::process::abort();
        }
    }
}

/// Replays the corpus of a target, then runs it on changed inputs.
pub(crate) fn run(target: &Target) {
    let mut corpus = (target.corpus.grown)();
    let mut read = 0;
    for (at, bytes) in corpus.iter().enumerate() {
        let which = format!("grown {at}");
        let answer = try_input(target, bytes);
        let answer = answer.unwrap_or_else(|why| panic!("{}", failed(target, &which, bytes, &why)));
        assert!(answer.is_ok(), "{}, {which}: it is refused", target.name);
        read += 1;
    }
    for (name, bytes) in committed(target.corpus.folder) {
        match try_input(target, &bytes) {
            Ok(answer) => read += u64::from(answer.is_ok()),
            Err(why) => panic!("{}", failed(target, &name, &bytes, &why)),
        }
        corpus.push(bytes);
    }
    assert!(read > 0, "{}: nothing of its corpus is read", target.name);
    let (times, now) = (target.times * scale(), Mutex::new((0, Instant::now())));
    let done = AtomicBool::new(false);
    let result = std::thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(target, &corpus, &now, &done));
        let result = changed(target, &corpus, times, &now);
        done.store(true, Ordering::Relaxed);
        watcher.thread().unpark();
        result
    });
    let read = result.unwrap_or_else(|told| panic!("{told}"));
    let proof = format!("fuzz, {}", target.name);
    counted(&proof, times, "inputs", target.times);
    counted(&proof, read, "inputs read", times * target.read / 1_000);
}

/// How many of so many changed inputs were read; or what failed.
fn changed(
    target: &Target,
    corpus: &[Vec<u8>],
    times: u64,
    now: &Mutex<(u64, Instant)>,
) -> Result<u64, String> {
    let mut read = 0;
    for seed in 0..times {
        let bytes = input(target, corpus, seed);
        *now.lock().expect("nobody panics with it") = (seed, Instant::now());
        match try_input(target, &bytes) {
            Ok(answer) => read += u64::from(answer.is_ok()),
            Err(why) => return Err(failed(target, &format!("seed {seed}"), &bytes, &why)),
        }
    }
    Ok(read)
}

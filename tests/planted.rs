//! Bugs planted on purpose, each in a process of its own: the test that its row names must fail of it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Output;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use arborline::base::planted::{ALL, Row, VARIABLE};

use crate::proof::{apart, counted};
use crate::tidy::product;

/// How long a test may take to find a bug.
const LIMIT: Duration = Duration::from_secs(90);

/// Tests that run at a time.
const AT_ONCE: usize = 2;

/// Runs one test of this binary with a bug in it.
fn run(row: &Row) -> Option<Output> {
    let mut child = apart(&["--exact", row.test])
        .env(VARIABLE, row.name)
        .spawn()
        .expect("a test can be started");
    let since = Instant::now();
    while child.try_wait().expect("a child is waited for").is_none() {
        if since.elapsed() > LIMIT {
            child.kill().expect("a child can be ended");
            drop(child.wait());
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Some(child.wait_with_output().expect("it has ended"))
}

/// What is wrong with how a bug was met; nothing where its test failed of it.
fn missed(row: &Row) -> Option<String> {
    let Some(output) = run(row) else {
        return Some(format!("{} found nothing within {LIMIT:?}", row.test));
    };
    let told = String::from_utf8_lossy(&output.stdout);
    let failed = told.contains("test result: FAILED. 0 passed; 1 failed");
    if failed && output.status.code() == Some(101) {
        return None;
    }
    let last = told.lines().rfind(|line| !line.is_empty());
    Some(format!("{}: {}, {last:?}", row.test, output.status))
}

#[test]
fn every_bug_is_caught_by_its_test() {
    assert!(std::env::var_os(VARIABLE).is_none(), "one bug at a time");
    let (next, all_missed) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(row) = ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Some(why) = missed(row) {
                        all_missed
                            .lock()
                            .expect("nobody panics")
                            .insert(row.name, why);
                    }
                }
            });
        }
    });
    let all_missed = all_missed.into_inner().expect("nobody panics");
    assert!(all_missed.is_empty(), "not caught: {all_missed:#?}");
    counted("planted bugs", ALL.len() as u64, "bugs caught", 37);
}

#[test]
fn every_bug_has_a_name_and_a_place_of_its_own() {
    let names: BTreeSet<&str> = ALL.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), ALL.len());
    let sources = product();
    for row in ALL {
        let place = format!("planted(Planted::{:?})", row.bug);
        let planted = sources.iter().any(|source| source.text.contains(&place));
        assert!(planted, "{} is planted nowhere", row.name);
    }
}

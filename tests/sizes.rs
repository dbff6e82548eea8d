//! What does not depend on how large pages are: everything. And what the same commands came to when this was written, which
//! they come to in every build.

use arborline::base::planted::{SMALL, small_pages};

use crate::histories;
use crate::images::through_image;
use crate::proof::{apart, counted};

/// Digests of the states that drawn histories lead to, by seed.
const DIGESTS: [u64; 8] = [
    0x6de4_171d_a5ad_99ac,
    0xd079_b765_19b6_65f2,
    0xe606_b578_f119_dbab,
    0x533f_1458_6f2a_05c1,
    0x12d7_64b8_0d32_5f9c,
    0x7d86_8660_0a47_2225,
    0x5ab9_017d_5753_bc87,
    0x6bb4_0556_9d74_4dfa,
];

#[test]
fn histories_come_to_the_digests_written_down() {
    let digests: Vec<u64> = (0..DIGESTS.len() as u64)
        .map(|seed| {
            let (rules, commands) = histories::drawn(900 + seed, 240);
            let mut state = histories::executed(&rules, &commands);
            let again = through_image(&mut state);
            assert_eq!(state.full_digest(), again.full_digest(), "seed {seed}");
            state.full_digest()
        })
        .collect();
    assert_eq!(digests, DIGESTS, "{digests:#018x?}");
}

/// Tests of figures, forks and images, and that snapshot and tail lead where the whole log and the live state do, by digest.
const TESTS: &[&str] = &[
    "batches::",
    "forest::",
    "histories::copies::",
    "histories::figures_after_every_command",
    "images::",
    "pages::",
    "pipeline::snapshots::",
    "sizes::histories_come_to_the_digests_written_down",
];

#[test]
fn small_pages_change_nothing() {
    assert!(!small_pages(), "this one asks for them");
    let child = apart(TESTS)
        .env(SMALL, "1")
        .output()
        .expect("a test can be started");
    let told = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success(), "{told}");
    let passed = told.split("test result: ok. ").nth(1);
    let passed = passed.and_then(|rest| rest.split(' ').next()?.parse().ok());
    counted(
        "pages of 4 KiB",
        passed.expect("a count of tests"),
        "tests passed with them too",
        30,
    );
}

//! The machine's own limits, measured in the same run.

use std::hint::black_box;

use arborline_loadtest::random::Random;

use crate::meter::{row, time};

/// Words of the memory that is read: 256 MiB, far above any cache near a core.
const WORDS: usize = 1 << 25;
const READS: usize = 1 << 20;

/// Prints the cost of one dependent random read, and the rate of a stream.
pub(crate) fn measure() {
    let mut random = Random::new(1);
    let bound = u32::try_from(WORDS).expect("fits 32 bits");
    let field: Vec<u64> = (0..WORDS).map(|_| u64::from(random.below(bound))).collect();
    let mut at = 0usize;
    let chase: Vec<f64> = (0..5)
        .map(|round| {
            let nanoseconds = time(|| {
                for step in 0..READS {
                    // The step keeps the walk from falling into a short circle.
                    at = (field[at] as usize ^ step ^ round) & (WORDS - 1);
                }
                black_box(at);
            });
            nanoseconds as f64 / 1e3 / READS as f64
        })
        .collect();
    row("memory: one dependent random read", "us", &chase, None);
    let stream: Vec<f64> = (0..5)
        .map(|_| {
            let nanoseconds = time(|| {
                black_box(field.iter().fold(0u64, |sum, &word| sum.wrapping_add(word)));
            });
            (WORDS * 8) as f64 / nanoseconds as f64
        })
        .collect();
    row("memory: a stream of reads", "GB/s", &stream, None);
}

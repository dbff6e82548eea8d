//! Histories that once came to something wrong, told as far as they did.

use super::histories::Story;
use super::needs::Tally;
use crate::histories::commands::Lean;

/// The history's seed, how it leans, and how many commands it takes.
const ONCE_WRONG: [(u64, Lean, usize); 2] = [
    // Somebody at the limit of a part of the book who enrolled one without a seat there.
    (91_501, Lean::Mixed, 60),
    (94_379, Lean::Changes, 110),
];

#[test]
fn what_was_mended_stays_so() {
    for (seed, lean, commands) in ONCE_WRONG {
        let (mut story, first) = Story::new(seed, lean);
        let tally = &mut Tally::new();
        let told = story.play(first, tally);
        let told = told.and_then(|()| story.plan(tally));
        let told = told.and_then(|()| story.go_on(commands, tally));
        assert_eq!(told, Ok(()), "seed {seed}");
    }
}

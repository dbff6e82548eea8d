//! Things done by two threads: none is begun before all that it needs is done, and a panic leaves nobody waiting.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::sleep;
use std::time::Duration;

use arborline::plan::tasks;
use arborline::view::two_hands::TwoHands;

#[test]
fn who_is_free_waits_for_what_is_needed() {
    let needs = [vec![], vec![0], vec![0], vec![1, 2]];
    let done: [AtomicBool; 4] = Default::default();
    let begun = AtomicU32::new(0);
    tasks::all(&TwoHands, &needs, &|task| {
        begun.fetch_add(1, Ordering::Relaxed);
        let ready = needs[task]
            .iter()
            .all(|&need| done[need].load(Ordering::SeqCst));
        assert!(ready, "{task} begins too early");
        // Long enough for the other one to come and look.
        sleep(Duration::from_millis(30));
        done[task].store(true, Ordering::SeqCst);
    });
    assert_eq!(begun.into_inner(), 4);
    assert!(done.iter().all(|done| done.load(Ordering::SeqCst)));
}

#[test]
fn a_panic_reaches_whoever_asked() {
    let needs = [vec![], vec![0]];
    let asked = AssertUnwindSafe(|| {
        tasks::all(&TwoHands, &needs, &|task| {
            sleep(Duration::from_millis(10));
            assert!(task > 0, "planned");
        });
    });
    assert!(catch_unwind(asked).is_err());
}

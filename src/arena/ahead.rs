//! Touching memory before it is needed. The system gives a huge page when it is first written, and clears it then: a
//! millisecond or more that the writer would spend while everybody waits for it. A thread of its own spends it instead.
//!
//! What is touched ahead is memory that the pool has mapped already and will cut pages from next; it is asked for one
//! huge page at a time. Without such a thread nothing is touched ahead and everything works the same.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};

use memmap2::MmapMut;
use parking_lot::{Condvar, Mutex, MutexGuard};

/// Stretches that may wait; more are not worth the memory.
const WAITING_MAX: usize = 16;

/// A part of a mapping.
pub(super) struct Stretch {
    pub(super) mapping: &'static MmapMut,
    pub(super) from: usize,
    pub(super) len: usize,
}

struct Queue {
    workers: usize,
    asked: VecDeque<Stretch>,
}

static QUEUE: Mutex<Queue> = Mutex::new(Queue {
    workers: 0,
    asked: VecDeque::new(),
});
static CHANGED: Condvar = Condvar::new();

/// Asks for a stretch to be touched soon, if anybody does that.
pub(super) fn ask(stretch: Stretch) {
    let mut queue = QUEUE.lock();
    if queue.workers > 0 && queue.asked.len() < WAITING_MAX {
        queue.asked.push_back(stretch);
        CHANGED.notify_one();
    }
}

/// Touches what is asked for, until [`stop`]: the body of a thread.
pub fn work(stopping: &AtomicBool) {
    let mut queue = QUEUE.lock();
    queue.workers += 1;
    while !stopping.load(Ordering::Relaxed) {
        match queue.asked.pop_front() {
            Some(stretch) => MutexGuard::unlocked(&mut queue, || stretch.touch()),
            None => CHANGED.wait(&mut queue),
        }
    }
    queue.workers -= 1;
    if queue.workers == 0 {
        queue.asked.clear();
    }
}

/// Ends the thread that works with this flag.
pub fn stop(stopping: &AtomicBool) {
    let queue = QUEUE.lock();
    stopping.store(true, Ordering::Relaxed);
    drop(queue);
    CHANGED.notify_all();
}

impl Stretch {
    /// What is written there already stays. Where the system cannot do it, whoever writes first touches it.
    fn touch(&self) {
        #[cfg(target_os = "linux")]
        drop(
            self.mapping
                .advise_range(memmap2::Advice::PopulateWrite, self.from, self.len),
        );
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn what_is_asked_for_is_touched_and_keeps_what_was_written() {
        const LEN: usize = 1 << 20;
        let mut mapping = MmapMut::map_anon(LEN).expect("memory");
        mapping[LEN / 2] = 7;
        let mapping: &'static MmapMut = Box::leak(Box::new(mapping));
        let stopping = Arc::new(AtomicBool::new(false));
        let its = Arc::clone(&stopping);
        let worker = std::thread::spawn(move || work(&its));
        while QUEUE.lock().workers == 0 {
            std::thread::yield_now();
        }
        let stretch = |from| Stretch {
            mapping,
            from,
            len: LEN / 2,
        };
        ask(stretch(0));
        ask(stretch(LEN / 2));
        while !QUEUE.lock().asked.is_empty() {
            std::thread::yield_now();
        }
        stop(&stopping);
        worker.join().expect("it ends when told");
        let written = |at: &usize| mapping[*at] != 0;
        assert_eq!((0..LEN).filter(written).collect::<Vec<_>>(), [LEN / 2]);
    }
}

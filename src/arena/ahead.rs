//! Work on memory that nobody should have to wait for, done ahead on a thread of its own.
//!
//! The system gives a huge page when it is first written, and clears it then: a millisecond or more that the writer would
//! spend while everybody waits for it. Without such a thread nothing is done ahead, and everything works the same.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Condvar, Mutex, MutexGuard};

/// Pieces of work that may wait; what is done later than that is not ahead.
const WAITING_MAX: usize = 16;

/// A piece of work.
pub(super) type Work = Box<dyn FnOnce() + Send>;

struct Queue {
    threads: usize,
    waiting: VecDeque<Work>,
}

static QUEUE: Mutex<Queue> = Mutex::new(Queue {
    threads: 0,
    waiting: VecDeque::new(),
});
static CHANGED: Condvar = Condvar::new();

/// Has a piece of work done soon, if there is a thread that has time for it; only then is it made. Whatever is made is
/// done.
pub(super) fn offer(make: impl FnOnce() -> Work) {
    let mut queue = QUEUE.lock();
    if queue.threads == 0 || queue.waiting.len() >= WAITING_MAX {
        return;
    }
    queue.waiting.push_back(make());
    CHANGED.notify_one();
}

/// Works until [`stop`]: the body of a thread.
pub fn work(stopping: &AtomicBool) {
    let mut queue = QUEUE.lock();
    queue.threads += 1;
    loop {
        match queue.waiting.pop_front() {
            Some(work) => MutexGuard::unlocked(&mut queue, work),
            None if stopping.load(Ordering::Relaxed) => break,
            None => CHANGED.wait(&mut queue),
        }
    }
    queue.threads -= 1;
}

/// Ends the thread that works with this flag, once nothing waits.
pub fn stop(stopping: &AtomicBool) {
    let queue = QUEUE.lock();
    stopping.store(true, Ordering::Relaxed);
    drop(queue);
    CHANGED.notify_all();
}

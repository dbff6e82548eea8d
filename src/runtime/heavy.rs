//! A small pool for heavy reads, so that the writer and point reads never queue behind a walk over a tree.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread::JoinHandle;

use crossbeam::channel::{Sender, bounded};
use parking_lot::Mutex;
use tokio::sync::oneshot;

/// Threads of the pool.
const THREADS: usize = 2;

/// Work that may wait; one more waits before it is queued, which holds up only whoever asks for it.
const WAITING_MAX: usize = 1_024;

type Work = Box<dyn FnOnce() + Send>;

/// The pool.
pub struct Heavy {
    queue: Mutex<Option<Sender<Work>>>,
    room: tokio::sync::Semaphore,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Heavy {
    /// Starts the threads.
    ///
    /// # Errors
    /// If the operating system gives none.
    pub fn start() -> std::io::Result<Heavy> {
        // Twice as long as what is let in, so that small work of our own never waits.
        let (queue, work) = bounded::<Work>(2 * WAITING_MAX);
        let threads = (0..THREADS)
            .map(|_| {
                let work = work.clone();
                std::thread::Builder::new()
                    .name("heavy".into())
                    .spawn(move || work.iter().for_each(|work| work()))
            })
            .collect::<std::io::Result<_>>()?;
        Ok(Heavy {
            queue: Mutex::new(Some(queue)),
            room: tokio::sync::Semaphore::new(WAITING_MAX),
            threads: Mutex::new(threads),
        })
    }

    /// Does something on a thread of the pool. A panic there goes on here.
    ///
    /// # Panics
    /// If the work panics, or the pool has ended.
    pub async fn run<R: Send + 'static>(&self, work: impl FnOnce() -> R + Send + 'static) -> R {
        let _room = self.room.acquire().await.expect("never closed");
        let (reply, answer) = oneshot::channel::<Result<R, Box<dyn Any + Send>>>();
        let taken = self.offer(Box::new(move || {
            // Nobody may be waiting any more; then the answer is of no use.
            drop(reply.send(catch_unwind(AssertUnwindSafe(work))));
        }));
        assert!(
            taken,
            "the pool takes what there is room for while it lives"
        );
        match answer.await.expect("the pool answers what it took") {
            Ok(answer) => answer,
            Err(panic) => resume_unwind(panic),
        }
    }

    /// Hands small work to the pool without waiting; false if it could not be taken.
    pub fn offer(&self, work: Work) -> bool {
        let queue = self.queue.lock();
        queue
            .as_ref()
            .is_some_and(|queue| queue.try_send(work).is_ok())
    }

    /// Ends the threads once they have done what is queued.
    pub fn stop(&self) {
        self.queue.lock().take();
        for thread in self.threads.lock().drain(..) {
            // Work that panics is caught above, so a thread cannot end that way.
            drop(thread.join());
        }
    }
}

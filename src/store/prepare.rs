//! The next segment, made ready ahead of its use: on a thread of its own, or only when it is needed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use crate::store::directory::Directory;
use crate::store::disk::File;
use crate::store::fault::{Fault, at};
use crate::store::segment;

/// When the next segment is made, and a sealed one packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// On threads of their own, as soon as can be: for a server.
    Ahead,
    /// By the writing thread, as soon as must be: where every step must happen in a fixed order.
    Needed,
}

/// Makes segments ready.
pub struct Preparer {
    directory: Directory,
    when: When,
    stop: Arc<AtomicBool>,
    running: Option<Running>,
}

struct Running {
    capacity: u64,
    thread: JoinHandle<Result<Option<File>, Fault>>,
}

impl Preparer {
    /// A preparer for a directory; nothing is begun yet.
    #[must_use]
    pub fn new(directory: Directory, when: When) -> Preparer {
        Preparer {
            directory,
            when,
            stop: Arc::default(),
            running: None,
        }
    }

    /// Begins the next segment, if that is to be done ahead and has not been begun.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn begin(&mut self, capacity: u64) -> Result<(), Fault> {
        if self.when == When::Needed || self.running.is_some() {
            return Ok(());
        }
        let (directory, stop) = (self.directory.clone(), Arc::clone(&self.stop));
        let work = move || segment::prepare(&directory, capacity, &|| stop.load(Ordering::Relaxed));
        let thread = std::thread::Builder::new()
            .name("segment".into())
            .spawn(work)
            .map_err(at("start a thread for", &self.directory.path))?;
        self.running = Some(Running { capacity, thread });
        Ok(())
    }

    /// The prepared file, at least `capacity` bytes long, and its length. Waits for one that is being made; makes one
    /// if there is none, or if it failed or is too small.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn take(&mut self, capacity: u64) -> Result<(File, u64), Fault> {
        if let Some(running) = self.running.take() {
            let file = running.thread.join().expect("preparing does not panic");
            if running.capacity >= capacity
                && let Ok(Some(file)) = file
            {
                return Ok((file, running.capacity));
            }
        }
        let file = segment::prepare(&self.directory, capacity, &|| false)?;
        Ok((file.expect("nobody stops it"), capacity))
    }

    /// Ends what it is making, and removes it: the next opening would have to give its room back while somebody waits.
    pub fn stop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(running) = self.running.take() {
            // What became of a segment that nobody will use does not matter.
            drop(running.thread.join());
            let path = self.directory.log().join(segment::PREPARED);
            drop(self.directory.disk.remove(&path));
        }
    }
}

impl Drop for Preparer {
    /// So that nothing writes into a directory that somebody else may have locked by then.
    fn drop(&mut self) {
        self.stop();
    }
}

//! The machine's own disk in a process that ends itself at a chosen operation.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arborline::store::disk::{Access, Disk, DiskFile, File, Lock};
use arborline::store::real::RealDisk;

/// Where in the operation the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    Before,
    HalfWay,
    After,
}

/// Ends the process at the n-th operation that changes the disk or makes it durable.
#[derive(Clone)]
pub(crate) struct KillDisk {
    left: Arc<AtomicI64>,
    moment: Moment,
}

struct KillFile {
    disk: KillDisk,
    file: File,
}

impl KillDisk {
    pub(crate) fn new(n: i64, moment: Moment) -> KillDisk {
        KillDisk {
            left: Arc::new(AtomicI64::new(n)),
            moment,
        }
    }

    /// Does an operation, unless the end comes first; `half` is what a write caught in the middle does.
    fn through<R>(
        &self,
        half: impl FnOnce(),
        whole: impl FnOnce() -> io::Result<R>,
    ) -> io::Result<R> {
        let now = self.left.fetch_sub(1, Ordering::SeqCst) == 0;
        if now && self.moment != Moment::After {
            if self.moment == Moment::HalfWay {
                half();
            }
            std::process::abort();
        }
        let done = whole();
        if now {
            std::process::abort();
        }
        done
    }

    fn wrap(&self, file: File) -> File {
        Arc::new(KillFile {
            disk: self.clone(),
            file,
        })
    }
}

impl Disk for KillDisk {
    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        RealDisk.create_dir(dir)
    }

    fn open(&self, path: &Path, access: Access) -> io::Result<File> {
        Ok(self.wrap(RealDisk.open(path, access)?))
    }

    fn create(&self, path: &Path) -> io::Result<File> {
        self.through(|| (), || RealDisk.create(path))
            .map(|file| self.wrap(file))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.through(|| (), || RealDisk.rename(from, to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.through(|| (), || RealDisk.remove(path))
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        RealDisk.list(dir)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.through(|| (), || RealDisk.sync_dir(dir))
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Lock>> {
        RealDisk.lock(path)
    }

    fn free_space(&self, dir: &Path) -> io::Result<u64> {
        RealDisk.free_space(dir)
    }
}

impl DiskFile for KillFile {
    fn size(&self) -> io::Result<u64> {
        self.file.size()
    }

    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<usize> {
        self.file.read_at(bytes, at)
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<usize> {
        let half = || drop(self.file.write_at(&bytes[..bytes.len() / 2], at));
        self.disk.through(half, || self.file.write_at(bytes, at))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.disk.through(|| (), || self.file.set_len(len))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.disk.through(|| (), || self.file.sync_data())
    }
}

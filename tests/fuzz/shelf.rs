//! A disk that is only read: files in memory, shared and never changed, so that opening a directory costs next to nothing.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arborline::store::directory::Directory;
use arborline::store::disk::{Access, Disk, DiskFile, File, Lock};

use crate::disk::sim::SimDisk;
use crate::log::history;

/// Files by their paths.
#[derive(Clone, Default)]
pub(crate) struct Shelf(BTreeMap<PathBuf, Arc<[u8]>>);

/// One file's bytes.
pub(crate) struct Bytes(Arc<[u8]>);

/// A file that is not on any disk.
pub(crate) fn file(bytes: &[u8]) -> File {
    Arc::new(Bytes(bytes.into()))
}

impl Shelf {
    /// What lies on a disk.
    pub(crate) fn of(disk: &SimDisk) -> Shelf {
        let files = disk.files().into_iter();
        Shelf(files.map(|(path, bytes)| (path, bytes.into())).collect())
    }

    /// The same with one file more, or with other bytes in it.
    pub(crate) fn with(&self, path: &Path, bytes: &[u8]) -> Shelf {
        let mut files = self.0.clone();
        files.insert(path.to_owned(), bytes.into());
        Shelf(files)
    }

    /// A file's bytes.
    pub(crate) fn bytes(&self, path: &Path) -> &[u8] {
        &self.0[path]
    }

    /// Every file.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&Path, &[u8])> {
        let files = self.0.iter();
        files.map(|(path, bytes)| (path.as_path(), &**bytes))
    }

    /// The same files on a disk that can be written to.
    pub(crate) fn disk(&self) -> SimDisk {
        let disk = SimDisk::new();
        for (path, bytes) in self.files() {
            disk.put(path, bytes.to_vec());
        }
        disk
    }

    /// The data directory that lies here, where all directories of these tests lie.
    pub(crate) fn directory(&self) -> Directory {
        history::directory(self)
    }
}

fn refused<T>() -> io::Result<T> {
    Err(io::ErrorKind::Unsupported.into())
}

impl Disk for Shelf {
    fn create_dir(&self, _: &Path) -> io::Result<()> {
        refused()
    }

    fn open(&self, path: &Path, _: Access) -> io::Result<File> {
        let bytes = self.0.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(Arc::new(Bytes(Arc::clone(bytes))))
    }

    fn create(&self, _: &Path) -> io::Result<File> {
        refused()
    }

    fn rename(&self, _: &Path, _: &Path) -> io::Result<()> {
        refused()
    }

    fn remove(&self, _: &Path) -> io::Result<()> {
        refused()
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let inside = self.0.keys().filter(|path| path.parent() == Some(dir));
        let name = |path: &PathBuf| path.file_name()?.to_str().map(str::to_owned);
        Ok(inside.filter_map(name).collect())
    }

    fn sync_dir(&self, _: &Path) -> io::Result<()> {
        refused()
    }

    fn lock(&self, _: &Path) -> io::Result<Option<Lock>> {
        refused()
    }

    fn free_space(&self, _: &Path) -> io::Result<u64> {
        Ok(0)
    }
}

impl DiskFile for Bytes {
    fn size(&self) -> io::Result<u64> {
        Ok(self.0.len() as u64)
    }

    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<usize> {
        let from = usize::try_from(at).map_or(self.0.len(), |at| at.min(self.0.len()));
        let read = bytes.len().min(self.0.len() - from);
        bytes[..read].copy_from_slice(&self.0[from..from + read]);
        Ok(read)
    }

    fn write_at(&self, _: &[u8], _: u64) -> io::Result<usize> {
        refused()
    }

    fn set_len(&self, _: u64) -> io::Result<()> {
        refused()
    }

    fn sync_data(&self) -> io::Result<()> {
        refused()
    }
}

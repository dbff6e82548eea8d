//! The machine's own disk, steered: it can be full, and it can lose with its process what was written and not synced.
//!
//! A killed process leaves what it wrote to the operating system, so a kill alone never shows that something was told
//! before it was durable. Where this disk is told to lose, a write is only kept in memory, and a sync carries it out, so
//! that a kill does to a file what a power cut does. Names are durable at once; that they are not is tried elsewhere.

use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use arborline::base::bytes::SharedBytes;
use arborline::store::disk::{Access, Disk, DiskFile, File, Lock};
use arborline::store::real::RealDisk;
use parking_lot::Mutex;

/// The disk; clones are the same.
#[derive(Clone)]
pub(super) struct SteeredDisk {
    shared: Arc<Shared>,
}

struct Shared {
    loses: bool,
    free: AtomicU64,
    full: AtomicBool,
    /// What each file was told and has not synced.
    unsynced: Mutex<HashMap<PathBuf, Unsynced>>,
}

type Unsynced = Arc<Mutex<Vec<Change>>>;

enum Change {
    Write(u64, Vec<u8>),
    Len(u64),
}

struct SteeredFile {
    disk: SteeredDisk,
    file: File,
    unsynced: Unsynced,
}

impl SteeredDisk {
    pub(super) fn new(loses: bool) -> SteeredDisk {
        SteeredDisk {
            shared: Arc::new(Shared {
                loses,
                free: AtomicU64::new(u64::MAX),
                full: AtomicBool::new(false),
                unsynced: Mutex::default(),
            }),
        }
    }

    /// Says how many bytes are free; it takes some all the same.
    pub(super) fn set_free(&self, bytes: u64) {
        self.shared.free.store(bytes, Ordering::SeqCst);
    }

    /// Takes no more bytes.
    pub(super) fn fill(&self) {
        self.shared.full.store(true, Ordering::SeqCst);
    }

    fn room(&self) -> io::Result<()> {
        match self.shared.full.load(Ordering::SeqCst) {
            true => Err(ErrorKind::StorageFull.into()),
            false => Ok(()),
        }
    }

    fn wrap(&self, path: &Path, file: File) -> File {
        let mut all = self.shared.unsynced.lock();
        Arc::new(SteeredFile {
            disk: self.clone(),
            file,
            unsynced: Arc::clone(all.entry(path.to_owned()).or_default()),
        })
    }
}

impl Disk for SteeredDisk {
    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        self.room()?;
        RealDisk.create_dir(dir)
    }

    fn open(&self, path: &Path, access: Access) -> io::Result<File> {
        Ok(self.wrap(path, RealDisk.open(path, access)?))
    }

    fn create(&self, path: &Path) -> io::Result<File> {
        self.room()?;
        let file = RealDisk.create(path)?;
        self.shared.unsynced.lock().remove(path);
        Ok(self.wrap(path, file))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        RealDisk.rename(from, to)?;
        let mut all = self.shared.unsynced.lock();
        let moved = all.remove(from).unwrap_or_default();
        all.insert(to.to_owned(), moved);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove(path)?;
        self.shared.unsynced.lock().remove(path);
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        RealDisk.list(dir)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        RealDisk.sync_dir(dir)
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Lock>> {
        RealDisk.lock(path)
    }

    fn free_space(&self, _: &Path) -> io::Result<u64> {
        Ok(self.shared.free.load(Ordering::SeqCst))
    }
}

/// Length of a file of `len` bytes after changes.
fn len_after(len: u64, changes: &[Change]) -> u64 {
    changes.iter().fold(len, |len, change| match change {
        Change::Write(at, bytes) => len.max(at + bytes.len() as u64),
        Change::Len(len) => *len,
    })
}

/// Does to a piece of a file that begins at `at` what a change does.
fn change_piece(piece: &mut [u8], at: u64, change: &Change) {
    let end = at + piece.len() as u64;
    match change {
        Change::Len(len) if *len < end => piece[len.saturating_sub(at) as usize..].fill(0),
        Change::Len(_) => {}
        Change::Write(from, bytes) => {
            let (first, last) = (at.max(*from), end.min(from + bytes.len() as u64));
            if first < last {
                let of = |start: u64| (first - start) as usize..(last - start) as usize;
                piece[of(at)].copy_from_slice(&bytes[of(*from)]);
            }
        }
    }
}

/// Fills a piece from a file as far as that reaches.
fn read_whole(file: &File, mut piece: &mut [u8], mut at: u64) -> io::Result<()> {
    while !piece.is_empty() {
        match file.read_at(piece, at)? {
            0 => break,
            read => (piece, at) = (&mut piece[read..], at + read as u64),
        }
    }
    Ok(())
}

impl DiskFile for SteeredFile {
    fn size(&self) -> io::Result<u64> {
        let changes = self.unsynced.lock();
        Ok(len_after(self.file.size()?, &changes))
    }

    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<usize> {
        let changes = self.unsynced.lock();
        if changes.is_empty() {
            return self.file.read_at(bytes, at);
        }
        let left = len_after(self.file.size()?, &changes).saturating_sub(at);
        let count = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let piece = &mut bytes[..count];
        piece.fill(0);
        read_whole(&self.file, piece, at)?;
        for change in changes.iter() {
            change_piece(piece, at, change);
        }
        Ok(count)
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<usize> {
        let full = self.disk.room().err();
        // What a full disk has taken of a write stays there.
        let taken = if full.is_some() {
            bytes.len() / 2
        } else {
            bytes.len()
        };
        if self.disk.shared.loses {
            let change = Change::Write(at, bytes[..taken].to_vec());
            self.unsynced.lock().push(change);
        } else if full.is_some() {
            self.file.write_at(&bytes[..taken], at)?;
        } else {
            return self.file.write_at(bytes, at);
        }
        full.map_or(Ok(taken), Err)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        if len > self.size()? {
            self.disk.room()?;
        }
        match self.disk.shared.loses {
            true => self.unsynced.lock().push(Change::Len(len)),
            false => self.file.set_len(len)?,
        }
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut changes = self.unsynced.lock();
        for change in changes.drain(..) {
            match change {
                Change::Len(len) => self.file.set_len(len)?,
                Change::Write(mut at, bytes) => {
                    let mut rest = bytes.as_slice();
                    while !rest.is_empty() {
                        let written = self.file.write_at(rest, at)?;
                        (rest, at) = (&rest[written..], at + written as u64);
                    }
                }
            }
        }
        self.file.sync_data()
    }

    fn map(&self) -> io::Result<SharedBytes> {
        match self.unsynced.lock().is_empty() {
            true => self.file.map(),
            // Nobody has a reason to map what is not durable.
            false => Err(ErrorKind::Unsupported.into()),
        }
    }
}

#[test]
fn what_was_not_synced_is_seen_and_lost() {
    let folder = tempfile::tempdir().expect("a directory");
    let (path, other) = (folder.path().join("a"), folder.path().join("b"));
    let disk = SteeredDisk::new(true);
    let file = disk.create(&path).expect("a disk in order");
    file.write_at(b"durable", 2).expect("room");
    file.sync_data().expect("a disk in order");
    disk.rename(&path, &other).expect("a disk in order");
    file.set_len(4).expect("room");
    file.write_at(b"lost", 6).expect("room");
    let mut seen = [9; 12];
    let again = disk.open(&other, Access::Read).expect("the same file");
    assert_eq!(again.read_at(&mut seen, 1).expect("read"), 9);
    assert_eq!(&seen[..9], b"\0du\0\0lost");
    assert_eq!(again.size().expect("a size"), 10);
    assert_eq!(std::fs::read(&other).expect("the file"), b"\0\0durable");
    disk.fill();
    assert!(file.write_at(b"more", 10).is_err() && disk.create(&path).is_err());
    assert_eq!(again.size().expect("a size"), 12, "half of it was taken");
    file.sync_data().expect("a disk in order");
    assert_eq!(
        std::fs::read(&other).expect("the file"),
        b"\0\0du\0\0lostmo"
    );
}

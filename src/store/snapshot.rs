//! Snapshots: a state as it stood after one command, in a file that is mapped and not read, and never changed.
//!
//! ```text
//! DIR/snapshots/<seq, 20 digits>.image
//!     0          "arborline image\n", zeros up to 4,096
//!     4,096      pages, one behind the other
//!     ...        directory, beginning at a multiple of 4,096
//!     ...        checks: crc32c, u32 le, of each 64 KiB of all before them, beginning at a multiple of 4,096
//! DIR/snapshots/<seq, 20 digits>.json
//!     a line of JSON (see [`Manifest`]), and behind it a line with its crc32c in 8 hex digits
//! ```
//!
//! The image is written first, under another name, and is durable before the manifest is: a manifest without its whole
//! image is damage. What an image means is nothing to this room.

use std::path::{Path, PathBuf};
use std::thread::{Scope, ScopedJoinHandle};

use serde::{Deserialize, Serialize};

use crate::base::bytes::SharedBytes;
use crate::base::planted::{Planted, planted};
use crate::base::time::Time;
use crate::store::directory::{Directory, FORMAT, LogId};
use crate::store::disk::{Access, File, put_whole, read_whole, write_all};
use crate::store::fault::{Fault, at};
use crate::store::sealed;
use crate::store::segment::Expected;

const MAGIC: &[u8; 16] = b"arborline image\n";
/// What parts of an image begin at a multiple of.
const ALIGNMENT: u64 = 4_096;
/// Bytes under one check.
const BLOCK: usize = 64 << 10;
/// Bytes written at once.
const CHUNK: usize = 4 * BLOCK;
/// Bytes after which what is written is made durable: a sync of all at the end would hold up the log's for seconds.
const SYNC_BYTES: u64 = 8 << 20;
const MANIFEST_BYTES_MAX: u64 = 16 << 10;

/// Where a part of an image lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// Its first byte.
    pub from: u64,
    /// How many there are.
    pub bytes: u64,
}

/// What says that an image is whole, and of what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Of directories, and so of all that lies in them.
    format: u32,
    /// Of the image.
    image_format: u32,
    /// The log that the state followed from.
    log_id: LogId,
    /// Version of the machine that made it.
    machine_version: u32,
    /// Sequence of the last command in it.
    pub seq: u64,
    /// Stamp of the last batch, in milliseconds.
    stamp: i64,
    /// When it was written, in milliseconds since 1970 by the wall clock; 0 where it does not say.
    #[serde(default)]
    written_at: i64,
    pages: Range,
    directory: Range,
    checks: Range,
    /// crc32c of the checks.
    checks_crc: u32,
}

/// What a manifest of any format says.
#[derive(Deserialize)]
struct Formats {
    format: u32,
    image_format: u32,
}

/// Who has the disk and the processors while a snapshot is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// It alone: what is written is synced beside writing on.
    Alone,
    /// A server at work too: it stands still while what it has written is synced, which leaves gaps for the log.
    Beside,
}

/// What a snapshot is of.
#[derive(Debug, Clone, Copy)]
pub struct Subject {
    /// Sequence of the last command in it.
    pub seq: u64,
    /// Stamp of the last batch.
    pub stamp: Time,
    /// The time on the wall clock.
    pub now: Time,
    /// Format of the image, which is told apart by whoever makes it.
    pub image_format: u32,
    /// Who else is at work.
    pub pace: Pace,
}

/// A snapshot that is there to be read. Its bytes have been checked when [`Snapshot::check`] says so, and not before.
pub struct Snapshot {
    /// Its manifest.
    pub manifest: Manifest,
    path: PathBuf,
    bytes: SharedBytes,
}

/// Writes the image of a snapshot: when this returns it is durable, and counts for nothing until it is published. O(bytes).
///
/// # Errors
/// If the disk refuses.
pub fn write<'p>(
    directory: &Directory,
    expected: &Expected,
    subject: Subject,
    (pages, tables): (impl Iterator<Item = &'p [u8]>, &[u8]),
) -> Result<Manifest, Fault> {
    let dir = directory.snapshots();
    directory
        .disk
        .create_dir(&dir)
        .map_err(at("make", &dir))
        .and_then(|()| {
            let above = &directory.path;
            directory.disk.sync_dir(above).map_err(at("sync", above))
        })?;
    let (path, temporary) = (image(directory, subject.seq), dir.join("image.tmp"));
    let file = directory.disk.create(&temporary);
    let file = file.map_err(at("create", &temporary))?;
    let (pages, tables, checks, checks_crc) = std::thread::scope(|scope| {
        let mut out = Out::new(&file, &temporary, scope, subject.pace);
        out.put(MAGIC)?;
        out.align()?;
        let pages = out.put_part(pages)?;
        let tables = out.put_part(std::iter::once(tables))?;
        let (checks, checks_crc) = out.finish()?;
        Ok((pages, tables, checks, checks_crc))
    })?;
    if !planted(Planted::ImageNotSynced) {
        file.sync_data().map_err(at("sync", &temporary))?;
    }
    drop(file);
    let renamed = directory.disk.rename(&temporary, &path);
    renamed.map_err(at("rename", &path))?;
    directory.disk.sync_dir(&dir).map_err(at("sync", &dir))?;
    Ok(Manifest {
        format: FORMAT,
        image_format: subject.image_format,
        log_id: expected.log_id,
        machine_version: expected.machine_version.unwrap_or(0),
        seq: subject.seq,
        stamp: subject.stamp.0,
        written_at: subject.now.0,
        pages,
        directory: tables,
        checks,
        checks_crc,
    })
}

/// Puts the manifest of an image in place that was written: the snapshot is there from now on.
///
/// # Errors
/// If the disk refuses; it may be there or not.
pub fn publish(directory: &Directory, manifest: &Manifest) -> Result<(), Fault> {
    let (dir, name) = (directory.snapshots(), manifest_name(manifest.seq));
    put_whole(directory.disk.as_ref(), &dir, &name, &sealed::put(manifest))
}

/// Sequences of the snapshots there are, the last one first.
///
/// # Errors
/// If the disk refuses.
pub fn list(directory: &Directory) -> Result<Vec<u64>, Fault> {
    let mut found: Vec<u64> = names(directory)?
        .iter()
        .filter_map(|name| name.strip_suffix(".json")?.parse().ok())
        .collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    Ok(found)
}

/// Removes all but the last `keep` snapshots, and what was never finished.
///
/// # Errors
/// If the disk refuses.
pub fn prune(directory: &Directory, keep: usize) -> Result<(), Fault> {
    let dir = directory.snapshots();
    let mut kept = list(directory)?;
    if planted(Planted::OldestKept) {
        kept.reverse();
    }
    kept.truncate(keep);
    let is_kept = |name: &str| {
        let of = name.strip_suffix(".json").or(name.strip_suffix(".image"));
        of.and_then(|seq| seq.parse().ok())
            .is_some_and(|seq: u64| kept.contains(&seq))
    };
    let mut gone: Vec<String> = names(directory)?;
    gone.retain(|name| !is_kept(name));
    // A manifest goes before its image: without one an image is nothing.
    gone.sort_unstable_by_key(|name| name.ends_with(".image"));
    for name in gone {
        let path = dir.join(name);
        directory.disk.remove(&path).map_err(at("remove", &path))?;
    }
    Ok(())
}

/// Gives a snapshot that turned out to be damaged another name: no start begins with it. It
/// stays until the next one is written.
///
/// # Errors
/// If the disk refuses.
pub fn put_aside(directory: &Directory, seq: u64) -> Result<(), Fault> {
    let path = directory.snapshots().join(manifest_name(seq));
    let aside = path.with_extension("damaged");
    let renamed = directory.disk.rename(&path, &aside);
    renamed.map_err(at("rename", &path))?;
    let dir = directory.snapshots();
    directory.disk.sync_dir(&dir).map_err(at("sync", &dir))
}

/// Where the image of a snapshot lies, and its manifest.
#[must_use]
pub fn paths(directory: &Directory, seq: u64) -> [PathBuf; 2] {
    let manifest = directory.snapshots().join(manifest_name(seq));
    [image(directory, seq), manifest]
}

/// Opens a snapshot, without looking at more of its image than its length.
///
/// # Errors
/// Damage by file and byte; a snapshot of another log, or by another machine.
pub fn open(
    directory: &Directory,
    expected: &Expected,
    image_format: u32,
    seq: u64,
) -> Result<Snapshot, Fault> {
    let manifest = directory.snapshots().join(manifest_name(seq));
    let manifest = read_manifest(directory, &manifest, expected, (image_format, seq))?;
    let path = image(directory, seq);
    let file = directory.disk.open(&path, Access::Read);
    let file = file.map_err(at("open", &path))?;
    let size = file.size().map_err(at("measure", &path))?;
    if size != manifest.image_bytes() {
        return Err(Fault::damaged(
            &path,
            size,
            "it has another length than its manifest says",
        ));
    }
    let bytes = file.map().map_err(at("map", &path))?;
    Ok(Snapshot {
        manifest,
        path,
        bytes,
    })
}

impl Manifest {
    /// Bytes of the image; more than any file has where the manifest says what cannot be.
    #[must_use]
    pub fn image_bytes(&self) -> u64 {
        self.checks.from.saturating_add(self.checks.bytes)
    }
}

impl Snapshot {
    /// What is said of an image that holds and is none that this program makes.
    #[must_use]
    pub fn is_none_of_ours(&self) -> Fault {
        Fault::damaged(
            &self.path,
            self.manifest.directory.from,
            "it is whole, and not an image that this program makes",
        )
    }

    /// Stamp of the last batch in it.
    #[must_use]
    pub fn stamp(&self) -> Time {
        Time(self.manifest.stamp)
    }

    /// When it was written.
    #[must_use]
    pub fn written_at(&self) -> Time {
        Time(self.manifest.written_at)
    }

    /// The image's bytes, to be held as long as anything refers to its pages.
    #[must_use]
    pub fn bytes(&self) -> &SharedBytes {
        &self.bytes
    }

    /// Where in them the pages lie: the first byte, and how many.
    #[must_use]
    pub fn pages(&self) -> (usize, usize) {
        let Range { from, bytes } = self.manifest.pages;
        (from as usize, bytes as usize)
    }

    /// The directory of the pages.
    ///
    /// # Errors
    /// Damage: it is not where the manifest says.
    pub fn tables(&self) -> Result<&[u8], Fault> {
        self.part(self.manifest.directory)
    }

    /// Compares every byte with its check. O(bytes).
    ///
    /// # Errors
    /// The first damage, by its block.
    pub fn check(&self) -> Result<(), Fault> {
        let checks = self.part(self.manifest.checks)?;
        let damaged = |at, reason| Err(Fault::damaged(&self.path, at, reason));
        if crc32c::crc32c(checks) != self.manifest.checks_crc {
            return damaged(
                self.manifest.checks.from,
                "its checks differ from their own",
            );
        }
        let all = self.part(Range {
            from: 0,
            bytes: self.manifest.checks.from,
        })?;
        let (checks, rest) = checks.as_chunks::<4>();
        if checks.len() != all.len().div_ceil(BLOCK) || !rest.is_empty() {
            return damaged(self.manifest.checks.from, "it has another number of checks");
        }
        let mut blocks = all.chunks(BLOCK).zip(checks);
        let differs = |(block, check): (&[u8], &[u8; 4])| {
            crc32c::crc32c(block) != u32::from_le_bytes(*check) && !planted(Planted::ImageUnchecked)
        };
        let bad = blocks.position(differs);
        match bad {
            Some(block) => damaged((block * BLOCK) as u64, "its checksum differs"),
            None => Ok(()),
        }
    }

    fn part(&self, of: Range) -> Result<&[u8], Fault> {
        let all: &[u8] = (*self.bytes).as_ref();
        let part = usize::try_from(of.from)
            .ok()
            .zip(usize::try_from(of.bytes).ok());
        let part = part.and_then(|(from, bytes)| all.get(from..from.checked_add(bytes)?));
        part.ok_or_else(|| Fault::damaged(&self.path, of.from, "a part of it lies beyond its end"))
    }
}

fn names(directory: &Directory) -> Result<Vec<String>, Fault> {
    let dir = directory.snapshots();
    match directory.disk.list(&dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        listed => listed.map_err(at("list", &dir)),
    }
}

fn image(directory: &Directory, seq: u64) -> PathBuf {
    directory.snapshots().join(format!("{seq:020}.image"))
}

fn manifest_name(seq: u64) -> String {
    format!("{seq:020}.json")
}

fn read_manifest(
    directory: &Directory,
    path: &Path,
    expected: &Expected,
    (image_format, seq): (u32, u64),
) -> Result<Manifest, Fault> {
    let damaged = |reason| Fault::damaged(path, 0, reason);
    let bytes = read_whole(directory.disk.as_ref(), path, MANIFEST_BYTES_MAX)?;
    // First, since one of another format may say other things.
    let formats: Formats = sealed::read(path, &bytes)?;
    for (found, ours) in [
        (formats.format, FORMAT),
        (formats.image_format, image_format),
    ] {
        if found != ours {
            let file = path.to_owned();
            return Err(Fault::OtherFormat { file, found, ours });
        }
    }
    let manifest: Manifest = sealed::read(path, &bytes)?;
    if manifest.log_id != expected.log_id || manifest.seq != seq {
        return Err(damaged("it is of another log, or has another's name"));
    }
    match expected.machine_version {
        Some(ours) if ours != manifest.machine_version => Err(Fault::OtherMachine {
            file: path.to_owned(),
            found: manifest.machine_version,
            ours,
        }),
        _ => Ok(manifest),
    }
}

/// An image on its way to the disk, with its checks.
struct Out<'s, 'f> {
    file: &'f File,
    path: &'f Path,
    scope: &'s Scope<'s, 'f>,
    pace: Pace,
    /// What makes durable what was written before, while this goes on.
    syncing: Option<ScopedJoinHandle<'s, std::io::Result<()>>>,
    /// What has not been written yet.
    chunk: Vec<u8>,
    len: u64,
    synced_to: u64,
    checks: Vec<u8>,
}

impl<'s, 'f> Out<'s, 'f> {
    fn new(file: &'f File, path: &'f Path, scope: &'s Scope<'s, 'f>, pace: Pace) -> Out<'s, 'f> {
        Out {
            file,
            path,
            scope,
            pace,
            syncing: None,
            chunk: Vec::with_capacity(CHUNK),
            len: 0,
            synced_to: 0,
            checks: Vec::new(),
        }
    }

    fn put(&mut self, mut bytes: &[u8]) -> Result<(), Fault> {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(CHUNK - self.chunk.len()));
            self.chunk.extend_from_slice(now);
            self.len += now.len() as u64;
            bytes = later;
            if self.chunk.len() == CHUNK {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Puts pieces that belong together, and what stands before the next part; where they lie.
    fn put_part<'p>(&mut self, pieces: impl Iterator<Item = &'p [u8]>) -> Result<Range, Fault> {
        let from = self.len;
        for piece in pieces {
            self.put(piece)?;
        }
        let bytes = self.len - from;
        self.align()?;
        Ok(Range { from, bytes })
    }

    fn align(&mut self) -> Result<(), Fault> {
        let gap = self.len.next_multiple_of(ALIGNMENT) - self.len;
        self.put(&[0; ALIGNMENT as usize][..gap as usize])
    }

    fn flush(&mut self) -> Result<(), Fault> {
        for block in self.chunk.chunks(BLOCK) {
            let check = crc32c::crc32c(block);
            self.checks.extend_from_slice(&check.to_le_bytes());
        }
        let from = self.len - self.chunk.len() as u64;
        write_all(self.file.as_ref(), self.path, &self.chunk, from)?;
        self.chunk.clear();
        if self.len - self.synced_to >= SYNC_BYTES {
            match self.pace {
                Pace::Beside => self.file.sync_data().map_err(at("sync", self.path))?,
                Pace::Alone => {
                    self.wait_synced()?;
                    let file = self.file;
                    self.syncing = Some(self.scope.spawn(move || file.sync_data()));
                }
            }
            self.synced_to = self.len;
        }
        Ok(())
    }

    fn wait_synced(&mut self) -> Result<(), Fault> {
        let synced = self
            .syncing
            .take()
            .map(|one| one.join().expect("a sync does not panic"));
        synced.unwrap_or(Ok(())).map_err(at("sync", self.path))
    }

    /// Writes the checks behind all, and gives where they lie and their own check.
    fn finish(mut self) -> Result<(Range, u32), Fault> {
        self.flush()?;
        self.wait_synced()?;
        write_all(self.file.as_ref(), self.path, &self.checks, self.len)?;
        let checks = Range {
            from: self.len,
            bytes: self.checks.len() as u64,
        };
        Ok((checks, crc32c::crc32c(&self.checks)))
    }
}

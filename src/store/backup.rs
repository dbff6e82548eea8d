//! Backups: what a data directory held at some moment, in an archive, from which it can be made again.
//!
//! A backup is a list of files, each in pieces that are named by the hash of their bytes. So what an earlier one holds is
//! not written again, and no backup rests on another. The list is written last: a backup is whole, or it is not there.
//!
//! The directory may be in use. Sealed segments, documents and runs never change; of the last segment there is in a
//! backup what is whole of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::base::planted::{Planted, planted};
use crate::base::time::Time;
use crate::store::archive::Archive;
use crate::store::directory::{self, Directory, LogId};
use crate::store::disk::{Access, File, read_full};
use crate::store::fault::{Fault, at};
use crate::store::files::Segment;
use crate::store::reader::{Proof, Reader};
use crate::store::recover::inspect;
use crate::store::segment::{self, Expected};
use crate::store::{sealed, snapshot};

/// Format of backups that this program writes and reads.
const FORMAT: u32 = 1;
/// Bytes of the largest piece.
const PIECE_BYTES: u64 = 64 << 20;

const BACKUPS: &str = "backups";
const OBJECTS: &str = "objects";

/// What says of which files a backup consists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    /// Of backups.
    format: u32,
    /// Of the files in it.
    directory_format: u32,
    /// The log.
    pub log_id: LogId,
    /// Version of the machine that wrote it.
    pub machine_version: u32,
    /// Sequence of the last command in it.
    pub seq: u64,
    /// When it was taken, in milliseconds since 1970.
    taken_at: i64,
    /// The files.
    pub(super) files: Vec<Stored>,
    /// What it is called; not told in the file itself, whose name it is.
    #[serde(skip)]
    pub id: String,
}

/// One file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stored {
    /// Its path within the directory, with `/` between names.
    pub(super) path: String,
    /// How long it is.
    pub(super) bytes: u64,
    /// BLAKE3 of each of its pieces, in hex.
    pub(super) pieces: Vec<String>,
}

/// What taking a backup came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The backup.
    pub backup: Backup,
    /// Bytes that the archive did not hold before.
    pub new_bytes: u64,
}

impl Backup {
    /// When it was taken.
    #[must_use]
    pub fn taken_at(&self) -> Time {
        Time(self.taken_at)
    }

    /// How many files it has.
    #[must_use]
    pub fn files(&self) -> usize {
        self.files.len()
    }

    /// Bytes of all its files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let bytes = self.files.iter().map(|file| file.bytes);
        bytes.fold(0, u64::saturating_add)
    }

    /// Sequence of the snapshot in it; 0 for none.
    #[must_use]
    pub fn snapshot(&self) -> u64 {
        let mut of = self.files.iter().filter_map(|file| snapshot_of(&file.path));
        of.next().unwrap_or(0)
    }
}

/// The sequence in the path of a snapshot's file.
pub(super) fn snapshot_of(path: &str) -> Option<u64> {
    path.strip_prefix("snapshots/")?
        .split('.')
        .next()?
        .parse()
        .ok()
}

/// The first sequence in the path of a segment.
pub(super) fn segment_of(path: &str) -> Option<u64> {
    let name = path.strip_prefix("log/")?;
    name.strip_suffix(".zst")
        .unwrap_or(name)
        .strip_suffix(".log")?
        .parse()
        .ok()
}

/// Takes a backup of a directory that may be in use; with its last snapshot where `snapshots` tells the format of those.
/// What is new in the log is proven before it is kept. O(what the archive does not hold), and O(bytes of the snapshot).
///
/// # Errors
/// Damage in the directory by file and byte; an archive that refuses. Backups taken before are not touched.
pub fn take(
    directory: &Directory,
    archive: &Archive,
    (machine_version, now): (u32, Time),
    snapshots: Option<u32>,
) -> Result<Taken, Fault> {
    let (files, opened) = inspect(directory, Some(machine_version))?;
    let segments = files.segments();
    let mut taking = Taking {
        directory,
        archive,
        held: archive.list(OBJECTS)?.into_iter().collect(),
        new_bytes: 0,
        files: Vec::new(),
    };
    let mut known = taking.known(&opened.log_id)?;
    let last = segments.last().map_or(0, |segment| segment.first_seq);
    // It may have gone on since.
    known.remove(&last);
    // Of what is known, all was proven when it was taken.
    let is_new = |segment: &&Segment| !known.contains_key(&segment.first_seq);
    if let Some(first) = segments.iter().find(is_new) {
        let mut reader = Reader::new(&files, first.first_seq, Proof::Chain)?;
        while reader.next()?.is_some() {}
    }
    for segment in &segments {
        match known.remove(&segment.first_seq) {
            Some(stored) => taking.files.push(stored),
            None => taking.take_segment(*segment, segment.first_seq == last)?,
        }
    }
    taking.take_whole("log/oldest")?;
    taking.take_named("documents")?;
    taking.take_named("runs")?;
    if let Some(format) = snapshots {
        taking.take_snapshot(&files.expected, format, opened.next_seq)?;
    }
    let seq = opened.next_seq - 1;
    let backup = Backup {
        format: FORMAT,
        directory_format: directory::FORMAT,
        log_id: opened.log_id,
        machine_version,
        seq,
        taken_at: now.0,
        files: taking.files,
        id: format!("{:015}-{seq}", now.0),
    };
    archive.put(&manifest(&backup.id), sealed::put(&backup))?;
    Ok(Taken {
        backup,
        new_bytes: taking.new_bytes,
    })
}

/// A backup that is being taken.
struct Taking<'a> {
    directory: &'a Directory,
    archive: &'a Archive,
    /// Objects in the archive, with the bytes of each.
    held: BTreeMap<String, u64>,
    new_bytes: u64,
    files: Vec<Stored>,
}

impl Taking<'_> {
    /// Sealed segments that the last backup of a log holds whole, by their first sequences.
    fn known(&self, log_id: &LogId) -> Result<BTreeMap<u64, Stored>, Fault> {
        // What cannot be read is told by whoever restores it; here it only spares nothing.
        let all = list(self.archive)?.into_iter().rev();
        let mut backups = all.filter_map(|id| read(self.archive, &id).ok());
        let last = backups.find(|backup| backup.log_id == *log_id);
        let files = last.into_iter().flat_map(|last| last.files);
        let segments = files.filter_map(|file| Some((segment_of(&file.path)?, file)));
        let mut known: BTreeMap<u64, Stored> = segments.collect();
        // The last one was not sealed.
        known.pop_last();
        known.retain(|_, stored| self.holds(stored));
        Ok(known)
    }

    fn holds(&self, stored: &Stored) -> bool {
        let mut pieces = stored.pieces.iter();
        let held = pieces.try_fold(0, |sum, piece| {
            self.held.get(piece).map(|bytes| sum + bytes)
        });
        held == Some(stored.bytes)
    }

    fn take_segment(&mut self, segment: Segment, is_last: bool) -> Result<(), Fault> {
        let found = segment::open(self.directory, segment.first_seq)?;
        if found.packed && !is_last {
            return self.take_file(&found.path);
        }
        // The last one, as it was found, is kept plain, also if it has been sealed and packed meanwhile.
        let path = segment::path(self.directory, segment.first_seq);
        self.take_bytes(&path, &found.file, segment.end)
    }

    /// Takes a file that may be missing.
    fn take_whole(&mut self, path: &str) -> Result<(), Fault> {
        let path = self.directory.path.join(path);
        match self.take_file(&path) {
            Err(Fault::Io {
                kind: std::io::ErrorKind::NotFound,
                ..
            }) => Ok(()),
            taken => taken,
        }
    }

    /// Takes all files of a folder that are named by the hash of their content.
    fn take_named(&mut self, folder: &str) -> Result<(), Fault> {
        let dir = self.directory.path.join(folder);
        let mut names = match self.directory.disk.list(&dir) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            listed => listed.map_err(at("list", &dir))?,
        };
        names.retain(|name| is_hash(name));
        names.sort_unstable();
        for name in names {
            let path = dir.join(&name);
            self.take_file(&path)?;
            // What has several pieces is proven by whoever reads it.
            let pieces = self.files.last().map(|stored| stored.pieces.as_slice());
            if matches!(pieces, Some([one]) if *one != name) {
                let reason = "its content does not have the hash in its name";
                return Err(Fault::damaged(&path, 0, reason));
            }
        }
        Ok(())
    }

    /// Takes the last snapshot that holds.
    fn take_snapshot(
        &mut self,
        expected: &Expected,
        format: u32,
        next_seq: u64,
    ) -> Result<(), Fault> {
        let all = snapshot::list(self.directory)?.into_iter();
        for seq in all.filter(|&seq| seq < next_seq) {
            let [image, manifest] = snapshot::paths(self.directory, seq);
            let found = snapshot::open(self.directory, expected, format, seq);
            if found.and_then(|found| found.check()).is_ok() {
                self.take_file(&image)?;
                return self.take_file(&manifest);
            }
        }
        Ok(())
    }

    /// Takes a whole file.
    fn take_file(&mut self, path: &Path) -> Result<(), Fault> {
        let file = self.directory.disk.open(path, Access::Read);
        let file = file.map_err(at("open", path))?;
        let bytes = file.size().map_err(at("measure", path))?;
        self.take_bytes(path, &file, bytes)
    }

    fn take_bytes(&mut self, path: &Path, file: &File, bytes: u64) -> Result<(), Fault> {
        let (mut pieces, mut from) = (Vec::new(), 0);
        while from < bytes || pieces.is_empty() {
            let length = (bytes - from).min(PIECE_BYTES);
            let mut piece = vec![0; usize::try_from(length).expect("a bounded piece")];
            let read = read_full(file.as_ref(), path, &mut piece, from)?;
            if read < piece.len() {
                return Err(Fault::damaged(
                    path,
                    from + read as u64,
                    "it became shorter while it was read",
                ));
            }
            pieces.push(self.keep(piece)?);
            from += length;
        }
        let within = path
            .strip_prefix(&self.directory.path)
            .expect("a file of the directory");
        let names: Vec<&str> = within.iter().filter_map(|name| name.to_str()).collect();
        self.files.push(Stored {
            path: names.join("/"),
            bytes,
            pieces,
        });
        Ok(())
    }

    /// Keeps a piece, unless it is there already; its name.
    fn keep(&mut self, piece: Vec<u8>) -> Result<String, Fault> {
        let (hash, bytes) = (
            blake3::hash(&piece).to_hex().to_string(),
            piece.len() as u64,
        );
        if self.held.get(&hash) != Some(&bytes) {
            let missing = planted(Planted::PieceMissing) && self.held.len() % 3 == 2;
            if !missing {
                self.archive.put(&object(&hash), piece)?;
            }
            self.held.insert(hash.clone(), bytes);
            self.new_bytes += bytes;
        }
        Ok(hash)
    }
}

/// Ids of the backups in an archive, the last one last.
///
/// # Errors
/// If the archive refuses.
pub fn list(archive: &Archive) -> Result<Vec<String>, Fault> {
    let names = archive.list(BACKUPS)?.into_iter();
    Ok(names
        .filter_map(|(name, _)| Some(name.strip_suffix(".json")?.to_owned()))
        .collect())
}

/// What a backup consists of.
///
/// # Errors
/// [`Fault::NoBackup`]; damage by name; another format.
pub fn read(archive: &Archive, id: &str) -> Result<Backup, Fault> {
    let path = archive.path(&manifest(id));
    let bytes = archive.get(&manifest(id))?.ok_or_else(|| Fault::NoBackup {
        archive: archive.path(""),
        id: Some(id.to_owned()),
    })?;
    let told: serde_json::Value = sealed::read(&path, &bytes)?;
    for (field, ours) in [("format", FORMAT), ("directory_format", directory::FORMAT)] {
        let found = told
            .get(field)
            .and_then(serde_json::Value::as_u64)
            .unwrap_or(0);
        if found != u64::from(ours) {
            let found = u32::try_from(found).unwrap_or(u32::MAX);
            return Err(Fault::OtherFormat {
                file: path,
                found,
                ours,
            });
        }
    }
    let backup: Backup = sealed::read(&path, &bytes)?;
    if !backup.files.iter().all(|file| is_ours(&file.path)) {
        return Err(Fault::damaged(
            &path,
            0,
            "it names a file that no data directory has",
        ));
    }
    Ok(Backup {
        id: id.to_owned(),
        ..backup
    })
}

/// Whether a data directory may hold a file at this path: nothing else is ever written to.
fn is_ours(path: &str) -> bool {
    let Some((folder, name)) = path.split_once('/') else {
        return false;
    };
    let plain = |name: &str| {
        name.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'.')
    };
    match folder {
        "log" => plain(name) && (segment_of(path).is_some() || name == "oldest"),
        "documents" | "runs" => is_hash(name),
        "snapshots" => plain(name) && snapshot_of(path).is_some(),
        _ => false,
    }
}

fn is_hash(name: &str) -> bool {
    name.len() == 64
        && name
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// The bytes of a piece, which are those that were kept.
///
/// # Errors
/// Damage by name: it is missing, or its bytes are others.
pub(super) fn piece(archive: &Archive, hash: &str) -> Result<Vec<u8>, Fault> {
    let damaged = |reason: &str| Fault::damaged(&archive.path(&object(hash)), 0, reason);
    let bytes = archive
        .get(&object(hash))?
        .ok_or_else(|| damaged("it is missing"))?;
    if blake3::hash(&bytes).to_hex().as_str() != hash {
        return Err(damaged("its content does not have the hash in its name"));
    }
    Ok(bytes)
}

/// Removes all but the last `keep` backups, and every piece that none of those needs; how many backups went. Nobody may take one meanwhile.
///
/// # Errors
/// If one of those to keep cannot be read, and nothing is removed; if the archive refuses.
pub fn prune(archive: &Archive, keep: usize) -> Result<usize, Fault> {
    let all = list(archive)?;
    let (gone, kept) = all.split_at(all.len().saturating_sub(keep));
    let mut needed = BTreeSet::new();
    for id in kept {
        let files = read(archive, id)?.files.into_iter();
        needed.extend(files.flat_map(|file| file.pieces));
    }
    // A list goes before what it lists.
    for id in gone {
        archive.remove(&manifest(id))?;
    }
    for (name, _) in archive.list(OBJECTS)? {
        if !needed.contains(&name) {
            archive.remove(&object(&name))?;
        }
    }
    Ok(gone.len())
}

fn manifest(id: &str) -> String {
    format!("{BACKUPS}/{id}.json")
}

fn object(hash: &str) -> String {
    format!("{OBJECTS}/{hash}")
}

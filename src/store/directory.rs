//! Who owns a data directory: the lock of the process that writes, and the file that says which log lies here.
//!
//! `arborline.id` is one line of text, `arborline <format> <log id, 32 hex> <crc32c of what stands before, 8 hex>`. It is
//! written last when a directory is founded, so a directory without it never answered anybody.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::planted::{Planted, planted};
use crate::store::disk::{Access, Disk, Lock, put_whole, read_whole};
use crate::store::fault::{Fault, at};

/// Sixteen bytes drawn once, when a log is founded.
pub type LogId = [u8; 16];

/// Format of directories and segments that this program writes and reads.
pub const FORMAT: u32 = 1;

/// Name of the file that lies in a directory while it is made from a backup.
pub(super) const RESTORING: &str = "restoring";

const IDENTITY: &str = "arborline.id";

/// A data directory on a disk.
#[derive(Clone)]
pub struct Directory {
    /// The disk.
    pub disk: Arc<dyn Disk>,
    /// Where on it.
    pub path: PathBuf,
}

impl Directory {
    /// A directory at a path; nothing is touched yet.
    #[must_use]
    pub fn new(disk: Arc<dyn Disk>, path: &Path) -> Directory {
        Directory {
            disk,
            path: path.to_owned(),
        }
    }

    /// The folder of segments.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.path.join("log")
    }

    /// The folder of documents.
    #[must_use]
    pub fn documents(&self) -> PathBuf {
        self.path.join("documents")
    }

    /// The folder of runs; made with the first of them.
    #[must_use]
    pub fn runs(&self) -> PathBuf {
        self.path.join("runs")
    }

    /// The folder of snapshots; made with the first of them.
    #[must_use]
    pub fn snapshots(&self) -> PathBuf {
        self.path.join("snapshots")
    }

    /// Makes the directory and its folders where they are missing.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn make(&self) -> Result<(), Fault> {
        for dir in [&self.path, &self.log(), &self.documents()] {
            self.disk.create_dir(dir).map_err(at("make", dir))?;
        }
        self.disk
            .sync_dir(&self.path)
            .map_err(at("sync", &self.path))?;
        // The directory's own name stands in the one above it.
        match self.path.parent() {
            Some(above) if !above.as_os_str().is_empty() => {
                self.disk.sync_dir(above).map_err(at("sync", above))
            }
            _ => Ok(()),
        }
    }

    /// Locks the directory for the life of the answer.
    ///
    /// # Errors
    /// [`Fault::Locked`] when another process works here.
    pub fn lock(&self) -> Result<Lock, Fault> {
        let path = self.path.join("lock");
        let lock = self.disk.lock(&path).map_err(at("lock", &path))?;
        let lock = match planted(Planted::LockNotHeld) {
            true => Some(Box::new(()) as Lock),
            false => lock,
        };
        lock.ok_or_else(|| Fault::Locked {
            dir: self.path.clone(),
        })
    }

    /// The log that lies here, if one was founded.
    ///
    /// # Errors
    /// If the identity file is damaged or of another format; [`Fault::Unfinished`].
    pub fn identity(&self) -> Result<Option<LogId>, Fault> {
        match self.disk.open(&self.path.join(RESTORING), Access::Read) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            _ => {
                return Err(Fault::Unfinished {
                    dir: self.path.clone(),
                });
            }
        }
        let path = self.path.join(IDENTITY);
        let bytes = match read_whole(self.disk.as_ref(), &path, 256) {
            Err(Fault::Io {
                kind: std::io::ErrorKind::NotFound,
                ..
            }) => return Ok(None),
            other => other?,
        };
        parse_identity(&path, &bytes).map(Some)
    }

    /// Writes the identity file.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn put_identity(&self, id: &LogId) -> Result<(), Fault> {
        let mut line = format!("arborline {FORMAT} {}", to_hex(id));
        line = format!("{line} {:08x}\n", crc32c::crc32c(line.as_bytes()));
        put_whole(self.disk.as_ref(), &self.path, IDENTITY, line.as_bytes())
    }

    /// Bytes that may still be written here.
    ///
    /// # Errors
    /// If the disk cannot say.
    pub fn free_space(&self) -> Result<u64, Fault> {
        self.disk
            .free_space(&self.path)
            .map_err(at("measure", &self.path))
    }
}

fn parse_identity(path: &Path, bytes: &[u8]) -> Result<LogId, Fault> {
    let damaged = |reason| Fault::damaged(path, 0, reason);
    let text = std::str::from_utf8(bytes).map_err(|_| damaged("it is not text"))?;
    let (line, crc) = text
        .strip_suffix('\n')
        .and_then(|text| text.rsplit_once(' '))
        .ok_or_else(|| damaged("its line is not whole"))?;
    if crc != format!("{:08x}", crc32c::crc32c(line.as_bytes())) {
        return Err(damaged("its checksum differs"));
    }
    let mut words = line.split(' ');
    let (name, format, id) = (words.next(), words.next(), words.next());
    let format = format.and_then(|format| format.parse().ok());
    if name != Some("arborline") || words.next().is_some() {
        return Err(damaged("it names another program"));
    }
    if format != Some(FORMAT) {
        return Err(Fault::OtherFormat {
            file: path.to_owned(),
            found: format.unwrap_or(0),
            ours: FORMAT,
        });
    }
    id.and_then(from_hex)
        .ok_or_else(|| damaged("its log id is not 32 hex digits"))
}

fn to_hex(id: &LogId) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<LogId> {
    let digits = text.as_bytes();
    let nibble = |digit: u8| char::from(digit).to_digit(16).map(|value| value as u8);
    let mut id = [0; 16];
    if digits.len() != 32 {
        return None;
    }
    for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(id)
}

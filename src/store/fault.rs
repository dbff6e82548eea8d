//! Faults: what the world can do to us. Made where the call failed; never matched in the engine.

use std::io;
use std::path::{Path, PathBuf};

/// The disk failed, or holds something that must not be served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The operating system refused.
    #[error("cannot {verb} {}: {message}", file.display())]
    Io {
        /// What was tried: `write`, `sync`, `rename`, ...
        verb: &'static str,
        /// On which file or directory.
        file: PathBuf,
        /// The kind of error, for decisions.
        kind: io::ErrorKind,
        /// The operating system's own words.
        message: String,
    },
    /// Bytes that were durable are not what was written.
    #[error("{} is damaged at byte {at_byte}: {reason}", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// Where the damaged part begins.
        at_byte: u64,
        /// What does not hold.
        reason: String,
    },
    /// Another process works on the directory.
    #[error("{} is in use by another process", dir.display())]
    Locked {
        /// The data directory.
        dir: PathBuf,
    },
    /// The directory holds no log and none may be founded.
    #[error("{} holds no network yet", dir.display())]
    Empty {
        /// The data directory.
        dir: PathBuf,
    },
    /// The directory holds something where nothing may be.
    #[error("{} is not empty", dir.display())]
    NotEmpty {
        /// The data directory.
        dir: PathBuf,
    },
    /// The directory is being made from a backup, or its making was cut short.
    #[error("{} was not restored to its end", dir.display())]
    Unfinished {
        /// The data directory.
        dir: PathBuf,
    },
    /// The archive holds no such backup, or none at all.
    #[error("{} holds no backup{}", archive.display(), id.as_ref().map_or(String::new(), |id| format!(" {id}")))]
    NoBackup {
        /// The archive.
        archive: PathBuf,
        /// What was asked for; none for any.
        id: Option<String>,
    },
    /// The file was written by a machine whose decisions may differ.
    #[error(
        "{} was written by machine version {found}, this is version {ours}: export it with that version and import it here",
        file.display()
    )]
    OtherMachine {
        /// The segment.
        file: PathBuf,
        /// Version that wrote it.
        found: u32,
        /// Our version.
        ours: u32,
    },
    /// The file's format is not one that this program reads.
    #[error("{} has format {found}, this program reads format {ours}", file.display())]
    OtherFormat {
        /// The file.
        file: PathBuf,
        /// Format found.
        found: u32,
        /// Format known.
        ours: u32,
    },
    /// What was asked for has been trimmed away.
    #[error("the log begins at sequence {oldest_seq}")]
    Trimmed {
        /// The oldest sequence still held.
        oldest_seq: u64,
    },
    /// An earlier fault made the log unusable: what it last wrote may or may not be on disk.
    #[error("the log stopped at an earlier fault")]
    Poisoned,
}

impl Fault {
    /// Damage to `file` at a byte.
    #[must_use]
    pub fn damaged(file: &Path, at_byte: u64, reason: impl Into<String>) -> Fault {
        Fault::Damaged {
            file: file.to_owned(),
            at_byte,
            reason: reason.into(),
        }
    }
}

/// Turns an error of the operating system into a fault that knows what was tried on which file. A file that is read
/// through a layer of ours may have found a fault itself; then that is the answer.
pub fn at<'a>(verb: &'static str, file: &'a Path) -> impl FnOnce(io::Error) -> Fault + 'a {
    move |error| match error.downcast::<Fault>() {
        Ok(fault) => fault,
        Err(error) => Fault::Io {
            verb,
            file: file.to_owned(),
            kind: error.kind(),
            message: error.to_string(),
        },
    }
}

//! How a run ends: documented exit codes, and failures that say what to do.

use std::fmt;

/// How a run of the program ends; the numbers are documented and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All is done as asked.
    Done = 0,
    /// Done, and there is something to look at: differences, rejected rows, a wrong document.
    Differences = 1,
    /// The command line, a setting or a file given with it cannot be used.
    Usage = 2,
    /// The data directory cannot be opened: locked, of another version, damaged.
    Refused = 3,
    /// The disk failed or is full; what was acknowledged is safe, the rest is to be asked again with the same ids.
    Disk = 4,
    /// The server asked by `--url` does not answer, or not as expected.
    Unreachable = 5,
}

/// Every code with its meaning, for the help.
pub const EXITS: [(Exit, &str); 6] = [
    (Exit::Done, "done as asked"),
    (
        Exit::Differences,
        "done, with differences, rejected rows or problems listed",
    ),
    (
        Exit::Usage,
        "the command line, a setting or a file given cannot be used",
    ),
    (
        Exit::Refused,
        "the data directory cannot be opened (locked, another version, damaged)",
    ),
    (
        Exit::Disk,
        "the disk failed or is full; ask again with the same ids",
    ),
    (
        Exit::Unreachable,
        "the server does not answer, or not as expected",
    ),
];

/// Why a run ends early: how, what happened, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The code to end with.
    pub exit: Exit,
    /// What happened, with the thing it happened to.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure without a hint.
    #[must_use]
    pub fn new(exit: Exit, message: impl Into<String>) -> Failure {
        Failure {
            exit,
            message: message.into(),
            hint: None,
        }
    }

    /// The command line or a file given with it cannot be used.
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure::new(Exit::Usage, message)
    }

    /// The same with what to do.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Failure {
        Failure {
            hint: Some(hint.into()),
            ..self
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

//! Rows that cannot be taken: which, which column, what it says, what it may say.

use std::fmt;
use std::fs::File;
use std::path::Path;

use serde::Serialize;

use crate::cli::exit::{Exit, Failure};

/// Refused rows that are kept to be shown; the rest is counted, and written where a file is asked for.
const SHOWN_MAX: usize = 50;

/// One row that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The file.
    pub file: String,
    /// Line of the row in it, from 1.
    pub row: u64,
    /// Head of the column, empty where the whole row is meant.
    pub column: String,
    /// What stands there.
    pub given: String,
    /// What may stand there, or why the network refuses it.
    pub allowed: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} row {}", self.file, self.row)?;
        if !self.column.is_empty() {
            write!(f, ", {}", self.column)?;
        }
        write!(f, ": given {:?}; allowed: {}", self.given, self.allowed)
    }
}

/// All refused rows of an import.
pub struct Faults {
    shown: Vec<Fault>,
    count: u64,
    file: Option<csv::Writer<File>>,
}

impl Faults {
    /// None yet; `file` is where all of them are to be written, in CSV.
    ///
    /// # Errors
    /// If the file cannot be made.
    pub fn new(file: Option<&Path>) -> Result<Faults, Failure> {
        let file = file.map(|path| {
            csv::Writer::from_path(path).map_err(|error| {
                Failure::usage(format!("{} cannot be written: {error}", path.display()))
            })
        });
        Ok(Faults {
            shown: Vec::new(),
            count: 0,
            file: file.transpose()?,
        })
    }

    /// One more.
    ///
    /// # Errors
    /// If the file of refused rows cannot be written.
    pub fn note(&mut self, fault: Fault) -> Result<(), Failure> {
        self.count += 1;
        if let Some(file) = &mut self.file {
            let written = file.serialize(&fault);
            written.map_err(|error| {
                Failure::new(
                    Exit::Disk,
                    format!("refused rows cannot be written: {error}"),
                )
            })?;
        }
        if self.shown.len() < SHOWN_MAX {
            self.shown.push(fault);
        }
        Ok(())
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The first of them.
    #[must_use]
    pub fn shown(&self) -> &[Fault] {
        &self.shown
    }
}

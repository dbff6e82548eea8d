//! A file of rows, read in order of time without holding it in memory.

use std::fs::File;
use std::io::{Cursor, Read, Seek};
use std::path::PathBuf;
use std::sync::Arc;

use csv::{ByteRecord, Position, Reader, ReaderBuilder};

use crate::base::time::Time;
use crate::cli::exit::Failure;
use crate::cli::import::cell;
use crate::cli::import::fault::{Fault, Faults};

/// Where rows come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// Bytes that come with the program, with a name for them.
    Bytes(&'static str, Arc<[u8]>),
}

/// What rows can be read from, at any place.
trait Readable: Read + Seek + Send {}
impl<T: Read + Seek + Send> Readable for T {}

/// A file of rows with its heads read.
#[derive(Debug, Clone)]
pub struct Table {
    source: Source,
    delimiter: u8,
    /// The heads of its columns.
    pub heads: Vec<String>,
}

/// Rows of a table in order of time.
#[derive(Debug, Clone)]
pub struct Ordered {
    /// Column of the time.
    time_at: usize,
    /// Time and place of each row where the file is not in order; empty where it is.
    index: Vec<Entry>,
    /// Rows whose time can be read.
    pub rows: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    at: Time,
    byte: u64,
    line: u64,
}

/// Walks over rows in order of time.
pub struct Rows<'t> {
    table: &'t Table,
    ordered: &'t Ordered,
    reader: Reader<Box<dyn Readable>>,
    next: usize,
}

impl Source {
    /// The name that refused rows are told with.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Source::File(path) => path.display().to_string(),
            Source::Bytes(name, _) => (*name).to_owned(),
        }
    }

    fn open(&self) -> Result<Box<dyn Readable>, Failure> {
        Ok(match self {
            Source::File(path) => {
                Box::new(File::open(path).map_err(|error| self.unreadable(&error))?)
            }
            Source::Bytes(_, bytes) => Box::new(Cursor::new(Arc::clone(bytes))),
        })
    }

    fn unreadable(&self, error: &dyn std::fmt::Display) -> Failure {
        Failure::usage(format!("{} cannot be read: {error}", self.name()))
    }
}

impl Table {
    /// Opens a file and reads its heads; what stands between its columns is seen from them: `,`, `;` or a tab.
    ///
    /// # Errors
    /// If it cannot be read, or has no heads.
    pub fn open(source: Source) -> Result<Table, Failure> {
        let mut first = [0u8; 4096];
        let mut input = source.open()?;
        let mut len = 0;
        while len < first.len() && !first[..len].contains(&b'\n') {
            match input
                .read(&mut first[len..])
                .map_err(|error| source.unreadable(&error))?
            {
                0 => break,
                read => len += read,
            }
        }
        let line = first[..len]
            .split(|&byte| byte == b'\n')
            .next()
            .unwrap_or_default();
        let often = |sign: u8| line.iter().filter(|&&byte| byte == sign).count();
        let delimiter = [b'\t', b';', b',']
            .into_iter()
            .max_by_key(|&sign| often(sign))
            .unwrap_or(b',');
        let mut table = Table {
            source,
            delimiter,
            heads: Vec::new(),
        };
        let mut reader = table.reader()?;
        let heads = reader
            .byte_headers()
            .map_err(|error| table.source.unreadable(&error))?;
        table.heads = heads
            .iter()
            .map(|head| String::from_utf8_lossy(head).trim().to_owned())
            .collect();
        if table.heads.iter().all(String::is_empty) {
            return Err(Failure::usage(format!(
                "{} is empty; its first line names the columns",
                table.source.name()
            )));
        }
        Ok(table)
    }

    fn reader(&self) -> Result<Reader<Box<dyn Readable>>, Failure> {
        let reader = ReaderBuilder::new()
            .delimiter(self.delimiter)
            .flexible(true)
            .from_reader(self.source.open()?);
        Ok(reader)
    }

    /// The rows in order of time: one pass over the file, a second one and 24 bytes a row where it is not in order.
    /// Rows whose time cannot be read are noted and left out.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn ordered(&self, time_at: usize, faults: &mut Faults) -> Result<Ordered, Failure> {
        let mut ordered = Ordered {
            time_at,
            index: Vec::new(),
            rows: 0,
        };
        let (mut last, mut in_order) = (Time::MIN, true);
        self.each_time(time_at, |_, time| {
            match time {
                Ok(time) => {
                    ordered.rows += 1;
                    in_order &= time >= last;
                    last = time;
                }
                Err(fault) => faults.note(fault)?,
            }
            Ok(())
        })?;
        if !in_order {
            ordered
                .index
                .reserve_exact(usize::try_from(ordered.rows).unwrap_or(0));
            self.each_time(time_at, |place, time| {
                if let Ok(at) = time {
                    ordered.index.push(Entry {
                        at,
                        byte: place.byte(),
                        line: place.line(),
                    });
                }
                Ok(())
            })?;
            ordered.index.sort_unstable();
        }
        Ok(ordered)
    }

    fn each_time(
        &self,
        time_at: usize,
        mut each: impl FnMut(&Position, Result<Time, Fault>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut reader = self.reader()?;
        let mut record = ByteRecord::new();
        while reader
            .read_byte_record(&mut record)
            .map_err(|error| self.source.unreadable(&error))?
        {
            let place = record
                .position()
                .expect("a record that was read has a place")
                .clone();
            let time = time_of(&record, time_at)
                .map_err(|allowed| self.fault(&record, place.line(), Some(time_at), allowed));
            each(&place, time)?;
        }
        Ok(())
    }

    /// Walks over rows in order of time.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn rows<'t>(&'t self, ordered: &'t Ordered) -> Result<Rows<'t>, Failure> {
        Ok(Rows {
            table: self,
            ordered,
            reader: self.reader()?,
            next: 0,
        })
    }

    /// The fault of a row's column.
    #[must_use]
    pub fn fault(
        &self,
        record: &ByteRecord,
        line: u64,
        column: Option<usize>,
        allowed: String,
    ) -> Fault {
        let given = column.and_then(|at| record.get(at)).unwrap_or_default();
        Fault {
            file: self.source.name(),
            row: line,
            column: column.map_or_else(String::new, |at| self.heads[at].clone()),
            given: String::from_utf8_lossy(given).chars().take(100).collect(),
            allowed,
        }
    }

    /// The file's name.
    #[must_use]
    pub fn name(&self) -> String {
        self.source.name()
    }
}

impl Rows<'_> {
    /// Reads the next row into `record`: its time and its line. None after the last.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn next(&mut self, record: &mut ByteRecord) -> Result<Option<(Time, u64)>, Failure> {
        let unreadable = |error: csv::Error| self.table.source.unreadable(&error);
        if self.ordered.index.is_empty() {
            while self.reader.read_byte_record(record).map_err(unreadable)? {
                let line = record.position().map_or(0, Position::line);
                // A row without a time was noted when the file was ordered.
                if let Ok(at) = time_of(record, self.ordered.time_at) {
                    return Ok(Some((at, line)));
                }
            }
            return Ok(None);
        }
        let Some(&Entry { at, byte, line }) = self.ordered.index.get(self.next) else {
            return Ok(None);
        };
        self.next += 1;
        // The heads have been read, so that the first row after a jump is not taken for them.
        if self.next == 1 {
            self.reader.byte_headers().map_err(unreadable)?;
        }
        let mut place = Position::new();
        place.set_byte(byte).set_line(line);
        self.reader.seek(place).map_err(unreadable)?;
        let read = self.reader.read_byte_record(record).map_err(unreadable)?;
        Ok(read.then_some((at, line)))
    }
}

fn time_of(record: &ByteRecord, time_at: usize) -> Result<Time, cell::Allowed> {
    let text = record
        .get(time_at)
        .and_then(|bytes| std::str::from_utf8(bytes).ok())
        .unwrap_or_default();
    cell::time(text.trim())
}

//! Batches: the portable unit of the log. Their bytes are the same on any machine.
//!
//! All numbers are little endian.
//!
//! ```text
//!  0  log id           [16]
//! 16  epoch            u32   1
//! 20  machine version  u32   of the machine that wrote it
//! 24  first seq        u64   sequence of the first command; an empty batch has the sequence of the next one
//! 32  count            u32   commands, at most 8,192; 0 is legal
//! 36  flags            u32   0
//! 40  machine time     i64   milliseconds since 1970
//! 48  previous         [32]  BLAKE3 of the batch before, whole; zero before the first
//! 80  commands               count x (length as a varint, bytes), at most 1 MiB in all
//! ```

use std::ops::Range;

use crate::base::bytes::{Malformed, Reader, put_varint};
use crate::base::limits::{BATCH_BYTES_MAX, BATCH_COMMANDS_MAX};
use crate::base::time::Time;
use crate::store::directory::LogId;

/// Bytes before the commands.
pub const HEADER_BYTES: usize = 80;

/// The only epoch there is until several machines share a log.
pub const EPOCH: u32 = 1;

/// A BLAKE3 hash of a whole batch.
pub type Hash = [u8; 32];

/// A batch's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The log it belongs to.
    pub log_id: LogId,
    /// Version of the machine that wrote it.
    pub machine_version: u32,
    /// Sequence of its first command.
    pub first_seq: u64,
    /// How many commands.
    pub count: u32,
    /// Machine time.
    pub time: Time,
    /// Hash of the batch before.
    pub previous: Hash,
}

/// A batch as it lies in the log.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    /// Its header.
    pub header: Header,
    /// Its commands, each with its length before it.
    pub commands: &'a [u8],
    /// All of its bytes.
    pub bytes: &'a [u8],
}

/// Appends one command with its length before it.
pub fn put_command(out: &mut Vec<u8>, command: &[u8]) {
    write_command(out, |out| out.extend_from_slice(command));
}

/// Appends one command with its length before it, and tells where the command itself stands. `write` appends the
/// command's bytes to what it is given.
pub fn write_command(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) -> Range<usize> {
    // Nearly every length takes one byte, so room for one is left and the rest moved where that is too little.
    let at = out.len();
    out.push(0);
    write(out);
    let length = out.len() - at - 1;
    if let Ok(short @ 0..0x80) = u8::try_from(length) {
        out[at] = short;
    } else {
        let mut prefix = Vec::new();
        put_varint(&mut prefix, length as u64);
        out.splice(at..=at, prefix);
    }
    out.len() - length..out.len()
}

/// Appends a batch's header; the length-prefixed commands follow.
///
/// # Panics
/// If there are more commands than a batch may hold.
pub fn put_header(out: &mut Vec<u8>, header: &Header) {
    assert!(
        header.count as usize <= BATCH_COMMANDS_MAX,
        "a bounded batch"
    );
    out.extend_from_slice(&header.log_id);
    out.extend_from_slice(&EPOCH.to_le_bytes());
    out.extend_from_slice(&header.machine_version.to_le_bytes());
    out.extend_from_slice(&header.first_seq.to_le_bytes());
    out.extend_from_slice(&header.count.to_le_bytes());
    out.extend_from_slice(&0u32.to_le_bytes());
    out.extend_from_slice(&header.time.0.to_le_bytes());
    out.extend_from_slice(&header.previous);
}

impl<'a> Batch<'a> {
    /// Reads a batch's header; the commands are checked by [`Batch::check_commands`].
    ///
    /// # Errors
    /// What does not hold.
    pub fn read(bytes: &'a [u8]) -> Result<Batch<'a>, &'static str> {
        let short = |Malformed| "the batch is cut short";
        let mut reader = Reader::new(bytes);
        let log_id = reader.take(16).map_err(short)?;
        let epoch = reader.u32().map_err(short)?;
        let machine_version = reader.u32().map_err(short)?;
        let first_seq = reader.u64().map_err(short)?;
        let count = reader.u32().map_err(short)?;
        let flags = reader.u32().map_err(short)?;
        let time = reader.u64().map_err(short)?;
        let previous = reader.take(32).map_err(short)?;
        if epoch != EPOCH || flags != 0 {
            return Err("the batch is of another epoch or has unknown flags");
        }
        if count as usize > BATCH_COMMANDS_MAX || reader.rest().len() > BATCH_BYTES_MAX {
            return Err("the batch is larger than any");
        }
        if first_seq == 0 || first_seq.checked_add(u64::from(count)).is_none() {
            return Err("the batch has sequences that no log has");
        }
        let header = Header {
            log_id: log_id.try_into().expect("sixteen bytes"),
            machine_version,
            first_seq,
            count,
            time: Time(time.cast_signed()),
            previous: previous.try_into().expect("thirty-two bytes"),
        };
        Ok(Batch {
            header,
            commands: reader.rest(),
            bytes,
        })
    }

    /// Whether the commands are as many as the header says, with nothing behind them. O(commands).
    ///
    /// # Errors
    /// What does not hold.
    pub fn check_commands(&self) -> Result<(), &'static str> {
        let mut commands = self.iter();
        let counted = commands.by_ref().count();
        if commands.rest.is_empty() && counted == self.header.count as usize {
            Ok(())
        } else {
            Err("the batch does not hold the commands it counts")
        }
    }

    /// The commands, without their lengths.
    #[must_use]
    pub fn iter(&self) -> Commands<'a> {
        Commands {
            rest: self.commands,
        }
    }

    /// The hash that the next batch carries.
    #[must_use]
    pub fn hash(&self) -> Hash {
        *blake3::hash(self.bytes).as_bytes()
    }

    /// Sequence that follows the last command.
    #[must_use]
    pub fn next_seq(&self) -> u64 {
        self.header.first_seq + u64::from(self.header.count)
    }
}

/// Commands of a batch in order; ends early when a length does not hold.
#[derive(Debug, Clone)]
pub struct Commands<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Commands<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let mut reader = Reader::new(self.rest);
        let length = usize::try_from(reader.varint().ok()?).ok()?;
        let command = reader.take(length).ok()?;
        self.rest = reader.rest();
        Some(command)
    }
}

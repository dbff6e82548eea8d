//! Outcomes as the log keeps them: node-local, outside the chain of batches, opaque here.
//!
//! ```text
//!  0  first seq  u64   sequence of the first command spoken of
//!  8  count      u32   commands spoken of
//! 12  bytes            the runtime's
//! ```

use crate::base::bytes::{Malformed, Reader};

/// What was decided on a run of commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcomes<'a> {
    /// Sequence of the first command.
    pub first_seq: u64,
    /// How many commands.
    pub count: u32,
    /// What was decided, in the runtime's own bytes.
    pub bytes: &'a [u8],
}

impl<'a> Outcomes<'a> {
    /// Appends all bytes.
    pub fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.first_seq.to_le_bytes());
        out.extend_from_slice(&self.count.to_le_bytes());
        out.extend_from_slice(self.bytes);
    }

    /// Reads what [`Outcomes::put`] wrote.
    ///
    /// # Errors
    /// If the bytes are too few, or speak of what no log holds.
    pub fn read(bytes: &'a [u8]) -> Result<Outcomes<'a>, Malformed> {
        let mut reader = Reader::new(bytes);
        let (first_seq, count) = (reader.u64()?, reader.u32()?);
        // Sequences begin with 1, and there is always a next one.
        if first_seq == 0 || first_seq.checked_add(u64::from(count)).is_none() {
            return Err(Malformed);
        }
        Ok(Outcomes {
            first_seq,
            count,
            bytes: reader.rest(),
        })
    }
}

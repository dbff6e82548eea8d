//! Frames: how this machine keeps what it wrote apart from what it did not. They never leave it.
//!
//! All numbers are little endian.
//!
//! ```text
//!  0  magic        u32   "ARBf"
//!  4  crc32c       u32   over the header from byte 8 on, and the payload
//!  8  length       u32   bytes of the payload
//! 12  kind         u8    1 head, 2 batch, 3 outcomes
//! 13  zero         [3]
//! 16  at           u64   where in its file the frame begins
//! 24  segment      u64   first sequence of the segment
//! 32  durable_seq  u64   the last sequence known to be synced when this was written, 0 for none
//! 40  synced_to    u64   all bytes of this file before this one were synced when this was written
//! 48  payload
//! ```
//!
//! The position and the segment are under the checksum, so a frame that a disk put elsewhere is no frame there.

use crate::base::limits::{BATCH_BYTES_MAX, BATCH_COMMANDS_MAX};
use crate::base::planted::{Planted, planted};

/// Bytes before the payload.
pub const HEADER_BYTES: usize = 48;

/// Bytes of the largest payload: a full batch with its header and length prefixes, or outcomes of as much.
pub const PAYLOAD_BYTES_MAX: usize = 2 * BATCH_BYTES_MAX + 16 * BATCH_COMMANDS_MAX;

/// First bytes of every frame.
pub const MAGIC: [u8; 4] = *b"ARBf";

/// What a frame holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// The head of a segment.
    Head = 1,
    /// A portable batch.
    Batch = 2,
    /// What the engine decided on commands that came before.
    Outcomes = 3,
}

/// A frame's header without magic, checksum and position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// What the payload is.
    pub kind: Kind,
    /// Bytes of the payload.
    pub length: usize,
    /// First sequence of the segment.
    pub segment: u64,
    /// The last sequence known to be synced when the frame was written.
    pub durable_seq: u64,
    /// Bytes of the file known to be synced when the frame was written.
    pub synced_to: u64,
}

/// Bytes of a frame with this payload.
#[must_use]
pub fn frame_bytes(payload: usize) -> u64 {
    (HEADER_BYTES + payload) as u64
}

/// Appends room for a header; the payload follows and [`close`] fills the room.
pub fn open(out: &mut Vec<u8>) -> usize {
    let start = out.len();
    out.resize(start + HEADER_BYTES, 0);
    start
}

/// Fills the header of the frame that [`open`] began at `start` and whose payload ends where `out` ends.
///
/// `at` is the frame's position in its file; the length is taken from `out`, not from `header`.
///
/// # Panics
/// If the payload is longer than [`PAYLOAD_BYTES_MAX`].
pub fn close(out: &mut [u8], start: usize, at: u64, header: &Header) {
    let frame = &mut out[start..];
    let length = frame.len() - HEADER_BYTES;
    assert!(length <= PAYLOAD_BYTES_MAX, "a bounded payload");
    frame[0..4].copy_from_slice(&MAGIC);
    frame[8..12].copy_from_slice(&(length as u32).to_le_bytes());
    frame[12] = header.kind as u8;
    frame[16..24].copy_from_slice(&at.to_le_bytes());
    frame[24..32].copy_from_slice(&header.segment.to_le_bytes());
    frame[32..40].copy_from_slice(&header.durable_seq.to_le_bytes());
    frame[40..48].copy_from_slice(&header.synced_to.to_le_bytes());
    let crc = crc32c::crc32c(&frame[8..]);
    frame[4..8].copy_from_slice(&crc.to_le_bytes());
}

/// Reads a header that should stand at position `at` of segment `segment`; the payload is not looked at.
///
/// # Errors
/// What does not hold.
pub fn read_header(
    bytes: &[u8; HEADER_BYTES],
    at: u64,
    segment: u64,
) -> Result<Header, &'static str> {
    if bytes[0..4] != MAGIC {
        return Err("no frame begins here");
    }
    let header = Header {
        kind: match bytes[12] {
            1 => Kind::Head,
            2 => Kind::Batch,
            3 => Kind::Outcomes,
            _ => return Err("the frame's kind is unknown"),
        },
        length: u32_at(bytes, 8) as usize,
        segment: u64_at(bytes, 24),
        durable_seq: u64_at(bytes, 32),
        synced_to: u64_at(bytes, 40),
    };
    if header.length > PAYLOAD_BYTES_MAX {
        return Err("the frame is longer than any");
    }
    let is_elsewhere = u64_at(bytes, 16) != at || header.segment != segment;
    if is_elsewhere && !planted(Planted::PlaceUnchecked) {
        return Err("the frame belongs elsewhere");
    }
    if header.synced_to > at {
        return Err("the frame's durable mark lies ahead of it");
    }
    Ok(header)
}

/// Whether the checksum of a whole frame holds.
///
/// # Panics
/// If `frame` is shorter than a header.
#[must_use]
pub fn checksum_holds(frame: &[u8]) -> bool {
    let differing = crc32c::crc32c(&frame[8..]) ^ u32_at(frame, 4);
    differing == 0 || planted(Planted::ChecksumNarrow) && differing & 0xf == 0
}

fn u32_at(bytes: &[u8], start: usize) -> u32 {
    u32::from_le_bytes(bytes[start..start + 4].try_into().expect("four bytes"))
}

fn u64_at(bytes: &[u8], start: usize) -> u64 {
    u64::from_le_bytes(bytes[start..start + 8].try_into().expect("eight bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_holds_only_where_it_was_written() {
        let header = Header {
            kind: Kind::Outcomes,
            length: 3,
            segment: 5,
            durable_seq: 4,
            synced_to: 100,
        };
        let mut bytes = Vec::new();
        let start = open(&mut bytes);
        bytes.extend_from_slice(b"yes");
        close(&mut bytes, start, 200, &header);
        assert!(checksum_holds(&bytes));
        let read =
            |at, segment| read_header(bytes.first_chunk().expect("long enough"), at, segment);
        assert_eq!(read(200, 5), Ok(header));
        assert!(read(208, 5).is_err());
        assert!(read(200, 6).is_err());
        assert!(read(90, 5).is_err());
    }
}

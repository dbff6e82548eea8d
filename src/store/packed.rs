//! Packed segments: what a sealed segment's file becomes, read as if it were the plain one.
//!
//! A packed file is one that any zstd tool unpacks to the plain segment: a skippable frame, which is ours, and a
//! zstd frame for each block. All numbers are little endian.
//!
//! ```text
//!  0  skip     u32   0x184d2a50: zstd tools skip what follows
//!  4  length   u32   bytes from here to the first block
//!  8  magic    u32   "ARBz"
//! 12  crc32c   u32   over everything from byte 16 to the first block
//! 16  format   u32
//! 20  count    u32   blocks
//! 24  segment  u64   first sequence of the segment
//! 32  bytes    u64   of the plain segment
//! 40  opening        the first 144 bytes of the plain segment, which are its head: known without unpacking a block
//!     table          count x (bytes of the packed block: u32, its crc32c: u32)
//!     blocks         one behind the other; each unpacks to 256 KiB, the last one to what is left
//! ```
//!
//! Format 1 is the same without the opening; it is read and no longer written.
//!
//! Every byte is under a checksum before it is unpacked, and what comes out are frames with checksums of their own.

use std::io;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;

use crate::base::bytes::{Malformed, Reader};
use crate::base::planted::{Planted, planted};
use crate::store::disk::{DiskFile, File, read_full};
use crate::store::fault::{Fault, at};

/// Format of packed files that this program writes; it reads the one before too.
pub const FORMAT: u32 = 2;
/// Format without an opening.
const UNOPENED: u32 = 1;

/// Plain bytes that can be read without unpacking a block: those of a segment's head.
pub const OPENING_BYTES: usize = 144;

/// Plain bytes of every block but the last.
pub const BLOCK_BYTES: usize = 256 << 10;

const SKIP: [u8; 4] = 0x184d_2a50_u32.to_le_bytes();
const MAGIC: [u8; 4] = *b"ARBz";
const FIXED_BYTES: usize = 40;
const ROW_BYTES: usize = 8;

/// One packed block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Packed bytes.
    pub length: u32,
    /// Their checksum.
    pub crc: u32,
}

/// How many blocks a plain segment of so many bytes has.
#[must_use]
pub fn blocks_of(bytes: u64) -> usize {
    usize::try_from(bytes.div_ceil(BLOCK_BYTES as u64)).expect("a segment fits memory")
}

/// Bytes before the first block.
#[must_use]
pub fn head_bytes(blocks: usize) -> usize {
    FIXED_BYTES + OPENING_BYTES + ROW_BYTES * blocks
}

/// The head of a packed file.
#[must_use]
pub fn head(segment: u64, bytes: u64, opening: &[u8; OPENING_BYTES], blocks: &[Block]) -> Vec<u8> {
    let mut out = Vec::with_capacity(head_bytes(blocks.len()));
    out.extend_from_slice(&SKIP);
    out.extend_from_slice(&((head_bytes(blocks.len()) - 8) as u32).to_le_bytes());
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&FORMAT.to_le_bytes());
    out.extend_from_slice(&(blocks.len() as u32).to_le_bytes());
    out.extend_from_slice(&segment.to_le_bytes());
    out.extend_from_slice(&bytes.to_le_bytes());
    out.extend_from_slice(opening);
    for block in blocks {
        out.extend_from_slice(&block.length.to_le_bytes());
        out.extend_from_slice(&block.crc.to_le_bytes());
    }
    let crc = crc32c::crc32c(&out[16..]);
    out[12..16].copy_from_slice(&crc.to_le_bytes());
    out
}

/// A packed file, read by the positions of the plain one.
pub struct Packed {
    file: File,
    path: PathBuf,
    bytes: u64,
    /// The first plain bytes; none where the format has none.
    opening: Vec<u8>,
    /// Where each block begins, with what the table says of it.
    blocks: Vec<(u64, Block)>,
    unpacked: Mutex<Unpacked>,
}

/// The block that was read last, since the next read most likely needs it too.
struct Unpacked {
    index: Option<usize>,
    bytes: Vec<u8>,
    packed: Vec<u8>,
    /// Made when the first block is read: of most segments a start reads none.
    zstd: Option<zstd::bulk::Decompressor<'static>>,
}

impl Packed {
    /// Reads and proves the head of the packed file of a segment.
    ///
    /// # Errors
    /// Damage by name; another format by name.
    pub fn open(file: File, path: &Path, segment: u64) -> Result<Packed, Fault> {
        let damaged =
            |reason: &str| Fault::damaged(path, 0, format!("its head does not hold: {reason}"));
        let size = file.size().map_err(at("measure", path))?;
        let mut fixed = [0; FIXED_BYTES];
        if read_full(file.as_ref(), path, &mut fixed, 0)? < FIXED_BYTES {
            return Err(damaged("it is cut short"));
        }
        let length = u32::from_le_bytes(fixed[4..8].try_into().expect("four bytes"));
        let head_bytes = u64::from(length) + 8;
        if fixed[..4] != SKIP || fixed[8..12] != MAGIC || head_bytes > size {
            return Err(damaged("no packed segment begins here"));
        }
        let mut head = vec![0; usize::try_from(head_bytes).expect("no longer than the file")];
        let read = read_full(file.as_ref(), path, &mut head, 0)?;
        let whole = read == head.len() && read >= FIXED_BYTES;
        if !whole || crc32c::crc32c(&head[16..]).to_le_bytes() != head[12..16] {
            return Err(damaged("the checksum differs"));
        }
        let format = u32::from_le_bytes(head[16..20].try_into().expect("four bytes"));
        if format != FORMAT && format != UNOPENED {
            return Err(Fault::OtherFormat {
                file: path.to_owned(),
                found: format,
                ours: FORMAT,
            });
        }
        let head =
            read_head(&head).map_err(|Malformed| damaged("its table is not that of its bytes"))?;
        if head.segment != segment {
            return Err(damaged("it belongs to another segment"));
        }
        let (mut blocks, mut end) = (Vec::with_capacity(head.blocks.len()), head_bytes);
        for block in head.blocks {
            blocks.push((end, block));
            end += u64::from(block.length);
        }
        if size != end {
            return Err(Fault::damaged(
                path,
                size.min(end),
                "its length is not the one it was made of",
            ));
        }
        Ok(Packed {
            file,
            path: path.to_owned(),
            bytes: head.bytes,
            opening: head.opening,
            blocks,
            unpacked: Mutex::new(Unpacked {
                index: None,
                bytes: Vec::new(),
                packed: Vec::new(),
                zstd: None,
            }),
        })
    }

    /// Brings one block into `unpacked`.
    fn unpack(&self, index: usize, unpacked: &mut Unpacked) -> Result<(), Fault> {
        let (at_byte, block) = self.blocks[index];
        let damaged = |reason| Fault::damaged(&self.path, at_byte, reason);
        unpacked.index = None;
        unpacked.packed.resize(block.length as usize, 0);
        let read = read_full(
            self.file.as_ref(),
            &self.path,
            &mut unpacked.packed,
            at_byte,
        )?;
        let differs = crc32c::crc32c(&unpacked.packed) != block.crc;
        if read < unpacked.packed.len() || differs && !planted(Planted::PackedUnchecked) {
            return Err(damaged("the checksum of a packed block differs"));
        }
        let start = (index * BLOCK_BYTES) as u64;
        let length = (self.bytes - start).min(BLOCK_BYTES as u64) as usize;
        unpacked.bytes.resize(length, 0);
        let zstd = match &mut unpacked.zstd {
            Some(zstd) => zstd,
            none => none.insert(zstd::bulk::Decompressor::new().map_err(at("unpack", &self.path))?),
        };
        let written = zstd.decompress_to_buffer(&unpacked.packed, unpacked.bytes.as_mut_slice());
        if !written.is_ok_and(|written| written == length) {
            return Err(damaged("a packed block does not unpack"));
        }
        if index == 0 && !unpacked.bytes.starts_with(&self.opening) {
            return Err(damaged("the segment begins otherwise than its head says"));
        }
        unpacked.index = Some(index);
        Ok(())
    }
}

struct Head {
    segment: u64,
    bytes: u64,
    opening: Vec<u8>,
    blocks: Vec<Block>,
}

/// Reads a head whose checksum and format hold; the table has to be as long as its own figures say.
fn read_head(head: &[u8]) -> Result<Head, Malformed> {
    let mut reader = Reader::new(head);
    reader.take(16)?;
    let (format, count) = (reader.u32()?, reader.u32()? as usize);
    let (segment, bytes) = (reader.u64()?, reader.u64()?);
    let opening = match format {
        UNOPENED => Vec::new(),
        _ => reader.take(OPENING_BYTES)?.to_vec(),
    };
    let rows = reader.rest().chunks_exact(ROW_BYTES);
    if !rows.remainder().is_empty()
        || rows.len() != count
        || bytes.div_ceil(BLOCK_BYTES as u64) != count as u64
    {
        return Err(Malformed);
    }
    let row = |row: &[u8]| {
        let mut row = Reader::new(row);
        Ok(Block {
            length: row.u32()?,
            crc: row.u32()?,
        })
    };
    Ok(Head {
        segment,
        bytes,
        opening,
        blocks: rows.map(row).collect::<Result<_, _>>()?,
    })
}

impl DiskFile for Packed {
    fn size(&self) -> io::Result<u64> {
        Ok(self.bytes)
    }

    /// Bytes of the plain segment. Damage comes as an error that holds its [`Fault`].
    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<usize> {
        if at >= self.bytes {
            return Ok(0);
        }
        let at = usize::try_from(at).expect("a segment fits memory");
        if let Some(from) = self
            .opening
            .get(at..)
            .and_then(|rest| rest.get(..bytes.len()))
        {
            bytes.copy_from_slice(from);
            return Ok(bytes.len());
        }
        let (index, offset) = (at / BLOCK_BYTES, at % BLOCK_BYTES);
        let mut unpacked = self.unpacked.lock();
        if unpacked.index != Some(index) {
            self.unpack(index, &mut unpacked)
                .map_err(io::Error::other)?;
        }
        let from = &unpacked.bytes[offset..];
        let length = from.len().min(bytes.len());
        bytes[..length].copy_from_slice(&from[..length]);
        Ok(length)
    }

    fn write_at(&self, _: &[u8], _: u64) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn set_len(&self, _: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn sync_data(&self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

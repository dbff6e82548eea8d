//! Walking the frames of one file, front to back, through a buffer of bounded size.

use std::path::{Path, PathBuf};

use crate::store::disk::{File, read_full};
use crate::store::fault::Fault;
use crate::store::frame::{self, HEADER_BYTES, Header};

/// Bytes read ahead at first, and at most: a segment with little in it is known by little reading.
const CHUNK_BYTES: std::ops::RangeInclusive<usize> = 32 << 10..=512 << 10;
/// Bytes of a piece that is searched.
const PIECE_BYTES: usize = 32 << 10;

/// What stands at the walk's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A whole frame; [`Frames::payload`] gives its bytes.
    Frame {
        /// Where it begins.
        at_byte: u64,
        /// Its header.
        header: Header,
    },
    /// No whole frame stands here; the walk does not move on.
    Bad {
        /// Where.
        at_byte: u64,
        /// What does not hold.
        reason: &'static str,
    },
    /// The walk has come to the end it was given.
    End,
}

/// A walk over one segment.
pub struct Frames {
    file: File,
    path: PathBuf,
    segment: u64,
    at_byte: u64,
    buffer: Vec<u8>,
    buffer_at: u64,
    /// Bytes read ahead the last time.
    chunk: usize,
    last: std::ops::Range<usize>,
}

impl Frames {
    /// A walk that begins at a byte of the segment that begins with sequence `segment`.
    #[must_use]
    pub fn new(file: File, path: PathBuf, segment: u64, at_byte: u64) -> Frames {
        Frames {
            file,
            path,
            segment,
            at_byte,
            buffer: Vec::new(),
            buffer_at: at_byte,
            chunk: 0,
            last: 0..0,
        }
    }

    /// Where the next frame should begin.
    #[must_use]
    pub fn at_byte(&self) -> u64 {
        self.at_byte
    }

    /// The file's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// First sequence of the segment.
    #[must_use]
    pub fn segment(&self) -> u64 {
        self.segment
    }

    /// The payload of the frame that [`Frames::step`] gave last.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.buffer[self.last.clone()]
    }

    /// The next frame that ends at or before byte `end`.
    ///
    /// # Errors
    /// If the disk refuses to read.
    pub fn step(&mut self, end: u64) -> Result<Step, Fault> {
        let at_byte = self.at_byte;
        let bad = |reason| Ok(Step::Bad { at_byte, reason });
        if at_byte >= end {
            return Ok(Step::End);
        }
        if end - at_byte < HEADER_BYTES as u64 || !self.fill(HEADER_BYTES, end)? {
            return bad("a frame is cut short");
        }
        let start = self.offset();
        let header = self.buffer[start..].first_chunk().expect("filled");
        let header = match frame::read_header(header, at_byte, self.segment) {
            Err(reason) => return bad(reason),
            Ok(header) => header,
        };
        let whole = HEADER_BYTES + header.length;
        if end - at_byte < whole as u64 || !self.fill(whole, end)? {
            return bad("a frame is cut short");
        }
        let start = self.offset();
        if !frame::checksum_holds(&self.buffer[start..start + whole]) {
            return bad("the checksum differs");
        }
        self.last = start + HEADER_BYTES..start + whole;
        self.at_byte += whole as u64;
        Ok(Step::Frame { at_byte, header })
    }

    /// Where in the buffer the walk stands.
    fn offset(&self) -> usize {
        usize::try_from(self.at_byte - self.buffer_at).expect("within the buffer")
    }

    /// Brings `need` bytes from the walk's place into the buffer, and more up to `end`; false if the file is shorter.
    fn fill(&mut self, need: usize, end: u64) -> Result<bool, Fault> {
        let start = self.offset().min(self.buffer.len());
        if self.buffer.len() - start >= need {
            return Ok(true);
        }
        self.buffer.drain(..start);
        self.buffer_at = self.at_byte;
        let have = self.buffer.len();
        let room = usize::try_from(end - self.at_byte).unwrap_or(usize::MAX);
        self.chunk = (2 * self.chunk).clamp(*CHUNK_BYTES.start(), *CHUNK_BYTES.end());
        self.buffer.resize(need.max(self.chunk).min(room), 0);
        let from = self.at_byte + have as u64;
        let read = read_full(
            self.file.as_ref(),
            &self.path,
            &mut self.buffer[have..],
            from,
        )?;
        self.buffer.truncate(have + read);
        Ok(self.buffer.len() >= need)
    }
}

/// The greatest durable mark of any whole frame at or behind `from`, whatever stands between; and whether any byte
/// there is not zero.
///
/// # Errors
/// If the disk refuses to read.
pub fn search(file: &File, path: &Path, segment: u64, from: u64) -> Result<Later, Fault> {
    let mut later = Later::default();
    let mut buffer = vec![0; PIECE_BYTES];
    let mut at = from;
    loop {
        let read = read_full(file.as_ref(), path, &mut buffer, at)?;
        let bytes = &buffer[..read];
        // Nearly all of a segment's end is zeros; this fold is quick where a search is not.
        let written = bytes.iter().fold(0, |all, &byte| all | byte) != 0;
        later.written |= written;
        for offset in 0..if written { read } else { 0 } {
            if bytes[offset] != frame::MAGIC[0] || !bytes[offset..].starts_with(&frame::MAGIC) {
                continue;
            }
            let place = at + offset as u64;
            // A magic stands in what clients say too: only behind a header that holds is it worth a read.
            let header = bytes[offset..].first_chunk();
            if header.is_some_and(|header| frame::read_header(header, place, segment).is_err()) {
                continue;
            }
            let mut frames = Frames::new(File::clone(file), path.to_owned(), segment, place);
            if let Step::Frame { header, .. } = frames.step(u64::MAX)? {
                later.synced_to = later.synced_to.max(header.synced_to);
            }
        }
        if read < PIECE_BYTES {
            return Ok(later);
        }
        // The next piece begins a little before this one's end, since a magic may lie across.
        at += (read - (frame::MAGIC.len() - 1)) as u64;
    }
}

/// What stands behind the place where a walk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Later {
    /// The greatest durable mark of any whole frame there.
    pub synced_to: u64,
    /// Whether anything but zeros stands there.
    pub written: bool,
}

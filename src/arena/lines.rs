//! Bytes that pages lie in without having been written by us: those of an image.

use std::sync::Arc;

use crate::base::bytes::SharedBytes;

/// Bytes of a line.
pub(super) const LINE_BYTES: usize = 64;

/// The pages of an image.
#[derive(Clone)]
pub(super) struct PageBytes {
    bytes: SharedBytes,
    from: usize,
    len: usize,
}

impl PageBytes {
    /// So many of some bytes, from one on.
    pub(super) fn new(bytes: &SharedBytes, from: usize, len: usize) -> PageBytes {
        PageBytes {
            bytes: Arc::clone(bytes),
            from,
            len,
        }
    }

    /// All of them.
    pub(super) fn all(&self) -> &[u8] {
        &(*self.bytes).as_ref()[self.from..][..self.len]
    }
}

/// The first word of so many lines of some bytes from a line on, where they lie within.
pub(super) fn words(all: &[u8], line: u32, lines: usize) -> Option<*const u64> {
    let from = line as usize * LINE_BYTES;
    let bytes = all.get(from..from.checked_add(lines * LINE_BYTES)?)?;
    let words = bytes.as_ptr().cast::<u64>();
    words.is_aligned().then_some(words)
}

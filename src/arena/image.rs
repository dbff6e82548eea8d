//! Images: a state taken down part by part, and put together again over the bytes of a file.
//!
//! What is large lies in pages, and those are written as they are: tables name the line of the image's *pages* at which
//! each begins, and a page that several parts share is written once. All else is the image's *rest*: numbers and texts one
//! behind the other, in the order in which the parts take themselves down. Reading takes O(pages), none of which is
//! touched: they stay in the bytes they came with until somebody writes them.
//!
//! ```text
//! pages      [u64 le] of each page, beginning at a line of 64 bytes
//! directory  rkyv: [ Table { stride: u32, len: u32, lines: [u32] } ], rest: [u8]
//! ```
//!
//! Must not know what a part means, nor where the bytes lie.

use std::collections::HashMap;

use rkyv::rancor;
use rkyv::{Archive, Deserialize, Serialize};
use serde::Serialize as Plain;
use serde::de::DeserializeOwned;

use super::lines::{LINE_BYTES, PageBytes};
use super::pages::{Pages, is_stride};
use crate::base::bytes::{Malformed, Reader, SharedBytes};

/// Where the pages of one vector lie.
#[derive(Archive, Serialize, Deserialize)]
struct Table {
    /// Words of a record.
    stride: u32,
    /// Records.
    len: u32,
    /// The line at which each page begins.
    lines: Vec<u32>,
}

#[derive(Archive, Serialize, Deserialize)]
struct Directory {
    tables: Vec<Table>,
    rest: Vec<u8>,
}

/// What a state is taken down with. Pages are borrowed, not copied.
#[derive(Default)]
pub struct ImageWriter<'s> {
    tables: Vec<Table>,
    rest: Vec<u8>,
    pages: Vec<&'s [u64]>,
    /// By where a page lies in memory, the line at which it was put.
    known: HashMap<*const u64, u32>, // lookup only
    lines: u32,
}

/// What a state is put together from.
pub struct ImageReader<'i> {
    tables: &'i rkyv::vec::ArchivedVec<ArchivedTable>,
    next: usize,
    rest: Reader<'i>,
    pages: PageBytes,
}

impl<'s> ImageWriter<'s> {
    /// Puts the pages of a vector.
    pub(super) fn put_pages(&mut self, pages: &'s Pages) {
        let mut lines = Vec::new();
        for page in pages.each() {
            let at = *self.known.entry(page.as_ptr()).or_insert_with(|| {
                let at = self.lines;
                self.lines += page.len().div_ceil(LINE_BYTES / 8) as u32;
                self.pages.push(page);
                at
            });
            lines.push(at);
        }
        self.tables.push(Table {
            stride: pages.stride() as u32,
            len: pages.len(),
            lines,
        });
    }

    /// Puts a number.
    pub fn put(&mut self, number: impl Into<u64>) {
        self.rest.extend_from_slice(&number.into().to_le_bytes());
    }

    /// Puts a number that may be below zero.
    pub fn put_signed(&mut self, number: i64) {
        self.put(number as u64);
    }

    /// Puts a size.
    pub fn put_size(&mut self, size: usize) {
        self.put(size as u64);
    }

    /// Puts numbers with their count before them.
    pub fn put_all<N: Into<u64>>(&mut self, numbers: impl IntoIterator<Item = N>) {
        let at = self.rest.len();
        self.put(0u64);
        let mut count = 0u64;
        for number in numbers {
            self.put(number);
            count += 1;
        }
        self.rest[at..at + 8].copy_from_slice(&count.to_le_bytes());
    }

    /// Puts whatever can be told as JSON: what is small, and not told in numbers alone.
    ///
    /// # Panics
    /// If it cannot be told so, which depends on its type alone.
    pub fn put_plain(&mut self, value: &impl Plain) {
        let bytes = serde_json::to_vec(value).expect("it has a form in JSON");
        self.put_size(bytes.len());
        self.rest.extend_from_slice(&bytes);
    }

    /// The pages in their order, and the directory.
    ///
    /// # Panics
    /// If memory runs out.
    #[must_use]
    pub fn finish(self) -> (Vec<&'s [u64]>, Vec<u8>) {
        let directory = Directory {
            tables: self.tables,
            rest: self.rest,
        };
        let bytes = rkyv::to_bytes::<rancor::Error>(&directory).expect("memory suffices");
        (self.pages, bytes.into_vec())
    }
}

impl<'i> ImageReader<'i> {
    /// Over a directory, and pages that lie in `bytes` from byte `from` on, `len` bytes of them.
    ///
    /// # Errors
    /// If the directory is none, or the pages reach beyond the bytes.
    pub fn new(
        directory: &'i [u8],
        bytes: &SharedBytes,
        (from, len): (usize, usize),
    ) -> Result<ImageReader<'i>, Malformed> {
        let within = from.checked_add(len);
        if within.is_none_or(|end| end > (**bytes).as_ref().len()) {
            return Err(Malformed);
        }
        let directory = rkyv::access::<ArchivedDirectory, rancor::Error>(directory);
        let directory = directory.map_err(|_| Malformed)?;
        Ok(ImageReader {
            tables: &directory.tables,
            next: 0,
            rest: Reader::new(&directory.rest),
            pages: PageBytes::new(bytes, from, len),
        })
    }

    /// Takes the pages of a vector whose records have `stride` words.
    pub(super) fn take_pages(&mut self, stride: usize) -> Result<Pages, Malformed> {
        let table = self.tables.get(self.next).ok_or(Malformed)?;
        self.next += 1;
        if table.stride.to_native() as usize != stride || !is_stride(stride) {
            return Err(Malformed);
        }
        let lines = table.lines.iter().map(|line| line.to_native());
        Pages::over(stride, table.len.to_native(), lines, &self.pages)
    }

    /// Takes a number that fits the type asked for.
    ///
    /// # Errors
    /// If there is none, or it does not fit.
    pub fn take<N: TryFrom<u64>>(&mut self) -> Result<N, Malformed> {
        N::try_from(self.rest.u64()?).map_err(|_| Malformed)
    }

    /// Takes a number that may be below zero.
    ///
    /// # Errors
    /// If there is none.
    pub fn take_signed(&mut self) -> Result<i64, Malformed> {
        Ok(self.rest.u64()? as i64)
    }

    /// Takes numbers with their count.
    ///
    /// # Errors
    /// If fewer are there, or one does not fit.
    pub fn take_all<N: TryFrom<u64>>(&mut self) -> Result<Vec<N>, Malformed> {
        let count: usize = self.take()?;
        if count > self.rest.rest().len() / 8 {
            return Err(Malformed);
        }
        (0..count).map(|_| self.take()).collect()
    }

    /// Takes what was put as JSON.
    ///
    /// # Errors
    /// If it is none of what is asked for.
    pub fn take_plain<T: DeserializeOwned>(&mut self) -> Result<T, Malformed> {
        let len = self.take()?;
        serde_json::from_slice(self.rest.take(len)?).map_err(|_| Malformed)
    }

    /// Sees that everything was taken.
    ///
    /// # Errors
    /// If something is left.
    pub fn finish(self) -> Result<(), Malformed> {
        if self.next == self.tables.len() && self.rest.is_empty() {
            Ok(())
        } else {
            Err(Malformed)
        }
    }
}

//! Records whose width is known only when the rules are: each a fixed number of words, drawn by a layout elsewhere.

use bytemuck::Pod;

use crate::base::bytes::Malformed;

use super::column::Of;
use super::image::{ImageReader, ImageWriter};
use super::pages::Pages;

/// A forkable vector of records of `stride` signed words.
pub struct Words {
    pages: Pages,
}

impl Words {
    /// No records yet, of `stride` words of eight bytes each.
    #[must_use]
    pub fn new(stride: usize) -> Words {
        Words {
            pages: Pages::new(stride),
        }
    }

    /// Records there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.pages.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    /// Bytes all pages take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.pages.bytes()
    }

    /// Appends a record of zeros and gives its index. Amortised O(1).
    pub fn push(&mut self) -> u32 {
        self.pages.push_zeroed()
    }

    /// A record's words.
    ///
    /// # Panics
    /// If there is no such record.
    #[inline(always)]
    #[must_use]
    pub fn get(&self, index: u32) -> &[i64] {
        bytemuck::must_cast_slice(self.pages.get(index, self.pages.drawn()))
    }

    /// A record's words, to write. Copies its page first if a fork shares it.
    ///
    /// # Panics
    /// If there is no such record.
    #[inline(always)]
    pub fn get_mut(&mut self, index: u32) -> &mut [i64] {
        let grid = self.pages.drawn();
        bytemuck::must_cast_slice_mut(self.pages.get_mut(index, grid))
    }

    /// A record's words where it has `N`, which is known when this is compiled, to write.
    ///
    /// # Panics
    /// If there is no such record, or it has another width.
    #[inline(always)]
    pub fn get_mut_of<const N: usize>(&mut self, index: u32) -> &mut [i64; N]
    where
        [i64; N]: Pod,
    {
        assert!(self.pages.stride() == N, "records are as wide as asked");
        let words = self.pages.get_mut(index, Of::<[i64; N]>::GRID);
        let words: &mut [i64] = bytemuck::must_cast_slice_mut(words);
        words.first_chunk_mut().expect("a whole record")
    }

    /// The first `N` words of a record as the plain type they hold.
    ///
    /// # Panics
    /// If there is no such record, or it is narrower.
    #[inline(always)]
    #[must_use]
    pub fn head<T: Pod, const N: usize>(&self, index: u32) -> &T
    where
        [i64; N]: Pod,
    {
        let words = self.get(index).first_chunk::<N>();
        bytemuck::must_cast_ref(words.expect("records are at least as wide as asked"))
    }

    /// The same, to write. Copies its page first if a fork shares it.
    ///
    /// # Panics
    /// If there is no such record, or it is narrower.
    #[inline(always)]
    pub fn head_mut<T: Pod, const N: usize>(&mut self, index: u32) -> &mut T
    where
        [i64; N]: Pod,
    {
        let words = self.get_mut(index).first_chunk_mut::<N>();
        bytemuck::must_cast_mut(words.expect("records are at least as wide as asked"))
    }

    /// Makes every record `stride` words wide, no fewer than it has; what is new is zero. O(records) where they were
    /// narrower.
    pub fn fit(&mut self, stride: usize) {
        if !self.is_empty() && self.get(0).len() == stride {
            return;
        }
        let mut wider = Words::new(stride);
        for record in 0..self.len() {
            let old = self.get(record);
            wider.push();
            wider.get_mut(record)[..old.len()].copy_from_slice(old);
        }
        *self = wider;
    }

    /// A second vector equal to this one; whichever side writes a page first copies it. O(pages).
    #[must_use]
    pub fn fork(&mut self) -> Words {
        Words {
            pages: self.pages.fork(),
        }
    }

    /// Takes it down.
    pub fn put<'s>(&'s self, image: &mut ImageWriter<'s>) {
        image.put_pages(&self.pages);
    }

    /// What [`Words::put`] put, of records of `stride` words. O(pages).
    ///
    /// # Errors
    /// If it is none of such records.
    pub fn take(image: &mut ImageReader<'_>, stride: usize) -> Result<Words, Malformed> {
        Ok(Words {
            pages: image.take_pages(stride)?,
        })
    }

    /// The pages, for those who write undo lists.
    pub fn pages(&mut self) -> &mut Pages {
        &mut self.pages
    }

    /// Asks the processor to fetch a record. Any index is allowed.
    #[inline(always)]
    pub fn prefetch(&self, index: u32) {
        self.pages.prefetch(index, self.pages.drawn());
    }
}

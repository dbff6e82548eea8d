//! Records whose width is known only when the rules are: each a fixed number of words, drawn by a layout elsewhere.

use super::pages::{Grid, Pages, shift_of};

/// A forkable vector of records of `stride` signed words.
pub struct Words {
    pages: Pages<Drawn>,
}

/// How such records lie in pages.
#[derive(Clone, Copy)]
struct Drawn {
    stride: usize,
    shift: u32,
}

impl Grid for Drawn {
    #[inline(always)]
    fn stride(self) -> usize {
        self.stride
    }

    #[inline(always)]
    fn shift(self) -> u32 {
        self.shift
    }
}

impl Words {
    /// No records yet, of `stride` words of eight bytes each.
    #[must_use]
    pub fn new(stride: usize) -> Words {
        Words {
            pages: Pages::new(Drawn {
                stride,
                shift: shift_of(stride),
            }),
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
        bytemuck::cast_slice(self.pages.get(index))
    }

    /// A record's words, to write. Copies its page first if a fork shares it.
    ///
    /// # Panics
    /// If there is no such record.
    #[inline(always)]
    pub fn get_mut(&mut self, index: u32) -> &mut [i64] {
        bytemuck::cast_slice_mut(self.pages.get_mut(index))
    }

    /// A second vector equal to this one; whichever side writes a page first copies it. O(pages).
    #[must_use]
    pub fn fork(&mut self) -> Words {
        Words {
            pages: self.pages.fork(),
        }
    }

    /// Asks the processor to fetch a record. Any index is allowed.
    #[inline(always)]
    pub fn prefetch(&self, index: u32) {
        self.pages.prefetch(index);
    }
}

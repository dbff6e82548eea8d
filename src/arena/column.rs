//! A column: a forkable vector of one plain record type.

use std::marker::PhantomData;

use bytemuck::Pod;

use crate::base::bytes::Malformed;
use crate::base::planted::small_pages;

use super::image::{ImageReader, ImageWriter};
use super::pages::{Grid, PAGE_BYTES, Pages, SMALL_PAGE_BYTES, reach_of, shift_of};

/// A vector of `T` in pages that can be forked. `T` is plain bytes, a multiple of eight of them, aligned to at most 8.
pub struct Column<T: Pod> {
    pages: Pages,
    of: PhantomData<T>,
}

/// How records of one type lie in pages, known when this is compiled.
pub(super) struct Of<T>(PhantomData<fn() -> T>);

impl<T> Clone for Of<T> {
    fn clone(&self) -> Of<T> {
        *self
    }
}

impl<T> Copy for Of<T> {}

impl<T> Of<T> {
    const STRIDE: usize = {
        assert!(
            size_of::<T>() > 0 && size_of::<T>().is_multiple_of(8),
            "a record is whole words"
        );
        assert!(align_of::<T>() <= 8, "a record is aligned to words");
        size_of::<T>() / 8
    };
    const SHIFT: u32 = shift_of(Self::STRIDE, PAGE_BYTES);
    const SMALL_SHIFT: u32 = shift_of(Self::STRIDE, SMALL_PAGE_BYTES);
    pub(super) const GRID: Of<T> = Of(PhantomData);
}

// SAFETY: each column makes its pages with the stride of its own type, and its shift follows from that; words are asked
// this way only where they are as wide.
unsafe impl<T> Grid for Of<T> {
    #[inline(always)]
    fn stride(self) -> usize {
        Self::STRIDE
    }

    #[inline(always)]
    fn shift(self) -> u32 {
        match small_pages() {
            true => Self::SMALL_SHIFT,
            false => Self::SHIFT,
        }
    }

    #[inline(always)]
    fn reach(self) -> usize {
        const { reach_of(Self::STRIDE) }
    }
}

impl<T: Pod> Default for Column<T> {
    fn default() -> Self {
        Column::new()
    }
}

impl<T: Pod> Column<T> {
    /// No records yet.
    #[must_use]
    pub fn new() -> Column<T> {
        Column {
            pages: Pages::new(Of::<T>::STRIDE),
            of: PhantomData,
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

    /// Appends a record and gives its index. Amortised O(1).
    pub fn push(&mut self, record: T) -> u32 {
        let index = self.pages.push_zeroed();
        *self.get_mut(index) = record;
        index
    }

    /// A record.
    ///
    /// # Panics
    /// If there is no such record.
    #[inline(always)]
    #[must_use]
    pub fn get(&self, index: u32) -> &T {
        bytemuck::from_bytes(bytemuck::cast_slice(self.pages.get(index, Of::<T>::GRID)))
    }

    /// A record, to write. Copies its page first if a fork shares it.
    ///
    /// # Panics
    /// If there is no such record.
    #[inline(always)]
    pub fn get_mut(&mut self, index: u32) -> &mut T {
        bytemuck::from_bytes_mut(bytemuck::cast_slice_mut(
            self.pages.get_mut(index, Of::<T>::GRID),
        ))
    }

    /// A second column equal to this one; whichever side writes a page first copies it. O(pages).
    #[must_use]
    pub fn fork(&mut self) -> Column<T> {
        Column {
            pages: self.pages.fork(),
            of: PhantomData,
        }
    }

    /// Takes it down.
    pub fn put<'s>(&'s self, image: &mut ImageWriter<'s>) {
        image.put_pages(&self.pages);
    }

    /// What [`Column::put`] put. O(pages).
    ///
    /// # Errors
    /// If it is none of such records.
    pub fn take(image: &mut ImageReader<'_>) -> Result<Column<T>, Malformed> {
        Ok(Column {
            pages: image.take_pages(Of::<T>::STRIDE)?,
            of: PhantomData,
        })
    }

    /// The pages, for those who write undo lists.
    pub fn pages(&mut self) -> &mut Pages {
        &mut self.pages
    }

    /// Asks the processor to fetch a record. Any index is allowed.
    #[inline(always)]
    pub fn prefetch(&self, index: u32) {
        self.pages.prefetch(index, Of::<T>::GRID);
    }

    /// Asks the processor to fetch one word of a record. Any index and word are allowed.
    #[inline(always)]
    pub fn prefetch_word(&self, index: u32, word: usize) {
        self.pages.prefetch_word(index, word, Of::<T>::GRID);
    }
}

#[cfg(test)]
mod tests {
    use super::Column;

    #[test]
    fn both_sides_of_a_fork_keep_their_own_values() {
        let mut live: Column<u64> = Column::new();
        for value in 0..5_000 {
            live.push(value);
        }
        let mut branch = live.fork();
        let mut frozen = branch.fork();
        *live.get_mut(7) = 100;
        *branch.get_mut(7) = 200;
        *branch.get_mut(4_999) = 201;
        live.push(101);
        let second = live.fork();
        *live.get_mut(7) = 102;
        assert_eq!((*live.get(7), live.len()), (102, 5_001));
        assert_eq!((*second.get(7), *second.get(4_999)), (100, 4_999));
        assert_eq!(
            (*branch.get(7), *branch.get(4_999), branch.len()),
            (200, 201, 5_000)
        );
        assert_eq!((*frozen.get(7), *frozen.get(4_999)), (7, 4_999));
        drop(live);
        drop(branch);
        *frozen.get_mut(7) = 8;
        assert_eq!(*frozen.get(7), 8);
        assert_eq!(*second.get(7), 100);
    }
}

//! Untyped pages with copy on write: the one place where memory is shared between a writer and its forks.
//!
//! ```text
//! Pages<G>
//!   slots   [ Slot { data: *mut u64, epoch: u64 } ]   hot: one load leads to a record
//!   owners  [ Arc<Page> ]                             cold: keeps each page alive, in the same order
//!   epoch   u64
//! page      [ Line; n ]   Line = 64 bytes, so that records begin on cache lines' grid
//! ```
//!
//! A page whose slot carries the current epoch belongs to these pages alone and may be written. A fork takes a copy of
//! the table and moves both sides to new epochs, so that either copies a page before it first writes it.

use std::sync::Arc;

use super::pool::Page;

/// Bytes a page holds at most; records per page are the greatest power of two that fits.
const PAGE_BYTES: usize = 16 * 1024;

#[derive(Clone, Copy)]
struct Slot {
    data: *mut u64,
    epoch: u64,
}

/// Out of the way of the hot path, which pays for one comparison only.
#[cold]
#[inline(never)]
fn no_such_record(index: u32, len: u32) -> ! {
    panic!("record {index} of {len}");
}

/// How records lie in pages: how many words each has, and how many share a page. Never changes once there are pages.
pub(super) trait Grid: Copy {
    /// Words of a record.
    fn stride(self) -> usize;

    /// Records per page, as a power of two.
    fn shift(self) -> u32;
}

/// Records per page as a power of two: as many as fit.
///
/// # Panics
/// If a record is empty or wider than a page.
pub(super) const fn shift_of(stride: usize) -> u32 {
    assert!(stride > 0, "a record has at least one word");
    let fit = PAGE_BYTES / (stride * 8);
    assert!(fit >= 1, "a record is too wide for a page");
    fit.ilog2()
}

/// Records of a fixed number of words in pages that can be forked.
pub(super) struct Pages<G: Grid> {
    slots: Vec<Slot>,
    owners: Vec<Arc<Page>>,
    epoch: u64,
    grid: G,
    len: u32,
}

// SAFETY: `data` points into the page that `owners` keeps alive at the same place. It is written only through
// `&mut self` and only while the slot's epoch says that no other `Pages` holds the page; all other access is reading.
unsafe impl<G: Grid + Send> Send for Pages<G> {}
// SAFETY: as above: through `&self` pages are only read.
unsafe impl<G: Grid + Sync> Sync for Pages<G> {}

impl<G: Grid> Pages<G> {
    /// No records yet.
    #[must_use]
    pub(super) fn new(grid: G) -> Pages<G> {
        assert!(grid.shift() == shift_of(grid.stride()));
        Pages {
            slots: Vec::new(),
            owners: Vec::new(),
            epoch: 1,
            grid,
            len: 0,
        }
    }

    /// Records there are.
    #[must_use]
    pub(super) fn len(&self) -> u32 {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes all pages take.
    #[must_use]
    pub(super) fn bytes(&self) -> usize {
        self.owners.len() * self.page_lines() * 64
    }

    fn page_lines(&self) -> usize {
        (self.grid.stride() << self.grid.shift()).div_ceil(8)
    }

    /// One more record, all zero. Amortised O(1); allocates a page now and then, never moves one.
    ///
    /// # Panics
    /// If there are 2^32 - 1 records already.
    pub(super) fn push_zeroed(&mut self) -> u32 {
        let index = self.len;
        assert!(index < u32::MAX, "record numbers are 32 bits");
        if (index >> self.grid.shift()) as usize == self.slots.len() {
            let page = Arc::new(Page::zeroed(self.page_lines()));
            self.slots.push(Slot {
                data: page.words(),
                epoch: self.epoch,
            });
            self.owners.push(page);
        }
        self.len += 1;
        index
    }

    /// A second set of pages equal to this one; whichever side writes a page first copies it. O(pages).
    #[must_use]
    pub(super) fn fork(&mut self) -> Pages<G> {
        self.epoch += 1;
        Pages {
            slots: self.slots.clone(),
            owners: self.owners.clone(),
            // Every slot carries an older epoch than either side's new one.
            epoch: self.epoch,
            grid: self.grid,
            len: self.len,
        }
    }

    #[inline(always)]
    fn offset(&self, index: u32) -> (usize, usize) {
        if index >= self.len {
            no_such_record(index, self.len);
        }
        let within = index & ((1 << self.grid.shift()) - 1);
        // The product is a place in a page, far below any bound.
        (
            (index >> self.grid.shift()) as usize,
            (within as usize).wrapping_mul(self.grid.stride()),
        )
    }

    /// A record's words.
    ///
    /// # Panics
    /// If there is no such record.
    #[inline(always)]
    #[must_use]
    pub(super) fn get(&self, index: u32) -> &[u64] {
        let (page, offset) = self.offset(index);
        // SAFETY: `index < len`, so the page exists and holds `offset + stride` words, all initialised; nobody writes
        // it while `&self` lives: this side needs `&mut self`, other sides copy before they write.
        unsafe {
            let data = self.slots.get_unchecked(page).data;
            std::slice::from_raw_parts(data.add(offset), self.grid.stride())
        }
    }

    /// A record's words, to write. Copies the page first if a fork shares it.
    ///
    /// # Panics
    /// If there is no such record.
    #[inline(always)]
    pub(super) fn get_mut(&mut self, index: u32) -> &mut [u64] {
        let (page, offset) = self.offset(index);
        // SAFETY: `index < len`, so the page exists.
        if unsafe { self.slots.get_unchecked(page) }.epoch != self.epoch {
            self.own(page);
        }
        // SAFETY: as in `get`; the slot now carries the current epoch, so the page is ours alone, and `&mut self`
        // keeps every other access of ours away.
        unsafe {
            let data = self.slots.get_unchecked(page).data;
            std::slice::from_raw_parts_mut(data.add(offset), self.grid.stride())
        }
    }

    /// Makes a page this side's own: by finding that nobody else holds it any more, or by copying it.
    #[cold]
    #[inline(never)]
    fn own(&mut self, page: usize) {
        let owner = &mut self.owners[page];
        if Arc::get_mut(owner).is_none() {
            *owner = Arc::new(Page::copy_of(owner));
        }
        self.slots[page] = Slot {
            data: owner.words(),
            epoch: self.epoch,
        };
    }

    /// Asks the processor to fetch the first lines of a record. Any index is allowed.
    #[inline(always)]
    pub(super) fn prefetch(&self, index: u32) {
        self.prefetch_word(index, 0);
        // A record whose size divides a line's lies within one; any other may reach into the next one.
        let stride = self.grid.stride();
        if !stride.is_power_of_two() || stride > 8 {
            self.prefetch_word(index, (stride - 1).min(8));
        }
    }

    /// Asks the processor to fetch the line of one word of a record. Any index and word are allowed.
    #[inline(always)]
    pub(super) fn prefetch_word(&self, index: u32, word: usize) {
        #[cfg(target_arch = "x86_64")]
        if index < self.len && word < self.grid.stride() {
            let (page, offset) = self.offset(index);
            // SAFETY: the address lies in a live page; a prefetch reads nothing that a program can see.
            unsafe {
                use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
                let at = self.slots.get_unchecked(page).data.add(offset + word);
                _mm_prefetch::<_MM_HINT_T0>(at.cast());
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = (index, word);
    }
}

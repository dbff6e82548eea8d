//! Untyped pages with copy on write: the one place where memory is shared between a writer and its forks.
//!
//! ```text
//! Pages
//!   slots   [ Slot { data: *mut u64, epoch: u64 } ]   hot: one load leads to a record
//!   owners  [ Option<Arc<Page>> ]                     cold: keeps each page alive, in the same order; none: it lies in `over`,
//!                                                     as all behind the last one do
//!   over    the bytes of an image                     never written
//!   epoch   u64
//! page      [ Line; n ]   Line = 64 bytes, so that records begin on cache lines' grid
//! ```
//!
//! A page whose slot carries the current epoch belongs to these pages alone and may be written. A fork takes a copy of
//! the table and moves both sides to new epochs, so that either copies a page before it first writes it.
//!
//! While an undo list is open, the current epoch is one that no slot carries: every write takes the slow path, where the
//! record is noted as it was. So writing costs what it costs and a copy of the record, whatever there is in all; pages
//! become owned under the epoch before, which is the current one again when the list is closed. A fork beside an open
//! list moves both epochs on.

use std::sync::Arc;

use super::lines::{PageBytes, words};
use super::near;
use super::pool::Page;
use crate::base::bytes::Malformed;
use crate::base::planted::{Planted, planted, small_pages};

/// Bytes a page holds at most; records per page are the greatest power of two that fits.
pub(super) const PAGE_BYTES: usize = 16 * 1024;
/// The same of small pages; a wider record has a page of its own.
pub(super) const SMALL_PAGE_BYTES: usize = 4 * 1024;

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

/// How records lie in pages: how many words each has, and how many share a page. Whoever holds pages has always the same,
/// and says it at each access, so that the compiler may know it.
///
/// # Safety
/// Pages are only ever asked with a grid of the stride and shift they were made with.
pub(super) unsafe trait Grid: Copy {
    /// Words of a record.
    fn stride(self) -> usize;

    /// Records per page, as a power of two.
    fn shift(self) -> u32;

    /// How many words behind a record's first the second line lies that is worth fetching with it; 0 for none.
    fn reach(self) -> usize;
}

/// The reach of records of so many words: one whose size divides a line's lies within one, any other may go on into the
/// next one.
pub(super) const fn reach_of(stride: usize) -> usize {
    match stride {
        1 | 2 | 4 | 8 => 0,
        3 | 5 | 6 | 7 => stride - 1,
        _ => 8,
    }
}

/// Records per page of so many bytes as a power of two: as many as fit.
///
/// # Panics
/// If a record is empty or wider than a page.
pub(super) const fn shift_of(stride: usize, page_bytes: usize) -> u32 {
    assert!(stride > 0, "a record has at least one word");
    assert!(stride * 8 <= PAGE_BYTES, "a record is too wide for a page");
    match page_bytes / (stride * 8) {
        0 => 0,
        fit => fit.ilog2(),
    }
}

/// Bytes a page of this process holds at most.
fn page_bytes() -> usize {
    match small_pages() {
        true => SMALL_PAGE_BYTES,
        false => PAGE_BYTES,
    }
}

/// Whether records may have so many words.
pub(super) fn is_stride(words: usize) -> bool {
    (1..=PAGE_BYTES / 8).contains(&words)
}

/// Records of a fixed number of words in pages that can be forked.
pub struct Pages {
    slots: Vec<Slot>,
    owners: Vec<Option<Arc<Page>>>,
    over: Option<PageBytes>,
    /// Pages before this one have owners, as a page that once has one always does.
    brought_in: usize,
    epoch: u64,
    /// Words of a record.
    stride: usize,
    /// Records per page, as a power of two.
    shift: u32,
    len: u32,
    reach: usize,
    undo: Option<Undo>,
}

/// What is needed to take writes back.
struct Undo {
    /// Records there were.
    len: u32,
    /// The epoch under which pages are owned meanwhile.
    epoch: u64,
    /// Which records were written, in order, and what stood in them.
    indexes: Vec<u32>,
    words: Vec<u64>,
}

// SAFETY: `data` points into the page that `owners` keeps alive at the same place, or into the bytes that `over` does. It is
// written only through `&mut self` and only while the slot's epoch says that no other `Pages` holds the page, which it never
// does of one in `over`; all other access is reading.
unsafe impl Send for Pages {}
// SAFETY: as above: through `&self` pages are only read.
unsafe impl Sync for Pages {}

impl Pages {
    /// No records yet, of `stride` words of eight bytes each.
    ///
    /// # Panics
    /// If a record is empty or wider than a page.
    #[must_use]
    pub fn new(stride: usize) -> Pages {
        Pages {
            slots: Vec::new(),
            owners: Vec::new(),
            over: None,
            brought_in: 0,
            epoch: 1,
            stride,
            shift: shift_of(stride, page_bytes()),
            len: 0,
            reach: reach_of(stride),
            undo: None,
        }
    }

    /// Records in pages of an image: none of them is touched. O(pages).
    ///
    /// # Errors
    /// If the lines are not as many as there are pages, or a page reaches beyond the image.
    pub(super) fn over(
        stride: usize,
        len: u32,
        lines: impl ExactSizeIterator<Item = u32>,
        over: &PageBytes,
    ) -> Result<Pages, Malformed> {
        let mut pages = Pages::new(stride);
        if lines.len() != (len as usize).div_ceil(1 << pages.shift) {
            return Err(Malformed);
        }
        let (page_lines, all) = (pages.page_lines(), over.all());
        pages.slots.reserve_exact(lines.len());
        for line in lines {
            let data = words(all, line, page_lines).ok_or(Malformed)?.cast_mut();
            // No pages ever had this epoch, so that each is copied before it is written.
            pages.slots.push(Slot { data, epoch: 0 });
        }
        pages.over = Some(over.clone());
        pages.len = len;
        Ok(pages)
    }

    /// Goes on bringing pages that lie in an image into memory, until `bytes` have been copied or none is left, and takes off
    /// what was. With the last one the image is let go. O(bytes), O(1) where none is left.
    ///
    /// # Panics
    /// If an undo list is open.
    pub fn bring_in(&mut self, bytes: &mut usize) {
        assert!(self.undo.is_none(), "pages are brought in between commands");
        if self.over.is_none() {
            return;
        }
        while self.brought_in < self.slots.len() {
            let owner = self.owners.get(self.brought_in);
            if owner.is_none_or(Option::is_none) {
                if *bytes == 0 {
                    return;
                }
                self.own(self.brought_in, self.epoch);
                *bytes = bytes.saturating_sub(self.page_lines() * 64);
            }
            self.brought_in += 1;
        }
        self.over = None;
    }

    /// The words of each page, in order.
    pub(super) fn each(&self) -> impl Iterator<Item = &[u64]> {
        let words = self.page_lines() * 8;
        self.slots.iter().map(move |slot| {
            // SAFETY: `data` points to a whole page, all of it initialised, that nobody writes while `&self` lives.
            unsafe { std::slice::from_raw_parts(slot.data, words) }
        })
    }

    /// Records there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Words of a record.
    #[must_use]
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// Bytes all pages take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.slots.len() * self.page_lines() * 64
    }

    fn page_lines(&self) -> usize {
        (self.stride << self.shift).div_ceil(8)
    }

    /// One more record, all zero. Amortised O(1); allocates a page now and then, never moves one.
    ///
    /// # Panics
    /// If there are 2^32 - 1 records already.
    pub fn push_zeroed(&mut self) -> u32 {
        let index = self.len;
        assert!(index < u32::MAX, "record numbers are 32 bits");
        if (index >> self.shift) as usize == self.slots.len() {
            let page = Arc::new(Page::zeroed(self.page_lines()));
            self.slots.push(Slot {
                data: page.words(),
                epoch: self.owning_epoch(),
            });
            self.owners.resize(self.slots.len() - 1, None);
            self.owners.push(Some(page));
        }
        self.len += 1;
        index
    }

    /// The epoch that slots of pages of our own carry.
    fn owning_epoch(&self) -> u64 {
        self.undo.as_ref().map_or(self.epoch, |undo| undo.epoch)
    }

    /// A second set of pages equal to this one; whichever side writes a page first copies it. O(pages). An open undo
    /// list stays this side's: what it takes back shows in no fork.
    #[must_use]
    pub fn fork(&mut self) -> Pages {
        if let Some(undo) = &mut self.undo {
            // The epoch that no slot carries becomes the one under which pages are owned from here on.
            undo.epoch = self.epoch;
        }
        if !planted(Planted::SharedPageWritten) {
            self.epoch += 1;
        }
        Pages {
            slots: self.slots.clone(),
            owners: self.owners.clone(),
            over: self.over.clone(),
            brought_in: self.brought_in,
            // Every slot carries an older epoch than either side's new one.
            epoch: self.epoch,
            stride: self.stride,
            shift: self.shift,
            len: self.len,
            reach: self.reach,
            undo: None,
        }
    }

    /// Moves all records out and leaves none, an open undo list included. O(1).
    #[must_use]
    pub fn move_out(&mut self) -> Pages {
        std::mem::replace(self, Pages::new(self.stride))
    }

    /// Opens an undo list: from here on writes can be taken back. O(1).
    ///
    /// # Panics
    /// If one is open.
    pub fn open_undo(&mut self) {
        assert!(self.undo.is_none(), "one undo list at a time");
        self.undo = Some(Undo {
            len: self.len,
            epoch: self.epoch,
            indexes: Vec::new(),
            words: Vec::new(),
        });
        self.epoch += 1;
    }

    /// Closes the undo list, if one is open: all writes stay. O(1), and what freeing the list takes.
    pub fn keep(&mut self) {
        if let Some(undo) = self.undo.take() {
            self.epoch = undo.epoch;
        }
    }

    /// Becomes what `live` was when it opened its undo list, and leaves it without records. O(writes since).
    ///
    /// # Panics
    /// If it has no undo list open.
    pub fn take_back(&mut self, live: &mut Pages) {
        let undo = live.undo.take().expect("an undo list is open");
        live.epoch = undo.epoch;
        let records = undo.words.chunks_exact(live.stride);
        // Backwards, so that what was there first is written last. Records that were added become zero again.
        for (&index, words) in undo.indexes.iter().zip(records).rev() {
            live.get_mut(index, live.drawn()).copy_from_slice(words);
        }
        live.len = undo.len;
        let pages = (undo.len as usize).div_ceil(1 << live.shift);
        live.slots.truncate(pages);
        live.owners.truncate(pages);
        *self = live.move_out();
    }

    /// Writes taken down in the undo list: records, each as often as it was written. None open: 0.
    #[must_use]
    pub fn noted(&self) -> usize {
        self.undo.as_ref().map_or(0, |undo| undo.indexes.len())
    }

    #[inline(always)]
    fn offset(&self, index: u32, grid: impl Grid) -> (usize, usize) {
        debug_assert!(grid.stride() == self.stride && grid.shift() == self.shift);
        if index >= self.len {
            no_such_record(index, self.len);
        }
        let within = index & ((1 << grid.shift()) - 1);
        // The product is a place in a page, far below any bound.
        (
            (index >> grid.shift()) as usize,
            (within as usize).wrapping_mul(grid.stride()),
        )
    }

    /// A record's words.
    ///
    /// # Panics
    /// If there is no such record.
    #[inline(always)]
    #[must_use]
    pub(super) fn get(&self, index: u32, grid: impl Grid) -> &[u64] {
        let (page, offset) = self.offset(index, grid);
        // SAFETY: `index < len`, so the page exists and holds `offset + stride` words, all initialised; nobody writes
        // it while `&self` lives: this side needs `&mut self`, other sides copy before they write.
        unsafe {
            let data = self.slots.get_unchecked(page).data;
            std::slice::from_raw_parts(data.add(offset), grid.stride())
        }
    }

    /// A record's words, to write. Copies the page first if a fork shares it.
    ///
    /// # Panics
    /// If there is no such record.
    #[inline(always)]
    pub(super) fn get_mut(&mut self, index: u32, grid: impl Grid) -> &mut [u64] {
        let (page, offset) = self.offset(index, grid);
        // SAFETY: `index < len`, so the page exists.
        if unsafe { self.slots.get_unchecked(page) }.epoch != self.epoch {
            self.prepare(page, index);
        }
        // SAFETY: as in `get`; the slot now carries the epoch of pages of our own, so the page is ours alone, and
        // `&mut self` keeps every other access of ours away.
        unsafe {
            let data = self.slots.get_unchecked(page).data;
            std::slice::from_raw_parts_mut(data.add(offset), grid.stride())
        }
    }

    /// Makes a page this side's own, and notes the record where an undo list is open.
    #[cold]
    #[inline(never)]
    fn prepare(&mut self, page: usize, index: u32) {
        let epoch = self.owning_epoch();
        if self.slots[page].epoch != epoch {
            self.own(page, epoch);
        }
        if planted(Planted::WriteNotNoted) {
            return;
        }
        if let Some(mut undo) = self.undo.take() {
            undo.indexes.push(index);
            undo.words.extend_from_slice(self.get(index, self.drawn()));
            self.undo = Some(undo);
        }
    }

    /// Makes a page this side's own: by finding that nobody else holds it any more, or by copying it.
    fn own(&mut self, page: usize, epoch: u64) {
        if self.owners.len() <= page {
            self.owners.resize(self.slots.len(), None);
        }
        let own = self.owners[page].as_mut().and_then(Arc::get_mut);
        let data = match own {
            Some(page) => page.words(),
            None => {
                let lines = self.page_lines();
                // SAFETY: `data` points to a whole page, which nobody writes while it is shared or part of an image.
                let copy = unsafe { Page::copy_of(self.slots[page].data, lines) };
                let data = copy.words();
                self.owners[page] = Some(Arc::new(copy));
                data
            }
        };
        self.slots[page] = Slot { data, epoch };
    }

    /// The grid these pages were made with.
    #[inline(always)]
    pub(super) fn drawn(&self) -> Drawn {
        Drawn {
            stride: self.stride,
            shift: self.shift,
            reach: self.reach,
        }
    }

    /// Asks the processor to fetch the first lines of a record. Any index is allowed.
    #[inline(always)]
    pub(super) fn prefetch(&self, index: u32, grid: impl Grid) {
        if index < self.len {
            let (page, offset) = self.offset(index, grid);
            // SAFETY: `index < len`, so the page exists and the record begins in it.
            let first = unsafe { self.slots.get_unchecked(page).data.add(offset) };
            near::line(first);
            if grid.reach() > 0 {
                near::line(first.wrapping_add(grid.reach()));
            }
        }
    }

    /// Asks the processor to fetch the line of one word of a record. Any index and word are allowed.
    #[inline(always)]
    pub(super) fn prefetch_word(&self, index: u32, word: usize, grid: impl Grid) {
        if index < self.len && word < grid.stride() {
            let (page, offset) = self.offset(index, grid);
            // SAFETY: as above, and the word is one of the record's.
            near::line(unsafe { self.slots.get_unchecked(page).data.add(offset + word) });
        }
    }
}

/// A grid known only when pages are made.
#[derive(Clone, Copy)]
pub(super) struct Drawn {
    stride: usize,
    shift: u32,
    reach: usize,
}

// SAFETY: made only by the pages it is of.
unsafe impl Grid for Drawn {
    #[inline(always)]
    fn stride(self) -> usize {
        self.stride
    }

    #[inline(always)]
    fn shift(self) -> u32 {
        self.shift
    }

    #[inline(always)]
    fn reach(self) -> usize {
        self.reach
    }
}

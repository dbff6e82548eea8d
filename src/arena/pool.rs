//! Where pages come from: large anonymous mappings, cut into pages of one size, that are given back to a pool and not
//! to the system.
//!
//! Why not the global allocator: random reads of a large network spend much of their time on address translation, and
//! only mappings that ask for huge pages are spared it. And a page that a dropped fork gave back has been touched, so that
//! the next fork's copies do not fault one by one.

use std::collections::BTreeMap;
use std::ptr::NonNull;

use memmap2::MmapMut;
use parking_lot::Mutex;

use super::ahead;
use crate::base::planted::{Planted, planted};

/// A cache line of eight words: the unit pages are made of.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Line(pub(super) [u64; 8]);

/// The least and the greatest mapping, in bytes. In between, each is a quarter of what pages of its size hold already,
/// so that what is mapped and not yet used stays small beside what is.
const MAPPING_BYTES_MIN: usize = 256 * 1024;
const MAPPING_BYTES_MAX: usize = 64 * 1024 * 1024;
/// A huge page. Mappings of at least one are of whole ones, and ask for them.
pub(super) const HUGE: usize = 2 * 1024 * 1024;

/// Pages of one size. They are cut from chunks, and those from mappings.
#[derive(Default)]
struct Class {
    /// Pages given back; their content is whatever it was.
    free: Vec<Address>,
    /// The chunk that pages are cut from now.
    fresh: Option<Chunk>,
    /// A chunk that has been touched and comes next.
    next: Option<Chunk>,
    /// Whether one is being touched.
    touching: bool,
    /// What no chunk has been taken of in the newest mapping.
    rest: Option<Chunk>,
    /// Bytes mapped so far.
    mapped: usize,
}

/// Mapped memory, all zero, that belongs to nobody else.
struct Chunk {
    at: Address,
    bytes: usize,
}

#[derive(Clone, Copy)]
struct Address(NonNull<Line>);

// SAFETY: an address in the pool belongs to nobody else, and says nothing about who may use it.
unsafe impl Send for Address {}

static POOL: Mutex<BTreeMap<usize, Class>> = Mutex::new(BTreeMap::new());

/// The memory of one page; gives it back when dropped.
pub(super) struct Page {
    at: Address,
    lines: usize,
}

// SAFETY: a page owns its memory alone; through `&Page` nothing is written.
unsafe impl Sync for Page {}

impl Page {
    /// A page of zeros.
    pub(super) fn zeroed(lines: usize) -> Page {
        let (mut page, is_zero) = Page::take(lines);
        if !is_zero && !planted(Planted::PageNotCleared) {
            page.lines_mut().fill(Line([0; 8]));
        }
        page
    }

    /// A page equal to what lies elsewhere.
    ///
    /// # Safety
    /// From `words` on there are so many lines, all initialised, that nobody writes meanwhile.
    pub(super) unsafe fn copy_of(words: *const u64, lines: usize) -> Page {
        let (mut page, _) = Page::take(lines);
        // SAFETY: as the caller says; words are as good as lines, but for where they may begin.
        let from = unsafe { std::slice::from_raw_parts(words.cast::<[u64; 8]>(), lines) };
        let to = page.lines_mut().iter_mut();
        to.zip(from).for_each(|(to, from)| to.0 = *from);
        page
    }

    /// The first word. Whoever writes through it sees to it that nobody else reads or writes meanwhile.
    pub(super) fn words(&self) -> *mut u64 {
        self.at.0.as_ptr().cast()
    }

    fn lines_mut(&mut self) -> &mut [Line] {
        // SAFETY: the page owns `lines` lines from its address on; mapped memory is zero or what was written before.
        unsafe { std::slice::from_raw_parts_mut(self.at.0.as_ptr(), self.lines) }
    }

    /// A page from the pool, and whether it is known to be all zero.
    fn take(lines: usize) -> (Page, bool) {
        let mut pool = POOL.lock();
        let class = pool.entry(lines).or_default();
        let (at, is_zero) = match class.free.pop() {
            Some(at) => (at, false),
            None => (class.cut(lines), true),
        };
        (Page { at, lines }, is_zero)
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let mut pool = POOL.lock();
        pool.entry(self.lines).or_default().free.push(self.at);
    }
}

impl Class {
    /// The next page of the present chunk, or of another one.
    fn cut(&mut self, lines: usize) -> Address {
        let bytes = lines * size_of::<Line>();
        if let Some(page) = self.fresh.as_mut().and_then(|chunk| chunk.take(bytes)) {
            return page.at;
        }
        let mut chunk = self.next.take().unwrap_or_else(|| self.chunk(bytes));
        let page = chunk.take(bytes).expect("a chunk holds a page");
        self.fresh = Some(chunk);
        self.touch_next(lines);
        page.at
    }

    /// Has the chunk that comes next touched meanwhile, where chunks are huge pages.
    fn touch_next(&mut self, lines: usize) {
        if self.touching || self.next.is_some() || self.mapped / 4 < HUGE {
            return;
        }
        ahead::offer(|| {
            self.touching = true;
            let chunk = self.chunk(lines * size_of::<Line>());
            Box::new(move || {
                chunk.touch();
                let mut pool = POOL.lock();
                let class = pool.entry(lines).or_default();
                class.next = Some(chunk);
                class.touching = false;
            })
        });
    }

    /// A chunk that nobody has touched, of the newest mapping or of a new one.
    fn chunk(&mut self, page_bytes: usize) -> Chunk {
        let mut rest = match self.rest.take() {
            Some(rest) => rest,
            None => self.map(page_bytes),
        };
        match rest.take(HUGE) {
            Some(chunk) => {
                self.rest = Some(rest).filter(|rest| rest.bytes > 0);
                chunk
            }
            None => rest,
        }
    }

    /// A new mapping, for pages of so many bytes.
    ///
    /// # Panics
    /// If the system has no memory left, as every allocation does.
    fn map(&mut self, page_bytes: usize) -> Chunk {
        let wanted = (self.mapped / 4).clamp(MAPPING_BYTES_MIN, MAPPING_BYTES_MAX);
        let bytes = match wanted >= HUGE {
            true => wanted.next_multiple_of(HUGE),
            false => wanted.max(page_bytes),
        };
        let mut mapping = MmapMut::map_anon(bytes).expect("no memory left for pages");
        if bytes >= HUGE {
            // Where the system has none, ordinary pages do as well, only slower.
            drop(mapping.advise(memmap2::Advice::HugePage));
        }
        self.mapped += bytes;
        let at = NonNull::new(mapping.as_mut_ptr().cast()).expect("a mapping has an address");
        // Pages live as long as the process: they go back to the pool.
        std::mem::forget(mapping);
        Chunk {
            at: Address(at),
            bytes,
        }
    }
}

impl Chunk {
    /// Takes so many bytes off its beginning, if it has them.
    fn take(&mut self, bytes: usize) -> Option<Chunk> {
        let at = self.at;
        self.bytes = self.bytes.checked_sub(bytes)?;
        // SAFETY: the chunk had `bytes` bytes, so what is left begins inside the mapping or right at its end.
        self.at = Address(unsafe { at.0.byte_add(bytes) });
        Some(Chunk { at, bytes })
    }

    /// Writes to every page of the system's, so that each is there when it is needed.
    fn touch(&self) {
        const SYSTEM_PAGE: usize = 4096;
        for from in (0..self.bytes).step_by(SYSTEM_PAGE) {
            // SAFETY: the chunk is mapped, zero, and nobody else's.
            unsafe { self.at.0.byte_add(from).cast::<u8>().write_volatile(0) };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    #[test]
    fn pages_are_apart_zero_when_asked_for_and_used_again() {
        // A size of its own, so that other tests do not take from the same class.
        const LINES: usize = 77;
        let fill = |page: &mut Page, value: u64| page.lines_mut().fill(Line([value; 8]));
        let mut pages: Vec<Page> = (0..200).map(|_| Page::zeroed(LINES)).collect();
        for (page, value) in pages.iter_mut().zip(1..) {
            assert!(page.lines_mut().iter().all(|line| line.0 == [0; 8]));
            fill(page, value);
        }
        for (page, value) in pages.iter_mut().zip(1..) {
            assert!(page.lines_mut().iter().all(|line| line.0 == [value; 8]));
        }
        // SAFETY: the page holds as many lines and nobody writes it.
        let mut copy = unsafe { Page::copy_of(pages[7].words(), pages[7].lines) };
        fill(&mut pages[7], 1_000);
        assert!(copy.lines_mut().iter().all(|line| line.0 == [8; 8]));
        let held: Vec<usize> = pages.iter().map(|page| page.words() as usize).collect();
        drop(pages);
        let mut again = Page::zeroed(LINES);
        assert!(held.contains(&(again.words() as usize)));
        assert!(again.lines_mut().iter().all(|line| line.0 == [0; 8]));
    }

    #[test]
    fn memory_is_touched_ahead_and_pages_stay_apart_and_zero() {
        const LINES: usize = 79;
        let stopping = AtomicBool::new(false);
        let written = crossbeam::thread::scope(|scope| {
            scope.spawn(|_| ahead::work(&stopping));
            let mut pages: Vec<Page> = Vec::new();
            let mut write = || {
                let mut page = Page::zeroed(LINES);
                assert!(page.lines_mut().iter().all(|line| line.0 == [0; 8]));
                page.lines_mut().fill(Line([pages.len() as u64; 8]));
                pages.push(page);
                pages.len() * LINES * size_of::<Line>()
            };
            // So much that chunks are huge pages, then until one has come from the thread, then beyond it.
            while write() < 8 * HUGE || POOL.lock()[&LINES].next.is_none() {}
            for _ in 0..2 * HUGE / (LINES * size_of::<Line>()) {
                write();
            }
            ahead::stop(&stopping);
            pages
        });
        let pages = written.expect("the thread ends when told");
        for (mut page, value) in pages.into_iter().zip(0..) {
            assert!(page.lines_mut().iter().all(|line| line.0 == [value; 8]));
        }
    }
}

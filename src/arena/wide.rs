//! Large allocations on the system's huge pages.
//!
//! A pass over everybody reads columns of tens of megabytes at random: on pages of 4 KiB nearly every read asks for an address
//! translation that no cache holds any more.

use std::alloc::{GlobalAlloc, Layout, System};

use crate::arena::pool::HUGE;

/// The system's allocator, which is asked for huge pages wherever an allocation holds some.
pub struct Wide;

/// Allocations from here on hold at least one huge page, wherever they begin.
const LEAST: usize = 2 * HUGE;

/// Asks for huge pages below an allocation; where the system has none, ordinary ones do as well, only slower.
fn widen(at: *mut u8, bytes: usize) {
    if bytes < LEAST || at.is_null() {
        return;
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::mm::{Advice, madvise};
        let (from, behind) = (at.addr().next_multiple_of(HUGE), at.addr() + bytes);
        let whole = (behind - from) / HUGE * HUGE;
        // SAFETY: the range lies within the allocation, and the advice changes nothing that a program can see.
        let _ = unsafe { madvise(at.with_addr(from).cast(), whole, Advice::LinuxHugepage) };
    }
}

// SAFETY: all memory is the system allocator's, handed through as it is.
unsafe impl GlobalAlloc for Wide {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that the system's allocator asks for.
        let at = unsafe { System.alloc(layout) };
        widen(at, layout.size());
        at
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        let at = unsafe { System.alloc_zeroed(layout) };
        widen(at, layout.size());
        at
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        // SAFETY: as above.
        let at = unsafe { System.realloc(at, layout, bytes) };
        widen(at, bytes);
        at
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) };
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_allocated_large_holds_what_is_written() {
        let mut numbers = vec![0u64; 1 << 20];
        assert!(numbers.iter().all(|&number| number == 0));
        for (number, at) in numbers.iter_mut().zip(0..) {
            *number = at;
        }
        for more in 1 << 20..3 << 20 {
            numbers.push(more);
        }
        assert!((0..).zip(&numbers).all(|(at, &number)| at == number));
    }
}

//! Asking for memory before it is needed.

/// Asks the processor to fetch all of a value, line by line.
#[inline(always)]
pub fn fetch<T>(value: &T) {
    for at in 0..size_of::<T>().div_ceil(64) {
        line(std::ptr::from_ref(value).cast::<u8>().wrapping_add(64 * at));
    }
}

/// Asks the processor to fetch the line that holds an address.
#[inline(always)]
pub(super) fn line<T>(at: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch reads nothing that a program can see, wherever it points.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(at.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
}

//! Asking for memory before it is needed.

/// Asks the processor to fetch all of a value, line by line.
#[inline(always)]
pub fn fetch<T>(value: &T) {
    #[cfg(target_arch = "x86_64")]
    for line in 0..size_of::<T>().div_ceil(64) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch reads nothing that a program can see, wherever it points.
        unsafe {
            let at = std::ptr::from_ref(value)
                .cast::<i8>()
                .wrapping_add(64 * line);
            _mm_prefetch::<_MM_HINT_T0>(at);
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = value;
}

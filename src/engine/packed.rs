//! Whole numbers in five or six bytes, little-endian: sequences, text offsets and instants inside records.

use crate::base::time::Time;

/// Five bytes: up to 2^40 - 1.
pub(crate) type U40 = [u8; 5];
/// Six bytes: up to 2^48 - 1, which holds every instant a command may carry.
pub(crate) type U48 = [u8; 6];

/// Packs a number below 2^40.
pub(crate) fn pack40(value: u64) -> U40 {
    assert!(value < 1 << 40, "a sequence or offset beyond 2^40");
    let [a, b, c, d, e, ..] = value.to_le_bytes();
    [a, b, c, d, e]
}

/// Reads what [`pack40`] wrote.
pub(crate) fn unpack40([a, b, c, d, e]: U40) -> u64 {
    u64::from_le_bytes([a, b, c, d, e, 0, 0, 0])
}

/// Packs an instant; those outside what a command may carry are held at the nearer end.
pub(crate) fn pack_time(time: Time) -> U48 {
    let held = time.0.clamp(Time::MIN.0, Time::MAX.0) as u64;
    let [a, b, c, d, e, f, ..] = held.to_le_bytes();
    [a, b, c, d, e, f]
}

/// Reads what [`pack_time`] wrote.
pub(crate) fn unpack_time([a, b, c, d, e, f]: U48) -> Time {
    Time(i64::from_le_bytes([a, b, c, d, e, f, 0, 0]))
}

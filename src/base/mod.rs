//! The ground floor: ids, exact numbers, time, bytes, limits. Knows nothing above it and does no input or output.

pub mod after_close;
pub mod bytes;
pub mod ids;
pub mod limits;
pub mod money;
pub mod number;
pub mod path;
pub mod planted;
pub mod time;
pub mod volumes;

//! Bucket kernels: how a seat maps what it receives to what it hands on.
//!
//! A seat receives a vector of volumes by bucket (bucket 0 is level 1) from its children, maps bucket to bucket, and
//! adds what entered at itself in bucket 0: `outflow = M(inflow) + entered`. Such maps compose, so a run of seats is
//! itself one map and one vector. One rule a kernel says which map a seat has; the table below is all there is.

pub mod map;

use crate::book::rules::KernelRule;
use map::Map;

/// The map of a seat under a rule.
#[must_use]
pub fn map_of(rule: KernelRule, buckets: usize, active: bool) -> Map {
    match rule {
        KernelRule::EachLevel => Map::shift(buckets),
        KernelRule::SkipInactive if active => Map::shift(buckets),
        KernelRule::SkipInactive => Map::identity(buckets),
    }
}

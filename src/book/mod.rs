//! Kept figures of a period: sums, counts, thresholds, kernels.

pub mod forest;
pub mod rules;

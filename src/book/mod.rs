//! Kept figures of a period: sums, counts, thresholds, kernels.
//!
//! Owns every figure that stands beside a seat and keeps it right as volume enters, seats come and go, and standings
//! change. Must not know ids, orders, calendars or commands: periods are numbers that roll.
//!
//! Figures on a chain are not in the seat records but in the chain's blocks: each cell holds what entered at its seat or
//! came from children off the chain, so a seat's group is the sum of its cell and all below. An order then
//! changes one cell and its few summaries, not the records of a hundred thousand ancestors.

pub mod carry;
pub mod chain;
pub mod climb;
pub mod forest;
pub mod grove;
pub mod judge;
pub mod kernel;
pub mod ladder;
pub mod post;
pub mod read;
pub mod redraw;
pub mod rules;
pub mod shift;

//! Seats and walks: links, legs, placement, moves, chains.
//!
//! Owns who stands where in each tree, and how to get from a seat to the seats above it quickly: a run of more than
//! about 128 plain ancestors becomes a *chain*, a balanced tree of blocks that is climbed in logarithmic time. Must
//! not know what the figures in a record mean; those are the book's.
//!
//! Why chains only on long runs: in shallow trees, sixteen walks in lockstep beat every clever structure by far; only
//! placement trees with power legs grow runs of thousands, and there a chain makes depth free.
//! Why a balanced tree of blocks per chain rather than an array: an array must be copied when a move cuts it, so it
//! would have to be short, and a line of a million would then be hundreds of chains; here a cut splits one path of blocks.

pub mod blocks;
pub mod layout;
pub mod links;
pub mod rules;
pub mod seats;
pub mod walk;

//! Seats and walks: links, legs, placement, moves, chains.

pub mod rules;

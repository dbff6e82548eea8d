//! Memory: fixed-layout records in pages that can be forked.
//!
//! Owns pages and who may write them. Must not know what a record means, and does no input or output. The only room
//! with `unsafe`: each block says why it holds.
//!
//! Why pages and not one vector: a vector doubles memory and copies gigabytes at the wrong moment, and a fork of it is
//! a copy. Why an epoch beside each page and not a reference count alone: the count lies in the page, so asking it on
//! each write would miss the cache once more.

pub mod ahead;
pub mod column;
pub mod image;
mod lines;
pub mod near;
pub mod pages;
mod pool;
pub mod wide;
pub mod words;

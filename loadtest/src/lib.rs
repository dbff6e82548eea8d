//! Networks of any size and shape, and traffic for an Arborline server.
//!
//! The generators are plain functions of a seed, so that benches and tests elsewhere can use the very same networks:
//! [`enrollers::enroller_tree`] and [`legs::binary_tree`]. Nothing here knows how the server works inside.

pub mod distribution;
pub mod enrollers;
pub mod generate;
pub mod legs;
pub mod names;
pub mod network;
pub mod orders;
pub mod random;
pub mod real;
pub mod run;

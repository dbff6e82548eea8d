//! Each view on small networks made by hand, against what a client reads.

mod lines;
mod moves;
mod paging;
mod people;
mod verifying;
mod world;

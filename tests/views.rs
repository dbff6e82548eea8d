//! Each view on small networks made by hand, against what a client reads.

mod verifying;
mod world;

//! Bucket kernels: how a seat maps what it receives to what it hands on.

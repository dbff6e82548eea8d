//! Runtime: threads, clock, the order of durability, locks, feeds.

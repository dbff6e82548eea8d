//! Verification: every kept figure recomputed from members, seats and orders in plain passes.

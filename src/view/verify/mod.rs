//! Verification: every kept figure recomputed from members, seats and orders in plain passes.
//!
//! Shares no code with what keeps the figures: it reads raw links and figures through accessors, and imports neither
//! walks nor writers. Runs on a fork beside the writer. A pass reads each tree's links once into plain arrays, orders
//! the seats so that children come before parents, and hands sums, counts and vectors up along that order.
//!
//! | file | what |
//! |---|---|
//! | `check` | the whole of it |
//! | [`report`] | what was found |
//! | `links` | one tree as arrays, and whether it is a tree |
//! | `sold` | what entered each book, from orders |
//! | `figures` | own, group, counts, ladders, vectors |
//! | `served` | what customers bought, where the right to enrol asks for it |
//! | `standing` | who counts, who is active |
//! | `registry` | ids, seats of members, lists of orders |

pub mod check;
mod figures;
mod links;
mod registry;
pub mod report;
mod served;
mod sold;
mod standing;

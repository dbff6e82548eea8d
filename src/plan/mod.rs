//! Plans: who earns what, worked out from a period's book. This table lists the kinds of components.
//!
//! Pure readers of a [`book`]: they know no engine, no disk and no time. A plan set is data ([`set`]); a [`pass`] works
//! it out for everybody in one go, ladders first, then each component in the order of the set.
//!
//! To add a kind: a file here, a row in [`KINDS`], its table of examples in the tests. Nothing else changes: documents are
//! read, checked and described by its [`setting`]s.
//!
//! | file | what |
//! |---|---|
//! | [`set`], [`setting`], [`component`] | a plan set as data; settings as data; what a component is |
//! | [`book`] | what is read |
//! | [`pass`] | one period worked out |
//! | [`links`], [`flow`] | a tree as arrays; vectors handed up it |
//! | `ranks`, `enrolled`, `legs` | ladders judged |
//! | `levels`, `generations`, `schedule`, `shared` | what several kinds share |
//! | the others | a kind each |

use component::Kind;

pub mod book;
pub mod component;
mod differential;
mod enrolled;
mod flow;
mod generation;
mod generations;
mod legs;
mod levels;
pub mod links;
pub mod matching;
pub mod pass;
mod personal;
mod pool;
pub mod ranks;
mod schedule;
pub mod set;
pub mod setting;
mod shared;
mod unilevel;

/// Every kind of component.
pub const KINDS: &[&Kind] = &[
    &personal::KIND,
    &unilevel::KIND,
    &generation::KIND,
    &differential::KIND,
    &matching::KIND,
    &pool::KIND,
];

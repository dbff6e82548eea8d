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
//! | [`set`], [`ladder`], [`setting`] | a plan set, its ladders and the settings of components, as data |
//! | [`component`], [`part`] | what a component is; amounts in parts |
//! | [`book`], [`columns`] | what is read, and the same as columns |
//! | [`entry`], [`derived`], `sieved` | what entered piece by piece, and kinds of volume that take only some of it |
//! | `spared`, [`clawback`] | what late refunds are kept from, and what they take back |
//! | [`pass`], [`hands`] | one period worked out, and who does it |
//! | [`extent`], [`excerpt`] | how much of a book one member is worked out from, and that part of it |
//! | [`run`] | a pass as lines of money and balances |
//! | [`standing`] | what a period hands on to the next one |
//! | [`links`], `flow` | a tree as arrays; vectors handed up it |
//! | `ranks`, `enrolled`, `legs` | ladders judged |
//! | [`course`], `opening` | an amount opened down to orders |
//! | [`ways`], `ways_volume` | the cheapest ways to a rank |
//! | `levels`, `generations`, `schedule`, `shared` | what several kinds share |
//! | [`places`], `posted` | pay by level as of the order |
//! | `cycles` | cycles of a binary tree, counted |
//! | the others | a kind each |

use component::Kind;

mod advancement;
mod binary;
pub mod book;
pub mod clawback;
pub mod columns;
pub mod component;
pub mod course;
mod customer;
mod cycles;
pub mod derived;
mod differential;
mod enrolled;
pub mod entry;
pub mod excerpt;
pub mod extent;
mod fast_start;
mod few;
mod flow;
mod generation;
mod generations;
pub mod hands;
pub mod ladder;
mod legs;
mod levels;
pub mod links;
pub mod matching;
mod opening;
pub mod part;
pub mod pass;
mod personal;
pub mod places;
mod pool;
mod posted;
pub mod ranks;
mod retail;
pub mod run;
mod schedule;
pub mod set;
pub mod setting;
pub mod shared;
mod sieved;
mod spared;
pub mod standing;
pub mod tasks;
mod unilevel;
pub mod ways;
mod ways_volume;

/// Every kind of component.
pub const KINDS: &[&Kind] = &[
    &personal::KIND,
    &unilevel::KIND,
    &generation::KIND,
    &differential::KIND,
    &matching::KIND,
    &pool::KIND,
    &binary::KIND,
    &advancement::KIND,
    &fast_start::KIND,
    &customer::KIND,
    &retail::KIND,
];

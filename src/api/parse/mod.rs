//! Requests to commands: shape only, no state beyond the names of the rules. One file a noun; `event` holds the table.
//!
//! Why not derived types for the bodies: a refusal must name the field by its path with what was given and what is
//! allowed, keys that stand twice and numbers where strings are asked are mistakes, and serde's messages say none of
//! this in a form a program can read. The one place where derived types pay is the plain order, in `hot`.

pub mod document;
pub mod event;
pub mod fields;
pub mod hot;
pub mod json;
pub mod kind;
pub mod lines;
pub mod member;
pub mod names;
pub mod order;
pub mod period;
pub mod plan;
pub mod qualify;
pub mod query;
pub mod token;
pub mod tree;

//! Arborline: an in-memory genealogy server.
//!
//! A deterministic machine fed by a log. Figures are kept, not computed, and every kept figure has a naive twin that
//! recomputes it. Rooms, from the ground up; a room imports only those above it in this list:
//!
//! - [`base`] - ids, exact numbers, time, bytes, limits
//! - [`arena`] - pages in memory; [`store`] - bytes on disk (stands on `base` alone)
//! - [`tree`] - seats and walks
//! - [`book`] - kept figures of a period
//! - [`engine`] - facts, commands, periods
//! - [`plan`] - compensation plans: who earns what, from a book; a stranger to the engine
//! - [`document`] - network documents and calendars, compiled to rules
//! - [`view`] - what follows from the kept figures
//! - [`runtime`] - threads, clock, order of durability
//! - [`api`] - HTTP
//! - [`cli`] - commands, settings

pub mod api;
pub mod arena;
pub mod base;
pub mod book;
pub mod cli;
pub mod document;
pub mod engine;
pub mod plan;
pub mod runtime;
pub mod store;
pub mod tree;
pub mod view;

#[global_allocator]
static ALLOCATOR: arena::wide::Wide = arena::wide::Wide;

//! Documents: the network document and its calendars, read from TOML and compiled to rules the log carries; and plan
//! documents, compiled to plan sets.
//!
//! Owns the words of the document, its checks and the expansion of calendars in the company's time zone. Must not know
//! disk, log, clock or state: what it makes is a function of the document's text, the zone table compiled in, and a
//! horizon handed in.
//!
//! - [`problem`]: what is wrong with a document, by line and field
//! - [`reader`]: TOML read with lines kept
//! - [`names`]: names and references to them
//! - [`network`]: the document as a whole; [`trees`], [`periods`]: its two lists; [`enrolment`]: who may enrol
//! - [`change`]: a document told later, and what it must go on with
//! - [`calendar`]: period types expanded to instants and labels
//! - [`plan`]: plan documents
//! - [`sample`]: a commented document to start from

pub mod calendar;
pub mod change;
pub mod enrolment;
pub mod names;
pub mod network;
pub mod periods;
pub mod plan;
pub mod problem;
pub mod reader;
pub mod sample;
pub mod trees;

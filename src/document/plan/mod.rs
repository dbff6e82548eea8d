//! Plan documents: ladders, plans and their components, read from TOML and checked against the network they are for.
//!
//! The settings of components are read by the forms that their kinds tell; a new kind needs no code here.
//!
//! - [`set`]: the document as a whole; [`ladder`], [`needs`], [`component`], [`settings`]: its parts
//! - [`currency`]: its currency, and what that is worth in others
//! - [`known`]: what its names can stand for
//! - [`warnings`]: what is right and yet hardly meant
//! - [`sample`], [`pages`]: documents to start from, and the plan book

pub mod component;
pub mod currency;
pub mod known;
pub mod ladder;
pub mod needs;
pub mod pages;
pub mod sample;
pub mod set;
pub mod settings;
pub mod warnings;

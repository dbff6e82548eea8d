//! Plans worked out twice: by the pass over a book, and again from the definitions on the plain model of the network.
//!
//! What the twin computes shares no code with the rooms that pay; it knows of a plan only what a document says.

mod by_hand;
mod crossed;
mod deals;
mod draw;
mod draw_kinds;
mod histories;
mod known;
mod naive;
mod needs;
mod opened;
mod pays;
mod pieces;
pub(crate) mod plan;
mod posted;
mod present;
mod reversals;
mod reversed;
mod sight;
mod sorts;
mod standing;
mod tasks;
mod ways;
mod written;
mod written_kinds;

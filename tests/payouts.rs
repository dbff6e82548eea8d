//! Plans worked out twice: by the pass over a book, and again from the definitions on the plain model of the network.
//!
//! What the twin computes shares no code with the rooms that pay; it knows of a plan only what a document says.

mod draw;
mod histories;
mod naive;
mod needs;
mod pays;
mod plan;
mod sight;
mod standing;
mod written;

//! Views: what follows from the kept figures, one file a question.

pub mod verify;

//! Two things done the other way round.

use arborline::plan::hands::Hands;

/// Does the second thing first: what comes of two must not hang on which is done when.
pub(super) struct Crossed;

impl Hands for Crossed {
    fn do_both(&self, one: &mut (dyn FnMut() + Send), other: &mut (dyn FnMut() + Send)) {
        other();
        one();
    }
}

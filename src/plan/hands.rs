//! Two things done side by side, where whoever works a period out has hands for both. Rooms below know no threads; what
//! comes of it is the same either way.

/// Whoever does two things.
pub trait Hands: Sync {
    /// Does both, in any order or at once, and comes back when both are done.
    fn do_both(&self, one: &mut (dyn FnMut() + Send), other: &mut (dyn FnMut() + Send));
}

/// Does one thing after the other: for what takes less time than a second pair of hands to call.
#[derive(Debug, Clone, Copy)]
pub struct Alone;

impl Hands for Alone {
    fn do_both(&self, one: &mut (dyn FnMut() + Send), other: &mut (dyn FnMut() + Send)) {
        one();
        other();
    }
}

/// What two things come to.
pub(super) fn both<A: Send, B: Send>(
    hands: &dyn Hands,
    one: impl FnOnce() -> A + Send,
    other: impl FnOnce() -> B + Send,
) -> (A, B) {
    let (mut one, mut other) = (Some(one), Some(other));
    let (mut first, mut second) = (None, None);
    hands.do_both(&mut || first = one.take().map(|one| one()), &mut || {
        second = other.take().map(|other| other())
    });
    first.zip(second).expect("both are done once")
}

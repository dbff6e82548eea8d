//! Who may see whom: a member sees himself and his downline, decided at the state the answer is read from.

use crate::base::ids::{ENROLLER_TREE, Member, Seat};
use crate::engine::state::State;
use crate::view::error::ViewError;
use crate::view::lens::Lens;

/// Whether the member with id `viewer` may see the one with id `subject`. False for ids that do not exist, so that
/// outside and non-existent look the same; an unknown tree is told.
///
/// # Errors
/// No network yet, or an unknown tree.
///
/// # Cost
/// As [`may_see`].
pub fn may_see_ids(
    state: &State,
    viewer: &str,
    subject: &str,
    tree: Option<&str>,
) -> Result<bool, ViewError> {
    let lens = Lens::new(state)?;
    let tree = tree.map(|name| lens.tree(name)).transpose()?;
    let found = lens
        .member(viewer, "member")
        .and_then(|viewer| Ok((viewer, lens.member(subject, "member")?)));
    Ok(found.is_ok_and(|(viewer, subject)| may_see(&lens, viewer, subject, tree)))
}

/// Whether `viewer` may see `subject`: himself, or somebody below him in the enroller tree or in `tree`.
///
/// # Cost
/// O(hops) for each pair of places they have in the tree.
#[must_use]
pub fn may_see(lens: &Lens<'_>, viewer: Member, subject: Member, tree: Option<usize>) -> bool {
    viewer == subject
        || is_below(lens, ENROLLER_TREE, viewer, subject)
        || tree.is_some_and(|tree| is_below(lens, tree, viewer, subject))
}

/// Whether one of `viewer`'s places in the tree stands above one of `subject`'s.
fn is_below(lens: &Lens<'_>, tree: usize, viewer: Member, subject: Member) -> bool {
    let below: Vec<Seat> = lens
        .seats_of_member(tree, subject)
        .into_iter()
        .map(|(_, seat)| seat)
        .collect();
    lens.seats_of_member(tree, viewer)
        .into_iter()
        .any(|(_, above)| {
            below
                .iter()
                .any(|&seat| lens.forest().is_above(tree, above, seat))
        })
}

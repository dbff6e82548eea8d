//! Where the next newcomer would stand.

use serde::Serialize;
use utoipa::ToSchema;

use crate::engine::placing;
use crate::engine::state::State;
use crate::tree::rules::Policy;
use crate::view::error::ViewError;
use crate::view::lens::Lens;
use crate::view::network;
use crate::view::shape::Place;

/// The next free place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OpenPosition {
    /// Name of the tree.
    pub tree: String,
    /// Below whom it was looked for.
    pub under: String,
    /// The policy that chose it.
    pub policy: String,
    /// Whom the newcomer would hang below; none if he would wait.
    pub parent: Option<Place>,
    /// The leg, from 1; none where legs are not numbered.
    pub leg: Option<u8>,
    /// Whether he would wait in the holding tank.
    pub waits: bool,
}

/// Where a newcomer enrolled by `under` would stand now, by `policy` or by the tree's own; to place him there, name that
/// place, for a later newcomer may take it first. Below somebody without a place in the tree the newcomer would wait.
///
/// # Errors
/// Unknown names.
///
/// # Cost
/// As the policy's own: O(hops), or O(log n) for level by level.
pub fn find(
    state: &State,
    tree: &str,
    under: &str,
    policy: Option<Policy>,
) -> Result<OpenPosition, ViewError> {
    let lens = Lens::new(state)?;
    let tree = lens.tree(tree)?;
    let enroller = lens.member(under, "under")?;
    let policy = policy.unwrap_or(lens.rules.trees[tree].placement);
    let start = lens
        .seat(tree, enroller, 1)
        .filter(|&seat| !lens.forest().is_waiting(tree, seat));
    let found = start.and_then(|start| placing::find_position(state, tree, start, policy));
    let leg = found.map_or(0, |(_, leg)| leg);
    Ok(OpenPosition {
        tree: lens.tree_name(tree),
        under: under.to_owned(),
        policy: network::policy_name(policy).to_owned(),
        parent: found.map(|(parent, _)| lens.place(tree, parent)),
        leg: (leg > 0).then_some(leg),
        waits: found.is_none(),
    })
}

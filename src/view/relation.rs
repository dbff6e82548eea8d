//! How two members stand to each other in a tree.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::engine::state::State;
use crate::view::error::ViewError;
use crate::view::lens::Lens;
use crate::view::shape::Place;

/// Which two.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct RelationQuery {
    /// The one.
    pub a: String,
    /// The other.
    pub b: String,
    /// Which of `a`'s places, 1 by default.
    pub a_centre: Option<u16>,
    /// Which of `b`'s places, 1 by default.
    pub b_centre: Option<u16>,
}

/// Who stands above whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Above {
    /// `a` stands above `b`.
    A,
    /// `b` stands above `a`.
    B,
    /// They are the same position.
    Same,
    /// Neither stands above the other.
    Neither,
}

/// How two positions stand to each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Relation {
    /// Name of the tree.
    pub tree: String,
    /// The one.
    pub a: Place,
    /// The other.
    pub b: Place,
    /// Who stands above whom.
    pub above: Above,
    /// Steps from one to the other through the nearest common ancestor; none without one.
    pub distance: Option<u32>,
    /// The nearest position that is, or stands above, both; none where they hang under different roots.
    pub nearest_common: Option<Place>,
    /// Steps from `a` up to it.
    pub a_levels: Option<u32>,
    /// Steps from `b` up to it.
    pub b_levels: Option<u32>,
}

/// The relation of two members in the tree named `tree`.
///
/// # Errors
/// Unknown names, or a member without a place in the tree.
///
/// # Cost
/// O(hops), which deep legs keep few.
pub fn between(state: &State, tree: &str, asked: &RelationQuery) -> Result<Relation, ViewError> {
    let lens = Lens::new(state)?;
    let tree = lens.tree(tree)?;
    let a = lens.seat_named(tree, &asked.a, asked.a_centre, "a")?;
    let b = lens.seat_named(tree, &asked.b, asked.b_centre, "b")?;
    let forest = lens.forest();
    let common = forest.nearest_common(tree, a, b);
    let levels = common.map(|common| {
        let depth = forest.depth(tree, common);
        (forest.depth(tree, a) - depth, forest.depth(tree, b) - depth)
    });
    let above = match levels {
        Some((0, 0)) => Above::Same,
        Some((0, _)) => Above::A,
        Some((_, 0)) => Above::B,
        _ => Above::Neither,
    };
    Ok(Relation {
        tree: lens.tree_name(tree),
        a: lens.place(tree, a),
        b: lens.place(tree, b),
        above,
        distance: levels.map(|(a, b)| a + b),
        nearest_common: common.map(|seat| lens.place(tree, seat)),
        a_levels: levels.map(|(a, _)| a),
        b_levels: levels.map(|(_, b)| b),
    })
}

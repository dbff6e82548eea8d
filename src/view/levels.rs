//! A downline level by level: how many stand there and what they sold.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::base::ids::Seat;
use crate::base::limits::KINDS_MAX;
use crate::engine::state::State;
use crate::view::budget::Budget;
use crate::view::downline;
use crate::view::error::ViewError;
use crate::view::lens::Lens;
use crate::view::shape::{ByKind, Place};

/// Levels shown when none are asked for.
pub const LEVELS_DEFAULT: u32 = 10;
/// Levels shown at most.
pub const LEVELS_MAX: u32 = 1_000;

/// What to show of the levels.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct LevelsQuery {
    /// Name of the tree; the enroller tree by default.
    pub tree: Option<String>,
    /// Which of the member's places, 1 by default.
    pub centre: Option<u16>,
    /// Levels, 1 to 1,000; 10 by default.
    pub levels: Option<u32>,
    /// Period type of the volumes; the activity rule's by default.
    pub period_type: Option<String>,
}

/// One level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Level {
    /// 1 for the children.
    pub level: u32,
    /// Members who stand there.
    pub members: u32,
    /// Active members there.
    pub active: u32,
    /// What was sold there, customers of the level above included where the tree puts them one level down.
    pub volumes: ByKind,
}

/// What stands below the last level shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Beyond {
    /// Members there.
    pub members: u32,
    /// Active members there.
    pub active: u32,
    /// What was sold there.
    pub volumes: ByKind,
}

/// A downline by level. Own volume, the levels and what lies beyond add up to the group volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Levels {
    /// Name of the tree.
    pub tree: String,
    /// Whose downline.
    pub of: Place,
    /// From the children down; ends with the downline.
    pub levels: Vec<Level>,
    /// What is not shown.
    pub beyond: Beyond,
}

/// Counts and volumes added up.
#[derive(Default)]
struct Sum {
    members: u32,
    active: u32,
    volumes: [i64; KINDS_MAX],
}

/// Count and volume of each level below `member`.
///
/// # Errors
/// Unknown names, a member without a place in the tree, or [`ViewError::TooLarge`].
///
/// # Cost
/// A step for each position on the levels shown, and for each child of the last one.
pub fn of(
    state: &State,
    member: &str,
    asked: &LevelsQuery,
    budget: &mut Budget,
) -> Result<Levels, ViewError> {
    let lens = Lens::new(state)?;
    let tree = lens.tree_or_enroller(asked.tree.as_deref())?;
    let period = lens.period_type(asked.period_type.as_deref())?;
    let depth = asked.levels.unwrap_or(LEVELS_DEFAULT);
    if depth == 0 || depth > LEVELS_MAX {
        return Err(ViewError::BadValue {
            field: "levels",
            given: depth.to_string(),
            allowed: format!("1 to {LEVELS_MAX}"),
        });
    }
    let top = lens.seat_of(tree, member, asked.centre)?;
    let forest = lens.forest();
    let kinds = lens.rules.kinds.len();
    let mut rest = Sum {
        members: forest.downline(tree, top),
        active: forest.active_downline(tree, top),
        volumes: [0; KINDS_MAX],
    };
    for kind in 0..kinds {
        rest.volumes[kind] =
            forest.group(tree, top, period, kind) - forest.own(tree, top, period, kind);
    }
    let mut levels = Vec::new();
    let mut line = vec![top];
    while levels.len() < depth as usize {
        let below = downline::next_line(&lens, tree, &line, budget)?;
        let mut sum = own_sum(&lens, tree, &below, period);
        add_from_above(&lens, tree, &line, &below, period, &mut sum);
        if below.is_empty() && sum.volumes == [0; KINDS_MAX] {
            break;
        }
        rest.members -= sum.members;
        rest.active -= sum.active;
        for kind in 0..kinds {
            rest.volumes[kind] -= sum.volumes[kind];
        }
        levels.push(Level {
            level: levels.len() as u32 + 1,
            members: sum.members,
            active: sum.active,
            volumes: lens.by_kind(|kind| sum.volumes[kind]),
        });
        line = below;
    }
    Ok(Levels {
        tree: lens.tree_name(tree),
        of: lens.place(tree, top),
        levels,
        beyond: Beyond {
            members: rest.members,
            active: rest.active,
            volumes: lens.by_kind(|kind| rest.volumes[kind]),
        },
    })
}

/// Who is counted in a line and what he sold himself.
fn own_sum(lens: &Lens<'_>, tree: usize, line: &[Seat], period: usize) -> Sum {
    let forest = lens.forest();
    let mut sum = Sum::default();
    for &seat in line {
        let standing = forest.standing(tree, seat);
        sum.members += u32::from(standing.counted);
        sum.active += u32::from(standing.active);
        for kind in 0..lens.rules.kinds.len() {
            sum.volumes[kind] += forest.own(tree, seat, period, kind);
        }
    }
    sum
}

/// Adds what entered at the line above without being anybody's own volume there: it counts one level down.
fn add_from_above(
    lens: &Lens<'_>,
    tree: usize,
    above: &[Seat],
    below: &[Seat],
    period: usize,
    sum: &mut Sum,
) {
    let forest = lens.forest();
    for kind in 0..lens.rules.kinds.len() {
        let own_and_below: i64 = above
            .iter()
            .map(|&seat| {
                forest.group(tree, seat, period, kind) - forest.own(tree, seat, period, kind)
            })
            .sum();
        let of_children: i64 = below
            .iter()
            .map(|&seat| forest.group(tree, seat, period, kind))
            .sum();
        sum.volumes[kind] += own_and_below - of_children;
    }
}

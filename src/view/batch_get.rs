//! Chosen figures of many members in one call.

use serde::Serialize;
use utoipa::ToSchema;

use crate::base::ids::Member;
use crate::base::time::Time;
use crate::book::forest::Forest;
use crate::engine::member::{MemberKind, Status};
use crate::engine::state::State;
use crate::view::era::{self, Era};
use crate::view::error::ViewError;
use crate::view::lens::Lens;
use crate::view::shape::{ByKind, Place};

/// Members of one call at most.
pub const MEMBERS_MAX: usize = 1_000;

/// Whom and what.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchGetQuery {
    /// Member ids, at most 1,000.
    pub members: Vec<String>,
    /// The figures wanted, at most 11.
    pub figures: Vec<Figure>,
    /// Name of the tree of place and counts; the enroller tree by default.
    pub tree: Option<String>,
    /// Which of each member's places, 1 by default.
    pub centre: Option<u16>,
    /// Name of the period type of volumes; the activity rule's by default.
    pub period_type: Option<String>,
    /// A period's label, `current` (the default) or `closed`; counts and standing are always the present ones.
    pub period: Option<String>,
}

/// A figure that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// Distributor, preferred customer or customer.
    Kind,
    /// Standing of the membership.
    Status,
    /// The activity rule's verdict.
    Active,
    /// When he joined.
    Joined,
    /// Whom he stands below in the tree.
    Parent,
    /// Own volume.
    Own,
    /// Group volume.
    Group,
    /// Members below.
    Downline,
    /// Active members below.
    ActiveDownline,
    /// Children.
    Frontline,
    /// Active children.
    ActiveFrontline,
}

/// Every figure by its name.
pub const FIGURES: [(&str, Figure); 11] = [
    ("kind", Figure::Kind),
    ("status", Figure::Status),
    ("active", Figure::Active),
    ("joined", Figure::Joined),
    ("parent", Figure::Parent),
    ("own", Figure::Own),
    ("group", Figure::Group),
    ("downline", Figure::Downline),
    ("active_downline", Figure::ActiveDownline),
    ("frontline", Figure::Frontline),
    ("active_frontline", Figure::ActiveFrontline),
];

/// One member's figures; what was not asked for, or does not exist without a place in the tree, is left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct BatchRow {
    /// The id as asked.
    pub member: String,
    /// Whether such a member exists and may be seen.
    pub found: bool,
    /// Distributor, preferred customer or customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<MemberKind>,
    /// Standing of the membership.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// The activity rule's verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    /// When he joined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joined: Option<Time>,
    /// Whom he stands below in the tree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<Place>,
    /// Own volume at the place in the tree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own: Option<ByKind>,
    /// Group volume.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<ByKind>,
    /// Members below.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub downline: Option<u32>,
    /// Active members below.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_downline: Option<u32>,
    /// Children.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frontline: Option<u32>,
    /// Active children.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_frontline: Option<u32>,
}

/// Figures of many members, in the order asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BatchRows {
    /// Name of the tree.
    pub tree: String,
    /// Name of the period type.
    pub period_type: String,
    /// The period's label.
    pub period: String,
    /// One for each id asked.
    pub rows: Vec<BatchRow>,
}

/// The chosen figures of each member; those for whom `may_see` says no look as if they did not exist.
///
/// # Errors
/// More than [`MEMBERS_MAX`] ids, unknown names, or a period no longer readable. An unknown member is no error.
///
/// # Cost
/// O(members x figures).
pub fn get(
    state: &State,
    asked: &BatchGetQuery,
    may_see: impl Fn(&str) -> bool,
) -> Result<BatchRows, ViewError> {
    let lens = Lens::new(state)?;
    if asked.members.len() > MEMBERS_MAX {
        return Err(ViewError::BadValue {
            field: "members",
            given: format!("{} ids", asked.members.len()),
            allowed: format!("at most {MEMBERS_MAX}"),
        });
    }
    let tree = lens.tree_or_enroller(asked.tree.as_deref())?;
    let era = era::choose(&lens, asked.period_type.as_deref(), asked.period.as_deref())?;
    let centre = asked.centre.unwrap_or(1);
    let rows = asked
        .members
        .iter()
        .map(|id| match lens.member(id, "members") {
            Ok(member) if may_see(id) => BatchRow {
                member: id.clone(),
                found: true,
                ..row(&lens, &era, tree, member, centre, &asked.figures)
            },
            _ => BatchRow {
                member: id.clone(),
                ..BatchRow::default()
            },
        })
        .collect();
    Ok(BatchRows {
        tree: lens.tree_name(tree),
        period_type: lens.period_type_name(era.period),
        period: lens.label(era.period, era.ordinal),
        rows,
    })
}

/// One member's figures.
fn row(
    lens: &Lens<'_>,
    era: &Era<'_>,
    tree: usize,
    member: Member,
    centre: u16,
    figures: &[Figure],
) -> BatchRow {
    let seat = lens.seat(tree, member, centre);
    let forest = lens.forest();
    let mut row = BatchRow::default();
    for figure in figures {
        match figure {
            Figure::Kind => row.kind = Some(lens.kind(member)),
            Figure::Status => row.status = Some(lens.status(member)),
            Figure::Active => row.active = Some(lens.is_active(member)),
            Figure::Joined => row.joined = Some(lens.joined(member)),
            Figure::Parent => {
                row.parent = seat
                    .and_then(|seat| forest.parent(tree, seat))
                    .map(|parent| lens.place(tree, parent));
            }
            Figure::Own => {
                row.own = seat
                    .map(|seat| lens.by_kind(|kind| era.figure((tree, seat), kind, Forest::own)));
            }
            Figure::Group => {
                row.group = seat
                    .map(|seat| lens.by_kind(|kind| era.figure((tree, seat), kind, Forest::group)));
            }
            Figure::Downline => row.downline = seat.map(|seat| forest.downline(tree, seat)),
            Figure::ActiveDownline => {
                row.active_downline = seat.map(|seat| forest.active_downline(tree, seat));
            }
            Figure::Frontline => row.frontline = seat.map(|seat| forest.frontline(tree, seat)),
            Figure::ActiveFrontline => {
                row.active_frontline = seat.map(|seat| forest.active_frontline(tree, seat));
            }
        }
    }
    row
}

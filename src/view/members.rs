//! Members found by what they are and what they sold, in the order of enrolment.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::base::ids::{COMPANY, ENROLLER_TREE, Member};
use crate::base::number::Volume;
use crate::base::time::Time;
use crate::engine::member::{MemberKind, Status};
use crate::engine::state::State;
use crate::view::budget::Budget;
use crate::view::cursor;
use crate::view::error::ViewError;
use crate::view::lens::Lens;
use crate::view::query;
use crate::view::scope;
use crate::view::shape::ByKind;

/// Whom to find: all conditions hold together.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct MembersQuery {
    /// The id begins with this.
    pub query: Option<String>,
    /// Distributor, preferred customer or customer.
    pub kind: Option<MemberKind>,
    /// Standing of the membership.
    pub status: Option<Status>,
    /// The active, or the others.
    pub active: Option<bool>,
    /// ISO 3166 country.
    pub country: Option<String>,
    /// Carries this tag.
    pub tag: Option<String>,
    /// At least this own volume.
    pub min_own: Option<Volume>,
    /// At least this group volume in the tree.
    pub min_gv: Option<Volume>,
    /// The volume kind of both; the first by default.
    pub volume_kind: Option<String>,
    /// Name of the tree of group volume; the enroller tree by default.
    pub tree: Option<String>,
    /// Period type of the volumes; the activity rule's by default.
    pub period_type: Option<String>,
    /// Where to go on, from the last answer's `next`.
    pub cursor: Option<String>,
    /// Rows, 1 to 1,000; 100 by default.
    pub limit: Option<u32>,
}

/// A member in short, with his figures in the enroller tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MemberRow {
    /// His id.
    pub member: String,
    /// Distributor, preferred customer or customer.
    pub kind: MemberKind,
    /// Standing of the membership.
    pub status: Status,
    /// The activity rule's verdict.
    pub active: bool,
    /// When he joined.
    pub joined: Time,
    /// Whom he stands below in the enroller tree; none for a root.
    pub enroller: Option<String>,
    /// ISO 3166 country.
    pub country: Option<String>,
    /// Free labels.
    pub tags: Vec<String>,
    /// Own volume.
    pub own: ByKind,
    /// Group volume in the enroller tree.
    pub group: ByKind,
    /// Members below in the enroller tree.
    pub downline: u32,
    /// Children in the enroller tree.
    pub frontline: u32,
}

/// Members found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MembersPage {
    /// In the order of enrolment.
    pub rows: Vec<MemberRow>,
    /// Cursor of the next page; none at the end. A page may hold fewer rows than asked before the end.
    pub next: Option<String>,
}

/// Members that meet every condition; with `viewer`, only those he may see.
///
/// Through all pages each member comes once although writes go on.
///
/// # Errors
/// Unknown names, an unknown viewer, or a bad cursor.
///
/// # Cost
/// A step for each member looked at; a page ends early when the budget does.
pub fn list(
    state: &State,
    asked: &MembersQuery,
    viewer: Option<&str>,
    budget: &mut Budget,
) -> Result<MembersPage, ViewError> {
    let lens = Lens::new(state)?;
    let limit = query::limit(asked.limit)?;
    let viewer = viewer.map(|id| lens.member(id, "member")).transpose()?;
    let tree = lens.tree_or_enroller(asked.tree.as_deref())?;
    let period = lens.period_type(asked.period_type.as_deref())?;
    let kind = lens.volume_kind(asked.volume_kind.as_deref())?;
    let question = format!(
        "members {viewer:?} {:?}",
        MembersQuery {
            cursor: None,
            limit: None,
            ..asked.clone()
        }
    );
    let mut last = COMPANY;
    if let Some(text) = &asked.cursor {
        let [member] = cursor::read('m', &question, text)?;
        last = Member::try_from(member).map_err(|_| ViewError::BadCursor)?;
    }
    let mut rows = Vec::new();
    let mut next = None;
    for member in last.saturating_add(1)..lens.members() {
        if rows.len() == limit || budget.spend(1).is_err() {
            next = Some(cursor::write('m', &question, &[last.into()]));
            break;
        }
        last = member;
        if is_such(&lens, asked, member)
            && sold_enough(&lens, asked, member, tree, period, kind)
            && viewer.is_none_or(|viewer| scope::may_see(&lens, viewer, member, None))
        {
            rows.push(row(&lens, member, period));
        }
    }
    Ok(MembersPage { rows, next })
}

/// Whether a member is what was asked for.
fn is_such(lens: &Lens<'_>, asked: &MembersQuery, member: Member) -> bool {
    let told = lens.told();
    asked.kind.is_none_or(|kind| told.kind(member) == kind)
        && asked
            .status
            .is_none_or(|status| told.status(member) == status)
        && asked
            .active
            .is_none_or(|active| lens.is_active(member) == active)
        && asked
            .country
            .as_deref()
            .is_none_or(|country| told.country(member).is_some_and(|known| known == country))
        && asked
            .tag
            .as_deref()
            .is_none_or(|tag| told.tags(member).iter().any(|known| known == tag))
        && asked
            .query
            .as_deref()
            .is_none_or(|prefix| told.id(member).starts_with(prefix))
}

/// Whether a member sold what was asked for; in a tree without his seat he sold nothing.
fn sold_enough(
    lens: &Lens<'_>,
    asked: &MembersQuery,
    member: Member,
    tree: usize,
    period: usize,
    kind: usize,
) -> bool {
    let forest = lens.forest();
    asked
        .min_own
        .is_none_or(|least| forest.own(ENROLLER_TREE, member, period, kind) >= least.0)
        && asked.min_gv.is_none_or(|least| {
            lens.seat(tree, member, 1)
                .map_or(0, |seat| forest.group(tree, seat, period, kind))
                >= least.0
        })
}

/// A member in short.
fn row(lens: &Lens<'_>, member: Member, period: usize) -> MemberRow {
    let (told, forest) = (lens.told(), lens.forest());
    MemberRow {
        member: lens.id(member),
        kind: told.kind(member),
        status: told.status(member),
        active: lens.is_active(member),
        joined: told.joined(member),
        enroller: lens.enroller(member).map(|enroller| lens.id(enroller)),
        country: told.country(member).map(ToString::to_string),
        tags: told.tags(member).iter().map(ToString::to_string).collect(),
        own: lens.by_kind(|kind| forest.own(ENROLLER_TREE, member, period, kind)),
        group: lens.by_kind(|kind| forest.group(ENROLLER_TREE, member, period, kind)),
        downline: forest.downline(ENROLLER_TREE, member),
        frontline: forest.frontline(ENROLLER_TREE, member),
    }
}

//! One member: who he is, where he stands, and his key figures.

use serde::Serialize;
use utoipa::ToSchema;

use crate::base::ids::{ENROLLER_TREE, Member, Seat};
use crate::base::time::Time;
use crate::engine::member::{MemberKind, Status};
use crate::engine::state::State;
use crate::view::error::ViewError;
use crate::view::lens::Lens;
use crate::view::shape::{ByKind, Place};

/// One of a member's places, with the figures of the current period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MemberPlace {
    /// Name of the tree.
    pub tree: String,
    /// Which of his places there, from 1.
    pub centre: u16,
    /// Whom he stands below; none for a root.
    pub parent: Option<Place>,
    /// The leg of his parent he stands in, from 1; none where legs are not numbered.
    pub leg: Option<u8>,
    /// Whether he waits in the holding tank.
    pub waits: bool,
    /// Steps below his root.
    pub depth: u32,
    /// Own volume here.
    pub own: ByKind,
    /// Group volume here: his own and all below.
    pub group: ByKind,
    /// Members below.
    pub downline: u32,
    /// Active members below.
    pub active_downline: u32,
    /// Children.
    pub frontline: u32,
    /// Active children.
    pub active_frontline: u32,
}

/// A member with his places.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MemberProfile {
    /// His id.
    pub member: String,
    /// Distributor, preferred customer or customer.
    pub kind: MemberKind,
    /// Standing of the membership.
    pub status: Status,
    /// The activity rule's verdict.
    pub active: bool,
    /// The instant at which activity ends, where the rule is a rolling one.
    pub active_until: Option<Time>,
    /// When he joined.
    pub joined: Time,
    /// Whom he stands below in the enroller tree; none for a root.
    pub enroller: Option<String>,
    /// Who brought him in, as a fact that moves do not change.
    pub enrolled_by: Option<String>,
    /// Members he brought in, as the network's rules count them.
    pub personally_enrolled: u32,
    /// ISO 3166 country.
    pub country: Option<String>,
    /// ISO 4217 currency.
    pub currency: Option<String>,
    /// IANA time zone.
    pub zone: Option<String>,
    /// Free labels.
    pub tags: Vec<String>,
    /// The leg his newcomers go to by the policy `default_leg`.
    pub default_leg: Option<u8>,
    /// His newest order.
    pub last_order: Option<String>,
    /// Name of the period type of the figures below.
    pub period_type: String,
    /// The current period's label.
    pub period: String,
    /// His places, tree by tree.
    pub places: Vec<MemberPlace>,
}

/// The profile of `member`.
///
/// # Errors
/// An unknown member or period type, or no network yet.
///
/// # Cost
/// O(places x hops).
pub fn profile(
    state: &State,
    member: &str,
    period_type: Option<&str>,
) -> Result<MemberProfile, ViewError> {
    let lens = Lens::new(state)?;
    let number = lens.member(member, "member")?;
    let period = lens.period_type(period_type)?;
    let told = lens.told();
    let mut places = Vec::new();
    for tree in 0..lens.rules.trees.len() {
        for (centre, seat) in lens.seats_of_member(tree, number) {
            places.push(place(&lens, tree, centre, seat, period));
        }
    }
    let text = |text: Option<&crate::base::ids::Text>| text.map(ToString::to_string);
    Ok(MemberProfile {
        member: lens.id(number),
        kind: lens.kind(number),
        status: lens.status(number),
        active: lens.is_active(number),
        active_until: told.active_until(number),
        joined: lens.joined(number),
        enroller: lens.enroller(number).map(|enroller| lens.id(enroller)),
        enrolled_by: told.enrolled_by(number).map(|by| lens.id(by)),
        personally_enrolled: personally_enrolled(&lens, number),
        country: text(told.country(number)),
        currency: text(told.currency(number)),
        zone: text(told.zone(number)),
        tags: told.tags(number).iter().map(ToString::to_string).collect(),
        default_leg: told.default_leg(number),
        last_order: told
            .last_order(number)
            .map(|order| state.orders.id(order).to_string()),
        period_type: lens.period_type_name(period),
        period: lens.label(period, lens.periods(period).current()),
        places,
    })
}

/// Members he brought in: by the fact of enrolment, or as children in the enroller tree.
fn personally_enrolled(lens: &Lens<'_>, member: Member) -> u32 {
    if lens.rules.enrolled_by_fact {
        lens.told().enrolled(member)
    } else {
        lens.forest().frontline(ENROLLER_TREE, member)
    }
}

/// One place with its figures.
fn place(lens: &Lens<'_>, tree: usize, centre: u16, seat: Seat, period: usize) -> MemberPlace {
    let forest = lens.forest();
    let leg = forest.leg(tree, seat);
    MemberPlace {
        tree: lens.tree_name(tree),
        centre,
        parent: forest
            .parent(tree, seat)
            .map(|parent| lens.place(tree, parent)),
        leg: (leg > 0).then_some(leg),
        waits: forest.is_waiting(tree, seat),
        depth: forest.depth(tree, seat),
        own: lens.by_kind(|kind| forest.own(tree, seat, period, kind)),
        group: lens.by_kind(|kind| forest.group(tree, seat, period, kind)),
        downline: forest.downline(tree, seat),
        active_downline: forest.active_downline(tree, seat),
        frontline: forest.frontline(tree, seat),
        active_frontline: forest.active_frontline(tree, seat),
    }
}

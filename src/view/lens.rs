//! Names to numbers and back, and a row from a position: how every view looks into the state.
//!
//! Must not decide anything: no question is answered here.

use crate::base::ids::{ENROLLER_TREE, Member, Seat};
use crate::base::number::Volume;
use crate::base::time::Time;
use crate::book::forest::Forest;
use crate::book::rules::Window;
use crate::engine::member::{MemberKind, Status};
use crate::engine::members::Members;
use crate::engine::periods::PeriodState;
use crate::engine::rules::Rules;
use crate::engine::state::State;
use crate::view::error::{ViewError, What};
use crate::view::shape::{ByKind, Place, Row};

/// A founded state to look into.
#[derive(Clone, Copy)]
pub struct Lens<'a> {
    /// What is looked at.
    pub state: &'a State,
    /// Its rules.
    pub rules: &'a Rules,
}

impl<'a> Lens<'a> {
    /// Looks at a state.
    ///
    /// # Errors
    /// [`ViewError::NoNetwork`] before it is founded.
    pub fn new(state: &'a State) -> Result<Lens<'a>, ViewError> {
        let rules = state.rules.as_deref().ok_or(ViewError::NoNetwork)?;
        Ok(Lens { state, rules })
    }

    /// The trees with the figures of the current periods.
    #[must_use]
    pub fn forest(&self) -> &'a Forest {
        &self.state.forest
    }

    /// What was told of members.
    #[must_use]
    pub fn told(&self) -> &'a Members {
        &self.state.members
    }

    // ---- names to numbers ----

    /// The tree of this name.
    ///
    /// # Errors
    /// Unknown, with the names there are.
    pub fn tree(&self, name: &str) -> Result<usize, ViewError> {
        let names = self.rules.trees.iter().map(|tree| tree.name.as_str());
        index_of(What::Tree, "tree", name, names)
    }

    /// The tree of this name, the enroller tree without one.
    ///
    /// # Errors
    /// As [`Lens::tree`].
    pub fn tree_or_enroller(&self, name: Option<&str>) -> Result<usize, ViewError> {
        name.map_or(Ok(ENROLLER_TREE), |name| self.tree(name))
    }

    /// The volume kind of this name, the first without one.
    ///
    /// # Errors
    /// Unknown, with the names there are.
    pub fn volume_kind(&self, name: Option<&str>) -> Result<usize, ViewError> {
        let names = self.rules.kinds.iter().map(|kind| kind.as_str());
        name.map_or(Ok(0), |name| {
            index_of(What::Kind, "volume_kind", name, names)
        })
    }

    /// The period type of this name; without one the activity rule's, or the first where activity rolls.
    ///
    /// # Errors
    /// Unknown, with the names there are.
    pub fn period_type(&self, name: Option<&str>) -> Result<usize, ViewError> {
        let Some(name) = name else {
            return Ok(match self.rules.activity.window {
                Window::Period(period) => usize::from(period),
                Window::Rolling { .. } => 0,
            });
        };
        let names = self
            .rules
            .period_types
            .iter()
            .map(|kind| kind.name.as_str());
        index_of(What::PeriodType, "period_type", name, names)
    }

    /// The member with this id.
    ///
    /// # Errors
    /// Unknown; `field` says which parameter named him.
    pub fn member(&self, id: &str, field: &'static str) -> Result<Member, ViewError> {
        self.told().find(id).ok_or_else(|| ViewError::Unknown {
            what: What::Member,
            field,
            given: id.to_owned(),
            allowed: Vec::new(),
        })
    }

    /// The seat of a member's place, the first one without a centre.
    ///
    /// # Errors
    /// An unknown member, or [`ViewError::NotPlaced`].
    pub fn seat_of(&self, tree: usize, id: &str, centre: Option<u16>) -> Result<Seat, ViewError> {
        self.seat_named(tree, id, centre, "member")
    }

    /// As [`Lens::seat_of`], for a member named by another parameter.
    ///
    /// # Errors
    /// As [`Lens::seat_of`].
    pub fn seat_named(
        &self,
        tree: usize,
        id: &str,
        centre: Option<u16>,
        field: &'static str,
    ) -> Result<Seat, ViewError> {
        let member = self.member(id, field)?;
        let centre = centre.unwrap_or(1);
        self.seat(tree, member, centre)
            .ok_or_else(|| ViewError::NotPlaced {
                tree: self.tree_name(tree),
                member: id.to_owned(),
                centre,
            })
    }

    // ---- members ----

    /// One more than the greatest member number.
    #[must_use]
    pub fn members(&self) -> u32 {
        self.told().len()
    }

    /// A member's id.
    #[must_use]
    pub fn id(&self, member: Member) -> String {
        self.told().id(member).to_string()
    }

    /// What he is.
    #[must_use]
    pub fn kind(&self, member: Member) -> MemberKind {
        self.told().kind(member)
    }

    /// Standing of the membership.
    #[must_use]
    pub fn status(&self, member: Member) -> Status {
        self.told().status(member)
    }

    /// When he joined.
    #[must_use]
    pub fn joined(&self, member: Member) -> Time {
        self.told().joined(member)
    }

    /// The activity rule's verdict.
    #[must_use]
    pub fn is_active(&self, member: Member) -> bool {
        self.forest().standing(ENROLLER_TREE, member).active
    }

    /// Whom he stands below in the enroller tree.
    #[must_use]
    pub fn enroller(&self, member: Member) -> Option<Member> {
        self.forest().parent(ENROLLER_TREE, member)
    }

    // ---- positions ----

    /// The seat of a member's n-th place in a tree.
    #[must_use]
    pub fn seat(&self, tree: usize, member: Member, centre: u16) -> Option<Seat> {
        self.told().seat(member, tree, centre)
    }

    /// A member's places in a tree as (centre, seat), by centre.
    #[must_use]
    pub fn seats_of_member(&self, tree: usize, member: Member) -> Vec<(u16, Seat)> {
        let mut seats: Vec<_> = self
            .told()
            .seats(member)
            .filter(|&(in_tree, _, _)| in_tree == tree)
            .map(|(_, centre, seat)| (centre, seat))
            .collect();
        seats.sort_unstable();
        seats
    }

    /// Who holds a seat, and as which of his places.
    #[must_use]
    pub fn owner(&self, tree: usize, seat: Seat) -> (Member, u16) {
        let owner = self.forest().owner(tree, seat);
        let centre = self.told().centre_of(owner, tree, seat);
        (owner, centre.expect("a seat is one of its owner's"))
    }

    /// A seat as a member's place.
    #[must_use]
    pub fn place(&self, tree: usize, seat: Seat) -> Place {
        let (member, centre) = self.owner(tree, seat);
        Place {
            member: self.id(member),
            centre,
        }
    }

    /// The children of a seat behind one of them, or all, in the order of the tree. O(1) to begin and for each.
    pub fn children_after(
        &self,
        tree: usize,
        seat: Seat,
        after: Option<Seat>,
    ) -> impl Iterator<Item = Seat> + use<'a> {
        let forest = self.forest();
        let first = match after {
            None => forest.first_child(tree, seat),
            Some(after) => forest.next_sibling(tree, after),
        };
        std::iter::successors(first, move |&child| forest.next_sibling(tree, child))
    }

    /// A position with its figures of the current period of a type.
    #[must_use]
    pub fn row(&self, tree: usize, seat: Seat, level: u32, period: usize) -> Row {
        let forest = self.forest();
        let (member, centre) = self.owner(tree, seat);
        let leg = forest.leg(tree, seat);
        Row {
            member: self.id(member),
            centre,
            kind: self.kind(member),
            status: self.status(member),
            active: self.is_active(member),
            joined: self.joined(member),
            level,
            parent: forest
                .parent(tree, seat)
                .map(|parent| self.place(tree, parent)),
            leg: (leg > 0).then_some(leg),
            own: self.by_kind(|kind| forest.own(tree, seat, period, kind)),
            group: self.by_kind(|kind| forest.group(tree, seat, period, kind)),
            downline: forest.downline(tree, seat),
            active_downline: forest.active_downline(tree, seat),
            frontline: forest.frontline(tree, seat),
            active_frontline: forest.active_frontline(tree, seat),
        }
    }

    // ---- numbers to names ----

    /// A tree's name.
    #[must_use]
    pub fn tree_name(&self, tree: usize) -> String {
        self.rules.trees[tree].name.to_string()
    }

    /// A period type's name.
    #[must_use]
    pub fn period_type_name(&self, period: usize) -> String {
        self.rules.period_types[period].name.to_string()
    }

    /// Calendar and books of a period type.
    #[must_use]
    pub fn periods(&self, period: usize) -> &'a PeriodState {
        self.state.periods.get(period)
    }

    /// A period's label.
    #[must_use]
    pub fn label(&self, period: usize, ordinal: u32) -> String {
        self.periods(period).label(ordinal).to_string()
    }

    /// Volumes by kind name, one number of units for each.
    #[must_use]
    pub fn by_kind(&self, units: impl Fn(usize) -> i64) -> ByKind {
        let kinds = self.rules.kinds.iter().enumerate();
        ByKind(
            kinds
                .map(|(kind, name)| (name.to_string(), Volume(units(kind))))
                .collect(),
        )
    }
}

/// The place of a name among names.
fn index_of<'n>(
    what: What,
    field: &'static str,
    given: &str,
    names: impl Iterator<Item = &'n str> + Clone,
) -> Result<usize, ViewError> {
    names
        .clone()
        .position(|name| name == given)
        .ok_or_else(|| ViewError::Unknown {
            what,
            field,
            given: given.to_owned(),
            allowed: names.map(str::to_owned).collect(),
        })
}

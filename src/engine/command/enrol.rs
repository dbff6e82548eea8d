//! `member.enrolled`: a new member under an enroller, with places in the trees.

use crate::base::ids::Text;
use crate::engine::member::{MemberKind, Profile};

/// Enrols a member; the command's id is the member's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrol {
    /// Distributor, preferred customer or customer.
    pub kind: MemberKind,
    /// Who brought him in; none makes a root.
    pub enroller: Option<Text>,
    /// Country, currency, tags, zone.
    pub profile: Profile,
    /// Places asked for; trees not named place by their policy.
    pub placements: Vec<Placement>,
}

/// A place asked for in one tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// Name of a placement tree.
    pub tree: Text,
    /// What is asked.
    pub place: PlaceAt,
}

/// Where in a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlaceAt {
    /// A root of its own.
    Root,
    /// Below this parent: in this leg, or in the first free one (behind the last child of a list tree).
    Under {
        /// The parent's member id.
        parent: Text,
        /// The parent's centre, 1 by default.
        centre: u16,
        /// Leg from 1, or none.
        leg: Option<u8>,
    },
    /// By a policy named here instead of the tree's own, below the enroller (or below `under`).
    Policy {
        /// Name of the policy as in the network document.
        policy: crate::tree::rules::Policy,
        /// Start of the search instead of the enroller.
        under: Option<Text>,
    },
    /// In the holding tank.
    Tank,
}

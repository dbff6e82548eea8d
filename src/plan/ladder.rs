//! Ladders of ranks as data: what each rank takes.

use crate::base::ids::Text;
use crate::base::money::Rate;
use crate::base::number::Volume;

/// Ranks a ladder can have.
pub const RANKS_MAX: usize = 32;

/// A ladder of ranks: the highest one whose requirement holds is a member's rank, whether lower ones hold or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ladder {
    /// Its name.
    pub name: Text,
    /// Index of the period type it is judged over.
    pub period: usize,
    /// Index of the tree whose legs are looked through.
    pub tree: usize,
    /// For how many periods more a member keeps a rank that he rises to.
    pub grace: u8,
    /// From the lowest to the highest; their numbers count from 1.
    pub ranks: Vec<Rank>,
}

/// One rank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rank {
    /// Its name.
    pub name: Text,
    /// What it takes.
    pub needs: Need,
}

/// A requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// Every one of these.
    All(Vec<Need>),
    /// One of these.
    Any(Vec<Need>),
    /// So many of these.
    Count(usize, Vec<Need>),
    /// One thing.
    Atom(Atom),
}

/// One thing that is required. Trees and kinds are indexes, ranks count from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Atom {
    /// To be active.
    Active,
    /// Own volume in the ladder's tree, customers' included.
    Own {
        /// Which volume.
        volume: usize,
        /// How much.
        at_least: Volume,
    },
    /// Group volume: own and everyone's below.
    Group {
        /// Which volume.
        volume: usize,
        /// How much.
        at_least: Volume,
        /// In which tree.
        tree: usize,
        /// Whether the member's own counts.
        with_own: bool,
    },
    /// Group volume without the largest leg.
    Side {
        /// Which volume.
        volume: usize,
        /// How much.
        at_least: Volume,
        /// In which tree.
        tree: usize,
    },
    /// Group volume with no leg counting beyond a share.
    Capped {
        /// Which volume.
        volume: usize,
        /// How much.
        at_least: Volume,
        /// In which tree.
        tree: usize,
        /// The most a leg counts for.
        leg_max: Rate,
        /// Of what it is a share.
        of: CapOf,
    },
    /// The lesser of the two legs of a binary tree.
    LesserLeg {
        /// Which volume.
        volume: usize,
        /// How much.
        at_least: Volume,
        /// In which tree.
        tree: usize,
    },
    /// Distributors he enrolled.
    Enrolled {
        /// How many.
        count: u32,
        /// Whether only active ones count.
        active: bool,
        /// A binary tree in each of whose legs there must be so many.
        each_leg_of: Option<usize>,
    },
    /// Customers he enrolled.
    Customers {
        /// How many.
        count: u32,
    },
    /// Cycles that his legs cover by a component, with what they carry and before any cap.
    Cycles {
        /// Index of the component.
        component: usize,
        /// How many.
        count: u32,
    },
    /// The lesser of the two legs of his first seat as a component holds them: with what they carry.
    LesserLegOf {
        /// Index of the component.
        component: usize,
        /// How much.
        at_least: Volume,
    },
    /// A rank, or a higher one, that he was paid as in the period before.
    Previous {
        /// The rank.
        rank: u8,
    },
    /// Frontline legs that hold, at any depth, a member of a rank or a higher one.
    Legs {
        /// How many.
        count: u32,
        /// The rank.
        rank: u8,
    },
}

/// Of what a leg's ceiling is a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CapOf {
    /// Of the volume that is required.
    Requirement,
    /// Of the volume that counts in the end.
    Total,
}

impl Ladder {
    /// The number of the rank with this name, from 1.
    #[must_use]
    pub fn rank(&self, name: &str) -> Option<u8> {
        let at = self.ranks.iter().position(|rank| rank.name == name)?;
        u8::try_from(at + 1).ok()
    }

    /// The name of a rank; none of rank 0.
    #[must_use]
    pub fn rank_name(&self, rank: u8) -> Option<&str> {
        let at = usize::from(rank).checked_sub(1)?;
        Some(self.ranks[at].name.as_str())
    }
}

impl Need {
    /// Every atom in it, in order.
    #[must_use]
    pub fn atoms(&self) -> Vec<&Atom> {
        match self {
            Need::Atom(atom) => vec![atom],
            Need::All(needs) | Need::Any(needs) | Need::Count(_, needs) => {
                needs.iter().flat_map(Need::atoms).collect()
            }
        }
    }

    /// Whether it holds, given whether each atom does.
    pub fn holds(&self, atom: &mut impl FnMut(&Atom) -> bool) -> bool {
        match self {
            Need::Atom(one) => atom(one),
            Need::All(needs) => needs.iter().all(|need| need.holds(atom)),
            Need::Any(needs) => needs.iter().any(|need| need.holds(atom)),
            Need::Count(count, needs) => {
                let mut missing = *count;
                for need in needs {
                    missing = missing.saturating_sub(usize::from(need.holds(atom)));
                }
                missing == 0
            }
        }
    }
}

//! A plan set: ladders of ranks, and components in their order, with names of the network turned into its numbers.

use crate::base::ids::Text;
use crate::base::money::Micros;
use crate::base::money::Rate;
use crate::base::number::Volume;
use crate::plan::component::{Component, Kind};
use crate::plan::setting::Values;

/// Ranks a ladder can have.
pub const RANKS_MAX: usize = 32;
/// Ladders, plans or components a set can have.
pub const ENTRIES_MAX: usize = 64;

/// Everything a document says of plans.
#[derive(Debug)]
pub struct PlanSet {
    /// The name people call it by.
    pub name: Text,
    /// ISO 4217 code of the currency all amounts are in.
    pub currency: Text,
    /// Ladders of ranks.
    pub ladders: Vec<Ladder>,
    /// Plans by name: what a component belongs to.
    pub plans: Vec<Plan>,
    /// Components of all plans in the order in which they are worked out; a later one may read an earlier one.
    pub components: Vec<Entry>,
    /// The ceiling over several components, where there is one.
    pub company_cap: Option<CompanyCap>,
}

/// One plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Its name.
    pub name: Text,
    /// The ladder its components read.
    pub ladder: Option<usize>,
}

/// One component of a plan.
#[derive(Debug)]
pub struct Entry {
    /// Its name, which no other component of the set has.
    pub name: Text,
    /// Index of its plan.
    pub plan: usize,
    /// The ladder of that plan.
    pub ladder: Option<usize>,
    /// Index of the period type it is worked out for.
    pub period: usize,
    /// Who can earn by it.
    pub payee: Payee,
    /// The most one member earns by it in a period.
    pub cap: Option<Micros>,
    /// Its row in the table of kinds.
    pub kind: &'static Kind,
    /// Its settings as they hold.
    pub settings: Values,
    /// What works it out.
    pub component: Box<dyn Component>,
}

/// Who can earn by a component, beside being a distributor in standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payee {
    /// Only while active.
    pub active: bool,
    /// Only from this rank on; 0 for everybody.
    pub min_rank: u8,
}

/// A ceiling on the sum of some components, as a share of what the company sold; kept by one factor on each of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompanyCap {
    /// Index of the volume kind.
    pub volume: usize,
    /// The share of it.
    pub rate: Rate,
    /// Indexes of the components.
    pub components: Vec<usize>,
}

/// A ladder of ranks: the highest one whose requirement holds is a member's rank, whether lower ones hold or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ladder {
    /// Its name.
    pub name: Text,
    /// Index of the period type it is judged over.
    pub period: usize,
    /// Index of the tree whose legs are looked through.
    pub tree: usize,
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

//! How much of a network one member's figures are made of, under a plan set.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::ids::ENROLLER_TREE;
use crate::base::limits::KINDS_MAX;
use crate::plan::columns::{Column, of_derived};
use crate::plan::component::{Live, Reach};
use crate::plan::ladder::Atom;
use crate::plan::pass;
use crate::plan::set::PlanSet;
use crate::plan::sieved;

/// What has to be looked at to work out one member's ranks and amounts in a period.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Extent {
    /// Trees with his seats and the legs right below them; and whether all below those too.
    pub trees: BTreeMap<usize, bool>,
    /// Whether the ranks or amounts of who stands below him count, so that all this is asked of them as well.
    pub results: bool,
    /// Whether those he enrolled are counted.
    pub enrolled: bool,
    /// Trees by whose legs they are.
    pub enrolled_in: BTreeSet<usize>,
    /// Whether orders are looked at one by one, and how far a buyer's are counted then.
    pub entries: Option<u8>,
    /// Whether legs are matched by all that entered below them.
    pub legs: bool,
    /// Components that are worked out for everybody together only, and those that read them.
    pub company: BTreeSet<usize>,
}

impl Extent {
    /// What ladders and components of a period type look at. O(components x settings).
    #[must_use]
    pub fn of(set: &PlanSet, period: usize) -> Extent {
        let mut columns = pass::read_by(set, period);
        // Told by a pass over the whole book only.
        columns.retain(|column| !matches!(column, Column::Posted(..)));
        let mut extent = Extent {
            entries: sieved::visits(&of_derived(&columns), &set.kinds),
            ..Extent::default()
        };
        extent.look_at(ENROLLER_TREE, false);
        for column in columns {
            match column {
                // What a derived kind comes to below a seat is added up from there.
                Column::Group(tree, kind) | Column::Matched(tree, kind) => {
                    extent.look_at(tree, kind >= KINDS_MAX);
                    extent.legs |= matches!(column, Column::Matched(..));
                }
                Column::Links(tree)
                | Column::Entered(tree, _)
                | Column::Paid(tree, _)
                | Column::Legs(tree) => extent.look_at(tree, false),
                Column::Orders(_) | Column::Posted(..) => {}
            }
        }
        for (_, ladder) in set.ladders_of(period) {
            for atom in ladder.ranks.iter().flat_map(|rank| rank.needs.atoms()) {
                match *atom {
                    Atom::Legs { .. } => extent.reach(Reach::Results(ladder.tree)),
                    Atom::Customers { .. } => extent.enrolled = true,
                    Atom::Enrolled { each_leg_of, .. } => {
                        extent.enrolled = true;
                        extent.enrolled_in.extend(each_leg_of);
                    }
                    _ => {}
                }
            }
        }
        for (index, entry) in set.components_of(period) {
            let reach = entry.component.reach();
            let mut read = entry.reads_amounts();
            let reads_company = read.any(|read| extent.company.contains(&read));
            if reach == Reach::Company || reads_company {
                extent.company.insert(index);
            } else {
                extent.reach(reach);
            }
        }
        extent
    }

    /// How the live figure of a component is had.
    #[must_use]
    pub fn live(&self, component: usize) -> Live {
        if self.company.contains(&component) {
            Live::Swept
        } else {
            Live::Present
        }
    }

    fn reach(&mut self, reach: Reach) {
        match reach {
            Reach::Legs | Reach::Company => {}
            Reach::Below(tree) => self.look_at(tree, true),
            Reach::Results(tree) => {
                self.look_at(tree, true);
                self.results = true;
            }
        }
    }

    fn look_at(&mut self, tree: usize, below: bool) {
        *self.trees.entry(tree).or_default() |= below;
    }
}

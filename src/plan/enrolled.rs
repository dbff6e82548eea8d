//! Whom each member enrolled, counted; also by the leg of a binary tree they stand in.

use std::collections::BTreeMap;

use crate::base::ids::{Member, NONE};
use crate::plan::book::{Book, Role};
use crate::plan::columns::Columns;
use crate::plan::ladder::{Atom, Ladder};

/// Whom a member enrolled, counted.
#[derive(Debug)]
pub(super) struct Counted {
    enrolled: Vec<u32>,
    active: Vec<u32>,
    customers: Vec<u32>,
    /// Tree > member > enrolled and active enrolled in the first and the second leg.
    by_leg: BTreeMap<usize, Vec<[[u32; 2]; 2]>>,
}

impl Counted {
    /// Counts for all atoms of a ladder. O(members + seats of the trees whose legs are asked for).
    pub(super) fn of(ladder: &Ladder, book: &dyn Book, columns: &Columns) -> Counted {
        let members = columns.members() as usize;
        let atoms = ladder.ranks.iter().flat_map(|rank| rank.needs.atoms());
        let trees = atoms.filter_map(|atom| match *atom {
            Atom::Enrolled { each_leg_of, .. } => each_leg_of,
            _ => None,
        });
        let mut counted = Counted {
            enrolled: vec![0; members],
            active: vec![0; members],
            customers: vec![0; members],
            by_leg: trees
                .map(|tree| (tree, vec![[[0; 2]; 2]; members]))
                .collect(),
        };
        let spans: BTreeMap<usize, Spans> = counted
            .by_leg
            .keys()
            .map(|&tree| (tree, Spans::of(columns, tree)))
            .collect();
        let enrollers = (0..).zip(book.enrollers());
        for (member, enroller) in enrollers.filter(|&(_, enroller)| enroller != NONE) {
            let by = enroller as usize;
            match columns.role(member) {
                Role::Earner => {
                    let active = columns.is_active(member);
                    counted.enrolled[by] += 1;
                    counted.active[by] += u32::from(active);
                    for (tree, legs) in &mut counted.by_leg {
                        if let Some(leg) = spans[tree].leg(columns, *tree, enroller, member) {
                            legs[by][leg][0] += 1;
                            legs[by][leg][1] += u32::from(active);
                        }
                    }
                }
                Role::Customer => counted.customers[by] += 1,
                Role::Gone => {}
            }
        }
        counted
    }

    /// Distributors he enrolled; of a binary tree, those who stand in the leg of his that holds fewer of them.
    pub(super) fn enrolled(&self, member: Member, active: bool, each_leg_of: Option<usize>) -> u32 {
        let Some(tree) = each_leg_of else {
            let counts = if active { &self.active } else { &self.enrolled };
            return counts[member as usize];
        };
        let [left, right] = self.in_legs(tree, member, active);
        left.min(right)
    }

    /// Those of them who stand in the first and in the second leg of a binary tree that is asked for.
    pub(super) fn in_legs(&self, tree: usize, member: Member, active: bool) -> [u32; 2] {
        let legs = self.by_leg[&tree][member as usize];
        legs.map(|counts| counts[usize::from(active)])
    }

    /// Customers he enrolled.
    pub(super) fn customers(&self, member: Member) -> u32 {
        self.customers[member as usize]
    }
}

/// Where each seat's downline lies in one line through the tree: whether one stands below another is then a comparison.
struct Spans {
    /// First place and the one behind the last, by seat.
    of: Vec<(u32, u32)>,
}

impl Spans {
    fn of(columns: &Columns, tree: usize) -> Spans {
        let links = columns.links(tree);
        let seats = links.seats.len();
        let mut sizes = vec![1u32; seats];
        for &seat in &links.order {
            let up = links.up[seat as usize];
            if up != NONE {
                sizes[up as usize] += sizes[seat as usize];
            }
        }
        let mut of = vec![(0, 0); seats];
        // The next free place within each seat's span, and behind all roots.
        let mut free = vec![0u32; seats];
        let mut next_root = 0;
        for &seat in links.order.iter().rev() {
            let (here, up) = (seat as usize, links.up[seat as usize]);
            let next = if up == NONE {
                &mut next_root
            } else {
                &mut free[up as usize]
            };
            let first = *next;
            *next += sizes[here];
            of[here] = (first, first + sizes[here]);
            free[here] = first + 1;
        }
        Spans { of }
    }

    /// In which leg of one member's first seat another's first seat stands: 0 or 1.
    fn leg(&self, columns: &Columns, tree: usize, above: Member, below: Member) -> Option<usize> {
        let (above, below) = (columns.seat(tree, above)?, columns.seat(tree, below)?);
        let place = self.of[below as usize].0;
        (0..2).find(|&leg| {
            let seat = columns.legs(tree)[above as usize][leg];
            seat != NONE && {
                let (from, behind) = self.of[seat as usize];
                (from..behind).contains(&place)
            }
        })
    }
}

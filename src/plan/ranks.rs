//! Ranks: every rung of a ladder judged for every member, from the leaves up, in one pass.

use crate::base::ids::{Member, NONE, Seat};
use crate::base::money::RATE_ONE;
use crate::base::number::Volume;
use crate::plan::book::{Book, Role};
use crate::plan::component::Column;
use crate::plan::enrolled::Counted;
use crate::plan::legs::Legs;
use crate::plan::pass::Pass;
use crate::plan::set::{Atom, CapOf, Ladder};

/// The columns a ladder reads.
pub(super) fn reads(ladder: &Ladder) -> Vec<Column> {
    let mut columns = vec![Column::Links(ladder.tree)];
    for atom in ladder.ranks.iter().flat_map(|rank| rank.needs.atoms()) {
        match *atom {
            Atom::Own { volume, .. } => columns.push(Column::Entered(ladder.tree, volume)),
            Atom::Group { volume, tree, .. }
            | Atom::Side { volume, tree, .. }
            | Atom::Capped { volume, tree, .. }
            | Atom::LesserLeg { volume, tree, .. } => columns.push(Column::Group(tree, volume)),
            Atom::Enrolled {
                each_leg_of: Some(tree),
                ..
            } => columns.push(Column::Links(tree)),
            Atom::Active | Atom::Enrolled { .. } | Atom::Customers { .. } | Atom::Legs { .. } => {}
        }
    }
    columns
}

/// Everybody's rank, from 1; 0 for none. O(seats x ranks), and O(children) more where a ceiling is a share of the total.
pub(super) fn judge(ladder: &Ladder, book: &dyn Book, pass: &Pass) -> Vec<u8> {
    let judge = Judge {
        ladder,
        pass,
        counted: Counted::of(ladder, book, pass),
        legs: Legs::of(ladder, book, pass),
    };
    let mut ranks = vec![0u8; pass.members() as usize];
    let rungs = ladder.ranks.len() + 1;
    let links = pass.links(ladder.tree);
    // Seat x rank: frontline legs whose best rank it is.
    let mut best_of_legs = vec![0u32; links.seats.len() * rungs];
    for &seat in &links.order {
        let here = seat as usize * rungs;
        let member = book.owner(ladder.tree, seat);
        let best_of = &best_of_legs[here..here + rungs];
        let mut rank = 0;
        if pass.role(member) == Role::Earner && pass.seat(ladder.tree, member) == Some(seat) {
            rank = judge.rank(member, seat, best_of);
            ranks[member as usize] = rank;
        }
        let up = links.up[seat as usize];
        if up != NONE {
            let below = best_of.iter().rposition(|&legs| legs > 0).unwrap_or(0);
            let best = below.max(usize::from(rank));
            best_of_legs[up as usize * rungs + best] += 1;
        }
    }
    ranks
}

/// What one member is judged by.
struct Judge<'a> {
    ladder: &'a Ladder,
    pass: &'a Pass,
    counted: Counted,
    legs: Legs,
}

impl Judge<'_> {
    fn rank(&self, member: Member, seat: Seat, best_of_legs: &[u32]) -> u8 {
        let rungs = self.ladder.ranks.iter().enumerate().rev();
        let mut held = rungs.filter(|(_, rank)| {
            let mut atom = |atom: &Atom| self.holds(atom, member, seat, best_of_legs);
            rank.needs.holds(&mut atom)
        });
        held.next().map_or(0, |(at, _)| at as u8 + 1)
    }

    fn holds(&self, atom: &Atom, member: Member, seat: Seat, best_of_legs: &[u32]) -> bool {
        let pass = self.pass;
        let place = |tree: usize| {
            if tree == self.ladder.tree {
                Some(seat)
            } else {
                pass.seat(tree, member)
            }
        };
        let group = |tree: usize, volume: usize, seat: Seat| pass.group(tree, volume)[seat as usize];
        let own = |tree: usize, volume: usize, seat: Seat| {
            pass.entered(tree, volume)[seat as usize].all()
        };
        match *atom {
            Atom::Active => pass.is_active(member),
            Atom::Own { volume, at_least } => own(self.ladder.tree, volume, seat) >= at_least.0,
            Atom::Group {
                volume,
                at_least,
                tree,
                with_own,
            } => place(tree).is_some_and(|seat| {
                let without = if with_own { 0 } else { own(tree, volume, seat) };
                group(tree, volume, seat) - without >= at_least.0
            }),
            Atom::Side {
                volume,
                at_least,
                tree,
            } => place(tree).is_some_and(|seat| {
                let largest = self.legs.largest(tree, volume, seat);
                group(tree, volume, seat) - largest >= at_least.0
            }),
            Atom::Capped {
                volume,
                at_least,
                tree,
                leg_max,
                of,
            } => place(tree).is_some_and(|seat| {
                let own = own(tree, volume, seat);
                let legs = self.legs.of_seat(tree, volume, seat).to_vec();
                reaches_capped(own, legs, at_least, leg_max.0, of)
            }),
            Atom::LesserLeg {
                volume,
                at_least,
                tree,
            } => place(tree)
                .is_some_and(|seat| self.legs.lesser(tree, volume, seat) >= at_least.0),
            Atom::Enrolled {
                count,
                active,
                each_leg_of: None,
            } => self.counted.enrolled(member, active) >= count,
            Atom::Enrolled {
                count,
                active,
                each_leg_of: Some(tree),
            } => self.counted.in_each_leg(member, tree, active) >= count,
            Atom::Customers { count } => self.counted.customers(member) >= count,
            Atom::Legs { count, rank } => {
                best_of_legs[usize::from(rank)..].iter().sum::<u32>() >= count
            }
        }
    }
}

/// Whether volume with a ceiling on each leg reaches what is required. `leg_max` counts 1e-8.
///
/// Of the requirement: each leg counts at most that share of it. Of the total: legs are cut to one height, the same
/// share of what is counted in the end; as few of the largest as leaves none above it. What is counted then is
/// `rest / (1 - cut x share)`, compared without dividing.
fn reaches_capped(own: i64, mut legs: Vec<i64>, at_least: Volume, leg_max: i64, of: CapOf) -> bool {
    let (one, share) = (i128::from(RATE_ONE), i128::from(leg_max));
    let wanted = i128::from(at_least.0);
    if of == CapOf::Requirement {
        let counted: i128 = legs
            .iter()
            .map(|&leg| (i128::from(leg) * one).min(wanted * share))
            .sum();
        return counted + i128::from(own) * one >= wanted * one;
    }
    legs.sort_unstable_by(|a, b| b.cmp(a));
    let mut rest = i128::from(own) + legs.iter().map(|&leg| i128::from(leg)).sum::<i128>();
    for cut in 0..=legs.len() {
        let left = one - cut as i128 * share;
        if left <= 0 {
            return false;
        }
        // The height is rest x share / left.
        let next = legs.get(cut).map(|&leg| i128::from(leg));
        if next.is_none_or(|next| next * left <= rest * share) {
            return rest * one >= wanted * left;
        }
        rest -= next.unwrap_or(0);
    }
    false
}

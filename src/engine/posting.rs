//! From an accepted volume to the figures it enters: the credited seat in each tree, the period of each type.

use std::sync::Arc;

use crate::base::ids::{COMPANY, ENROLLER_TREE, Member, Seat};
use crate::base::limits::SUM_MAX;
use crate::base::time::Time;
use crate::base::volumes::Volumes;
use crate::book::forest::{Forest, Posting};
use crate::engine::credit::Credit;
use crate::engine::rejection::Rejection;
use crate::engine::rules::Rules;
use crate::engine::state::State;
use crate::tree::rules::CustomerLevel;

/// Which periods a volume enters: a bit for each period type, in one of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Targets {
    /// The current one.
    pub(crate) current: u8,
    /// The rolled one its `at` says.
    pub(crate) branch: u8,
}

/// Whom a buyer's volume is credited to: himself, or the nearest distributor above in the enroller tree who is not
/// terminated. `None` when the centre is not his. O(hops).
pub(crate) fn credit(state: &State, buyer: Member, centre: u16) -> Option<Credit> {
    let members = &state.members;
    let mut trees = 0u8;
    if centre != 1 {
        for (tree, its_centre, _) in members.seats(buyer) {
            if its_centre == centre {
                trees |= 1 << tree;
            }
        }
        if trees == 0 {
            return None;
        }
    }
    let mut member = buyer;
    while member != COMPANY && !members.is_creditable(member) {
        member = state
            .forest
            .parent(ENROLLER_TREE, member)
            .unwrap_or(COMPANY);
    }
    // A centre is the buyer's own: whoever stands above for him is credited at his first.
    let own = member == buyer && buyer != COMPANY;
    Some(Credit {
        buyer,
        member,
        centre: centre as u8,
        trees: if own { trees } else { 0 },
    })
}

/// The seat in one tree; none where he has no seat.
pub(crate) fn seat(state: &State, credit: &Credit, tree: usize) -> Option<Seat> {
    let own_centre = credit.trees >> tree & 1 != 0;
    let centre = if own_centre {
        u16::from(credit.centre)
    } else {
        1
    };
    state.members.seat(credit.member, tree, centre)
}

/// Whether it enters the seat's own volume in a tree, or only its group's.
pub(crate) fn is_own(rules: &Rules, credit: &Credit, tree: usize) -> bool {
    credit.buyer == credit.member || rules.trees[tree].customer_level == CustomerLevel::Own
}

/// Which period of each type a volume with this `at` enters: the current one, or by the late policy the rolled one its
/// `at` lies in, if the credited member stood in the trees then.
pub(crate) fn targets(state: &State, credited: Member, at: Time) -> Targets {
    let mut branch = 0u8;
    for (index, period_type) in state.periods.iter().enumerate() {
        if let Some(book) = period_type.late_branch(at)
            && credited < book.forest.seats(ENROLLER_TREE)
        {
            branch |= 1 << index;
        }
    }
    let all = ((1u16 << state.periods.len()) - 1) as u8;
    Targets {
        current: all & !branch,
        branch,
    }
}

/// Whether the absolute volumes fit the running totals of the periods they enter, which bound every sum in the books.
///
/// # Errors
/// [`Rejection::Overflow`] when a total would pass its bound.
pub(crate) fn check_room(
    state: &State,
    targets: Targets,
    volumes: &Volumes,
) -> Result<(), Rejection> {
    let units = &volumes.units()[..state.founded().kinds.len()];
    for (index, period_type) in state.periods.iter().enumerate() {
        let totals = match &period_type.branch {
            Some(book) if targets.branch >> index & 1 != 0 => {
                &book.totals[..book.rules.kinds.len()]
            }
            _ => &period_type.totals[..],
        };
        for (total, units) in totals.iter().zip(units) {
            if units.unsigned_abs() > (SUM_MAX - total).unsigned_abs() {
                return Err(Rejection::Overflow);
            }
        }
    }
    Ok(())
}

/// Adds absolute volumes to those totals. [`check_room`] came before.
pub(crate) fn reserve(state: &mut State, targets: Targets, volumes: &Volumes) {
    let units = &volumes.units()[..state.founded().kinds.len()];
    for index in 0..state.periods.len() {
        let period_type = state.periods.get_mut(index);
        let totals = match &mut period_type.branch {
            Some(book) if targets.branch >> index & 1 != 0 => {
                &mut book.totals[..book.rules.kinds.len()]
            }
            _ => &mut period_type.totals[..],
        };
        for (total, units) in totals.iter_mut().zip(units) {
            *total += units.abs();
        }
    }
}

/// Adds what an order, a refund or an adjustment of another buyer brings a member in the running period by which his
/// right to enrol is judged. O(1) where rules ask for it.
pub(crate) fn serve(state: &mut State, credit: &Credit, targets: Targets, volumes: &Volumes) {
    let Some(rule) = state.founded().customers_first else {
        return;
    };
    if targets.current >> rule.period & 1 != 0 && is_of_customer(credit) {
        let period = state.periods.get(usize::from(rule.period)).current();
        let units = volumes.get(usize::from(rule.kind)).0;
        state.served.add(credit.member, period, units);
    }
}

/// Whether a volume is a customer's for a member, as it is for every plan: of another buyer than whom it is credited to.
pub(crate) fn is_of_customer(credit: &Credit) -> bool {
    credit.buyer != credit.member && credit.member != COMPANY
}

/// Posts one volume everywhere it belongs. [`reserve`] came before.
pub(crate) fn post(state: &mut State, credit: &Credit, targets: Targets, volumes: &Volumes) {
    if volumes.is_zero() {
        return;
    }
    let rules = state.founded().clone();
    for tree in 0..rules.trees.len() {
        let Some(seat) = seat(state, credit, tree) else {
            continue;
        };
        if targets.current != 0 {
            let posting = Posting {
                seat,
                own: is_own(&rules, credit, tree),
                periods: targets.current,
                volumes: *volumes,
            };
            state.forest.post(tree, &[posting]);
        }
    }
    post_late(state, credit, targets.branch, volumes);
}

/// Posts the part of a volume that belongs to rolled periods, on the trees as they stood at the roll and by the rules
/// of that time: kinds that came later enter no such book.
pub(crate) fn post_late(state: &mut State, credit: &Credit, branches: u8, volumes: &Volumes) {
    for index in (0..state.periods.len()).filter(|index| branches >> index & 1 != 0) {
        let rules = branch_rules(state, index);
        let volumes = Volumes::from_units(&volumes.units()[..rules.kinds.len()]);
        for tree in 0..rules.trees.len() {
            let Some(seat) = seat(state, credit, tree) else {
                continue;
            };
            let first = state.members.seat(credit.member, tree, 1);
            let forest = branch(state, index);
            // What was opened after the roll has no seat in the book: the first centre stands for a further one.
            let stood = [Some(seat), first].into_iter().flatten();
            let Some(seat) = stood.into_iter().find(|&seat| seat < forest.seats(tree)) else {
                continue;
            };
            let posting = Posting {
                seat,
                own: is_own(&rules, credit, tree),
                periods: 1 << index,
                volumes,
            };
            forest.post(tree, &[posting]);
        }
    }
}

/// The rules of the branch of a period type.
pub(crate) fn branch_rules(state: &State, period_type: usize) -> Arc<Rules> {
    let branch = state.periods.get(period_type).branch.as_ref();
    Arc::clone(&branch.expect("a target names a branch that is there").rules)
}

/// The forest of the branch of a period type.
pub(crate) fn branch(state: &mut State, period_type: usize) -> &mut Forest {
    let branch = state.periods.get_mut(period_type).branch.as_mut();
    &mut branch
        .expect("a target names a branch that is there")
        .forest
}

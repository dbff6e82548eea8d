//! What a change adds: trees, who stands where in them and the volume that has entered in the running periods; and what
//! customers brought in them.
//!
//! A list tree begins as the enroller tree stands; in a tree with numbered legs everybody waits in the holding tank.
//! Customers have no place, as everywhere.

use std::collections::VecDeque;

use crate::base::ids::{COMPANY, ENROLLER_TREE, Member};
use crate::base::volumes::Volumes;
use crate::book::forest::{Attach, Posting};
use crate::book::post::LANES;
use crate::engine::activity;
use crate::engine::credit::Credit;
use crate::engine::member::MemberKind;
use crate::engine::posting;
use crate::engine::rules::{CustomersFirst, Rules};
use crate::engine::served::Served;
use crate::engine::state::State;

/// Fills the trees of the rules from number `first` on, which are empty yet.
///
/// O(members x hops + orders there are) a tree.
pub(crate) fn trees(state: &mut State, rules: &Rules, first: usize) {
    if first == rules.trees.len() {
        return;
    }
    let holders = holders(state);
    for tree in first..rules.trees.len() {
        state.members.set_seat(COMPANY, tree, 1, COMPANY);
        match rules.trees[tree].shape.legs() {
            None => copy(state, tree, &holders),
            Some(_) => {
                for member in (COMPANY + 1..state.members.len()).filter(|&m| holders[m as usize]) {
                    seat(state, tree, member, Attach::Detached);
                }
            }
        }
        fill(state, rules, tree);
    }
}

/// Who gets a place: distributors, and whoever was one while volume was credited to him, since it may count or be taken
/// back where he stands.
fn holders(state: &State) -> Vec<bool> {
    let distributor = |member| state.members.kind(member) == MemberKind::Distributor;
    let mut holders: Vec<bool> = (0..state.members.len()).map(distributor).collect();
    for order in 0..state.orders.len() {
        holders[state.orders.row(order).credited as usize] = true;
    }
    for correction in 0..state.corrections.len() {
        holders[state.corrections.row(correction).credited as usize] = true;
    }
    holders
}

/// Everybody below the one he stands below in the enroller tree, in the same order of birth.
fn copy(state: &mut State, tree: usize, holders: &[bool]) {
    let mut next: VecDeque<Member> = state.forest.roots(ENROLLER_TREE).collect();
    while let Some(member) = next.pop_front() {
        next.extend(state.forest.children(ENROLLER_TREE, member));
        if !holders[member as usize] {
            continue;
        }
        let above = state.forest.parent(ENROLLER_TREE, member);
        let above = above.and_then(|above| state.members.seat(above, tree, 1));
        let at = above.map_or(Attach::Root, |parent| Attach::Under { parent, leg: 0 });
        seat(state, tree, member, at);
    }
}

fn seat(state: &mut State, tree: usize, member: Member, at: Attach) {
    let seat = state.forest.add_seat(tree, member, at);
    state.members.set_seat(member, tree, 1, seat);
    activity::stand(state, member);
}

/// What entered the trees: the sequence of its command, the rolled periods it entered instead of the current ones, whose
/// it is, and how much.
type Entry = (u64, u8, Credit, Volumes);

/// Reads an entry by the number of the order, or of the correction, that made it.
type Read = fn(&State, u32) -> Entry;

/// How many orders and how many corrections there are, and how each of them is read. They are numbered in order of their
/// commands, so those of running periods stand last.
fn kept(state: &State) -> [(u32, Read); 2] {
    [
        (state.orders.len(), order),
        (state.corrections.len(), correction),
    ]
}

fn order(state: &State, order: u32) -> Entry {
    let row = state.orders.row(order);
    let credit = state.orders.credit(order);
    (row.seq, row.periods, credit, state.orders.volumes(order))
}

fn correction(state: &State, correction: u32) -> Entry {
    let row = state.corrections.row(correction);
    let volumes = state.corrections.volumes(correction);
    (row.seq, row.periods, row.credit(), volumes)
}

/// Adds what has entered the running periods, as if the tree had been there.
fn fill(state: &mut State, rules: &Rules, tree: usize) {
    let since: Vec<u64> = state.periods.iter().map(|of| of.current_since()).collect();
    let mut postings = Vec::with_capacity(LANES);
    for (count, entry) in kept(state) {
        for number in (0..count).rev() {
            let (seq, rolled, credit, volumes) = entry(state, number);
            let Some(periods) = running(&since, seq, rolled) else {
                break;
            };
            let seat = posting::seat(state, &credit, tree).filter(|_| periods != 0);
            postings.extend(seat.map(|seat| Posting {
                seat,
                own: posting::is_own(rules, &credit, tree),
                periods,
                volumes,
            }));
            if postings.len() == LANES {
                state.forest.post(tree, &postings);
                postings.clear();
            }
        }
    }
    state.forest.post(tree, &postings);
}

/// Adds up what customers brought by a rule that has come into force, or lets go of what none asks for. O(entries of the
/// running period).
pub(crate) fn served(state: &mut State, rule: Option<CustomersFirst>) {
    state.served = Served::new();
    let Some(rule) = rule else { return };
    let periods = state.periods.get(usize::from(rule.period));
    let (period, since) = (periods.current(), periods.current_since());
    for (count, entry) in kept(state) {
        for number in (0..count).rev() {
            let (seq, rolled, credit, volumes) = entry(state, number);
            if seq < since {
                break;
            }
            if rolled >> rule.period & 1 == 0 && posting::is_of_customer(&credit) {
                let units = volumes.get(usize::from(rule.kind)).0;
                state.served.add(credit.member, period, units);
            }
        }
    }
}

/// Which running periods a volume entered, by the sequences they run since; none where its command came before all.
fn running(since: &[u64], seq: u64, rolled: u8) -> Option<u8> {
    let entered = since.iter().enumerate();
    let entered = entered.filter(|&(of, &since)| seq >= since && rolled >> of & 1 == 0);
    let periods = entered.fold(0, |periods, (of, _)| periods | 1 << of);
    since.iter().any(|&since| seq >= since).then_some(periods)
}

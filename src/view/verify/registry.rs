//! Members, orders and ids: that tables find what they hold, and that links between records are whole.

use crate::base::ids::{COMPANY, ENROLLER_TREE, Member, NONE, Text};
use crate::engine::ids::Tag;
use crate::engine::member::MemberKind;
use crate::view::verify::report::Findings;

/// Ids looked up side by side, so that their memory is fetched side by side.
const LANES: u32 = 16;

/// Every id leads to its own record, every member holds the seats that name him, counts of enrolment are right.
pub(super) fn check_members(found: &mut Findings<'_>) {
    let lens = found.lens;
    check_member_ids(found);
    let mut enrolled = vec![0u32; lens.members() as usize];
    let mut held = vec![0u32; lens.rules.trees.len()];
    let mut seq_before = 0;
    for member in 0..lens.members() {
        if member != COMPANY {
            let by = lens.told().enrolled_by(member).unwrap_or(COMPANY);
            enrolled[by as usize] += 1;
            let seq = lens.told().first_seq(member);
            let in_order = seq >= seq_before && seq <= lens.state.as_of_seq;
            found.at_member(
                member,
                || format!("sequence {seq} in order"),
                in_order,
                true,
            );
            seq_before = seq;
        }
        check_seats(found, member, &mut held);
    }
    for (tree, held) in held.into_iter().enumerate() {
        let seats = lens.forest().seats(tree);
        found.whole(Some(tree), || "positions held".to_owned(), held, seats);
    }
    for member in 0..lens.members() {
        let kept = lens.told().enrolled(member);
        let recomputed = enrolled[member as usize];
        found.at_member(member, || "enrolled".to_owned(), kept, recomputed);
    }
}

/// Every member is found by his id.
fn check_member_ids(found: &mut Findings<'_>) {
    let told = found.lens.told();
    let mut from = COMPANY + 1;
    while from < told.len() {
        let members = from..told.len().min(from + LANES);
        let ids: Vec<(Text, Tag)> = members
            .clone()
            .map(|member| {
                let id = told.id(member);
                let tag = Tag::of(&id);
                told.prefetch_tag(tag);
                (id, tag)
            })
            .collect();
        for (member, (id, tag)) in members.zip(&ids) {
            let kept = told.find_tagged(*tag, id).unwrap_or(NONE);
            found.at_member(member, || "id".to_owned(), kept, member);
        }
        from += LANES;
    }
}

/// A member's seats name him, each tree's centres are different ones, and a distributor stands in every tree.
fn check_seats(found: &mut Findings<'_>, member: Member, held: &mut [u32]) {
    let lens = found.lens;
    let mut in_trees = 0u16;
    for (tree, centre, seat) in lens.told().seats(member) {
        held[tree] += 1;
        let first_here = centre != 1 || in_trees >> tree & 1 == 0;
        found.at_seat(
            (tree, seat),
            || format!("centre {centre} once"),
            first_here,
            true,
        );
        in_trees |= 1 << tree;
        let owner = lens.forest().owner(tree, seat);
        found.at_seat((tree, seat), || "owner".to_owned(), owner, member);
    }
    // Customers have no seats of their own in placement trees, but keep those of a distributor's time.
    if lens.kind(member) == MemberKind::Distributor {
        let everywhere = (1u16 << lens.rules.trees.len()) - 1;
        found.at_member(
            member,
            || "trees with a position".to_owned(),
            in_trees,
            everywhere,
        );
    }
}

/// Roots and tanks hold the seats that have no parent, and no others.
pub(super) fn check_roots(found: &mut Findings<'_>) {
    let lens = found.lens;
    let forest = lens.forest();
    for tree in 0..lens.rules.trees.len() {
        let seats = forest.seats(tree);
        let (mut rooted, mut waiting) = (vec![false; seats as usize], vec![false; seats as usize]);
        for seat in forest.roots(tree).filter(|&seat| seat < seats) {
            rooted[seat as usize] = true;
        }
        for seat in forest.waiting(tree).filter(|&seat| seat < seats) {
            waiting[seat as usize] = true;
        }
        for seat in COMPANY + 1..seats {
            let (waits, free) = (
                forest.is_waiting(tree, seat),
                forest.parent(tree, seat).is_none(),
            );
            let index = seat as usize;
            found.at_seat(
                (tree, seat),
                || "in the tank".to_owned(),
                waiting[index],
                waits,
            );
            found.at_seat(
                (tree, seat),
                || "root".to_owned(),
                rooted[index],
                free && !waits,
            );
            if waits {
                found.at_seat(
                    (tree, seat),
                    || "waits without a parent".to_owned(),
                    free,
                    true,
                );
            }
        }
    }
    found.whole(
        Some(ENROLLER_TREE),
        || "positions".to_owned(),
        forest.seats(ENROLLER_TREE),
        lens.members(),
    );
}

/// Every order is found by its id and stands in its buyer's list behind the one before; refunds likewise, and they never
/// take more than there was.
pub(super) fn check_orders(found: &mut Findings<'_>) {
    let lens = found.lens;
    let orders = &lens.state.orders;
    let mut newest: Vec<u32> = vec![NONE; lens.members() as usize];
    let mut seq_before = 0;
    for order in 0..orders.len() {
        let row = orders.row(order);
        let buyer = row.buyer;
        let figure = |name: &'static str| move || format!("order {order}: {name}");
        let previous = orders.previous(order).unwrap_or(NONE);
        found.at_member(buyer, figure("previous"), previous, newest[buyer as usize]);
        newest[buyer as usize] = order;
        let in_order = row.seq >= seq_before && row.seq <= lens.state.as_of_seq;
        found.at_member(buyer, figure("sequence in order"), in_order, true);
        seq_before = row.seq;
    }
    for (member, &order) in newest.iter().enumerate() {
        let member = member as Member;
        let kept = lens.told().last_order(member).unwrap_or(NONE);
        found.at_member(member, || "last_order".to_owned(), kept, order);
    }
    check_order_ids(found);
    check_corrections(found);
    check_facts(found);
}

/// Every order is found by its id.
fn check_order_ids(found: &mut Findings<'_>) {
    let orders = &found.lens.state.orders;
    let mut from = 0;
    while from < orders.len() {
        let numbers = from..orders.len().min(from + LANES);
        let ids: Vec<(Text, Tag)> = numbers
            .clone()
            .map(|order| {
                let id = orders.id(order);
                let tag = Tag::of(&id);
                orders.prefetch_tag(tag);
                (id, tag)
            })
            .collect();
        for (order, (id, tag)) in numbers.zip(&ids) {
            let kept = orders.find_tagged(*tag, id).unwrap_or(NONE);
            found.whole(None, || format!("number of order {id}"), kept, order);
        }
        from += LANES;
    }
}

/// Refunds hang on their orders, newest first.
fn check_corrections(found: &mut Findings<'_>) {
    let lens = found.lens;
    let (orders, corrections) = (&lens.state.orders, &lens.state.corrections);
    let mut newest = vec![NONE; orders.len() as usize];
    let mut before = vec![NONE; corrections.len() as usize];
    for correction in 0..corrections.len() {
        let row = corrections.row(correction);
        if let Some(order) = row.order {
            before[correction as usize] = newest[order as usize];
            newest[order as usize] = correction;
        }
    }
    for order in 0..orders.len() {
        let buyer = orders.row(order).buyer;
        let last = orders.last_refund(order);
        let figure = |name: &'static str| move || format!("order {order}: {name}");
        found.at_member(
            buyer,
            figure("last refund"),
            last.unwrap_or(NONE),
            newest[order as usize],
        );
        if last.is_none() {
            continue;
        }
        let mut expected = newest[order as usize];
        for refund in corrections.of_order(last) {
            found.at_member(buyer, figure("refunds"), refund, expected);
            expected = before.get(expected as usize).copied().unwrap_or(NONE);
        }
        let (amount, volumes) = corrections.taken(last);
        let all = orders.volumes(order);
        let within = amount <= orders.row(order).amount
            && (0..lens.rules.kinds.len()).all(|kind| volumes.get(kind) <= all.get(kind));
        found.at_member(buyer, figure("refunds within the order"), within, true);
    }
}

/// Ids of facts lead to a command that has been executed.
fn check_facts(found: &mut Findings<'_>) {
    let lens = found.lens;
    let facts = &lens.state.facts;
    for fact in 0..facts.len() {
        let id = facts.id(fact);
        let known = facts
            .first_seq(&id)
            .is_some_and(|seq| seq <= lens.state.as_of_seq);
        found.whole(None, || format!("fact {id} is known"), known, true);
    }
}

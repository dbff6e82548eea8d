//! Who counts and who is active, judged anew by the activity rule.

use crate::base::ids::{COMPANY, ENROLLER_TREE, Member, NONE, Seat};
use crate::base::time::{DAY_MS, Time};
use crate::book::forest::Forest;
use crate::book::rules::Window;
use crate::engine::member::{MemberKind, Status};
use crate::view::verify::report::Findings;
use crate::view::verify::sold::Sold;

/// Own volume in the enroller tree, by member: the judged kind of what he bought, and of his customers where the
/// enroller tree counts them as his own.
fn own_of(found: &Findings<'_>, sold: &Sold, member: Member) -> i64 {
    let lens = found.lens;
    let kind = usize::from(lens.rules.activity.kind);
    let cell = member as usize * sold.kinds + kind;
    let customers = match lens.rules.trees[ENROLLER_TREE].customer_level {
        crate::tree::rules::CustomerLevel::Own => sold.customers.get(cell).copied().unwrap_or(0),
        crate::tree::rules::CustomerLevel::First => 0,
    };
    sold.own[cell] + customers
}

/// Adds what entered further places: in the enroller tree that is a member's own volume too.
fn add_elsewhere(sold: &Sold, kind: usize, customers_count: bool, own: &mut [i64]) {
    for entry in &sold.elsewhere {
        if customers_count || !entry.of_customer {
            own[entry.member as usize] += entry.volumes.get(kind).0;
        }
    }
}

/// Own volume of the judged kind, by member.
fn judged(found: &Findings<'_>, sold: &Sold) -> Vec<i64> {
    let rules = found.lens.rules;
    let mut own: Vec<i64> = (0..found.lens.members())
        .map(|member| own_of(found, sold, member))
        .collect();
    let counts =
        rules.trees[ENROLLER_TREE].customer_level == crate::tree::rules::CustomerLevel::Own;
    add_elsewhere(sold, usize::from(rules.activity.kind), counts, &mut own);
    own
}

/// Judges every member of the current book by `sold` of the activity rule's period type, or by his orders where
/// activity rolls, and compares what each of his seats counts as.
pub(super) fn check_current(found: &mut Findings<'_>, sold: Option<&Sold>) {
    let lens = found.lens;
    let rules = lens.rules;
    let own = sold.map(|sold| judged(found, sold));
    let until = match rules.activity.window {
        Window::Period(_) => None,
        Window::Rolling { days } => Some(rolling(found, days)),
    };
    let least = rules.activity.at_least.0.max(1);
    for member in COMPANY + 1..lens.members() {
        let stands = lens.status(member) != Status::Terminated;
        let distributor = lens.kind(member) == MemberKind::Distributor;
        if let Some(until) = &until {
            // Who has gone is active until no instant.
            let recomputed = until.get(member as usize).filter(|_| stands);
            let kept = lens.told().active_until(member).unwrap_or(Time(0));
            let recomputed = recomputed.copied().unwrap_or(Time(0));
            found.at_member(member, || "active_until".to_owned(), kept, recomputed);
        }
        let met = match (&own, &until) {
            (Some(own), _) => own[member as usize] >= least,
            (None, Some(until)) => until[member as usize] > lens.state.as_of_time,
            (None, None) => false,
        };
        for (tree, _, seat) in lens.told().seats(member) {
            let counted = stands && (distributor || tree == ENROLLER_TREE && rules.count_customers);
            let active = counted && met;
            let kept = lens.forest().standing(tree, seat);
            found.at_seat((tree, seat), || "counted".to_owned(), kept.counted, counted);
            found.at_seat((tree, seat), || "active".to_owned(), kept.active, active);
        }
    }
}

/// Judges everybody in the book of a period that rolled: who counted at the roll and sold enough in it.
pub(super) fn check_rolled(found: &mut Findings<'_>, forest: &Forest, sold: &Sold) {
    let lens = found.lens;
    let own = judged(found, sold);
    let least = lens.rules.activity.at_least.0.max(1);
    for tree in 0..lens.rules.trees.len() {
        for seat in COMPANY + 1..forest.seats(tree) {
            let kept = forest.standing(tree, seat);
            let met = own[forest.owner(tree, seat) as usize] >= least;
            found.at_seat(
                (tree, seat as Seat),
                || "active".to_owned(),
                kept.active,
                kept.counted && met,
            );
        }
    }
}

/// Until when each member is active by a single order of enough volume after its refunds; 0 for not at all.
fn rolling(found: &Findings<'_>, days: u16) -> Vec<Time> {
    let lens = found.lens;
    let orders = &lens.state.orders;
    let kind = usize::from(lens.rules.activity.kind);
    let least = lens.rules.activity.at_least.0.max(1);
    let mut left: Vec<i64> = (0..orders.len())
        .map(|order| orders.volumes(order).get(kind).0)
        .collect();
    let corrections = &lens.state.corrections;
    for correction in 0..corrections.len() {
        if let Some(order) = corrections.row(correction).order {
            left[order as usize] += corrections.volumes(correction).get(kind).0;
        }
    }
    let mut until = vec![Time(0); lens.members() as usize];
    for order in 0..orders.len() {
        let row = orders.row(order);
        let ends = row.at.plus_ms(i64::from(days) * DAY_MS);
        let his_own = row.buyer == row.credited && row.buyer != COMPANY && row.buyer != NONE;
        if his_own && left[order as usize] >= least && ends > lens.state.as_of_time {
            let held = &mut until[row.buyer as usize];
            *held = ends.max(*held);
        }
    }
    until
}

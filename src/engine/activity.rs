//! The activity rule: who counts as active, judged after every change of own volume, and the standing that follows.

use crate::base::ids::{COMPANY, ENROLLER_TREE, Member};
use crate::base::limits::FUTURE_MS_MAX;
use crate::base::number::Volume;
use crate::base::time::{DAY_MS, Time};
use crate::base::volumes::Volumes;
use crate::book::forest::{Forest, Standing};
use crate::book::rules::{Activity, Window};
use crate::engine::credit::Credit;
use crate::engine::member::{MemberKind, Status};
use crate::engine::posting::{self, Targets};
use crate::engine::rules::Rules;
use crate::engine::state::State;
use crate::engine::timers::Timer;

/// Judges a credited member anew after his own volume rose or fell.
pub(crate) fn judge(state: &mut State, rules: &Rules, credit: &Credit, targets: Targets) {
    let member = credit.member;
    if member == COMPANY {
        return;
    }
    if let Window::Period(period_type) = rules.activity.window
        && targets.current >> period_type & 1 != 0
        && posting::is_own(rules, credit, ENROLLER_TREE)
    {
        let held = state.forest.standing(ENROLLER_TREE, member);
        let active = reaches(&state.forest, &rules.activity, period_type.into(), member)
            && state.members.status(member) != Status::Terminated;
        if held.active != active {
            stand(state, member);
        }
    }
    for index in (0..state.periods.len()).filter(|index| targets.branch >> index & 1 != 0) {
        let rules = posting::branch_rules(state, index);
        if rules.activity.window == Window::Period(index as u8)
            && posting::is_own(&rules, credit, ENROLLER_TREE)
        {
            judge_late(state, &rules, index, member);
        }
    }
}

/// Judges a member in the book of a period that has rolled, by the rules of that time.
fn judge_late(state: &mut State, rules: &Rules, period_type: usize, member: Member) {
    let seats: Vec<_> = state.members.seats(member).collect();
    let forest = posting::branch(state, period_type);
    let held = forest.standing(ENROLLER_TREE, member);
    let active = held.counted && reaches(forest, &rules.activity, period_type, member);
    if held.active == active {
        return;
    }
    for (tree, _, seat) in seats {
        if tree < rules.trees.len() && seat < forest.seats(tree) {
            let counted = forest.standing(tree, seat).counted;
            let active = active && counted;
            forest.set_standing(tree, seat, Standing { counted, active });
        }
    }
}

fn reaches(forest: &Forest, activity: &Activity, period_type: usize, member: Member) -> bool {
    let own = forest.own(
        ENROLLER_TREE,
        member,
        period_type,
        usize::from(activity.kind),
    );
    own >= activity.at_least.0.max(1)
}

/// Whether a member is active now by the rule, from figures and not from what is noted.
pub(crate) fn is_active(state: &State, rules: &Rules, member: Member) -> bool {
    if state.members.status(member) == Status::Terminated {
        return false;
    }
    match rules.activity.window {
        Window::Period(period_type) => reaches(
            &state.forest,
            &rules.activity,
            usize::from(period_type),
            member,
        ),
        Window::Rolling { .. } => state
            .members
            .active_until(member)
            .is_some_and(|until| until > state.as_of_time),
    }
}

/// Writes what a member counts as into every tree, from his kind, status and activity. O(hops) where it changed.
pub(crate) fn stand(state: &mut State, member: Member) {
    let rules = state.founded().clone();
    let stands = state.members.status(member) != Status::Terminated;
    let distributor = state.members.kind(member) == MemberKind::Distributor;
    let active = is_active(state, &rules, member);
    let seats: Vec<_> = state.members.seats(member).collect();
    for (tree, _, seat) in seats {
        // Empty seats that a former distributor left in placement trees count nowhere.
        let counted = stands && (distributor || (tree == ENROLLER_TREE && rules.count_customers));
        let standing = Standing {
            counted,
            active: counted && active,
        };
        state.forest.set_standing(tree, seat, standing);
    }
}

/// Under a rolling window: the instant until which an order makes its buyer active, if it does.
pub(crate) fn rolling_until(
    rules: &Rules,
    credit: &Credit,
    at: Time,
    volumes: &Volumes,
) -> Option<Time> {
    let Window::Rolling { days } = rules.activity.window else {
        return None;
    };
    let enough =
        volumes.get(usize::from(rules.activity.kind)).0 >= rules.activity.at_least.0.max(1);
    (enough && credit.buyer == credit.member && credit.buyer != COMPANY)
        .then(|| at.plus_ms(i64::from(days) * DAY_MS))
}

/// Makes a buyer active until an instant, unless he is for longer already.
pub(crate) fn prolong(state: &mut State, member: Member, until: Time) {
    let held = state.members.active_until(member);
    if until <= state.as_of_time || held.is_some_and(|held| held >= until) {
        return;
    }
    state.members.set_active_until(member, Some(until));
    // One timer a member at most: it finds the later instant when it fires.
    if held.is_none() {
        state.timers.set(until, Timer::Expiry { member });
        stand(state, member);
    }
}

/// A member's timer fires: his activity ends, or it has been prolonged meanwhile.
pub(crate) fn expire(state: &mut State, member: Member, due: Time) {
    match state.members.active_until(member) {
        Some(until) if until > due => state.timers.set(until, Timer::Expiry { member }),
        Some(_) => {
            state.members.set_active_until(member, None);
            stand(state, member);
        }
        None => {}
    }
}

/// Under a rolling window: judges a buyer anew from what is left of his orders. O(his orders within the window).
pub(crate) fn judge_rolling(state: &mut State, rules: &Rules, member: Member) {
    let Window::Rolling { days } = rules.activity.window else {
        return;
    };
    let window_ms = i64::from(days) * DAY_MS;
    let now = state.as_of_time;
    let orders = &state.orders;
    let mut until = None;
    for order in orders.newest_first(state.members.last_order(member)) {
        let row = orders.row(order);
        if row.received.plus_ms(window_ms + FUTURE_MS_MAX) <= now {
            break;
        }
        let (_, taken) = state.corrections.taken(orders.last_refund(order));
        let mut left = orders.volumes(order);
        let kind = usize::from(rules.activity.kind);
        left.set(kind, Volume(left.get(kind).0 - taken.get(kind).0));
        let ends = rolling_until(rules, &orders.credit(order), row.at, &left);
        until = until.max(ends.filter(|&ends| ends > now));
    }
    let held = state.members.active_until(member);
    if held == until || state.members.status(member) == Status::Terminated {
        return;
    }
    state.members.set_active_until(member, until);
    // The timer already set may be for a later instant, so an earlier end needs one of its own.
    if let Some(until) = until.filter(|&until| held.is_none_or(|held| until < held)) {
        state.timers.set(until, Timer::Expiry { member });
    }
    stand(state, member);
}

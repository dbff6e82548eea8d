//! Rules that change: when told ones take effect, and what follows in the state when they do.
//!
//! A forest may be laid out for more than the rules in force name; that shows nowhere. So room can be made ahead of
//! time ([`make_room_ahead`]), and what takes effect is the same whether it has been or not.

use std::sync::Arc;

use crate::base::ids::COMPANY;
use crate::base::time::Time;
use crate::book::rules::{Kept, Window};
use crate::engine::activity;
use crate::engine::grow;
use crate::engine::judging;
use crate::engine::rejection::Rejection;
use crate::engine::rules::Rules;
use crate::engine::state::{Begins, Pending, State};

/// When a change told now takes effect: the next start of a period of the type named, or of the type whose running
/// period is the longest (the first of several as long). O(period types).
///
/// # Errors
/// [`Rejection::UnknownName`]; [`Rejection::UnknownPeriod`] where the calendar does not know that period yet.
pub fn next_start(
    state: &State,
    rules: &Rules,
    period_type: Option<&str>,
) -> Result<Begins, Rejection> {
    let length = |of: &usize| {
        let periods = state.periods.get(*of);
        periods.end(periods.current()).0 - periods.start(periods.current()).0
    };
    let period_type = match period_type {
        Some(name) => judging::period_type(rules, name)?,
        None => (0..state.periods.len())
            .rev()
            .max_by_key(length)
            .expect("a network has a period type"),
    };
    let periods = state.periods.get(period_type);
    let at = periods.next_roll().ok_or(Rejection::UnknownPeriod)?;
    Ok(Begins {
        period_type,
        ordinal: periods.current() + 1,
        at,
    })
}

/// Whether pending rules will keep more than there is room for. O(trees).
#[must_use]
pub fn needs_room(state: &State) -> bool {
    let (Some(pending), Some(running)) = (&state.pending, &state.rules) else {
        return false;
    };
    let trees = pending.rules.trees.len();
    let kept = roomy(state, kept_ahead(running, &pending.rules));
    !state.forest.fits(&kept) || state.members.trees() < trees
}

/// Makes room for what pending rules will keep; nothing shows it. Records that are wide enough stay as they are.
/// O(members x trees + orders) where they are not.
pub fn make_room_ahead(state: &mut State) {
    let Some(pending) = state.pending.clone() else {
        return;
    };
    let running = state.founded().clone();
    let kept = kept_ahead(&running, &pending.rules);
    make_room(state, kept, pending.rules.trees.len());
}

/// What rules will keep on the trees there are, while activity is still judged as it is.
fn kept_ahead<'a>(running: &'a Rules, pending: &'a Rules) -> Kept<'a> {
    Kept {
        trees: &pending.trees[..running.trees.len()],
        activity: &running.activity,
        ..pending.kept()
    }
}

/// The same with all the room there is: what is wider than it must be stays.
fn roomy<'a>(state: &State, kept: Kept<'a>) -> Kept<'a> {
    Kept {
        kinds: kept.kinds.max(state.forest.kinds()),
        periods: kept.periods.max(state.forest.period_types()),
        ..kept
    }
}

/// Redraws what is too narrow.
fn make_room(state: &mut State, kept: Kept<'_>, trees: usize) {
    let kept = roomy(state, kept);
    state.forest.fit(&kept);
    state.members.fit(trees);
    state.orders.fit(kept.kinds);
    state.corrections.fit(kept.kinds);
}

/// Puts the rules that a command told into force, unless others were told since. What ends at this instant has ended
/// by the old ones already.
///
/// O(1) in members where room has been made and no tree is added and activity is judged as before, and what customers
/// bought is asked for as before; otherwise O(members x trees + orders).
pub(crate) fn take_effect(state: &mut State, told: u64, due: Time, seq: u64) {
    // Of several told by one command the last counts, and the timers of the others are due for nothing.
    let due_now = |pending: &mut Arc<Pending>| pending.seq == told && pending.begins.at == due;
    let Some(pending) = state.pending.take_if(due_now) else {
        return;
    };
    let (old, rules) = (state.founded().clone(), Arc::clone(&pending.rules));
    make_room(state, rules.kept(), rules.trees.len());
    state.periods.change(&rules.period_types, due, seq);
    state.set_rules(Arc::clone(&rules), pending.document, seq);
    grow::trees(state, &rules, old.trees.len());
    if kept_by(&old) != kept_by(&rules) {
        grow::served(state, rules.customers_first);
    }
    if old.activity != rules.activity || old.count_customers != rules.count_customers {
        judge_all(state, &rules);
    }
}

/// Of which kind and in which period type rules ask what customers bought.
fn kept_by(rules: &Rules) -> Option<(u8, u8)> {
    rules.customers_first.map(|rule| (rule.kind, rule.period))
}

/// Judges everybody by another activity rule. O(members x hops).
fn judge_all(state: &mut State, rules: &Rules) {
    for member in COMPANY + 1..state.members.len() {
        match rules.activity.window {
            Window::Period(_) => state.members.set_active_until(member, None),
            Window::Rolling { .. } => activity::judge_rolling(state, rules, member),
        }
        activity::stand(state, member);
    }
}

//! The passage of machine time: timers that fall due, periods that roll.

use std::sync::Arc;

use crate::base::time::Time;
use crate::engine::activity;
use crate::engine::law;
use crate::engine::periods::PeriodState;
use crate::engine::rules::ClockMode;
use crate::engine::state::State;
use crate::engine::timers::Timer;

/// Machine time never goes back: it follows the stamp of the batch, or each command's own `at`.
pub(crate) fn clock_after(clock: ClockMode, before: Time, stamp: Time, at: Time) -> Time {
    before.max(match clock {
        ClockMode::Wall => stamp,
        ClockMode::Events => at,
    })
}

/// Fires what is due up to `time`, and moves machine time there, or as far as the limit lets it.
pub(crate) fn fire_due(state: &mut State, time: Time, limit: usize, seq: u64) {
    for _ in 0..limit {
        let Some((due, timer)) = state.timers.take_due(time) else {
            break;
        };
        state.as_of_time = state.as_of_time.max(due);
        state.fold.add(due.0 as u64);
        match timer {
            Timer::Cutoff {
                period_type,
                ordinal,
            } => {
                let of = usize::from(period_type);
                let (period_type, mut closing) = state.closing(of, (due, seq));
                if period_type.branch.as_ref().map(|b| b.ordinal) == Some(ordinal) {
                    period_type.close(&mut closing);
                }
            }
            Timer::Roll {
                period_type,
                ordinal,
                ..
            } => roll(state, usize::from(period_type), ordinal, due, seq),
            Timer::Change { seq: told } => change(state, told, due, seq),
            Timer::Expiry { member } => activity::expire(state, member, due),
        }
    }
    let reached = state.timers.next().map_or(time, |next| next.min(time));
    state.as_of_time = state.as_of_time.max(reached);
}

fn roll(state: &mut State, period_type: usize, ordinal: u32, due: Time, seq: u64) {
    assert!(
        state.periods.get(period_type).current() == ordinal,
        "one timer a period rolls it once"
    );
    let as_it_stands = (state.forest.fork(), Arc::clone(state.founded()));
    let (periods, mut closing) = state.closing(period_type, (due, seq));
    let cutoff = periods.roll(as_it_stands, &mut closing);
    state.forest.roll(period_type);
    if let Some(cutoff) = cutoff {
        let timer = Timer::Cutoff {
            period_type: period_type as u8,
            ordinal,
        };
        state.timers.set(cutoff, timer);
    }
    set_roll(state, period_type);
}

/// Puts told rules into force. Calendars that grow by it, and types that it adds, have their first roll set.
fn change(state: &mut State, told: u64, due: Time, seq: u64) {
    let roll_already = |of: &PeriodState| of.next_roll().is_some();
    let rolls: Vec<bool> = state.periods.iter().map(roll_already).collect();
    law::take_effect(state, told, due, seq);
    for period_type in 0..state.periods.len() {
        if rolls.get(period_type) != Some(&true) {
            set_roll(state, period_type);
        }
    }
}

/// Sets the timer that ends the current period of a type, if the calendar knows what follows it.
pub(crate) fn set_roll(state: &mut State, period_type: usize) {
    let periods = state.periods.get(period_type);
    let (ordinal, end) = (periods.current(), periods.next_roll());
    if let Some(end) = end {
        let timer = Timer::Roll {
            length_ms: end.0 - periods.start(ordinal).0,
            period_type: period_type as u8,
            ordinal,
        };
        state.timers.set(end, timer);
    }
}

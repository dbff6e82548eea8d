//! What commands share when they are judged: names, instants, and which of several rejections is given.

use crate::base::ids::{Member, Text};
use crate::base::limits::FUTURE_MS_MAX;
use crate::base::time::{DAY_MS, Time};
use crate::base::volumes::Volumes;
use crate::engine::member::MemberKind;
use crate::engine::rejection::{Field, Rejection};
use crate::engine::rules::{ClockMode, Rules};
use crate::engine::state::State;
use crate::tree::rules::Policy;

/// The command at hand: its sequence and machine time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    pub(crate) seq: u64,
    pub(crate) time: Time,
}

/// Collects rejections and keeps the one with the lowest number.
#[derive(Debug, Default)]
pub(crate) struct Lowest {
    held: Option<Rejection>,
}

impl Lowest {
    /// Notes a rejection.
    pub(crate) fn note(&mut self, rejection: Rejection) {
        if self
            .held
            .is_none_or(|held| rejection.number() < held.number())
        {
            self.held = Some(rejection);
        }
    }

    /// The value, or notes why there is none.
    pub(crate) fn take<T>(&mut self, judged: Result<T, Rejection>) -> Option<T> {
        judged.map_err(|rejection| self.note(rejection)).ok()
    }

    /// Notes a rejection where a condition fails.
    pub(crate) fn need(&mut self, holds: bool, rejection: Rejection) {
        if !holds {
            self.note(rejection);
        }
    }

    /// Ends the judging.
    pub(crate) fn verdict(&self) -> Result<(), Rejection> {
        self.held.map_or(Ok(()), Err)
    }
}

/// The tree with this name.
pub(crate) fn tree(rules: &Rules, name: &str) -> Result<usize, Rejection> {
    rules.tree(name).ok_or(Rejection::UnknownName(Field::Tree))
}

/// The period type with this name.
pub(crate) fn period_type(rules: &Rules, name: &str) -> Result<usize, Rejection> {
    rules
        .period_type(name)
        .ok_or(Rejection::UnknownName(Field::Period))
}

/// Volumes name no kind beyond those of the network.
pub(crate) fn known_kinds(rules: &Rules, volumes: &Volumes) -> Result<(), Rejection> {
    if volumes.units()[rules.kinds.len()..]
        .iter()
        .any(|&units| units != 0)
    {
        return Err(Rejection::UnknownName(Field::Volumes));
    }
    Ok(())
}

/// A policy compares no kind or period type beyond those of the network.
pub(crate) fn known_policy(rules: &Rules, policy: Policy) -> Result<(), Rejection> {
    match policy {
        Policy::WeakerVolume { kind, .. } if usize::from(kind) >= rules.kinds.len() => {
            Err(Rejection::UnknownName(Field::Volumes))
        }
        Policy::WeakerVolume { period, .. } if usize::from(period) >= rules.period_types.len() => {
            Err(Rejection::UnknownName(Field::Period))
        }
        _ => Ok(()),
    }
}

/// The member with this id.
pub(crate) fn member(state: &State, id: &Text, field: Field) -> Result<Member, Rejection> {
    state
        .members
        .find(id)
        .ok_or(Rejection::UnknownMember(field))
}

/// Whoever enrols has sold enough to customers: a member of this `kind` below `enroller`. Roots need nobody. O(1).
pub(crate) fn may_enrol(
    state: &State,
    kind: MemberKind,
    enroller: Option<Member>,
    field: Field,
) -> Result<(), Rejection> {
    let guarded = state.founded().customers_first;
    let guarded = guarded.filter(|rule| rule.guards(kind));
    let (Some(rule), Some(enroller)) = (guarded, enroller) else {
        return Ok(());
    };
    let period = state.periods.get(usize::from(rule.period)).current();
    let (required, actual) = (rule.at_least, state.served.of(enroller, period));
    if actual >= required {
        return Ok(());
    }
    Err(Rejection::CustomersWanted {
        field,
        required,
        actual,
    })
}

/// Under the wall clock `at` lies at most five minutes ahead.
pub(crate) fn timely(rules: &Rules, at: Time, now: Now) -> Result<(), Rejection> {
    let ahead = rules.clock == ClockMode::Wall && at > now.time.plus_ms(FUTURE_MS_MAX);
    if ahead {
        Err(Rejection::AtInFuture)
    } else {
        Ok(())
    }
}

/// How far back in time unknown orders, refunds and adjustments may be dated: so long their ids are promised to be known.
/// It reaches over the days the rules say, the refund days, and the current, rolled and last closed period of every type.
#[must_use]
pub fn memory_start(state: &State, rules: &Rules, now: Time) -> Time {
    let days = i64::from(rules.id_memory_days.max(rules.refund_days));
    let days = now.plus_ms(-days * DAY_MS);
    let oldest = state.periods.oldest_start();
    oldest.map_or(days, |start| start.min(days))
}

/// Volumes are dated within the memory of ids.
pub(crate) fn remembered(
    state: &State,
    rules: &Rules,
    at: Time,
    now: Now,
) -> Result<(), Rejection> {
    if at < memory_start(state, rules, now.time) {
        Err(Rejection::OlderThanMemory)
    } else {
        Ok(())
    }
}

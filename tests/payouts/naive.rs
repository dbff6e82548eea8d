//! Plans by their definitions: ladders first, then each component in its order; slow and meant to be.

use super::needs::{Tally, ranks};
use super::pays::Payroll;
use super::plan::{Component, Draft};
use super::sight::{Role, Sight};

/// What a period comes to.
#[derive(Debug)]
pub(crate) struct Answer {
    /// By ladder, then by member; none for ladders of other period types.
    pub(crate) ranks: Vec<Option<Vec<u8>>>,
    /// By component, then by member, in 1e-6.
    pub(crate) amounts: Vec<Option<Vec<i128>>>,
    /// What the components under the ceiling are multiplied by, in 1e-8; none where there is no ceiling here.
    pub(crate) factor: Option<i128>,
}

/// Works out everything of a period type.
pub(crate) fn work_out(sight: &Sight, draft: &Draft, of: usize, tally: &mut Tally) -> Answer {
    let ladders = draft.ladders.iter();
    let ladders = ladders
        .map(|ladder| (ladder.period == of).then(|| ranks(sight, ladder, tally)))
        .collect::<Vec<_>>();
    let mut amounts: Vec<Option<Vec<i128>>> = Vec::new();
    for (plan, component) in draft.components() {
        if component.period != of {
            amounts.push(None);
            continue;
        }
        let ladder = plan.ladder.and_then(|ladder| ladders[ladder].clone());
        let ranks = ladder.unwrap_or_else(|| vec![0; sight.people.len()]);
        let payroll = Payroll {
            sight,
            earns: earning(sight, component, &ranks),
            ranks,
            earlier: &amounts,
        };
        let (sums, one) = payroll.exact(&component.pays);
        let half = |sum: &&i128| one > 1 && sum.abs() % one == one / 2;
        tally.entry("half".to_owned()).or_default()[0] += sums.iter().filter(half).count() as u64;
        let mut paid = rounded(sums, one);
        tell(tally, component, &paid);
        if let Some(cap) = component.cap {
            for amount in &mut paid {
                *amount = (*amount).min(i128::from(cap));
            }
        }
        amounts.push(Some(paid));
    }
    let factor = factor(sight, draft, of, &amounts);
    if let Some(factor) = factor {
        tally.entry("factor".to_owned()).or_default()[usize::from(factor == ONE)] += 1;
    }
    Answer {
        ranks: ladders,
        amounts,
        factor,
    }
}

/// One in 1e-8.
const ONE: i128 = 100_000_000;

/// The share of what is owed that the company's ceiling allows, rounded down.
fn factor(sight: &Sight, draft: &Draft, of: usize, amounts: &[Option<Vec<i128>>]) -> Option<i128> {
    let ceiling = draft.company_cap.as_ref()?;
    let all = draft.components();
    let mut capped = ceiling.components.iter();
    if capped.any(|&at| all[at].1.period != of) {
        return None;
    }
    let owed = ceiling.components.iter().map(|&at| amounts[at].as_ref());
    let owed: i128 = owed
        .map(|paid| paid.expect("worked out").iter().sum::<i128>())
        .sum();
    let seats = 0..sight.trees[0].seats.len();
    let sold: i128 = seats
        .map(|seat| sight.entered_at(0, ceiling.kind, seat))
        .sum();
    // Volumes count 1e-4, rates 1e-8, what is owed 1e-6.
    let allowed = i128::from(ceiling.rate) * sold.max(0);
    Some(if owed * 1_000_000 <= allowed {
        ONE
    } else {
        allowed * ONE / (owed * 1_000_000)
    })
}

/// Who can earn, by member.
fn earning(sight: &Sight, component: &Component, ranks: &[u8]) -> Vec<bool> {
    let people = sight.people.iter().zip(ranks);
    people
        .map(|(who, &rank)| {
            who.role == Role::Distributor
                && (who.active || !component.active_only)
                && rank >= component.min_rank
        })
        .collect()
}

/// Notes who got something and who nothing.
fn tell(tally: &mut Tally, component: &Component, paid: &[i128]) {
    let mut note = |name: String, so: bool| {
        tally.entry(name).or_default()[usize::from(!so)] += 1;
    };
    for &amount in paid {
        note(component.pays.sort(), amount != 0);
        note("below zero".to_owned(), amount < 0);
        if let Some(cap) = component.cap {
            note("cap".to_owned(), amount > i128::from(cap));
        }
        if !component.active_only {
            note("payee any".to_owned(), amount != 0);
        }
        if component.min_rank > 0 {
            note("min_rank".to_owned(), amount != 0);
        }
    }
}

/// Each sum brought to 1e-6 once, half away from zero.
fn rounded(sums: Vec<i128>, one: i128) -> Vec<i128> {
    let away = |sum: i128| {
        let size = (sum.abs() + one / 2) / one;
        if sum < 0 { -size } else { size }
    };
    sums.into_iter().map(away).collect()
}

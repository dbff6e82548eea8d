//! What a plan set says that is right and yet hardly meant. Nothing here refuses it.
//!
//! What is said of ranks holds for every network. What is said of money is a bound: so much can be paid if every sale has
//! a payee at every place, and no volume is below zero.

use std::collections::BTreeMap;

use crate::base::money::{RATE_ONE, Rate};
use crate::engine::rules::Rules;
use crate::plan::component::Most;
use crate::plan::ladder::{Atom, Ladder, Need};
use crate::plan::set::{CompanyCap, PlanSet};

/// What to look at again, one sentence each. `rules` are those that the set was read for.
///
/// # Cost
/// The set's length times its ranks.
#[must_use]
pub fn warnings(set: &PlanSet, rules: &Rules) -> Vec<String> {
    let mut told = Vec::new();
    for ladder in &set.ladders {
        told.extend(unreachable_ranks(ladder, rules));
    }
    let bounds = Bounds::of(set);
    told.extend(bounds.of_each(set, rules));
    told.extend(bounds.of_all(set, rules));
    told
}

/// Ranks that nobody can ever hold. A rank can be held if its requirement can hold once lower places of the tree are
/// held by members of ranks that can be held already: from the leaves up there is no other way.
fn unreachable_ranks(ladder: &Ladder, rules: &Rules) -> Vec<String> {
    let tree = &rules.trees[ladder.tree];
    let legs_max = tree.shape.legs().map_or(u32::MAX, u32::from);
    let mut highest = 0;
    let mut can = vec![false; ladder.ranks.len()];
    let holds = |need: &Need, highest: u8| {
        need.holds(&mut |atom: &Atom| match *atom {
            Atom::Legs { count, rank } => count <= legs_max && rank <= highest,
            Atom::Previous { rank } => rank <= highest,
            _ => true,
        })
    };
    // Each round but the last finds one more rank at least.
    loop {
        for (rank, can) in ladder.ranks.iter().zip(&mut can) {
            *can = *can || holds(&rank.needs, highest);
        }
        let found = can
            .iter()
            .rposition(|can| *can)
            .map_or(0, |at| at as u8 + 1);
        if found == highest {
            break;
        }
        highest = found;
    }
    let never = ladder.ranks.iter().zip(&can).filter(|(_, can)| !**can);
    let told = never.map(|(rank, _)| {
        let legs = rank.needs.atoms().into_iter().find_map(|atom| match *atom {
            Atom::Legs { count, .. } if count > legs_max => {
                let tree = &tree.name;
                Some(format!(
                    "it takes {count} legs, and a seat of `{tree}` has {legs_max}"
                ))
            }
            Atom::Legs { rank, .. } if rank > highest => {
                let with = ladder.rank_name(rank).unwrap_or_default();
                Some(format!(
                    "it takes a leg with `{with}`, and nobody can be the first to hold that"
                ))
            }
            Atom::Previous { rank } if rank > highest => {
                let before = ladder.rank_name(rank).unwrap_or_default();
                Some(format!(
                    "it takes `{before}` in the period before, and nobody can be the first to hold that"
                ))
            }
            _ => None,
        });
        format!(
            "nobody can ever hold the rank `{}` of the ladder `{}`: {}",
            rank.name,
            ladder.name,
            legs.unwrap_or_default()
        )
    });
    told.collect()
}

/// The most that components can pay, as shares of volume kinds; in 1e-8.
type Shares = BTreeMap<usize, i128>;

/// What each component can pay at most.
struct Bounds {
    most: Vec<Most>,
    /// None where there is no limit.
    shares: Vec<Option<Shares>>,
}

impl Bounds {
    fn of(set: &PlanSet) -> Bounds {
        let (mut all, mut shares): (Vec<Most>, Vec<Option<Shares>>) = (Vec::new(), Vec::new());
        for entry in &set.components {
            let ladder = entry.ladder.map(|ladder| &set.ladders[ladder]);
            let ranks = ladder.map_or(0, |ladder| ladder.ranks.len() as u8);
            let most = entry.component.most(entry.payee, ranks);
            shares.push(match &most {
                Most::Volume(kind, rate) => Some(Shares::from([(*kind, i128::from(rate.0))])),
                Most::Earnings(of, rate) => {
                    sum(of.iter().map(|&index| &shares[index])).map(|of| scaled(of, *rate))
                }
                Most::Unlimited(_) | Most::Apart => None,
            });
            all.push(most);
        }
        Bounds { most: all, shares }
    }

    /// Components that can pay more than all of what they are paid on.
    fn of_each(&self, set: &PlanSet, rules: &Rules) -> Vec<String> {
        let one = Rate(RATE_ONE);
        let capped = |index| {
            let cap = set.company_cap.as_ref();
            cap.is_some_and(|cap| cap.components.contains(&index))
        };
        let all = self.most.iter().zip(&set.components).enumerate();
        let told = all.map(|(index, (most, entry))| {
            let name = &entry.name;
            let limited = entry.caps.all.is_some() || capped(index);
            match most {
                Most::Volume(kind, rate) if *rate > one => Some(format!(
                    "the component `{name}` can pay {rate} of the volume `{}`: more than all of it",
                    rules.kinds[*kind]
                )),
                Most::Earnings(_, rate) if *rate > one => Some(format!(
                    "the component `{name}` can pay {rate} of what it matches: more than all of it"
                )),
                Most::Unlimited(why) if !limited => Some(format!(
                    "the component `{name}` can pay any multiple of what it is paid on, with neither `cap` nor company_cap: {why}"
                )),
                _ => None,
            }
        });
        told.flatten().collect()
    }

    /// Components that can together pay more than all that is sold.
    fn of_all(&self, set: &PlanSet, rules: &Rules) -> Vec<String> {
        let cap = set.company_cap.as_ref();
        let free = |index: &usize| cap.is_none_or(|cap| !cap.components.contains(index));
        let outside: Vec<usize> = (0..self.shares.len()).filter(free).collect();
        let limited = outside
            .iter()
            .filter_map(|&index| self.shares[index].as_ref());
        let mut totals = Shares::new();
        // One that can pay more than all by itself is told of alone.
        let mut payers: BTreeMap<usize, usize> = BTreeMap::new();
        for shares in limited {
            for (&kind, share) in shares {
                *totals.entry(kind).or_default() += share;
                *payers.entry(kind).or_default() += 1;
            }
        }
        if let Some(cap) = cap {
            *totals.entry(cap.volume).or_default() += self.under(cap);
            *payers.entry(cap.volume).or_default() += 1;
        }
        let over = totals
            .into_iter()
            .filter(|&(kind, share)| share > i128::from(RATE_ONE) && payers[&kind] > 1);
        let told = over.map(|(kind, share)| {
            let share = Rate(i64::try_from(share).unwrap_or(i64::MAX));
            let (kind, cap) = (
                &rules.kinds[kind],
                match cap {
                    Some(_) => "even under the company_cap",
                    None => "and no company_cap keeps them under it",
                },
            );
            format!("all components together can pay {share} of the volume `{kind}`, {cap}")
        });
        told.collect()
    }

    /// What the components under the company's cap can pay, as a share of its volume.
    fn under(&self, cap: &CompanyCap) -> i128 {
        let ceiling = i128::from(cap.rate.0);
        let shares = sum(cap.components.iter().map(|&index| &self.shares[index]));
        match shares {
            Some(shares) if shares.keys().all(|&kind| kind == cap.volume) => {
                shares.values().sum::<i128>().min(ceiling)
            }
            _ => ceiling,
        }
    }
}

/// Shares added up; none where one has no limit.
fn sum<'s>(all: impl Iterator<Item = &'s Option<Shares>>) -> Option<Shares> {
    let mut sum = Shares::new();
    for shares in all {
        for (&kind, share) in shares.as_ref()? {
            *sum.entry(kind).or_default() += share;
        }
    }
    Some(sum)
}

/// A rate of shares, rounded up.
fn scaled(mut shares: Shares, rate: Rate) -> Shares {
    let one = i128::from(RATE_ONE);
    for share in shares.values_mut() {
        *share = (*share * i128::from(rate.0) + one - 1) / one;
    }
    shares
}

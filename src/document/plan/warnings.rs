//! What a plan set says that is right and yet hardly meant. Nothing here refuses it.
//!
//! What is said of ranks holds for every network. What is said of money is a bound: so much can be paid if every sale has
//! a payee at every place, and no volume is below zero. It holds for each sort of orders that derived kinds tell apart.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::money::{RATE_ONE, Rate};
use crate::document::plan::sorts::Sorts;
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

/// The most that components can pay, as shares of the network's volume kinds; in 1e-8, one for each sort of orders.
type Shares = BTreeMap<usize, Vec<i128>>;

/// What each component can pay at most.
struct Bounds<'s> {
    sorts: Sorts<'s>,
    most: Vec<Most>,
    /// None where there is no limit.
    shares: Vec<Option<Shares>>,
}

impl Bounds<'_> {
    fn of(set: &PlanSet) -> Bounds<'_> {
        let sorts = Sorts::of(&set.kinds);
        let (mut all, mut shares): (Vec<Most>, Vec<Option<Shares>>) = (Vec::new(), Vec::new());
        for entry in &set.components {
            let ladder = entry.ladder.map(|ladder| &set.ladders[ladder]);
            let ranks = ladder.map_or(0, |ladder| ladder.ranks.len() as u8);
            let most = entry.component.most(entry.payee, ranks);
            shares.push(match &most {
                Most::Volume(kind, rate) => Some(Shares::from([sorts.shares(*kind, *rate)])),
                Most::Earnings(of, rate) => {
                    sum(of.iter().map(|&index| &shares[index])).map(|of| scaled(of, *rate))
                }
                Most::Unlimited(_) | Most::Apart => None,
            });
            all.push(most);
        }
        Bounds {
            sorts,
            most: all,
            shares,
        }
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
                Most::Volume(kind, rate) => {
                    let (kind, shares) = self.sorts.shares(*kind, *rate);
                    let share = as_rate(highest(&shares));
                    (share > one).then(|| {
                        format!(
                            "the component `{name}` can pay {share} of the volume `{}`: more than all of it",
                            rules.kinds[kind]
                        )
                    })
                }
                Most::Earnings(_, rate) if *rate > one => Some(format!(
                    "the component `{name}` can pay {rate} of what it matches: more than all of it"
                )),
                Most::Unlimited(why) if !limited => Some(format!(
                    "the component `{name}` can pay any multiple of what it is paid on, with neither `cap` nor company_cap: {why}"
                )),
                Most::Earnings(..) | Most::Unlimited(_) | Most::Apart => None,
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
        let limited: Vec<&Shares> = limited.collect();
        // Each way to bound what is under the cap is a bound of all; the lowest one tells most.
        let ways = cap.map_or_else(|| vec![Shares::new()], |cap| self.under(cap));
        let over = ways.iter().map(|under| {
            let mut payers = limited.clone();
            payers.push(under);
            self.over(&payers)
        });
        let over = over.min_by_key(|over| over.values().max().copied());
        let told = over.unwrap_or_default().into_iter().map(|(kind, share)| {
            let share = as_rate(share);
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

    /// What several payers can pay together where it is more than all: by kind, of the sort of orders that brings most.
    /// One that can pay more than all by itself is told of alone.
    fn over(&self, payers: &[&Shares]) -> BTreeMap<usize, i128> {
        let kinds: BTreeSet<usize> = payers
            .iter()
            .flat_map(|shares| shares.keys().copied())
            .collect();
        let mut over = BTreeMap::new();
        for kind in kinds {
            for sort in 0..self.sorts.count() {
                let paid = payers.iter().filter_map(|shares| shares.get(&kind));
                let paid: Vec<i128> = paid
                    .map(|shares| shares[sort])
                    .filter(|&one| one > 0)
                    .collect();
                let sum: i128 = paid.iter().sum();
                if sum > i128::from(RATE_ONE) && paid.len() > 1 {
                    let most = over.entry(kind).or_default();
                    *most = sum.max(*most);
                }
            }
        }
        over
    }

    /// What the components under the company's cap can pay: the cap itself, or what they can pay without it.
    fn under(&self, cap: &CompanyCap) -> Vec<Shares> {
        let (kind, ceiling) = self.sorts.shares(cap.volume, cap.rate);
        let mut ways = vec![Shares::from([(kind, ceiling)])];
        let shares = sum(cap.components.iter().map(|&index| &self.shares[index]));
        ways.extend(shares.filter(|shares| shares.keys().all(|&of| of == kind)));
        ways
    }
}

/// Shares added up; none where one has no limit.
fn sum<'s>(all: impl Iterator<Item = &'s Option<Shares>>) -> Option<Shares> {
    let mut sum = Shares::new();
    for shares in all {
        for (&kind, shares) in shares.as_ref()? {
            let so_far = sum.entry(kind).or_insert_with(|| vec![0; shares.len()]);
            for (sum, share) in so_far.iter_mut().zip(shares) {
                *sum += share;
            }
        }
    }
    Some(sum)
}

/// A rate of shares, rounded up.
fn scaled(mut shares: Shares, rate: Rate) -> Shares {
    let one = i128::from(RATE_ONE);
    for share in shares.values_mut().flatten() {
        *share = (*share * i128::from(rate.0) + one - 1) / one;
    }
    shares
}

/// The share of the sort of orders that brings most.
fn highest(shares: &[i128]) -> i128 {
    shares.iter().copied().max().unwrap_or(0)
}

fn as_rate(share: i128) -> Rate {
    Rate(i64::try_from(share).unwrap_or(i64::MAX))
}

//! Plans by their definitions: ladders first, then each component in its order; slow and meant to be.

use super::needs::{LegsOf, Tally, ranks};
use super::pays::Payroll;
use super::plan::{Component, Draft, Ladder, Pays};
use super::sight::{Role, Sight};
use super::standing::{Legs, Match, Standing, hand_on, new_of_legs};

/// What a period comes to.
#[derive(Debug)]
pub(crate) struct Answer {
    /// By ladder, then by member; none for ladders of other period types.
    pub(crate) ranks: Vec<Option<Vec<u8>>>,
    /// By component, then by member, in 1e-6.
    pub(crate) amounts: Vec<Option<Vec<i128>>>,
    /// The same before caps.
    pub(crate) uncut: Vec<Option<Vec<i128>>>,
    /// What the components under the ceiling are multiplied by, in 1e-8; none where there is no ceiling here.
    pub(crate) factor: Option<i128>,
    /// What the period hands on.
    pub(crate) closing: Standing,
}

/// Works out everything of a period type, from what the period before handed on.
pub(crate) fn work_out(
    sight: &Sight,
    draft: &Draft,
    of: usize,
    opening: &Standing,
    tally: &mut Tally,
) -> Answer {
    let opening = opening.filled(draft, sight);
    let mut closing = Standing::none(draft);
    let ladders = judged(sight, draft, of, &opening, (&mut closing, tally));
    let mut amounts: Vec<Option<Vec<i128>>> = Vec::new();
    let mut uncut = Vec::new();
    for (number, (_, component)) in draft.components().into_iter().enumerate() {
        if component.period != of {
            amounts.push(None);
            uncut.push(None);
            continue;
        }
        let (payroll, foreign) = payroll(sight, draft, number, (&ladders, &opening), &amounts);
        let (sums, one) = match &component.pays {
            Pays::Binary(binary) => {
                let (sums, one, left) = payroll.matched(binary, &opening.legs[number]);
                closing.legs[number] = left;
                (sums, one)
            }
            pays => payroll.exact(pays),
        };
        let half = |sum: &&i128| one > 1 && sum.abs() % one == one / 2;
        tally.entry("half".to_owned()).or_default()[0] += sums.iter().filter(half).count() as u64;
        let mut paid = rounded(sums, one);
        tell(tally, component, &paid, (&payroll.caps, foreign));
        uncut.push(Some(paid.clone()));
        for (amount, cap) in paid.iter_mut().zip(&payroll.caps) {
            *amount = cap.map_or(*amount, |cap| cap.min(*amount));
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
        uncut,
        factor,
        closing,
    }
}

/// Who is paid by a component and how, once ladders are judged; and whether by ranks of other periods.
pub(super) fn payroll<'a>(
    sight: &'a Sight,
    draft: &Draft,
    number: usize,
    (ladders, opening): (&[Option<Vec<u8>>], &'a Standing),
    earlier: &'a [Option<Vec<i128>>],
) -> (Payroll<'a>, bool) {
    let (plan, component) = draft.components()[number];
    // Of a ladder judged over other periods, what was last paid as there.
    let ladder = plan.ladder.map(|ladder| match &ladders[ladder] {
        Some(ranks) => ranks.clone(),
        None => opening.held[ladder].iter().map(|held| held.paid).collect(),
    });
    let ranks = ladder.unwrap_or_else(|| vec![0; sight.people.len()]);
    let own = |ladder: &usize| draft.ladders[*ladder].period == component.period;
    let held = plan.ladder.filter(own);
    let payroll = Payroll {
        sight,
        at_order: component.at_order,
        active_then: component.active_only,
        held: held.map_or(&[], |ladder| &opening.held[ladder]),
        caps: ranks.iter().map(|&rank| cap(component, rank)).collect(),
        earns: earning(sight, component, &ranks),
        ranks,
        earlier,
    };
    (payroll, held.is_none() && component.min_rank > 0)
}

/// What everybody is paid as on the ladders of a period type; what he holds then goes to `closing`.
fn judged(
    sight: &Sight,
    draft: &Draft,
    of: usize,
    opening: &Standing,
    (closing, tally): (&mut Standing, &mut Tally),
) -> Vec<Option<Vec<u8>>> {
    let mut ladders: Vec<Option<Vec<u8>>> = Vec::new();
    for (number, ladder) in draft.ladders.iter().enumerate() {
        if ladder.period != of {
            ladders.push(None);
            continue;
        }
        let held = &opening.held[number];
        let cycles = |component: usize, member: usize| {
            cycles(sight, draft, &opening.legs[component], (component, member))
        };
        let lesser = |component: usize, member: usize| {
            lesser(sight, draft, &opening.legs[component], (component, member))
        };
        let legs = LegsOf {
            cycles: &cycles,
            lesser: &lesser,
        };
        let met = ranks(sight, ladder, held, &legs, tally);
        let mut paid = met.clone();
        for (member, paid) in paid.iter_mut().enumerate() {
            let keeps = sight.people[member].role == Role::Distributor;
            let kept = if keeps { held[member].kept } else { 0 };
            let name = "kept".to_owned();
            tally.entry(name).or_default()[usize::from(kept <= *paid)] += 1;
            *paid = kept.max(*paid);
            let told = told(sight, ladder, member);
            let name = "told".to_owned();
            tally.entry(name).or_default()[usize::from(told <= *paid)] += 1;
            *paid = told.max(*paid);
            let after = hand_on(ladder, held[member], met[member], *paid);
            closing.held[number].push(after);
        }
        ladders.push(Some(paid));
    }
    ladders
}

/// One in 1e-8.
pub(super) const ONE: i128 = 100_000_000;

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
    let sold: i128 = seats.map(|seat| sight.paid_at(0, ceiling.kind, seat)).sum();
    // Volumes count 1e-4, rates 1e-8, what is owed 1e-6.
    let allowed = i128::from(ceiling.rate) * sold.max(0);
    Some(if owed * 1_000_000 <= allowed {
        ONE
    } else {
        allowed * ONE / (owed * 1_000_000)
    })
}

/// Cycles that the legs of all seats of a member cover by a component, as if each were worth one and nothing capped.
fn cycles(
    sight: &Sight,
    draft: &Draft,
    legs: &[Legs],
    (component, member): (usize, usize),
) -> i128 {
    let components = draft.components();
    let Pays::Binary(binary) = &components[component].1.pays else {
        panic!("a component that matches legs");
    };
    let mut of_member = Match {
        binary,
        worth: 1,
        most: None,
        paid: 0,
    };
    for (seat, &brought) in legs.iter().enumerate() {
        if seat > 0 && sight.owner(binary.tree, seat) == member {
            of_member.seat(brought, new_of_legs(sight, binary, seat));
        }
    }
    of_member.paid
}

/// What the lesser leg of a member's first seat holds by a component: what it carried and what is new.
fn lesser(
    sight: &Sight,
    draft: &Draft,
    legs: &[Legs],
    (component, member): (usize, usize),
) -> Option<i128> {
    let components = draft.components();
    let Pays::Binary(binary) = &components[component].1.pays else {
        panic!("a component that matches legs");
    };
    let seat = sight.people[member].seats[binary.tree]?;
    let new = new_of_legs(sight, binary, seat);
    Some((legs[seat][0] + new[0]).min(legs[seat][1] + new[1]))
}

/// The rank that a distributor was told to be paid as last; none if the ladder has no such one.
fn told(sight: &Sight, ladder: &Ladder, member: usize) -> u8 {
    if sight.people[member].role != Role::Distributor {
        return 0;
    }
    let mut rank = 0;
    for (who, on, told) in &sight.told {
        if *who == member && *on == ladder.name {
            let numbered = (1..).zip(&ladder.ranks);
            let named = numbered.filter(|(_, (name, _))| told.as_deref() == Some(name));
            rank = named.map(|(number, _)| number).next().unwrap_or(0);
        }
    }
    rank
}

/// The most that a member of a rank earns by a component.
fn cap(component: &Component, rank: u8) -> Option<i128> {
    let mut rows = component.rank_caps.iter().rev();
    let row = rows.find(|(from, _)| *from <= rank).map(|(_, cap)| *cap);
    row.or(component.cap).map(i128::from)
}

/// Who can earn, by member.
fn earning(sight: &Sight, component: &Component, ranks: &[u8]) -> Vec<bool> {
    let people = sight.people.iter().zip(ranks);
    people
        .map(|(who, &rank)| {
            who.role == Role::Distributor
                && (who.active || !component.active_only || component.at_order)
                && rank >= component.min_rank
        })
        .collect()
}

/// Notes who got something and who nothing.
fn tell(
    tally: &mut Tally,
    component: &Component,
    paid: &[i128],
    (caps, foreign): (&[Option<i128>], bool),
) {
    let mut note = |name: String, so: bool| {
        tally.entry(name).or_default()[usize::from(!so)] += 1;
    };
    for (&amount, cap) in paid.iter().zip(caps) {
        let sort = match (component.at_order, &component.pays) {
            (false, pays) => pays.sort(),
            (true, Pays::Customer { .. }) => "customer, at the order".to_owned(),
            (true, pays) => pays.sort() + ", at the order",
        };
        note(sort, amount != 0);
        note("below zero".to_owned(), amount < 0);
        if let Some(cap) = *cap {
            let by = if component.rank_caps.is_empty() {
                "cap"
            } else {
                "cap by rank"
            };
            note(by.to_owned(), amount > cap);
        }
        if let Pays::Binary(binary) = &component.pays {
            note(format!("carry {:?}", binary.carry), amount != 0);
            if binary.keeps_beyond_cap {
                note("kept beyond the cap".to_owned(), *cap == Some(amount));
            }
        }
        if !component.active_only {
            note("payee any".to_owned(), amount != 0);
        }
        if component.min_rank > 0 {
            note("min_rank".to_owned(), amount != 0);
        }
        if foreign {
            note("min_rank of other periods".to_owned(), amount != 0);
        }
    }
}

/// Each sum brought to 1e-6 once, half away from zero.
pub(super) fn rounded(sums: Vec<i128>, one: i128) -> Vec<i128> {
    let away = |sum: i128| {
        let size = (sum.abs() + one / 2) / one;
        if sum < 0 { -size } else { size }
    };
    sums.into_iter().map(away).collect()
}

//! Refunds of orders of earlier periods, by their definitions: what they do to the period they enter, and what they take
//! back of what their orders earned.

use std::collections::BTreeMap;

use super::by_hand::sight;
use super::deals::{Deal, Facts, deals_among};
use super::naive::{Answer, ONE, payroll, rounded, work_out};
use super::needs::Tally;
use super::pays::{OF_VOLUME, Payroll, Piece};
use super::plan::{Bands, Ceiling, Component, Compression, Draft, Pays, Plan, Rates};
use super::sight::Sight;
use super::standing::Standing;
use crate::model::figures::Scene;
use crate::model::plans::AfterClose;
use crate::model::world::World;

/// What one member gives back by one component, in 1e-6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Debit {
    pub(crate) member: usize,
    pub(crate) component: usize,
    pub(crate) amount: i128,
}

/// What an entry of a period does, where it is a refund of an order of an earlier one. The set decides by which the order
/// was paid; where there was none, the one of now, and else what is `told`.
pub(crate) fn late(
    world: &World,
    of: usize,
    (number, period): (usize, usize),
    told: AfterClose,
) -> Option<AfterClose> {
    let entered = ordered_in(world, of, number)?;
    if entered == Some(period) || entered > Some(period) {
        return None;
    }
    let starts = &world.calendars[of].starts;
    let set = |period: usize| {
        let draft = world.plan_of(starts[period], starts[period + 1])?;
        Some(world.drafts[draft].after_close)
    };
    let Some((paid, order)) = entered.and_then(|order| Some((set(order)?, order))) else {
        return Some(set(period).unwrap_or(told));
    };
    let reaches = starts[period].0 <= world.reach(of, order);
    let reverses = paid == AfterClose::ReverseLines;
    Some(if reverses && !reaches {
        AfterClose::Ignore
    } else {
        paid
    })
}

/// The period that the order of a refund entered, which is none where it is older than the period type; nothing for what
/// is no refund.
pub(crate) fn ordered_in(world: &World, of: usize, number: usize) -> Option<Option<usize>> {
    let sale = world.entries[number].sale?;
    let same = |entry: &crate::model::world::Entry| entry.sale == Some(sale);
    let order = world.entries.iter().position(same).expect("its order");
    (order != number).then(|| world.entries[order].periods.get(of).copied())
}

/// An earlier period as it was worked out.
pub(crate) struct Past<'a> {
    pub(crate) sight: &'a Sight,
    pub(crate) answer: &'a Answer,
    pub(crate) opening: &'a Standing,
}

/// By the period of its order, the numbers of a period's refunds that take something back: where a set paid those by what
/// falls apart by order.
pub(crate) fn reversing(
    world: &World,
    (of, period): (usize, usize),
    told: AfterClose,
) -> BTreeMap<usize, Vec<usize>> {
    let mut found: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for number in 0..world.entries.len() {
        if world.entries[number].periods.get(of) != Some(&period)
            || late(world, of, (number, period), told) != Some(AfterClose::ReverseLines)
        {
            continue;
        }
        let starts = &world.calendars[of].starts;
        let paid = |order: &usize| {
            let (start, end) = (starts[*order], starts[*order + 1]);
            let draft = world.plan_of(start, end).map(|draft| &world.drafts[draft]);
            draft.is_some_and(|draft| draft.reversed >> of & 1 != 0)
        };
        if let Some(order) = ordered_in(world, of, number).flatten().filter(paid) {
            found.entry(order).or_default().push(number);
        }
    }
    found
}

impl Past<'_> {
    /// What a refund that entered a later period takes back, by member, then by component; what comes to nothing is left
    /// out.
    pub(crate) fn taken_back(
        &self,
        (world, scene): (&World, &Scene<'_>),
        (draft, of): (&Draft, usize),
        refund: usize,
    ) -> Vec<Debit> {
        let period = scene.periods[of].expect("a book of its own period type");
        let sale = world.entries[refund].sale;
        let entered = |number: usize, last: bool| {
            let entry = &world.entries[number];
            let later = entry.periods.get(of) > Some(&period);
            let counts = entry.periods.get(of) == Some(&period)
                || later && (number < refund || last && number == refund);
            entry.sale == sale && counts
        };
        let [before, after] = [false, true].map(|last| {
            let trees = &self.sight.trees;
            deals_among(world, scene, trees, |number| entered(number, last))
        });
        self.difference((draft, of), (&before, &after))
    }

    /// What an order earned more with some entries than with others.
    pub(crate) fn difference(
        &self,
        (draft, of): (&Draft, usize),
        (before, after): (&[Deal], &[Deal]),
    ) -> Vec<Debit> {
        let mut debits = Vec::new();
        for (number, (_, component)) in draft.components().into_iter().enumerate() {
            if component.period != of {
                continue;
            }
            let [Some(before), Some(after)] =
                [before, after].map(|deals| self.earned(draft, number, deals))
            else {
                continue;
            };
            for (member, (before, after)) in before.iter().zip(after).enumerate() {
                debits.push(Debit {
                    member,
                    component: number,
                    amount: before - after,
                });
            }
        }
        debits.retain(|debit| debit.amount != 0);
        debits.sort();
        debits
    }

    /// What some entries of an order earned everybody by a component: its part of what was paid in the end.
    fn earned(&self, draft: &Draft, number: usize, deals: &[Deal]) -> Option<Vec<i128>> {
        let opening = self.opening.filled(draft, self.sight);
        let earlier = &self.answer.amounts[..number];
        let ladders = &self.answer.ranks;
        let (payroll, _) = payroll(self.sight, draft, number, (ladders, &opening), earlier);
        let (sums, one) = payroll.of_order(&draft.components()[number].1.pays, deals)?;
        let earned = rounded(sums, one).into_iter().enumerate();
        let uncut = self.answer.uncut[number].as_ref().expect("worked out");
        let under = draft.company_cap.as_ref();
        let factor = under.filter(|ceiling| ceiling.components.contains(&number));
        let factor = factor.and(self.answer.factor).unwrap_or(ONE);
        let paid = earned.map(|(member, earned)| {
            let of_cap = match payroll.caps[member] {
                Some(cap) if uncut[member] > cap => earned * cap / uncut[member],
                _ => earned,
            };
            of_cap * factor / ONE
        });
        Some(paid.collect())
    }
}

impl Payroll<'_> {
    /// What entries of one order earn by kinds that pay a rate or an amount on each order; nothing for the others.
    fn of_order(&self, pays: &Pays, deals: &[Deal]) -> Option<(Vec<i128>, i128)> {
        let deals: Vec<&Deal> = deals.iter().collect();
        let pieces = |tree: usize, kind: usize| -> Vec<Piece> {
            let placed = deals
                .iter()
                .filter_map(|deal| Some((deal, deal.seats[tree]?)));
            let pieces = placed.map(|(deal, (seat, below))| {
                let [before, after, _] = self.sight.portion(kind, deal);
                let amount = after - before;
                Piece {
                    seat,
                    amount,
                    below,
                }
            });
            pieces.collect()
        };
        if let Some(sums) = self.unilevel_then(pays, &deals) {
            return Some((sums, OF_VOLUME));
        }
        let sums = match pays {
            Pays::Unilevel {
                tree,
                kind,
                compression,
                rates,
                own_rate,
            } => {
                let pieces = pieces(*tree, *kind);
                let by_level = self.by_level(*tree, &pieces, *compression, rates);
                self.with_own(*tree, &pieces, *own_rate, by_level)
            }
            Pays::Generation {
                tree,
                kind,
                cut,
                rates,
            } => self.by_generation(*tree, &pieces(*tree, *kind), cut, rates),
            Pays::Differential {
                tree,
                kind,
                by,
                absorb,
                own,
            } => self.differential((*tree, *kind), &pieces(*tree, *kind), by, (*absorb, *own)),
            Pays::Personal { tree, kind, steps } => {
                let mut sums = self.nothing();
                for piece in pieces(*tree, *kind) {
                    self.own_step(&mut sums, (*tree, *kind), steps, piece);
                }
                sums
            }
            Pays::Customer {
                by_order: false,
                bands: Bands::Amounts(_),
                ..
            } => return None,
            Pays::FastStart { .. } | Pays::Customer { .. } | Pays::Retail { .. } => {
                return Some(self.by_order(pays, &deals));
            }
            Pays::Matching { .. }
            | Pays::Pool { .. }
            | Pays::Binary(_)
            | Pays::Advancement { .. } => {
                return None;
            }
        };
        Some((sums, OF_VOLUME))
    }
}

/// A tenth and a twentieth, cut to 6 for each member, under a ceiling of 5.5 %.
fn capped(of: usize) -> Draft {
    let component = Component {
        name: "levels".to_owned(),
        period: of,
        at_order: false,
        active_only: true,
        min_rank: 0,
        cap: Some(6_000_000),
        rank_caps: Vec::new(),
        pays: Pays::Unilevel {
            tree: 0,
            kind: 0,
            compression: Compression::None,
            rates: Rates {
                all: vec![10_000_000, 5_000_000],
                by_rank: Vec::new(),
            },
            own_rate: 0,
        },
    };
    Draft {
        kinds: Vec::new(),
        ladders: Vec::new(),
        plans: vec![Plan {
            name: "main".to_owned(),
            ladder: None,
            components: vec![component],
        }],
        company_cap: Some(Ceiling {
            kind: 0,
            rate: 5_500_000,
            components: vec![0],
        }),
        after_close: AfterClose::ReverseLines,
    }
}

#[test]
fn parts_of_an_order_go_back_as_they_were_paid() {
    // C buys for 100. B's tenth is cut to 6, A has a twentieth, and the ceiling halves both.
    let hundred = 1_000_000;
    let (mut sight, of) = (sight(&[]), 0);
    for columns in [&mut sight.entered, &mut sight.paid_on, &mut sight.matched] {
        columns[0][0][3].own = hundred;
    }
    let draft = capped(of);
    let opening = Standing::none(&draft);
    let answer = work_out(&sight, &draft, of, &opening, &mut Tally::new());
    assert_eq!(answer.factor, Some(ONE / 2));
    let past = Past {
        sight: &sight,
        answer: &answer,
        opening: &opening,
    };
    let left = |steps: &[[i128; 3]]| -> Vec<Deal> {
        let deals = steps.iter().map(|[before, after, whole]| Deal {
            number: 0,
            late: None,
            sale: Some(0),
            credited: 3,
            facts: Facts {
                customers: false,
                class: None,
                place: Some(1),
                days: 0,
            },
            seats: vec![Some((3, false))],
            from_below: vec![false],
            posted: BTreeMap::new(),
            volumes: vec![(after - before) * 10_000],
            before: vec![before * 10_000],
            whole: vec![whole * 10_000],
        });
        deals.collect()
    };
    let steps = [[0, 100, 100], [100, 70, 100], [70, 0, 100]];
    for (done, expected) in [(1, [750_000, 900_000]), (2, [1_750_000, 2_100_000])] {
        let (before, after) = (left(&steps[..done]), left(&steps[..done + 1]));
        let debits = past.difference((&draft, of), (&before, &after));
        let debit = |member| Debit {
            member,
            component: 0,
            amount: expected[member - 1],
        };
        assert_eq!(debits, [debit(1), debit(2)]);
    }
}

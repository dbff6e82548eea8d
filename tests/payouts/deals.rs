//! What entered a period piece by piece, judged by the order each piece is of: kinds of volume that a set derives, and
//! what is paid order by order.

use std::collections::BTreeMap;

use arborline::base::ids::Text;
use arborline::base::path::Path;
use arborline::base::time::{DAY_MS, Time};

use super::needs::Tally;
use super::pays::{OF_VOLUME, Payroll, Piece};
use super::plan::{Bands, Derived, Pays, Sieve};
use super::reversed::late;
use super::sight::{Entered, Sight};
use crate::model::figures::Scene;
use crate::model::plans::AfterClose;
use crate::model::trees::Tree;
use crate::model::world::World;

/// One order, refund or adjustment that entered the period.
#[derive(Clone, Debug)]
pub(crate) struct Deal {
    /// Its number among all entries.
    pub(crate) number: usize,
    /// What it does, where it is a refund whose order belongs to an earlier period.
    pub(crate) late: Option<AfterClose>,
    /// The sale it is of; none for an adjustment.
    pub(crate) sale: Option<usize>,
    pub(crate) credited: usize,
    pub(crate) facts: Facts,
    /// By tree the seat it entered, and whether as from one level below it.
    pub(crate) seats: Vec<Option<(usize, bool)>>,
    /// By tree, whether it counts as from one level below whoever is credited.
    pub(crate) from_below: Vec<bool>,
    /// Who stood above the order as it came in, and who of them was active, by path: the member credited first.
    pub(crate) posted: BTreeMap<Path, Vec<(usize, bool)>>,
    /// By kind: what it brought, what there was of its order before it, and the whole order as it was accepted.
    pub(crate) volumes: Vec<i128>,
    pub(crate) before: Vec<i128>,
    pub(crate) whole: Vec<i128>,
}

/// What the order of a deal is judged by, whatever happens later.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    /// Whether another member than the buyer is credited.
    pub(crate) customers: bool,
    pub(crate) class: Option<Text>,
    /// The how manieth order of its buyer, from 1; none for an adjustment.
    pub(crate) place: Option<usize>,
    /// Days in UTC from the buyer's joining to the order.
    pub(crate) days: i64,
}

/// Everything that entered a period of type `of`, in order of acceptance.
pub(crate) fn deals(
    world: &World,
    scene: &Scene<'_>,
    trees: &[Tree],
    (of, after_close): (usize, AfterClose),
) -> Vec<Deal> {
    let period = scene.periods[of].expect("a book of its own period type");
    let entered = |number: usize| world.entries[number].periods.get(of) == Some(&period);
    let mut deals = deals_among(world, scene, trees, entered);
    for deal in &mut deals {
        deal.late = late(world, of, (deal.number, period), after_close);
    }
    deals
}

/// Entries by their numbers as a scene's book has them, in order of acceptance.
pub(crate) fn deals_among(
    world: &World,
    scene: &Scene<'_>,
    trees: &[Tree],
    wanted: impl Fn(usize) -> bool,
) -> Vec<Deal> {
    let kinds = 0..world.law().kinds.len();
    // A book that rolled before there was a kind has none of it.
    let known = |volumes: &[i64; 8], kind: usize| {
        let there = kind < scene.rules.kinds.len();
        i128::from(if there { volumes[kind] } else { 0 })
    };
    let mut deals = Vec::new();
    for (number, entry) in world.entries.iter().enumerate() {
        if !wanted(number) {
            continue;
        }
        let same =
            |other: &&crate::model::world::Entry| entry.sale.is_some() && other.sale == entry.sale;
        let earlier: Vec<_> = world.entries[..number].iter().filter(same).collect();
        let sale = entry.sale.map(|sale| &world.sales[sale]);
        let seats = (0..trees.len()).map(|tree| {
            let stood = [entry.seats[tree], world.seat(tree, entry.credited, 1)];
            let mut stood = stood.into_iter().flatten();
            let seat = stood.find(|&seat| seat < trees[tree].seats.len())?;
            let there = tree < scene.trees.len();
            there.then(|| (seat, !world.counts_own(entry, tree)))
        });
        let before = |kind| {
            earlier
                .iter()
                .map(|other| known(&other.volumes, kind))
                .sum()
        };
        deals.push(Deal {
            number,
            late: None,
            sale: entry.sale,
            credited: entry.credited,
            facts: Facts {
                customers: entry.buyer != entry.credited,
                class: sale.and_then(|sale| sale.class.clone()),
                place: entry.sale.map(|sale| {
                    let until = world.sales[..=sale].iter();
                    until.filter(|other| other.buyer == entry.buyer).count()
                }),
                days: day(sale.map_or(entry.at, |sale| sale.at))
                    - day(world.people[entry.buyer].joined),
            },
            seats: seats.collect(),
            from_below: (0..trees.len())
                .map(|tree| !world.counts_own(entry, tree))
                .collect(),
            posted: sale.map(|sale| sale.posted.clone()).unwrap_or_default(),
            volumes: kinds
                .clone()
                .map(|kind| known(&entry.volumes, kind))
                .collect(),
            before: kinds.clone().map(before).collect(),
            whole: kinds
                .clone()
                .map(|kind| sale.map_or(0, |sale| known(&sale.volumes, kind)))
                .collect(),
        });
    }
    deals
}

fn day(time: Time) -> i64 {
    time.0.div_euclid(DAY_MS)
}

/// One in 1e-8.
const ONE: i128 = 100_000_000;

/// A quotient half away from zero.
pub(super) fn nearest(part: i128, of: i128) -> i128 {
    let size = (part.abs() * 2 + of) / (of * 2);
    if part < 0 { -size } else { size }
}

impl Sieve {
    /// Whether an order passes; `tally` hears of each thing asked.
    pub(crate) fn passes(&self, facts: &Facts, tally: &mut Tally) -> bool {
        let mut passes = true;
        let mut ask = |sort: &str, so: bool| {
            tally.entry(sort.to_owned()).or_default()[usize::from(!so)] += 1;
            passes &= so;
        };
        let class = facts.class.as_ref().map(Text::as_str);
        if let Some((only, named)) = &self.classes {
            let is_named = named.iter().any(|name| Some(name.as_str()) == class);
            ask(if *only { "classes" } else { "without" }, is_named == *only);
        }
        if let Some(customers) = self.customers {
            let sort = if customers {
                "customers"
            } else {
                "distributors"
            };
            ask(&format!("buyers {sort}"), facts.customers == customers);
        }
        if let Some((first, count)) = self.orders {
            let is_first = facts.place.is_some_and(|place| place <= count);
            let many = if count > 1 { "many" } else { "one" };
            let sort = if first { "first" } else { "later" };
            ask(&format!("orders {sort} {many}"), is_first == first);
        }
        if let Some(days) = self.within {
            ask("joined within", facts.days < days);
        }
        if let Some(days) = self.before {
            ask("joined before", facts.days >= days);
        }
        passes
    }
}

impl Sight {
    /// The same with the kinds that a set derives behind those of the network, seat by seat.
    pub(crate) fn with(mut self, derived: &[Derived], tally: &mut Tally) -> Sight {
        let own = self.deals.first().map_or(0, |deal| deal.volumes.len());
        self.derived = derived.to_vec();
        for (kind, told) in derived.iter().enumerate() {
            for tree in 0..self.trees.len() {
                let mut entered = vec![Entered::default(); self.trees[tree].seats.len()];
                for deal in &self.deals {
                    let Some((seat, below)) = deal.seats[tree] else {
                        continue;
                    };
                    let [before, after, _] = self.counted(told, deal, tally);
                    let at = &mut entered[seat];
                    *(if below { &mut at.below } else { &mut at.own }) += after - before;
                }
                self.paid_on[tree].push(entered.clone());
                self.matched[tree].push(entered.clone());
                self.entered[tree].push(entered);
            }
            self.spare(self.entered[0].len() - 1);
            assert!(self.deals.is_empty() || self.entered[0].len() == own + kind + 1);
        }
        self
    }

    /// What counts of a deal in a derived kind: what there was of its order before it, after it, and as a whole.
    fn counted(&self, told: &Derived, deal: &Deal, tally: &mut Tally) -> [i128; 3] {
        if !told.sieve.passes(&deal.facts, tally) {
            return [0; 3];
        }
        let factor = i128::from(told.factor);
        let before = deal.before[told.of];
        let sums = [before, before + deal.volumes[told.of], deal.whole[told.of]];
        let counted = sums.map(|sum| nearest(sum * factor, ONE));
        if factor != ONE {
            // Whether it differs from what the deal alone would be rounded to.
            let alone = nearest(deal.volumes[told.of] * factor, ONE);
            let differs = counted[1] - counted[0] != alone;
            tally.entry("factor of the whole".to_owned()).or_default()[usize::from(!differs)] += 1;
        }
        counted
    }

    /// The same for any kind.
    pub(super) fn portion(&self, kind: usize, deal: &Deal) -> [i128; 3] {
        let own = deal.volumes.len();
        match kind.checked_sub(own) {
            Some(derived) => self.counted(&self.derived[derived], deal, &mut Tally::new()),
            None => [
                deal.before[kind],
                deal.before[kind] + deal.volumes[kind],
                deal.whole[kind],
            ],
        }
    }
}

impl Payroll<'_> {
    /// What is paid on orders one by one, for some of them.
    pub(super) fn by_order(&self, pays: &Pays, deals: &[&Deal]) -> (Vec<i128>, i128) {
        match pays {
            Pays::FastStart {
                tree,
                kind,
                sieve,
                compression,
                rates,
            } => {
                let deals = deals.iter().copied();
                let deals: Vec<&Deal> = deals
                    .filter(|deal| sieve.passes(&deal.facts, &mut Tally::new()))
                    .collect();
                if self.at_order {
                    let on = (*tree, *kind);
                    let sums = self.levels_then(on, *compression, (rates, 0), &deals);
                    return (sums, OF_VOLUME);
                }
                let pieces: Vec<Piece> = deals
                    .iter()
                    .filter_map(|deal| {
                        let (seat, below) = deal.seats[*tree]?;
                        let [before, after, _] = self.sight.portion(*kind, deal);
                        let amount = after - before;
                        Some(Piece {
                            seat,
                            amount,
                            below,
                        })
                    })
                    .collect();
                (
                    self.by_level(*tree, &pieces, *compression, rates),
                    OF_VOLUME,
                )
            }
            Pays::Customer {
                kind,
                by_order,
                bands,
            } => {
                let one = match bands {
                    Bands::Rates(_) => OF_VOLUME,
                    Bands::Amounts(_) => 1,
                };
                let sums = if *by_order {
                    self.orders_of_customers(*kind, bands, deals)
                } else {
                    self.months_of_customers(*kind, bands, deals)
                };
                (sums, one)
            }
            Pays::Retail { kind, rate } => {
                let all = self.sold_to_customers(*kind, deals).into_iter();
                let sums = all.enumerate().map(|(member, sold)| {
                    let earns = i128::from(self.earns[member]);
                    earns * i128::from(*rate) * sold
                });
                (sums.collect(), OF_VOLUME)
            }
            _ => unreachable!("kinds that go by seats"),
        }
    }

    /// By member, what customers bought who are credited to him.
    fn sold_to_customers(&self, kind: usize, deals: &[&Deal]) -> Vec<i128> {
        let mut sold = self.nothing();
        let counted = |deal: &&&Deal| deal.facts.customers && self.counts_then(deal);
        for deal in deals.iter().filter(counted) {
            let [before, after, _] = self.sight.portion(kind, deal);
            sold[deal.credited] += after - before;
        }
        sold
    }

    /// Each order at the band of its whole volume, and what goes back of it at the same.
    fn orders_of_customers(&self, kind: usize, bands: &Bands, deals: &[&Deal]) -> Vec<i128> {
        let mut sums = self.nothing();
        for deal in deals {
            let counts = deal.sale.is_some() && deal.facts.customers && self.counts_then(deal);
            if !counts || !self.earns[deal.credited] {
                continue;
            }
            let [before, after, whole] = self.sight.portion(kind, deal);
            sums[deal.credited] += match bands {
                Bands::Rates(rows) => {
                    reached(rows, whole).map_or(0, |rate| rate * (after - before))
                }
                Bands::Amounts(rows) => reached(rows, whole).map_or(0, |amount| {
                    nearest(amount * after, whole) - nearest(amount * before, whole)
                }),
            };
        }
        sums
    }

    /// Some of the period's orders at the band of all that it sold; an amount is for all of them.
    fn months_of_customers(&self, kind: usize, bands: &Bands, deals: &[&Deal]) -> Vec<i128> {
        let all = self.sold_to_customers(kind, &self.sight.paid_deals());
        let sold = self.sold_to_customers(kind, deals).into_iter().enumerate();
        sold.map(|(member, sold)| match bands {
            _ if !self.earns[member] => 0,
            Bands::Rates(rows) => reached(rows, all[member]).map_or(0, |rate| rate * sold),
            Bands::Amounts(rows) => reached(rows, all[member]).unwrap_or(0),
        })
        .collect()
    }
}

/// What stands beside the highest volume that is reached.
fn reached(rows: &[(i64, i64)], volume: i128) -> Option<i128> {
    let mut reached = rows
        .iter()
        .filter(|(at_least, _)| volume >= i128::from(*at_least));
    reached.next_back().map(|(_, worth)| i128::from(*worth))
}

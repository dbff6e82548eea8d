//! What a paid period came to in all, added up from the lines of its run: its book need not be at hand.

use std::collections::BTreeMap;

use crate::base::money::{Micros, RATE_ONE, minor_digits};
use crate::plan::run::Line;
use crate::plan::set::PlanSet;
use crate::plan::standing::Standing;
use crate::view::commissions::{CommissionTotals, ComponentTotal, LadderCount, RankCount};
use crate::view::era::{Asked, PeriodState};
use crate::view::lens::Lens;
use crate::view::money::Money;
use crate::view::runs::Frozen;
use crate::view::shape::ByKind;

/// Lines on their way to sums.
pub struct Totals<'a> {
    set: &'a PlanSet,
    asked: Asked,
    /// By component: payees, and their amounts in minor units of the set's currency.
    sums: BTreeMap<usize, (u32, i64)>,
    /// By currency of the run: what is taken back, in minor units.
    taken_back: BTreeMap<u8, i64>,
}

impl<'a> Totals<'a> {
    /// Nothing yet.
    #[must_use]
    pub fn of(set: &'a PlanSet, asked: Asked) -> Totals<'a> {
        Totals {
            set,
            asked,
            sums: BTreeMap::new(),
            taken_back: BTreeMap::new(),
        }
    }

    /// Adds some lines of the run. O(lines).
    pub fn add(&mut self, lines: &[Line]) {
        let digits = minor_digits(&self.set.currency);
        for line in lines.iter().filter(|line| line.exact != Micros::ZERO) {
            if line.component >= self.set.components.len() {
                *self.taken_back.entry(line.currency).or_default() += line.minor;
                continue;
            }
            let (payees, sum) = self.sums.entry(line.component).or_default();
            *payees += 1;
            *sum += line.exact.to_minor(digits);
        }
    }

    /// The sums, and members by the ranks that the run hands on. What was sold is not among what a run keeps.
    /// O(components + members x ladders).
    #[must_use]
    pub fn told(self, lens: &Lens<'_>, frozen: &Frozen, standing: &Standing) -> CommissionTotals {
        let set = self.set;
        let (mut total, mut components) = (0, Vec::new());
        for (index, entry) in set.components_of(self.asked.period) {
            let (payees, minor) = self.sums.get(&index).copied().unwrap_or_default();
            total += minor;
            let factor = frozen.line_of(index).factor;
            components.push(ComponentTotal {
                component: entry.name.to_string(),
                kind: entry.kind.name.to_owned(),
                plan: set.plans[entry.plan].name.to_string(),
                payees,
                amount: Money::of(minor, &set.currency),
                company_factor: (factor.0 < RATE_ONE).then(|| factor.to_string()),
                ratio: Vec::new(),
            });
        }
        let taken_back = self.taken_back.iter();
        let taken_back = taken_back.map(|(&of, &minor)| Money::of(minor, frozen.currency(of)));
        CommissionTotals {
            period_type: lens.period_type_name(self.asked.period),
            period: lens.label(self.asked.period, self.asked.ordinal),
            state: PeriodState::Paid,
            plan_set: set.name.to_string(),
            sold: ByKind(Vec::new()),
            components,
            total: Money::of(total, &set.currency),
            clawed_back: taken_back.collect(),
            ratio: Vec::new(),
            ladders: ladders(set, self.asked, standing),
        }
    }
}

/// Members by the rank that they were paid as.
fn ladders(set: &PlanSet, asked: Asked, standing: &Standing) -> Vec<LadderCount> {
    let counted = set.ladders_of(asked.period).map(|(_, ladder)| {
        let held = standing.ladders.get(&ladder.name);
        let held = held.map_or(&[][..], |held| &held.by_member);
        let ranks = (1..).zip(&ladder.ranks).map(|(number, rank)| RankCount {
            rank: rank.name.to_string(),
            members: held.iter().filter(|holding| holding.paid == number).count() as u32,
        });
        LadderCount {
            ladder: ladder.name.to_string(),
            ranks: ranks.collect(),
        }
    });
    counted.collect()
}

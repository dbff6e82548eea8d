//! Random plan sets for a network: every kind, every setting, ranks and steps near what trees of some thirty members sell.

use arborline::engine::rules::Rules;
use arborline::tree::rules::Shape;

use super::plan::{
    Binary, By, Carry, Ceiling, Component, Compression, Cut, Derived, Draft, Ladder, Measure, Mode,
    Need, Numbering, Pays, Plan, Price, Rates, ShareOf, Steps, Way,
};
use crate::chance::Chance;
use crate::model::plans::AfterClose;

/// Rates in 1e-8; a half of a hundredth of the least volume falls between two counts of 1e-6.
const RATES: [i64; 12] = [
    0,
    1,
    500_000,
    500_000,
    1_500_000,
    3_000_000,
    5_000_000,
    10_000_000,
    20_000_000,
    33_333_333,
    100_000_000,
    1_000_000_000,
];
/// The most a leg counts for.
const SHARES_OF_LEGS: [i64; 8] = [
    20_000_000,
    25_000_000,
    33_333_333,
    40_000_000,
    50_000_000,
    60_000_000,
    80_000_000,
    100_000_000,
];
const RANKS: [&str; 5] = ["iron", "bronze", "silver", "gold", "ruby"];

/// Draws one set.
pub(crate) struct Painter<'a> {
    pub(crate) rules: &'a Rules,
    pub(crate) chance: Chance,
    /// What the set derives, once that is drawn.
    pub(crate) kinds: Vec<Derived>,
}

/// What a component or requirement may refer to.
#[derive(Clone, Copy)]
pub(super) struct Where {
    period: usize,
    /// The tree of the ladder.
    tree: usize,
    /// How many ranks there are; 0 where there is no ladder.
    ranks: usize,
}

impl Painter<'_> {
    /// A set with something for most period types.
    pub(crate) fn draft(&mut self) -> Draft {
        self.kinds = self.derived_kinds();
        let mut ladders = Vec::new();
        for period in 0..self.rules.period_types.len() {
            for _ in 0..1 + usize::from(self.chance.percent(15)) {
                if self.chance.percent(90) {
                    let name = format!("ladder-{}", ladders.len());
                    ladders.push(self.ladder(name, period));
                }
            }
        }
        let mut drawn: Vec<Component> = Vec::new();
        let mut plans: Vec<Plan> = Vec::new();
        let wanted = 1 + ladders.len() + self.chance.below(2);
        for number in 0..wanted {
            let ladder = (number < ladders.len()).then_some(number);
            let at = match ladder.map(|ladder| &ladders[ladder]) {
                Some(ladder) => Where {
                    period: ladder.period,
                    tree: ladder.tree,
                    ranks: ladder.ranks.len(),
                },
                None => Where {
                    period: self.chance.below(self.rules.period_types.len()),
                    tree: 0,
                    ranks: 0,
                },
            };
            let many = if ladder.is_some() { 6 } else { 2 };
            let mut components = Vec::new();
            for _ in 0..1 + self.chance.below(many) {
                // Now and then by ranks of a ladder that is judged over other periods.
                let over = match self.chance.below(8) {
                    0 => self.chance.below(self.rules.period_types.len()),
                    _ => at.period,
                };
                let foreign = over != at.period;
                let component = self.component(Where { period: over, ..at }, foreign, &drawn);
                drawn.push(component.clone());
                components.push(component);
            }
            plans.push(Plan {
                name: format!("plan-{number}"),
                ladder,
                components,
            });
        }
        for ladder in &mut ladders {
            self.ask_for_legs(ladder, &drawn);
        }
        let company_cap = self.chance.percent(60).then(|| self.ceiling(&drawn));
        Draft {
            kinds: self.kinds.clone(),
            ladders,
            plans,
            company_cap,
            after_close: *self.chance.pick(&AfterClose::ALL),
        }
    }

    /// Lets a rank of a ladder take cycles or what legs hold, where a component of its periods matches them.
    fn ask_for_legs(&mut self, ladder: &mut Ladder, drawn: &[Component]) {
        let matches = |other: &Component| matches!(other.pays, Pays::Binary(_));
        let all = 0..drawn.len();
        let its = all.filter(|&at| drawn[at].period == ladder.period && matches(&drawn[at]));
        let its: Vec<usize> = its.collect();
        if its.is_empty() || self.chance.percent(40) {
            return;
        }
        let component = *self.chance.pick(&its);
        let counts = match &drawn[component].pays {
            Pays::Binary(binary) => matches!(binary.mode, Mode::Cycles { .. }),
            _ => false,
        };
        let asked = if counts && self.chance.percent(60) {
            let count = 1 + self.chance.below(4);
            Need::Cycles { count, component }
        } else {
            let at_least = self.threshold(Measure::LesserLeg, 1);
            Need::LesserLegOf {
                component,
                at_least,
            }
        };
        let rank = self.chance.below(ladder.ranks.len());
        let (_, need) = &mut ladder.ranks[rank];
        let both = vec![need.clone(), asked];
        *need = if self.chance.percent(50) {
            Need::Any(both)
        } else {
            Need::All(both)
        };
    }

    /// A ceiling over components of one period type.
    fn ceiling(&mut self, drawn: &[Component]) -> Ceiling {
        let first = self.chance.below(drawn.len());
        let like = (0..drawn.len()).filter(|&at| drawn[at].period == drawn[first].period);
        let components = like.filter(|&at| at == first || self.chance.percent(50));
        let components = components.collect();
        Ceiling {
            kind: self.kind(),
            rate: *self
                .chance
                .pick(&[1, 5_000_000, 33_333_333, 60_000_000, 100_000_000]),
            components,
        }
    }

    pub(super) fn kind(&mut self) -> usize {
        self.chance.below(self.rules.kinds.len() + self.kinds.len())
    }

    pub(super) fn any_tree(&mut self) -> usize {
        self.chance.below(self.rules.trees.len())
    }

    fn binary(&mut self) -> Option<usize> {
        let trees = self.rules.trees.iter().enumerate();
        let binary: Vec<usize> = trees
            .filter(|(_, tree)| tree.shape == Shape::Binary)
            .map(|(at, _)| at)
            .collect();
        (!binary.is_empty()).then(|| *self.chance.pick(&binary))
    }

    // ---- ladders ----

    fn ladder(&mut self, name: String, period: usize) -> Ladder {
        let trees = self.rules.trees.iter().enumerate();
        let single: Vec<usize> = trees
            .filter(|(_, tree)| tree.centres == 1)
            .map(|(at, _)| at)
            .collect();
        let tree = *self.chance.pick(&single);
        let ranks = 1 + self.chance.below(RANKS.len());
        let at = Where {
            period,
            tree,
            ranks,
        };
        let ranks = (0..ranks).map(|number| {
            let need = self.rank(at, number);
            (RANKS[number].to_owned(), need)
        });
        let ranks = ranks.collect();
        Ladder {
            name,
            period,
            tree,
            grace: *self.chance.pick(&[0, 0, 1, 2, 3]),
            ranks,
        }
    }

    /// What a rank takes; some volume is always asked for.
    fn rank(&mut self, at: Where, number: usize) -> Need {
        let need = self.need(at, number, 0);
        if need.asks_volume() {
            return need;
        }
        let volume = self.volume(at, number);
        match self.chance.below(4) {
            0 => Need::Any(vec![volume, need]),
            1 => Need::Of(1 + self.chance.below(2), vec![need, volume]),
            _ => Need::All(vec![need, volume]),
        }
    }

    fn need(&mut self, at: Where, number: usize, depth: usize) -> Need {
        let nested = if depth < 2 { 35 } else { 0 };
        if self.chance.percent(nested) {
            let size = 1 + self.chance.below(3);
            let needs: Vec<Need> = (0..size)
                .map(|_| self.need(at, number, depth + 1))
                .collect();
            return match self.chance.below(3) {
                0 => Need::All(needs),
                1 => Need::Any(needs),
                _ => Need::Of(1 + self.chance.below(size), needs),
            };
        }
        match self.chance.below(13) {
            0 => Need::Active,
            12 => Need::Previous(self.rank_of(at)),
            1 | 2 => Need::Enrolled {
                count: 1 + self.chance.below(2),
                active: self.chance.percent(50),
                in_each_leg_of: if self.chance.percent(40) {
                    self.binary()
                } else {
                    None
                },
            },
            3 => Need::Customers(1),
            4 | 5 => {
                // Low ranks are held more often.
                let (one, other) = (self.chance.below(at.ranks), self.chance.below(at.ranks));
                let rank = u8::try_from(1 + one.min(other)).expect("few ranks");
                Need::Legs {
                    count: 1 + self.chance.below(2),
                    rank,
                }
            }
            _ => self.volume(at, number),
        }
    }

    fn volume(&mut self, at: Where, number: usize) -> Need {
        let mut tree = if self.chance.percent(65) {
            at.tree
        } else {
            self.any_tree()
        };
        let measure = match self.chance.below(12) {
            0..=2 => Measure::Own,
            3..=4 => Measure::Group { with_own: true },
            5 => Measure::Group { with_own: false },
            6..=7 => Measure::Side,
            8..=9 => Measure::Capped {
                leg_max: *self.chance.pick(&SHARES_OF_LEGS),
                share_of: if self.chance.percent(60) {
                    ShareOf::Total
                } else {
                    ShareOf::Requirement
                },
            },
            _ => match self.binary() {
                Some(binary) => {
                    tree = binary;
                    Measure::LesserLeg
                }
                None => Measure::Side,
            },
        };
        if measure == Measure::Own {
            tree = at.tree;
        }
        Need::Volume {
            measure,
            kind: self.kind(),
            at_least: self.threshold(measure, number),
            tree,
        }
    }

    /// A volume that is reached at times; whole steps of what orders bring, so that it is often met exactly.
    fn threshold(&mut self, measure: Measure, number: usize) -> i64 {
        let rise = i64::try_from(number).expect("few ranks");
        let most = match measure {
            Measure::Own => 2 + rise,
            Measure::LesserLeg => 3 + 2 * rise,
            _ => 4 + 5 * rise,
        };
        match self.chance.below(8) {
            0 => 1,
            1 => self.chance.between(1, 3_000_000),
            _ => self.chance.between(1, most) * 250_000,
        }
    }

    // ---- components ----

    fn component(&mut self, at: Where, foreign: bool, drawn: &[Component]) -> Component {
        let mut component = Component {
            name: format!("component-{}", drawn.len()),
            period: at.period,
            at_order: false,
            active_only: self.chance.percent(60),
            min_rank: if self.chance.percent(30) {
                self.rank_of(at)
            } else {
                0
            },
            cap: self.chance.percent(25).then(|| {
                *self
                    .chance
                    .pick(&[1, 500_000, 1_250_000, 5_000_000, 40_000_000])
            }),
            rank_caps: if at.ranks > 0 && self.chance.percent(20) {
                self.rows(at, |painter| {
                    *painter.chance.pick(&[500_000, 1_250_000, 10_000_000])
                })
            } else {
                Vec::new()
            },
            pays: self.pays(at, foreign, drawn),
        };
        self.judge_at_order(&mut component);
        component
    }

    /// Some rank, a low one more often; 0 where there is none.
    fn rank_of(&mut self, at: Where) -> u8 {
        if at.ranks == 0 {
            return 0;
        }
        let (one, other) = (self.chance.below(at.ranks), self.chance.below(at.ranks));
        u8::try_from(1 + one.min(other)).expect("few ranks")
    }

    fn pays(&mut self, at: Where, foreign: bool, drawn: &[Component]) -> Pays {
        let matched: Vec<usize> = (0..drawn.len())
            .filter(|&other| {
                drawn[other].period == at.period
                    && !matches!(drawn[other].pays, Pays::Matching { .. })
            })
            .collect();
        let (tree, kind) = (self.any_tree(), self.kind());
        match self.chance.below(25) {
            16..=18 => match self.binary() {
                Some(tree) => Pays::Binary(self.matched(at, tree)),
                None => self.personal(tree, kind),
            },
            19..=20 if at.ranks > 0 && !foreign => Pays::Advancement {
                amounts: self.rows(at, |painter| painter.chance.between(1, 9) * 12_500_000),
                skipped: self.chance.percent(50),
            },
            21..=24 => self.by_order(at),
            0..=3 => self.unilevel(at, tree, kind),
            4..=6 if at.ranks > 0 => Pays::Generation {
                tree,
                kind,
                cut: self.cut(at),
                rates: self.rates(at),
            },
            7..=9 => Pays::Differential {
                tree,
                kind,
                by: if at.ranks > 0 && self.chance.percent(50) {
                    By::Rank(self.rows(at, Painter::rate))
                } else {
                    By::Steps(self.steps())
                },
                absorb: self.chance.percent(50),
                own: self.chance.percent(60),
            },
            10..=13 if !matched.is_empty() => {
                let mut of = matched;
                while of.len() > 1 && self.chance.percent(50) {
                    let out = self.chance.below(of.len());
                    of.remove(out);
                }
                Pays::Matching {
                    tree: if self.chance.percent(60) { 0 } else { tree },
                    of,
                    way: if at.ranks > 0 && self.chance.percent(50) {
                        Way::Generation(self.cut(at))
                    } else {
                        Way::Level(self.compression())
                    },
                    rates: self.rates(at),
                }
            }
            14..=15 if at.ranks > 0 => Pays::Pool {
                kind,
                rate: self.rate(),
                shares: self.rows(at, |painter| painter.chance.between(0, 4)),
            },
            _ => self.personal(tree, kind),
        }
    }

    fn unilevel(&mut self, at: Where, tree: usize, kind: usize) -> Pays {
        Pays::Unilevel {
            tree,
            kind,
            compression: self.compression(),
            rates: self.rates(at),
            own_rate: if self.chance.percent(40) {
                self.rate()
            } else {
                0
            },
        }
    }

    fn personal(&mut self, tree: usize, kind: usize) -> Pays {
        let steps = self.steps();
        Pays::Personal { tree, kind, steps }
    }

    fn matched(&mut self, at: Where, tree: usize) -> Binary {
        let mode = if self.chance.percent(40) {
            Mode::Percent
        } else {
            let unit = *self.chance.pick(&[125_000, 250_000, 1_000_000]);
            let (strong, lesser) = *self.chance.pick(&[(1, 1), (2, 1), (1, 2), (3, 2)]);
            Mode::Cycles {
                strong: strong * unit,
                lesser: lesser * unit,
                each_cycle: self.chance.percent(60),
            }
        };
        let is_rate = matches!(mode, Mode::Percent) || self.chance.percent(50);
        let price = |painter: &mut Self| {
            if is_rate {
                painter.rate().max(1)
            } else {
                painter.chance.between(1, 20) * 1_250_000
            }
        };
        let by_rank = if at.ranks > 0 && self.chance.percent(50) {
            self.rows(at, price)
        } else {
            Vec::new()
        };
        let all = (by_rank.is_empty() || self.chance.percent(50)).then(|| price(self));
        Binary {
            tree,
            kind: self.kind(),
            mode,
            price: Price {
                is_rate,
                all,
                by_rank,
            },
            keeps_beyond_cap: self.chance.percent(40),
            carry: *self
                .chance
                .pick(&[Carry::Both, Carry::Both, Carry::Strong, Carry::Nothing]),
            flush_after: self
                .chance
                .percent(50)
                .then(|| self.chance.below(4) as u8 + 1),
        }
    }

    pub(super) fn rate(&mut self) -> i64 {
        *self.chance.pick(&RATES)
    }

    fn compression(&mut self) -> Compression {
        *self.chance.pick(&[
            Compression::None,
            Compression::SkipInactive,
            Compression::Full,
        ])
    }

    fn cut(&mut self, at: Where) -> Cut {
        let rank = self.rank_of(at);
        Cut {
            rank: self.chance.percent(65).then_some(rank),
            active: self.chance.percent(40),
            numbering: *self.chance.pick(&[
                Numbering::SelfExclusive,
                Numbering::SelfInclusive,
                Numbering::Breakaway,
            ]),
        }
    }

    fn list(&mut self) -> Vec<i64> {
        (0..1 + self.chance.below(5)).map(|_| self.rate()).collect()
    }

    pub(super) fn rates(&mut self, at: Where) -> Rates {
        let by_rank = if at.ranks > 0 && self.chance.percent(60) {
            self.rows(at, Painter::list)
        } else {
            Vec::new()
        };
        let all = if by_rank.is_empty() || self.chance.percent(60) {
            self.list()
        } else {
            Vec::new()
        };
        Rates { all, by_rank }
    }

    /// A row for some ranks, at least for one.
    fn rows<T>(&mut self, at: Where, mut row: impl FnMut(&mut Self) -> T) -> Vec<(u8, T)> {
        let sure = self.rank_of(at);
        let ranks = 1..=u8::try_from(at.ranks).expect("few ranks");
        let mut rows = Vec::new();
        for rank in ranks {
            if rank == sure || self.chance.percent(50) {
                rows.push((rank, row(self)));
            }
        }
        rows
    }

    /// Steps; most of them rise in rate too.
    pub(super) fn steps(&mut self) -> Steps {
        let count = 1 + self.chance.below(4);
        let mut at_least: Vec<i64> = (0..count)
            .map(|_| match self.chance.below(8) {
                0 => 1,
                1 => self.chance.between(1, 3_000_000),
                _ => self.chance.between(1, 24) * 250_000,
            })
            .collect();
        at_least.sort_unstable();
        at_least.dedup();
        let mut rates: Vec<i64> = at_least.iter().map(|_| self.rate()).collect();
        if self.chance.percent(75) {
            rates.sort_unstable();
        }
        let kind = self.kind();
        Steps {
            kind: self.chance.percent(40).then_some(kind),
            rows: at_least.into_iter().zip(rates).collect(),
        }
    }
}

//! Random derived kinds of volume, and components that are judged order by order.

use arborline::base::path::{Path, Paths};

use super::draw::{Painter, Where};
use super::plan::{Bands, Component, Compression, Derived, Pays, Sieve};

/// Factors of which many make halves of the least volume.
const FACTORS: [i64; 6] = [
    1, 12_500_000, 30_000_000, 33_333_333, 50_000_000, 70_000_000,
];

impl Painter<'_> {
    /// Some kinds; now and then two that count the same.
    pub(super) fn derived_kinds(&mut self) -> Vec<Derived> {
        let mut kinds: Vec<Derived> = Vec::new();
        for number in 0..self.chance.below(5) {
            let name = format!("derived-{number}");
            let kind = match kinds.last() {
                Some(last) if self.chance.percent(15) => Derived {
                    name,
                    ..last.clone()
                },
                _ => Derived {
                    name,
                    of: self.chance.below(self.rules.kinds.len()),
                    sieve: self.sieve(),
                    factor: if self.chance.percent(50) {
                        *self.chance.pick(&FACTORS)
                    } else {
                        100_000_000
                    },
                },
            };
            kinds.push(kind);
        }
        kinds
    }

    fn sieve(&mut self) -> Sieve {
        let window = self.chance.percent(40);
        let (from, to) = (self.chance.between(1, 12), self.chance.between(1, 30));
        let before = (window && self.chance.percent(50)).then_some(from);
        let within = (window && (before.is_none() || self.chance.percent(40)))
            .then_some(to + before.unwrap_or(0));
        Sieve {
            classes: self
                .chance
                .percent(35)
                .then(|| (self.chance.percent(50), self.classes())),
            customers: self.chance.percent(25).then(|| self.chance.percent(50)),
            orders: self
                .chance
                .percent(35)
                .then(|| (self.chance.percent(50), self.first())),
            within,
            before,
        }
    }

    fn first(&mut self) -> usize {
        1 + self.chance.below(3) * self.chance.below(2)
    }

    /// One or two classes, of which one is nobody's.
    fn classes(&mut self) -> Vec<String> {
        let mut classes = vec!["retail", "autoship", "kit", "gift"];
        for _ in 0..2 + self.chance.below(2) {
            classes.remove(self.chance.below(classes.len()));
        }
        classes.into_iter().map(str::to_owned).collect()
    }

    /// Some components that can be are judged as each order comes in. Draws nothing that other draws hang on.
    pub(super) fn judge_at_order(&self, component: &mut Component) {
        let finds_active_only = match &component.pays {
            Pays::Unilevel { compression, .. } | Pays::FastStart { compression, .. } => {
                match compression {
                    Compression::None => false,
                    Compression::SkipInactive => true,
                    Compression::Full => return,
                }
            }
            Pays::Customer { by_order: true, .. } | Pays::Retail { .. } => true,
            _ => return,
        };
        let mut aside = self.chance.clone();
        aside.bits();
        component.at_order = aside.percent(20);
        component.active_only |= component.at_order && finds_active_only;
    }

    /// What is paid order by order.
    pub(super) fn by_order(&mut self, at: Where) -> Pays {
        match self.chance.below(4) {
            0 => self.fast_start(at),
            1 | 2 => self.customer(),
            _ => self.retail(),
        }
    }

    fn fast_start(&mut self, at: Where) -> Pays {
        let days = self.chance.percent(70);
        let first = !days || self.chance.percent(30);
        Pays::FastStart {
            tree: self.any_tree(),
            kind: self.kind(),
            sieve: Sieve {
                classes: self.chance.percent(25).then(|| (true, self.classes())),
                customers: None,
                orders: first.then(|| (true, self.first())),
                within: days.then(|| self.chance.between(1, 30)),
                before: None,
            },
            compression: *self
                .chance
                .pick(&[Compression::None, Compression::SkipInactive]),
            rates: self.rates(at),
        }
    }

    fn customer(&mut self) -> Pays {
        let by_order = self.chance.percent(65);
        let mut rows = self.steps().rows;
        if by_order {
            // What one order reaches now and then.
            for (at, (from, _)) in (1..).zip(&mut rows) {
                *from = at * *self.chance.pick(&[1, 250_000, 400_000]);
            }
            rows.sort_unstable();
            rows.dedup_by_key(|(from, _)| *from);
        }
        Pays::Customer {
            kind: self.kind(),
            by_order,
            bands: if self.chance.percent(40) {
                Bands::Rates(rows)
            } else {
                // Odd ones, so that a half falls between two counts.
                let amounts = [1, 3, 499_999, 3_333_333, 25_000_001];
                let rows = rows.into_iter();
                let rows = rows.map(|(from, _)| (from, *self.chance.pick(&amounts)));
                Bands::Amounts(rows.collect())
            },
        }
    }

    fn retail(&mut self) -> Pays {
        Pays::Retail {
            kind: self.kind(),
            rate: self.rate(),
        }
    }
}

/// All ways up, as far as any set that is drawn looks.
pub(super) fn everywhere(trees: usize) -> Paths {
    let mut paths = Paths::default();
    for tree in 0..trees as u8 {
        for compressed in [false, true] {
            paths.add(Path { tree, compressed }, 8);
        }
    }
    paths
}

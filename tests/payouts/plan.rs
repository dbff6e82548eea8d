//! A plan set in plain words: numbers of trees, kinds and period types, volumes in 1e-4, rates in 1e-8, money in 1e-6.

use crate::model::plans::AfterClose;

/// A whole set.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    /// Kinds of volume beside the network's; their numbers follow on those.
    pub(crate) kinds: Vec<Derived>,
    pub(crate) ladders: Vec<Ladder>,
    pub(crate) plans: Vec<Plan>,
    pub(crate) company_cap: Option<Ceiling>,
    pub(crate) after_close: AfterClose,
}

/// A kind of volume that a set derives from one of the network.
#[derive(Clone, Debug)]
pub(crate) struct Derived {
    pub(crate) name: String,
    pub(crate) of: usize,
    pub(crate) sieve: Sieve,
    /// What counts of it.
    pub(crate) factor: i64,
}

/// Which orders are meant; what is left out takes all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sieve {
    /// Only those of these classes, or all without them.
    pub(crate) classes: Option<(bool, Vec<String>)>,
    /// Only customers' or only members' own.
    pub(crate) customers: Option<bool>,
    /// Only a buyer's first so many, or only those behind them.
    pub(crate) orders: Option<(bool, usize)>,
    /// Less than so many days after the buyer's joining, the day of which is the first.
    pub(crate) within: Option<i64>,
    /// Not less than so many.
    pub(crate) before: Option<i64>,
}

/// Ranks from the lowest to the highest; their numbers count from 1.
#[derive(Clone, Debug)]
pub(crate) struct Ladder {
    pub(crate) name: String,
    pub(crate) period: usize,
    pub(crate) tree: usize,
    /// Periods for which a rank is kept after the one in which it was risen to.
    pub(crate) grace: u8,
    pub(crate) ranks: Vec<(String, Need)>,
}

/// What a rank takes.
#[derive(Clone, Debug)]
pub(crate) enum Need {
    All(Vec<Need>),
    Any(Vec<Need>),
    Of(usize, Vec<Need>),
    Active,
    /// What some volume of his place comes to.
    Volume {
        measure: Measure,
        kind: usize,
        at_least: i64,
        tree: usize,
    },
    Enrolled {
        count: usize,
        active: bool,
        in_each_leg_of: Option<usize>,
    },
    Customers(usize),
    /// Cycles that the legs cover by a component.
    Cycles {
        count: usize,
        component: usize,
    },
    /// The lesser leg of his first seat as a component holds it: what it carried and what is new.
    LesserLegOf {
        component: usize,
        at_least: i64,
    },
    /// To have been paid as this rank, or a higher one, in the period before.
    Previous(u8),
    Legs {
        count: usize,
        rank: u8,
    },
}

/// Which volume of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    Own,
    Group { with_own: bool },
    Side,
    Capped { leg_max: i64, share_of: ShareOf },
    LesserLeg,
}

/// Of what the most a leg counts for is a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShareOf {
    Requirement,
    Total,
}

/// A share of what the company sold, over components by their numbers in the set.
#[derive(Clone, Debug)]
pub(crate) struct Ceiling {
    pub(crate) kind: usize,
    pub(crate) rate: i64,
    pub(crate) components: Vec<usize>,
}

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) name: String,
    pub(crate) ladder: Option<usize>,
    pub(crate) components: Vec<Component>,
}

#[derive(Clone, Debug)]
pub(crate) struct Component {
    pub(crate) name: String,
    pub(crate) period: usize,
    /// Whether it is judged as each order came in who stood where and was active.
    pub(crate) at_order: bool,
    /// Whether only active members earn.
    pub(crate) active_only: bool,
    /// 0 for everybody.
    pub(crate) min_rank: u8,
    pub(crate) cap: Option<i64>,
    /// Caps from some ranks on, from the lowest rank; `cap` below them.
    pub(crate) rank_caps: Vec<(u8, i64)>,
    pub(crate) pays: Pays,
}

/// The kinds.
#[derive(Clone, Debug)]
pub(crate) enum Pays {
    Unilevel {
        tree: usize,
        kind: usize,
        compression: Compression,
        rates: Rates,
        own_rate: i64,
    },
    Generation {
        tree: usize,
        kind: usize,
        cut: Cut,
        rates: Rates,
    },
    Differential {
        tree: usize,
        kind: usize,
        by: By,
        absorb: bool,
        own: bool,
    },
    Personal {
        tree: usize,
        kind: usize,
        steps: Steps,
    },
    Matching {
        tree: usize,
        of: Vec<usize>,
        way: Way,
        rates: Rates,
    },
    Pool {
        kind: usize,
        rate: i64,
        shares: Vec<(u8, i64)>,
    },
    Binary(Binary),
    Advancement {
        amounts: Vec<(u8, i64)>,
        /// Whether ranks that were skipped are paid too.
        skipped: bool,
    },
    FastStart {
        tree: usize,
        kind: usize,
        sieve: Sieve,
        compression: Compression,
        rates: Rates,
    },
    Customer {
        kind: usize,
        by_order: bool,
        bands: Bands,
    },
    Retail {
        kind: usize,
        rate: i64,
    },
}

/// Two legs matched.
#[derive(Clone, Debug)]
pub(crate) struct Binary {
    pub(crate) tree: usize,
    pub(crate) kind: usize,
    pub(crate) mode: Mode,
    pub(crate) price: Price,
    /// Whether only as much is matched as the cap lets be paid.
    pub(crate) keeps_beyond_cap: bool,
    pub(crate) carry: Carry,
    /// After how many periods in a row without being paid all is lost.
    pub(crate) flush_after: Option<u8>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Mode {
    Percent,
    /// Volumes that a cycle takes from the greater leg and from the lesser one.
    Cycles {
        strong: i64,
        lesser: i64,
        /// Whether the greater leg is looked for before every cycle.
        each_cycle: bool,
    },
}

/// What is paid for what is matched.
#[derive(Clone, Debug)]
pub(crate) struct Price {
    /// A rate of the lesser leg's volume, or else an amount a cycle.
    pub(crate) is_rate: bool,
    /// For ranks without a row.
    pub(crate) all: Option<i64>,
    pub(crate) by_rank: Vec<(u8, i64)>,
}

/// What is carried to the next period of what is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carry {
    Both,
    Strong,
    Nothing,
}

/// From a volume on, a rate or an amount of money.
#[derive(Clone, Debug)]
pub(crate) enum Bands {
    Rates(Vec<(i64, i64)>),
    Amounts(Vec<(i64, i64)>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    SkipInactive,
    Full,
}

/// How a match goes down.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    Level(Compression),
    Generation(Cut),
}

/// Where generations end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    /// A rank; none where it is the payee's own.
    pub(crate) rank: Option<u8>,
    pub(crate) active: bool,
    pub(crate) numbering: Numbering,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Numbering {
    SelfExclusive,
    SelfInclusive,
    Breakaway,
}

/// Rates by level, for all and by rank; rows from the lowest rank.
#[derive(Clone, Debug)]
pub(crate) struct Rates {
    pub(crate) all: Vec<i64>,
    pub(crate) by_rank: Vec<(u8, Vec<i64>)>,
}

/// What a differential's rate goes by.
#[derive(Clone, Debug)]
pub(crate) enum By {
    Steps(Steps),
    Rank(Vec<(u8, i64)>),
}

/// Rates from a group volume on; of another kind than the one that is paid on, where one is named.
#[derive(Clone, Debug)]
pub(crate) struct Steps {
    pub(crate) kind: Option<usize>,
    pub(crate) rows: Vec<(i64, i64)>,
}

impl Draft {
    /// Every component with the number of its plan, in the order of the set.
    pub(crate) fn components(&self) -> Vec<(&Plan, &Component)> {
        let plans = self.plans.iter();
        plans
            .flat_map(|plan| {
                plan.components
                    .iter()
                    .map(move |component| (plan, component))
            })
            .collect()
    }
}

impl Need {
    /// The name of the thing, with what makes it another thing.
    pub(crate) fn sort(&self) -> &'static str {
        match self {
            Need::All(_) => "all",
            Need::Any(_) => "any",
            Need::Of(..) => "of",
            Need::Active => "active",
            Need::Volume { measure, .. } => match measure {
                Measure::Own => "own",
                Measure::Group { with_own: true } => "group",
                Measure::Group { with_own: false } => "group without own",
                Measure::Side => "side",
                Measure::Capped {
                    share_of: ShareOf::Requirement,
                    ..
                } => "capped by requirement",
                Measure::Capped { .. } => "capped by total",
                Measure::LesserLeg => "lesser leg",
            },
            Need::Enrolled {
                in_each_leg_of: Some(_),
                ..
            } => "enrolled in each leg",
            Need::Enrolled { active: true, .. } => "enrolled active",
            Need::Enrolled { .. } => "enrolled",
            Need::Customers(_) => "customers",
            Need::Cycles { .. } => "cycles",
            Need::LesserLegOf { .. } => "lesser leg of",
            Need::Previous(_) => "previous",
            Need::Legs { .. } => "legs",
        }
    }

    /// Whether some volume is asked for in it.
    pub(crate) fn asks_volume(&self) -> bool {
        match self {
            Need::All(needs) | Need::Any(needs) | Need::Of(_, needs) => {
                needs.iter().any(Need::asks_volume)
            }
            Need::Volume { .. } | Need::LesserLegOf { .. } => true,
            _ => false,
        }
    }
}

impl Pays {
    /// The name of the kind, with the settings that make it another calculation.
    pub(crate) fn sort(&self) -> String {
        let cut_sort = |cut: &Cut| {
            let at = if cut.rank.is_some() {
                "rank"
            } else {
                "same or higher"
            };
            let who = if cut.active { "active" } else { "any" };
            format!("{:?} {at} {who}", cut.numbering)
        };
        match self {
            Pays::Unilevel { compression, .. } => format!("unilevel {compression:?}"),
            Pays::Generation { cut, .. } => format!("generation {}", cut_sort(cut)),
            Pays::Differential {
                by, absorb, own, ..
            } => {
                let by = if matches!(by, By::Steps(_)) {
                    "steps"
                } else {
                    "rank"
                };
                let after = if *absorb { "absorb" } else { "pass up" };
                let from = if *own { "own" } else { "above" };
                format!("differential {by} {after} {from}")
            }
            Pays::Personal { .. } => "personal".to_owned(),
            Pays::Matching { way, .. } => match way {
                Way::Level(compression) => format!("matching {compression:?}"),
                Way::Generation(cut) => format!("matching {:?}", cut.numbering),
            },
            Pays::Pool { .. } => "pool".to_owned(),
            Pays::Binary(binary) => {
                let price = if binary.price.is_rate {
                    "rate"
                } else {
                    "amount"
                };
                match binary.mode {
                    Mode::Percent => "binary percent".to_owned(),
                    Mode::Cycles { each_cycle, .. } => {
                        let when = if each_cycle { "each cycle" } else { "once" };
                        format!("binary cycles {when} {price}")
                    }
                }
            }
            Pays::Advancement { skipped: true, .. } => "advancement, skipped too".to_owned(),
            Pays::Advancement { .. } => "advancement, top".to_owned(),
            Pays::FastStart { compression, .. } => format!("fast_start {compression:?}"),
            Pays::Customer {
                by_order, bands, ..
            } => {
                let by = if *by_order { "order" } else { "period" };
                let what = match bands {
                    Bands::Rates(_) => "rates",
                    Bands::Amounts(_) => "amounts",
                };
                format!("customer by {by} {what}")
            }
            Pays::Retail { .. } => "retail".to_owned(),
        }
    }
}

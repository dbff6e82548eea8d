//! Matching: rates on what others below earned by named components, by level or by generation.

use crate::base::ids::{Member, Seat};
use crate::base::money::{Micros, Rate};
use crate::plan::columns::{Column, Columns, Payee, Payees};
use crate::plan::component::{Component, Kind, Live, Most, Reach};
use crate::plan::course::Opens;
use crate::plan::flow::{Ground, Unit};
use crate::plan::generations::{BOUNDARY, BOUNDARY_ACTIVE, Cut, Generations, NUMBERING};
use crate::plan::levels::{self, COMPRESSION, Compression, Levels};
use crate::plan::opening;
use crate::plan::part::{Earned, Overflow, Part, Sold};
use crate::plan::schedule::{RATES, RATES_BY_RANK, Schedule};
use crate::plan::setting::{Default, Form, Setting, Unfit, Values};
use crate::plan::shared::TREE;

/// The name of this kind; a match never matches a match.
pub const NAME: &str = "matching";

/// The row of this kind.
pub(super) const KIND: Kind = Kind {
    name: NAME,
    sentence: "Rates on what members below earned by other components, after their caps.",
    live: Live::Present,
    settings: &[
        TREE,
        OF,
        BY,
        COMPRESSION,
        Setting {
            default: Default::Nothing,
            ..BOUNDARY
        },
        BOUNDARY_ACTIVE,
        NUMBERING,
        RATES,
        RATES_BY_RANK,
    ],
    build,
    sample: r#"name = "check-match"
kind = "matching"
# What is matched: components that stand above, but no other match.
of = ["level-pay"]
by = "level"
rates_by_rank = { gold = ["0.10", "0.05"] }
"#,
};

/// The components whose amounts are matched.
pub const OF: Setting = Setting {
    key: "of",
    form: Form::Components,
    default: Default::Needed,
    sentence: "The components whose amounts are matched; they stand earlier, are of the same period type, and match nothing themselves.",
};

const BY: Setting = Setting {
    key: "by",
    form: Form::Choice(&["level", "generation"]),
    default: Default::Written("level"),
    sentence: "Whether rates go by level or by generation.",
};

#[derive(Debug)]
struct Matching {
    tree: usize,
    of: Vec<usize>,
    /// By generation where there is a cut, otherwise by level.
    cut: Option<Cut>,
    compression: Compression,
    schedule: Schedule,
}

fn build(values: &Values) -> Result<Box<dyn Component>, Unfit> {
    let cut = Cut::of(values);
    let unfit = |allowed: &str| Unfit {
        key: BOUNDARY.key,
        allowed: allowed.to_owned(),
    };
    match (values.word(BY.key), &cut) {
        ("level", Some(_)) => return Err(unfit("nothing, where the match goes by level")),
        ("generation", None) => return Err(unfit("the rank that ends a generation")),
        _ => {}
    }
    Ok(Box::new(Matching {
        tree: values.index(TREE.key),
        of: values.components(OF.key).to_vec(),
        cut,
        compression: Compression::of(values.word(COMPRESSION.key)),
        schedule: Schedule::of(values)?,
    }))
}

impl Matching {
    /// What each seat's member earned, at the first of his seats. O(members x components).
    fn earned(&self, columns: &Columns) -> Vec<i64> {
        let mut earned = vec![0i64; columns.links(self.tree).seats.len()];
        for amounts in self
            .of
            .iter()
            .filter_map(|&component| columns.amounts(component))
        {
            for (member, amount) in amounts.iter().enumerate() {
                if let Some(seat) = columns.seat(self.tree, member as Member) {
                    earned[seat as usize] += amount.0;
                }
            }
        }
        earned
    }

    /// By level, where seats' members earned so much.
    fn levels<'a>(
        &'a self,
        ground: Ground<'a>,
        own: impl Fn(Seat) -> i64 + 'a,
    ) -> Levels<'a, impl Fn(Seat) -> i64 + 'a, impl Fn(Seat) -> i64 + 'a> {
        Levels {
            ground,
            schedule: &self.schedule,
            compression: self.compression,
            own_rate: Rate::ZERO,
            own,
            below: |_| 0,
        }
    }

    /// By generation, in the same way.
    fn generations<'a>(
        &'a self,
        ground: Ground<'a>,
        (cut, rank): (Cut, u8),
        own: impl Fn(Seat) -> i64 + 'a,
    ) -> Generations<'a, impl Fn(Seat) -> i64 + 'a> {
        Generations {
            ground,
            schedule: &self.schedule,
            cut,
            rank,
            own,
        }
    }
}

impl Component for Matching {
    fn reads(&self) -> Vec<Column> {
        vec![Column::Links(self.tree)]
    }

    fn reach(&self) -> Reach {
        Reach::Results(self.tree)
    }

    fn pay(&self, columns: &Columns, payees: &Payees<'_>) -> Result<Vec<Micros>, Overflow> {
        let (ground, earned) = (Ground::of(columns, payees, self.tree), self.earned(columns));
        let own = |seat: Seat| earned[seat as usize];
        let Some(cut) = self.cut else {
            return ground.pay(&self.levels(ground, own), Unit::Earnings);
        };
        cut.pay_each(payees, |rank| {
            ground.pay(&self.generations(ground, (cut, rank), own), Unit::Earnings)
        })
    }

    fn falls_apart(&self) -> bool {
        false
    }

    fn opens<'a>(
        &'a self,
        columns: &'a Columns,
        payees: &'a Payees<'a>,
        member: Member,
    ) -> Opens<'a> {
        let on = (Ground::of(columns, payees, self.tree), self.tree);
        let Some(cut) = self.cut else {
            return opening::earnings(on, &self.of, "level", self.levels(on.0, |_| 0));
        };
        let by = (cut, cut.rank_for(payees.rank(member)));
        let flow = self.generations(on.0, by, |_| 0);
        opening::earnings(on, &self.of, "generation", flow)
    }

    fn trace(&self, _: &Columns, _: &Payees<'_>, _: &Sold) -> Vec<Earned> {
        Vec::new()
    }

    fn most(&self, payee: Payee, ranks: u8) -> Most {
        let most = match self.cut {
            Some(cut) => cut.most(&self.schedule, payee, ranks),
            None => levels::most(&self.schedule, self.compression, payee, ranks),
        };
        match most {
            Ok(rate) => Most::Earnings(self.of.clone(), rate),
            Err(why) => Most::Unlimited(why),
        }
    }

    fn explain(&self, columns: &Columns, payees: &Payees<'_>, member: Member) -> Vec<Part> {
        let (ground, earned) = (Ground::of(columns, payees, self.tree), self.earned(columns));
        let own = |seat: Seat| earned[seat as usize];
        let (what, terms) = match self.cut {
            None => ("level", ground.terms(&self.levels(ground, own), member)),
            Some(cut) => {
                let rank = cut.rank_for(payees.rank(member));
                let flow = self.generations(ground, (cut, rank), own);
                ("generation", ground.terms(&flow, member))
            }
        };
        Unit::Earnings.parts(what, terms)
    }
}

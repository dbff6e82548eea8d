//! Generation pay: rates by generation on the volume of everyone below, where generations end at members of a rank.

use crate::base::ids::{Member, Seat};
use crate::base::money::Micros;
use crate::plan::columns::{Column, Columns, Payee, Payees};
use crate::plan::component::{Component, Kind, Live, Most, Reach};
use crate::plan::course::Opens;
use crate::plan::flow::{Ground, Unit};
use crate::plan::generations::{BOUNDARY, BOUNDARY_ACTIVE, Cut, Generations, NUMBERING};
use crate::plan::opening;
use crate::plan::part::{Earned, Overflow, Part, Sold};
use crate::plan::schedule::{RATES, RATES_BY_RANK, Schedule};
use crate::plan::setting::{Unfit, Values};
use crate::plan::shared::{TREE, VOLUME};

/// The row of this kind.
pub(super) const KIND: Kind = Kind {
    name: "generation",
    sentence: "Rates by generation on the volume of everyone below; a member of a rank ends a generation.",
    live: Live::Present,
    settings: &[
        TREE,
        VOLUME,
        BOUNDARY,
        BOUNDARY_ACTIVE,
        NUMBERING,
        RATES,
        RATES_BY_RANK,
    ],
    build,
    sample: r#"name = "generations"
kind = "generation"
volume = "cv"
# Everyone from silver on ends a generation.
boundary = "silver"
numbering = "breakaway"
rates_by_rank = { gold = ["0.05", "0.03", "0.01"] }
"#,
};

#[derive(Debug)]
struct Generation {
    tree: usize,
    volume: usize,
    cut: Cut,
    schedule: Schedule,
}

fn build(values: &Values) -> Result<Box<dyn Component>, Unfit> {
    Ok(Box::new(Generation {
        tree: values.index(TREE.key),
        volume: values.index(VOLUME.key),
        cut: Cut::of(values).expect("a boundary is needed"),
        schedule: Schedule::of(values)?,
    }))
}

impl Generation {
    fn generations<'a>(
        &'a self,
        ground: Ground<'a>,
        rank: u8,
    ) -> Generations<'a, impl Fn(Seat) -> i64 + 'a> {
        let entered = ground.columns.paid(self.tree, self.volume);
        Generations {
            ground,
            schedule: &self.schedule,
            cut: self.cut,
            rank,
            own: |seat: Seat| entered[seat as usize].all(),
        }
    }
}

impl Component for Generation {
    fn opens<'a>(
        &'a self,
        columns: &'a Columns,
        payees: &'a Payees<'a>,
        member: Member,
    ) -> Opens<'a> {
        let on = (self.tree, self.volume);
        let rank = self.cut.rank_for(payees.rank(member));
        opening::below((columns, payees), on, ("generation", true), |ground| {
            self.generations(ground, rank)
        })
    }

    fn reads(&self) -> Vec<Column> {
        vec![
            Column::Links(self.tree),
            Column::Paid(self.tree, self.volume),
        ]
    }

    fn reach(&self) -> Reach {
        Reach::Results(self.tree)
    }

    fn pay(&self, columns: &Columns, payees: &Payees<'_>) -> Result<Vec<Micros>, Overflow> {
        let ground = Ground::of(columns, payees, self.tree);
        self.cut.pay_each(payees, |rank| {
            ground.pay(&self.generations(ground, rank), Unit::Volume)
        })
    }

    fn most(&self, payee: Payee, ranks: u8) -> Most {
        match self.cut.most(&self.schedule, payee, ranks) {
            Ok(rate) => Most::Volume(self.volume, rate),
            Err(why) => Most::Unlimited(why),
        }
    }

    fn explain(&self, columns: &Columns, payees: &Payees<'_>, member: Member) -> Vec<Part> {
        let ground = Ground::of(columns, payees, self.tree);
        let rank = self.cut.rank_for(payees.rank(member));
        let terms = ground.terms(&self.generations(ground, rank), member);
        Unit::Volume.parts("generation", terms)
    }

    fn trace(&self, columns: &Columns, payees: &Payees<'_>, sold: &Sold) -> Vec<Earned> {
        let ground = Ground::of(columns, payees, self.tree);
        let Some(sale) = sold.sale(self.tree, self.volume) else {
            return Vec::new();
        };
        let ranks = self.cut.ranks(payees);
        let each = ranks.into_iter().flat_map(|rank| {
            let flow = self.generations(ground, rank);
            ground.trace(&flow, &sale)
        });
        Unit::Volume.earned("generation", each.collect())
    }
}

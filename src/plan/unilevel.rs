//! Unilevel: rates by level on the volume of everyone below, with or without compression, on any tree.

use crate::base::ids::{Member, Seat};
use crate::base::money::{Micros, Rate};
use crate::base::path::Path;
use crate::plan::columns::{Column, Columns, Payee, Payees};
use crate::plan::component::{Component, Kind, Live, Most, Reach};
use crate::plan::course::Opens;
use crate::plan::derived::Filter;
use crate::plan::flow::{Ground, Unit};
use crate::plan::levels::{self, COMPRESSION, Compression, Levels};
use crate::plan::opening;
use crate::plan::part::{Earned, Overflow, Part, Sold};
use crate::plan::places::Places;
use crate::plan::posted::Posted;
use crate::plan::schedule::{RATES, RATES_BY_RANK, Schedule};
use crate::plan::setting::{Default, Form, Setting, Unfit, Values};
use crate::plan::shared::{JUDGED, TREE, VOLUME};

/// The row of this kind.
pub(super) const KIND: Kind = Kind {
    name: "unilevel",
    sentence: "Rates by level on the volume of everyone below.",
    live: Live::Present,
    settings: &[
        TREE,
        VOLUME,
        COMPRESSION,
        RATES,
        RATES_BY_RANK,
        OWN_RATE,
        JUDGED,
    ],
    build,
    sample: r#"name = "level-pay"
kind = "unilevel"
tree = "enroller"
volume = "cv"
# An inactive member uses up no level.
compression = "skip_inactive"
# Three levels for everybody, two more for who holds a rank.
rates = ["0.10", "0.05", "0.05"]
rates_by_rank = { silver = ["0.10", "0.05", "0.05", "0.03", "0.02"] }
"#,
};

const OWN_RATE: Setting = Setting {
    key: "own_rate",
    form: Form::Rate,
    default: Default::Nothing,
    sentence: "A rate on the payee's own volume, level 0.",
};

/// Pay by level. What is paid so on some orders only is this with what it narrows its volume to.
#[derive(Debug)]
pub(super) struct Unilevel {
    pub(super) tree: usize,
    pub(super) volume: usize,
    pub(super) compression: Compression,
    pub(super) schedule: Schedule,
    pub(super) own_rate: Rate,
    /// The orders it is paid on; none for all.
    pub(super) orders: Option<Filter>,
}

fn build(values: &Values) -> Result<Box<dyn Component>, Unfit> {
    let unilevel = Unilevel {
        tree: values.index(TREE.key),
        volume: values.index(VOLUME.key),
        compression: Compression::of(values.word(COMPRESSION.key)),
        schedule: Schedule::of(values)?,
        own_rate: values.rate(OWN_RATE.key).unwrap_or(Rate::ZERO),
        orders: None,
    };
    unilevel.judged(values)
}

impl Unilevel {
    /// The same as a component that is judged when its settings say.
    ///
    /// # Errors
    /// If who uses up a level is not known then.
    pub(super) fn judged(self, values: &Values) -> Result<Box<dyn Component>, Unfit> {
        if values.word(JUDGED.key) != "order" {
            return Ok(Box::new(self));
        }
        let compressed = match self.compression {
            Compression::None => false,
            Compression::SkipInactive => true,
            Compression::Full => {
                return Err(Unfit {
                    key: JUDGED.key,
                    allowed: "`close`, where `compression` is `full`: who is entitled to a level is known at the close only"
                        .to_owned(),
                });
            }
        };
        let path = Path {
            tree: self.tree as u8,
            compressed,
        };
        let levels = self.schedule.levels() as u8;
        Ok(Box::new(Posted {
            places: Places { path, levels },
            volume: self.volume,
            schedule: self.schedule,
            own_rate: self.own_rate,
            orders: self.orders,
        }))
    }

    fn levels<'a>(
        &'a self,
        ground: Ground<'a>,
    ) -> Levels<'a, impl Fn(Seat) -> i64 + 'a, impl Fn(Seat) -> i64 + 'a> {
        let entered = ground.columns.paid(self.tree, self.volume);
        Levels {
            ground,
            schedule: &self.schedule,
            compression: self.compression,
            own_rate: self.own_rate,
            own: |seat: Seat| entered[seat as usize].own,
            below: |seat: Seat| entered[seat as usize].below,
        }
    }
}

impl Component for Unilevel {
    fn opens<'a>(&'a self, columns: &'a Columns, payees: &'a Payees<'a>, _: Member) -> Opens<'a> {
        let on = (self.tree, self.volume);
        opening::below((columns, payees), on, ("level", true), |ground| {
            self.levels(ground)
        })
    }

    fn reads(&self) -> Vec<Column> {
        vec![
            Column::Links(self.tree),
            Column::Paid(self.tree, self.volume),
        ]
    }

    fn reach(&self) -> Reach {
        self.compression.reach(self.tree)
    }

    fn narrows(&self) -> Option<(&'static str, Filter)> {
        Some((VOLUME.key, self.orders.clone()?))
    }

    fn pay(&self, columns: &Columns, payees: &Payees<'_>) -> Result<Vec<Micros>, Overflow> {
        let ground = Ground::of(columns, payees, self.tree);
        ground.pay(&self.levels(ground), Unit::Volume)
    }

    fn most(&self, payee: Payee, ranks: u8) -> Most {
        match levels::most(&self.schedule, self.compression, payee, ranks) {
            Ok(rate) => Most::Volume(self.volume, Rate(rate.0 + self.own_rate.0)),
            Err(why) => Most::Unlimited(why),
        }
    }

    fn explain(&self, columns: &Columns, payees: &Payees<'_>, member: Member) -> Vec<Part> {
        let ground = Ground::of(columns, payees, self.tree);
        Unit::Volume.parts("level", ground.terms(&self.levels(ground), member))
    }

    fn trace(&self, columns: &Columns, payees: &Payees<'_>, sold: &Sold) -> Vec<Earned> {
        let ground = Ground::of(columns, payees, self.tree);
        let sale = sold.sale(self.tree, self.volume);
        let earned = sale.map(|sale| ground.trace(&self.levels(ground), &sale));
        Unit::Volume.earned("level", earned.unwrap_or_default())
    }
}

//! Customer bonus: the member who is credited with a customer's order has a rate or an amount by its size, or by the size
//! of all that his customers bought in the period.
//!
//! An order's band is picked by all of it that was accepted, and stays: what is refunded goes back at the same rate, or as
//! the same share of the amount. An adjustment is no order; it counts in the sum of a period only.

use std::collections::BTreeMap;

use crate::base::ids::{ENROLLER_TREE, Member};
use crate::base::money::{Micros, PER_MICRO, Rate};
use crate::base::number::divide_half_away;
use crate::base::path::Path;
use crate::plan::columns::{Column, Columns, Payee, Payees};
use crate::plan::component::{Component, Kind, Live, Most, Reach};
use crate::plan::course::Opens;
use crate::plan::derived::Filter;
use crate::plan::entry::Portion;
use crate::plan::flow::{Term, Unit};
use crate::plan::part::{Basis, Earned, Overflow, Part, Sold};
use crate::plan::posted::{CREDITED, credited_earns};
use crate::plan::setting::{Band, Default, Form, Setting, Step, Unfit, Values};
use crate::plan::shared::{JUDGED, JUDGED_OF_CREDITED, STEPS, VOLUME};

/// The row of this kind.
pub(super) const KIND: Kind = Kind {
    name: "customer",
    sentence: "A rate or an amount for the member who is credited with a customer's order, by the order's volume or by that of all his customers.",
    live: Live::Present,
    settings: &[
        VOLUME,
        BY,
        Setting {
            sentence: "Rates by volume: from `at_least` on, `rate` holds for the whole of it.",
            ..STEPS
        },
        AMOUNTS,
        JUDGED_OF_CREDITED,
    ],
    build,
    sample: r#"name = "customer-bonus"
kind = "customer"
volume = "cv"
# Each order by itself; the whole of it has the rate of its band.
by = "order"
steps = [
    { at_least = "100", rate = "0.10" },
    { at_least = "200", rate = "0.12" },
    { at_least = "300", rate = "0.15" },
]
"#,
};

const BY: Setting = Setting {
    key: "by",
    form: Form::Choice(&["order", "period"]),
    default: Default::Written("order"),
    sentence: "Whether each order has its own band, by all of it that was accepted (`order`), or all that a member's customers bought has one (`period`).",
};

const AMOUNTS: Setting = Setting {
    key: "amounts",
    form: Form::Amounts,
    default: Default::Nothing,
    sentence: "Fixed amounts by volume instead of rates, in the plan's currency: for each order, of which a refund takes back its share; or once for the period.",
};

#[derive(Debug)]
struct Customer {
    volume: usize,
    by_order: bool,
    /// Whether it is judged at the order who is active.
    at_order: bool,
    /// The lowest first.
    bands: Vec<(i64, Worth)>,
}

/// What a band is worth.
#[derive(Debug, Clone, Copy)]
enum Worth {
    Rate(Rate),
    Amount(Micros),
}

fn build(values: &Values) -> Result<Box<dyn Component>, Unfit> {
    let (steps, amounts) = (values.steps(STEPS.key), values.amounts(AMOUNTS.key));
    if steps.is_empty() == amounts.is_empty() {
        let key = if steps.is_empty() { STEPS } else { AMOUNTS };
        return Err(Unfit {
            key: key.key,
            allowed: "either `steps` or `amounts`".to_owned(),
        });
    }
    let by_order = values.word(BY.key) == "order";
    let at_order = values.word(JUDGED.key) == "order";
    if at_order && !by_order {
        return Err(Unfit {
            key: JUDGED.key,
            allowed: "`close`, where `by` is `period`".to_owned(),
        });
    }
    let rate = |step: &Step| (step.at_least.0, Worth::Rate(step.rate));
    let amount = |band: &Band| (band.at_least.0, Worth::Amount(band.amount));
    let bands = steps.iter().map(rate);
    Ok(Box::new(Customer {
        volume: values.index(VOLUME.key),
        by_order,
        at_order,
        bands: bands.chain(amounts.iter().map(amount)).collect(),
    }))
}

/// What something brings in a band.
#[derive(Debug, Clone, Copy)]
struct Piece {
    /// The band, from 1.
    number: u32,
    brings: Brings,
}

#[derive(Debug, Clone, Copy)]
enum Brings {
    Share(i64, Rate),
    Money(i64),
}

impl Piece {
    /// As a part of an amount.
    fn part(self) -> Part {
        let number = self.number;
        match self.brings {
            Brings::Share(basis, rate) => Unit::Volume.part(
                "band",
                Term {
                    number,
                    basis,
                    rate,
                },
            ),
            Brings::Money(micros) => Part {
                what: "band",
                number: u64::from(number),
                of: 0,
                basis: Basis::Fixed,
                rate: Rate::ZERO,
                amount: Micros(micros),
            },
        }
    }

    /// Both together, of one band.
    fn and(self, other: Piece) -> Piece {
        let brings = match (self.brings, other.brings) {
            (Brings::Share(one, rate), Brings::Share(other, _)) => Brings::Share(one + other, rate),
            (Brings::Money(one), Brings::Money(other)) => Brings::Money(one + other),
            _ => unreachable!("bands are all rates or all amounts"),
        };
        Piece { brings, ..self }
    }

    fn counts(&self) -> bool {
        match self.brings {
            Brings::Share(basis, rate) => basis != 0 && rate != Rate::ZERO,
            Brings::Money(micros) => micros != 0,
        }
    }
}

impl Customer {
    /// The highest band that a volume reaches, with its number from 1.
    fn band(&self, volume: i64) -> Option<(u32, Worth)> {
        let reached = self.bands.partition_point(|(from, _)| *from <= volume);
        let (_, worth) = self.bands[..reached].last()?;
        Some((reached as u32, *worth))
    }

    /// What an entry of an order brings.
    fn of_order(&self, portion: &Portion) -> Option<Piece> {
        let (number, worth) = self.band(portion.whole)?;
        let brings = match worth {
            Worth::Rate(rate) => Brings::Share(portion.brought(), rate),
            Worth::Amount(amount) => {
                // Of what is left of the order, so that all of it comes to the amount, and nothing of it to nothing.
                let left = |part: i64| {
                    let product = i128::from(amount.0) * i128::from(part);
                    divide_half_away(product, i128::from(portion.whole)) as i64
                };
                Brings::Money(left(portion.after) - left(portion.before))
            }
        };
        Some(Piece { number, brings })
    }

    /// What a period's volume brings.
    fn of_period(&self, volume: i64) -> Option<Piece> {
        let (number, worth) = self.band(volume)?;
        let brings = match worth {
            Worth::Rate(rate) => Brings::Share(volume, rate),
            Worth::Amount(amount) => Brings::Money(amount.0),
        };
        Some(Piece { number, brings })
    }

    /// An amount for the whole period is not made up of its orders.
    fn is_whole(&self) -> bool {
        !self.by_order && matches!(self.bands[..], [(_, Worth::Amount(_)), ..])
    }

    /// Everything that brings something, with whom it is credited to.
    fn each(&self, columns: &Columns, mut each: impl FnMut(Member, Piece)) {
        if self.by_order {
            for portion in columns.orders(self.volume) {
                if let Some(piece) = self.of_order(portion) {
                    each(portion.credited, piece);
                }
            }
            return;
        }
        // A seat of the enroller tree has its member's number.
        let entered = columns.paid(ENROLLER_TREE, self.volume);
        for (member, entered) in (0..).zip(entered) {
            if let Some(piece) = self.of_period(entered.all()) {
                each(member, piece);
            }
        }
    }
}

impl Component for Customer {
    fn opens<'a>(&'a self, _: &'a Columns, _: &'a Payees<'a>, _: Member) -> Opens<'a> {
        if self.is_whole() {
            Opens::Nowhere
        } else {
            Opens::Own(ENROLLER_TREE)
        }
    }

    fn reads(&self) -> Vec<Column> {
        vec![if self.by_order {
            Column::Orders(self.volume)
        } else {
            Column::Paid(ENROLLER_TREE, self.volume)
        }]
    }

    fn reach(&self) -> Reach {
        Reach::Legs
    }

    fn narrows(&self) -> Option<(&'static str, Filter)> {
        let customers = Filter {
            customers: Some(true),
            while_active: self.at_order,
            ..Filter::default()
        };
        Some((VOLUME.key, customers))
    }

    fn posts(&self) -> Option<(Path, u8)> {
        self.at_order.then_some(CREDITED)
    }

    fn finds_active_only(&self) -> bool {
        self.at_order
    }

    fn can_earn(&self, payees: &Payees<'_>, member: Member) -> bool {
        credited_earns(self.at_order, payees, member)
    }

    fn pay(&self, columns: &Columns, payees: &Payees<'_>) -> Result<Vec<Micros>, Overflow> {
        let mut sums = vec![0i128; columns.members() as usize];
        self.each(columns, |member, piece| {
            if self.can_earn(payees, member) {
                sums[member as usize] += match piece.brings {
                    Brings::Share(basis, rate) => i128::from(basis) * i128::from(rate.0),
                    Brings::Money(micros) => i128::from(micros) * PER_MICRO,
                };
            }
        });
        Unit::Volume.amounts(&sums)
    }

    fn most(&self, _: Payee, _: u8) -> Most {
        // An amount is the most of the volume just where its band begins. It counts 1e-6, the volume 1e-4.
        let rates = self.bands.iter().map(|(from, worth)| match worth {
            Worth::Rate(rate) => rate.0,
            Worth::Amount(amount) => {
                let product = i128::from(amount.0) * PER_MICRO;
                let share = (product + i128::from(*from) - 1) / i128::from(*from);
                i64::try_from(share).unwrap_or(i64::MAX)
            }
        });
        Most::Volume(self.volume, Rate(rates.max().unwrap_or(0)))
    }

    fn explain(&self, columns: &Columns, payees: &Payees<'_>, member: Member) -> Vec<Part> {
        let mut bands: BTreeMap<u32, Piece> = BTreeMap::new();
        self.each(columns, |other, piece| {
            if other != member || !self.can_earn(payees, member) {
                return;
            }
            let so_far = bands.entry(piece.number);
            so_far
                .and_modify(|sum| *sum = sum.and(piece))
                .or_insert(piece);
        });
        let counts = bands.into_values().filter(Piece::counts);
        counts.map(Piece::part).collect()
    }

    fn falls_apart(&self) -> bool {
        !self.is_whole()
    }

    fn trace(&self, columns: &Columns, payees: &Payees<'_>, sold: &Sold) -> Vec<Earned> {
        let found = if self.by_order {
            // All of one order, and so in one band.
            let portions = sold.portions(self.volume).iter();
            let pieces =
                portions.filter_map(|portion| Some((portion.credited, self.of_order(portion)?)));
            pieces.reduce(|(member, sum), (_, piece)| (member, sum.and(piece)))
        } else {
            let sale = sold.sale(ENROLLER_TREE, self.volume);
            sale.and_then(|sale| {
                let entered = columns.paid(ENROLLER_TREE, self.volume);
                let (number, worth) = self.band(entered[sale.seat as usize].all())?;
                let Worth::Rate(rate) = worth else {
                    return None;
                };
                let brings = Brings::Share(sale.amount, rate);
                Some((sale.seat, Piece { number, brings }))
            })
        };
        let earned =
            found.filter(|(member, piece)| self.can_earn(payees, *member) && piece.counts());
        let earned = earned.map(|(member, piece)| Earned {
            member,
            part: piece.part(),
        });
        earned.into_iter().collect()
    }
}

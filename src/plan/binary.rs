//! Binary: what the two legs of a seat hold against each other, as a percentage or in cycles; what is left is carried.

use std::ops::ControlFlow;

use crate::arena::near;
use crate::base::ids::{COMPANY, Member, NONE, Seat};
use crate::base::money::{Micros, PER_MICRO, RATE_ONE, Rate};
use crate::plan::columns::{Column, Columns, Payee, Payees};
use crate::plan::component::{Component, HandedOn, Kind, Live, Most, Reach};
use crate::plan::course::Opens;
use crate::plan::cycles::Cycle;
use crate::plan::opening;
use crate::plan::part::{Basis, Earned, LegFigures, Overflow, Part, Sold};
use crate::plan::setting::{Default, Form, Setting, Unfit, Values, row_of};
use crate::plan::shared::VOLUME;

/// The row of this kind.
pub(super) const KIND: Kind = Kind {
    name: "binary",
    sentence: "What the two legs of a seat hold against each other: a rate of the lesser leg's volume, or an amount for \
               each cycle that the legs cover. What is left over is carried to the next period.",
    live: Live::Present,
    settings: &[
        TREE,
        VOLUME,
        MODE,
        STRONG,
        LESSER,
        STRONG_LEG,
        RATE,
        RANK_RATES,
        AMOUNT,
        RANK_AMOUNTS,
        BEYOND_CAP,
        CARRY,
        FLUSH_AFTER,
    ],
    build,
    sample: r#"name = "team"
kind = "binary"
tree = "binary"
volume = "cv"
mode = "cycles"
# A cycle takes 600 from one leg and 300 from the other, and pays 30.
strong = "600"
lesser = "300"
amount = "30"
rank_amounts = { gold = "35" }
cap = "10000"
# Who is not paid for three periods in a row loses what he carried.
flush_after = 3
"#,
};

const TREE: Setting = Setting {
    key: "tree",
    form: Form::BinaryTree,
    default: Default::Needed,
    sentence: "The tree whose legs are matched.",
};

const MODE: Setting = Setting {
    key: "mode",
    form: Form::Choice(&["percent", "cycles"]),
    default: Default::Written("percent"),
    sentence: "Whether as much as the lesser leg holds is matched, or whole cycles only.",
};

const STRONG: Setting = Setting {
    key: "strong",
    form: Form::Quantity,
    default: Default::Nothing,
    sentence: "What a cycle takes from the greater leg; the left one is that where they are equal.",
};

const LESSER: Setting = Setting {
    key: "lesser",
    form: Form::Quantity,
    default: Default::Nothing,
    sentence: "What a cycle takes from the other leg.",
};

const STRONG_LEG: Setting = Setting {
    key: "strong_leg",
    form: Form::Choice(&["each_cycle", "period"]),
    default: Default::Written("each_cycle"),
    sentence: "When the greater leg is looked for: before each cycle, or once a period.",
};

const RATE: Setting = Setting {
    key: "rate",
    form: Form::Rate,
    default: Default::Nothing,
    sentence: "The rate paid on the volume that the lesser leg gives.",
};

const RANK_RATES: Setting = Setting {
    key: "rank_rates",
    form: Form::RateByRank,
    default: Default::Nothing,
    sentence: "Rates by rank; a rank without a row has that of the highest rank below it that has one, or else `rate`.",
};

const AMOUNT: Setting = Setting {
    key: "amount",
    form: Form::Money,
    default: Default::Nothing,
    sentence: "The amount paid for a cycle, instead of a rate.",
};

const RANK_AMOUNTS: Setting = Setting {
    key: "rank_amounts",
    form: Form::MoneyByRank,
    default: Default::Nothing,
    sentence: "Amounts by rank, as `rank_rates`.",
};

const BEYOND_CAP: Setting = Setting {
    key: "beyond_cap",
    form: Form::Choice(&["flush", "keep"]),
    default: Default::Written("flush"),
    sentence: "Whether what is matched beyond the component's cap is used up, or only as much is matched as the cap lets \
               be paid.",
};

const CARRY: Setting = Setting {
    key: "carry",
    form: Form::Choice(&["both", "strong", "none"]),
    default: Default::Written("both"),
    sentence: "Which legs of who was paid carry what is left of them. A leg below zero is carried in any case.",
};

const FLUSH_AFTER: Setting = Setting {
    key: "flush_after",
    form: Form::Count(120),
    default: Default::Nothing,
    sentence: "After how many periods in a row in which its member could not be paid a seat loses what both legs hold.",
};

/// Left leg, right leg, and periods in a row without pay.
const WIDTH: usize = 3;
/// How many seats ahead the volumes of legs are asked for.
const AHEAD: usize = 12;

#[derive(Debug)]
struct Binary {
    tree: usize,
    volume: usize,
    /// None where as much is matched as the lesser leg holds.
    cycle: Option<Cycle>,
    price: Price,
    keeps_beyond_cap: bool,
    carry: Carry,
    flush_after: Option<u32>,
}

/// What is paid for what is matched.
#[derive(Debug)]
enum Price {
    /// On the lesser leg's volume.
    Rates(Option<Rate>, Vec<(u8, Vec<Rate>)>),
    /// For a cycle.
    Amounts(Option<Micros>, Vec<(u8, Micros)>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Carry {
    Both,
    Strong,
    Nothing,
}

/// What came of one seat. Volumes in 1e-4.
struct Matched {
    brought: [i64; WIDTH],
    new: [i64; 2],
    /// Cycles, or volume of the lesser leg where there are none.
    units: i128,
    /// What one of them is worth, in 1e-12.
    worth: i128,
    /// By leg, after what is matched.
    rest: [i128; 2],
    /// By leg, what is carried on.
    left: [i128; 2],
    idle: i64,
}

fn build(values: &Values) -> Result<Box<dyn Component>, Unfit> {
    let sizes = (values.quantity(STRONG.key), values.quantity(LESSER.key));
    let cycles = values.word(MODE.key) == "cycles";
    let cycle = match sizes {
        (Some(strong), Some(lesser)) if cycles => Some(Cycle {
            strong: i128::from(strong.0),
            lesser: i128::from(lesser.0),
            each: values.word(STRONG_LEG.key) == "each_cycle",
        }),
        (None, None) if !cycles => None,
        _ => {
            let only = "a volume where `mode` is `cycles`, and nothing where it is not";
            let key = match sizes.0 {
                Some(_) if cycles => LESSER.key,
                None if !cycles => LESSER.key,
                _ => STRONG.key,
            };
            return Err(unfit(key, only));
        }
    };
    Ok(Box::new(Binary {
        tree: values.index(TREE.key),
        volume: values.index(VOLUME.key),
        price: price(values, cycles)?,
        cycle,
        keeps_beyond_cap: values.word(BEYOND_CAP.key) == "keep",
        carry: match values.word(CARRY.key) {
            "both" => Carry::Both,
            "strong" => Carry::Strong,
            _ => Carry::Nothing,
        },
        flush_after: values.count(FLUSH_AFTER.key),
    }))
}

/// What is paid: rates, or for cycles amounts instead.
fn price(values: &Values, cycles: bool) -> Result<Price, Unfit> {
    let rates = values.rates_by_rank(RANK_RATES.key).to_vec();
    let (rate, amount) = (values.rate(RATE.key), values.money(AMOUNT.key));
    let amounts = values.money_by_rank(RANK_AMOUNTS.key).to_vec();
    let by_rate = rate.is_some() || !rates.is_empty();
    let key = if amount.is_some() {
        AMOUNT.key
    } else {
        RANK_AMOUNTS.key
    };
    match (by_rate, amount.is_some() || !amounts.is_empty()) {
        (true, false) => Ok(Price::Rates(rate, rates)),
        (false, true) if cycles => Ok(Price::Amounts(amount, amounts)),
        (false, true) => Err(unfit(key, "nothing where `mode` is not `cycles`")),
        (true, true) => Err(unfit(key, "nothing beside `rate` or `rank_rates`")),
        (false, false) if cycles => Err(unfit(
            AMOUNT.key,
            "an amount for a cycle, unless there is one of `rank_amounts`, `rate` and `rank_rates`",
        )),
        (false, false) => Err(unfit(RATE.key, "a rate, unless there is `rank_rates`")),
    }
}

fn unfit(key: &'static str, allowed: &str) -> Unfit {
    Unfit {
        key,
        allowed: allowed.to_owned(),
    }
}

impl Binary {
    /// What a unit that is matched is worth to a member of a rank, in 1e-12; 0 for nothing.
    fn worth(&self, rank: u8) -> i128 {
        match &self.price {
            Price::Amounts(all, by_rank) => {
                let amount = row_of(by_rank, rank).or(all.as_ref());
                amount.map_or(0, |amount| i128::from(amount.0) * PER_MICRO)
            }
            Price::Rates(..) => {
                let lesser = self.cycle.map_or(1, |cycle| cycle.lesser);
                i128::from(self.rate(rank).0) * lesser
            }
        }
    }

    fn rate(&self, rank: u8) -> Rate {
        match &self.price {
            Price::Rates(all, by_rank) => {
                let row = row_of(by_rank, rank).and_then(|row| row.first());
                row.or(all.as_ref()).copied().unwrap_or_default()
            }
            Price::Amounts(..) => Rate(RATE_ONE),
        }
    }

    /// Matches the legs of a seat whose member got `paid` (1e-12) for others of his.
    fn matched(&self, columns: &Columns, payees: &Payees<'_>, seat: Seat, paid: i128) -> Matched {
        let member = columns.owner(self.tree, seat);
        let (brought, new) = (payees.brought::<WIDTH>(seat), self.entered(columns, seat));
        let legs = available(brought, new);
        let worth = if payees.earns(member) {
            self.worth(payees.rank(member))
        } else {
            0
        };
        let idle = if worth > 0 {
            0
        } else {
            brought[2].saturating_add(1)
        };
        let (units, rest) = if worth > 0 {
            let room = payees.cap(member).filter(|_| self.keeps_beyond_cap);
            let room = room.map(|cap| i128::from(cap.0) * PER_MICRO - paid);
            self.take(legs, room.map_or(i128::MAX, |room| room.max(0) / worth))
        } else {
            (0, legs)
        };
        let lesser = usize::from(legs[1] <= legs[0]);
        let stays = |leg: usize| match self.carry {
            _ if worth == 0 => true,
            Carry::Both => true,
            Carry::Strong => leg != lesser,
            Carry::Nothing => false,
        };
        let flushed = self
            .flush_after
            .is_some_and(|after| idle >= i64::from(after));
        let left = [0, 1].map(|leg| match stays(leg) && !flushed {
            true => rest[leg],
            // What is owed stays owed.
            false => rest[leg].min(0),
        });
        Matched {
            brought,
            new,
            units,
            worth,
            rest,
            left,
            idle: if self.flush_after.is_some() { idle } else { 0 },
        }
    }

    /// Units that legs cover, `most` at most, and what is left of the legs.
    fn take(&self, legs: [i128; 2], most: i128) -> (i128, [i128; 2]) {
        if let Some(cycle) = self.cycle {
            return cycle.take(legs, most);
        }
        let matched = legs[0].min(legs[1]).max(0).min(most);
        (matched, legs.map(|leg| leg - matched))
    }

    /// What entered both legs in the period.
    fn entered(&self, columns: &Columns, seat: Seat) -> [i64; 2] {
        let group = columns.matched(self.tree, self.volume);
        columns.legs(self.tree)[seat as usize].map(|leg| match leg {
            NONE => 0,
            leg => group[leg as usize],
        })
    }

    /// Matches every seat, in the order in which they were opened, and shows it.
    fn each(
        &self,
        columns: &Columns,
        payees: &Payees<'_>,
        mut seen: impl FnMut(Seat, Matched) -> ControlFlow<Overflow>,
    ) -> Result<Vec<i128>, Overflow> {
        let mut sums = vec![0i128; columns.members() as usize];
        let (all, group) = (
            columns.legs(self.tree),
            columns.matched(self.tree, self.volume),
        );
        for seat in 1..columns.owners(self.tree).len() as Seat {
            let later = all.get(seat as usize + AHEAD);
            for &leg in later.into_iter().flatten().filter(|&&leg| leg != NONE) {
                near::fetch(&group[leg as usize]);
            }
            let member = columns.owner(self.tree, seat);
            let matched = self.matched(columns, payees, seat, sums[member as usize]);
            let sum = matched.units.checked_mul(matched.worth);
            let sum = sum.and_then(|sum| sums[member as usize].checked_add(sum));
            sums[member as usize] = sum.ok_or(Overflow { member })?;
            if let ControlFlow::Break(overflow) = seen(seat, matched) {
                return Err(overflow);
            }
        }
        Ok(sums)
    }

    /// The seats of one member, in the order in which they were opened.
    fn of_member(
        &self,
        columns: &Columns,
        payees: &Payees<'_>,
        member: Member,
    ) -> Vec<(Seat, Matched)> {
        let mut paid = 0;
        let seats = columns.seats_of(self.tree, member);
        let matched = seats.filter(|_| member != COMPANY).map(|seat| {
            let matched = self.matched(columns, payees, seat, paid);
            paid += matched.units * matched.worth;
            (seat, matched)
        });
        matched.collect()
    }
}

/// What legs hold: what they carry and what is new.
fn available(brought: [i64; WIDTH], new: [i64; 2]) -> [i128; 2] {
    [0, 1].map(|leg| i128::from(brought[leg]) + i128::from(new[leg]))
}

impl Component for Binary {
    fn reads(&self) -> Vec<Column> {
        vec![
            Column::Legs(self.tree),
            Column::Matched(self.tree, self.volume),
        ]
    }

    fn reach(&self) -> Reach {
        Reach::Legs
    }

    fn pay(&self, columns: &Columns, payees: &Payees<'_>) -> Result<Vec<Micros>, Overflow> {
        let sums = self.each(columns, payees, |seat, matched| {
            let member = columns.owner(self.tree, seat);
            let held = matched.left.iter().all(|&left| i64::try_from(left).is_ok());
            match held {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(Overflow { member }),
            }
        })?;
        let amounts = sums.into_iter().enumerate().map(|(member, sum)| {
            let member = member as Member;
            Micros::nearest(sum, PER_MICRO).ok_or(Overflow { member })
        });
        amounts.collect()
    }

    fn hands_on(&self) -> Option<HandedOn> {
        Some(HandedOn {
            tree: self.tree,
            width: WIDTH,
        })
    }

    fn left(&self, columns: &Columns, payees: &Payees<'_>) -> Vec<i64> {
        let mut left = vec![0; columns.owners(self.tree).len() * WIDTH];
        let worked_out = self.each(columns, payees, |seat, matched| {
            let legs = matched.left.map(|left| left as i64);
            let here = seat as usize * WIDTH;
            left[here..here + WIDTH].copy_from_slice(&[legs[0], legs[1], matched.idle]);
            ControlFlow::Continue(())
        });
        worked_out.expect("amounts were within the range when they were paid");
        left
    }

    fn falls_apart(&self) -> bool {
        false
    }

    fn opens<'a>(&'a self, columns: &'a Columns, _: &'a Payees<'a>, _: Member) -> Opens<'a> {
        opening::legs(columns, (self.tree, self.volume))
    }

    fn trace(&self, _: &Columns, _: &Payees<'_>, _: &Sold) -> Vec<Earned> {
        Vec::new()
    }

    fn most(&self, _: Payee, _: u8) -> Most {
        Most::Unlimited(
            "a sale counts for every seat above it, wherever it stands in the lesser leg",
        )
    }

    fn explain(&self, columns: &Columns, payees: &Payees<'_>, member: Member) -> Vec<Part> {
        let seats = self.of_member(columns, payees, member).into_iter();
        let paid = seats.filter(|(_, matched)| matched.units > 0);
        let rank = payees.rank(member);
        let parts = paid.map(|(_, matched)| {
            let units = i64::try_from(matched.units).unwrap_or(i64::MAX);
            let amount = Micros::nearest(matched.units * matched.worth, PER_MICRO);
            let each = Micros::nearest(matched.worth, PER_MICRO).unwrap_or_default();
            let (what, number, basis) = match (&self.price, self.cycle) {
                (Price::Amounts(..), _) => ("cycles", units, Basis::Each(each)),
                (Price::Rates(..), Some(cycle)) => {
                    let volume = units.saturating_mul(cycle.lesser as i64);
                    ("cycles", units, Basis::Volume(volume))
                }
                (Price::Rates(..), None) => ("matched", 0, Basis::Volume(units)),
            };
            Part {
                what,
                number: number.unsigned_abs(),
                of: 0,
                basis,
                rate: self.rate(rank),
                amount: amount.unwrap_or_default(),
            }
        });
        parts.collect()
    }

    fn cycles(&self, columns: &Columns, payees: &Payees<'_>) -> Vec<i64> {
        let mut cycles = vec![0i64; columns.members() as usize];
        let seats = 1..columns.owners(self.tree).len() as Seat;
        for seat in seats.filter(|_| self.cycle.is_some()) {
            let legs = available(payees.brought(seat), self.entered(columns, seat));
            let (taken, _) = self.take(legs, i128::MAX);
            let sum = &mut cycles[columns.owner(self.tree, seat) as usize];
            *sum = sum.saturating_add(i64::try_from(taken).unwrap_or(i64::MAX));
        }
        cycles
    }

    fn lesser_legs(&self, columns: &Columns, payees: &Payees<'_>) -> Vec<i64> {
        let held = |member| {
            let seat = columns.seat(self.tree, member)?;
            let [left, right] = available(payees.brought(seat), self.entered(columns, seat));
            i64::try_from(left.min(right)).ok()
        };
        let members = 0..columns.members();
        // Neither leg of who has no seat holds anything; beyond the range is beyond every requirement.
        members
            .map(|member| held(member).unwrap_or_default())
            .collect()
    }

    fn legs(&self, columns: &Columns, payees: &Payees<'_>, member: Member) -> Vec<LegFigures> {
        let seats = self.of_member(columns, payees, member).into_iter();
        let legs = seats.flat_map(|(seat, matched)| {
            [0, 1].map(|leg| {
                let whole = i128::from(matched.brought[leg]) + i128::from(matched.new[leg]);
                LegFigures {
                    seat,
                    leg: leg as u8 + 1,
                    brought: matched.brought[leg],
                    new: matched.new[leg],
                    matched: (whole - matched.rest[leg]) as i64,
                    flushed: (matched.rest[leg] - matched.left[leg]) as i64,
                    left: matched.left[leg] as i64,
                }
            })
        });
        legs.collect()
    }
}

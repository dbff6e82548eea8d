//! Pool: a share of what the whole company sold, divided among members by the shares of their ranks.

use crate::base::ids::{ENROLLER_TREE, Member};
use crate::base::money::{Micros, PER_MICRO, Rate};
use crate::plan::columns::{Column, Columns, Payee, Payees};
use crate::plan::component::{Component, Kind, Live, Most, Reach};
use crate::plan::part::{Basis, Earned, Overflow, Part, Sold};
use crate::plan::setting::{Default, Form, Setting, Unfit, Values, row_of};
use crate::plan::shared::VOLUME;

/// The row of this kind.
pub(super) const KIND: Kind = Kind {
    name: "pool",
    sentence: "A share of the company's volume, divided among members by the shares of their ranks.",
    live: Live::Swept,
    settings: &[VOLUME, RATE, SHARES],
    build,
    sample: r#"name = "leaders-pool"
kind = "pool"
volume = "cv"
# Two hundredths of all volume make the fund.
rate = "0.02"
shares = { silver = 1, gold = 3 }
"#,
};

const RATE: Setting = Setting {
    key: "rate",
    form: Form::Rate,
    default: Default::Needed,
    sentence: "The share of the company's volume that makes the fund. What rounding leaves of it stays with the company.",
};

const SHARES: Setting = Setting {
    key: "shares",
    form: Form::SharesByRank,
    default: Default::Needed,
    sentence: "Shares for each rank; a rank without a row has those of the highest rank below it.",
};

#[derive(Debug)]
struct Pool {
    volume: usize,
    rate: Rate,
    shares: Vec<(u8, u32)>,
}

fn build(values: &Values) -> Result<Box<dyn Component>, Unfit> {
    Ok(Box::new(Pool {
        volume: values.index(VOLUME.key),
        rate: values.rate(RATE.key).expect("a rate is needed"),
        shares: values.shares(SHARES.key).to_vec(),
    }))
}

impl Pool {
    fn shares(&self, payees: &Payees<'_>, member: Member) -> u32 {
        if payees.earns(member) {
            row_of(&self.shares, payees.rank(member))
                .copied()
                .unwrap_or(0)
        } else {
            0
        }
    }

    /// Shares of everybody.
    fn all_shares(&self, columns: &Columns, payees: &Payees<'_>) -> u64 {
        let members = 0..columns.members();
        members
            .map(|member| u64::from(self.shares(payees, member)))
            .sum()
    }

    /// What so many shares are worth, rounded down.
    fn worth(&self, volume: i64, shares: u32, all: u64) -> Option<Micros> {
        if shares == 0 {
            return Some(Micros::ZERO);
        }
        let fund = i128::from(volume) * i128::from(self.rate.0);
        Micros::floor(fund * i128::from(shares), i128::from(all) * PER_MICRO)
    }
}

impl Component for Pool {
    fn reads(&self) -> Vec<Column> {
        vec![Column::Paid(ENROLLER_TREE, self.volume)]
    }

    fn reach(&self) -> Reach {
        Reach::Company
    }

    fn pay(&self, columns: &Columns, payees: &Payees<'_>) -> Result<Vec<Micros>, Overflow> {
        let (volume, all) = (columns.sold(self.volume), self.all_shares(columns, payees));
        let members = 0..columns.members();
        let worth = members.map(|member| {
            let worth = self.worth(volume, self.shares(payees, member), all);
            worth.ok_or(Overflow { member })
        });
        worth.collect()
    }

    fn falls_apart(&self) -> bool {
        false
    }

    fn trace(&self, _: &Columns, _: &Payees<'_>, _: &Sold) -> Vec<Earned> {
        Vec::new()
    }

    fn most(&self, _: Payee, _: u8) -> Most {
        Most::Volume(self.volume, self.rate)
    }

    fn explain(&self, columns: &Columns, payees: &Payees<'_>, member: Member) -> Vec<Part> {
        let shares = self.shares(payees, member);
        if shares == 0 {
            return Vec::new();
        }
        let (volume, all) = (columns.sold(self.volume), self.all_shares(columns, payees));
        vec![Part {
            what: "shares",
            number: u64::from(shares),
            of: all,
            basis: Basis::Volume(volume),
            rate: self.rate,
            amount: self.worth(volume, shares, all).unwrap_or_default(),
        }]
    }
}

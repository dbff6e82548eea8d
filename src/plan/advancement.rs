//! Rank advancement: an amount once, for a rank that the payee never held before.

use crate::base::ids::Member;
use crate::base::money::{Micros, RATE_ONE, Rate};
use crate::plan::columns::{Column, Columns, Payee, Payees};
use crate::plan::component::{Component, Kind, Live, Most, Reach};
use crate::plan::part::{Basis, Earned, Overflow, Part, Sold};
use crate::plan::setting::{Default, Form, Setting, Unfit, Values};

/// The row of this kind.
pub(super) const KIND: Kind = Kind {
    name: "advancement",
    sentence: "An amount once, for each rank above the highest one that the payee was paid as before.",
    live: Live::Present,
    settings: &[AMOUNTS, SKIPPED],
    build,
    sample: r#"name = "rise"
kind = "advancement"
amounts = { silver = "100", gold = "500" }
# Who rises from silver by two ranks is paid for both.
skipped = "all"
"#,
};

const AMOUNTS: Setting = Setting {
    key: "amounts",
    form: Form::MoneyByRank,
    default: Default::Needed,
    sentence: "The amount for each rank; a rank without a row brings nothing.",
};

const SKIPPED: Setting = Setting {
    key: "skipped",
    form: Form::Choice(&["all", "none"]),
    default: Default::Written("all"),
    sentence: "Which ranks are paid that were skipped on the way to the one reached.",
};

#[derive(Debug)]
struct Advancement {
    amounts: Vec<(u8, Micros)>,
    skipped: bool,
}

fn build(values: &Values) -> Result<Box<dyn Component>, Unfit> {
    Ok(Box::new(Advancement {
        amounts: values.money_by_rank(AMOUNTS.key).to_vec(),
        skipped: values.word(SKIPPED.key) == "all",
    }))
}

impl Advancement {
    /// The ranks that a member is paid for, with their amounts.
    fn reached<'s>(
        &'s self,
        payees: &Payees<'_>,
        member: Member,
    ) -> impl Iterator<Item = &'s (u8, Micros)> + use<'s> {
        let (rank, highest) = (payees.rank(member), payees.holding(member).highest);
        let (earns, skipped) = (payees.earns(member), self.skipped);
        self.amounts.iter().filter(move |(of, _)| {
            let reached = *of == rank || skipped && *of < rank;
            earns && reached && *of > highest
        })
    }
}

impl Component for Advancement {
    fn reads(&self) -> Vec<Column> {
        Vec::new()
    }

    fn reach(&self) -> Reach {
        Reach::Legs
    }

    fn pay(&self, columns: &Columns, payees: &Payees<'_>) -> Result<Vec<Micros>, Overflow> {
        let members = 0..columns.members();
        let sums = members.map(|member| {
            let mut reached = self.reached(payees, member);
            let sum = reached.try_fold(0i64, |sum, (_, amount)| sum.checked_add(amount.0));
            sum.map(Micros).ok_or(Overflow { member })
        });
        sums.collect()
    }

    fn follows_ladder(&self) -> bool {
        true
    }

    fn falls_apart(&self) -> bool {
        false
    }

    fn trace(&self, _: &Columns, _: &Payees<'_>, _: &Sold) -> Vec<Earned> {
        Vec::new()
    }

    fn most(&self, _: Payee, _: u8) -> Most {
        Most::Apart
    }

    fn explain(&self, _: &Columns, payees: &Payees<'_>, member: Member) -> Vec<Part> {
        let reached = self.reached(payees, member);
        let parts = reached.map(|&(rank, amount)| Part {
            what: "rank",
            number: u64::from(rank),
            of: 0,
            basis: Basis::Each(amount),
            rate: Rate(RATE_ONE),
            amount,
        });
        parts.collect()
    }
}

//! Retail profit: a rate on what a member's customers buy.
//!
//! Why not of the money paid: an order names its own currency or none, and there is no table that would bring it to the
//! plan's. Where the margin differs by product, a volume kind of its own carries it.

use crate::base::ids::{ENROLLER_TREE, Member};
use crate::base::money::{Micros, Rate};
use crate::base::path::Path;
use crate::plan::columns::{Column, Columns, Payee, Payees};
use crate::plan::component::{Component, Kind, Live, Most, Reach};
use crate::plan::course::Opens;
use crate::plan::derived::Filter;
use crate::plan::flow::{Term, Unit};
use crate::plan::part::{Earned, Overflow, Part, Sold};
use crate::plan::posted::{CREDITED, credited_earns};
use crate::plan::setting::{Default, Form, Setting, Unfit, Values};
use crate::plan::shared::{JUDGED, JUDGED_OF_CREDITED, VOLUME};

/// The row of this kind.
pub(super) const KIND: Kind = Kind {
    name: "retail",
    sentence: "A rate on what customers buy, for the member who is credited with their orders.",
    live: Live::Present,
    settings: &[VOLUME, RATE, JUDGED_OF_CREDITED],
    build,
    sample: r#"name = "retail-profit"
kind = "retail"
volume = "cv"
rate = "0.25"
# A member has his profit in a month without own orders too.
payee = "any"
"#,
};

const RATE: Setting = Setting {
    key: "rate",
    form: Form::Rate,
    default: Default::Needed,
    sentence: "What of the volume he gets. Money paid for an order is not read: it has a currency of its own.",
};

#[derive(Debug)]
struct Retail {
    volume: usize,
    rate: Rate,
    /// Whether it is judged at the order who is active.
    at_order: bool,
}

fn build(values: &Values) -> Result<Box<dyn Component>, Unfit> {
    Ok(Box::new(Retail {
        volume: values.index(VOLUME.key),
        rate: values.rate(RATE.key).expect("a rate is needed"),
        at_order: values.word(JUDGED.key) == "order",
    }))
}

impl Retail {
    fn term(&self, basis: i64) -> Term {
        Term {
            number: 0,
            basis,
            rate: self.rate,
        }
    }
}

impl Component for Retail {
    fn opens<'a>(&'a self, _: &'a Columns, _: &'a Payees<'a>, _: Member) -> Opens<'a> {
        Opens::Own(ENROLLER_TREE)
    }

    fn reads(&self) -> Vec<Column> {
        vec![Column::Paid(ENROLLER_TREE, self.volume)]
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
        // A seat of the enroller tree has its member's number.
        let entered = columns.paid(ENROLLER_TREE, self.volume).iter();
        let sums = (0..).zip(entered).map(|(member, entered)| {
            let earns = self.can_earn(payees, member);
            i128::from(if earns { entered.all() } else { 0 }) * i128::from(self.rate.0)
        });
        Unit::Volume.amounts(&sums.collect::<Vec<_>>())
    }

    fn most(&self, _: Payee, _: u8) -> Most {
        Most::Volume(self.volume, self.rate)
    }

    fn explain(&self, columns: &Columns, payees: &Payees<'_>, member: Member) -> Vec<Part> {
        let entered = columns.paid(ENROLLER_TREE, self.volume);
        let sold = entered
            .get(member as usize)
            .filter(|_| self.can_earn(payees, member));
        let term = sold.map(|sold| self.term(sold.all())).filter(Term::counts);
        Unit::Volume.parts("customers", term.into_iter().collect())
    }

    fn trace(&self, _: &Columns, payees: &Payees<'_>, sold: &Sold) -> Vec<Earned> {
        let sale = sold.sale(ENROLLER_TREE, self.volume);
        let sale = sale.filter(|sale| self.can_earn(payees, sale.seat));
        let term = sale.map(|sale| (sale.seat, self.term(sale.amount)));
        let term = term.filter(|(_, term)| term.counts());
        Unit::Volume.earned("customers", term.into_iter().collect())
    }
}

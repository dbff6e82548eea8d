//! Personal tier: a rate on the payee's own volume, picked by his group volume.

use crate::base::ids::Member;
use crate::base::money::Micros;
use crate::plan::columns::{Column, Columns, Payee, Payees};
use crate::plan::component::{Component, Kind, Live, Most, Reach};
use crate::plan::course::Opens;
use crate::plan::flow::{Term, Unit};
use crate::plan::part::{Earned, Overflow, Part, Sold};
use crate::plan::setting::{Default, Setting, Step, Unfit, Values, step_of};
use crate::plan::shared::{STEP_VOLUME, STEPS, TREE, VOLUME};

/// The row of this kind.
pub(super) const KIND: Kind = Kind {
    name: "personal",
    sentence: "A rate on the payee's own volume, customers' included, picked by his group volume.",
    live: Live::Present,
    settings: &[
        TREE,
        VOLUME,
        Setting {
            default: Default::Needed,
            ..STEPS
        },
        STEP_VOLUME,
    ],
    build,
    sample: r#"name = "personal-tier"
kind = "personal"
volume = "cv"
steps = [
    { at_least = "100", rate = "0.05" },
    { at_least = "1000", rate = "0.10" },
]
"#,
};

#[derive(Debug)]
struct Personal {
    tree: usize,
    volume: usize,
    step_volume: usize,
    steps: Vec<Step>,
}

fn build(values: &Values) -> Result<Box<dyn Component>, Unfit> {
    let volume = values.index(VOLUME.key);
    Ok(Box::new(Personal {
        tree: values.index(TREE.key),
        volume,
        step_volume: values.index_option(STEP_VOLUME.key).unwrap_or(volume),
        steps: values.steps(STEPS.key).to_vec(),
    }))
}

impl Personal {
    /// What a seat earns its member; nothing below the first step.
    fn term(&self, columns: &Columns, seat: u32) -> Option<Term> {
        let group = columns.group(self.tree, self.step_volume)[seat as usize];
        let step = step_of(&self.steps, group)?;
        Some(Term {
            number: 0,
            basis: columns.paid(self.tree, self.volume)[seat as usize].all(),
            rate: step.rate,
        })
    }
}

impl Component for Personal {
    fn opens<'a>(&'a self, _: &'a Columns, _: &'a Payees<'a>, _: Member) -> Opens<'a> {
        Opens::Own(self.tree)
    }

    fn reads(&self) -> Vec<Column> {
        vec![
            Column::Paid(self.tree, self.volume),
            Column::Group(self.tree, self.step_volume),
        ]
    }

    fn reach(&self) -> Reach {
        Reach::Legs
    }

    fn pay(&self, columns: &Columns, payees: &Payees<'_>) -> Result<Vec<Micros>, Overflow> {
        let mut sums = vec![0i128; columns.members() as usize];
        for &seat in &columns.links(self.tree).seats {
            let member = columns.owner(self.tree, seat);
            if let Some(term) = self.term(columns, seat).filter(|_| payees.earns(member)) {
                sums[member as usize] += i128::from(term.basis) * i128::from(term.rate.0);
            }
        }
        Unit::Volume.amounts(&sums)
    }

    fn most(&self, _: Payee, _: u8) -> Most {
        let rates = self.steps.iter().map(|step| step.rate);
        Most::Volume(self.volume, rates.max().unwrap_or_default())
    }

    fn explain(&self, columns: &Columns, payees: &Payees<'_>, member: Member) -> Vec<Part> {
        if !payees.earns(member) {
            return Vec::new();
        }
        let seats = columns.seats_of(self.tree, member);
        let terms = seats.filter_map(|seat| self.term(columns, seat));
        Unit::Volume.parts("own", terms.filter(Term::counts).collect())
    }

    fn trace(&self, columns: &Columns, payees: &Payees<'_>, sold: &Sold) -> Vec<Earned> {
        let Some(sale) = sold.sale(self.tree, self.volume) else {
            return Vec::new();
        };
        let member = columns.owner(self.tree, sale.seat);
        let term = self
            .term(columns, sale.seat)
            .filter(|_| payees.earns(member));
        let term = term.map(|term| Term {
            basis: sale.amount,
            ..term
        });
        let earned = term.filter(Term::counts).map(|term| (member, term));
        Unit::Volume.earned("own", earned.into_iter().collect())
    }
}

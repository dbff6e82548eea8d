//! Differential (stairstep): each ancestor of a sale whose rate is above all rates below him earns the difference.

use crate::base::ids::{Member, Seat};
use crate::base::money::{Micros, Rate};
use crate::plan::book::Entered;
use crate::plan::columns::{Column, Columns, Payee, Payees};
use crate::plan::component::{Component, Kind, Live, Most, Reach};
use crate::plan::course::{Opens, Why};
use crate::plan::flow::{Flow, Ground, Term, Unit};
use crate::plan::opening;
use crate::plan::part::{Earned, Overflow, Part, Sold};
use crate::plan::setting::{Default, Form, Setting, Step, Unfit, Values, row_of, step_of};
use crate::plan::shared::{STEP_VOLUME, STEPS, TREE, VOLUME};

/// The row of this kind.
pub(super) const KIND: Kind = Kind {
    name: "differential",
    sentence: "Each member above a sale whose rate is higher than every rate below him earns the difference.",
    live: Live::Present,
    settings: &[
        TREE,
        VOLUME,
        STEPS,
        STEP_VOLUME,
        RANK_RATES,
        UNQUALIFIED,
        OWN,
    ],
    build,
    sample: r#"name = "stairstep"
kind = "differential"
volume = "cv"
# The step is picked by group volume, the whole of which has its rate.
steps = [
    { at_least = "200", rate = "0.03" },
    { at_least = "1000", rate = "0.09" },
    { at_least = "7500", rate = "0.21" },
]
# An unqualified member lets the next one take his part.
unqualified = "pass_up"
"#,
};

const RANK_RATES: Setting = Setting {
    key: "rank_rates",
    form: Form::RateByRank,
    default: Default::Nothing,
    sentence: "A rate for each rank instead of steps; a rank without one has that of the highest rank below it.",
};

const UNQUALIFIED: Setting = Setting {
    key: "unqualified",
    form: Form::Choice(&["pass_up", "absorb"]),
    default: Default::Written("pass_up"),
    sentence: "What becomes of the part of a member who cannot earn: the next one takes it (`pass_up`), or the company keeps it (`absorb`).",
};

const OWN: Setting = Setting {
    key: "own",
    form: Form::Flag,
    default: Default::Written("true"),
    sentence: "Whether the buyer is the first to be looked at, and so earns on his own volume.",
};

#[derive(Debug)]
struct Differential {
    tree: usize,
    volume: usize,
    by: By,
    absorbs: bool,
    own: bool,
    /// Every rate there is, rising, zero first: the places of vectors.
    rates: Vec<Rate>,
}

/// What a rate follows from.
#[derive(Debug)]
enum By {
    Steps { volume: usize, steps: Vec<Step> },
    Rank(Vec<(u8, Rate)>),
}

fn build(values: &Values) -> Result<Box<dyn Component>, Unfit> {
    let volume = values.index(VOLUME.key);
    let steps = values.steps(STEPS.key);
    let by_rank = values.rates_by_rank(RANK_RATES.key);
    let by = match (steps.is_empty(), by_rank.is_empty()) {
        (false, true) => By::Steps {
            volume: values.index_option(STEP_VOLUME.key).unwrap_or(volume),
            steps: steps.to_vec(),
        },
        (true, false) => By::Rank(
            by_rank
                .iter()
                .map(|(rank, rates)| (*rank, rates[0]))
                .collect(),
        ),
        (no_steps, _) => {
            return Err(Unfit {
                key: if no_steps { STEPS.key } else { RANK_RATES.key },
                allowed: "either `steps` or `rank_rates`".to_owned(),
            });
        }
    };
    let mut rates = vec![Rate::ZERO];
    match &by {
        By::Steps { steps, .. } => rates.extend(steps.iter().map(|step| step.rate)),
        By::Rank(ranks) => rates.extend(ranks.iter().map(|(_, rate)| *rate)),
    }
    rates.sort_unstable();
    rates.dedup();
    Ok(Box::new(Differential {
        tree: values.index(TREE.key),
        volume,
        by,
        absorbs: values.word(UNQUALIFIED.key) == "absorb",
        own: values.flag(OWN.key),
        rates,
    }))
}

/// The walks of all sales as a flow: place k of what a seat receives was last paid at the k-th rate.
struct Differences<'a> {
    terms: &'a Differential,
    ground: Ground<'a>,
    entered: &'a [Entered],
    /// What picks the step; empty where rates go by rank.
    group: &'a [i64],
}

impl Differences<'_> {
    /// The place of a seat's own rate.
    fn place(&self, seat: Seat) -> usize {
        let terms = self.terms;
        let rate = match &terms.by {
            By::Steps { steps, .. } => {
                let step = step_of(steps, self.group[seat as usize]);
                step.map(|step| step.rate)
            }
            By::Rank(rates) => row_of(rates, self.ground.rank(seat)).copied(),
        };
        let rate = rate.unwrap_or(Rate::ZERO);
        terms
            .rates
            .binary_search(&rate)
            .expect("every rate has a place")
    }

    fn entered(&self, seat: Seat) -> i64 {
        self.entered[seat as usize].all()
    }
}

impl Flow for Differences<'_> {
    fn width(&self) -> usize {
        self.terms.rates.len()
    }

    fn enters(&self, seat: Seat) -> i64 {
        if self.terms.own {
            self.entered(seat)
        } else {
            0
        }
    }

    fn enters_itself(&self, _: bool) -> bool {
        self.terms.own
    }

    fn hands_on(&self, seat: Seat) -> impl Fn(usize) -> usize {
        let raises = self.terms.absorbs || self.ground.earns(seat);
        let least = if raises { self.place(seat) } else { 0 };
        move |place| place.max(least)
    }

    fn skips(&self, seat: Seat, place: usize) -> Option<Why> {
        let would = !self.terms.absorbs && self.place(seat) > place;
        self.ground.why_not(seat).filter(|_| would)
    }

    fn own(&self, seat: Seat) -> (usize, i64) {
        (
            0,
            if self.terms.own {
                0
            } else {
                self.entered(seat)
            },
        )
    }

    fn terms(&self, seat: Seat, received: &[i64], each: &mut dyn FnMut(Term)) {
        let (rates, here) = (&self.terms.rates, self.place(seat));
        for (place, &basis) in received[..here].iter().enumerate() {
            each(Term {
                number: 0,
                basis,
                rate: Rate(rates[here].0 - rates[place].0),
            });
        }
    }
}

impl Differential {
    fn differences<'a>(&'a self, columns: &'a Columns, payees: &'a Payees<'a>) -> Differences<'a> {
        Differences {
            terms: self,
            ground: Ground::of(columns, payees, self.tree),
            entered: columns.paid(self.tree, self.volume),
            group: match self.by {
                By::Steps { volume, .. } => columns.group(self.tree, volume),
                By::Rank(_) => &[],
            },
        }
    }
}

impl Component for Differential {
    fn opens<'a>(&'a self, columns: &'a Columns, payees: &'a Payees<'a>, _: Member) -> Opens<'a> {
        let on = (self.tree, self.volume);
        opening::below((columns, payees), on, ("difference", false), |_| {
            self.differences(columns, payees)
        })
    }

    fn reads(&self) -> Vec<Column> {
        let mut columns = vec![
            Column::Links(self.tree),
            Column::Paid(self.tree, self.volume),
        ];
        if let By::Steps { volume, .. } = self.by {
            columns.push(Column::Group(self.tree, volume));
        }
        columns
    }

    fn reach(&self) -> Reach {
        Reach::Results(self.tree)
    }

    fn pay(&self, columns: &Columns, payees: &Payees<'_>) -> Result<Vec<Micros>, Overflow> {
        let differences = self.differences(columns, payees);
        differences.ground.pay(&differences, Unit::Volume)
    }

    fn most(&self, _: Payee, _: u8) -> Most {
        Most::Volume(self.volume, self.rates.last().copied().unwrap_or_default())
    }

    fn explain(&self, columns: &Columns, payees: &Payees<'_>, member: Member) -> Vec<Part> {
        let differences = self.differences(columns, payees);
        Unit::Volume.parts("difference", differences.ground.terms(&differences, member))
    }

    fn trace(&self, columns: &Columns, payees: &Payees<'_>, sold: &Sold) -> Vec<Earned> {
        let differences = self.differences(columns, payees);
        let sale = sold.sale(self.tree, self.volume);
        let earned = sale.map(|sale| differences.ground.trace(&differences, &sale));
        Unit::Volume.earned("difference", earned.unwrap_or_default())
    }
}

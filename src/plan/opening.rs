//! Flows and legs opened: what entered below a payee's seat, on its course through the seats between.

use crate::base::ids::{NONE, Seat};
use crate::base::money::{Micros, Rate};
use crate::plan::columns::{Columns, Payees};
use crate::plan::course::{Course, Map, Opens, Skipped};
use crate::plan::flow::{Flow, Ground, Term, Unit};
use crate::plan::part::{Basis, Part, Sale, Sold};

/// A flow as a course.
pub(super) struct Flowing<'a, F> {
    ground: Ground<'a>,
    flow: F,
    tree: usize,
    volume: usize,
    unit: Unit,
    /// What a part's number counts.
    what: &'static str,
    /// Whether numbers are told of who was skipped.
    numbered: bool,
}

impl<F: Flow> Flowing<'_, F> {
    fn terms(&self, top: Seat, place: usize, amount: i64) -> Vec<Term> {
        let mut terms = Vec::new();
        if place < self.flow.width() {
            let mut vector = vec![0; self.flow.width()];
            vector[place] = amount;
            self.flow.terms(top, &vector, &mut |term| {
                if term.counts() {
                    terms.push(term);
                }
            });
        }
        terms
    }

    /// The place at which a sale leaves its seat.
    fn leaves(&self, sale: &Sale) -> usize {
        if self.flow.enters_itself(sale.below) {
            self.flow.hands_on(sale.seat)(0)
        } else {
            self.flow.own(sale.seat).0
        }
    }
}

impl<F: Flow> Course for Flowing<'_, F> {
    fn start(&self) -> Map {
        (0..self.flow.width()).collect()
    }

    fn through(&self, map: &Map, seat: Seat) -> Map {
        let hands_on = self.flow.hands_on(seat);
        let gone = self.flow.width();
        let at = |place: usize| map.get(hands_on(place)).copied().unwrap_or(gone);
        (0..gone).map(at).collect()
    }

    fn leads(&self, map: &Map, top: Seat) -> bool {
        // Places only rise on the way, so nothing arrives below the first.
        let from = map.first().copied().unwrap_or(0);
        (from..self.flow.width()).any(|place| !self.terms(top, place, 1).is_empty())
    }

    fn earned(&self, map: &Map, top: Seat, sold: &Sold) -> Vec<Part> {
        let mut terms = Vec::new();
        let Some(sale) = sold.sale(self.tree, self.volume) else {
            return Vec::new();
        };
        if sale.seat == top {
            let own = Term {
                number: 0,
                basis: sale.amount,
                rate: self.flow.own_rate(),
            };
            terms.extend(Some(own).filter(|own| !sale.below && own.counts()));
            if self.flow.enters_itself(sale.below) {
                terms.extend(self.terms(top, 0, sale.amount));
            }
        } else if let Some(&place) = map.get(self.leaves(&sale)) {
            terms.extend(self.terms(top, place, sale.amount));
        }
        self.unit.parts(self.what, terms)
    }

    fn skipped(&self, top: Seat, sold: &Sold, most: u32) -> (Vec<Skipped>, bool) {
        let mut found = Vec::new();
        let Some(sale) = sold.sale(self.tree, self.volume) else {
            return (found, false);
        };
        let mut note = |seat: Seat, place: usize| {
            if let Some(why) = self.flow.skips(seat, place) {
                let number = if self.numbered { place as u32 + 1 } else { 0 };
                found.push(Skipped {
                    member: self.ground.owner(seat),
                    number,
                    why,
                });
            }
        };
        if sale.seat == top {
            return (found, false);
        }
        if self.flow.enters_itself(sale.below) {
            note(sale.seat, 0);
        }
        let (mut seat, mut place) = (self.ground.up(sale.seat), self.leaves(&sale));
        for _ in 0..most {
            if seat == top || seat == NONE {
                return (found, false);
            }
            note(seat, place);
            place = self.flow.hands_on(seat)(place);
            seat = self.ground.up(seat);
        }
        (found, true)
    }
}

/// Opens a component whose amounts are a flow of volume.
pub(super) fn below<'a, F: Flow + 'a>(
    (columns, payees): (&'a Columns, &'a Payees<'a>),
    (tree, volume): (usize, usize),
    (what, numbered): (&'static str, bool),
    flow: impl FnOnce(Ground<'a>) -> F,
) -> Opens<'a> {
    let ground = Ground::of(columns, payees, tree);
    let course = Flowing {
        ground,
        flow: flow(ground),
        tree,
        volume,
        unit: Unit::Volume,
        what,
        numbered,
    };
    Opens::Below(tree, Box::new(course))
}

/// Opens a component whose amounts are a flow of what `of` pay.
pub(super) fn earnings<'a, F: Flow + 'a>(
    (ground, tree): (Ground<'a>, usize),
    of: &'a [usize],
    what: &'static str,
    flow: F,
) -> Opens<'a> {
    let course = Flowing {
        ground,
        flow,
        tree,
        volume: 0,
        unit: Unit::Earnings,
        what,
        numbered: true,
    };
    Opens::Earnings(tree, Box::new(course), of)
}

/// What enters the two legs of a payee's seat.
struct IntoLegs<'a> {
    columns: &'a Columns,
    tree: usize,
    volume: usize,
}

impl IntoLegs<'_> {
    /// In which leg of the seat right above one stands.
    fn leg(&self, seat: Seat) -> Option<usize> {
        let up = self.columns.links(self.tree).up[seat as usize];
        let legs = self.columns.legs_of(self.tree, up)?;
        legs.iter().position(|&leg| leg == seat)
    }
}

impl Course for IntoLegs<'_> {
    /// Nothing at the payee's own seat; below it the leg, from 0.
    fn start(&self) -> Map {
        Map::new()
    }

    fn through(&self, map: &Map, seat: Seat) -> Map {
        match map.is_empty() {
            true => self.leg(seat).into_iter().collect(),
            false => map.clone(),
        }
    }

    fn leads(&self, _: &Map, _: Seat) -> bool {
        true
    }

    fn earned(&self, map: &Map, top: Seat, sold: &Sold) -> Vec<Part> {
        let sale = sold.sale(self.tree, self.volume);
        let sale = sale.filter(|sale| sale.seat != top && sale.amount != 0);
        let part = sale.and_then(|sale| {
            let leg = map.first().copied().or_else(|| self.leg(sale.seat))?;
            Some(Part {
                what: "leg",
                number: leg as u64 + 1,
                of: 0,
                basis: Basis::Volume(sale.amount),
                rate: Rate::ZERO,
                amount: Micros::ZERO,
            })
        });
        part.into_iter().collect()
    }

    fn skipped(&self, _: Seat, _: &Sold, _: u32) -> (Vec<Skipped>, bool) {
        (Vec::new(), false)
    }
}

/// Opens a component that matches the legs of seats.
pub(super) fn legs(columns: &Columns, (tree, volume): (usize, usize)) -> Opens<'_> {
    let course = IntoLegs {
        columns,
        tree,
        volume,
    };
    Opens::Legs(tree, Box::new(course))
}

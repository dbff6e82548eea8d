//! The one recursion behind level, generation and differential pay: vectors handed up a tree, and what a seat is paid on
//! the vector it receives.
//!
//! A seat receives one vector from all its children. What it hands on is the same entries moved to other places by a map
//! of its own, and its own entry. What moves past the end is gone.

use crate::base::ids::{NONE, Seat};
use crate::base::money::{Micros, PER_MICRO, Rate};
use crate::plan::component::{Basis, Overflow, Part};
use crate::plan::links::Links;
use crate::plan::pass::{Pass, Payees};

/// How vectors run up a tree, and what they are worth to who receives them.
pub(super) trait Flow {
    /// Places of a vector.
    fn width(&self) -> usize;

    /// What the seat itself receives in its first place beside its children's.
    fn enters(&self, seat: Seat) -> i64;

    /// The place in what the seat hands on for a place in what it received; none where it ends here.
    fn hands_on(&self, seat: Seat, place: usize) -> Option<usize>;

    /// The place and amount of the seat's own entry in what it hands on.
    fn own(&self, seat: Seat) -> (usize, i64);

    /// What a payee earns on what his seat receives.
    fn terms(&self, seat: Seat, received: &[i64], each: &mut dyn FnMut(Term));
}

/// One product of an amount: `basis x rate`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Term {
    /// Level, generation or difference, from 1; 0 for what has no number.
    pub(super) number: u32,
    /// What is multiplied.
    pub(super) basis: i64,
    /// By what.
    pub(super) rate: Rate,
}

/// What the entries of vectors count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Volumes, 1e-4.
    Volume,
    /// Earnings, 1e-6.
    Earnings,
}

impl Unit {
    /// Units of a basis times a rate in one [`Micros`].
    fn per_micro(self) -> i128 {
        match self {
            Unit::Volume => PER_MICRO,
            Unit::Earnings => PER_MICRO * 100,
        }
    }

    /// A term as a part of an amount.
    pub(super) fn part(self, what: &'static str, term: Term) -> Part {
        let product = i128::from(term.basis) * i128::from(term.rate.0);
        Part {
            what,
            number: term.number,
            of: 0,
            basis: match self {
                Unit::Volume => Basis::Volume(term.basis),
                Unit::Earnings => Basis::Earnings(Micros(term.basis)),
            },
            rate: term.rate,
            amount: Micros::nearest(product, self.per_micro()).unwrap_or_default(),
        }
    }

    /// Sums of products as amounts, by member.
    ///
    /// # Errors
    /// If one is beyond the range.
    pub(super) fn amounts(self, sums: &[i128]) -> Result<Vec<Micros>, Overflow> {
        let mut amounts = Vec::with_capacity(sums.len());
        for (member, &sum) in sums.iter().enumerate() {
            let amount = Micros::nearest(sum, self.per_micro());
            amounts.push(amount.ok_or(Overflow {
                member: member as u32,
            })?);
        }
        Ok(amounts)
    }
}

/// The tree a component works on, with who can earn there.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    pub(super) pass: &'a Pass,
    pub(super) payees: &'a Payees<'a>,
    pub(super) tree: usize,
}

impl Ground<'_> {
    /// Whether a seat's member can earn.
    pub(super) fn earns(&self, seat: Seat) -> bool {
        self.payees.earns(self.pass.owner(self.tree, seat))
    }

    /// The rank of a seat's member.
    pub(super) fn rank(&self, seat: Seat) -> u8 {
        self.payees.rank(self.pass.owner(self.tree, seat))
    }

    /// Whether a seat's member stands and is active.
    pub(super) fn is_active(&self, seat: Seat) -> bool {
        self.pass.stands_active(self.pass.owner(self.tree, seat))
    }

    /// What everybody earns by a flow. O(seats x width).
    ///
    /// # Errors
    /// If an amount is beyond the range.
    pub(super) fn pay(&self, flow: &impl Flow, unit: Unit) -> Result<Vec<Micros>, Overflow> {
        let mut sums = vec![0i128; self.pass.members() as usize];
        received(self.pass.links(self.tree), flow, |seat, vector| {
            if self.earns(seat) {
                let sum = &mut sums[self.pass.owner(self.tree, seat) as usize];
                flow.terms(seat, vector, &mut |term| {
                    *sum += i128::from(term.basis) * i128::from(term.rate.0);
                });
            }
        });
        unit.amounts(&sums)
    }

    /// The terms of one member's amount, of all his seats. O(downline x width), and O(seats) to find it.
    pub(super) fn terms(&self, flow: &impl Flow, member: u32) -> Vec<Term> {
        let mut terms = Vec::new();
        if !self.payees.earns(member) {
            return terms;
        }
        for seat in self.pass.seats_of(self.tree, member) {
            let below = self.pass.links(self.tree).below(seat);
            received(&below, flow, |other, vector| {
                if other == seat {
                    flow.terms(seat, vector, &mut |term| terms.push(term));
                }
            });
        }
        terms.retain(|term| term.basis != 0 && term.rate != Rate::ZERO);
        terms
    }
}

/// Works out what every seat receives and shows it, children first. O(seats x width); as many words stay while it runs.
fn received(links: &Links, flow: &impl Flow, mut seen: impl FnMut(Seat, &[i64])) {
    let width = flow.width();
    let mut vectors = vec![0i64; links.seats.len() * width];
    let mut handed = vec![0i64; width];
    for &at in &links.order {
        let (seat, here) = (links.seats[at as usize], at as usize * width);
        vectors[here] += flow.enters(seat);
        let vector = &vectors[here..here + width];
        seen(seat, vector);
        let up = links.up[at as usize];
        if up == NONE {
            continue;
        }
        handed.fill(0);
        for (place, &volume) in vector
            .iter()
            .enumerate()
            .filter(|(_, volume)| **volume != 0)
        {
            if let Some(place) = flow.hands_on(seat, place).filter(|&place| place < width) {
                handed[place] += volume;
            }
        }
        let (place, own) = flow.own(seat);
        if place < width {
            handed[place] += own;
        }
        let above = up as usize * width;
        for (sum, handed) in vectors[above..above + width].iter_mut().zip(&handed) {
            *sum += handed;
        }
    }
}

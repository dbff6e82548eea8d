//! The one recursion behind level, generation and differential pay: vectors handed up a tree, and what a seat is paid on
//! the vector it receives.
//!
//! A seat receives one vector from all its children. What it hands on is the same entries moved to other places by a map
//! of its own, and its own entry. What moves past the end is gone.

use crate::arena::near;
use crate::base::ids::{Member, NONE, Seat};
use crate::base::money::{Micros, PER_MICRO, Rate};
use crate::plan::book::Role;
use crate::plan::columns::{Columns, Payees};
use crate::plan::course::Why;
use crate::plan::links::Links;
use crate::plan::part::{Basis, Earned, Overflow, Part, Sale};

/// How vectors run up a tree, and what they are worth to who receives them.
pub(super) trait Flow {
    /// Places of a vector.
    fn width(&self) -> usize;

    /// What the seat itself receives in its first place beside its children's.
    fn enters(&self, seat: Seat) -> i64;

    /// Whether a sale entering at the seat is among that: as the seat's own, or as from one level below it.
    fn enters_itself(&self, below: bool) -> bool;

    /// For each place in what the seat received the place in what it hands on; past the end it is gone.
    fn hands_on(&self, seat: Seat) -> impl Fn(usize) -> usize;

    /// The place and amount of the seat's own entry in what it hands on.
    fn own(&self, seat: Seat) -> (usize, i64);

    /// Why a seat's member takes nothing of what arrives at a place, where he could have if he were otherwise; none of who
    /// takes it, and of who has no say in it.
    fn skips(&self, _: Seat, _: usize) -> Option<Why> {
        None
    }

    /// What a payee earns on his seat's own entry, beside what it receives.
    fn own_rate(&self) -> Rate {
        Rate::ZERO
    }

    /// What a payee earns on what his seat receives: a sum of products with its entries.
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

impl Term {
    /// Whether it comes to anything.
    pub(super) fn counts(&self) -> bool {
        self.basis != 0 && self.rate != Rate::ZERO
    }
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
            number: u64::from(term.number),
            of: 0,
            basis: match self {
                Unit::Volume => Basis::Volume(term.basis),
                Unit::Earnings => Basis::Earnings(Micros(term.basis)),
            },
            rate: term.rate,
            amount: Micros::nearest(product, self.per_micro()).unwrap_or_default(),
        }
    }

    /// Terms as the parts of an amount.
    pub(super) fn parts(self, what: &'static str, terms: Vec<Term>) -> Vec<Part> {
        terms
            .into_iter()
            .map(|term| self.part(what, term))
            .collect()
    }

    /// What a sale earned, by whom.
    pub(super) fn earned(self, what: &'static str, terms: Vec<(Member, Term)>) -> Vec<Earned> {
        let earned = terms.into_iter().map(|(member, term)| Earned {
            member,
            part: self.part(what, term),
        });
        earned.collect()
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
    pub(super) columns: &'a Columns,
    payees: &'a Payees<'a>,
    tree: usize,
    links: &'a Links,
    owners: &'a [Member],
}

impl<'a> Ground<'a> {
    /// A tree that was asked for.
    pub(super) fn of(columns: &'a Columns, payees: &'a Payees<'a>, tree: usize) -> Ground<'a> {
        Ground {
            columns,
            payees,
            tree,
            links: columns.links(tree),
            owners: columns.owners(tree),
        }
    }

    pub(super) fn owner(&self, seat: Seat) -> Member {
        self.owners[seat as usize]
    }

    /// Whether a seat's member can earn.
    pub(super) fn earns(&self, seat: Seat) -> bool {
        self.payees.earns(self.owner(seat))
    }

    /// The seat above one.
    pub(super) fn up(&self, seat: Seat) -> Seat {
        self.links.up[seat as usize]
    }

    /// Why a seat's member cannot earn.
    pub(super) fn why_not(&self, seat: Seat) -> Option<Why> {
        let member = self.owner(seat);
        let by_rule = match self.payees.earns(member) {
            true => None,
            false if self.payees.lacks_activity(member) => Some(Why::Inactive),
            false => Some(Why::BelowRank),
        };
        self.role_why(seat).or(by_rule)
    }

    /// Why a seat's member can never earn as what he is.
    pub(super) fn role_why(&self, seat: Seat) -> Option<Why> {
        match self.columns.role(self.owner(seat)) {
            Role::Gone => Some(Why::Terminated),
            Role::Customer => Some(Why::Customer),
            Role::Earner => None,
        }
    }

    /// The rank of a seat's member.
    pub(super) fn rank(&self, seat: Seat) -> u8 {
        self.payees.rank(self.owner(seat))
    }

    /// Whether a seat's member stands and is active.
    pub(super) fn is_active(&self, seat: Seat) -> bool {
        self.columns.stands_active(self.owner(seat))
    }

    /// What everybody earns by a flow. O(seats x width).
    ///
    /// # Errors
    /// If an amount is beyond the range.
    pub(super) fn pay(&self, flow: &impl Flow, unit: Unit) -> Result<Vec<Micros>, Overflow> {
        let mut sums = vec![0i128; self.columns.members() as usize];
        received(self.links, flow, |seat, vector| {
            if self.earns(seat) {
                let sum = &mut sums[self.owner(seat) as usize];
                all_terms(flow, seat, vector, &mut |term| {
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
        for seat in self.columns.seats_of(self.tree, member) {
            let below = self.links.below(seat);
            received(&below, flow, |other, vector| {
                if other == seat {
                    all_terms(flow, seat, vector, &mut |term| terms.push(term));
                }
            });
        }
        terms.retain(Term::counts);
        terms
    }

    /// What a sale earns everybody: payees from its seat upward, each with his terms. O(depth x width) at most; it ends
    /// where nothing more is handed on.
    pub(super) fn trace(&self, flow: &impl Flow, sale: &Sale) -> Vec<(Member, Term)> {
        let mut earned = Vec::new();
        let mut earn = |seat: Seat, place: Option<usize>| {
            if !self.earns(seat) {
                return;
            }
            let member = self.owner(seat);
            let mut each = |term: Term| {
                if term.counts() {
                    earned.push((member, term));
                }
            };
            match place {
                None => each(own_term(sale.amount, flow.own_rate())),
                Some(place) => {
                    let mut vector = vec![0; flow.width()];
                    vector[place] = sale.amount;
                    flow.terms(seat, &vector, &mut each);
                }
            }
        };
        let mut seat = sale.seat;
        if !sale.below {
            earn(seat, None);
        }
        let mut place = if flow.enters_itself(sale.below) {
            earn(seat, Some(0));
            flow.hands_on(seat)(0)
        } else {
            flow.own(seat).0
        };
        while place < flow.width() {
            seat = self.links.up[seat as usize];
            if seat == NONE {
                break;
            }
            earn(seat, Some(place));
            place = flow.hands_on(seat)(place);
        }
        earned
    }
}

fn all_terms(flow: &impl Flow, seat: Seat, received: &[i64], each: &mut dyn FnMut(Term)) {
    if flow.own_rate() > Rate::ZERO {
        each(own_term(flow.own(seat).1, flow.own_rate()));
    }
    flow.terms(seat, received, each);
}

fn own_term(basis: i64, rate: Rate) -> Term {
    Term {
        number: 0,
        basis,
        rate,
    }
}

/// Works out what every seat receives and shows it, children first; one that receives nothing is not shown. O(seats x
/// width); as many words for each seat with children stay while it runs.
fn received(links: &Links, flow: &impl Flow, mut seen: impl FnMut(Seat, &[i64])) {
    let width = flow.width();
    let inner = links.inner();
    let mut vectors = vec![0i64; inner.count * width];
    // What a seat without children receives.
    let mut none = vec![0i64; width];
    let mut handed = vec![0i64; width];
    let shows_own = flow.own_rate() > Rate::ZERO;
    for (step, &at) in links.order.iter().enumerate() {
        let later = links.ahead(step);
        if let Some(above) = later.and_then(|later| inner.above(later, width)) {
            // Parents lie anywhere; by then what they have received is here.
            near::fetch(&vectors[above]);
            near::fetch(&vectors[above + width - 1]);
        }
        let seat = links.seats[at as usize];
        let vector = match inner.place(at, width) {
            Some(here) => &mut vectors[here..here + width],
            None => &mut none[..],
        };
        vector[0] += flow.enters(seat);
        let receives = vector.iter().any(|&volume| volume != 0);
        if receives || shows_own {
            seen(seat, vector);
        }
        if receives {
            handed.fill(0);
            let to = flow.hands_on(seat);
            for (place, &volume) in vector.iter().enumerate() {
                if let Some(sum) = handed.get_mut(to(place)) {
                    *sum += volume;
                }
            }
            none[0] = 0;
        }
        let Some(above) = inner.above(at, width) else {
            continue;
        };
        if receives {
            for (sum, handed) in vectors[above..above + width].iter_mut().zip(&handed) {
                *sum += handed;
            }
        }
        let (place, volume) = flow.own(seat);
        if place < width {
            vectors[above + place] += volume;
        }
    }
}

//! Clawbacks: what refunds of orders of closed periods take back of what those paid, as a later run books it.
//!
//! What a refund takes back of an amount is what the order's part of it was without the refund less what it is with it,
//! each rounded to 1e-6, as its component's cap and the company's factor left it in the closed period. So refunds of one
//! order, whenever they are booked, together take what it earned and no more. A member's debits by one component of one
//! closed period are brought to the minor unit once, in the currency and by the table of that period.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::ids::{Member, Text};
use crate::base::money::{Micros, minor_digits};
use crate::plan::part::Overflow;
use crate::plan::set::PlanSet;

/// What one refund takes back of one amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Debit {
    /// The member.
    pub member: Member,
    /// Number of the refund, as whoever asks counts them in order of acceptance.
    pub refund: u32,
    /// Index of the component in the set that the closed period was paid by.
    pub component: usize,
    /// How much, in that set's currency.
    pub amount: Micros,
    /// The currency he was paid in: see [`PlanSet::paid_in`].
    pub paid_in: u8,
}

/// A component of a closed period of which something is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Which period of the type.
    pub ordinal: u32,
    /// Its label.
    pub period: Text,
    /// Name of the component.
    pub component: Text,
}

/// What is taken back of one member's amount by one component of one closed period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clawback {
    /// Index among the sources.
    pub source: usize,
    /// In the currency of the set that the closed period was paid by; above zero.
    pub exact: Micros,
    /// Index among the run's currencies: see [`Payment::currencies`](crate::plan::run::Payment::currencies).
    pub currency: u8,
    /// What that was worth there, in minor units.
    pub minor: i64,
}

/// What one refund takes back of one amount, once the components are known by their sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Piece {
    /// The member.
    pub member: Member,
    /// Number of the refund.
    pub refund: u32,
    /// Index among the sources.
    pub source: usize,
    /// How much, in the currency of the set that the closed period was paid by.
    pub exact: Micros,
}

/// All that refunds booked in a period take back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reversed {
    /// Refunds that it is of.
    pub refunds: usize,
    /// Whether all their orders' periods are closed, so that none of it changes.
    pub settled: bool,
    /// By period, then in the order of its set.
    pub sources: Vec<Source>,
    /// Currencies that the set of the period itself does not pay in.
    pub currencies: Vec<Text>,
    by_member: BTreeMap<Member, Vec<Clawback>>,
    /// By member, then in order of acceptance.
    pieces: Vec<Piece>,
}

/// The debits of refunds of orders of one closed period.
pub struct OfPeriod<'a> {
    /// Which period of the type.
    pub ordinal: u32,
    /// Its label.
    pub label: Text,
    /// The set it was paid by.
    pub set: &'a PlanSet,
    /// What refunds take back, in any order.
    pub debits: Vec<Debit>,
}

impl Reversed {
    /// Gathers what `refunds` take back, by closed period in order, for a run paid by a set. O(debits x log).
    ///
    /// # Errors
    /// If an amount is beyond the range.
    pub fn of(
        set: &PlanSet,
        (refunds, settled): (usize, bool),
        periods: &[OfPeriod<'_>],
    ) -> Result<Reversed, Overflow> {
        let mut reversed = Reversed {
            refunds,
            settled,
            ..Reversed::default()
        };
        for of in periods {
            let sources = reversed.sources_of(of);
            let mut sums: BTreeMap<(usize, Member, u8), i128> = BTreeMap::new();
            for debit in &of.debits {
                let source = sources[&debit.component];
                let sum = sums.entry((source, debit.member, debit.paid_in));
                *sum.or_default() += i128::from(debit.amount.0);
                reversed.pieces.push(Piece {
                    member: debit.member,
                    refund: debit.refund,
                    source,
                    exact: debit.amount,
                });
            }
            for ((source, member, paid_in), sum) in sums {
                let (code, rate) = of.set.paid_in(paid_in);
                let exact = i64::try_from(sum).ok().map(Micros);
                let minor = exact.and_then(|exact| exact.exchanged(rate, minor_digits(code)));
                let (exact, minor) = exact.zip(minor).ok_or(Overflow { member })?;
                let currency = reversed.currency(set, code);
                let clawback = Clawback {
                    source,
                    exact,
                    currency,
                    minor,
                };
                reversed.by_member.entry(member).or_default().push(clawback);
            }
        }
        reversed.pieces.sort_unstable();
        Ok(reversed)
    }

    /// What each refund takes back of a member, in order of acceptance. O(log pieces).
    #[must_use]
    pub fn pieces_of(&self, member: Member) -> &[Piece] {
        let from = self.pieces.partition_point(|piece| piece.member < member);
        let to = self.pieces.partition_point(|piece| piece.member <= member);
        &self.pieces[from..to]
    }

    /// What is taken back of a member, by closed period, then by component.
    #[must_use]
    pub fn of_member(&self, member: Member) -> &[Clawback] {
        self.by_member.get(&member).map_or(&[], Vec::as_slice)
    }

    /// The last member of whom something is taken back.
    #[must_use]
    pub fn last(&self) -> Option<Member> {
        self.by_member.keys().next_back().copied()
    }

    /// Everything, by member.
    pub fn iter(&self) -> impl Iterator<Item = (Member, &Clawback)> + '_ {
        let members = self.by_member.iter();
        members.flat_map(|(&member, all)| all.iter().map(move |one| (member, one)))
    }

    /// The code of a currency by its index; `set` is that of the period.
    ///
    /// # Panics
    /// If nothing is taken back in it.
    #[must_use]
    pub fn code<'a>(&'a self, set: &'a PlanSet, index: u8) -> &'a Text {
        let mut all = set.currencies().chain(&self.currencies);
        all.nth(usize::from(index)).expect("a currency of the run")
    }

    /// Adds a row for each component of a period of which something is taken back; their numbers by component.
    fn sources_of(&mut self, of: &OfPeriod<'_>) -> BTreeMap<usize, usize> {
        let components: BTreeSet<usize> = of.debits.iter().map(|debit| debit.component).collect();
        let from = self.sources.len();
        let rows = components.iter().map(|&component| Source {
            ordinal: of.ordinal,
            period: of.label.clone(),
            component: of.set.components[component].name.clone(),
        });
        self.sources.extend(rows);
        components.into_iter().zip(from..).collect()
    }

    /// The number of a currency, of those of the set first.
    fn currency(&mut self, set: &PlanSet, code: &Text) -> u8 {
        let own = set.currencies().position(|own| own == code);
        let at = own.unwrap_or_else(|| {
            let known = self.currencies.iter().position(|known| known == code);
            let at = known.unwrap_or_else(|| {
                self.currencies.push(code.clone());
                self.currencies.len() - 1
            });
            set.currencies().count() + at
        });
        at as u8
    }
}

//! A plan set: ladders of ranks, and components in their order, with names of the network turned into its numbers.

use std::collections::BTreeSet;

use crate::base::after_close::AfterClose;
use crate::base::ids::Text;
use crate::base::limits::KINDS_MAX;
use crate::base::money::{Exchange, Rate};
use crate::base::path::Paths;
use crate::plan::columns::{Caps, Payee};
use crate::plan::component::{Component, Kind};
use crate::plan::derived::{Derived, derived};
use crate::plan::ladder::Ladder;
use crate::plan::setting::{Value, Values};

/// Ladders, plans or components a set can have.
pub const ENTRIES_MAX: usize = 64;

/// Everything a document says of plans.
#[derive(Debug)]
pub struct PlanSet {
    /// The name people call it by.
    pub name: Text,
    /// ISO 4217 code of the currency all amounts are in.
    pub currency: Text,
    /// Currencies that members are paid in who have them, in order of their codes: what one unit of the set's is worth in each.
    pub exchange: Vec<(Text, Exchange)>,
    /// Kinds of volume that it derives: those it names first, then those that one component alone is paid on.
    pub kinds: Vec<Derived>,
    /// Ladders of ranks.
    pub ladders: Vec<Ladder>,
    /// Plans by name: what a component belongs to.
    pub plans: Vec<Plan>,
    /// Components of all plans in the order in which they are worked out; a later one may read an earlier one.
    pub components: Vec<Entry>,
    /// The ceiling over several components, where there is one.
    pub company_cap: Option<CompanyCap>,
    /// What refunds do that enter a later period than their orders did.
    pub after_close: AfterClose,
}

/// One plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Its name.
    pub name: Text,
    /// The ladder its components read.
    pub ladder: Option<usize>,
}

/// One component of a plan.
#[derive(Debug)]
pub struct Entry {
    /// Its name, which no other component of the set has.
    pub name: Text,
    /// Index of its plan.
    pub plan: usize,
    /// The ladder of that plan.
    pub ladder: Option<usize>,
    /// Index of the period type it is worked out for.
    pub period: usize,
    /// Who can earn by it.
    pub payee: Payee,
    /// The most one member earns by it in a period.
    pub caps: Caps,
    /// Its row in the table of kinds.
    pub kind: &'static Kind,
    /// Its settings as they hold.
    pub settings: Values,
    /// What works it out.
    pub component: Box<dyn Component>,
}

/// A ceiling on the sum of some components, as a share of what the company sold; kept by one factor on each of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompanyCap {
    /// Index of the volume kind.
    pub volume: usize,
    /// The share of it.
    pub rate: Rate,
    /// Indexes of the components.
    pub components: Vec<usize>,
}

impl PlanSet {
    /// The name of a kind of volume, of the network's `own` or of its own ones; of one without a name, what it is.
    #[must_use]
    pub fn kind_name(&self, kind: usize, own: &[Text]) -> String {
        match derived(&self.kinds, kind) {
            None => own[kind].to_string(),
            Some(derived) if derived.name.is_empty() => derived.described(&own[derived.of]),
            Some(derived) => derived.name.to_string(),
        }
    }

    /// The kinds that it derives and names.
    pub fn named_kinds(&self) -> impl Iterator<Item = (usize, &Derived)> {
        let kinds = (KINDS_MAX..).zip(&self.kinds);
        kinds.filter(|(_, kind)| !kind.name.is_empty())
    }

    /// Codes of the currencies that members can be paid in: its own first, then those of its table of exchange.
    pub fn currencies(&self) -> impl Iterator<Item = &Text> {
        let table = self.exchange.iter().map(|(code, _)| code);
        std::iter::once(&self.currency).chain(table)
    }

    /// A currency that members are paid in, with what one unit of the set's own is worth there: 0 is that itself, any other
    /// one more than a place in the table of exchange.
    ///
    /// # Panics
    /// If the table is shorter.
    #[must_use]
    pub fn paid_in(&self, currency: u8) -> (&Text, Exchange) {
        match usize::from(currency).checked_sub(1) {
            None => (&self.currency, Exchange::ONE),
            Some(place) => {
                let (code, rate) = &self.exchange[place];
                (code, *rate)
            }
        }
    }

    /// Components worked out over a period type, with their numbers, in the order of the set. O(components).
    pub fn components_of(&self, period: usize) -> impl Iterator<Item = (usize, &Entry)> {
        let all = self.components.iter().enumerate();
        all.filter(move |(_, entry)| entry.period == period)
    }

    /// Ladders judged over a period type, with their numbers. O(ladders).
    pub fn ladders_of(&self, period: usize) -> impl Iterator<Item = (usize, &Ladder)> {
        let all = self.ladders.iter().enumerate();
        all.filter(move |(_, ladder)| ladder.period == period)
    }

    /// Whether amounts over a period type fall apart by order, of some component at least. O(components).
    #[must_use]
    pub fn falls_apart(&self, period: usize) -> bool {
        let mut all = self.components_of(period);
        all.any(|(_, entry)| entry.component.falls_apart())
    }

    /// Who is to be written down with each order, of all components. O(components).
    #[must_use]
    pub fn paths(&self) -> Paths {
        let mut paths = Paths::default();
        for entry in &self.components {
            if let Some((path, levels)) = entry.component.posts() {
                paths.add(path, levels);
            }
        }
        paths
    }

    /// Ladders of other period types whose ranks components of a period type read. O(components x settings).
    #[must_use]
    pub fn read_of_others(&self, period: usize) -> BTreeSet<usize> {
        let entries = self.components_of(period);
        let reading = entries.filter(|(_, entry)| entry.names_ranks());
        let ladders = reading.filter_map(|(_, entry)| entry.ladder);
        ladders
            .filter(|&ladder| self.ladders[ladder].period != period)
            .collect()
    }
}

impl Entry {
    /// The components whose amounts it reads.
    pub fn reads_amounts(&self) -> impl Iterator<Item = usize> + '_ {
        let read = self.settings.0.values().filter_map(|value| match value {
            Value::Components(read) => Some(read),
            _ => None,
        });
        read.flatten().copied()
    }

    /// Whether it reads ranks of its ladder.
    #[must_use]
    pub fn names_ranks(&self) -> bool {
        let by_rank = |value: &Value| {
            matches!(
                value,
                Value::RatesByRank(_)
                    | Value::SharesByRank(_)
                    | Value::MoneyByRank(_)
                    | Value::Boundary(_)
            )
        };
        self.payee.min_rank > 0
            || !self.caps.by_rank.is_empty()
            || self.settings.0.values().any(by_rank)
    }
}

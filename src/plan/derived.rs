//! Derived kinds of volume: of what enters in a kind of the network, only some orders, and only a part of it.
//!
//! Their numbers follow on [`KINDS_MAX`], the most that a network can have, so that a number alone says what it is of.
//! What a set names, and what a component is paid on that looks only at some orders, is the same.
//!
//! The factor holds for what there is of an order, not for each entry by itself: an entry brings the difference between
//! what counts after it and before it. So what was refunded by and by comes to exactly nothing.

use crate::base::ids::Text;
use crate::base::limits::KINDS_MAX;
use crate::base::money::{RATE_ONE, Rate};
use crate::base::number::divide_half_away;
use crate::plan::entry::{Entry, Facts, Portion};

/// Derived kinds that a document can name.
pub const DERIVED_MAX: usize = 32;
/// Classes that a filter can name.
pub const CLASSES_MAX: usize = 16;
/// How many first orders of a buyer can be told from the later ones.
pub const FIRST_MAX: u8 = 12;
/// Days after joining that a window can reach to.
pub const DAYS_MAX: u32 = 36_500;

/// A kind of volume derived from one of the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    /// Its name; empty where it is what one component is paid on.
    pub name: Text,
    /// Index of the network's kind.
    pub of: usize,
    /// Which orders: all of these filters let them pass.
    pub filters: Vec<Filter>,
    /// What counts of them, above zero and at most one.
    pub factor: Rate,
}

/// Which orders; what is left out takes all. Each part but the last and its opposite divide all orders, and adjustments with
/// them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// By class.
    pub classes: Option<Classes>,
    /// Only those of customers, or only members' own.
    pub customers: Option<bool>,
    /// By their place among the buyer's.
    pub orders: Option<Orders>,
    /// Not less than so many days after the buyer's joining.
    pub from_day: Option<u32>,
    /// Less than so many days after it.
    pub to_day: Option<u32>,
    /// Only those accepted while the member credited was an active distributor.
    pub while_active: bool,
}

/// Which classes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Classes {
    /// Only these.
    Only(Vec<Text>),
    /// All but these, and those without a class.
    Without(Vec<Text>),
}

/// Which of a buyer's orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Orders {
    /// The first so many.
    First(u8),
    /// Those behind them.
    Later(u8),
}

impl Derived {
    /// Whether an order counts.
    #[must_use]
    pub fn takes(&self, facts: &Facts) -> bool {
        self.filters.iter().all(|filter| filter.takes(facts))
    }

    /// What counts of an entry's order; nothing where that does not pass.
    #[must_use]
    pub fn portion(&self, entry: &Entry) -> Portion {
        let credited = entry.credited;
        if !self.takes(&entry.facts) {
            return Portion {
                credited,
                ..Portion::default()
            };
        }
        let before = entry.before[self.of];
        Portion {
            credited,
            before: self.counts(before),
            after: self.counts(before + entry.volumes[self.of]),
            whole: self.counts(entry.whole[self.of]),
        }
    }

    /// What counts of a sum, half away from zero.
    fn counts(&self, sum: i64) -> i64 {
        let product = i128::from(sum) * i128::from(self.factor.0);
        divide_half_away(product, i128::from(RATE_ONE)) as i64
    }

    /// Whether it counts the same as another one, whatever their names are.
    #[must_use]
    pub fn equals(&self, other: &Derived) -> bool {
        (self.of, &self.filters, self.factor) == (other.of, &other.filters, other.factor)
    }

    /// What it is, in words; `of` is the name of the network's kind.
    #[must_use]
    pub fn described(&self, of: &str) -> String {
        let mut parts: Vec<String> = self.filters.iter().flat_map(Filter::words).collect();
        if self.factor.0 != RATE_ONE {
            parts.push(format!("x {}", self.factor));
        }
        if parts.is_empty() {
            return of.to_owned();
        }
        format!("{of} ({})", parts.join(", "))
    }
}

impl Filter {
    /// Whether an order passes.
    #[must_use]
    pub fn takes(&self, facts: &Facts) -> bool {
        let named = |names: &[Text]| {
            let class = facts.class.as_ref();
            class.is_some_and(|class| names.contains(class))
        };
        let class = match &self.classes {
            None => true,
            Some(Classes::Only(names)) => named(names),
            Some(Classes::Without(names)) => !named(names),
        };
        let is_first = |count| (1..=count).contains(&facts.place);
        let place = match self.orders {
            None => true,
            Some(Orders::First(count)) => is_first(count),
            Some(Orders::Later(count)) => !is_first(count),
        };
        class
            && place
            && self.customers.is_none_or(|only| only == facts.customers)
            && self.from_day.is_none_or(|day| facts.days >= i64::from(day))
            && self.to_day.is_none_or(|day| facts.days < i64::from(day))
            && (facts.active || !self.while_active)
    }

    /// How far a buyer's orders must be counted for it.
    #[must_use]
    pub fn counts_to(&self) -> u8 {
        match self.orders {
            None => 0,
            Some(Orders::First(count) | Orders::Later(count)) => count,
        }
    }

    /// Each part in words.
    fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        match &self.classes {
            None => {}
            Some(Classes::Only(names)) => words.push(format!("only {}", names.join(" and "))),
            Some(Classes::Without(names)) => words.push(format!("without {}", names.join(" and "))),
        }
        match self.customers {
            None => {}
            Some(true) => words.push("customers' orders".to_owned()),
            Some(false) => words.push("members' own orders".to_owned()),
        }
        match self.orders {
            None => {}
            Some(Orders::First(1)) => words.push("a buyer's first order".to_owned()),
            Some(Orders::First(count)) => words.push(format!("a buyer's first {count} orders")),
            Some(Orders::Later(1)) => words.push("all but a buyer's first order".to_owned()),
            Some(Orders::Later(count)) => {
                words.push(format!("all but a buyer's first {count} orders"));
            }
        }
        words.extend(
            self.to_day
                .map(|days| format!("within {days} days of joining")),
        );
        words.extend(
            self.from_day
                .map(|days| format!("{days} days after joining and later")),
        );
        let active = "accepted while the member credited was active";
        words.extend(self.while_active.then(|| active.to_owned()));
        words
    }
}

/// What an entry brought of any kind, by its number; `kinds` are those that the set derives.
#[must_use]
pub fn brought(entry: &Entry, kind: usize, kinds: &[Derived]) -> i64 {
    match derived(kinds, kind) {
        None => entry.volumes[kind],
        Some(derived) => derived.portion(entry).brought(),
    }
}

/// The derived kind with a number; none of the network's.
#[must_use]
pub fn derived(kinds: &[Derived], kind: usize) -> Option<&Derived> {
    kinds.get(kind.checked_sub(KINDS_MAX)?)
}

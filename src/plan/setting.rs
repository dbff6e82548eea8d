//! Settings of components as data: what a document may say, so that reading, checking and the plan book need no code of
//! their own for each component.

use std::collections::BTreeMap;

use crate::base::money::{Micros, Rate};
use crate::base::number::Volume;

/// One setting of a component.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Its key in the document.
    pub key: &'static str,
    /// What may stand there.
    pub form: Form,
    /// What holds where it is left out.
    pub default: Default,
    /// What it decides, in one sentence.
    pub sentence: &'static str,
}

/// What may stand under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The name of a tree: [`Value::Index`].
    Tree,
    /// The name of a binary tree: [`Value::Index`].
    BinaryTree,
    /// The name of a volume kind: [`Value::Index`].
    Volume,
    /// A volume above zero: [`Value::Quantity`].
    Quantity,
    /// A whole number from 1 to this one: [`Value::Count`].
    Count(u32),
    /// An amount above zero: [`Value::Money`].
    Money,
    /// A table from rank to an amount above zero: [`Value::MoneyByRank`].
    MoneyByRank,
    /// One of some words: [`Value::Word`].
    Choice(&'static [&'static str]),
    /// `true` or `false`: [`Value::Flag`].
    Flag,
    /// One rate: [`Value::Rate`].
    Rate,
    /// A list of rates, the first level first, at most [`LEVELS_MAX`]: [`Value::Rates`].
    Rates,
    /// A table from rank to a list of rates: [`Value::RatesByRank`].
    RatesByRank,
    /// A table from rank to one rate: [`Value::RatesByRank`] with lists of one.
    RateByRank,
    /// A table from rank to a whole number of shares: [`Value::SharesByRank`].
    SharesByRank,
    /// A list of tables with `at_least` (a volume above zero, rising) and `rate`, at most [`STEPS_MAX`]: [`Value::Steps`].
    Steps,
    /// The name of a rank, or the word [`SAME_OR_HIGHER`]: [`Value::Boundary`].
    Boundary,
    /// A list of names of components that stand earlier: [`Value::Components`].
    Components,
}

/// What holds where a setting is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Default {
    /// It cannot be left out. A volume kind still can where the network has only one.
    Needed,
    /// Nothing: the component finds no value.
    Nothing,
    /// As if this were written.
    Written(&'static str),
}

/// Levels or generations a component can pay.
pub const LEVELS_MAX: usize = 32;

/// Steps a schedule can have.
pub const STEPS_MAX: usize = 64;

/// The word for a boundary that is the payee's own rank.
pub const SAME_OR_HIGHER: &str = "same_or_higher";

/// One step of a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// From which volume on.
    pub at_least: Volume,
    /// The rate from there.
    pub rate: Rate,
}

/// Where a generation ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Boundary {
    /// At this rank or a higher one.
    Rank(u8),
    /// At the payee's own rank or a higher one.
    SameOrHigher,
}

/// A value that was read. Ranks count from 1, the lowest; 0 is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Number of a tree or a volume kind.
    Index(usize),
    /// One of the words.
    Word(&'static str),
    /// A flag.
    Flag(bool),
    /// A volume.
    Quantity(Volume),
    /// A whole number.
    Count(u32),
    /// An amount.
    Money(Micros),
    /// Amounts for some ranks, the lowest first.
    MoneyByRank(Vec<(u8, Micros)>),
    /// A rate.
    Rate(Rate),
    /// Rates by level.
    Rates(Vec<Rate>),
    /// Rates by level for some ranks, the lowest first.
    RatesByRank(Vec<(u8, Vec<Rate>)>),
    /// Shares for some ranks, the lowest first.
    SharesByRank(Vec<(u8, u32)>),
    /// Steps, the lowest first.
    Steps(Vec<Step>),
    /// A boundary.
    Boundary(Boundary),
    /// Numbers of components of the set.
    Components(Vec<usize>),
}

/// The settings of one component as they hold, defaults included.
#[derive(Debug, Clone, PartialEq, Eq, std::default::Default)]
pub struct Values(pub BTreeMap<&'static str, Value>);

/// What is wrong with settings that are each right by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// Key of the setting to name.
    pub key: &'static str,
    /// What may stand there.
    pub allowed: String,
}

/// Reading a value the setting's form promises: anything else is a bug of the table.
macro_rules! promised {
    ($self:ident, $key:ident, $variant:ident) => {
        match $self.0.get($key) {
            Some(Value::$variant(value)) => Some(value),
            None => None,
            Some(other) => panic!("the setting {} reads {other:?}", $key),
        }
    };
}

impl Values {
    /// Number of a tree or a volume kind.
    ///
    /// # Panics
    /// If the table does not promise one.
    #[must_use]
    pub fn index(&self, key: &'static str) -> usize {
        *promised!(self, key, Index).expect("a setting with a default")
    }

    /// The same where it can be left out.
    ///
    /// # Panics
    /// If the table does not promise one.
    #[must_use]
    pub fn index_option(&self, key: &'static str) -> Option<usize> {
        promised!(self, key, Index).copied()
    }

    /// One of the words.
    ///
    /// # Panics
    /// If the table does not promise one.
    #[must_use]
    pub fn word(&self, key: &'static str) -> &'static str {
        promised!(self, key, Word).expect("a setting with a default")
    }

    /// A flag.
    ///
    /// # Panics
    /// If the table does not promise one.
    #[must_use]
    pub fn flag(&self, key: &'static str) -> bool {
        *promised!(self, key, Flag).expect("a setting with a default")
    }

    /// A volume, where there is one.
    ///
    /// # Panics
    /// If the table does not promise one.
    #[must_use]
    pub fn quantity(&self, key: &'static str) -> Option<Volume> {
        promised!(self, key, Quantity).copied()
    }

    /// A whole number, where there is one.
    ///
    /// # Panics
    /// If the table does not promise one.
    #[must_use]
    pub fn count(&self, key: &'static str) -> Option<u32> {
        promised!(self, key, Count).copied()
    }

    /// An amount, where there is one.
    ///
    /// # Panics
    /// If the table does not promise one.
    #[must_use]
    pub fn money(&self, key: &'static str) -> Option<Micros> {
        promised!(self, key, Money).copied()
    }

    /// Amounts by rank; none where they are left out.
    ///
    /// # Panics
    /// If the table does not promise them.
    #[must_use]
    pub fn money_by_rank(&self, key: &'static str) -> &[(u8, Micros)] {
        promised!(self, key, MoneyByRank).map_or(&[], Vec::as_slice)
    }

    /// A rate, where there is one.
    ///
    /// # Panics
    /// If the table does not promise one.
    #[must_use]
    pub fn rate(&self, key: &'static str) -> Option<Rate> {
        promised!(self, key, Rate).copied()
    }

    /// Rates by level; none where they are left out.
    ///
    /// # Panics
    /// If the table does not promise them.
    #[must_use]
    pub fn rates(&self, key: &'static str) -> &[Rate] {
        promised!(self, key, Rates).map_or(&[], Vec::as_slice)
    }

    /// Rates by rank and level; none where they are left out.
    ///
    /// # Panics
    /// If the table does not promise them.
    #[must_use]
    pub fn rates_by_rank(&self, key: &'static str) -> &[(u8, Vec<Rate>)] {
        promised!(self, key, RatesByRank).map_or(&[], Vec::as_slice)
    }

    /// Shares by rank.
    ///
    /// # Panics
    /// If the table does not promise them.
    #[must_use]
    pub fn shares(&self, key: &'static str) -> &[(u8, u32)] {
        promised!(self, key, SharesByRank).map_or(&[], Vec::as_slice)
    }

    /// Steps; none where they are left out.
    ///
    /// # Panics
    /// If the table does not promise them.
    #[must_use]
    pub fn steps(&self, key: &'static str) -> &[Step] {
        promised!(self, key, Steps).map_or(&[], Vec::as_slice)
    }

    /// A boundary, where there is one.
    ///
    /// # Panics
    /// If the table does not promise one.
    #[must_use]
    pub fn boundary(&self, key: &'static str) -> Option<Boundary> {
        promised!(self, key, Boundary).copied()
    }

    /// Numbers of earlier components.
    ///
    /// # Panics
    /// If the table does not promise them.
    #[must_use]
    pub fn components(&self, key: &'static str) -> &[usize] {
        promised!(self, key, Components).map_or(&[], Vec::as_slice)
    }
}

/// The highest step that a volume reaches; none below the first.
#[must_use]
pub fn step_of(steps: &[Step], volume: i64) -> Option<&Step> {
    let reached = steps.partition_point(|step| step.at_least.0 <= volume);
    steps[..reached].last()
}

/// What stands for a rank in a table that need not name every one: its own row, or that of the highest rank below it
/// that has one.
#[must_use]
pub fn row_of<T>(rows: &[(u8, T)], rank: u8) -> Option<&T> {
    let mut below = rows.iter().rev();
    below.find(|(from, _)| *from <= rank).map(|(_, row)| row)
}

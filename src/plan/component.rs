//! What a component is: a row of the table of kinds, and what works out its amounts.

use std::fmt::Debug;

use crate::base::ids::Member;
use crate::base::money::{Micros, Rate};
use crate::plan::pass::{Pass, Payees};
use crate::plan::setting::{Setting, Unfit, Values};

/// A kind of component: a row of the table.
#[derive(Debug)]
pub struct Kind {
    /// The name by which documents ask for it.
    pub name: &'static str,
    /// What it pays, in one sentence.
    pub sentence: &'static str,
    /// How its live figure is had.
    pub live: Live,
    /// Its settings, beside those that all components have.
    pub settings: &'static [Setting],
    /// Makes one from its settings.
    pub build: fn(&Values) -> Result<Box<dyn Component>, Unfit>,
    /// A commented component of a document, as TOML below `[[plans.components]]`.
    pub sample: &'static str,
}

/// How a live figure is had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Live {
    /// By one pass over all members, refreshed while it is read; it carries the sequence it is of.
    Swept,
}

/// What works out a component's amounts.
pub trait Component: Debug + Send + Sync {
    /// The columns it reads, which the pass loads beforehand.
    fn reads(&self) -> Vec<Column>;

    /// The amount of every member, before any cap; zero for who is not a payee. O(members x levels).
    ///
    /// # Errors
    /// If an amount is beyond the range.
    fn pay(&self, pass: &Pass, payees: &Payees<'_>) -> Result<Vec<Micros>, Overflow>;

    /// What one member's amount is made of. The parts add up to it but for the rounding.
    fn explain(&self, pass: &Pass, payees: &Payees<'_>, member: Member) -> Vec<Part>;
}

/// A column of the pass. Trees and kinds are indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// Links of a tree.
    Links(usize),
    /// What entered at each seat, of a tree and a kind.
    Entered(usize, usize),
    /// Group volume of each seat, of a tree and a kind.
    Group(usize, usize),
}

/// An amount beyond the range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overflow {
    /// Whose.
    pub member: Member,
}

/// One reason for a part of an amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What the number counts: `level`, `generation`, `own`, `difference`, `shares`.
    pub what: &'static str,
    /// Which of them, from 1, or how many shares; 0 for what has no number.
    pub number: u32,
    /// Of how many shares in all; 0 for what is not a share.
    pub of: u64,
    /// The basis: volumes in 1e-4, earnings in 1e-6.
    pub basis: Basis,
    /// What it was multiplied by.
    pub rate: Rate,
    /// The product.
    pub amount: Micros,
}

/// What a rate is applied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// A volume, units of 1e-4.
    Volume(i64),
    /// Earnings.
    Earnings(Micros),
}

//! What a component is: a row of the table of kinds, and what works out its amounts.

use std::fmt::Debug;

use crate::base::ids::Member;
use crate::base::money::{Micros, Rate};
use crate::base::path::Path;
use crate::plan::columns::{Column, Columns, Payee, Payees};
use crate::plan::course::Opens;
use crate::plan::derived::Filter;
use crate::plan::part::{Earned, LegFigures, Overflow, Part, Sold};
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
    /// At the moment it is asked for, from what it is made of; where that is too much, as if swept.
    Present,
    /// By one pass over all members, refreshed while it is read; it carries the sequence it is of.
    Swept,
}

/// How much of a network one member's amount is made of, beside his rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// His own seats, and the legs right below them by their sums.
    Legs,
    /// Everything below his seats in a tree: what entered there, and who is active.
    Below(usize),
    /// The same, with the ranks and amounts of all who stand there.
    Results(usize),
    /// Everybody.
    Company,
}

/// What all members together can earn by a component at most. Rates here may be above [`Rate::MAX`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Most {
    /// A share of the volume of this kind that enters.
    Volume(usize, Rate),
    /// A share of what these components come to.
    Earnings(Vec<usize>, Rate),
    /// What one sale brings has no limit: why.
    Unlimited(&'static str),
    /// No share of anything that is sold.
    Apart,
}

/// Figures that a component hands on to the next period at each seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandedOn {
    /// Index of the tree.
    pub tree: usize,
    /// How many figures a seat has.
    pub width: usize,
}

/// What works out a component's amounts.
pub trait Component: Debug + Send + Sync {
    /// The columns it reads, which are loaded beforehand.
    fn reads(&self) -> Vec<Column>;

    /// How much of a network one member's amount is made of.
    fn reach(&self) -> Reach;

    /// Which part of the volume under the setting it is paid on; all of it for most. The volume is then a kind of that
    /// part alone, and it is made anew.
    fn narrows(&self) -> Option<(&'static str, Filter)> {
        None
    }

    /// The amount of every member, before any cap; zero for who is not a payee. O(members x levels).
    ///
    /// # Errors
    /// If an amount is beyond the range.
    fn pay(&self, columns: &Columns, payees: &Payees<'_>) -> Result<Vec<Micros>, Overflow>;

    /// Who above an order is to be written down with it, and to how many levels: of components that judge at the order.
    fn posts(&self) -> Option<(Path, u8)> {
        None
    }

    /// Whether it pays only who was active when an order came in, so that it cannot pay anybody else.
    fn finds_active_only(&self) -> bool {
        false
    }

    /// Whether a member can earn by it in some way or other.
    fn can_earn(&self, payees: &Payees<'_>, member: Member) -> bool {
        payees.earns(member)
    }

    /// What it hands on to the next period; nothing for most.
    fn hands_on(&self) -> Option<HandedOn> {
        None
    }

    /// The figures that are handed on, of every seat in turn. O(seats).
    fn left(&self, _: &Columns, _: &Payees<'_>) -> Vec<i64> {
        Vec::new()
    }

    /// Cycles that each member's legs cover, whatever he is paid; nothing for kinds without cycles. O(seats).
    fn cycles(&self, _: &Columns, _: &Payees<'_>) -> Vec<i64> {
        Vec::new()
    }

    /// What the lesser leg of each member's first seat holds, with what it carries; nothing for kinds that match none.
    /// O(members).
    fn lesser_legs(&self, _: &Columns, _: &Payees<'_>) -> Vec<i64> {
        Vec::new()
    }

    /// What became of the legs of a member's seats; nothing for kinds that match none. O(seats).
    fn legs(&self, _: &Columns, _: &Payees<'_>, _: Member) -> Vec<LegFigures> {
        Vec::new()
    }

    /// Whether it looks at how ranks change, and so belongs to the periods that its ladder is judged over.
    fn follows_ladder(&self) -> bool {
        false
    }

    /// Whether amounts fall apart by sale.
    fn falls_apart(&self) -> bool {
        true
    }

    /// What one sale earns each payee, nearest first: parts whose products, added up over all sales, are the amounts before
    /// any cap. Nothing where amounts do not fall apart by sale.
    fn trace(&self, columns: &Columns, payees: &Payees<'_>, sold: &Sold) -> Vec<Earned>;

    /// How the orders are found that make up a member's amount.
    fn opens<'a>(&'a self, _: &'a Columns, _: &'a Payees<'a>, _: Member) -> Opens<'a> {
        Opens::Nowhere
    }

    /// What all members together can earn by it at most, by who can earn and how many ranks their ladder has. It holds
    /// where no volume is below zero.
    fn most(&self, payee: Payee, ranks: u8) -> Most;

    /// What one member's amount is made of. The parts add up to it but for the rounding.
    fn explain(&self, columns: &Columns, payees: &Payees<'_>, member: Member) -> Vec<Part>;
}

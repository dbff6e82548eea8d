//! What the names of a plan document can stand for: what the network has, and what the document itself names.

use std::cell::RefCell;

use crate::base::ids::Text;
use crate::base::limits::KINDS_MAX;
use crate::base::money::{RATE_ONE, Rate};
use crate::document::names::{named, named_or_only};
use crate::document::problem::did_you_mean;
use crate::document::reader::{Field, Section};
use crate::engine::rules::Rules;
use crate::plan::KINDS;
use crate::plan::component::Kind;
use crate::plan::derived::{Derived, Filter, derived};
use crate::plan::setting::Form;
use crate::tree::rules::Shape;

/// The names of the network.
#[derive(Debug)]
pub struct Network<'r> {
    rules: &'r Rules,
    /// The kinds of volume that the document derives: those it names, and behind them those that components alone are
    /// paid on.
    derived: RefCell<Vec<Derived>>,
    trees: Vec<Text>,
    /// Period types by name.
    pub periods: Vec<Text>,
}

impl<'r> Network<'r> {
    /// Those of a network's rules.
    #[must_use]
    pub fn of(rules: &'r Rules) -> Network<'r> {
        Network {
            rules,
            derived: RefCell::default(),
            trees: rules.trees.iter().map(|tree| tree.name.clone()).collect(),
            periods: rules
                .period_types
                .iter()
                .map(|of| of.name.clone())
                .collect(),
        }
    }

    /// Index of the volume kind that a field names, of the network or derived; anything else is noted.
    #[must_use]
    pub fn volume(&self, field: &Field) -> Option<usize> {
        let own = self.rules.kinds.len();
        let found = named(field, &self.kind_names())?;
        let Some(at) = found.checked_sub(own) else {
            return Some(found);
        };
        let derived = self.derived.borrow();
        let mut named = (KINDS_MAX..)
            .zip(derived.iter())
            .filter(|(_, kind)| !kind.name.is_empty());
        named.nth(at).map(|(index, _)| index)
    }

    /// The same under a key, which may be left out where the network has only one kind.
    #[must_use]
    pub fn volume_or_only(&self, section: &Section, key: &str) -> Option<usize> {
        match section.field(key) {
            Some(field) => self.volume(&field),
            None if self.rules.kinds.len() == 1 => Some(0),
            None => {
                section.missing(key, &self.kind_names().join(", "), None);
                None
            }
        }
    }

    /// Index of the network's own kind under a key, which may be left out where there is only one.
    #[must_use]
    pub fn own_volume_or_only(&self, section: &Section, key: &str) -> Option<usize> {
        named_or_only(section, key, &self.rules.kinds)
    }

    /// The network's own kinds by name.
    #[must_use]
    pub fn own_kinds(&self) -> &[Text] {
        &self.rules.kinds
    }

    /// Every kind that has a name, the network's first.
    #[must_use]
    pub fn kind_names(&self) -> Vec<Text> {
        let derived = self.derived.borrow();
        let named = derived.iter().map(|kind| kind.name.clone());
        let named = named.filter(|name| !name.is_empty());
        self.rules.kinds.iter().cloned().chain(named).collect()
    }

    /// Takes a derived kind behind the others.
    pub fn derive(&self, kind: Derived) {
        self.derived.borrow_mut().push(kind);
    }

    /// Index of a kind without a name: what of this one a filter lets pass.
    #[must_use]
    pub fn narrowed(&self, kind: usize, filter: Filter) -> usize {
        let mut all = self.derived.borrow_mut();
        let mut narrow = derived(&all, kind).cloned().unwrap_or(Derived {
            name: Text::default(),
            of: kind,
            filters: Vec::new(),
            factor: Rate(RATE_ONE),
        });
        narrow.name = Text::default();
        narrow.filters.push(filter);
        all.push(narrow);
        KINDS_MAX + all.len() - 1
    }

    /// All derived kinds by their numbers.
    #[must_use]
    pub fn derived(self) -> Vec<Derived> {
        self.derived.into_inner()
    }

    /// Index of the period type under `period`, which may be left out where the network has only one; anything else is
    /// noted.
    #[must_use]
    pub fn period(&self, section: &Section) -> Option<usize> {
        named_or_only(section, "period", &self.periods)
    }

    /// The same without a note.
    #[must_use]
    pub fn as_period(&self, section: &Section) -> Option<usize> {
        match section.field("period") {
            Some(field) => self.rules.period_type(field.as_text()?),
            None => (self.periods.len() == 1).then_some(0),
        }
    }

    /// Index of the tree that a field names; anything else is noted.
    #[must_use]
    pub fn tree(&self, field: &Field) -> Option<usize> {
        named(field, &self.trees)
    }

    /// Index of the tree with this name.
    #[must_use]
    pub fn tree_named(&self, name: &str) -> Option<usize> {
        self.rules.tree(name)
    }

    /// Index of the binary tree that a field names; anything else is noted.
    #[must_use]
    pub fn binary_tree(&self, field: &Field) -> Option<usize> {
        let tree = self.tree(field)?;
        if self.is_binary(tree) {
            return Some(tree);
        }
        let binary = (0..self.trees.len()).filter(|&tree| self.is_binary(tree));
        let binary: Vec<&str> = binary.map(|tree| self.trees[tree].as_str()).collect();
        let hint = binary
            .is_empty()
            .then(|| "the network has no binary tree".to_owned());
        let list = if binary.is_empty() {
            String::new()
        } else {
            format!(": {}", binary.join(", "))
        };
        field.refuse(&format!("a binary tree{list}"), hint);
        None
    }

    /// Whether a tree is binary.
    #[must_use]
    pub fn is_binary(&self, tree: usize) -> bool {
        self.rules.trees[tree].shape == Shape::Binary
    }

    /// Seats a member may hold in a tree.
    #[must_use]
    pub fn centres(&self, tree: usize) -> u16 {
        self.rules.trees[tree].centres
    }
}

/// A ladder as references see it, whether it is right or not: so a field that refers to a refused one is not refused as
/// well.
#[derive(Debug)]
pub struct KnownLadder {
    /// Its name as it is written.
    pub name: Option<Text>,
    /// Its period type.
    pub period: Option<usize>,
    /// Its ranks' names as they are written, the lowest first.
    pub ranks: Vec<Text>,
}

/// The ranks that a component may name.
#[derive(Debug, Clone, Copy)]
pub enum Ranks<'l> {
    /// None: its plan has no ladder.
    Nothing,
    /// Those of a ladder that is not there, of which enough is said.
    Unknown,
    /// Those of the ladder with this index.
    Of(usize, &'l KnownLadder),
}

/// A component as references see it, whether it is right or not.
#[derive(Debug)]
pub struct KnownComponent {
    /// Its name as it is written.
    pub name: Option<Text>,
    /// Its kind.
    pub kind: Option<&'static Kind>,
    /// Its period type.
    pub period: Option<usize>,
    /// Whether it matches two legs.
    pub legs: bool,
    /// Whether it does so in cycles.
    pub cycles: bool,
}

impl KnownComponent {
    /// From its section, without a note.
    #[must_use]
    pub fn of(section: &Section, network: &Network) -> KnownComponent {
        let text = |key| section.field(key).and_then(|field| field.as_text());
        KnownComponent {
            name: text("name").map(Text::from),
            kind: text("kind").and_then(kind_named),
            period: network.as_period(section),
            legs: text("kind") == Some("binary"),
            cycles: text("kind") == Some("binary") && text("mode") == Some("cycles"),
        }
    }

    /// Whether it reads what other components come to.
    #[must_use]
    pub fn reads_components(&self) -> bool {
        let settings = self.kind.map_or(&[][..], |kind| kind.settings);
        settings
            .iter()
            .any(|setting| setting.form == Form::Components)
    }
}

/// The kind of component with this name.
#[must_use]
pub fn kind_named(name: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|kind| kind.name == name)
}

/// The number of the rank that a field names, from 1; anything else is noted.
#[must_use]
pub fn rank(field: &Field, ladder: &KnownLadder) -> Option<u8> {
    let given = field.text(&ladder.ranks.join(", "))?;
    rank_named(given, ladder, |allowed, hint| field.refuse(allowed, hint))
}

/// The number of a rank by its name, from 1; `refuse` hears what is allowed where there is no such rank.
pub fn rank_named(
    name: &str,
    ladder: &KnownLadder,
    refuse: impl FnOnce(&str, Option<String>),
) -> Option<u8> {
    let at = ladder.ranks.iter().position(|rank| rank == name);
    if at.is_none() && !ladder.ranks.is_empty() {
        let names = ladder.ranks.iter().map(|rank| rank.as_str());
        refuse(&ladder.ranks.join(", "), did_you_mean(name, names));
    }
    at.and_then(|at| u8::try_from(at + 1).ok())
}

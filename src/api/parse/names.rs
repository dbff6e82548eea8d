//! The names a request may use, taken from the network's rules once a request.

use crate::api::problem::{Code, Problem};
use crate::base::ids::Text;
use crate::engine::rules::Rules;

/// Names of a network: volume kinds, trees and period types, in the order of their indexes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names {
    /// Volume kinds.
    pub kinds: Vec<Text>,
    /// Trees.
    pub trees: Vec<Text>,
    /// Period types.
    pub period_types: Vec<Text>,
}

impl Names {
    /// The names of a network's rules; no names at all before it is founded.
    #[must_use]
    pub fn of(rules: Option<&Rules>) -> Names {
        rules.map_or_else(Names::default, |rules| Names {
            kinds: rules.kinds.clone(),
            trees: rules.trees.iter().map(|tree| tree.name.clone()).collect(),
            period_types: rules
                .period_types
                .iter()
                .map(|period| period.name.clone())
                .collect(),
        })
    }

    /// The index of a volume kind.
    ///
    /// # Errors
    /// `no_network` before founding, `unknown_name` with the names.
    pub fn kind(&self, name: &str, path: &str) -> Result<usize, Problem> {
        index(&self.kinds, name, path, "volume kind")
    }

    /// The index of a period type.
    ///
    /// # Errors
    /// As [`Names::kind`].
    pub fn period_type(&self, name: &str, path: &str) -> Result<usize, Problem> {
        index(&self.period_types, name, path, "period type")
    }

    /// The index of a tree.
    ///
    /// # Errors
    /// As [`Names::kind`].
    pub fn tree(&self, name: &str, path: &str) -> Result<usize, Problem> {
        index(&self.trees, name, path, "tree")
    }
}

impl Names {
    /// Whether a tree that an address names is there.
    ///
    /// # Errors
    /// `no_network` before founding, `unknown_tree` with the names.
    pub fn known_tree(&self, tree: &str) -> Result<(), Problem> {
        if self.trees.is_empty() {
            return Err(no_network());
        }
        if self.trees.iter().any(|known| known == tree) {
            return Ok(());
        }
        Err(
            Problem::new(Code::UnknownTree, format!("There is no tree `{tree}`."))
                .field("tree")
                .given(tree)
                .allowed(&self.trees),
        )
    }
}

fn index(names: &[Text], name: &str, path: &str, what: &str) -> Result<usize, Problem> {
    if let Some(index) = names.iter().position(|known| known == name) {
        return Ok(index);
    }
    if names.is_empty() {
        return Err(no_network());
    }
    Err(Problem::new(
        Code::UnknownName,
        format!("The network has no {what} `{name}`."),
    )
    .field(path)
    .given(name)
    .allowed(names))
}

/// The problem of asking anything of a network that has no rules yet.
#[must_use]
pub fn no_network() -> Problem {
    Problem::new(
        Code::NoNetwork,
        "The network has no rules yet: start the server once with a network document.",
    )
}

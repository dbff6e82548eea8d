//! The names of a network that columns and commands use: from its rules, or from what a server says of them.

use serde::Deserialize;

use crate::base::ids::Text;
use crate::engine::rules::Rules;
use crate::tree::rules::{Policy, Shape};

/// Names of a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vocabulary {
    /// Volume kinds, in order.
    pub kinds: Vec<Text>,
    /// Trees, the enroller tree first.
    pub trees: Vec<Tree>,
}

/// What an import must know of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// Its name.
    pub name: Text,
    /// Numbered legs of a seat, 0 where children are only listed.
    pub legs: u8,
    /// Whether newcomers stand below their enroller there.
    pub under_enroller: bool,
}

/// What `GET /v1/network` answers, as far as it is needed here.
#[derive(Debug, Deserialize)]
pub struct NetworkAnswer {
    kinds: Vec<Text>,
    trees: Vec<TreeAnswer>,
    /// `wall` or `events`.
    pub clock: String,
}

#[derive(Debug, Deserialize)]
struct TreeAnswer {
    name: Text,
    width: Option<u8>,
    placement: String,
}

impl Vocabulary {
    /// The names in rules.
    #[must_use]
    pub fn of_rules(rules: &Rules) -> Vocabulary {
        let trees = rules.trees.iter().enumerate().map(|(index, tree)| Tree {
            name: tree.name.clone(),
            legs: tree.shape.legs().unwrap_or(0),
            under_enroller: index == 0
                || (tree.shape == Shape::List && tree.placement == Policy::UnderEnroller),
        });
        Vocabulary {
            kinds: rules.kinds.clone(),
            trees: trees.collect(),
        }
    }

    /// The names a server tells.
    #[must_use]
    pub fn of_answer(answer: &NetworkAnswer) -> Vocabulary {
        let trees = answer.trees.iter().enumerate().map(|(index, tree)| Tree {
            name: tree.name.clone(),
            legs: tree.width.unwrap_or(0),
            under_enroller: index == 0
                || (tree.width.is_none() && tree.placement == "under_enroller"),
        });
        Vocabulary {
            kinds: answer.kinds.clone(),
            trees: trees.collect(),
        }
    }
}

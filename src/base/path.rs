//! Who stands above an order when it is accepted, as far as plan sets ask that it be written down with it.

use serde::{Deserialize, Serialize};

use crate::base::ids::Member;

/// A way up from an order's seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Path {
    /// Index of the tree.
    pub tree: u8,
    /// Whether only distributors who are active then stand on it; otherwise everyone does.
    pub compressed: bool,
}

/// A member on a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passed {
    /// Who.
    pub member: Member,
    /// Whether he was a distributor in standing, and active, as the order came in: without it.
    pub active: bool,
}

/// Paths to write down, each with the levels that are wanted at most.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Paths(Vec<(Path, u8)>);

impl Paths {
    /// Adds a path, or levels to one that is there. O(paths).
    pub fn add(&mut self, path: Path, levels: u8) {
        match self.0.binary_search_by_key(&path, |&(path, _)| path) {
            Ok(at) => self.0[at].1 = self.0[at].1.max(levels),
            Err(at) => self.0.insert(at, (path, levels)),
        }
    }

    /// Each path once with its levels, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Path, u8)> + '_ {
        self.0.iter().copied()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

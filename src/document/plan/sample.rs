//! Plan documents to start from. All of them fit the network of a server that is started without a document.

use std::fmt::Write;

use crate::plan::KINDS;
use crate::plan::component::Kind;

/// Several kinds of components in one commented document.
pub const HYBRID: &str = include_str!("hybrid.toml");

/// What stands before the components of a sample: a ladder with the ranks silver and gold, and a plan.
const HEAD: &str = include_str!("head.toml");

/// A commented document with one component of a kind, behind those whose names it gives.
#[must_use]
pub fn of_kind(kind: &Kind) -> String {
    let mut text = HEAD.to_owned();
    let named = KINDS.iter().filter(|other| {
        let name = named_in(other.sample);
        other.name != kind.name && !name.is_empty() && kind.sample.contains(name)
    });
    for kind in named.copied().chain([kind]) {
        let sample = kind.sample.trim_end();
        write!(text, "\n[[plans.components]]\n{sample}\n").expect("a text takes any text");
    }
    text
}

/// The name that a sample gives its component, in quotes.
fn named_in(sample: &str) -> &str {
    let line = sample.lines().find_map(|line| line.strip_prefix("name = "));
    line.unwrap_or_default()
}

//! `network.changed`: the first command of every log gives the network its rules.

use crate::engine::rules::Rules;

/// Founds the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// BLAKE3 of the network document's bytes, which lie in `documents/`.
    pub document: [u8; 32],
    /// The document compiled.
    pub rules: Rules,
}

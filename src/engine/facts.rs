//! Ids of all facts that are neither an enrolment nor an order: each leads to the command that used it.
//!
//! ```text
//! 0 id: u40    offset of the id's text
//! 5 seq: u40   the command that used it
//! 10 0 x 6
//! ```

//!
//! Decisions.
//!
//! 2026: nothing is forgotten. Members' and orders' ids are part of what is told of them, and those of refunds and
//! adjustments of what is told of an order, so only the ids of changes of status, places and moves could go: about 43
//! bytes each with 12 characters, less than half of what one order takes. What is *promised* is the memory of
//! [`memory_start`](crate::engine::judging::memory_start), so that a later version may forget without breaking anybody.

use bytemuck::{Pod, Zeroable};

use crate::arena::column::Column;
use crate::arena::image::{ImageReader, ImageWriter};
use crate::arena::pages::Pages;
use crate::base::bytes::Malformed;
use crate::base::ids::Text;
use crate::engine::ids::{IdTable, Tag};
use crate::engine::packed::{U40, pack40, unpack40};
use crate::engine::texts::Texts;

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
struct Record {
    id: U40,
    seq: U40,
    spare: [u8; 6],
}

const _: () = assert!(size_of::<Record>() == 16);

/// Ids used by facts.
pub struct Facts {
    records: Column<Record>,
    table: IdTable,
    texts: Texts,
}

impl Facts {
    pub(crate) fn new() -> Facts {
        Facts {
            records: Column::new(),
            table: IdTable::new(),
            texts: Texts::new(),
        }
    }

    pub(crate) fn fork(&mut self) -> Facts {
        Facts {
            records: self.records.fork(),
            table: self.table.fork(),
            texts: self.texts.fork(),
        }
    }

    /// Takes them down.
    pub(crate) fn put<'s>(&'s self, image: &mut ImageWriter<'s>) {
        self.records.put(image);
        self.table.put(image);
        self.texts.put(image);
    }

    /// What [`Facts::put`] put. O(pages).
    pub(crate) fn take(image: &mut ImageReader<'_>) -> Result<Facts, Malformed> {
        Ok(Facts {
            records: Column::take(image)?,
            table: IdTable::take(image)?,
            texts: Texts::take(image)?,
        })
    }

    /// Appends all pages.
    pub(crate) fn pages<'p>(&'p mut self, all: &mut Vec<&'p mut Pages>) {
        all.push(self.records.pages());
        self.table.pages(all);
        self.texts.pages(all);
    }

    /// How many ids have been used.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.records.len()
    }

    /// Bytes they take in memory, ids included.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.records.bytes() + self.table.bytes() + self.texts.bytes()
    }

    /// Whether none has.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Sequence of the command that used this id. O(1).
    #[must_use]
    pub fn first_seq(&self, id: &str) -> Option<u64> {
        let fact = self.table.find(Tag::of(id), |fact| {
            self.texts.is(unpack40(self.records.get(fact).id), id)
        })?;
        Some(unpack40(self.records.get(fact).seq))
    }

    /// The id of a fact by its number.
    #[must_use]
    pub fn id(&self, fact: u32) -> Text {
        self.texts.get(unpack40(self.records.get(fact).id))
    }

    /// Notes an id as used, and numbers the fact.
    pub(crate) fn add(&mut self, id: &str, seq: u64) -> u32 {
        let at = self.texts.push(id);
        let fact = self.records.push(Record {
            id: pack40(at),
            seq: pack40(seq),
            spare: [0; 6],
        });
        self.table.insert(Tag::of(id), fact);
        fact
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_twelve_characters_costs_under_47_bytes() {
        let mut facts = Facts::new();
        for n in 0..1_000_000u32 {
            facts.add(&format!("F{n:011}"), u64::from(n));
        }
        assert_eq!(facts.first_seq("F00000999999"), Some(999_999));
        let each = facts.bytes() / 1_000_000;
        assert!(each < 47, "{each} bytes an id");
    }
}

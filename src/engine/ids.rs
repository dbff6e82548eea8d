//! The id table: from an external id to the number of what it names.
//!
//! Extendible hashing in arena pages: a directory over the top bits of a 32-bit tag names buckets of one page each,
//! and a full bucket splits alone, so growth never stops the writer.
//!
//! ```text
//! bucket: [entry: u64; 2,048] = 16 KiB
//! entry:  tag (high 32 bits) | number (low 32 bits); all ones when empty
//! ```
//!
//! Entries of a bucket stand in order of tag (linear probing that shifts), so a search for an unknown id stops at the
//! first greater tag. The tag is a skewed hash: densities differ by a factor of two over the directory, so that buckets
//! split at different times and the table is about two thirds full at every size. Must not know what numbers mean: who
//! owns them compares the texts.

use std::sync::Arc;

use crate::arena::column::Column;
use crate::arena::image::{ImageReader, ImageWriter};
use crate::arena::pages::Pages;
use crate::base::bytes::Malformed;
use crate::base::ids::hash_id;

const EMPTY: u64 = u64::MAX;
const SLOTS: usize = 2_048;
/// Slots at which a search may begin; those behind them take what the last ones push out.
const HOMES: u64 = 1_984;
/// Entries at which a bucket splits, in a table so small that the skew shows inside one bucket, and in a larger one.
const FULL_SMALL: u16 = 1_100;
const FULL: u16 = 1_800;
/// A directory never grows beyond this many bits: ids that collide further were made to, and go to a sorted list.
const DEPTH_MAX: u8 = 22;

/// The tag of an id: the top bits choose the bucket, the others the slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tag(u32);

impl Tag {
    /// The tag of an id.
    pub(crate) fn of(id: &str) -> Tag {
        let unit = hash_id(id) >> 32;
        Tag(((2 * unit + ((unit * unit) >> 32)) / 3) as u32)
    }
}

/// From tags to numbers. Numbers are unique; tags need not be.
pub(crate) struct IdTable {
    buckets: Column<[u64; SLOTS]>,
    /// By the first `depth` bits of a tag: its bucket and how many bits that bucket answers for.
    directory: Vec<Place>,
    /// Entries in each bucket.
    counts: Vec<u16>,
    depth: u8,
    collided: Arc<Vec<u64>>,
}

/// A bucket's number (27 bits) and depth (5 bits), so that one look into the directory tells both.
#[derive(Debug, Clone, Copy)]
struct Place(u32);

impl Place {
    fn new(bucket: u32, depth: u8) -> Place {
        assert!(bucket < 1 << 27, "the directory names 2^27 buckets");
        Place(bucket << 5 | u32::from(depth))
    }

    fn bucket(self) -> u32 {
        self.0 >> 5
    }

    fn depth(self) -> u8 {
        (self.0 & 31) as u8
    }
}

impl IdTable {
    /// A table with one empty bucket.
    pub(crate) fn new() -> IdTable {
        let mut table = IdTable {
            buckets: Column::new(),
            directory: vec![Place::new(0, 0)],
            counts: Vec::new(),
            depth: 0,
            collided: Arc::new(Vec::new()),
        };
        table.add_bucket();
        table
    }

    /// An equal table that shares pages. O(pages).
    pub(crate) fn fork(&mut self) -> IdTable {
        IdTable {
            buckets: self.buckets.fork(),
            directory: self.directory.clone(),
            counts: self.counts.clone(),
            depth: self.depth,
            collided: Arc::clone(&self.collided),
        }
    }

    /// Takes it down.
    pub(crate) fn put<'s>(&'s self, image: &mut ImageWriter<'s>) {
        self.buckets.put(image);
        image.put_all(self.directory.iter().map(|place| place.0));
        image.put_all(self.counts.iter().copied());
        image.put(self.depth);
        image.put_all(self.collided.iter().copied());
    }

    /// What [`IdTable::put`] put. O(pages).
    pub(crate) fn take(image: &mut ImageReader<'_>) -> Result<IdTable, Malformed> {
        let buckets = Column::take(image)?;
        let directory = image.take_all()?.into_iter().map(Place).collect();
        Ok(IdTable {
            buckets,
            directory,
            counts: image.take_all()?,
            depth: image.take()?,
            collided: Arc::new(image.take_all()?),
        })
    }

    /// Appends all pages.
    pub(crate) fn pages<'p>(&'p mut self, all: &mut Vec<&'p mut Pages>) {
        all.push(self.buckets.pages());
    }

    /// Asks for the line where a search for the tag begins.
    #[inline]
    pub(crate) fn prefetch(&self, tag: Tag) {
        let place = self.place_of(tag.0);
        self.buckets
            .prefetch_word(place.bucket(), home(place, tag.0));
    }

    /// The first number under the tag that `is` recognises. O(1).
    #[inline]
    pub(crate) fn find(&self, tag: Tag, is: impl Fn(u32) -> bool) -> Option<u32> {
        let place = self.place_of(tag.0);
        let held = &self.buckets.get(place.bucket())[home(place, tag.0)..];
        for &entry in held {
            if tag_of(entry) < tag.0 {
                continue;
            }
            // Empty slots hold the greatest tag, so the search ends at the first of them too.
            if tag_of(entry) > tag.0 || entry == EMPTY {
                break;
            }
            if is(entry as u32) {
                return Some(entry as u32);
            }
        }
        self.find_collided(tag, is)
    }

    /// Enters a number that is not there yet. Amortised O(1).
    pub(crate) fn insert(&mut self, tag: Tag, number: u32) {
        self.insert_entry(u64::from(tag.0) << 32 | u64::from(number));
    }

    /// Bytes of the table in memory.
    pub(crate) fn bytes(&self) -> usize {
        self.buckets.bytes()
            + 4 * self.directory.len()
            + 2 * self.counts.len()
            + 8 * self.collided.len()
    }

    #[inline]
    fn find_collided(&self, tag: Tag, is: impl Fn(u32) -> bool) -> Option<u32> {
        if self.collided.is_empty() {
            return None;
        }
        let from = self.collided.partition_point(|&e| tag_of(e) < tag.0);
        self.collided[from..]
            .iter()
            .take_while(|&&e| tag_of(e) == tag.0)
            .map(|&e| e as u32)
            .find(|&number| is(number))
    }

    fn insert_entry(&mut self, entry: u64) {
        loop {
            let place = self.place_of(tag_of(entry));
            let count = self.counts[place.bucket() as usize];
            let full = if place.depth() < 4 { FULL_SMALL } else { FULL };
            if (count < full || place.depth() == DEPTH_MAX) && self.shift_in(place, entry) {
                self.counts[place.bucket() as usize] += 1;
                return;
            }
            if place.depth() == DEPTH_MAX {
                let collided = Arc::make_mut(&mut self.collided);
                let at = collided.partition_point(|&e| e < entry);
                collided.insert(at, entry);
                return;
            }
            self.split(place, tag_of(entry));
        }
    }

    /// Puts an entry where it belongs and moves greater ones up to the next gap. False, and nothing changed, when the
    /// bucket has no gap above.
    fn shift_in(&mut self, place: Place, entry: u64) -> bool {
        let from = home(place, tag_of(entry));
        let held = &mut self.buckets.get_mut(place.bucket())[from..];
        // The first greater entry, or the first gap, whose bits are the greatest of all.
        let Some(at) = held.iter().position(|&held| held > entry) else {
            return false;
        };
        let Some(gap) = held[at..].iter().position(|&held| held == EMPTY) else {
            return false;
        };
        held.copy_within(at..at + gap, at + 1);
        held[at] = entry;
        true
    }

    /// Halves a bucket; a tag says where in the directory it is.
    fn split(&mut self, place: Place, tag: u32) {
        let (bucket, depth) = (place.bucket(), place.depth() + 1);
        if depth > self.depth {
            self.depth = depth;
            let doubled = self.directory.iter().flat_map(|&place| [place, place]);
            self.directory = doubled.collect();
        }
        let held = std::mem::replace(self.buckets.get_mut(bucket), [EMPTY; SLOTS]);
        self.counts[bucket as usize] = 0;
        let upper = self.add_bucket();
        // The places of one bucket are neighbours: all prefixes that begin with its bits.
        let bits = (u64::from(tag) >> (33 - u32::from(depth))) as usize;
        let width = 1usize << (self.depth - depth);
        let from = bits * 2 * width;
        self.directory[from..from + width].fill(Place::new(bucket, depth));
        self.directory[from + width..from + 2 * width].fill(Place::new(upper, depth));
        for halved in [Place::new(bucket, depth), Place::new(upper, depth)] {
            for left_over in self.refill(halved, &held) {
                self.insert_entry(left_over);
            }
        }
    }

    /// Puts those of some entries into an empty bucket that belong there. They stand in order, so each goes home or
    /// right behind the one before it. Gives back those for which that is beyond the bucket's end.
    fn refill(&mut self, place: Place, entries: &[u64; SLOTS]) -> Vec<u64> {
        let mut left_over = Vec::new();
        let slots = self.buckets.get_mut(place.bucket());
        let (mut next, mut count) = (0, 0);
        for &entry in entries.iter().filter(|&&entry| entry != EMPTY) {
            let its = self.directory[(u64::from(tag_of(entry)) << self.depth >> 32) as usize];
            if its.bucket() == place.bucket() {
                let at = next.max(home(place, tag_of(entry)));
                match slots.get_mut(at) {
                    Some(slot) => (*slot, next, count) = (entry, at + 1, count + 1),
                    None => left_over.push(entry),
                }
            }
        }
        self.counts[place.bucket() as usize] = count;
        left_over
    }

    fn add_bucket(&mut self) -> u32 {
        self.counts.push(0);
        self.buckets.push([EMPTY; SLOTS])
    }

    #[inline]
    fn place_of(&self, tag: u32) -> Place {
        self.directory[(u64::from(tag) << self.depth >> 32) as usize]
    }
}

/// The slot of its bucket where a search for a tag begins.
#[inline]
fn home(place: Place, tag: u32) -> usize {
    let within = tag << place.depth();
    ((u64::from(within) * HOMES) >> 32) as usize
}

#[inline]
fn tag_of(entry: u64) -> u32 {
    (entry >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::texts::Texts;

    #[test]
    fn a_hundred_thousand_ids_are_found_and_no_other() {
        let (mut table, mut texts, mut at) = (IdTable::new(), Texts::new(), Vec::new());
        for n in 0..100_000u32 {
            let id = format!("M{n:011}");
            let tag = Tag::of(&id);
            assert_eq!(table.find(tag, |m| texts.is(at[m as usize], &id)), None);
            at.push(texts.push(&id));
            table.insert(tag, n);
        }
        for n in 0..100_000u32 {
            let id = format!("M{n:011}");
            let found = table.find(Tag::of(&id), |m| texts.is(at[m as usize], &id));
            assert_eq!(found, Some(n));
            let other = format!("X{n:011}");
            let found = table.find(Tag::of(&other), |m| texts.is(at[m as usize], &other));
            assert_eq!(found, None);
        }
    }

    #[test]
    fn an_id_of_twelve_characters_costs_under_27_bytes_at_every_size() {
        let mut table = IdTable::new();
        let mut next = 400_000;
        for n in 0..1_000_000u32 {
            table.insert(Tag::of(&format!("M{n:011}")), n);
            if n == next {
                let all = table.bytes() + 13 * n as usize;
                assert!(all < 27 * n as usize, "{all} bytes for {n} ids");
                next += 50_000;
            }
        }
    }

    #[test]
    fn a_fork_keeps_the_past() {
        let mut table = IdTable::new();
        for n in 0..5_000 {
            table.insert(Tag(n << 19), n);
        }
        let fork = table.fork();
        for n in 5_000..9_000 {
            table.insert(Tag(n << 19 | 1), n);
        }
        for n in 0..5_000 {
            assert_eq!(fork.find(Tag(n << 19), |m| m == n), Some(n));
        }
        for n in 5_000..9_000 {
            assert_eq!(fork.find(Tag(n << 19 | 1), |m| m == n), None);
            assert_eq!(table.find(Tag(n << 19 | 1), |m| m == n), Some(n));
        }
    }

    #[test]
    fn ids_made_to_collide_cost_room_in_a_list_and_no_more() {
        let mut table = IdTable::new();
        for n in 0..6_000 {
            table.insert(Tag(0xDEAD_BEEF), n);
        }
        table.insert(Tag(u32::MAX), 6_000);
        for n in 0..6_000 {
            assert_eq!(table.find(Tag(0xDEAD_BEEF), |m| m == n), Some(n));
        }
        assert_eq!(table.find(Tag(u32::MAX), |_| true), Some(6_000));
        assert!(table.bytes() < 64 << 20, "{} bytes", table.bytes());
    }
}

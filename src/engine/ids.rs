//! The id table: from an external id to the number of what it names.
//!
//! Extendible hashing in arena pages: a directory over the top bits of a 32-bit tag names buckets of one page each,
//! and a full bucket splits alone, so growth never stops the writer.
//!
//! ```text
//! bucket: 256 lines of [entry: u64; 8] = 2,048 slots = 16 KiB
//! entry:  tag (high 32 bits) | number (low 32 bits); all ones when empty
//! ```
//!
//! Entries of a bucket stand in order of tag (linear probing that shifts), so a search for an unknown id stops at the
//! first greater tag. The tag is a skewed hash: densities differ by a factor of two over the directory, so that buckets
//! split at different times and the table is about two thirds full at every size. Must not know what numbers mean: who
//! owns them compares the texts.

use std::sync::Arc;

use crate::arena::column::Column;
use crate::base::ids::hash_id;

const EMPTY: u64 = u64::MAX;
const LINE: usize = 8;
const LINES: u32 = 256;
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
    lines: Column<[u64; LINE]>,
    directory: Arc<Vec<u32>>,
    buckets: Arc<Vec<Bucket>>,
    depth: u8,
    collided: Arc<Vec<u64>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    count: u16,
    depth: u8,
}

impl IdTable {
    /// A table with one empty bucket.
    pub(crate) fn new() -> IdTable {
        let mut table = IdTable {
            lines: Column::new(),
            directory: Arc::new(vec![0]),
            buckets: Arc::new(Vec::new()),
            depth: 0,
            collided: Arc::new(Vec::new()),
        };
        table.add_bucket(0);
        table
    }

    /// An equal table that shares pages. O(pages).
    pub(crate) fn fork(&mut self) -> IdTable {
        IdTable {
            lines: self.lines.fork(),
            directory: Arc::clone(&self.directory),
            buckets: Arc::clone(&self.buckets),
            depth: self.depth,
            collided: Arc::clone(&self.collided),
        }
    }

    /// Asks for the line where a search for the tag begins.
    pub(crate) fn prefetch(&self, tag: Tag) {
        let (line, _) = self.home(tag);
        self.lines.prefetch(line);
    }

    /// The first number under the tag that `is` recognises. O(1).
    pub(crate) fn find(&self, tag: Tag, is: impl Fn(u32) -> bool) -> Option<u32> {
        let (mut line, mut slot) = self.home(tag);
        let end = (line / LINES + 1) * LINES;
        while line < end {
            for &entry in &self.lines.get(line)[slot..] {
                if entry == EMPTY || tag_of(entry) > tag.0 {
                    return self.find_collided(tag, is);
                }
                if tag_of(entry) == tag.0 && is(entry as u32) {
                    return Some(entry as u32);
                }
            }
            slot = 0;
            line += 1;
        }
        self.find_collided(tag, is)
    }

    /// Enters a number that is not there yet. Amortised O(1).
    pub(crate) fn insert(&mut self, tag: Tag, number: u32) {
        self.insert_entry(u64::from(tag.0) << 32 | u64::from(number));
    }

    /// Bytes of the table in memory.
    pub(crate) fn bytes(&self) -> usize {
        self.lines.bytes()
            + 4 * (self.directory.len() + self.buckets.len())
            + 8 * self.collided.len()
    }

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
            let bucket = self.bucket_of(tag_of(entry));
            let Bucket { count, depth } = self.buckets[bucket as usize];
            let full = if depth < 4 { FULL_SMALL } else { FULL };
            if (count < full || depth == DEPTH_MAX) && self.shift_in(entry) {
                Arc::make_mut(&mut self.buckets)[bucket as usize].count += 1;
                return;
            }
            if depth == DEPTH_MAX {
                let collided = Arc::make_mut(&mut self.collided);
                let at = collided.partition_point(|&e| e < entry);
                collided.insert(at, entry);
                return;
            }
            self.split(bucket);
        }
    }

    /// Puts an entry where it belongs and moves greater ones up to the next gap. False, and nothing changed, when the
    /// bucket has no gap above.
    fn shift_in(&mut self, entry: u64) -> bool {
        let (first, start) = self.home(Tag(tag_of(entry)));
        let end = (first / LINES + 1) * LINES;
        let gap = (first..end).find(|&line| {
            let from = if line == first { start } else { 0 };
            self.lines.get(line)[from..].contains(&EMPTY)
        });
        let Some(last) = gap else { return false };
        let mut carried = entry;
        for line in first..=last {
            let from = if line == first { start } else { 0 };
            if !self.lines.get(line)[from..].iter().any(|&e| e > carried) {
                continue;
            }
            for held in &mut self.lines.get_mut(line)[from..] {
                if *held > carried {
                    std::mem::swap(held, &mut carried);
                    if carried == EMPTY {
                        return true;
                    }
                }
            }
        }
        unreachable!("the gap found took what was carried")
    }

    fn split(&mut self, bucket: u32) {
        let depth = self.buckets[bucket as usize].depth + 1;
        if depth > self.depth {
            self.depth = depth;
            self.directory = Arc::new(
                self.directory
                    .iter()
                    .flat_map(|&bucket| [bucket, bucket])
                    .collect(),
            );
        }
        let mut entries = Vec::with_capacity(SLOTS);
        for line in bucket * LINES..(bucket + 1) * LINES {
            let held = self.lines.get_mut(line);
            entries.extend(held.iter().filter(|&&e| e != EMPTY));
            *held = [EMPTY; LINE];
        }
        let upper = self.add_bucket(depth);
        Arc::make_mut(&mut self.buckets)[bucket as usize] = Bucket { count: 0, depth };
        // The places of one bucket are neighbours: all prefixes that begin with its bits.
        let some = tag_of(*entries.first().expect("a full bucket holds entries"));
        let bits = u64::from(some) >> (33 - u32::from(depth));
        let width = 1usize << (self.depth - depth);
        let from = (bits as usize * 2 + 1) * width;
        Arc::make_mut(&mut self.directory)[from..from + width].fill(upper);
        for entry in entries {
            self.insert_entry(entry);
        }
    }

    fn add_bucket(&mut self, depth: u8) -> u32 {
        let buckets = Arc::make_mut(&mut self.buckets);
        buckets.push(Bucket { count: 0, depth });
        let bucket = buckets.len() as u32 - 1;
        for _ in 0..LINES {
            self.lines.push([EMPTY; LINE]);
        }
        bucket
    }

    fn bucket_of(&self, tag: u32) -> u32 {
        let prefix = u64::from(tag) << self.depth >> 32;
        self.directory[prefix as usize]
    }

    /// Line and slot in it where a search for a tag begins.
    fn home(&self, tag: Tag) -> (u32, usize) {
        let bucket = self.bucket_of(tag.0);
        let depth = self.buckets[bucket as usize].depth;
        let within = tag.0 << depth;
        let slot = (u64::from(within) * HOMES >> 32) as u32;
        (bucket * LINES + slot / LINE as u32, slot as usize % LINE)
    }
}

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
    fn an_id_of_twelve_characters_costs_26_bytes_at_every_size() {
        let mut table = IdTable::new();
        let mut next = 400_000;
        for n in 0..1_000_000u32 {
            table.insert(Tag::of(&format!("M{n:011}")), n);
            if n == next {
                let each = table.bytes() as f64 / f64::from(n) + 13.0;
                assert!(each < 27.0, "{each} bytes an id at {n}");
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

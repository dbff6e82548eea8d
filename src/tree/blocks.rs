//! Chains: long runs of ancestors as balanced trees of blocks, eight entries a block.
//!
//! A chain is a run of seats, each the parent of the next, top first. Leaf blocks hold eight seats each, in order;
//! inner blocks hold up to eight blocks. Whoever keeps figures gives each entry *lanes* of words and *map* bytes; they
//! move with the entry, and an inner entry's are a summary of its block's, which the book computes.
//!
//! ```text
//! word       low 32 bits              high 32 bits
//! 0          parent block             top: the seat above the chain (root block only)
//! 1, [2]     count u8, slot in parent u8, stamps as in a seat record
//! shape      level (0 leaf, 1 inner)  cells below
//! ids        8 x u32: seats, or blocks
//! legs       8 x u8: the leg of the next seat below its parent; in inner blocks the leg all agree on; else 0
//! lanes      8 x i64 each
//! maps       8 x u8 each
//! ```

use serde::{Deserialize, Serialize};

use crate::arena::image::{ImageReader, ImageWriter};
use crate::arena::pages::Pages;
use crate::arena::words::Words;
use crate::base::bytes::Malformed;
use crate::base::ids::{NONE, Seat};

use super::layout::{Stamps, high, low, pair};

/// Entries of a block.
pub const FAN: usize = 8;

/// Where each part of a block lies, in words from its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockLayout {
    /// Words of stamps, from word 1 on.
    pub stamp_words: usize,
    /// Level and cells.
    pub shape: usize,
    /// Seats or blocks.
    pub ids: usize,
    /// Legs.
    pub legs: usize,
    /// First lane; lane `l` of entry `e` is at `lanes + FAN * l + e`.
    pub lanes: usize,
    /// How many lanes.
    pub lane_count: usize,
    /// First map word; map byte `m` of entry `e` is byte `e` of word `maps + m`.
    pub maps: usize,
    /// How many map bytes an entry has.
    pub map_count: usize,
    /// Words of a block.
    pub stride: usize,
}

impl BlockLayout {
    /// Draws a block.
    #[must_use]
    pub fn new(stamp_words: usize, lane_count: usize, map_count: usize) -> BlockLayout {
        let shape = 1 + stamp_words;
        let ids = shape + 1;
        let legs = ids + FAN / 2;
        let lanes = legs + 1;
        let maps = lanes + FAN * lane_count;
        BlockLayout {
            stamp_words,
            shape,
            ids,
            legs,
            lanes,
            lane_count,
            maps,
            map_count,
            stride: maps + map_count,
        }
    }
}

/// The chain blocks of one tree.
pub struct Blocks {
    /// The records.
    pub records: Words,
    /// How they are drawn.
    pub layout: BlockLayout,
    /// First of the released blocks, linked through their word 0.
    free: u32,
}

/// Both parts of a chain that was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Root block of the part above the cut.
    pub upper: u32,
    /// Root block of the part from the cut down.
    pub lower: u32,
}

impl Blocks {
    /// No chains yet.
    #[must_use]
    pub fn new(layout: BlockLayout) -> Blocks {
        Blocks {
            records: Words::new(layout.stride),
            layout,
            free: NONE,
        }
    }

    /// A second set of blocks equal to this one.
    #[must_use]
    pub fn fork(&mut self) -> Blocks {
        Blocks {
            records: self.records.fork(),
            layout: self.layout,
            free: self.free,
        }
    }

    /// Takes them down.
    pub fn put<'s>(&'s self, image: &mut ImageWriter<'s>) {
        image.put_plain(&self.layout);
        self.records.put(image);
        image.put(self.free);
    }

    /// What [`Blocks::put`] put. O(pages).
    ///
    /// # Errors
    /// If it is none.
    pub fn take(image: &mut ImageReader<'_>) -> Result<Blocks, Malformed> {
        let layout: BlockLayout = image.take_plain()?;
        Ok(Blocks {
            records: Words::take(image, layout.stride)?,
            layout,
            free: image.take()?,
        })
    }

    /// Appends all pages.
    pub fn pages<'p>(&'p mut self, all: &mut Vec<&'p mut Pages>) {
        all.push(self.records.pages());
    }

    /// The same chains with blocks drawn otherwise: `copy` takes lanes and maps over, from the old record to the new one.
    /// Every block is written as touched `now`. O(blocks).
    #[must_use]
    pub fn redrawn(
        &self,
        layout: BlockLayout,
        now: &Stamps,
        copy: impl Fn(&[i64], &mut [i64]),
    ) -> Blocks {
        let mut blocks = Blocks {
            free: self.free,
            ..Blocks::new(layout)
        };
        for block in 0..self.records.len() {
            let old = self.records.get(block);
            let number = blocks.records.push();
            let new = blocks.records.get_mut(number);
            new[0] = old[0];
            new[1] = old[1] & 0xffff;
            now.write(&mut new[1..=layout.stamp_words]);
            new[layout.shape..layout.lanes]
                .copy_from_slice(&old[self.layout.shape..self.layout.lanes]);
            copy(old, new);
        }
        blocks
    }

    /// The block above, [`NONE`] for a root.
    #[inline]
    #[must_use]
    pub fn parent(&self, block: u32) -> u32 {
        low(self.records.get(block)[0])
    }

    /// The seat above a chain, by its root block; [`NONE`] where the chain begins its tree.
    #[inline]
    #[must_use]
    pub fn top(&self, root: u32) -> Seat {
        high(self.records.get(root)[0])
    }

    /// Sets the seat above a chain.
    pub fn set_top(&mut self, root: u32, top: Seat) {
        self.records.get_mut(root)[0] = pair(NONE, top);
    }

    /// Entries in use.
    #[inline]
    #[must_use]
    pub fn count(&self, block: u32) -> usize {
        self.records.get(block)[1] as u8 as usize
    }

    fn set_count(&mut self, block: u32, count: usize) {
        let word = &mut self.records.get_mut(block)[1];
        *word = (*word & !0xff) | count as i64;
    }

    /// The entry of its parent block that stands for a block.
    #[inline]
    #[must_use]
    pub fn slot(&self, block: u32) -> usize {
        (self.records.get(block)[1] >> 8) as u8 as usize
    }

    fn set_parent(&mut self, block: u32, parent: u32, slot: usize) {
        let record = self.records.get_mut(block);
        record[0] = pair(parent, NONE);
        record[1] = (record[1] & !0xff00) | ((slot as i64) << 8);
    }

    /// Whether a block holds seats.
    #[inline]
    #[must_use]
    pub fn is_leaf(&self, block: u32) -> bool {
        low(self.records.get(block)[self.layout.shape]) == 0
    }

    /// Seats in or below a block.
    #[must_use]
    pub fn cells(&self, block: u32) -> u32 {
        high(self.records.get(block)[self.layout.shape])
    }

    /// The seat or block of an entry.
    #[inline]
    #[must_use]
    pub fn id(&self, block: u32, slot: usize) -> u32 {
        let word = self.records.get(block)[self.layout.ids + slot / 2];
        if slot.is_multiple_of(2) {
            low(word)
        } else {
            high(word)
        }
    }

    fn set_id(&mut self, block: u32, slot: usize, id: u32) {
        let word = &mut self.records.get_mut(block)[self.layout.ids + slot / 2];
        *word = if slot.is_multiple_of(2) {
            pair(id, high(*word))
        } else {
            pair(low(*word), id)
        };
    }

    /// The leg byte of an entry.
    #[must_use]
    pub fn leg(&self, block: u32, slot: usize) -> u8 {
        (self.records.get(block)[self.layout.legs] >> (8 * slot)) as u8
    }

    fn set_leg(&mut self, block: u32, slot: usize, leg: u8) {
        let word = &mut self.records.get_mut(block)[self.layout.legs];
        *word = (*word & !(0xff << (8 * slot))) | (i64::from(leg) << (8 * slot));
    }

    /// The stamp words of a block.
    #[inline]
    #[must_use]
    pub fn stamps(&self, block: u32) -> &[i64] {
        &self.records.get(block)[1..=self.layout.stamp_words]
    }

    /// A fresh block, all zero but its stamps.
    fn alloc(&mut self, level: u32, now: &Stamps) -> u32 {
        let block = if self.free == NONE {
            self.records.push()
        } else {
            let block = self.free;
            self.free = low(self.records.get(block)[0]);
            self.records.get_mut(block).fill(0);
            block
        };
        let (shape, stamp_words) = (self.layout.shape, self.layout.stamp_words);
        let record = self.records.get_mut(block);
        record[0] = pair(NONE, NONE);
        record[shape] = pair(level, 0);
        now.write(&mut record[1..=stamp_words]);
        block
    }

    fn release(&mut self, block: u32) {
        self.records.get_mut(block)[0] = pair(self.free, NONE);
        self.free = block;
    }

    /// Releases a whole chain. O(its blocks).
    pub fn release_chain(&mut self, root: u32) {
        if !self.is_leaf(root) {
            for slot in 0..self.count(root) {
                self.release_chain(self.id(root, slot));
            }
        }
        self.release(root);
    }

    /// A chain without seats below `top`.
    pub fn begin(&mut self, top: Seat, now: &Stamps) -> u32 {
        let root = self.alloc(0, now);
        self.set_top(root, top);
        root
    }

    /// The root block above a block. O(log cells).
    #[inline]
    #[must_use]
    pub fn root(&self, mut block: u32) -> u32 {
        loop {
            match self.parent(block) {
                NONE => return block,
                parent => block = parent,
            }
        }
    }

    /// The block and slot of a chain's last seat. O(log cells).
    #[must_use]
    pub fn last(&self, root: u32) -> (u32, usize) {
        let mut block = root;
        while !self.is_leaf(block) {
            block = self.id(block, self.count(block) - 1);
        }
        (block, self.count(block) - 1)
    }

    /// The block of a chain's first seat. O(log cells).
    #[must_use]
    pub fn first(&self, root: u32) -> u32 {
        let mut block = root;
        while !self.is_leaf(block) {
            block = self.id(block, 0);
        }
        block
    }

    /// Appends a seat at the lower end of a chain; `leg` is the one it stands in below the present last seat.
    ///
    /// Gives the leaf block and slot of the new seat. The caller fills its lanes, then summarises from the former
    /// last seat's leaf and from the new one upward. O(log cells).
    pub fn append(&mut self, root: u32, seat: Seat, leg: u8, now: &Stamps) -> (u32, usize) {
        let mut leaf = root;
        while !self.is_leaf(leaf) {
            leaf = self.id(leaf, self.count(leaf) - 1);
        }
        let count = self.count(leaf);
        if count > 0 {
            self.set_leg(leaf, count - 1, leg);
        }
        let (block, slot) = if count < FAN {
            (leaf, count)
        } else {
            (self.grow(leaf, now), 0)
        };
        self.set_id(block, slot, seat);
        self.set_leg(block, slot, 0);
        self.set_count(block, slot + 1);
        (block, slot)
    }

    /// A new last leaf behind a full one.
    fn grow(&mut self, leaf: u32, now: &Stamps) -> u32 {
        let new_leaf = self.alloc(0, now);
        let (mut full, mut new) = (leaf, new_leaf);
        loop {
            let parent = self.parent(full);
            if parent == NONE {
                let root = self.alloc(1, now);
                self.set_top(root, self.top(full));
                self.adopt(root, full);
                self.adopt(root, new);
                return new_leaf;
            }
            if self.count(parent) < FAN {
                self.adopt(parent, new);
                return new_leaf;
            }
            let sibling = self.alloc(1, now);
            self.adopt(sibling, new);
            (full, new) = (parent, sibling);
        }
    }

    fn adopt(&mut self, parent: u32, child: u32) {
        let slot = self.count(parent);
        self.set_id(parent, slot, child);
        self.set_count(parent, slot + 1);
        self.set_parent(child, parent, slot);
    }

    /// Cuts a chain so that the seat in `slot` of `leaf` becomes the first of a chain of its own, without a top.
    ///
    /// The caller then gives seats of the cut leaf their new places, summarises the lower edge of the upper part and
    /// the upper edge of the lower part. O(log cells).
    ///
    /// # Panics
    /// If the seat is the first of its chain already.
    pub fn cut(&mut self, leaf: u32, slot: usize, now: &Stamps) -> Cut {
        let mut lower = self.alloc(0, now);
        self.move_entries(leaf, slot, lower);
        let mut at = leaf;
        loop {
            let (parent, slot) = (self.parent(at), self.slot(at));
            let emptied = self.count(at) == 0;
            if parent == NONE {
                assert!(!emptied, "the first seat of a chain needs no cut");
                break;
            }
            if slot + 1 < self.count(parent) {
                let right = self.alloc(1, now);
                self.adopt(right, lower);
                self.move_entries(parent, slot + 1, right);
                lower = right;
            }
            if emptied {
                self.release(at);
            }
            self.set_count(parent, slot + usize::from(!emptied));
            at = parent;
        }
        let upper = self.collapse(at);
        let (last, slot) = self.last(upper);
        self.set_leg(last, slot, 0);
        Cut { upper, lower }
    }

    /// A root with a single block below it gives way to that block.
    fn collapse(&mut self, mut root: u32) -> u32 {
        while !self.is_leaf(root) && self.count(root) == 1 {
            let only = self.id(root, 0);
            self.set_top(only, self.top(root));
            self.release(root);
            root = only;
        }
        root
    }

    /// Moves the entries from `slot` on to the end of another block, with lanes and maps.
    fn move_entries(&mut self, from: u32, slot: usize, to: u32) {
        let (count, start) = (self.count(from), self.count(to));
        let layout = self.layout;
        let source = self.records.get(from).to_vec();
        for entry in slot..count {
            let target = start + entry - slot;
            let id = self.id(from, entry);
            self.set_id(to, target, id);
            self.set_leg(to, target, self.leg(from, entry));
            let record = self.records.get_mut(to);
            for lane in 0..layout.lane_count {
                let at = layout.lanes + FAN * lane;
                record[at + target] = source[at + entry];
            }
            for map in layout.maps..layout.maps + layout.map_count {
                let byte = (source[map] >> (8 * entry)) & 0xff;
                record[map] = (record[map] & !(0xff << (8 * target))) | (byte << (8 * target));
            }
            if !self.is_leaf(to) {
                self.set_parent(id, to, target);
            }
        }
        self.set_count(to, start + count - slot);
        self.set_count(from, slot);
    }

    /// Sets a block's own cell count, and the leg its parent's entry for it shows, from its entries.
    pub fn summarise_shape(&mut self, block: u32) {
        let count = self.count(block);
        let leaf = self.is_leaf(block);
        let (mut cells, mut leg) = (0, self.leg(block, 0));
        for slot in 0..count {
            cells += if leaf {
                1
            } else {
                self.cells(self.id(block, slot))
            };
            if self.leg(block, slot) != leg {
                leg = 0;
            }
        }
        let at = self.layout.shape;
        let record = self.records.get_mut(block);
        record[at] = pair(low(record[at]), cells);
        let parent = self.parent(block);
        if parent != NONE {
            let slot = self.slot(block);
            self.set_leg(parent, slot, leg);
        }
    }
}

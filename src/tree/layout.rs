//! The seat record, drawn. One record a seat and tree, in two parts: the *line*, which is one cache line where it can be
//! and holds what every order touches, and the *rest*.
//!
//! ```text
//! word          low 32 bits                high 32 bits
//! 0             parent                     block (of the chain it stands on, NONE for a plain seat)
//! 1             slot u8, flags u8, stamp u16 of period types 0..3
//! [1+1]         stamps u16 of period types 3..7                         where there are more than three
//! group         i64 per period type and kind: all that entered here or below (plain seats)
//! counts        active below               downline below               one integer: downline * 2^32 + active
//! thresholds    u8 each: steps reached                                  where there are ladders
//! ---- less often touched from here on; the line takes in of them what still fits ----
//! own           i64 per period type and kind                            where the tree keeps its own
//! frontline     active children            counted children
//! children      first child | leg 1        last child | leg 2
//! meta          owner                      leg u8, room u8              where a seat's number is not its owner's
//! siblings      next                       previous                     not in binary trees
//! wide          record of the bucket vectors, NONE before the first child      where there are kernels
//! ```
//!
//! Sums of its own that the line has no room for come last; what stands before them fills it, so that they never lie in
//! both parts.
//!
//! A stamp is the low 16 bits of the ordinal of the period the figures belong to; with any other stamp they count as
//! zero. `slot` is the seat's place in its chain block. `room` is the distance down to the nearest free leg.

use serde::{Deserialize, Serialize};

use crate::base::limits::{KINDS_MAX, PERIOD_TYPES_MAX};

use super::rules::Shape;

/// Greatest number of sums (period types x kinds) a seat can keep.
pub const SUMS_MAX: usize = KINDS_MAX * PERIOD_TYPES_MAX;

/// Words of a cache line, and the least a line has.
pub const LINE_WORDS: usize = 8;

/// Where each part of a seat record lies, in words from its start: those below `line` in the line, the others in the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatLayout {
    /// Volume kinds.
    pub kinds: usize,
    /// Period types.
    pub periods: usize,
    /// Words of stamps, 1 or 2, from word 1 on.
    pub stamp_words: usize,
    /// First group sum.
    pub group: usize,
    /// The packed counts.
    pub counts: usize,
    /// Threshold bytes; as many words as the ladders need.
    pub thresholds: usize,
    /// First and last child, or the two legs.
    pub children: usize,
    /// Next and previous sibling, where kept.
    pub siblings: Option<usize>,
    /// First own sum, where kept.
    pub own: Option<usize>,
    /// Frontline counts.
    pub frontline: usize,
    /// Owner, leg, room; left out where legs are not numbered and each seat's number is its owner's.
    pub meta: Option<usize>,
    /// Index of the wide record, where there are kernels.
    pub wide: Option<usize>,
    /// Words of the line.
    pub line: usize,
    /// Words of the rest, possibly none.
    pub rest: usize,
}

impl SeatLayout {
    /// Draws the record of one tree. `named`: whether a seat names its owner, or has his number; `own`: whether it keeps
    /// its own sums.
    #[must_use]
    pub fn new(
        shape: Shape,
        kinds: usize,
        periods: usize,
        named: bool,
        own: bool,
        ladders: usize,
        kernels: usize,
    ) -> SeatLayout {
        assert!((1..=KINDS_MAX).contains(&kinds) && (1..=PERIOD_TYPES_MAX).contains(&periods));
        let sums = kinds * periods;
        let mut at = 1;
        let mut take = |words: usize| {
            at += words;
            at - words
        };
        let stamp_words = if periods > 3 { 2 } else { 1 };
        take(stamp_words);
        let group = take(sums);
        let counts = take(1);
        let thresholds = take(ladders.div_ceil(8));
        // What is left of the cache line is filled; a record that ends short of one is given the missing words.
        let hot = take(0);
        let line = hot.max(LINE_WORDS);
        let own_near = (own && hot + sums <= line).then(|| take(sums));
        let frontline = take(1);
        let children = take(1);
        let meta = (named || shape.legs().is_some()).then(|| take(1));
        let siblings = (shape != Shape::Binary).then(|| take(1));
        let wide = (kernels > 0).then(|| take(1));
        let own = own_near.or_else(|| own.then(|| take(sums)));
        let rest = take(0).saturating_sub(line);
        SeatLayout {
            kinds,
            periods,
            stamp_words,
            group,
            counts,
            thresholds,
            children,
            siblings,
            own,
            frontline,
            meta,
            wide,
            line,
            rest,
        }
    }

    /// Sums a seat keeps: period types x kinds.
    #[must_use]
    pub fn sums(&self) -> usize {
        self.kinds * self.periods
    }

    /// Index of a sum among the sums.
    #[inline]
    #[must_use]
    pub fn sum(&self, period: usize, kind: usize) -> usize {
        debug_assert!(period < self.periods && kind < self.kinds);
        period * self.kinds + kind
    }
}

/// The low 32 bits of a word.
#[inline]
#[must_use]
pub fn low(word: i64) -> u32 {
    word as u32
}

/// The high 32 bits of a word.
#[inline]
#[must_use]
pub fn high(word: i64) -> u32 {
    (word as u64 >> 32) as u32
}

/// A word of two halves.
#[inline]
#[must_use]
pub fn pair(low: u32, high: u32) -> i64 {
    ((u64::from(high) << 32) | u64::from(low)) as i64
}

/// Stamps of the running periods, in the form in which records carry them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Stamps {
    ordinals: [u16; PERIOD_TYPES_MAX],
    /// The same as stamp words; word 0 has zeros where slot and flags lie.
    words: [u64; 2],
}

/// Bits of word 1 that are stamps.
const STAMPS_0: u64 = !0xffff;

impl Stamps {
    /// The stamp of a period type.
    #[must_use]
    pub fn get(&self, period: usize) -> u16 {
        self.ordinals[period]
    }

    /// Sets the stamp of a period type.
    pub fn set(&mut self, period: usize, ordinal: u16) {
        self.ordinals[period] = ordinal;
        let of = |p: usize, shift: u32| u64::from(self.ordinals[p]) << shift;
        self.words = [
            of(0, 16) | of(1, 32) | of(2, 48),
            of(3, 0) | of(4, 16) | of(5, 32) | of(6, 48),
        ];
    }

    /// Whether the stamp words of a record (or chain block) all say "now".
    #[inline]
    #[must_use]
    pub fn is_fresh(&self, words: &[i64]) -> bool {
        (words[0] as u64 & STAMPS_0) == self.words[0]
            && (words.len() == 1 || words[1] as u64 == self.words[1])
    }

    /// Whether a record's stamp of one period type says "now".
    #[inline]
    #[must_use]
    pub fn is_current(&self, words: &[i64], period: usize) -> bool {
        stamp(words, period) == self.ordinals[period]
    }

    /// Writes "now" for all period types.
    pub fn write(&self, words: &mut [i64]) {
        words[0] = ((words[0] as u64 & !STAMPS_0) | self.words[0]) as i64;
        if words.len() > 1 {
            words[1] = self.words[1] as i64;
        }
    }
}

/// A record's stamp of one period type.
#[inline]
fn stamp(words: &[i64], period: usize) -> u16 {
    if period < 3 {
        (words[0] as u64 >> (16 + 16 * period)) as u16
    } else {
        (words[1] as u64 >> (16 * (period - 3))) as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_records_are_small() {
        // Two kinds, one period type: the enroller tree with its own sums, and a binary tree without.
        let bytes = |shape, own: bool| {
            let layout = SeatLayout::new(shape, 2, 1, !own, own, 0, 0);
            (layout.line * 8, layout.rest * 8)
        };
        assert_eq!(bytes(Shape::List, true), (64, 16));
        assert_eq!(bytes(Shape::Binary, false), (64, 0));
    }

    #[test]
    fn no_part_lies_in_both_halves_of_a_record() {
        for (kinds, periods) in (1..=8).flat_map(|kinds| (1..=7).map(move |p| (kinds, p))) {
            for (ladders, kernels) in [(0, 0), (1, 0), (9, 1)] {
                let layout =
                    SeatLayout::new(Shape::List, kinds, periods, true, true, ladders, kernels);
                let one = |at: Option<usize>| at.map(|at| (at, 1));
                let mut parts: Vec<(usize, usize)> = [
                    Some((0, 1 + layout.stamp_words)),
                    Some((layout.group, layout.sums())),
                    Some((layout.thresholds, ladders.div_ceil(8))),
                    layout.own.map(|own| (own, layout.sums())),
                    one(Some(layout.counts)),
                    one(Some(layout.frontline)),
                    one(Some(layout.children)),
                    one(layout.meta),
                    one(layout.siblings),
                    one(layout.wide),
                ]
                .into_iter()
                .flatten()
                .collect();
                parts.sort_unstable();
                let ends = |&(at, words): &(usize, usize)| at + words;
                assert!(parts.is_sorted_by(|a, b| ends(a) <= b.0), "{layout:?}");
                let within = |part| ends(part) <= layout.line || part.0 >= layout.line;
                assert!(parts.iter().all(within), "{layout:?}");
                let end = parts.last().map_or(0, ends).max(layout.line);
                assert_eq!(end, layout.line + layout.rest, "{layout:?}");
            }
        }
    }

    #[test]
    fn stamps_are_told_apart_per_period_type() {
        let mut now = Stamps::default();
        for period in 0..PERIOD_TYPES_MAX {
            now.set(period, 40_000 + period as u16);
        }
        let mut words = [0xabcd, 0];
        assert!(!now.is_fresh(&words));
        now.write(&mut words);
        assert!(now.is_fresh(&words));
        assert_eq!(words[0] as u16, 0xabcd, "slot and flags stay");
        for period in 0..PERIOD_TYPES_MAX {
            let mut later = now;
            later.set(period, 1);
            assert!(!later.is_fresh(&words));
            for other in 0..PERIOD_TYPES_MAX {
                assert_eq!(later.is_current(&words, other), other != period);
            }
        }
    }
}

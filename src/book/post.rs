//! Posting: volume entering at many seats, their walks to the root in lockstep.
//!
//! A walk is a chain of dependent loads, so one at a time it waits for memory at each step. Sixteen in flight, each
//! asking for its next record before the others take their turn, hide the waiting.

use crate::arena::words::Words;
use crate::base::ids::{NONE, Seat};
use crate::tree::layout::{LINE_WORDS, SUMS_MAX, high, low};

use super::forest::Posting;
use super::grove::Grove;
use super::judge::judge_line;

/// Walks in flight.
pub const LANES: usize = 16;
/// Numbers of sums for which the walks are compiled apart, with the places of all they touch in a line.
const EXACT_MAX: usize = 4;

impl Grove {
    /// Adds volumes at seats and up their lines. The order of postings makes no difference. O(hops) each.
    pub(super) fn post(&mut self, postings: &[Posting]) {
        for group in postings.chunks(LANES) {
            for posting in group {
                self.seats.prefetch(posting.seat);
                if !posting.own {
                    // What comes as if from the first level must be told from what enters here, from the start.
                    self.widen(posting.seat);
                }
            }
            match self.plan.sums {
                1 if self.is_plain_line() => self.post_group::<1>(group),
                2 if self.is_plain_line() => self.post_group::<2>(group),
                3 if self.is_plain_line() => self.post_group::<3>(group),
                4 if self.is_plain_line() => self.post_group::<4>(group),
                1..=8 => self.post_group::<8>(group),
                _ => self.post_group::<SUMS_MAX>(group),
            }
            if !self.plan.kernels.is_empty() {
                for posting in group {
                    let delta = self.delta::<SUMS_MAX>(posting);
                    self.enter_vectors(posting.seat, &delta, posting.own);
                }
            }
        }
    }

    /// What a posting adds to each sum.
    #[inline]
    fn delta<const S: usize>(&self, posting: &Posting) -> [i64; S] {
        let layout = &self.seats.layout;
        let mut delta = [0; S];
        for period in 0..layout.periods {
            if posting.periods & (1 << period) != 0 {
                for kind in 0..layout.kinds {
                    delta[period * layout.kinds + kind] = posting.volumes.units()[kind];
                }
            }
        }
        delta
    }

    fn post_group<const S: usize>(&mut self, group: &[Posting]) {
        let mut seats = [NONE; LANES];
        let mut deltas = [[0i64; S]; LANES];
        for (walk, posting) in group.iter().enumerate() {
            let delta = self.delta::<S>(posting);
            if posting.own {
                self.add_own(posting.seat, &delta);
            }
            seats[walk] = self.hop(posting.seat, &delta);
            self.seats.lines.prefetch(seats[walk]);
            deltas[walk] = delta;
        }
        let mut live = group.len();
        while live > 0 {
            let mut walk = 0;
            while walk < live {
                if seats[walk] == NONE {
                    live -= 1;
                    seats[walk] = seats[live];
                    deltas[walk] = deltas[live];
                    continue;
                }
                let next = self.hop(seats[walk], &deltas[walk]);
                self.seats.lines.prefetch(next);
                seats[walk] = next;
                walk += 1;
            }
        }
    }

    #[inline]
    fn add_own(&mut self, seat: Seat, delta: &[i64]) {
        let layout = &self.seats.layout;
        let Some(own) = layout.own else {
            return;
        };
        let sums = layout.sums();
        self.freshen(seat);
        let words = self.seats.words_mut(seat, own, sums);
        for (sum, volume) in words.iter_mut().zip(delta) {
            *sum += volume;
        }
    }

    /// Adds to one plain seat, or to one cell and over its whole chain; gives the next seat of the walk.
    #[inline(always)]
    fn hop<const S: usize>(&mut self, seat: Seat, delta: &[i64; S]) -> Seat {
        let layout = &self.seats.layout;
        // What is known when this is compiled needs no loop and no check.
        let (group, thresholds, sums) = if S <= EXACT_MAX {
            (2, 3 + S, S)
        } else {
            (layout.group, layout.thresholds, self.plan.sums)
        };
        let mut line = line_of::<S>(&mut self.seats.lines, seat);
        let leaf = high(line[0]);
        if leaf != NONE {
            let slot = line[1] as u8 as usize;
            return self.hop_chain(leaf, slot, &delta[..self.plan.sums]);
        }
        if !self.now.is_fresh(&line[1..group]) {
            self.freshen_stale(seat);
            line = line_of::<S>(&mut self.seats.lines, seat);
        }
        for (sum, volume) in line[group..group + sums].iter_mut().zip(delta) {
            *sum += volume;
        }
        judge_line(&self.plan.ladders, group, thresholds, line);
        low(line[0])
    }

    /// Whether a line is drawn as the compiled walks expect it.
    fn is_plain_line(&self) -> bool {
        let layout = &self.seats.layout;
        layout.stamp_words == 1 && self.plan.ladders.len() <= 8 && layout.line == LINE_WORDS
    }

    #[inline(never)]
    fn hop_chain(&mut self, leaf: u32, slot: usize, delta: &[i64]) -> Seat {
        let root = self.add_cell(leaf, slot, delta, 0);
        self.judge_chain(root);
        self.blocks.top(root)
    }
}

/// The line of a seat; where the walks are compiled apart, as wide as they expect it.
#[inline(always)]
fn line_of<const S: usize>(lines: &mut Words, seat: Seat) -> &mut [i64] {
    match S <= EXACT_MAX {
        true => lines.get_mut_of::<LINE_WORDS>(seat),
        false => lines.get_mut(seat),
    }
}

//! Posting: volume entering at many seats, their walks to the root in lockstep.
//!
//! A walk is a chain of dependent loads, so one at a time it waits for memory at each step. Sixteen in flight, each
//! asking for its next record before the others take their turn, hide the waiting.

use crate::base::ids::{NONE, Seat};
use crate::tree::layout::{SUMS_MAX, high, low};

use super::forest::Posting;
use super::grove::Grove;

/// Walks in flight.
pub const LANES: usize = 16;

impl Grove {
    /// Adds volumes at seats and up their lines. The order of postings makes no difference. O(hops) each.
    pub(super) fn post(&mut self, postings: &[Posting]) {
        for group in postings.chunks(LANES) {
            for posting in group {
                self.seats.records.prefetch(posting.seat);
                if !posting.own {
                    // What comes as if from the first level must be told from what enters here, from the start.
                    self.widen(posting.seat);
                }
            }
            match self.plan.sums {
                1 => self.post_group::<1>(group),
                2 => self.post_group::<2>(group),
                3 => self.post_group::<3>(group),
                4 => self.post_group::<4>(group),
                5..=8 => self.post_group::<8>(group),
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
            self.seats.records.prefetch(seats[walk]);
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
                self.seats.records.prefetch(next);
                seats[walk] = next;
                walk += 1;
            }
        }
    }

    #[inline]
    fn add_own(&mut self, seat: Seat, delta: &[i64]) {
        let layout = self.seats.layout;
        let Some(own) = layout.own else {
            return;
        };
        self.freshen(seat);
        let record = self.seats.records.get_mut(seat);
        for (sum, volume) in record[own..own + layout.sums()].iter_mut().zip(delta) {
            *sum += volume;
        }
    }

    /// Adds to one plain seat, or to one cell and over its whole chain; gives the next seat of the walk.
    #[inline]
    fn hop(&mut self, seat: Seat, delta: &[i64]) -> Seat {
        self.freshen(seat);
        let layout = &self.seats.layout;
        let (group, sums) = (layout.group, layout.sums());
        let record = self.seats.records.get_mut(seat);
        let (parent, leaf) = (low(record[0]), high(record[0]));
        if leaf != NONE {
            let slot = record[1] as u8 as usize;
            return self.hop_chain(leaf, slot, &delta[..self.plan.sums]);
        }
        for (sum, volume) in record[group..group + sums].iter_mut().zip(delta) {
            *sum += volume;
        }
        if !self.plan.ladders.is_empty() {
            self.judge_plain(seat);
        }
        parent
    }

    fn hop_chain(&mut self, leaf: u32, slot: usize, delta: &[i64]) -> Seat {
        let root = self.add_cell(leaf, slot, delta, 0);
        if !self.plan.ladders.is_empty() {
            self.judge_chain(root);
        }
        self.blocks.top(root)
    }
}

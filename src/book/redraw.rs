//! Redrawing: the same trees and figures in records that have room for more kinds, more period types, or own volume.
//!
//! A pass over all records that takes each part over to its new place; what is new is zero. Nothing that a reader can
//! ask changes by it, so when it is done is nobody's business but the clock's.

use std::sync::Arc;

use crate::base::ids::{ENROLLER_TREE, Seat};
use crate::tree::blocks::FAN;
use crate::tree::layout::SeatLayout;
use crate::tree::seats::Seats;

use super::forest::Forest;
use super::grove::{Drawing, Grove};
use super::rules::Kept;

impl Forest {
    /// Volume kinds the records have room for.
    #[must_use]
    pub fn kinds(&self) -> usize {
        self.groves[ENROLLER_TREE].seats.layout.kinds
    }

    /// Period types the records have room for.
    #[must_use]
    pub fn period_types(&self) -> usize {
        self.groves[ENROLLER_TREE].seats.layout.periods
    }

    /// Whether the records of every tree are drawn as `kept` wants them. O(trees).
    #[must_use]
    pub fn fits(&self, kept: &Kept<'_>) -> bool {
        self.groves
            .iter()
            .enumerate()
            .all(|(index, grove)| grove.is_drawn_as(&Drawing::new(kept, index)))
    }

    /// Redraws every tree whose records are drawn otherwise than `kept` wants, and adds the trees that are not there yet,
    /// with their company seat. `kept` names the present trees first, in order, with ladders and kernels as they are.
    /// A tree that did not keep own volume takes it from the enroller tree: nobody has a second place in it.
    ///
    /// O(seats and blocks of the trees redrawn); O(trees) where all fit.
    pub fn fit(&mut self, kept: &Kept<'_>) {
        for index in 0..self.groves.len() {
            let drawing = Drawing::new(kept, index);
            if !self.groves[index].is_drawn_as(&drawing) {
                // The enroller tree comes first, so the others find it drawn already.
                let (before, rest) = self.groves.split_at_mut(index);
                rest[0] = rest[0].redrawn(drawing, before.first());
            }
        }
        for index in self.groves.len()..kept.trees.len() {
            self.groves.push(Grove::new(kept, index));
        }
    }
}

impl Grove {
    fn is_drawn_as(&self, drawing: &Drawing) -> bool {
        *self.plan == drawing.plan && self.seats.layout == drawing.seat
    }

    /// This tree in records drawn anew, every one of them brought to the running periods.
    fn redrawn(&mut self, drawing: Drawing, enroller: Option<&Grove>) -> Grove {
        let mut old = self.fork();
        old.freshen_all();
        let Drawing { plan, seat, block } = drawing;
        let (from, to) = (old.seats.layout, seat);
        let mut seats = Seats::new(old.seats.shape, to);
        for seat in 0..old.seats.len() {
            seats.push(old.seats.owner(seat));
            take_over(&old.seats, &mut seats, seat, plan.ladders.len());
            old.now.write(seats.words_mut(seat, 1, to.stamp_words));
            if let (None, Some(own), Some(enroller)) = (from.own, to.own, enroller) {
                let owner = old.seats.owner(seat);
                for sum in 0..to.sums() {
                    let units = enroller.own_now(owner, sum).unwrap_or(0);
                    *seats.word_mut(seat, own + sum) = units;
                }
            }
        }
        let (lanes, sums) = (old.blocks.layout, old.plan.sums);
        let blocks = old.blocks.redrawn(block, &old.now, |was, is| {
            for (before, after) in places(&from, &to) {
                let (before, after) = (lanes.lanes + FAN * before, block.lanes + FAN * after);
                is[after..after + FAN].copy_from_slice(&was[before..before + FAN]);
            }
            is[block.lanes + FAN * plan.sums..].copy_from_slice(&was[lanes.lanes + FAN * sums..]);
        });
        Grove {
            seats,
            blocks,
            wide: old.wide,
            plan: Arc::new(plan),
            now: old.now,
            roots: old.roots,
            waiting: old.waiting,
        }
    }

    /// Brings every record to the running periods.
    fn freshen_all(&mut self) {
        for seat in 0..self.seats.len() {
            self.freshen(seat);
        }
        for block in 0..self.blocks.records.len() {
            self.freshen_block(block);
        }
    }
}

/// The index of each sum that both layouts keep, in the one and in the other.
fn places<'a>(
    from: &'a SeatLayout,
    to: &'a SeatLayout,
) -> impl Iterator<Item = (usize, usize)> + 'a {
    let (periods, kinds) = (from.periods.min(to.periods), from.kinds.min(to.kinds));
    (0..periods).flat_map(move |period| {
        (0..kinds).map(move |kind| (from.sum(period, kind), to.sum(period, kind)))
    })
}

/// Takes a seat's record over, all but its stamps.
fn take_over(old: &Seats, new: &mut Seats, seat: Seat, ladders: usize) {
    let (from, to) = (old.layout, new.layout);
    let mut take = |before: usize, after: usize| {
        *new.word_mut(seat, after) = old.word(seat, before);
    };
    take(0, 0);
    // The stamps beside slot and flags are written anew behind this.
    take(1, 1);
    for (before, after) in places(&from, &to) {
        take(from.group + before, to.group + after);
        if let (Some(own), Some(new)) = (from.own, to.own) {
            take(own + before, new + after);
        }
    }
    take(from.counts, to.counts);
    for word in 0..ladders.div_ceil(8) {
        take(from.thresholds + word, to.thresholds + word);
    }
    take(from.children, to.children);
    take(from.frontline, to.frontline);
    let links = [
        (from.meta, to.meta),
        (from.siblings, to.siblings),
        (from.wide, to.wide),
    ];
    for (before, after) in links {
        if let (Some(before), Some(after)) = (before, after) {
            take(before, after);
        }
    }
}

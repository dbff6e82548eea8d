//! A grove: one tree with its figures. Here: what it is made of, and how stale figures become zero.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::arena::image::{ImageReader, ImageWriter};
use crate::arena::pages::Pages;
use crate::arena::words::Words;
use crate::base::bytes::Malformed;
use crate::base::ids::{ENROLLER_TREE, NONE, Seat};
use crate::tree::blocks::{BlockLayout, Blocks, FAN};
use crate::tree::layout::{SeatLayout, Stamps, low, pair};
use crate::tree::rules::Shape;
use crate::tree::seats::{ACTIVE, Seats};
use crate::tree::walk::Walk;

use super::carry::without_active;
use super::kernel::map::Map;
use super::ladder::Ladder;
use super::rules::{Kept, KernelRule, Window};

/// A bucket vector kept on one tree, with its places in records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KernelPlan {
    /// Index in the rules' list.
    pub index: usize,
    /// Period type.
    pub period: usize,
    /// The sum it follows.
    pub sum: usize,
    /// Buckets.
    pub buckets: usize,
    /// Which map a seat has.
    pub rule: KernelRule,
    /// First of its lanes in a block, and first of its words in a carry.
    pub lane: usize,
    /// First word in a carry's vectors.
    pub carry: usize,
    /// First of its map bytes in a block.
    pub map: usize,
    /// First of its words in a wide record: what entered at the seat, then the buckets.
    pub wide: usize,
}

/// What a grove keeps, and where: fixed by the rules.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrovePlan {
    /// Sums a seat keeps.
    pub sums: usize,
    /// The period type of the activity rule, or none where activity is standing.
    pub activity_period: Option<usize>,
    /// Ladders kept here.
    pub ladders: Vec<Ladder>,
    /// Kernels kept here.
    pub kernels: Vec<KernelPlan>,
    /// Words all bucket vectors of a carry take.
    pub carry_words: usize,
    /// Plain seats in a row, bottom up, that become a chain.
    pub run_min: usize,
    /// A chain left with fewer cells becomes plain seats again.
    pub chain_min: u32,
}

/// What the rules want kept on one tree, and how its records are drawn for it.
pub(super) struct Drawing {
    pub(super) plan: GrovePlan,
    pub(super) seat: SeatLayout,
    pub(super) block: BlockLayout,
}

impl Drawing {
    pub(super) fn new(kept: &Kept<'_>, index: usize) -> Drawing {
        let rules = &kept.trees[index];
        let plan = plan(kept, index);
        let enroller = &kept.trees[0];
        let own =
            index == 0 || rules.centres > 1 || rules.customer_level != enroller.customer_level;
        let seat = SeatLayout::new(
            rules.shape,
            kept.kinds,
            kept.periods,
            index != ENROLLER_TREE,
            own,
            plan.ladders.len(),
            plan.kernels.len(),
        );
        let lanes = plan.sums + 1 + 2 * plan.ladders.len() + plan.carry_words;
        let block = BlockLayout::new(seat.stamp_words, lanes, plan.carry_words);
        Drawing { plan, seat, block }
    }
}

/// One tree with its figures.
pub struct Grove {
    /// The seats.
    pub seats: Seats,
    /// Their chains.
    pub blocks: Blocks,
    /// Bucket vectors, of seats that have or had a child; without kernels there are none.
    pub wide: Words,
    /// What is kept.
    pub plan: Arc<GrovePlan>,
    /// The running periods.
    pub now: Stamps,
    /// Roots that stand apart (trees with numbered legs), by seat.
    pub roots: Arc<BTreeSet<Seat>>,
    /// Seats in the holding tank.
    pub waiting: Arc<BTreeSet<Seat>>,
}

impl Grove {
    /// The tree `index` of the rules, with the hidden company seat only.
    ///
    /// # Panics
    /// If a kernel skips the inactive but belongs to another period type than activity: then a roll would change every
    /// vector at once.
    #[must_use]
    pub fn new(kept: &Kept<'_>, index: usize) -> Grove {
        let Drawing { plan, seat, block } = Drawing::new(kept, index);
        let mut grove = Grove {
            seats: Seats::new(kept.trees[index].shape, seat),
            blocks: Blocks::new(block),
            wide: Words::new(plan.wide_words()),
            plan: Arc::new(plan),
            now: Stamps::default(),
            roots: Arc::default(),
            waiting: Arc::default(),
        };
        grove.seats.push(crate::base::ids::COMPANY);
        grove
    }

    /// A second grove equal to this one. O(pages).
    #[must_use]
    pub fn fork(&mut self) -> Grove {
        Grove {
            seats: self.seats.fork(),
            blocks: self.blocks.fork(),
            wide: self.wide.fork(),
            plan: Arc::clone(&self.plan),
            now: self.now,
            roots: Arc::clone(&self.roots),
            waiting: Arc::clone(&self.waiting),
        }
    }

    /// Takes it down.
    pub fn put<'s>(&'s self, image: &mut ImageWriter<'s>) {
        self.seats.put(image);
        self.blocks.put(image);
        image.put_plain(&*self.plan);
        self.wide.put(image);
        image.put_plain(&self.now);
        for seats in [&self.roots, &self.waiting] {
            image.put_all(seats.iter().copied());
        }
    }

    /// What [`Grove::put`] put. O(pages + roots + seats that wait).
    ///
    /// # Errors
    /// If it is none.
    pub fn take(image: &mut ImageReader<'_>) -> Result<Grove, Malformed> {
        let (seats, blocks) = (Seats::take(image)?, Blocks::take(image)?);
        let plan: GrovePlan = image.take_plain()?;
        let wide = Words::take(image, plan.wide_words())?;
        let now = image.take_plain()?;
        let mut set = || -> Result<Arc<BTreeSet<Seat>>, Malformed> {
            Ok(Arc::new(image.take_all()?.into_iter().collect()))
        };
        Ok(Grove {
            seats,
            blocks,
            wide,
            plan: Arc::new(plan),
            now,
            roots: set()?,
            waiting: set()?,
        })
    }

    /// Appends all pages.
    pub fn pages<'p>(&'p mut self, all: &mut Vec<&'p mut Pages>) {
        self.seats.pages(all);
        self.blocks.pages(all);
        all.push(self.wide.pages());
    }

    /// The links, to walk on.
    #[must_use]
    pub fn walk(&self) -> Walk<'_> {
        Walk {
            seats: &self.seats,
            blocks: &self.blocks,
        }
    }

    /// Whether roots hang below the company seat rather than standing apart.
    #[must_use]
    pub fn roots_below_company(&self) -> bool {
        self.seats.shape == Shape::List
    }

    /// The stamp words of a seat record.
    #[inline(always)]
    pub(super) fn stamps<'a>(&self, record: &'a [i64]) -> &'a [i64] {
        &record[1..=self.seats.layout.stamp_words]
    }

    /// Whether the seat is active in the running period.
    #[inline]
    #[must_use]
    pub fn is_active(&self, seat: Seat) -> bool {
        let record = self.seats.lines.get(seat);
        let current = match self.plan.activity_period {
            Some(period) => self.now.is_current(self.stamps(record), period),
            None => true,
        };
        current && (record[1] >> 8) as u8 & ACTIVE != 0
    }

    /// Brings a seat record to the running periods: what belongs to an earlier one becomes zero.
    #[inline(always)]
    pub(super) fn freshen(&mut self, seat: Seat) {
        if !self.now.is_fresh(self.stamps(self.seats.lines.get(seat))) {
            self.freshen_stale(seat);
        }
    }

    #[inline(never)]
    pub(super) fn freshen_stale(&mut self, seat: Seat) {
        let layout = self.seats.layout;
        let (plan, now) = (&*self.plan, self.now);
        let wide = layout
            .wide
            .map_or(NONE, |at| low(self.seats.word(seat, at)));
        for period in 0..layout.periods {
            let record = self.seats.lines.get_mut(seat);
            if now.is_current(&record[1..=layout.stamp_words], period) {
                continue;
            }
            let sums = layout.sum(period, 0)..layout.sum(period, 0) + layout.kinds;
            record[layout.group..][sums].fill(0);
            if plan.activity_period == Some(period) {
                record[1] &= !(i64::from(ACTIVE) << 8);
                record[layout.counts] = without_active(record[layout.counts]);
            }
            for (at, _) in plan
                .ladders
                .iter()
                .enumerate()
                .filter(|(_, ladder)| ladder.period == period)
            {
                Ladder::set_reached(record, layout.thresholds, at, 0);
            }
            if plan.activity_period == Some(period) {
                let frontline = self.seats.word_mut(seat, layout.frontline);
                *frontline = without_active(*frontline);
            }
            if let Some(own) = layout.own {
                let own = own + layout.sum(period, 0);
                self.seats.words_mut(seat, own, layout.kinds).fill(0);
            }
            if wide != NONE {
                for kernel in plan.kernels.iter().filter(|kernel| kernel.period == period) {
                    self.wide.get_mut(wide)[kernel.wide..=kernel.wide + kernel.buckets].fill(0);
                }
            }
        }
        now.write(&mut self.seats.lines.get_mut(seat)[1..=layout.stamp_words]);
    }

    /// Brings a chain block to the running periods.
    #[inline(always)]
    pub(super) fn freshen_block(&mut self, block: u32) {
        if !self.now.is_fresh(self.blocks.stamps(block)) {
            self.freshen_stale_block(block);
        }
    }

    #[inline(never)]
    fn freshen_stale_block(&mut self, block: u32) {
        let (layout, now, plan) = (self.blocks.layout, self.now, &*self.plan);
        let kinds = self.seats.layout.kinds;
        let record = self.blocks.records.get_mut(block);
        for period in 0..self.seats.layout.periods {
            if now.is_current(&record[1..=layout.stamp_words], period) {
                continue;
            }
            let lane = |lane: usize| layout.lanes + FAN * lane..layout.lanes + FAN * (lane + 1);
            for kind in 0..kinds {
                record[lane(period * kinds + kind)].fill(0);
            }
            if plan.activity_period == Some(period) {
                record[lane(plan.sums)]
                    .iter_mut()
                    .for_each(|counts| *counts = without_active(*counts));
            }
            for (at, ladder) in plan
                .ladders
                .iter()
                .enumerate()
                .filter(|(_, ladder)| ladder.period == period)
            {
                let (up, down) = ladder.slack(0, 0);
                record[lane(plan.up_lane(at))].fill(up);
                record[lane(plan.up_lane(at) + 1)].fill(down);
            }
            for kernel in plan.kernels.iter().filter(|kernel| kernel.period == period) {
                let lanes = lane(kernel.lane).start..lane(kernel.lane + kernel.buckets - 1).end;
                record[lanes].fill(0);
                if plan.map_rolls(kernel) {
                    let nobody = Map::identity(kernel.buckets);
                    for bucket in 0..kernel.buckets {
                        let byte = nobody.get(bucket as u8);
                        record[layout.maps + kernel.map + bucket] = i64::from_le_bytes([byte; FAN]);
                    }
                }
            }
        }
        now.write(&mut record[1..=layout.stamp_words]);
    }

    /// The wide record of a seat, made now if it has none; without kernels none is needed.
    pub(super) fn widen(&mut self, seat: Seat) {
        let Some(at) = self.seats.layout.wide else {
            return;
        };
        if low(self.seats.word(seat, at)) != NONE {
            return;
        }
        self.freshen(seat);
        let entered: Vec<i64> = self
            .plan
            .kernels
            .iter()
            .map(|kernel| self.sum_now(seat, kernel.sum))
            .collect();
        let wide = self.wide.push();
        for (kernel, entered) in self.plan.kernels.iter().zip(entered) {
            self.wide.get_mut(wide)[kernel.wide] = entered;
        }
        *self.seats.word_mut(seat, at) = pair(wide, 0);
    }
}

impl GrovePlan {
    /// Words of a wide record; one where there are no kernels.
    fn wide_words(&self) -> usize {
        (self.carry_words + self.kernels.len()).max(1)
    }

    /// The lane of a ladder's upward slack; the downward one follows it.
    #[must_use]
    pub fn up_lane(&self, ladder: usize) -> usize {
        self.sums + 1 + 2 * ladder
    }

    /// Whether a roll of the kernel's period makes every map the identity, because it makes everybody inactive.
    #[must_use]
    pub fn map_rolls(&self, kernel: &KernelPlan) -> bool {
        kernel.rule == KernelRule::SkipInactive && self.activity_period == Some(kernel.period)
    }
}

fn plan(kept: &Kept<'_>, index: usize) -> GrovePlan {
    let sums = kept.kinds * kept.periods;
    let here = |tree: u8| usize::from(tree) == index;
    let activity_period = match kept.activity.window {
        Window::Period(period) => Some(usize::from(period)),
        Window::Rolling { .. } => None,
    };
    let ladders: Vec<Ladder> = kept
        .thresholds
        .iter()
        .enumerate()
        .filter(|(_, thresholds)| here(thresholds.tree))
        .map(|(index, thresholds)| Ladder::new(index, thresholds, kept.kinds))
        .collect();
    let first_lane = sums + 1 + 2 * ladders.len();
    let (mut carry_words, mut kernels) = (0, Vec::new());
    for (index, kernel) in kept
        .kernels
        .iter()
        .enumerate()
        .filter(|(_, kernel)| here(kernel.tree))
    {
        let (period, buckets) = (usize::from(kernel.period), usize::from(kernel.buckets));
        assert!(
            kernel.follows(kept.activity),
            "a kernel that skips the inactive follows the activity rule's period type"
        );
        kernels.push(KernelPlan {
            index,
            period,
            sum: period * kept.kinds + usize::from(kernel.kind),
            buckets,
            rule: kernel.rule,
            lane: first_lane + carry_words,
            carry: carry_words,
            map: carry_words,
            wide: carry_words + kernels.len(),
        });
        carry_words += buckets;
    }
    let (run_min, chain_min) = (kept.chain_run, (kept.chain_run / 4) as u32);
    GrovePlan {
        run_min,
        chain_min,
        sums,
        activity_period,
        ladders,
        kernels,
        carry_words,
    }
}

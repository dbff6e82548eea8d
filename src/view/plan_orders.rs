//! What entered one period, order by order, as plans read it.
//!
//! Orders and corrections lie in order of acceptance, so only those accepted since the period began are looked at: of a
//! closed period up to its close, of one that rolled all since, among which its late ones are. Days are those of UTC: a
//! day of the company's time zone would ask a table of time zones, and two machines may have different ones.

use crate::base::after_close::AfterClose;
use crate::base::ids::{Member, NONE, Seat};
use crate::base::limits::KINDS_MAX;
use crate::base::time::{DAY_MS, Time};
use crate::base::volumes::Volumes;
use crate::engine::orders::OrderRow;
use crate::plan::entry::{Entry, Facts, Wanted};
use crate::tree::rules::CustomerLevel;
use crate::view::era::{Asked, Era};
use crate::view::late::{Late, entered};
use crate::view::lens::Lens;

/// How many orders ahead members are asked for.
const AHEAD: u32 = 16;

/// The first records that may have entered a period.
#[derive(Debug, Clone, Copy)]
pub struct Since {
    /// Number of the order.
    pub orders: u32,
    /// Number of the refund or adjustment.
    pub corrections: u32,
}

impl Since {
    /// Those of a period; none if it was never current. O(log records).
    #[must_use]
    pub fn begun(lens: &Lens<'_>, of: Asked) -> Option<Since> {
        let bounds = (lens.periods(of.period).began(of.ordinal)?, None);
        let (orders, corrections) = (&lens.state.orders, &lens.state.corrections);
        let seq = |correction| corrections.row(correction).seq;
        Some(Since {
            orders: between(orders.len(), bounds, |order| orders.seq(order)).start,
            corrections: between(corrections.len(), bounds, seq).start,
        })
    }
}

/// What an entry is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The order with this number.
    Order(u32),
    /// The adjustment with this number among the corrections.
    Adjustment(u32),
}

/// The orders of a period.
#[derive(Clone, Copy)]
pub struct PlanOrders<'a> {
    lens: Lens<'a>,
    era: Era<'a>,
    wanted: Wanted,
    /// Bit `t`: customers' orders count in tree `t` as from one level below.
    first: u8,
    /// What late refunds do where no plan set is in force.
    told: AfterClose,
}

impl<'a> PlanOrders<'a> {
    /// Those of a period that can be read. Late refunds do what is `told` where no plan set is in force.
    #[must_use]
    pub fn new(
        (lens, era): (Lens<'a>, Era<'a>),
        wanted: Wanted,
        told: AfterClose,
    ) -> PlanOrders<'a> {
        let trees = era.rules.trees.iter().enumerate();
        let first = trees.filter(|(_, tree)| tree.customer_level == CustomerLevel::First);
        PlanOrders {
            lens,
            era,
            wanted,
            first: first.fold(0, |bits, (tree, _)| bits | 1 << tree),
            told,
        }
    }

    /// Refunds that entered whose orders entered an earlier period. O(corrections accepted since the period began, up to its
    /// close).
    #[must_use]
    pub fn late(&self) -> Vec<Entry> {
        let Some(bounds) = self.bounds() else {
            return Vec::new();
        };
        let corrections = &self.lens.state.corrections;
        let seq = |correction| corrections.row(correction).seq;
        let all = between(corrections.len(), bounds, seq);
        let late = all.filter(|&correction| self.lateness(correction).is_some());
        late.filter_map(|correction| self.of_correction(correction))
            .collect()
    }

    /// Some corrections, in their order: what each costs in [`each`](PlanOrders::each).
    #[must_use]
    pub fn of_corrections(&self, corrections: &[u32]) -> Vec<Entry> {
        let corrections = corrections.iter();
        let found = corrections.filter_map(|&correction| self.of_correction(correction));
        found.collect()
    }

    /// What a correction does that is a refund whose order entered an earlier period.
    fn lateness(&self, correction: u32) -> Option<AfterClose> {
        let order = self.lens.state.corrections.row(correction).order?;
        let late = Late::of(&self.lens, Asked::of(&self.era), self.told, order);
        late.map(|late| late.does)
    }

    /// What of an order a closed period was worked out by, and what refunds of later periods left of it: all entries up to a
    /// refund among those, without it or `with` it. O(refunds of the order squared).
    #[must_use]
    pub fn reversed(&self, order: u32, refund: u32, with: bool) -> Vec<Entry> {
        let state = self.lens.state;
        let refunds = state.corrections.of_order(state.orders.last_refund(order));
        let mut refunds: Vec<u32> = refunds.collect();
        refunds.reverse();
        let period = Some(self.era.ordinal);
        let counts = |&other: &u32| {
            let row = state.corrections.row(other);
            let entered = entered(&self.lens, self.era.period, row.periods, (row.at, row.seq));
            entered == period || entered > period && (other < refund || with && other == refund)
        };
        let refunds = refunds.into_iter().filter(counts);
        let refunds = refunds.map(|refund| self.entry_of_correction(refund));
        self.of_order(order).into_iter().chain(refunds).collect()
    }

    /// Shows everything that entered, the `nth` of so many parts of it. O(log orders) to begin, then O(count) for each order
    /// accepted since the period began, up to its close, and O(refunds of the same order) more for a refund.
    pub fn each(&self, (nth, parts): (usize, usize), each: &mut dyn FnMut(&Entry)) {
        let Some(bounds) = self.bounds() else {
            return;
        };
        let (orders, corrections) = (&self.lens.state.orders, &self.lens.state.corrections);
        let seq = |order| orders.seq(order);
        let all = between(orders.len(), bounds, seq);
        let cut = |nth: usize| all.start + (all.len() * nth / parts) as u32;
        let range = cut(nth)..cut(nth + 1);
        for order in range.clone() {
            let later = order.saturating_add(AHEAD);
            if later < range.end {
                // Members lie anywhere; by then their records are here.
                self.lens.told().prefetch(orders.credited(later));
                self.lens.told().prefetch(orders.buyer(later));
            }
            if let Some(entry) = self.of_order(order) {
                each(&entry);
            }
        }
        if nth + 1 < parts {
            return;
        }
        let seq = |correction| corrections.row(correction).seq;
        for correction in between(corrections.len(), bounds, seq) {
            if let Some(entry) = self.of_correction(correction) {
                each(&entry);
            }
        }
    }

    /// What entered of some records, in their order: what each costs in [`each`](PlanOrders::each).
    #[must_use]
    pub fn of_records(&self, orders: &[u32], corrections: &[u32]) -> Vec<Entry> {
        for &order in orders {
            self.lens.state.orders.prefetch(order);
        }
        let orders = orders.iter().filter_map(|&order| self.of_order(order));
        let corrections = corrections.iter();
        let corrections = corrections.filter_map(|&correction| self.of_correction(correction));
        orders.chain(corrections).collect()
    }

    /// Shows whose everything is that entered, in order of acceptance, orders before corrections; a refund as its order once
    /// more. O(1) for each order accepted since the period began, up to its close.
    pub fn each_source(&self, each: &mut dyn FnMut(Member, Source)) {
        let (orders, corrections) = (&self.lens.state.orders, &self.lens.state.corrections);
        let Some(bounds) = self.bounds() else {
            return;
        };
        for order in between(orders.len(), bounds, |order| orders.seq(order)) {
            if self.holds(order) {
                each(orders.credited(order), Source::Order(order));
            }
        }
        let seq = |correction| corrections.row(correction).seq;
        for correction in between(corrections.len(), bounds, seq) {
            let row = corrections.row(correction);
            if self.is_in(row.periods, row.at, row.seq) {
                let source = row
                    .order
                    .map_or(Source::Adjustment(correction), Source::Order);
                each(row.credited, source);
            }
        }
    }

    /// Everybody who was written down with an order, on any path.
    #[must_use]
    pub fn written_with(&self, source: Source) -> Vec<Member> {
        let Source::Order(order) = source else {
            return Vec::new();
        };
        let paths = self.lens.state.posted.of(order).into_iter();
        paths
            .flat_map(|(_, passed)| passed.into_iter().map(|one| one.member))
            .collect()
    }

    /// The sequences between which everything that entered was accepted: from one on, up to another where there is one.
    fn bounds(&self) -> Option<(u64, Option<u64>)> {
        let periods = self.lens.periods(self.era.period);
        let began = periods.began(self.era.ordinal)?;
        let closed = periods.book(self.era.ordinal);
        Some((began, closed.map(|book| book.seq + 1)))
    }

    /// Whether an order itself entered the period, whatever its refunds did.
    #[must_use]
    pub fn holds(&self, order: u32) -> bool {
        let row = self.lens.state.orders.row(order);
        self.is_in(row.periods, row.at, row.seq)
    }

    /// What an adjustment brought the period, if it entered it.
    #[must_use]
    pub fn adjustment(&self, correction: u32) -> Option<Entry> {
        self.of_correction(correction)
    }

    /// What entered of one order, the order first and refunds in order of acceptance. O(its refunds squared).
    #[must_use]
    pub fn all_of(&self, order: u32) -> Vec<Entry> {
        let state = self.lens.state;
        let refunds = state.corrections.of_order(state.orders.last_refund(order));
        let mut refunds: Vec<u32> = refunds.collect();
        refunds.reverse();
        let refunds = refunds.into_iter();
        let refunds = refunds.filter_map(|refund| self.of_correction(refund));
        self.of_order(order).into_iter().chain(refunds).collect()
    }

    /// An order, if it entered the period.
    fn of_order(&self, order: u32) -> Option<Entry> {
        let orders = &self.lens.state.orders;
        let row = orders.row(order);
        if !self.is_in(row.periods, row.at, row.seq) {
            return None;
        }
        let whole = self.known(&orders.volumes(order));
        let counts = [whole, [0; KINDS_MAX], whole];
        Some(self.entry_of(order, &row, counts))
    }

    /// A refund or an adjustment, if it entered the period.
    fn of_correction(&self, correction: u32) -> Option<Entry> {
        let row = self.lens.state.corrections.row(correction);
        let is_in = self.is_in(row.periods, row.at, row.seq);
        is_in.then(|| Entry {
            late: self.lateness(correction),
            ..self.entry_of_correction(correction)
        })
    }

    /// A refund or an adjustment as this period's book has its order, whichever it entered.
    fn entry_of_correction(&self, correction: u32) -> Entry {
        let (orders, corrections) = (&self.lens.state.orders, &self.lens.state.corrections);
        let row = corrections.row(correction);
        let volumes = self.known(&corrections.volumes(correction));
        let Some(order) = row.order else {
            let counts = [volumes, [0; KINDS_MAX], [0; KINDS_MAX]];
            let of = (row.buyer, row.credited, row.at);
            return self.alone(of, (row.centre, row.trees), counts);
        };
        let whole = self.known(&orders.volumes(order));
        let earlier = corrections.of_order(Some(correction)).nth(1);
        let taken = self.known(&corrections.taken(earlier).1);
        let before = std::array::from_fn(|kind| whole[kind] - taken[kind]);
        let counts = [volumes, before, whole];
        self.entry_of(order, &orders.row(order), counts)
    }

    /// What entered of an order.
    fn entry_of(&self, order: u32, row: &OrderRow, counts: [[i64; KINDS_MAX]; 3]) -> Entry {
        let orders = &self.lens.state.orders;
        let of = (row.buyer, row.credited, row.at);
        let mut entry = self.alone(of, (row.centre, row.trees), counts);
        let before = orders.newest_first(orders.previous(order));
        entry.order = Some(order);
        entry.facts.class = orders.class(order).cloned();
        entry.facts.place = 1 + before.take(usize::from(self.wanted.count)).count() as u8;
        if self.wanted.posted {
            entry.posted = self.lens.state.posted.of(order);
            let first = entry.posted.first().and_then(|(_, passed)| passed.first());
            entry.facts.active = first.is_some_and(|credited| credited.active);
        }
        entry
    }

    /// What was credited for a buyer by itself: its volumes, those that stood before and those of the whole.
    fn alone(
        &self,
        (buyer, credited, at): (Member, Member, Time),
        (centre, trees): (u16, u8),
        [volumes, before, whole]: [[i64; KINDS_MAX]; 3],
    ) -> Entry {
        let day = |time: Time| time.0.div_euclid(DAY_MS);
        let customers = buyer != credited;
        Entry {
            order: None,
            buyer,
            late: None,
            credited,
            facts: Facts {
                customers,
                class: None,
                place: 0,
                days: day(at) - day(self.lens.joined(buyer)),
                active: false,
            },
            seats: std::array::from_fn(|tree| self.seat(tree, credited, centre, trees)),
            below: if customers { self.first } else { 0 },
            volumes,
            before,
            whole,
            posted: Vec::new(),
        }
    }

    /// The seat it entered; the first centre's stands for one that the book does not know.
    fn seat(&self, tree: usize, credited: Member, centre: u16, trees: u8) -> Seat {
        if self.wanted.trees >> tree & 1 == 0 || tree >= self.era.rules.trees.len() {
            return NONE;
        }
        let known = |centre| {
            let seat = self.lens.seat(tree, credited, centre);
            seat.filter(|&seat| self.era.holds(tree, seat))
        };
        let named = if trees >> tree & 1 != 0 { centre } else { 1 };
        known(named).or_else(|| known(1)).unwrap_or(NONE)
    }

    /// Volumes of the kinds that the book's rules name.
    fn known(&self, volumes: &Volumes) -> [i64; KINDS_MAX] {
        let kinds = self.era.rules.kinds.len();
        std::array::from_fn(|kind| if kind < kinds { volumes.get(kind).0 } else { 0 })
    }

    /// Whether a record entered the period: by its `at` where it is marked so, otherwise by its sequence.
    fn is_in(&self, own_periods: u8, at: Time, seq: u64) -> bool {
        let ordinal = entered(&self.lens, self.era.period, own_periods, (at, seq));
        ordinal == Some(self.era.ordinal)
    }
}

/// The records from one sequence on, up to another where there is one. They rise. O(log records).
fn between(
    records: u32,
    (from, behind): (u64, Option<u64>),
    seq: impl Fn(u32) -> u64,
) -> std::ops::Range<u32> {
    let first = |sought: u64| {
        let (mut low, mut high) = (0, records);
        while low < high {
            let middle = low + (high - low) / 2;
            if seq(middle) < sought {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    };
    first(from)..behind.map_or(records, first)
}

//! Periods: the calendar of each type, which period is current, and the books of those that rolled.
//!
//! A period is open, then rolled (a branch of the forest takes its late orders), then closed at its cutoff or by
//! command. At most one branch a type: the next roll closes it. Must not know members, orders or timers.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::arena::image::{ImageReader, ImageWriter};
use crate::arena::pages::Pages;
use crate::base::bytes::Malformed;
use crate::base::ids::Text;
use crate::base::limits::{FUTURE_MS_MAX, KINDS_MAX};
use crate::base::time::{DAY_MS, Time};
use crate::book::forest::Forest;
use crate::engine::book::{Branch, ClosedBook, Closing};
use crate::engine::rules::{Late, PeriodType, Rules};

/// All period types.
pub struct Periods {
    types: Vec<PeriodState>,
}

/// One period type.
pub struct PeriodState {
    calendar: Arc<Calendar>,
    late: Late,
    cutoff_ms: i64,
    current: u32,
    first: u32,
    began: Arc<Vec<u64>>,
    pub(crate) totals: [i64; KINDS_MAX],
    /// The book of the last period that rolled, while it is not closed.
    pub branch: Option<Branch>,
    /// Closed books at hand, oldest first: the last one, those that are due, and those that refunds can still reach.
    books: Vec<Arc<ClosedBook>>,
    /// Of those the ones that are to be paid by a plan set, by their ordinals: each is kept until its run is posted.
    due: Vec<u32>,
    /// Days after the end of each period that closed, from the first one on, in which its orders can be refunded.
    refund_days: Arc<Vec<u16>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Calendar {
    starts: Vec<Time>,
    labels: Vec<Text>,
}

/// Where a period of the calendar is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Its turn has not come.
    Ahead,
    /// Current.
    Open,
    /// Rolled, and still takes late orders.
    Rolled,
    /// Closed; its book is at hand.
    Closed,
    /// Closed; its book is gone (or it lay before the network).
    Gone,
}

impl Periods {
    pub(crate) fn none() -> Periods {
        Periods { types: Vec::new() }
    }

    pub(crate) fn new(types: &[PeriodType], now: Time, seq: u64) -> Periods {
        Periods {
            types: types
                .iter()
                .map(|rules| PeriodState::new(rules, now, seq))
                .collect(),
        }
    }

    /// Takes over the policies and calendars of rules that come into force, and begins the types they add: each with the
    /// period that holds `now`, from `seq` on.
    pub(crate) fn change(&mut self, types: &[PeriodType], now: Time, seq: u64) {
        for (state, told) in self.types.iter_mut().zip(types) {
            state.change(told);
        }
        let added = types[self.types.len()..].iter();
        self.types
            .extend(added.map(|told| PeriodState::new(told, now, seq)));
    }

    pub(crate) fn fork(&mut self) -> Periods {
        Periods {
            types: self.types.iter_mut().map(PeriodState::fork).collect(),
        }
    }

    /// Takes them down, with all books at hand.
    pub(crate) fn put<'s>(&'s self, image: &mut ImageWriter<'s>) {
        image.put_size(self.types.len());
        for of in &self.types {
            of.put(image);
        }
    }

    /// What [`Periods::put`] put. O(pages).
    pub(crate) fn take(image: &mut ImageReader<'_>) -> Result<Periods, Malformed> {
        let count: u8 = image.take()?;
        let types = (0..count).map(|_| PeriodState::take(image));
        Ok(Periods {
            types: types.collect::<Result<_, _>>()?,
        })
    }

    /// Appends all pages of branches; closed books are not written.
    pub(crate) fn pages<'p>(&'p mut self, all: &mut Vec<&'p mut Pages>) {
        for branch in self.types.iter_mut().filter_map(|of| of.branch.as_mut()) {
            branch.pages(all);
        }
    }

    /// Shows the pages of last closed books that nobody else holds.
    pub(crate) fn each_closed_page(&mut self, mut see: impl FnMut(&mut Pages)) {
        for of in &mut self.types {
            if let Some(book) = of.books.last_mut().and_then(Arc::get_mut) {
                let mut all = Vec::new();
                book.forest.pages(&mut all);
                all.into_iter().for_each(&mut see);
            }
        }
    }

    /// Exchanges closed books for another state's same ones, which lie elsewhere; they never change, so that nothing else shows
    /// it.
    pub fn share_books(&mut self, other: &mut Periods) {
        for (of, other) in self.types.iter_mut().zip(&mut other.types) {
            for book in &mut of.books {
                let same =
                    |one: &&mut Arc<ClosedBook>| (one.ordinal, one.seq) == (book.ordinal, book.seq);
                if let Some(same) = other.books.iter_mut().find(same) {
                    std::mem::swap(book, same);
                }
            }
        }
    }

    /// Makes branches of those books again that were branches before.
    ///
    /// # Panics
    /// If somebody else holds such a book.
    pub(crate) fn reopen(&mut self, before: &Periods) {
        for (of, before) in self.types.iter_mut().zip(&before.types) {
            if let (None, Some(branch)) = (&of.branch, &before.branch) {
                let closed = of.books.pop().and_then(Arc::into_inner);
                let book = closed.expect("a book closed just now is nobody else's");
                of.branch = Some(book.reopened(branch.cutoff, branch.late));
            }
        }
    }

    /// How many period types there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.types.len()
    }

    /// Whether there is none: before the network is founded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.types.is_empty()
    }

    /// One period type, by its index in the rules.
    #[must_use]
    pub fn get(&self, period_type: usize) -> &PeriodState {
        &self.types[period_type]
    }

    pub(crate) fn get_mut(&mut self, period_type: usize) -> &mut PeriodState {
        &mut self.types[period_type]
    }

    /// All of them in the order of the rules.
    pub fn iter(&self) -> impl Iterator<Item = &PeriodState> + '_ {
        self.types.iter()
    }

    /// The earliest start of any period whose book is at hand: of each type the last closed, a rolled and the current one.
    #[must_use]
    pub fn oldest_start(&self) -> Option<Time> {
        self.types
            .iter()
            .map(|state| state.start(state.oldest()))
            .min()
    }
}

impl PeriodState {
    fn new(rules: &PeriodType, now: Time, seq: u64) -> PeriodState {
        let calendar = Calendar {
            starts: rules.starts.clone(),
            labels: rules.labels.clone(),
        };
        let mut state = PeriodState {
            calendar: Arc::new(calendar),
            late: rules.late,
            cutoff_ms: rules.cutoff_ms,
            current: 0,
            first: 0,
            began: Arc::new(vec![seq]),
            totals: [0; KINDS_MAX],
            branch: None,
            books: Vec::new(),
            due: Vec::new(),
            refund_days: Arc::default(),
        };
        state.current = state.ordinal_at(now);
        state.first = state.current;
        state
    }

    fn put<'s>(&'s self, image: &mut ImageWriter<'s>) {
        image.put_plain(&(&*self.calendar, self.late, self.cutoff_ms));
        image.put_plain(&(self.current, self.first, &*self.began, self.totals));
        image.put_plain(&(&self.due, &*self.refund_days));
        image.put_size(usize::from(self.branch.is_some()));
        if let Some(branch) = &self.branch {
            branch.put(image);
        }
        image.put_size(self.books.len());
        for book in &self.books {
            book.put(image);
        }
    }

    fn take(image: &mut ImageReader<'_>) -> Result<PeriodState, Malformed> {
        let (calendar, late, cutoff_ms) = image.take_plain()?;
        let (current, first, began, totals) = image.take_plain()?;
        let (due, refund_days) = image.take_plain()?;
        let branch = match image.take::<u8>()? {
            0 => None,
            _ => Some(Branch::take(image)?),
        };
        let count: u32 = image.take()?;
        let books = (0..count).map(|_| ClosedBook::take(image).map(Arc::new));
        let books = books.collect::<Result<_, _>>()?;
        Ok(PeriodState {
            calendar: Arc::new(calendar),
            late,
            cutoff_ms,
            current,
            first,
            began: Arc::new(began),
            totals,
            branch,
            books,
            due,
            refund_days: Arc::new(refund_days),
        })
    }

    fn fork(&mut self) -> PeriodState {
        PeriodState {
            calendar: Arc::clone(&self.calendar),
            late: self.late,
            cutoff_ms: self.cutoff_ms,
            current: self.current,
            first: self.first,
            began: Arc::clone(&self.began),
            totals: self.totals,
            branch: self.branch.as_mut().map(Branch::fork),
            books: self.books.clone(),
            due: self.due.clone(),
            refund_days: Arc::clone(&self.refund_days),
        }
    }

    // ---- reading ----

    /// How many periods the calendar knows; ordinals run from 0.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.calendar.labels.len() as u32
    }

    /// Whether the calendar is empty; rules forbid it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.calendar.labels.is_empty()
    }

    /// The current period.
    #[must_use]
    pub fn current(&self) -> u32 {
        self.current
    }

    /// The oldest of the current, the rolled and the last closed period.
    fn oldest(&self) -> u32 {
        let closed = self.closed().map(|book| book.ordinal);
        let rolled = self.branch.as_ref().map(|branch| branch.ordinal);
        closed.or(rolled).unwrap_or(self.current)
    }

    /// The period that was current when the type began: at the founding, or with a change of the network.
    #[must_use]
    pub fn first(&self) -> u32 {
        self.first
    }

    /// A period's label, such as `2026-01`.
    #[must_use]
    pub fn label(&self, ordinal: u32) -> &Text {
        &self.calendar.labels[ordinal as usize]
    }

    /// Its start.
    #[must_use]
    pub fn start(&self, ordinal: u32) -> Time {
        self.calendar.starts[ordinal as usize]
    }

    /// Its end, which is the next one's start.
    #[must_use]
    pub fn end(&self, ordinal: u32) -> Time {
        self.calendar.starts[ordinal as usize + 1]
    }

    /// The end of the last period the calendar knows.
    #[must_use]
    pub fn calendar_end(&self) -> Time {
        self.end(self.len() - 1)
    }

    /// The period with this label. O(periods).
    #[must_use]
    pub fn find(&self, label: &str) -> Option<u32> {
        let index = self.calendar.labels.iter().rposition(|l| l == label)?;
        Some(index as u32)
    }

    /// The period an instant lies in; the first or last one for instants before or behind the calendar. O(log).
    #[must_use]
    pub fn ordinal_at(&self, time: Time) -> u32 {
        let begun = self.calendar.starts.partition_point(|&start| start <= time);
        (begun.saturating_sub(1) as u32).min(self.len() - 1)
    }

    /// The period that was current for the command with this sequence; none before there was this type. O(log).
    #[must_use]
    pub fn ordinal_at_seq(&self, seq: u64) -> Option<u32> {
        let begun = self.began.partition_point(|&began| began <= seq);
        Some(self.first + begun.checked_sub(1)? as u32)
    }

    /// Sequence of the first command whose volume may have entered a period; none for one that was never current.
    #[must_use]
    pub fn began(&self, ordinal: u32) -> Option<u64> {
        let since_first = ordinal.checked_sub(self.first)?;
        self.began.get(since_first as usize).copied()
    }

    /// Sequence of the first command whose volume may have entered the current period.
    #[must_use]
    pub fn current_since(&self) -> u64 {
        *self
            .began
            .last()
            .expect("every period began with a command")
    }

    /// Whether a calendar told anew goes on with this one: equal up to the end of the period that holds `at`.
    #[must_use]
    pub fn goes_on_with(&self, told: &PeriodType, at: Time) -> bool {
        let last = self.ordinal_at(at) as usize;
        let (starts, labels) = (&self.calendar.starts, &self.calendar.labels);
        told.starts.starts_with(&starts[..=last + 1]) && told.labels.starts_with(&labels[..=last])
    }

    /// Where a period is in its life.
    #[must_use]
    pub fn stage(&self, ordinal: u32) -> Stage {
        let is = |held: Option<u32>| held == Some(ordinal);
        if ordinal > self.current {
            Stage::Ahead
        } else if ordinal == self.current {
            Stage::Open
        } else if is(self.branch.as_ref().map(|branch| branch.ordinal)) {
            Stage::Rolled
        } else if self.book(ordinal).is_some() {
            Stage::Closed
        } else {
            Stage::Gone
        }
    }

    /// The closed book of a period, if it is at hand. O(log books).
    #[must_use]
    pub fn book(&self, ordinal: u32) -> Option<&Arc<ClosedBook>> {
        let at = self
            .books
            .binary_search_by_key(&ordinal, |book| book.ordinal);
        self.books.get(at.ok()?)
    }

    /// Every closed book at hand, the oldest first: the last one, those that are due, and those that refunds can still
    /// reach, where a plan set takes back what was paid.
    #[must_use]
    pub fn books(&self) -> &[Arc<ClosedBook>] {
        &self.books
    }

    /// The last closed book.
    #[must_use]
    pub fn closed(&self) -> Option<&Arc<ClosedBook>> {
        self.books.last()
    }

    /// Closed books that are to be paid by a plan set, the oldest first: each is kept until its run is posted.
    pub fn due(&self) -> impl ExactSizeIterator<Item = &Arc<ClosedBook>> + '_ {
        let book = |&ordinal: &u32| self.book(ordinal).expect("a book that is due is at hand");
        self.due.iter().map(book)
    }

    /// Whether all is at hand that a closed period is paid from: its own book, and those of its refunds' orders.
    #[must_use]
    pub fn can_be_paid(&self, ordinal: u32) -> bool {
        self.book(ordinal).is_some() && ordinal >= self.oldest_paid()
    }

    /// The oldest period that is paid or may be paid again.
    fn oldest_paid(&self) -> u32 {
        let due = self.due.first().copied().unwrap_or(u32::MAX);
        self.oldest().min(due)
    }

    /// The last instant by which a period has to have begun so that refunds in it reach orders of another one, which has
    /// rolled; none where it has not.
    #[must_use]
    pub fn refunds_reach(&self, ordinal: u32) -> Option<Time> {
        let since_first = ordinal.checked_sub(self.first)?;
        let closed = self.refund_days.get(since_first as usize).copied();
        let days = closed.or_else(|| {
            let branch = self.branch.as_ref();
            let branch = branch.filter(|branch| branch.ordinal == ordinal);
            branch.map(|branch| branch.rules.refund_days)
        })?;
        let end = self.end(ordinal);
        Some(end.plus_ms(i64::from(days) * DAY_MS + FUTURE_MS_MAX))
    }

    /// Sums of absolute volumes by kind that entered the current period.
    #[must_use]
    pub fn totals(&self) -> &[i64; KINDS_MAX] {
        &self.totals
    }

    /// The rolled period an instant belongs to by the late policy, if it still takes orders.
    #[must_use]
    pub fn late_branch(&self, at: Time) -> Option<&Branch> {
        let branch = self.branch.as_ref()?;
        let within = branch.ordinal == self.ordinal_at(at) && at >= self.start(branch.ordinal);
        (branch.late == Late::Own && within).then_some(branch)
    }

    // ---- writing ----

    /// The end of the current period, if another one is known to follow.
    pub(crate) fn next_roll(&self) -> Option<Time> {
        (self.current + 1 < self.len()).then(|| self.end(self.current))
    }

    /// Ends the current period: `forest` becomes its branch, or its closed book where there is no cutoff.
    pub(crate) fn roll(
        &mut self,
        (forest, rules): (Forest, Arc<Rules>),
        closing: &mut Closing<'_>,
    ) -> Option<Time> {
        self.close(closing);
        let branch = Branch {
            ordinal: self.current,
            cutoff: self.end(self.current).plus_ms(self.cutoff_ms),
            late: self.late,
            rules,
            forest,
            totals: self.totals,
        };
        let cutoff = branch.cutoff;
        self.branch = Some(branch);
        self.current += 1;
        Arc::make_mut(&mut self.began).push(closing.seq);
        self.totals = [0; KINDS_MAX];
        if self.cutoff_ms == 0 {
            self.close(closing);
            return None;
        }
        Some(cutoff)
    }

    /// Freezes the branch, if there is one; it is due where a plan set is in force for its period.
    pub(crate) fn close(&mut self, closing: &mut Closing<'_>) {
        let Some(branch) = self.branch.take() else {
            return;
        };
        let (start, end) = (self.start(branch.ordinal), self.end(branch.ordinal));
        let plan = closing.plans.in_force(start, end);
        self.due.extend(plan.map(|_| branch.ordinal));
        let reversed = plan.is_some_and(|plan| plan.refunds.reverses(closing.period_type));
        Arc::make_mut(&mut self.refund_days).push(branch.rules.refund_days);
        self.books.push(Arc::new(branch.close(closing, reversed)));
        self.let_go();
    }

    /// Lets go of the oldest book that is due, since its run has been posted.
    pub(crate) fn release_due(&mut self) {
        self.due.remove(0);
        self.let_go();
    }

    /// Lets go of books that nothing asks for any more.
    fn let_go(&mut self) {
        let last = self.closed().map(|book| book.ordinal);
        let next = self.start(self.oldest_paid());
        let kept = |book: &ClosedBook| {
            let reached = book.reversed && Some(next) <= self.refunds_reach(book.ordinal);
            reached || Some(book.ordinal) == last || self.due.contains(&book.ordinal)
        };
        let kept: Vec<Arc<ClosedBook>> = self
            .books
            .iter()
            .filter(|book| kept(book))
            .cloned()
            .collect();
        self.books = kept;
    }

    /// Takes over policies and calendar from rules that come into force. A calendar that goes on otherwise takes the
    /// place of the known one behind the period that runs; of two that agree the longer one stays.
    fn change(&mut self, told: &PeriodType) {
        (self.late, self.cutoff_ms) = (told.late, told.cutoff_ms);
        let known = &self.calendar;
        let common = known.labels.len().min(told.labels.len());
        let agree = known.starts[..=common] == told.starts[..=common]
            && known.labels[..common] == told.labels[..common];
        if !agree || told.labels.len() > known.labels.len() {
            self.calendar = Arc::new(Calendar {
                starts: told.starts.clone(),
                labels: told.labels.clone(),
            });
        }
    }

    /// Appends periods behind the calendar's end.
    pub(crate) fn extend(&mut self, ends: &[Time], labels: &[Text]) {
        let calendar = Arc::make_mut(&mut self.calendar);
        calendar.starts.extend_from_slice(ends);
        calendar.labels.extend_from_slice(labels);
    }
}

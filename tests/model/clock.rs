//! Time: periods roll in order of their ends, branch, and close; told rules take effect behind them.

use std::rc::Rc;

use arborline::base::time::Time;
use arborline::engine::rules::Late;

use super::judge::{Wrong, no};
use super::world::{Branch, Calendar, World};

/// What falls due; of several at one instant the first of these goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Cutoff,
    Roll,
    Change,
}

impl Calendar {
    /// The period that holds an instant, if the calendar reaches it.
    pub(crate) fn period_of(&self, at: Time) -> Option<usize> {
        (0..self.labels.len())
            .find(|&period| self.starts[period] <= at && at < self.starts[period + 1])
    }

    /// When the current period ends, if another is known behind it.
    pub(crate) fn next_roll(&self) -> Option<Time> {
        (self.current + 1 < self.labels.len()).then(|| self.starts[self.current + 1])
    }
}

impl World {
    /// Moves time on; what falls due on the way happens in order: at one instant books close at their cutoff, then
    /// periods roll, the shortest first.
    pub(crate) fn advance(&mut self, to: Time) {
        let to = to.max(self.time);
        if self.rules.is_some() {
            while let Some((due, what, _, of)) = self.next_due(to) {
                match what {
                    Due::Cutoff => self.freeze(of),
                    Due::Roll => self.roll(of, due),
                    Due::Change => self.take_effect(due),
                }
                self.time = self.time.max(due);
            }
        }
        self.time = to;
    }

    /// The first thing due by an instant: when, what, the length of what ends, and the type.
    fn next_due(&self, to: Time) -> Option<(Time, Due, i64, usize)> {
        let mut all = Vec::new();
        if let Some(pending) = &self.pending {
            all.push((pending.at, Due::Change, 0, 0));
        }
        for (of, calendar) in self.calendars.iter().enumerate() {
            if let Some(end) = calendar.next_roll() {
                let length = end.0 - calendar.starts[calendar.current].0;
                all.push((end, Due::Roll, length, of));
            }
            if let Some(branch) = &calendar.branch {
                let cutoff = branch.rules.period_types[of].cutoff_ms;
                let end = calendar.starts[branch.period + 1];
                all.push((end.plus_ms(cutoff), Due::Cutoff, 0, of));
            }
        }
        all.into_iter().filter(|&(due, ..)| due <= to).min()
    }

    fn roll(&mut self, of: usize, end: Time) {
        // A period holds the instants before its end, so what ends at that very instant still stands in its book.
        let now = self.time;
        self.time = if now > end { now } else { Time(end.0 - 1) };
        let active = self.present().active;
        self.time = now;
        self.freeze(of);
        let branch = Branch {
            period: self.calendars[of].current,
            rules: self.rules.clone().expect("a founded network"),
            active,
            trees: self.trees.clone(),
            people: self.people.clone(),
            closing: None,
        };
        self.calendars[of].branch = Some(Rc::new(branch));
        self.calendars[of].current += 1;
        if self.law().period_types[of].cutoff_ms == 0 {
            self.freeze(of);
        }
    }

    /// Closes the book of a type that has rolled, if there is one open.
    fn freeze(&mut self, of: usize) {
        let calendar = &mut self.calendars[of];
        let Some(book) = calendar.branch.take() else {
            return;
        };
        let (start, end) = (
            calendar.starts[book.period],
            calendar.starts[book.period + 1],
        );
        let mut book = (*book).clone();
        book.closing = Some(self.people.clone());
        let book = Rc::new(book);
        let pays = self.plan_of(start, end).is_some();
        let calendar = &mut self.calendars[of];
        calendar.due.extend(pays.then(|| Rc::clone(&book)));
        calendar.past.push(Rc::clone(&book));
        calendar.closed = Some(book);
    }

    /// A period was paid: the first of those that wait.
    pub(crate) fn post(&mut self, of: usize, label: &str) -> Result<(), Wrong> {
        let calendar = &mut self.calendars[of];
        let known = calendar.labels.iter().position(|known| known == label);
        let period = known.ok_or(no::UNKNOWN_PERIOD)?;
        if calendar.due.first().map(|book| book.period) != Some(period) {
            return Err(no::NOT_DUE.into());
        }
        calendar.due.remove(0);
        calendar.paid.push(period);
        Ok(())
    }

    /// The period of a type that a fact of `at` is booked to, for a seat of `member`.
    pub(crate) fn booked(&self, of: usize, at: Time, member: usize) -> usize {
        let calendar = &self.calendars[of];
        let late = calendar
            .period_of(at)
            .filter(|&period| period < calendar.current);
        let branch = calendar.branch.as_ref().filter(|branch| {
            late == Some(branch.period)
                && branch.rules.period_types[of].late == Late::Own
                && member < branch.people.len()
        });
        branch.map_or(calendar.current, |branch| branch.period)
    }

    /// Freezes the book of a period that has rolled.
    pub(crate) fn close(&mut self, of: usize, label: &str) -> Result<(), Wrong> {
        let calendar = &self.calendars[of];
        let known = calendar.labels.iter().position(|known| known == label);
        let period = known
            .filter(|&period| period <= calendar.current)
            .ok_or(no::UNKNOWN_PERIOD)?;
        if period == calendar.current {
            return Err(no::PERIOD_OPEN.into());
        }
        let open = calendar.branch.as_ref().map(|branch| branch.period);
        if open != Some(period) {
            return Err(no::PERIOD_CLOSED.into());
        }
        self.freeze(of);
        Ok(())
    }
}

//! Plan sets: what was drafted and when it was made to count.

use std::collections::BTreeMap;

use arborline::base::limits::FUTURE_MS_MAX;
use arborline::base::path::Path;
use arborline::base::time::{DAY_MS, Time};
use arborline::engine::command::plan::{ActivatePlan, DraftPlan};
use arborline::engine::command::qualify::Qualify;
use arborline::engine::member::MemberKind;
use arborline::tree::rules::CustomerLevel;

use super::judge::{Wrong, no};
use super::world::{COMPANY, Draft, Told, World};

/// What a refund does whose order belongs to an earlier period than the one it enters. Ranks, activity and steps read it
/// whatever this says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AfterClose {
    /// It takes nothing from what is paid on, but for legs; who earned on the order gives that back.
    ReverseLines,
    /// It takes its volume from what is paid on.
    VolumeOnly,
    /// It takes nothing from what is paid on, and nobody gives anything back.
    Ignore,
}

impl AfterClose {
    /// In the order of their numbers in a log.
    pub(crate) const ALL: [AfterClose; 3] = [
        AfterClose::ReverseLines,
        AfterClose::VolumeOnly,
        AfterClose::Ignore,
    ];

    /// Whether what rates are applied to is without the refund.
    pub(crate) fn spares_pay(self) -> bool {
        self != AfterClose::VolumeOnly
    }

    /// Whether legs are without it.
    pub(crate) fn spares_legs(self) -> bool {
        self == AfterClose::Ignore
    }
}

impl World {
    pub(crate) fn draft_plan(&mut self, seq: u64, plan: &DraftPlan) {
        self.drafts.push(Draft {
            set: plan.set.clone(),
            document: plan.said.document,
            after_close: AfterClose::ALL[plan.said.refunds.after_close as usize],
            reversed: plan.said.refunds.reversed,
            paths: (plan.said.paths.iter())
                .map(|(path, levels)| (path, usize::from(levels)))
                .collect(),
            seq,
            time: self.time,
        });
    }

    pub(crate) fn activate_plan(&mut self, plan: &ActivatePlan) -> Result<(), Wrong> {
        let of_set: Vec<usize> = (0..self.drafts.len())
            .filter(|&at| self.drafts[at].set == plan.set)
            .collect();
        if of_set.is_empty() {
            return Err(no::UNKNOWN_PLAN.into());
        }
        // Versions count from 1.
        let numbered = (1..).zip(of_set).find(|(at, _)| *at == plan.version);
        let (_, version) = numbered.ok_or(no::UNKNOWN_VERSION)?;
        self.activations.push((self.time, version));
        Ok(())
    }

    pub(crate) fn qualify(&mut self, seq: u64, told: &Qualify) -> Result<(), Wrong> {
        let mut wrong = Wrong::default();
        let member = wrong.take(self.person(&told.member).ok_or(no::UNKNOWN_MEMBER));
        let of = wrong.take(self.period_type(&told.period_type).ok_or(no::UNKNOWN_NAME));
        let first = of.and_then(|of| {
            let calendar = &self.calendars[of];
            let labels = calendar.labels.iter();
            let mut found = labels.enumerate().rev();
            let found = found.find(|(_, label)| **label == told.period);
            let (period, _) = wrong.take(found.ok_or(no::UNKNOWN_PERIOD))?;
            let rolled = calendar.branch.as_ref();
            let open =
                period >= calendar.current || rolled.is_some_and(|branch| branch.period == period);
            wrong.check(!open, no::PERIOD_CLOSED);
            Some(period)
        });
        wrong.done()?;
        let (member, of, first) = (
            member.expect("known"),
            of.expect("known"),
            first.expect("known"),
        );
        self.overrides.push(Told {
            member,
            ladder: told.ladder.clone(),
            rank: told.rank.clone(),
            of,
            periods: first..=first + told.periods as usize - 1,
            seq,
        });
        Ok(())
    }

    /// Which draft counts for a period: what was activated last before it began, or else whatever came first of all, if
    /// the period was not over then.
    pub(crate) fn plan_of(&self, start: Time, end: Time) -> Option<usize> {
        let mut counts = None;
        for &(time, version) in &self.activations {
            if time < start {
                counts = Some(version);
            }
        }
        match (counts, self.activations.first()) {
            (None, Some(&(time, version))) if time < end => Some(version),
            _ => counts,
        }
    }

    /// Who stands above what is credited now, by path, as far as any set wants to know it: the one activated last, and those
    /// that count for periods which still take orders.
    pub(crate) fn posted(
        &self,
        credited: usize,
        seats: &[Option<usize>],
        own: bool,
    ) -> BTreeMap<Path, Vec<(usize, bool)>> {
        let mut wanted: Vec<usize> = self
            .activations
            .last()
            .map(|last| last.1)
            .into_iter()
            .collect();
        for calendar in &self.calendars {
            let rolled = calendar.branch.as_ref().map(|branch| branch.period);
            for period in rolled.into_iter().chain([calendar.current]) {
                let (start, end) = (calendar.starts[period], calendar.starts[period + 1]);
                wanted.extend(self.plan_of(start, end));
            }
        }
        let mut posted = BTreeMap::new();
        for &(path, levels) in wanted.iter().flat_map(|&draft| &self.drafts[draft].paths) {
            let tree = usize::from(path.tree);
            let seat = seats.get(tree).copied().flatten();
            let mut members: Vec<usize> = Vec::new();
            if let Some(seat) = seat {
                let below = !own && self.law().trees[tree].customer_level == CustomerLevel::First;
                let above = self.trees[tree].above(seat).into_iter();
                let seats = below.then_some(seat).into_iter().chain(above);
                members.extend(seats.map(|seat| self.trees[tree].seats[seat].owner));
            }
            let passed = members.into_iter().filter(|&member| member != COMPANY);
            let passed = passed.map(|member| (member, self.stands_active(member)));
            let counted = passed.filter(|(_, active)| *active || !path.compressed);
            let mut line = vec![(credited, self.stands_active(credited))];
            line.extend(counted.take(levels));
            // The longest that anybody wants.
            let held = posted.entry(path).or_insert_with(Vec::new);
            if line.len() > held.len() {
                *held = line;
            }
        }
        posted
    }

    fn stands_active(&self, member: usize) -> bool {
        self.people[member].kind == MemberKind::Distributor && self.is_active(member)
    }

    /// Closed books that somebody may still ask for: the last one, those to be paid, and those of which refunds may take
    /// something back, in any period that is paid or may be paid once more.
    pub(crate) fn books_at_hand(&self, of: usize) -> Vec<usize> {
        let calendar = &self.calendars[of];
        let last = calendar.past.last().map(|book| book.period);
        let rolled = calendar.branch.iter().map(|book| book.period);
        let due = calendar.due.iter().map(|book| book.period);
        let paid = last.into_iter().chain(rolled).chain(due.clone());
        let paid: Vec<usize> = paid.chain([calendar.current]).collect();
        let is_asked_for = |book: &usize| {
            let (start, end) = (calendar.starts[*book], calendar.starts[*book + 1]);
            let reverses = self.plan_of(start, end).is_some_and(|draft| {
                let draft = &self.drafts[draft];
                draft.after_close == AfterClose::ReverseLines && draft.reversed >> of & 1 != 0
            });
            let reach = self.reach(of, *book);
            let reached = paid
                .iter()
                .any(|&period| calendar.starts[period].0 <= reach);
            Some(*book) == last || due.clone().any(|due| due == *book) || reverses && reached
        };
        let past = calendar.past.iter().map(|book| book.period);
        past.filter(is_asked_for).collect()
    }

    /// The last instant by which a period has to have begun so that refunds in it reach orders of another one.
    pub(crate) fn reach(&self, of: usize, period: usize) -> i64 {
        let calendar = &self.calendars[of];
        let mut books = calendar.branch.iter().chain(&calendar.past);
        let book = books.find(|book| book.period == period);
        let days = book.expect("it has rolled").rules.refund_days;
        calendar.starts[period + 1].0 + i64::from(days) * DAY_MS + FUTURE_MS_MAX
    }

    /// A draft's number within its set.
    pub(crate) fn version_of(&self, draft: usize) -> usize {
        let set = &self.drafts[draft].set;
        let so_far = &self.drafts[..=draft];
        so_far.iter().filter(|other| other.set == *set).count()
    }
}

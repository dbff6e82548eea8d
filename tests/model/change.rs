//! Rules that change: what they must go on with, and what they do to the network when they take effect.

use std::rc::Rc;

use arborline::base::time::Time;
use arborline::engine::command::change::Change;
use arborline::engine::member::MemberKind;
use arborline::engine::rules::{PeriodType, Rules};

use super::judge::{Wrong, no};
use super::trees::{Hang, Tree};
use super::world::{Calendar, Pending, World};

impl Calendar {
    /// The number of the last period that has begun by an instant.
    fn begun(&self, at: Time) -> usize {
        let begun = |&period: &usize| self.starts[period] <= at;
        (0..self.labels.len()).rfind(begun).unwrap_or(0)
    }
}

impl World {
    pub(crate) fn change(&mut self, seq: u64, change: &Change) -> Result<(), Wrong> {
        let told = &change.told.rules;
        let mut wrong = Wrong::default();
        wrong.check(!told.are_sound(), no::BAD_RULES);
        wrong.check(!goes_on(self.law(), told), no::NOT_CONTINUED);
        let at = wrong.take(self.begins(change.begins.as_deref()));
        if let Some(at) = at {
            for (calendar, told) in self.calendars.iter().zip(&told.period_types) {
                let kept = calendar.begun(at) + 1;
                let same = told.starts.get(..=kept) == Some(&calendar.starts[..=kept])
                    && told.labels.get(..kept) == Some(&calendar.labels[..kept]);
                wrong.check(!same, no::NOT_CONTINUED);
            }
        }
        wrong.done()?;
        self.pending = Some(Rc::new(Pending {
            rules: Rc::new(told.clone()),
            at: at.expect("found"),
            seq,
        }));
        Ok(())
    }

    /// When rules told now take effect.
    fn begins(&self, named: Option<&str>) -> Result<Time, u16> {
        let of = match named {
            Some(name) => self.period_type(name).ok_or(no::UNKNOWN_NAME)?,
            None => {
                let length = |of: usize| {
                    let calendar = &self.calendars[of];
                    let current = calendar.current;
                    calendar.starts[current + 1].0 - calendar.starts[current].0
                };
                let longest = (0..self.calendars.len()).map(length).max();
                let mut all = 0..self.calendars.len();
                all.find(|&of| Some(length(of)) == longest).expect("one")
            }
        };
        self.calendars[of].next_roll().ok_or(no::UNKNOWN_PERIOD)
    }

    /// What was told takes effect.
    pub(crate) fn take_effect(&mut self, due: Time) {
        let pending = self.pending.take().expect("something is due");
        let told = &pending.rules;
        for (of, told) in told.period_types.iter().enumerate() {
            match self.calendars.get_mut(of) {
                Some(calendar) => go_on(calendar, told),
                None => {
                    let mut calendar = Calendar {
                        starts: told.starts.clone(),
                        labels: told.labels.clone(),
                        current: 0,
                        first: 0,
                        branch: None,
                        closed: None,
                        due: Vec::new(),
                        past: Vec::new(),
                        paid: Vec::new(),
                    };
                    calendar.current = calendar.begun(due);
                    calendar.first = calendar.current;
                    self.calendars.push(calendar);
                }
            }
        }
        for rules in &told.trees[self.trees.len()..] {
            self.trees.push(Tree::new(rules.shape));
            self.fill_last_tree();
        }
        self.rules = Some(Rc::clone(told));
    }

    /// A tree just added: list trees begin like the enroller tree, in others everybody waits. Who was a distributor when
    /// something was credited to him has a place too.
    fn fill_last_tree(&mut self) {
        let tree = self.trees.len() - 1;
        for person in &mut self.people {
            person.seats.push(Vec::new());
            person.alternated.push(0);
        }
        self.people[0].seats[tree].push(0);
        let mut order: Vec<usize> = (1..self.people.len()).collect();
        let list = self.trees[tree].shape.legs().is_none();
        if list {
            order = self.trees[0].downward().split_off(1);
        }
        for member in order {
            let credited = self.entries.iter().any(|entry| entry.credited == member);
            if self.people[member].kind != MemberKind::Distributor && !credited {
                continue;
            }
            let hang = match self.trees[0].parent(member) {
                _ if !list => Hang::Waits,
                None => Hang::Root,
                Some(above) => Hang::Under {
                    parent: self.people[above].seats[tree][0],
                    leg: 0,
                },
            };
            let seat = self.trees[tree].add(member, 1, hang);
            self.people[member].seats[tree].push(seat);
        }
        let first = |member: usize| self.people[member].seats[tree].first().copied();
        for entry in &mut self.entries {
            entry.seats.push(first(entry.credited));
        }
        for sale in &mut self.sales {
            sale.seats.push(first(sale.credited));
        }
    }
}

/// Whether rules keep everything that gives a figure its name or its meaning; new things come last.
fn goes_on(running: &Rules, told: &Rules) -> bool {
    let kinds = running.kinds.iter().enumerate();
    let kinds = kinds.filter(|&(at, name)| told.kinds.get(at) != Some(name));
    let types = running.period_types.iter().enumerate();
    let types =
        types.filter(|&(at, was)| told.period_types.get(at).map(|of| &of.name) != Some(&was.name));
    let trees = running.trees.iter().enumerate();
    let trees = trees.filter(|&(at, was)| {
        told.trees.get(at).is_none_or(|tree| {
            (&tree.name, tree.shape, tree.customer_level)
                != (&was.name, was.shape, was.customer_level)
                || (tree.centres == 1 && was.centres > 1)
        })
    });
    kinds.count() + types.count() + trees.count() == 0
        && told.clock == running.clock
        && told.thresholds == running.thresholds
        && told.kernels == running.kernels
}

/// A calendar takes what is told: longer where both agree, and otherwise instead.
fn go_on(calendar: &mut Calendar, told: &PeriodType) {
    let common = calendar.labels.len().min(told.labels.len());
    let agree = calendar.starts[..=common] == told.starts[..=common]
        && calendar.labels[..common] == told.labels[..common];
    if !agree || told.labels.len() > common {
        calendar.starts.clone_from(&told.starts);
        calendar.labels.clone_from(&told.labels);
    }
}

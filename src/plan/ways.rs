//! Ways to a rank: the cheapest things to do that make a requirement hold which does not hold yet.
//!
//! A requirement is taken apart into choices of what must hold together; each choice becomes one way, in which an order
//! counts wherever it can. A way is offered only where it is known to suffice and to ask for nothing too much: with one
//! unit less of anything in it the requirement does not hold. What others might bring beside it is not counted.

use std::collections::BTreeMap;

use crate::base::ids::{Member, NONE};
use crate::plan::columns::Columns;
use crate::plan::ladder::{Atom, Ladder, Need};
use crate::plan::ranks::{Judged, Measure, capped};

/// Ways that are told at most.
pub const WAYS_MAX: usize = 3;
/// Choices looked at at most, in the order of the document.
const CHOICES_MAX: usize = 512;

/// One thing to do. Volumes in 1e-4, trees, kinds and components are indexes, ranks count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Orders of the member himself; one of them of `at_once` at least, where that is not 0.
    Own {
        /// Which volume.
        volume: usize,
        /// How much.
        amount: i64,
        /// How much of it in one order.
        at_once: i64,
    },
    /// Orders in one leg of a binary tree: 1 or 2.
    Leg {
        /// The tree.
        tree: usize,
        /// Which volume.
        volume: usize,
        /// The leg.
        leg: u8,
        /// How much.
        amount: i64,
    },
    /// Orders in any legs, not his own.
    Below {
        /// The tree.
        tree: usize,
        /// Which volume.
        volume: usize,
        /// How much.
        amount: i64,
    },
    /// Orders of his own or in legs other than the largest, none of which outgrows it.
    Side {
        /// The tree.
        tree: usize,
        /// Which volume.
        volume: usize,
        /// How much.
        amount: i64,
    },
    /// Orders of his own or in legs below their ceiling, none of which outgrows it.
    Capped {
        /// The tree.
        tree: usize,
        /// Which volume.
        volume: usize,
        /// How much.
        amount: i64,
    },
    /// Orders of his own or in any legs.
    Group {
        /// The tree.
        tree: usize,
        /// Which volume.
        volume: usize,
        /// How much.
        amount: i64,
    },
    /// Distributors to enrol.
    Enrol {
        /// Whether they must be active.
        active: bool,
        /// The leg of a binary tree in which they must stand.
        leg: Option<(usize, u8)>,
        /// How many.
        count: i64,
    },
    /// Customers to enrol.
    Customers {
        /// How many.
        count: i64,
    },
    /// Legs more that hold a rank.
    Legs {
        /// The rank.
        rank: u8,
        /// How many.
        count: i64,
    },
    /// Cycles more of a component.
    Cycles {
        /// The component.
        component: usize,
        /// How many.
        count: i64,
    },
}

/// Things that make a requirement hold together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// All of them, in a fixed order.
    pub steps: Vec<Step>,
}

/// What an inactive member must order himself to become active.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Awakening {
    /// Which volume.
    pub volume: usize,
    /// How much of it is missing.
    pub missing: i64,
    /// Whether one order must bring it.
    pub at_once: bool,
}

impl Step {
    /// How much or how many.
    fn amount(&mut self) -> &mut i64 {
        match self {
            Step::Own { amount, .. }
            | Step::Leg { amount, .. }
            | Step::Below { amount, .. }
            | Step::Side { amount, .. }
            | Step::Capped { amount, .. }
            | Step::Group { amount, .. } => amount,
            Step::Enrol { count, .. }
            | Step::Customers { count }
            | Step::Legs { count, .. }
            | Step::Cycles { count, .. } => count,
        }
    }
}

impl Way {
    /// What it costs, cheaper ways first: cycles, of which nobody says how much they take, then volume, then people.
    #[must_use]
    pub fn cost(&self) -> [i64; 3] {
        let mut cost = [0; 3];
        for mut step in self.steps.iter().copied() {
            let of = match step {
                Step::Cycles { .. } => 0,
                Step::Enrol { .. } | Step::Customers { .. } | Step::Legs { .. } => 2,
                _ => 1,
            };
            cost[of] += *step.amount();
        }
        cost
    }
}

/// The same steps where all that may be the member's own is.
fn as_own(steps: &[Step]) -> Vec<Step> {
    let mut own: BTreeMap<usize, (i64, i64)> = BTreeMap::new();
    let mut rest = Vec::new();
    for &step in steps {
        match step {
            Step::Own {
                volume,
                amount,
                at_once,
            } => {
                let held = own.entry(volume).or_default();
                *held = (held.0 + amount, held.1.max(at_once));
            }
            Step::Side { volume, amount, .. }
            | Step::Capped { volume, amount, .. }
            | Step::Group { volume, amount, .. } => own.entry(volume).or_default().0 += amount,
            _ => rest.push(step),
        }
    }
    rest.extend(
        own.into_iter()
            .map(|(volume, (amount, at_once))| Step::Own {
                volume,
                amount,
                at_once,
            }),
    );
    rest
}

/// All that the steps of some sort come to.
fn sum(steps: &[Step], counts: impl Fn(Step) -> bool) -> i64 {
    let counted = steps.iter().copied().filter(|&step| counts(step));
    counted.map(|mut step| *step.amount()).sum()
}

/// Volume of one kind that steps bring, by where it may come from in a tree.
#[derive(Debug, Default)]
struct Placed {
    own: i64,
    /// In legs, named or not.
    below: i64,
    side: i64,
    capped: i64,
    group: i64,
}

impl Placed {
    fn of(steps: &[Step], asked: (usize, usize)) -> Placed {
        let mut placed = Placed::default();
        for step in steps {
            match *step {
                Step::Own { volume, amount, .. } if volume == asked.1 => placed.own += amount,
                Step::Leg {
                    tree,
                    volume,
                    amount,
                    ..
                }
                | Step::Below {
                    tree,
                    volume,
                    amount,
                } if (tree, volume) == asked => placed.below += amount,
                Step::Side {
                    tree,
                    volume,
                    amount,
                } if (tree, volume) == asked => placed.side += amount,
                Step::Capped {
                    tree,
                    volume,
                    amount,
                } if (tree, volume) == asked => placed.capped += amount,
                Step::Group {
                    tree,
                    volume,
                    amount,
                } if (tree, volume) == asked => placed.group += amount,
                _ => {}
            }
        }
        placed
    }
}

/// A member who looks at a ladder.
pub(super) struct Outlook<'a> {
    pub(super) judged: &'a Judged,
    pub(super) columns: &'a Columns,
    pub(super) of: (usize, &'a Ladder),
    pub(super) member: Member,
    pub(super) awakening: Option<Awakening>,
}

impl Outlook<'_> {
    /// The cheapest ways, at most [`WAYS_MAX`]; none where it holds, or where nothing the member can do makes it hold.
    /// O(choices x parts), and O(legs log legs) more for each ceiling.
    pub(super) fn ways(&self, need: &Need) -> Vec<Way> {
        if self.holds(need, &[]) {
            return Vec::new();
        }
        let choices = self.choices(need);
        let mut ways: Vec<Way> = choices.iter().filter_map(|atoms| self.way(atoms)).collect();
        ways.sort_by(|a, b| (a.cost(), &a.steps).cmp(&(b.cost(), &b.steps)));
        ways.dedup();
        ways.retain(|way| self.is_exact(need, way));
        ways.truncate(WAYS_MAX);
        ways
    }

    fn holds(&self, need: &Need, steps: &[Step]) -> bool {
        need.holds(&mut |atom| self.after(atom, steps).holds())
    }

    /// Whether it suffices, and one unit less of anything does not: wherever it is ordered, and were it all his own.
    fn is_exact(&self, need: &Need, way: &Way) -> bool {
        let less = |at: usize| {
            let mut steps = way.steps.clone();
            *steps[at].amount() -= 1;
            steps
        };
        let mut each = 0..way.steps.len();
        self.holds(need, &way.steps)
            && each.all(|at| {
                let steps = less(at);
                !self.holds(need, &steps) && !self.holds(need, &as_own(&steps))
            })
    }

    /// What must hold together, in every way that makes it hold; only what does not hold yet.
    fn choices<'n>(&self, need: &'n Need) -> Vec<Vec<&'n Atom>> {
        let (count, parts) = match need {
            Need::Atom(atom) if self.after(atom, &[]).holds() => return vec![Vec::new()],
            Need::Atom(atom) if !self.can_change(atom) => return Vec::new(),
            Need::Atom(atom) => return vec![vec![atom]],
            Need::All(parts) => (parts.len(), parts),
            Need::Any(parts) => (1, parts),
            Need::Count(count, parts) => (*count, parts),
        };
        // By how many parts hold, the choices so far: a part is taken or left out.
        let mut by_count: Vec<Vec<Vec<&Atom>>> = vec![Vec::new(); count + 1];
        by_count[0].push(Vec::new());
        for part in parts {
            let own = self.choices(part);
            let free = own.iter().any(Vec::is_empty);
            for held in (0..count).rev() {
                let before = std::mem::take(&mut by_count[held]);
                for choice in &before {
                    for more in &own {
                        if by_count[held + 1].len() < CHOICES_MAX {
                            by_count[held + 1].push([choice.as_slice(), more].concat());
                        }
                    }
                }
                // What holds by itself is never left out for something that takes more.
                by_count[held] = if free { Vec::new() } else { before };
            }
        }
        by_count.pop().unwrap_or_default()
    }

    /// Whether anything the member can do in the period changes it.
    fn can_change(&self, atom: &Atom) -> bool {
        let seated = |tree| self.columns.seat(tree, self.member).is_some();
        match *atom {
            Atom::Active => self.awakening.is_some(),
            Atom::Own { .. } | Atom::Legs { .. } => seated(self.of.1.tree),
            Atom::Group { tree, .. }
            | Atom::Side { tree, .. }
            | Atom::Capped { tree, .. }
            | Atom::LesserLeg { tree, .. } => seated(tree),
            Atom::Enrolled { .. } | Atom::Customers { .. } | Atom::Cycles { .. } => true,
            // What legs carry is known by the component alone, so no way is looked for there.
            Atom::LesserLegOf { .. } | Atom::Previous { .. } => false,
        }
    }

    /// Volumes of the two legs of a binary tree; a leg that is not there holds nothing.
    pub(super) fn legs(&self, tree: usize, volume: usize) -> Option<[i64; 2]> {
        let seat = self.columns.seat(tree, self.member)?;
        let group = self.columns.group(tree, volume);
        let legs = self.columns.legs_of(tree, seat)?;
        Some(legs.map(|leg| if leg == NONE { 0 } else { group[leg as usize] }))
    }

    /// What a requirement stands at once the steps are done, each where it helps least.
    pub(super) fn after(&self, atom: &Atom, steps: &[Step]) -> Measure {
        let now = self
            .judged
            .measure(self.of, self.columns, self.member, atom);
        let volume = |tree: usize, volume: usize| Placed::of(steps, (tree, volume));
        let gained = match *atom {
            Atom::Active => i64::from(self.awakens(steps)),
            Atom::Own { volume: kind, .. } => volume(self.of.1.tree, kind).own,
            Atom::Group {
                volume: kind,
                tree,
                with_own,
                ..
            } => {
                let placed = volume(tree, kind);
                let anywhere = placed.own + placed.side + placed.capped + placed.group;
                placed.below + if with_own { anywhere } else { 0 }
            }
            Atom::Side {
                volume: kind, tree, ..
            } => {
                let placed = volume(tree, kind);
                placed.own + placed.side + self.lesser_gain((tree, kind), steps)
            }
            Atom::Capped {
                volume: kind, tree, ..
            } => {
                let placed = volume(tree, kind);
                self.capped_after(atom, placed.own + placed.capped, steps) - now.actual
            }
            Atom::LesserLeg {
                volume: kind, tree, ..
            } => {
                let legs = self.legs_after((tree, kind), steps);
                legs.map_or(0, |[was, is]| is[0].min(is[1]) - was[0].min(was[1]))
            }
            Atom::Enrolled {
                active,
                each_leg_of,
                ..
            } => self.enrolled_after((active, each_leg_of), steps) - now.actual,
            Atom::Customers { .. } => sum(steps, |step| matches!(step, Step::Customers { .. })),
            Atom::Cycles { component, .. } => sum(
                steps,
                |step| matches!(step, Step::Cycles { component: of, .. } if of == component),
            ),
            Atom::LesserLegOf { .. } | Atom::Previous { .. } => 0,
            Atom::Legs { rank, .. } => sum(
                steps,
                |step| matches!(step, Step::Legs { rank: held, .. } if held >= rank),
            ),
        };
        Measure {
            actual: now.actual + gained,
            ..now
        }
    }

    /// How many he has enrolled; of a binary tree, in the leg that holds fewer of them.
    fn enrolled_after(&self, (needed, tree): (bool, Option<usize>), steps: &[Step]) -> i64 {
        let coming = |place: Option<(usize, u8)>| {
            sum(steps, |step| match step {
                Step::Enrol { active, leg, .. } => {
                    (active || !needed) && (place.is_none() || leg == place)
                }
                _ => false,
            })
        };
        let Some(tree) = tree else {
            return self.judged.enrolled(self.member, needed) + coming(None);
        };
        let held = self.judged.enrolled_by_leg(tree, self.member, needed);
        (held[0] + coming(Some((tree, 1)))).min(held[1] + coming(Some((tree, 2))))
    }

    fn awakens(&self, steps: &[Step]) -> bool {
        self.awakening.is_some_and(|awakening| {
            steps.iter().any(|step| match *step {
                Step::Own { volume, amount, .. } => {
                    volume == awakening.volume && amount >= awakening.missing
                }
                _ => false,
            })
        })
    }

    /// The two legs of a binary tree before and after the steps; none where the tree has no such legs.
    fn legs_after(&self, (tree, volume): (usize, usize), steps: &[Step]) -> Option<[[i64; 2]; 2]> {
        let was = self.legs(tree, volume)?;
        let mut is = was;
        for step in steps {
            if let Step::Leg {
                tree: at,
                volume: of,
                leg,
                amount,
            } = *step
                && (at, of) == (tree, volume)
            {
                is[usize::from(leg) - 1] += amount;
            }
        }
        Some([was, is])
    }

    /// What steps in named legs bring beside the largest leg.
    fn lesser_gain(&self, of: (usize, usize), steps: &[Step]) -> i64 {
        let (tree, _) = of;
        let seat = self.columns.seat(tree, self.member);
        let there = seat.and_then(|seat| self.columns.legs_of(tree, seat));
        let (Some([was, is]), Some(there)) = (self.legs_after(of, steps), there) else {
            return 0;
        };
        // A leg that is not there is not the largest, whatever the others hold.
        let without = |legs: [i64; 2]| {
            let held = (0..2).filter(|&leg| there[leg] != NONE || legs[leg] != 0);
            let held: Vec<i64> = held.map(|leg| legs[leg]).collect();
            held.iter().sum::<i64>() - held.iter().max().copied().unwrap_or(0)
        };
        without(is) - without(was)
    }

    /// What counts under a ceiling with so much more of his own.
    fn capped_after(&self, atom: &Atom, own: i64, steps: &[Step]) -> i64 {
        let Atom::Capped {
            volume,
            at_least,
            tree,
            leg_max,
            of,
        } = *atom
        else {
            return 0;
        };
        let Some(seat) = self.columns.seat(tree, self.member) else {
            return 0;
        };
        let held = self.columns.entered(tree, volume)[seat as usize].all();
        let named = self.legs_after((tree, volume), steps);
        let named = named.filter(|[was, is]| was != is);
        let legs = match &named {
            Some([_, is]) => &is[..],
            None => self.judged.legs_of_seat(tree, volume, seat),
        };
        capped(held + own, legs, at_least, leg_max, of)
    }
}

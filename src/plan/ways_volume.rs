//! The steps of one way: what a choice of requirements takes together, so that one order counts wherever it can.

use std::collections::BTreeSet;

use crate::plan::ladder::Atom;
use crate::plan::ways::{Outlook, Step, Way};

impl Outlook<'_> {
    /// The cheapest steps that make all of these hold; none where there are none.
    ///
    /// Of each volume kind: what must be his own, what must be in a leg of a binary tree; then as much more of his own as
    /// makes the rest cheapest, since that counts in every tree; and the rest tree by tree.
    pub(super) fn way(&self, atoms: &[&Atom]) -> Option<Way> {
        let kinds: BTreeSet<usize> = atoms.iter().filter_map(|atom| self.kind(atom)).collect();
        let mut steps = Vec::new();
        for kind in kinds {
            steps.extend(self.of_kind(kind, atoms)?);
        }
        self.people(atoms, &mut steps);
        steps.sort_unstable();
        Some(Way { steps })
    }

    /// The volume kind that a requirement is met by.
    fn kind(&self, atom: &Atom) -> Option<usize> {
        match *atom {
            Atom::Active => self.awakening.map(|awakening| awakening.volume),
            Atom::Own { volume, .. }
            | Atom::Group { volume, .. }
            | Atom::Side { volume, .. }
            | Atom::Capped { volume, .. }
            | Atom::LesserLeg { volume, .. } => Some(volume),
            _ => None,
        }
    }

    /// What is missing of a requirement after steps.
    fn missing(&self, atom: &Atom, steps: &[Step]) -> i64 {
        let measure = self.after(atom, steps);
        (measure.required - measure.actual).max(0)
    }

    fn of_kind(&self, kind: usize, atoms: &[&Atom]) -> Option<Vec<Step>> {
        let atoms: Vec<&Atom> = atoms
            .iter()
            .copied()
            .filter(|atom| self.kind(atom) == Some(kind))
            .collect();
        let mut least = 0;
        let mut legs = Vec::new();
        for atom in &atoms {
            match *atom {
                Atom::Own { .. } => least = least.max(self.missing(atom, &[])),
                Atom::Active => least = least.max(self.awakening.map_or(0, |one| one.missing)),
                Atom::LesserLeg { tree, at_least, .. } => {
                    self.fill_legs(*tree, kind, at_least.0, &mut legs)?
                }
                _ => {}
            }
        }
        let at_once = atoms.contains(&&Atom::Active).then(|| {
            self.awakening
                .filter(|one| one.at_once)
                .map(|one| one.missing)
        });
        let at_once = at_once.flatten().unwrap_or(0);
        // Every amount of his own from which on some requirement is met by it alone.
        let fixed = |own: i64| {
            let mut steps = legs.clone();
            if own > 0 {
                steps.push(Step::Own {
                    volume: kind,
                    amount: own,
                    at_once,
                });
            }
            steps
        };
        let mut tried = BTreeSet::from([least]);
        tried.extend(
            atoms
                .iter()
                .filter_map(|atom| self.own_for(atom, least, &fixed)),
        );
        let found = tried.into_iter().filter_map(|own| {
            let steps = self.rest(kind, &atoms, fixed(own))?;
            Some((
                Way {
                    steps: steps.clone(),
                }
                .cost(),
                own,
                steps,
            ))
        });
        found
            .min_by_key(|(cost, own, _)| (*cost, *own))
            .map(|(_, _, steps)| steps)
    }

    /// Notes what two legs must be given to hold so much each.
    fn fill_legs(
        &self,
        tree: usize,
        volume: usize,
        at_least: i64,
        steps: &mut Vec<Step>,
    ) -> Option<()> {
        for (leg, held) in (1..).zip(self.legs(tree, volume)?) {
            let missing = at_least - held;
            let of = |step: &Step| matches!(*step, Step::Leg { tree: at, leg: on, .. } if (at, on) == (tree, leg));
            if let Some(Step::Leg { amount, .. }) = steps.iter_mut().find(|step| of(step)) {
                *amount = missing.max(*amount);
            } else if missing > 0 {
                steps.push(Step::Leg {
                    tree,
                    volume,
                    leg,
                    amount: missing,
                });
            }
        }
        Some(())
    }

    /// From which own volume on a requirement holds that own volume can meet.
    fn own_for(&self, atom: &Atom, least: i64, fixed: &dyn Fn(i64) -> Vec<Step>) -> Option<i64> {
        match atom {
            Atom::Group { with_own: true, .. } | Atom::Side { .. } | Atom::Capped { .. } => {}
            _ => return None,
        }
        let missing = self.missing(atom, &fixed(least));
        // Under a ceiling that is a share of the total, a unit of his own may bring more than one.
        let (mut low, mut high) = (least - 1, least + missing);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.missing(atom, &fixed(middle)) == 0 {
                high = middle;
            } else {
                low = middle;
            }
        }
        Some(high)
    }

    /// What is still missing beside steps, tree by tree. None where two requirements of one tree ask for volume in places
    /// neither of which holds the other: more of his own meets one of them.
    fn rest(&self, kind: usize, atoms: &[&Atom], fixed: Vec<Step>) -> Option<Vec<Step>> {
        let trees: BTreeSet<usize> = atoms.iter().filter_map(|atom| tree_of(atom)).collect();
        let mut steps = fixed;
        for tree in trees {
            let volume = kind;
            let [mut side, mut capped] = [0; 2];
            for atom in atoms.iter().filter(|atom| tree_of(atom) == Some(tree)) {
                match atom {
                    Atom::Side { .. } => side = self.missing(atom, &steps).max(side),
                    Atom::Capped { .. } => capped = self.under_ceiling(atom, &steps)?.max(capped),
                    _ => {}
                }
            }
            let groups = [false, true].map(|with| {
                let of = atoms.iter().filter(move |atom| {
                    matches!(***atom, Atom::Group { tree: at, with_own, .. } if (at, with_own) == (tree, with))
                });
                of.copied().collect::<Vec<&Atom>>()
            });
            let named = |step: &Step| matches!(*step, Step::Leg { tree: at, .. } if at == tree);
            let below = self.most_missing(&groups[0], &steps) > 0;
            let elsewhere = below || steps.iter().any(named);
            if (side > 0 && (capped > 0 || below)) || (capped > 0 && elsewhere) {
                return None;
            }
            steps.extend((side > 0).then_some(Step::Side {
                tree,
                volume,
                amount: side,
            }));
            steps.extend((capped > 0).then_some(Step::Capped {
                tree,
                volume,
                amount: capped,
            }));
            let amount = self.most_missing(&groups[0], &steps);
            steps.extend((amount > 0).then_some(Step::Below {
                tree,
                volume,
                amount,
            }));
            let amount = self.most_missing(&groups[1], &steps);
            steps.extend((amount > 0).then_some(Step::Group {
                tree,
                volume,
                amount,
            }));
        }
        Some(steps)
    }

    /// The most that is missing of any of these.
    fn most_missing(&self, atoms: &[&Atom], steps: &[Step]) -> i64 {
        let missing = atoms.iter().map(|atom| self.missing(atom, steps));
        missing.max().unwrap_or(0)
    }

    /// How much more volume that counts under a ceiling makes it hold.
    fn under_ceiling(&self, atom: &Atom, steps: &[Step]) -> Option<i64> {
        let Atom::Capped { tree, volume, .. } = *atom else {
            return None;
        };
        let with = |amount: i64| {
            let mut steps = steps.to_vec();
            steps.push(Step::Capped {
                tree,
                volume,
                amount,
            });
            steps
        };
        let (mut low, mut high) = (-1, self.missing(atom, steps));
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.missing(atom, &with(middle)) == 0 {
                high = middle;
            } else {
                low = middle;
            }
        }
        Some(high)
    }

    /// Notes whom it takes beside volume: those in a leg first, since they count in all; the active before others.
    fn people(&self, atoms: &[&Atom], steps: &mut Vec<Step>) {
        for in_legs in [true, false] {
            for needed in [true, false] {
                for atom in atoms {
                    if let Atom::Enrolled {
                        count,
                        active,
                        each_leg_of,
                    } = **atom
                        && active == needed
                        && each_leg_of.is_some() == in_legs
                    {
                        self.enrol((i64::from(count), active, each_leg_of), atom, steps);
                    }
                }
            }
        }
        // The highest ranks first: a leg that holds one holds all below it.
        let mut ranks: Vec<(u8, &Atom)> = Vec::new();
        for atom in atoms {
            match **atom {
                Atom::Legs { rank, .. } => ranks.push((rank, atom)),
                Atom::Customers { .. } => {
                    let count = self.missing(atom, steps);
                    steps.extend((count > 0).then_some(Step::Customers { count }));
                }
                Atom::Cycles { component, .. } => {
                    let count = self.missing(atom, steps);
                    steps.extend((count > 0).then_some(Step::Cycles { component, count }));
                }
                _ => {}
            }
        }
        ranks.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
        for (rank, atom) in ranks {
            let count = self.missing(atom, steps);
            steps.extend((count > 0).then_some(Step::Legs { rank, count }));
        }
    }

    fn enrol(
        &self,
        (wanted, active, each_leg_of): (i64, bool, Option<usize>),
        atom: &Atom,
        steps: &mut Vec<Step>,
    ) {
        let Some(tree) = each_leg_of else {
            let count = self.missing(atom, steps);
            steps.extend((count > 0).then_some(Step::Enrol {
                active,
                leg: None,
                count,
            }));
            return;
        };
        let held = self.judged.enrolled_by_leg(tree, self.member, active);
        for (leg, held) in (1..).zip(held) {
            let coming = steps.iter().map(|step| match *step {
                Step::Enrol {
                    active: theirs,
                    leg: Some(at),
                    count,
                } if at == (tree, leg) && (theirs || !active) => count,
                _ => 0,
            });
            let count = wanted - held - coming.sum::<i64>();
            let leg = Some((tree, leg));
            steps.extend((count > 0).then_some(Step::Enrol { active, leg, count }));
        }
    }
}

/// The tree in whose legs a requirement looks for volume.
fn tree_of(atom: &Atom) -> Option<usize> {
    match *atom {
        Atom::Group { tree, .. } | Atom::Side { tree, .. } | Atom::Capped { tree, .. } => {
            Some(tree)
        }
        _ => None,
    }
}

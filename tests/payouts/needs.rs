//! Ranks by their definition: everybody is judged again and again until nothing changes any more.

use std::collections::BTreeMap;

use super::plan::{Ladder, Measure, Need, ShareOf};
use super::sight::{Role, Sight};
use super::standing::Held;

/// How often things were so and how often not, by name.
pub(crate) type Tally = BTreeMap<String, [u64; 2]>;

/// Rates and shares of legs count 1e-8.
const ONE: i128 = 100_000_000;

/// The rank that everybody meets on a ladder, by what he held before; 0 for none.
pub(crate) fn ranks(
    sight: &Sight,
    ladder: &Ladder,
    held: &[Held],
    legs: &LegsOf<'_>,
    tally: &mut Tally,
) -> Vec<u8> {
    let mut ranks = vec![0u8; sight.people.len()];
    // A rank can only follow from ranks further down, so that a round for each level is enough; one more proves it.
    for round in 0.. {
        assert!(round <= ranks.len(), "ranks come to rest");
        let mut tallied = Tally::new();
        let judged: Vec<u8> = (0..ranks.len())
            .map(|member| {
                let mut judge = Judge {
                    sight,
                    ladder,
                    held,
                    legs,
                    ranks: &ranks,
                    tally: &mut tallied,
                };
                judge.rank(member)
            })
            .collect();
        if judged == ranks {
            for (name, [yes, no]) in tallied {
                let sums = tally.entry(name).or_default();
                sums[0] += yes;
                sums[1] += no;
            }
            break;
        }
        ranks = judged;
    }
    ranks
}

/// What the legs of a member's seats come to by a component: by its number and his.
pub(crate) struct LegsOf<'a> {
    /// Cycles.
    pub(crate) cycles: &'a dyn Fn(usize, usize) -> i128,
    /// What the lesser leg of the first seat holds; nothing without a seat.
    pub(crate) lesser: &'a dyn Fn(usize, usize) -> Option<i128>,
}

/// One round of judging.
struct Judge<'a> {
    sight: &'a Sight,
    ladder: &'a Ladder,
    held: &'a [Held],
    legs: &'a LegsOf<'a>,
    /// As the round before found them.
    ranks: &'a [u8],
    tally: &'a mut Tally,
}

impl Judge<'_> {
    fn rank(&mut self, member: usize) -> u8 {
        let who = &self.sight.people[member];
        if who.role != Role::Distributor || who.seats[self.ladder.tree].is_none() {
            return 0;
        }
        let ladder = self.ladder;
        let mut rank = 0;
        for (number, (_, need)) in (1..).zip(&ladder.ranks) {
            if self.holds(need, member) {
                rank = number;
            }
        }
        rank
    }

    fn holds(&mut self, need: &Need, member: usize) -> bool {
        let holds = match need {
            Need::All(needs) => self.holding(needs, member) == needs.len(),
            Need::Any(needs) => self.holding(needs, member) > 0,
            Need::Of(count, needs) => self.holding(needs, member) >= *count,
            Need::Active => self.sight.people[member].active,
            Need::Volume {
                measure,
                kind,
                at_least,
                tree,
            } => self.volume(member, *measure, (*tree, *kind), i128::from(*at_least)),
            Need::Enrolled {
                count,
                active,
                in_each_leg_of,
            } => self.enrolled(member, *count, *active, *in_each_leg_of),
            Need::Customers(count) => {
                let his = self.brought_in(member, Role::Customer);
                his.len() >= *count
            }
            Need::Cycles { count, component } => {
                (self.legs.cycles)(*component, member) >= *count as i128
            }
            Need::LesserLegOf {
                component,
                at_least,
            } => {
                let held = (self.legs.lesser)(*component, member);
                held.is_some_and(|held| held >= i128::from(*at_least))
            }
            Need::Previous(rank) => self.held[member].paid >= *rank,
            Need::Legs { count, rank } => self.legs_with(member, *rank) >= *count,
        };
        let sums = self.tally.entry(need.sort().to_owned()).or_default();
        sums[usize::from(!holds)] += 1;
        holds
    }

    fn holding(&mut self, needs: &[Need], member: usize) -> usize {
        needs.iter().filter(|need| self.holds(need, member)).count()
    }

    fn volume(
        &self,
        member: usize,
        measure: Measure,
        (tree, kind): (usize, usize),
        at_least: i128,
    ) -> bool {
        let sight = self.sight;
        let Some(seat) = sight.people[member].seats[tree] else {
            return false;
        };
        let own = sight.entered_at(tree, kind, seat);
        let legs = sight.legs(tree, kind, seat);
        match measure {
            Measure::Own => own >= at_least,
            Measure::Group { with_own } => {
                let legs: i128 = legs.into_iter().sum();
                legs + if with_own { own } else { 0 } >= at_least
            }
            Measure::Side => {
                let largest = legs.iter().copied().max().unwrap_or(0);
                own + legs.into_iter().sum::<i128>() - largest >= at_least
            }
            Measure::Capped {
                leg_max,
                share_of: ShareOf::Requirement,
            } => {
                let most = i128::from(leg_max) * at_least;
                let counted: i128 = legs.into_iter().map(|leg| most.min(leg * ONE)).sum();
                counted + own * ONE >= at_least * ONE
            }
            Measure::Capped {
                leg_max,
                share_of: ShareOf::Total,
            } => capped_total(own, legs, i128::from(leg_max), at_least),
            Measure::LesserLeg => {
                let leg = |number| {
                    let child = sight.trees[tree].child_in_leg(seat, number);
                    child.map_or(0, |child| sight.group(tree, kind, child))
                };
                leg(1).min(leg(2)) >= at_least
            }
        }
    }

    /// Whom a member enrolled, of one role.
    fn brought_in(&self, member: usize, role: Role) -> Vec<usize> {
        let people = self.sight.people.iter().enumerate();
        people
            .filter(|(_, who)| who.enroller == Some(member) && who.role == role)
            .map(|(other, _)| other)
            .collect()
    }

    fn enrolled(&self, member: usize, count: usize, active: bool, legs_of: Option<usize>) -> bool {
        let sight = self.sight;
        let mut his = self.brought_in(member, Role::Distributor);
        his.retain(|&other| !active || sight.people[other].active);
        let Some(tree) = legs_of else {
            return his.len() >= count;
        };
        let Some(seat) = sight.people[member].seats[tree] else {
            return false;
        };
        [1, 2].into_iter().all(|leg| {
            let child = sight.trees[tree].child_in_leg(seat, leg);
            let stand = child.map_or(Vec::new(), |child| sight.trees[tree].subtree(child));
            let in_leg = his.iter().filter(|&&other| {
                let seat = sight.people[other].seats[tree];
                seat.is_some_and(|seat| stand.contains(&seat))
            });
            in_leg.count() >= count
        })
    }

    /// Children of his seat with someone of a rank among them and all below them.
    fn legs_with(&self, member: usize, rank: u8) -> usize {
        let tree = self.ladder.tree;
        let Some(seat) = self.sight.people[member].seats[tree] else {
            return 0;
        };
        let children = self.sight.trees[tree].seats[seat].children.iter();
        children
            .filter(|&&child| {
                let all = self.sight.trees[tree].subtree(child);
                all.into_iter()
                    .any(|seat| self.ranks[self.sight.owner(tree, seat)] >= rank)
            })
            .count()
    }
}

/// Whether what counts is enough where no leg may be more than `share` (1e-8) of what counts.
fn capped_total(own: i128, mut legs: Vec<i128>, share: i128, at_least: i128) -> bool {
    legs.sort_unstable();
    legs.reverse();
    for cut in 0..=legs.len() {
        // With C the sum that counts: C = rest + cut * share * C.
        let left = ONE - i128::try_from(cut).expect("few legs") * share;
        if left <= 0 {
            return false;
        }
        let rest = own + legs[cut..].iter().sum::<i128>();
        // C = rest * ONE / left, and a leg may count for share / ONE of it.
        if legs[cut..].iter().all(|leg| leg * left <= share * rest) {
            return rest * ONE >= at_least * left;
        }
    }
    false
}

//! What plans are worked out from, in plain lists: one period type's book as the model has it.

use arborline::base::ids::Text;
use arborline::engine::member::{MemberKind, Status};

use super::deals::{Deal, deals};
use super::plan::Derived;
use crate::model::figures::{Figures, Scene};
use crate::model::plans::AfterClose;
use crate::model::trees::Tree;
use crate::model::world::{COMPANY, Person, World};

/// The network as one book of one period type shows it.
pub(crate) struct Sight {
    /// All trees of the network; those younger than the book have nobody in them.
    pub(crate) trees: Vec<Tree>,
    /// By tree, kind and seat: what entered as the seat's own, and as from one level below it.
    pub(crate) entered: Vec<Vec<Vec<Entered>>>,
    /// The same without the refunds of earlier periods' orders that what is paid on is spared.
    pub(crate) paid_on: Vec<Vec<Vec<Entered>>>,
    /// The same without those that legs are spared.
    pub(crate) matched: Vec<Vec<Vec<Entered>>>,
    /// By member; those who joined after the book are left out.
    pub(crate) people: Vec<Who>,
    /// Ranks told for the period: of whom, on which ladder, which one; a later one takes the place of an earlier one.
    pub(crate) told: Vec<(usize, Text, Option<Text>)>,
    /// What entered piece by piece.
    pub(crate) deals: Vec<Deal>,
    /// The kinds that `entered` has behind those of the network.
    pub(crate) derived: Vec<Derived>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entered {
    pub(crate) own: i128,
    pub(crate) below: i128,
}

#[derive(Clone, Debug)]
pub(crate) struct Who {
    pub(crate) role: Role,
    pub(crate) active: bool,
    pub(crate) enroller: Option<usize>,
    /// His first seat by tree.
    pub(crate) seats: Vec<Option<usize>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Distributor,
    Customer,
    Neither,
}

impl Sight {
    /// Looks at a scene of period type `of`. What people are is as in `told`: those of now, or of the close; all else is
    /// the scene's.
    pub(crate) fn of(
        world: &World,
        (scene, told): (&Scene<'_>, &[Person]),
        figures: &[Figures],
        (of, after_close): (usize, AfterClose),
    ) -> Sight {
        let mut trees = scene.trees.to_vec();
        for younger in &world.law().trees[trees.len()..] {
            trees.push(Tree::new(younger.shape));
        }
        let entered = (0..trees.len()).map(|tree| {
            let kinds = 0..world.law().kinds.len();
            kinds
                .map(|kind| match figures.get(tree) {
                    Some(figures) if kind < scene.rules.kinds.len() => {
                        entered(&trees[tree], figures, of, kind)
                    }
                    _ => vec![Entered::default(); trees[tree].seats.len()],
                })
                .collect()
        });
        let people = 0..trees[0].seats.len();
        let people = people.map(|member| Who {
            role: role(member, &told[member]),
            active: figures[0].standing[member].1,
            enroller: if scene.rules.enrolled_by_fact {
                told[member].enrolled_by
            } else {
                trees[0].parent(member)
            },
            seats: (0..trees.len())
                .map(|tree| {
                    let first = told[member].seats.get(tree)?.first().copied();
                    first.filter(|&seat| seat < trees[tree].seats.len())
                })
                .collect(),
        });
        let (entered, people): (Vec<Vec<Vec<Entered>>>, _) = (entered.collect(), people.collect());
        let period = scene.periods[of].expect("the period looked at");
        let told = world.overrides.iter();
        let told = told.filter(|told| told.of == of && told.periods.contains(&period));
        let told = told.map(|told| (told.member, told.ladder.clone(), told.rank.clone()));
        let deals = deals(world, scene, &trees, (of, after_close));
        let mut sight = Sight {
            trees,
            paid_on: entered.clone(),
            matched: entered.clone(),
            entered,
            people,
            told: told.collect(),
            deals,
            derived: Vec::new(),
        };
        for kind in 0..world.law().kinds.len() {
            sight.spare(kind);
        }
        sight
    }

    /// Gives back what late refunds took in a kind, where that is spared them.
    pub(super) fn spare(&mut self, kind: usize) {
        for deal in &self.deals {
            let Some(late) = deal.late else { continue };
            let [before, after, _] = self.portion(kind, deal);
            for (tree, place) in deal.seats.iter().enumerate() {
                let Some((seat, below)) = *place else {
                    continue;
                };
                let give_back = |columns: &mut Vec<Vec<Vec<Entered>>>| {
                    let at = &mut columns[tree][kind][seat];
                    *(if below { &mut at.below } else { &mut at.own }) -= after - before;
                };
                if late.spares_pay() {
                    give_back(&mut self.paid_on);
                }
                if late.spares_legs() {
                    give_back(&mut self.matched);
                }
            }
        }
    }

    /// Who holds a seat.
    pub(crate) fn owner(&self, tree: usize, seat: usize) -> usize {
        self.trees[tree].seats[seat].owner
    }

    /// All that entered at a seat.
    pub(crate) fn entered_at(&self, tree: usize, kind: usize, seat: usize) -> i128 {
        let entered = self.entered[tree][kind][seat];
        entered.own + entered.below
    }

    /// What entered at a seat of what is paid on.
    pub(crate) fn paid_at(&self, tree: usize, kind: usize, seat: usize) -> i128 {
        let entered = self.paid_on[tree][kind][seat];
        entered.own + entered.below
    }

    /// What legs match of what entered at a seat and everywhere below it.
    pub(crate) fn matched_group(&self, tree: usize, kind: usize, seat: usize) -> i128 {
        let all = self.trees[tree].subtree(seat).into_iter();
        let matched = all.map(|seat| self.matched[tree][kind][seat]);
        matched.map(|entered| entered.own + entered.below).sum()
    }

    /// Pieces that what is paid order by order goes by.
    pub(crate) fn paid_deals(&self) -> Vec<&Deal> {
        let deals = self.deals.iter();
        deals
            .filter(|deal| !deal.late.is_some_and(AfterClose::spares_pay))
            .collect()
    }

    /// All that entered at a seat and everywhere below it.
    pub(crate) fn group(&self, tree: usize, kind: usize, seat: usize) -> i128 {
        let all = self.trees[tree].subtree(seat);
        all.into_iter()
            .map(|seat| self.entered_at(tree, kind, seat))
            .sum()
    }

    /// The group volume of each child of a seat.
    pub(crate) fn legs(&self, tree: usize, kind: usize, seat: usize) -> Vec<i128> {
        let children = self.trees[tree].seats[seat].children.iter();
        children
            .map(|&child| self.group(tree, kind, child))
            .collect()
    }

    /// A distributor in standing who is active.
    pub(crate) fn stands_active(&self, member: usize) -> bool {
        self.people[member].role == Role::Distributor && self.people[member].active
    }
}

fn role(member: usize, person: &Person) -> Role {
    if member == COMPANY || person.status == Status::Terminated {
        Role::Neither
    } else if person.kind == MemberKind::Distributor {
        Role::Distributor
    } else {
        Role::Customer
    }
}

/// What entered at each seat itself: what its group has beyond the groups of its children.
fn entered(tree: &Tree, figures: &Figures, of: usize, kind: usize) -> Vec<Entered> {
    let seats = 0..tree.seats.len();
    seats
        .map(|seat| {
            let group = &figures.group[of][kind];
            let children = tree.seats[seat].children.iter();
            let below: i64 = children.map(|&child| group[child]).sum();
            let own = figures.own[of][kind][seat];
            Entered {
                own: i128::from(own),
                below: i128::from(group[seat] - below - own),
            }
        })
        .collect()
}

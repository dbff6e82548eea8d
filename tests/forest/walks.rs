//! Walks that jump over chains come to what steps one by one do.

use arborline::base::ids::Seat;
use arborline::book::forest::Forest;
use arborline::tree::rules::Shape;

use super::{Naive, Rules};
use crate::chance::Chance;

/// Compares what walks come to, at places drawn.
pub(super) fn compare(forest: &Forest, naive: &Naive, rules: &Rules, chance: &mut Chance) {
    let n = naive.seats.len();
    for _ in 0..20 {
        let (a, b) = (chance.below(n), chance.below(n));
        assert_eq!(
            forest.is_above(0, a as Seat, b as Seat),
            naive.is_above(a, b)
        );
        let mut common = Some(a);
        while let Some(seat) = common {
            if naive.is_above(seat, b) {
                break;
            }
            common = naive.seats[seat].parent;
        }
        let list = rules.trees[0].shape == Shape::List;
        let common = common.filter(|&seat| !(list && seat == 0));
        assert_eq!(
            forest.nearest_common(0, a as Seat, b as Seat),
            common.map(|seat| seat as Seat)
        );
        compare_nearest(forest, naive, b, chance);
        let mut line = std::iter::successors(Some(a), |&at| naive.seats[at].parent);
        let active = line.find(|&at| naive.seats[at].standing.active);
        let told = forest.active_from(0, a as Seat);
        assert_eq!(told, active.map(|at| at as Seat), "from {a}");
        if !list {
            let leg = 1 + chance.below(2) as u8;
            let mut end = a;
            while let Some(child) = naive
                .children(end)
                .into_iter()
                .find(|&c| naive.seats[c].leg == leg)
            {
                end = child;
            }
            assert_eq!(forest.outer_end(0, a as Seat, leg), end as Seat);
        }
    }
}

/// The nearest of some seats above one, looked for among few and among many.
fn compare_nearest(forest: &Forest, naive: &Naive, below: usize, chance: &mut Chance) {
    let n = naive.seats.len();
    let among: Vec<Seat> = (0..1 + chance.below(n / 2 + 1))
        .map(|_| chance.below(n) as Seat)
        .collect();
    let above = std::iter::successors(naive.seats[below].parent, |&at| naive.seats[at].parent);
    let nearest = above.map(|at| at as Seat).find(|at| among.contains(at));
    let told = forest.nearest_above(0, &[below as Seat], &among);
    assert_eq!(told, [nearest], "above {below} of {among:?}");
}

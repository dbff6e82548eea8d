//! Who stands above an order that is being accepted, as things stand without it.

use crate::base::ids::{COMPANY, ENROLLER_TREE, Seat};
use crate::base::path::{Passed, Path, Paths};
use crate::engine::credit::Credit;
use crate::engine::member::MemberKind;
use crate::engine::posting;
use crate::engine::rules::Rules;
use crate::engine::state::State;

/// Who stands on each path: the member credited, then the levels from the first on. O(levels); on compressed paths O(hops)
/// a level.
pub(crate) fn passed(
    state: &State,
    rules: &Rules,
    credit: &Credit,
    paths: &Paths,
) -> Vec<(Path, Vec<Passed>)> {
    let on = |(path, levels)| (path, walk(state, rules, credit, (path, levels)));
    paths.iter().map(on).collect()
}

/// Brings near what [`passed`] will look at where everybody is active, for several orders side by side.
pub(crate) fn approach(state: &State, credits: &[Option<Credit>], paths: &Paths) {
    let forest = &state.forest;
    for (path, levels) in paths.iter() {
        let tree = usize::from(path.tree);
        if tree >= state.founded().trees.len() {
            continue;
        }
        let mut line: Vec<Seat> = credits
            .iter()
            .flatten()
            .filter_map(|credit| posting::seat(state, credit, tree))
            .collect();
        line.iter().for_each(|&seat| forest.prefetch(tree, seat));
        for _ in 0..=levels {
            line = line
                .into_iter()
                .filter_map(|seat| forest.parent(tree, seat))
                .collect();
            line.iter().for_each(|&seat| forest.prefetch(tree, seat));
        }
    }
}

fn walk(state: &State, rules: &Rules, credit: &Credit, (path, levels): (Path, u8)) -> Vec<Passed> {
    let credited = (ENROLLER_TREE, credit.member);
    let mut passed = vec![stands(state, rules, credited)];
    let tree = usize::from(path.tree);
    let seat = (tree < rules.trees.len()).then(|| posting::seat(state, credit, tree));
    let Some(seat) = seat.flatten() else {
        return passed;
    };
    let forest = &state.forest;
    // A customer's order may count as from one level below.
    let mut next = match posting::is_own(rules, credit, tree) {
        true => forest.parent(tree, seat),
        false => Some(seat),
    };
    while let Some(mut seat) = next.filter(|_| passed.len() <= usize::from(levels)) {
        if path.compressed {
            match forest.active_from(tree, seat) {
                Some(active) => seat = active,
                None => break,
            }
        }
        let one = stands(state, rules, (tree, seat));
        if one.member == COMPANY {
            break;
        }
        if one.active || !path.compressed {
            passed.push(one);
        }
        next = forest.parent(tree, seat);
    }
    passed
}

/// A distributor who is active is so at each of his seats; in the enroller tree alone a customer may count as well.
fn stands(state: &State, rules: &Rules, (tree, seat): (usize, Seat)) -> Passed {
    let member = state.forest.owner(tree, seat);
    let mut active = state.forest.standing(tree, seat).active;
    if tree == ENROLLER_TREE && rules.count_customers {
        active &= state.members.kind(member) == MemberKind::Distributor;
    }
    Passed { member, active }
}

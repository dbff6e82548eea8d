//! Who stands above an order that is being accepted, as things stand without it.

use crate::base::ids::{COMPANY, ENROLLER_TREE, Member};
use crate::base::path::{Passed, Path, Paths};
use crate::engine::credit::Credit;
use crate::engine::member::MemberKind;
use crate::engine::posting;
use crate::engine::rules::Rules;
use crate::engine::state::State;

/// Who stands on each path: the member credited, then the levels from the first on. O(levels); on
/// compressed paths O(hops) a level.
pub(crate) fn passed(
    state: &State,
    rules: &Rules,
    credit: &Credit,
    paths: &Paths,
) -> Vec<(Path, Vec<Passed>)> {
    let on = |(path, levels)| (path, walk(state, rules, credit, (path, levels)));
    paths.iter().map(on).collect()
}

fn walk(state: &State, rules: &Rules, credit: &Credit, (path, levels): (Path, u8)) -> Vec<Passed> {
    let mut passed = vec![stands(state, credit.member)];
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
        let one = stands(state, forest.owner(tree, seat));
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

fn stands(state: &State, member: Member) -> Passed {
    let standing = state.forest.standing(ENROLLER_TREE, member);
    let is_distributor = state.members.kind(member) == MemberKind::Distributor;
    Passed {
        member,
        active: standing.active && is_distributor && member != COMPANY,
    }
}

//! One tree's links as plain arrays, and whether they make a tree at all.

use crate::base::ids::{COMPANY, NONE, Seat};
use crate::book::forest::Forest;
use crate::view::verify::report::Findings;

/// A tree's links, read once.
pub(super) struct Links {
    /// The seat that sums flow to from each: its parent, the company above the roots of a list tree, or [`NONE`].
    pub(super) up: Vec<Seat>,
    /// Every seat, children before parents.
    pub(super) order: Vec<Seat>,
}

/// Links as they are kept.
struct Kept {
    up: Vec<Seat>,
    first: Vec<Seat>,
    next: Vec<Seat>,
    leg: Vec<u8>,
}

/// Reads the links of a tree and checks them: parents and children name each other, each child stands in one list, legs
/// are in order and within the shape, nobody stands below himself. Nothing if some seats stand in a circle.
pub(super) fn read(
    found: &mut Findings<'_>,
    forest: &Forest,
    tree: usize,
    legs: Option<u8>,
) -> Option<Links> {
    let kept = kept(forest, tree, legs);
    found.report.positions += kept.up.len() as u64;
    check_lists(found, tree, &kept, legs);
    let order = children_first(&kept.up);
    let in_circles = kept.up.len() - order.len();
    found.whole(
        Some(tree),
        || "positions that stand below themselves".to_owned(),
        in_circles,
        0,
    );
    (in_circles == 0).then_some(Links { up: kept.up, order })
}

/// One pass over the seats, in their order.
fn kept(forest: &Forest, tree: usize, legs: Option<u8>) -> Kept {
    let seats = forest.seats(tree);
    let mut kept = Kept {
        up: Vec::with_capacity(seats as usize),
        first: Vec::with_capacity(seats as usize),
        next: vec![NONE; seats as usize],
        leg: Vec::with_capacity(seats as usize),
    };
    for seat in 0..seats {
        let parent = forest.parent(tree, seat);
        let is_root = legs.is_none() && seat != COMPANY && !forest.is_waiting(tree, seat);
        let above = if is_root { COMPANY } else { NONE };
        kept.up.push(parent.unwrap_or(above));
        let first = forest.first_child(tree, seat);
        kept.first.push(first.unwrap_or(NONE));
        kept.leg.push(forest.leg(tree, seat));
        // Where there are two legs the parent's record alone names both children, and theirs lie far apart.
        if legs == Some(2) {
            let (first, last) = (first.unwrap_or(NONE), forest.last_child(tree, seat));
            let place = kept.next.get_mut(first as usize);
            if let (Some(place), Some(last)) = (place, last.filter(|&last| last != first)) {
                *place = last;
            }
        } else {
            kept.next[seat as usize] = forest.next_sibling(tree, seat).unwrap_or(NONE);
        }
    }
    kept
}

/// Follows every list of children.
fn check_lists(found: &mut Findings<'_>, tree: usize, kept: &Kept, legs: Option<u8>) {
    let seats = kept.up.len();
    let mut listed = vec![false; seats];
    for parent in 0..seats {
        let (mut child, mut leg_before) = (kept.first[parent], 0u8);
        while child != NONE {
            let index = child as usize;
            if index >= seats || listed[index] {
                found.at_seat(
                    (tree, parent as Seat),
                    || format!("children: {child} comes twice or does not exist"),
                    true,
                    false,
                );
                break;
            }
            listed[index] = true;
            found.at_seat(
                (tree, child),
                || "parent of a listed child".to_owned(),
                kept.up[index],
                parent as Seat,
            );
            let leg = kept.leg[index];
            let right = match legs {
                None => leg == 0,
                Some(legs) => leg > leg_before && leg <= legs,
            };
            found.at_seat((tree, child), || format!("leg {leg} in order"), right, true);
            leg_before = leg;
            child = kept.next[index];
        }
    }
    for (seat, &up) in kept.up.iter().enumerate() {
        found.at_seat(
            (tree, seat as Seat),
            || "listed by its parent".to_owned(),
            listed[seat],
            up != NONE,
        );
    }
}

/// All seats with children before parents; those in circles, and above them, are left out.
///
/// Goes down the numbers, since nearly every parent has a smaller number than his child, and climbs at once where one
/// has not.
fn children_first(up: &[Seat]) -> Vec<Seat> {
    let mut open = vec![0u32; up.len()];
    for &parent in up {
        if let Some(count) = open.get_mut(parent as usize) {
            *count += 1;
        }
    }
    let mut order = Vec::with_capacity(up.len());
    for start in (0..up.len()).rev() {
        let mut seat = start;
        // A parent with a smaller number is met later; one with a greater number has been passed and goes now.
        while open[seat] == 0 {
            open[seat] = NONE;
            order.push(seat as Seat);
            let Some(count) = open.get_mut(up[seat] as usize) else {
                break;
            };
            *count -= 1;
            seat = up[seat] as usize;
            if seat < start {
                break;
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_come_before_parents_wherever_numbers_stand() {
        for up in [
            vec![NONE, 0, 0, 1, 1, 3],
            vec![NONE, 5, 1, 2, 3, 0],
            vec![3, 4, NONE, 2, 3, 0, 5, 2],
            vec![NONE, NONE, NONE],
        ] {
            let order = children_first(&up);
            assert_eq!(order.len(), up.len(), "{up:?}");
            let place = |seat: Seat| order.iter().position(|&at| at == seat).expect("listed");
            for (seat, &parent) in up.iter().enumerate() {
                if parent != NONE {
                    assert!(place(seat as Seat) < place(parent), "{up:?}");
                }
            }
        }
    }

    #[test]
    fn circles_and_all_above_them_are_left_out() {
        assert_eq!(children_first(&[NONE, 2, 3, 1, 1]), [4, 0]);
        assert_eq!(children_first(&[NONE, 1, 1]), [2, 0]);
    }
}

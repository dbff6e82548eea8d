//! The legs of each seat by volume, for requirements that look at them one by one.

use crate::base::ids::{NONE, Seat};
use crate::plan::columns::Columns;
use crate::plan::few::{Few, Place};
use crate::plan::ladder::{Atom, Ladder};

/// Legs as the atoms of a ladder ask for them.
#[derive(Debug)]
pub(super) struct Legs {
    largest: Few<Place, Vec<i64>>,
    lesser: Few<Place, Vec<i64>>,
    all: Few<Place, Lists>,
}

/// A list for each seat, one behind the other.
#[derive(Debug)]
struct Lists {
    starts: Vec<usize>,
    volumes: Vec<i64>,
}

impl Legs {
    /// Loads what the atoms of a ladder ask for. O(seats) for each.
    pub(super) fn of(ladder: &Ladder, columns: &Columns) -> Legs {
        let mut legs = Legs {
            largest: Few::new(),
            lesser: Few::new(),
            all: Few::new(),
        };
        for atom in ladder.ranks.iter().flat_map(|rank| rank.needs.atoms()) {
            match *atom {
                Atom::Side { tree, volume, .. } => {
                    let place = (tree, volume);
                    legs.largest.make(place, || largest_of(columns, place));
                }
                Atom::LesserLeg { tree, volume, .. } => {
                    let place = (tree, volume);
                    legs.lesser.make(place, || lesser_of(columns, place));
                }
                Atom::Capped { tree, volume, .. } => {
                    let place = (tree, volume);
                    legs.all.make(place, || Lists::of(columns, place));
                }
                _ => {}
            }
        }
        legs
    }

    /// Volume of the largest leg; 0 where there is none.
    pub(super) fn largest(&self, tree: usize, volume: usize, seat: Seat) -> i64 {
        self.largest[(tree, volume)][seat as usize]
    }

    /// The lesser of the first two legs; a leg that is not there holds nothing.
    pub(super) fn lesser(&self, tree: usize, volume: usize, seat: Seat) -> i64 {
        self.lesser[(tree, volume)][seat as usize]
    }

    /// Volume of every leg.
    pub(super) fn of_seat(&self, tree: usize, volume: usize, seat: Seat) -> &[i64] {
        let lists = &self.all[(tree, volume)];
        &lists.volumes[lists.starts[seat as usize]..lists.starts[seat as usize + 1]]
    }
}

fn largest_of(columns: &Columns, (tree, volume): Place) -> Vec<i64> {
    let (links, group) = (columns.links(tree), columns.group(tree, volume));
    let mut largest: Vec<Option<i64>> = vec![None; group.len()];
    for (seat, &up) in links.up.iter().enumerate() {
        if up != NONE {
            let so_far = &mut largest[up as usize];
            *so_far = Some(so_far.map_or(group[seat], |so_far| so_far.max(group[seat])));
        }
    }
    largest.into_iter().map(Option::unwrap_or_default).collect()
}

fn lesser_of(columns: &Columns, (tree, volume): Place) -> Vec<i64> {
    let group = columns.group(tree, volume);
    let held = |leg: Seat| match leg {
        NONE => 0,
        leg => group[leg as usize],
    };
    let legs = columns.legs(tree).iter();
    legs.map(|&[left, right]| held(left).min(held(right)))
        .collect()
}

impl Lists {
    fn of(columns: &Columns, (tree, volume): Place) -> Lists {
        let (links, group) = (columns.links(tree), columns.group(tree, volume));
        let mut starts = vec![0usize; group.len() + 1];
        for &up in links.up.iter().filter(|&&up| up != NONE) {
            starts[up as usize + 1] += 1;
        }
        for seat in 0..group.len() {
            starts[seat + 1] += starts[seat];
        }
        let mut next = starts.clone();
        let mut volumes = vec![0; starts[group.len()]];
        for (seat, &up) in links.up.iter().enumerate() {
            if up != NONE {
                volumes[next[up as usize]] = group[seat];
                next[up as usize] += 1;
            }
        }
        Lists { starts, volumes }
    }
}

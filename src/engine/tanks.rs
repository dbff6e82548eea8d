//! Holding tanks: for each tree, the seats that wait for a place, in the order they came.
//!
//! A seat enters at most once and never returns, so the list is only appended to; whether a seat still waits is the
//! forest's to say. Must not know who holds a seat.

use crate::arena::column::Column;
use crate::base::ids::Seat;
use crate::book::forest::Forest;

/// One entry: a seat, and the command that sent it here.
type Entry = [u64; 1];

/// The lists of all trees.
pub struct Tanks {
    lists: Vec<Column<Entry>>,
}

impl Tanks {
    pub(crate) fn new(trees: usize) -> Tanks {
        Tanks {
            lists: (0..trees).map(|_| Column::new()).collect(),
        }
    }

    pub(crate) fn fork(&mut self) -> Tanks {
        Tanks {
            lists: self.lists.iter_mut().map(Column::fork).collect(),
        }
    }

    /// Seats that wait in a tree, the longest waiting first. O(all that ever waited).
    pub fn waiting<'a>(
        &'a self,
        tree: usize,
        forest: &'a Forest,
    ) -> impl Iterator<Item = Seat> + 'a {
        self.waiting_after(tree, 0, forest).map(|(_, seat)| seat)
    }

    /// The same from a place in the list on, with each seat's place: the next page begins one behind the last place.
    pub fn waiting_after<'a>(
        &'a self,
        tree: usize,
        place: u32,
        forest: &'a Forest,
    ) -> impl Iterator<Item = (u32, Seat)> + 'a {
        let list = &self.lists[tree];
        (place..list.len())
            .map(move |place| (place, list.get(place)[0] as Seat))
            .filter(move |&(_, seat)| forest.is_waiting(tree, seat))
    }

    pub(crate) fn add(&mut self, tree: usize, seat: Seat) {
        self.lists[tree].push([u64::from(seat)]);
    }
}

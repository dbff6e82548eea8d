//! Columns without refunds of orders of earlier periods, for what a plan set spares those: they differ from what entered,
//! and from the group, by a few entries, and are held only where they do.

use std::collections::BTreeMap;

use crate::base::after_close::AfterClose;
use crate::base::ids::{NONE, Seat};
use crate::plan::book::Entered;
use crate::plan::derived::{Derived, brought};
use crate::plan::entry::Entry;
use crate::plan::few::{Few, Place};
use crate::plan::links::Links;

/// Columns as they are held.
type Held<T> = Few<Place, Vec<T>>;

/// What differs; nothing yet where it is only asked for.
#[derive(Debug, Default)]
pub(super) struct Spared {
    /// From what entered.
    paid: BTreeMap<Place, Option<Vec<Entered>>>,
    /// From the group.
    matched: BTreeMap<Place, Option<Vec<i64>>>,
}

impl Spared {
    /// What is paid on in a tree and a kind is wanted.
    pub(super) fn ask_paid(&mut self, place: Place) {
        self.paid.insert(place, None);
    }

    /// What legs match in a tree and a kind is wanted.
    pub(super) fn ask_matched(&mut self, place: Place) {
        self.matched.insert(place, None);
    }

    /// Whether anything is wanted.
    pub(super) fn is_asked(&self) -> bool {
        !(self.paid.is_empty() && self.matched.is_empty())
    }

    /// Gives back what a refund took, where it is spared; `whole` are the columns with it. O(depth) for legs, and O(seats)
    /// the first time for each column that differs.
    pub(super) fn give_back(
        &mut self,
        entry: &Entry,
        kinds: &[Derived],
        whole: (&Held<Entered>, &Held<i64>),
        links: &Few<usize, Links>,
    ) {
        let does = entry.late.unwrap_or(AfterClose::VolumeOnly);
        for (place, paid) in self.paid.iter_mut().filter(|_| does.spares_pay()) {
            if let Some((seat, below)) = entry.place_in(place.0) {
                let paid = paid.get_or_insert_with(|| whole.0[*place].clone());
                *paid[seat as usize].one(below) -= brought(entry, place.1, kinds);
            }
        }
        for (place, matched) in self.matched.iter_mut().filter(|_| does.spares_legs()) {
            if let Some((seat, _)) = entry.place_in(place.0) {
                let matched = matched.get_or_insert_with(|| whole.1[*place].clone());
                let took = brought(entry, place.1, kinds);
                upward(&links[place.0], seat, |seat| matched[seat] -= took);
            }
        }
    }

    /// What is paid on at each seat, where it differs from what entered.
    pub(super) fn paid(&self, place: Place) -> Option<&Vec<Entered>> {
        self.paid.get(&place)?.as_ref()
    }

    /// What legs match at each seat, where it differs from the group.
    pub(super) fn matched(&self, place: Place) -> Option<&Vec<i64>> {
        self.matched.get(&place)?.as_ref()
    }
}

/// Shows a seat and all above it.
fn upward(links: &Links, mut seat: Seat, mut each: impl FnMut(usize)) {
    while seat != NONE {
        each(seat as usize);
        seat = links.up[seat as usize];
    }
}

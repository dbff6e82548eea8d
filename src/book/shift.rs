//! Structure that carries figures along: new seats, and whole legs that move.

use std::sync::Arc;

use crate::base::ids::{Member, NONE, Seat};
use crate::base::planted::{Planted, planted};
use crate::tree::seats::WAITING;

use super::carry::Carry;
use super::forest::Attach;
use super::grove::Grove;

impl Grove {
    /// A new seat, attached, that counts nowhere yet.
    pub(super) fn add_seat(&mut self, owner: Member, at: Attach) -> Seat {
        let seat = self.seats.push(owner);
        self.attach(seat, at, None);
        seat
    }

    /// Moves a seat with all below it, and what it hands up. O(hops), O(log cells) where a chain is cut.
    pub(super) fn move_seat(&mut self, seat: Seat, to: Attach) {
        let carry = self.subtree(seat);
        self.detach(seat, &carry);
        self.attach(seat, to, Some(carry));
    }

    fn detach(&mut self, seat: Seat, carry: &Carry) {
        // Most seats are neither, and a set shared with a fork would be copied for nothing.
        for set in [&mut self.waiting, &mut self.roots] {
            if set.contains(&seat) {
                Arc::make_mut(set).remove(&seat);
            }
        }
        self.seats
            .set_flags(seat, self.seats.flags(seat) & !WAITING);
        let parent = self.seats.parent(seat);
        if parent == NONE {
            return;
        }
        let (leaf, slot) = self.seats.place(seat);
        let first_of_chain =
            leaf != NONE && slot == 0 && self.blocks.first(self.blocks.root(leaf)) == leaf;
        if leaf != NONE && !first_of_chain {
            let (top, passed) = self.cut_above(seat, carry);
            self.leave_line(parent, seat);
            if !planted(Planted::MovedLegCounted) {
                self.climb(top, passed.negated());
            }
        } else {
            if first_of_chain {
                let root = self.blocks.root(leaf);
                self.blocks.set_top(root, NONE);
            }
            self.leave_line(parent, seat);
            if !planted(Planted::MovedLegCounted) {
                self.climb(parent, carry.clone().negated());
            }
        }
    }

    fn leave_line(&mut self, parent: Seat, seat: Seat) {
        let own = self.own_counts(seat);
        self.add_frontline(parent, own.wrapping_neg());
        self.seats.unlink(seat);
    }

    /// Hangs a loose seat, with what it hands up; a new seat hands up nothing.
    fn attach(&mut self, seat: Seat, at: Attach, carry: Option<Carry>) {
        let (parent, leg) = match at {
            Attach::Under { parent, leg } => (parent, leg),
            Attach::Root if self.roots_below_company() => (crate::base::ids::COMPANY, 0),
            Attach::Root => {
                Arc::make_mut(&mut self.roots).insert(seat);
                return;
            }
            Attach::Detached => {
                Arc::make_mut(&mut self.waiting).insert(seat);
                self.seats.set_flags(seat, self.seats.flags(seat) | WAITING);
                return;
            }
        };
        self.widen(parent);
        self.seats.link(seat, parent, leg);
        let (leaf, _) = self.seats.place(seat);
        if leaf != NONE {
            let root = self.blocks.root(leaf);
            self.blocks.set_top(root, parent);
        }
        let Some(carry) = carry else {
            return;
        };
        let own = self.own_counts(seat);
        self.add_frontline(parent, own);
        let above = self.climb(parent, carry);
        if leaf == NONE {
            self.promote_run(seat, above.and_below());
        } else {
            self.promote_run(parent, above);
        }
    }
}

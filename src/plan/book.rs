//! What plans read: one period's book, seat by seat. Whoever has a book to show implements [`Book`].

use crate::base::ids::{ENROLLER_TREE, Member, NONE, Seat, Text};
use crate::plan::entry::{Entry, Wanted};

/// The book of one period as plans see it. Seat 0 of each tree and member 0 are the hidden company.
///
/// Trees, volume kinds and members have the numbers that the network gives them; a seat of the enroller tree has its
/// member's number. Every answer is of the same moment.
pub trait Book: Sync {
    /// Seats of a tree, the company seat included.
    fn seats(&self, tree: usize) -> u32;
    /// The parent seat; none for roots, waiting seats and the company.
    fn parent(&self, tree: usize, seat: Seat) -> Option<Seat>;
    /// Who holds the seat.
    fn owner(&self, tree: usize, seat: Seat) -> Member;
    /// The numbered leg of its parent a seat stands in, from 1; 0 where legs have no numbers.
    fn leg(&self, tree: usize, seat: Seat) -> u8;
    /// Whether the seat's member counts as active there.
    fn active(&self, tree: usize, seat: Seat) -> bool;
    /// A member's first seat in a tree, if the book knows one.
    fn seat(&self, tree: usize, member: Member) -> Option<Seat>;
    /// What entered at a seat in a volume kind, as the seat's own and as from its first level (customers' orders, where
    /// the tree counts them so). Units of 1e-4.
    fn entered(&self, tree: usize, seat: Seat, kind: usize) -> Entered;
    /// Members, the company included.
    fn members(&self) -> u32;
    /// What a member is to plans.
    fn role(&self, member: Member) -> Role;
    /// Members who are paid as a rank of a ladder at least, whatever they meet, both by name; a member once at most.
    fn overrides(&self, ladder: &str) -> Vec<(Member, Text)>;
    /// ISO 4217 code of the currency he is to be paid in; none where nobody said.
    fn currency(&self, member: Member) -> Option<Text>;
    /// Whether what he is paid is held back for now.
    fn is_held(&self, member: Member) -> bool;
    /// Who enrolled him, as personally enrolled counts see it; none for roots.
    fn enroller(&self, member: Member) -> Option<Member>;
    /// Shows everything that entered the period, of each order in order of acceptance: what
    /// [`entered`](Book::entered) adds up.
    fn entries(&self, wanted: Wanted, each: &mut dyn FnMut(&Entry));
    /// The same in parts, one behind the other: the `nth` of so many, from 0.
    fn part_of_entries(
        &self,
        wanted: Wanted,
        (nth, _): (usize, usize),
        each: &mut dyn FnMut(&Entry),
    ) {
        if nth == 0 {
            self.entries(wanted, each);
        }
    }
    /// Of that, the refunds whose orders entered an earlier period.
    fn late(&self, wanted: Wanted) -> Vec<Entry>;

    // The same of everybody. They stand here so that each book has loops of its own, without a call for each seat.

    /// Every seat's parent; NONE where it has none. O(seats), as all of these.
    fn parents(&self, tree: usize) -> Vec<Seat> {
        let seats = 0..self.seats(tree);
        seats
            .map(|seat| self.parent(tree, seat).unwrap_or(NONE))
            .collect()
    }

    /// Who holds each seat.
    fn owners(&self, tree: usize) -> Vec<Member> {
        let seats = 0..self.seats(tree);
        seats.map(|seat| self.owner(tree, seat)).collect()
    }

    /// The numbered leg of its parent that each seat stands in.
    fn legs(&self, tree: usize) -> Vec<u8> {
        let seats = 0..self.seats(tree);
        seats.map(|seat| self.leg(tree, seat)).collect()
    }

    /// Each member's first seat; NONE where he has none.
    fn first_seats(&self, tree: usize) -> Vec<Seat> {
        let members = 0..self.members();
        members
            .map(|member| self.seat(tree, member).unwrap_or(NONE))
            .collect()
    }

    /// What entered at each seat in a volume kind.
    fn all_entered(&self, tree: usize, kind: usize) -> Vec<Entered> {
        let seats = 0..self.seats(tree);
        seats.map(|seat| self.entered(tree, seat, kind)).collect()
    }

    /// What each member is.
    fn roles(&self) -> Vec<Role> {
        (0..self.members())
            .map(|member| self.role(member))
            .collect()
    }

    /// Whether each member is active where he was enrolled.
    fn all_active(&self) -> Vec<bool> {
        let members = 0..self.members();
        members
            .map(|member| self.active(ENROLLER_TREE, member))
            .collect()
    }

    /// Members whose money is held back, rising.
    fn all_held(&self) -> Vec<Member> {
        let members = 1..self.members();
        members.filter(|&member| self.is_held(member)).collect()
    }

    /// Who enrolled each member; NONE for roots.
    fn enrollers(&self) -> Vec<Member> {
        let members = 0..self.members();
        members
            .map(|member| self.enroller(member).unwrap_or(NONE))
            .collect()
    }
}

/// A book of which a part can be taken out: what lies around a few seats is found without visiting all.
pub trait Near: Book {
    /// Shows every seat that a member holds, with its tree.
    fn seats_of(&self, member: Member, each: &mut dyn FnMut(usize, Seat));
    /// Appends the seats right below a seat; any so many of them, if there are more.
    fn children(&self, tree: usize, seat: Seat, most: usize, children: &mut Vec<Seat>);
    /// Of some seats the nearest that stands above each of others.
    fn nearest_above(&self, tree: usize, below: &[Seat], among: &[Seat]) -> Vec<Option<Seat>>;
    /// Asks the memory for a seat and its member, which are looked at soon.
    fn ask_ahead(&self, tree: usize, seat: Seat);
    /// What entered at a seat and below it in a volume kind of the network. Units of 1e-4.
    fn group(&self, tree: usize, seat: Seat, kind: usize) -> i64;
    /// Whether those whom a member enrolled are the ones right below him in the enroller tree.
    fn enrolled_are_below(&self) -> bool;
    /// What [`entries`](Book::entries) shows, of what is credited to some members, in the same order; none if only a
    /// visit of all would tell.
    fn entries_of(&self, members: &[Member], wanted: Wanted) -> Option<Vec<Entry>>;
    /// The same of [`late`](Book::late).
    fn late_of(&self, members: &[Member], wanted: Wanted) -> Option<Vec<Entry>>;
    /// Whether legs are spared some of that; none if only a visit of all would tell.
    fn spares_legs(&self) -> Option<bool>;
}

/// Volume that entered at a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Entered {
    /// As its own.
    pub own: i64,
    /// As if one level below it.
    pub below: i64,
}

impl Entered {
    /// Both.
    #[must_use]
    pub fn all(self) -> i64 {
        self.own + self.below
    }

    /// One of them: what counts as from one level below, or as its own.
    pub fn one(&mut self, below: bool) -> &mut i64 {
        if below {
            &mut self.below
        } else {
            &mut self.own
        }
    }
}

/// What a member is to plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A distributor in standing: can hold a rank and earn.
    Earner,
    /// A customer or preferred customer in standing: never earns.
    Customer,
    /// Terminated, or the company: neither.
    Gone,
}

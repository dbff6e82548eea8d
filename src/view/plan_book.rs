//! One period's book as plans read it: the trees, figures and members of that period.

use std::collections::BTreeMap;

use crate::base::after_close::AfterClose;
use crate::base::ids::{COMPANY, ENROLLER_TREE, Member, Seat, Text};
use crate::book::forest::Forest;
use crate::engine::member::{MemberKind, Status};
use crate::plan::book::{Book, Entered, Near, Role};
use crate::plan::entry::{Entry, Wanted};
use crate::tree::rules::CustomerLevel;
use crate::view::credited::Credited;
use crate::view::era::Era;
use crate::view::late_refunds::LateRefunds;
use crate::view::lens::Lens;
use crate::view::plan_orders::PlanOrders;

/// A period's book. Trees, figures and who is active are the period's own. Kind, status, first seats and who enrolled
/// whom are as they are now while the book is open, so that who has left earns nothing in it; of a closed book they are
/// as they were at its close. Ranks that were told to be paid name no period that is closed, so they need not be kept.
#[derive(Clone, Copy)]
pub struct PlanBook<'a> {
    lens: Lens<'a>,
    era: Era<'a>,
    /// What late refunds do where no plan set is in force.
    told: AfterClose,
    /// Who is credited with what in the period, where that is known.
    credited: Option<&'a Credited>,
    /// Its late refunds, where they are known.
    late: Option<&'a LateRefunds>,
}

impl<'a> PlanBook<'a> {
    /// The book of a period that can be read. Late refunds do what is `told` where no plan set is in force.
    #[must_use]
    pub fn new(lens: Lens<'a>, era: Era<'a>, told: AfterClose) -> PlanBook<'a> {
        PlanBook {
            lens,
            era,
            told,
            credited: None,
            late: None,
        }
    }

    /// The same, knowing who is credited with what, and the late refunds.
    #[must_use]
    pub fn with(
        self,
        credited: Option<&'a Credited>,
        late: Option<&'a LateRefunds>,
    ) -> PlanBook<'a> {
        PlanBook {
            credited,
            late,
            ..self
        }
    }

    fn orders(&self, wanted: Wanted) -> PlanOrders<'a> {
        PlanOrders::new((self.lens, self.era), wanted, self.told)
    }
}

impl Near for PlanBook<'_> {
    fn seats_of(&self, member: Member, each: &mut dyn FnMut(usize, Seat)) {
        let all = self.era.members.seats(member);
        let held = all.filter(|&(tree, _, seat)| self.era.holds(tree, seat));
        held.for_each(|(tree, _, seat)| each(tree, seat));
    }

    fn children(&self, tree: usize, seat: Seat, most: usize, children: &mut Vec<Seat>) {
        children.extend(self.era.forest.children(tree, seat).take(most));
    }

    fn nearest_above(&self, tree: usize, below: &[Seat], among: &[Seat]) -> Vec<Option<Seat>> {
        self.era.forest.nearest_above(tree, below, among)
    }

    fn ask_ahead(&self, tree: usize, seat: Seat) {
        self.era.forest.prefetch(tree, seat);
        if tree == ENROLLER_TREE {
            self.era.members.prefetch(seat);
        }
    }

    fn group(&self, tree: usize, seat: Seat, kind: usize) -> i64 {
        self.era.figure((tree, seat), kind, Forest::group)
    }

    fn enrolled_are_below(&self) -> bool {
        !self.era.rules.enrolled_by_fact
    }

    fn entries_of(&self, members: &[Member], wanted: Wanted) -> Option<Vec<Entry>> {
        let (all, credited) = (self.orders(wanted), self.credited?);
        Some(all.of_records(&credited.orders(members), &credited.corrections(members)))
    }

    fn late_of(&self, members: &[Member], wanted: Wanted) -> Option<Vec<Entry>> {
        let late = self.late?.of_members(members);
        Some(self.orders(wanted).of_corrections(&late))
    }

    fn spares_legs(&self) -> Option<bool> {
        self.late.map(LateRefunds::spares_legs)
    }
}

impl Book for PlanBook<'_> {
    fn seats(&self, tree: usize) -> u32 {
        if tree < self.era.rules.trees.len() {
            self.era.forest.seats(tree)
        } else {
            0
        }
    }

    fn parent(&self, tree: usize, seat: Seat) -> Option<Seat> {
        self.era.forest.parent(tree, seat)
    }

    fn owner(&self, tree: usize, seat: Seat) -> Member {
        self.era.forest.owner(tree, seat)
    }

    fn leg(&self, tree: usize, seat: Seat) -> u8 {
        self.era.forest.leg(tree, seat)
    }

    fn active(&self, tree: usize, seat: Seat) -> bool {
        self.era.forest.standing(tree, seat).active
    }

    fn seat(&self, tree: usize, member: Member) -> Option<Seat> {
        let seats = self.seats(tree);
        // A tree younger than the book has no seats, and its members no room for one.
        let seat = (seats > 0).then(|| self.era.members.seat(member, tree, 1));
        seat.flatten().filter(|&seat| seat < seats)
    }

    fn entered(&self, tree: usize, seat: Seat, kind: usize) -> Entered {
        let at = (tree, seat);
        let own = self.era.figure(at, kind, Forest::own);
        if self.era.rules.trees[tree].customer_level == CustomerLevel::Own {
            return Entered { own, below: 0 };
        }
        // Customers' volume stands in the group alone: it is what neither the seat nor a child brought.
        let children = self.era.forest.children(tree, seat);
        let from_legs: i64 = children
            .map(|child| self.era.figure((tree, child), kind, Forest::group))
            .sum();
        let group = self.era.figure(at, kind, Forest::group);
        Entered {
            own,
            below: group - own - from_legs,
        }
    }

    fn members(&self) -> u32 {
        self.seats(ENROLLER_TREE)
    }

    fn role(&self, member: Member) -> Role {
        if member == COMPANY || self.era.members.status(member) == Status::Terminated {
            return Role::Gone;
        }
        match self.era.members.kind(member) {
            MemberKind::Distributor => Role::Earner,
            MemberKind::Preferred | MemberKind::Customer => Role::Customer,
        }
    }

    fn overrides(&self, ladder: &str) -> Vec<(Member, Text)> {
        let all = &self.lens.state.overrides;
        let told = all.of(self.era.period, self.era.ordinal, ladder);
        // A later one takes the place of an earlier one.
        let last: BTreeMap<Member, Option<&Text>> =
            told.map(|one| (one.member, one.rank.as_ref())).collect();
        let held = last.into_iter();
        held.filter_map(|(member, rank)| Some((member, rank?.clone())))
            .collect()
    }

    fn currency(&self, member: Member) -> Option<Text> {
        self.era.members.currency(member).cloned()
    }

    fn is_held(&self, member: Member) -> bool {
        self.era.members.status(member) != Status::Open
    }

    fn enroller(&self, member: Member) -> Option<Member> {
        if self.era.rules.enrolled_by_fact {
            let enroller = self.era.members.enrolled_by(member)?;
            (enroller != COMPANY && enroller < self.members()).then_some(enroller)
        } else {
            self.era.forest.parent(ENROLLER_TREE, member)
        }
    }

    fn entries(&self, wanted: Wanted, each: &mut dyn FnMut(&Entry)) {
        self.orders(wanted).each((0, 1), each);
    }

    fn part_of_entries(&self, wanted: Wanted, part: (usize, usize), each: &mut dyn FnMut(&Entry)) {
        self.orders(wanted).each(part, each);
    }

    fn late(&self, wanted: Wanted) -> Vec<Entry> {
        self.orders(wanted).late()
    }
}

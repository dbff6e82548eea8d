//! A period's figures as columns, loaded from a book once, and what ladders and components have made of them so far.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use crate::arena::near;
use crate::base::ids::{ENROLLER_TREE, Member, NONE, Seat};
use crate::base::limits::KINDS_MAX;
use crate::base::money::Micros;
use crate::plan::book::{Book, Entered, Role};
use crate::plan::derived::Derived;
use crate::plan::entry::{Portion, Wanted};
use crate::plan::few::{Few, Place};
use crate::plan::hands::Hands;
use crate::plan::links::Links;
use crate::plan::places::{Brought, Places};
use crate::plan::setting::row_of;
use crate::plan::sieved::{self, Asked, Sieved, Visit};
use crate::plan::spared::Spared;
use crate::plan::standing::Holding;
use crate::plan::tasks;

/// A column. Trees and kinds are indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// Links of a tree.
    Links(usize),
    /// What entered at each seat, of a tree and a kind.
    Entered(usize, usize),
    /// The same without refunds of orders of earlier periods that what is paid on is spared.
    Paid(usize, usize),
    /// The seats in the first and the second leg of each seat of a tree.
    Legs(usize),
    /// Group volume of each seat, of a tree and a kind.
    Group(usize, usize),
    /// The same without those refunds that legs are spared.
    Matched(usize, usize),
    /// Orders and their refunds one by one, of a derived kind.
    Orders(usize),
    /// What orders brought those who stood above them as they were accepted, of a kind.
    Posted(Places, usize),
}

/// Everything a component may read.
#[derive(Debug)]
pub struct Columns {
    members: Vec<Who>,
    seats: Few<usize, Vec<Seat>>,
    owners: Few<usize, Vec<Member>>,
    links: Few<usize, Links>,
    legs: Few<usize, Vec<[Seat; 2]>>,
    entered: Few<Place, Vec<Entered>>,
    group: Few<Place, Vec<i64>>,
    spared: Spared,
    sieved: Sieved,
    ranks: Once<u8>,
    holdings: BTreeMap<usize, Vec<Holding>>,
    cycles: BTreeMap<usize, Vec<i64>>,
    lesser_legs: BTreeMap<usize, Vec<i64>>,
    amounts: Once<Micros>,
}

/// Columns by their number, each set once: where one is set, others are read.
type Once<T> = Vec<OnceLock<Vec<T>>>;

fn once<T>(count: usize) -> Once<T> {
    (0..count).map(|_| OnceLock::new()).collect()
}

fn set_once<T>(columns: &Once<T>, number: usize, column: Vec<T>) {
    let set = columns[number].set(column);
    assert!(set.is_ok(), "column {number} is set once");
}

/// A member as plans see him.
#[derive(Debug, Clone, Copy)]
struct Who {
    role: Role,
    active: bool,
}

impl Columns {
    /// Members and the columns asked for, with what those are made of; `kinds` are those that the set derives. Entries are
    /// visited beside all the rest.
    /// O(members + seats) for each, and one visit of the period's entries for all of derived kinds together.
    #[must_use]
    pub fn load(
        book: &dyn Book,
        asked: &BTreeSet<Column>,
        kinds: &[Derived],
        hands: &dyn Hands,
    ) -> Columns {
        let visit = Visit::of(book, &of_derived(asked), kinds);
        let plain = OnceLock::new();
        let alone = vec![Vec::new(); 1 + visit.parts()];
        tasks::all(hands, &alone, &|task| match task.checked_sub(1) {
            None => drop(plain.set(Columns::plain(book, asked, kinds))),
            Some(nth) => visit.part(nth),
        });
        let mut columns = plain.into_inner().expect("all was done");
        let (sieved, entered) = visit.done();
        columns.sieved = sieved;
        entered.for_each(|(place, entered)| columns.entered.insert(place, entered));
        for &column in asked.iter().filter(|column| column.is_derived()) {
            columns.load_one(book, column);
        }
        columns.spare(book, asked, kinds);
        columns
    }

    /// Members, and the columns that no derived kind is in.
    fn plain(book: &dyn Book, asked: &BTreeSet<Column>, kinds: &[Derived]) -> Columns {
        let roles = book.roles().into_iter().zip(book.all_active());
        let mut columns = Columns {
            members: roles.map(|(role, active)| Who { role, active }).collect(),
            seats: Few::new(),
            owners: Few::new(),
            links: Few::new(),
            legs: Few::new(),
            entered: Few::new(),
            group: Few::new(),
            spared: Spared::default(),
            sieved: Sieved::of(kinds),
            ranks: Vec::new(),
            holdings: BTreeMap::new(),
            cycles: BTreeMap::new(),
            lesser_legs: BTreeMap::new(),
            amounts: Vec::new(),
        };
        for &column in asked.iter().filter(|column| !column.is_derived()) {
            columns.load_one(book, column);
        }
        columns
    }

    /// Loads a column, and what it is made of.
    fn load_one(&mut self, book: &dyn Book, column: Column) {
        match column {
            Column::Links(tree) => {
                self.links.make(tree, || Links::whole(book.parents(tree)));
                self.owners.make(tree, || book.owners(tree));
                self.seats.make(tree, || book.first_seats(tree));
            }
            Column::Legs(tree) => {
                self.load_one(book, Column::Links(tree));
                let up = &self.links[tree].up;
                let mut legs = vec![[NONE; 2]; up.len()];
                for ((seat, &up), leg) in (0..).zip(up).zip(book.legs(tree)) {
                    if let (true, 1..=2) = (up != NONE, leg) {
                        legs[up as usize][usize::from(leg) - 1] = seat;
                    }
                }
                self.legs.insert(tree, legs);
            }
            Column::Entered(tree, kind) | Column::Paid(tree, kind) => {
                let kind = self.sieved.number(kind);
                let place = (tree, kind);
                self.entered.make(place, || book.all_entered(tree, kind));
            }
            Column::Group(tree, kind) | Column::Matched(tree, kind) => {
                self.load_one(book, Column::Links(tree));
                self.load_one(book, Column::Entered(tree, kind));
                let kind = self.sieved.number(kind);
                if self.group.holds((tree, kind)) {
                    return;
                }
                let links = &self.links[tree];
                let mut group: Vec<i64> = self.entered[(tree, kind)]
                    .iter()
                    .map(|volume| volume.all())
                    .collect();
                for (step, &seat) in links.order.iter().enumerate() {
                    if let Some(up) = links.up_ahead(step) {
                        near::fetch(&group[up as usize]);
                    }
                    let up = links.up[seat as usize];
                    if up != NONE {
                        group[up as usize] += group[seat as usize];
                    }
                }
                self.group.insert((tree, kind), group);
            }
            // Loaded with all that derived kinds come to.
            Column::Orders(_) | Column::Posted(..) => {}
        }
    }

    /// Gives back what refunds of orders of earlier periods took, where a set spares that. O(corrections of the period), and
    /// see [`Spared`].
    fn spare(&mut self, book: &dyn Book, asked: &BTreeSet<Column>, kinds: &[Derived]) {
        for &column in asked {
            // Kinds that count the same are held once.
            match column {
                Column::Paid(tree, kind) => self.spared.ask_paid((tree, self.sieved.number(kind))),
                Column::Matched(tree, kind) => {
                    self.spared.ask_matched((tree, self.sieved.number(kind)));
                }
                _ => {}
            }
        }
        if !self.spared.is_asked() {
            return;
        }
        for entry in book.late(Wanted::everywhere(sieved::counts_to(kinds))) {
            let whole = (&self.entered, &self.group);
            self.spared.give_back(&entry, kinds, whole, &self.links);
        }
    }

    /// Members, the company included.
    #[must_use]
    pub fn members(&self) -> u32 {
        self.members.len() as u32
    }

    /// What a member is.
    #[must_use]
    pub fn role(&self, member: Member) -> Role {
        self.members[member as usize].role
    }

    /// Whether a member is active.
    #[must_use]
    pub fn is_active(&self, member: Member) -> bool {
        self.members[member as usize].active
    }

    /// Whether a member is a distributor in standing, and active: who uses up a level under compression.
    #[must_use]
    pub fn stands_active(&self, member: Member) -> bool {
        let who = self.members[member as usize];
        who.role == Role::Earner && who.active
    }

    /// Links of a tree that was asked for.
    ///
    /// # Panics
    /// If no component reads them.
    #[must_use]
    pub fn links(&self, tree: usize) -> &Links {
        &self.links[tree]
    }

    /// The seats in the first and the second leg of each seat; [`NONE`] where there is none.
    ///
    /// # Panics
    /// If no component reads them.
    #[must_use]
    pub fn legs(&self, tree: usize) -> &[[Seat; 2]] {
        &self.legs[tree]
    }

    /// The seats in the first and the second leg of a seat; none where nothing reads the legs of the tree.
    #[must_use]
    pub fn legs_of(&self, tree: usize, seat: Seat) -> Option<[Seat; 2]> {
        self.legs.get(tree)?.get(seat as usize).copied()
    }

    /// Who holds a seat of a tree that was asked for.
    ///
    /// # Panics
    /// If no component reads the tree.
    #[must_use]
    pub fn owner(&self, tree: usize, seat: Seat) -> Member {
        self.owners(tree)[seat as usize]
    }

    /// Who holds each seat of a tree that was asked for.
    ///
    /// # Panics
    /// If no component reads the tree.
    #[must_use]
    pub fn owners(&self, tree: usize) -> &[Member] {
        &self.owners[tree]
    }

    /// Every seat a member holds in a tree that was asked for. O(seats).
    pub fn seats_of(&self, tree: usize, member: Member) -> impl Iterator<Item = Seat> + '_ {
        let owners = self.owners(tree).iter().enumerate();
        let held = owners.filter(move |(_, owner)| **owner == member);
        held.map(|(seat, _)| seat as Seat)
    }

    /// A member's first seat in a tree that was asked for.
    #[must_use]
    pub fn seat(&self, tree: usize, member: Member) -> Option<Seat> {
        let seat = self.seats.get(tree)?.get(member as usize).copied()?;
        (seat != NONE).then_some(seat)
    }

    /// What entered at each seat.
    ///
    /// # Panics
    /// If no component reads it.
    #[must_use]
    pub fn entered(&self, tree: usize, kind: usize) -> &[Entered] {
        &self.entered[(tree, self.sieved.number(kind))]
    }

    /// What entered at each seat, as far as it is paid on.
    ///
    /// # Panics
    /// If no component reads it.
    #[must_use]
    pub fn paid(&self, tree: usize, kind: usize) -> &[Entered] {
        let place = (tree, self.sieved.number(kind));
        let differs = self.spared.paid(place);
        differs.unwrap_or_else(|| &self.entered[place])
    }

    /// All that is paid on of what entered the enroller tree in a volume kind; nothing where refunds are greater.
    ///
    /// # Panics
    /// If no component reads it.
    #[must_use]
    pub fn sold(&self, kind: usize) -> i64 {
        let entered = self.paid(ENROLLER_TREE, kind).iter();
        entered.map(|volume| volume.all()).sum::<i64>().max(0)
    }

    /// Group volume of each seat.
    ///
    /// # Panics
    /// If no component reads it.
    #[must_use]
    pub fn group(&self, tree: usize, kind: usize) -> &[i64] {
        &self.group[(tree, self.sieved.number(kind))]
    }

    /// Group volume of each seat, as far as legs are matched by it.
    ///
    /// # Panics
    /// If no component reads it.
    #[must_use]
    pub fn matched(&self, tree: usize, kind: usize) -> &[i64] {
        let place = (tree, self.sieved.number(kind));
        let differs = self.spared.matched(place);
        differs.unwrap_or_else(|| &self.group[place])
    }

    /// What orders brought everybody at some places of a path, as far as it is paid on: for each member in turn one row of
    /// as many as there are places.
    ///
    /// # Panics
    /// If no component reads it.
    #[must_use]
    pub fn posted(&self, places: Places, kind: usize) -> &[Brought] {
        self.sieved.posted(places, kind)
    }

    /// Orders and their refunds one by one, of a derived kind, as far as they are paid on.
    ///
    /// # Panics
    /// If no component reads them.
    #[must_use]
    pub fn orders(&self, kind: usize) -> &[Portion] {
        self.sieved.orders(kind)
    }

    /// Everybody's rank on a ladder, from 1; 0 is none. None where the ladder has not been judged.
    #[must_use]
    pub fn ranks(&self, ladder: usize) -> Option<&[u8]> {
        self.ranks.get(ladder)?.get().map(Vec::as_slice)
    }

    /// What a member held on a ladder when the period began; nothing where the ladder is not judged here, or he came later.
    #[must_use]
    pub fn holding(&self, ladder: usize, member: Member) -> Holding {
        let holdings = self.holdings(ladder).unwrap_or_default();
        holdings.get(member as usize).copied().unwrap_or_default()
    }

    /// What everybody held on a ladder when the period began; none where the ladder is not judged here.
    #[must_use]
    pub fn holdings(&self, ladder: usize) -> Option<&[Holding]> {
        self.holdings.get(&ladder).map(Vec::as_slice)
    }

    /// What a component comes to for every member, after its cap; none where it has not been worked out.
    #[must_use]
    pub fn amounts(&self, component: usize) -> Option<&[Micros]> {
        self.amounts.get(component)?.get().map(Vec::as_slice)
    }

    /// Cycles that a member's legs cover by a component whose cycles a ladder asks for.
    #[must_use]
    pub fn cycles(&self, component: usize, member: Member) -> i64 {
        let cycles = self.cycles.get(&component);
        cycles
            .and_then(|all| all.get(member as usize))
            .copied()
            .unwrap_or(0)
    }

    /// Adds the cycles of a component.
    pub(super) fn add_cycles(&mut self, component: usize, cycles: Vec<i64>) {
        self.cycles.insert(component, cycles);
    }

    /// What the lesser leg of a member's first seat holds by a component whose legs a ladder asks for.
    #[must_use]
    pub fn lesser_leg(&self, component: usize, member: Member) -> i64 {
        let held = self.lesser_legs.get(&component);
        held.and_then(|all| all.get(member as usize))
            .copied()
            .unwrap_or(0)
    }

    /// Adds what lesser legs hold by a component.
    pub(super) fn add_lesser_legs(&mut self, component: usize, held: Vec<i64>) {
        self.lesser_legs.insert(component, held);
    }

    /// Every component worked out so far, in order, with what it comes to for every member.
    pub fn worked_out(&self) -> impl Iterator<Item = (usize, &[Micros])> {
        let all = self.amounts.iter().enumerate();
        all.filter_map(|(component, amounts)| Some((component, amounts.get()?.as_slice())))
    }

    /// Adds what everybody held on a ladder when the period began.
    pub(super) fn add_holdings(&mut self, ladder: usize, holdings: Vec<Holding>) {
        self.holdings.insert(ladder, holdings);
    }

    /// Makes room for the ranks of so many ladders and the amounts of so many components.
    pub(super) fn make_room(&mut self, ladders: usize, components: usize) {
        (self.ranks, self.amounts) = (once(ladders), once(components));
    }

    /// Adds everybody's rank on a ladder.
    pub(super) fn add_ranks(&self, ladder: usize, ranks: Vec<u8>) {
        set_once(&self.ranks, ladder, ranks);
    }

    /// Adds what a component comes to.
    pub(super) fn add_amounts(&self, component: usize, amounts: Vec<Micros>) {
        set_once(&self.amounts, component, amounts);
    }

    /// Who can earn, by a rule and the ranks of a ladder, how much at most, and what the component's seats bring along.
    #[must_use]
    pub(super) fn payees<'p>(
        &'p self,
        rule: Payee,
        ladder: Option<usize>,
        caps: &'p Caps,
        brought: &'p [i64],
    ) -> Payees<'p> {
        Payees {
            members: &self.members,
            ranks: ladder.and_then(|ladder| self.ranks(ladder)),
            holdings: ladder.and_then(|ladder| self.holdings(ladder)),
            rule,
            caps,
            brought,
        }
    }
}

impl Column {
    /// Whether it is found by a visit of the entries: it is of a kind that the set derives, or of what is written down with
    /// orders.
    fn is_derived(&self) -> bool {
        match *self {
            Column::Links(_) | Column::Legs(_) => false,
            Column::Entered(_, kind)
            | Column::Paid(_, kind)
            | Column::Group(_, kind)
            | Column::Matched(_, kind)
            | Column::Orders(kind) => kind >= KINDS_MAX,
            // Found by the same visit.
            Column::Posted(..) => true,
        }
    }
}

/// What is asked of derived kinds.
pub(super) fn of_derived(asked: &BTreeSet<Column>) -> Vec<Asked> {
    let asked = asked.iter().filter_map(|&column| match column {
        Column::Entered(tree, kind)
        | Column::Paid(tree, kind)
        | Column::Group(tree, kind)
        | Column::Matched(tree, kind) => (kind >= KINDS_MAX).then_some(Asked::Entered(tree, kind)),
        Column::Orders(kind) => Some(Asked::Orders(kind)),
        Column::Posted(places, kind) => Some(Asked::Posted(places, kind)),
        Column::Links(_) | Column::Legs(_) => None,
    });
    asked.collect()
}

/// Who can earn by a component, beside being a distributor in standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payee {
    /// Only while active.
    pub active: bool,
    /// Only from this rank on; 0 for everybody.
    pub min_rank: u8,
}

/// The most that one member earns by a component in a period.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Caps {
    /// For ranks without a row; none where they have no cap.
    pub all: Option<Micros>,
    /// From some ranks on, the lowest first.
    pub by_rank: Vec<(u8, Micros)>,
}

/// Who can earn by a component, and what he and his seats bring along from the period before.
#[derive(Debug, Clone, Copy)]
pub struct Payees<'p> {
    members: &'p [Who],
    ranks: Option<&'p [u8]>,
    holdings: Option<&'p [Holding]>,
    rule: Payee,
    caps: &'p Caps,
    brought: &'p [i64],
}

impl Payees<'_> {
    /// Whether a member can; whom the book does not know cannot.
    #[must_use]
    pub fn earns(&self, member: Member) -> bool {
        let who = self.members.get(member as usize);
        self.stands(member) && who.is_some_and(|who| who.active || !self.rule.active)
    }

    /// Whether a member can but for being active: of whom that was asked when an order came in.
    #[must_use]
    pub fn stands(&self, member: Member) -> bool {
        let who = self.members.get(member as usize);
        who.is_some_and(|who| who.role == Role::Earner && self.rank(member) >= self.rule.min_rank)
    }

    /// Whether only active members can.
    #[must_use]
    pub fn asks_activity(&self) -> bool {
        self.rule.active
    }

    /// Whether he is not active where that is asked.
    pub(super) fn lacks_activity(&self, member: Member) -> bool {
        let who = self.members.get(member as usize);
        self.rule.active && who.is_none_or(|who| !who.active)
    }

    /// His rank on the plan's ladder; 0 for none, and where the plan has no ladder.
    #[must_use]
    pub fn rank(&self, member: Member) -> u8 {
        let ranks = self.ranks.unwrap_or_default();
        ranks.get(member as usize).copied().unwrap_or(0)
    }

    /// What he held on the plan's ladder when the period began; nothing where the plan has no ladder.
    #[must_use]
    pub fn holding(&self, member: Member) -> Holding {
        let holdings = self.holdings.unwrap_or_default();
        holdings.get(member as usize).copied().unwrap_or_default()
    }

    /// The most he earns by the component in a period; none where there is no cap.
    #[must_use]
    pub fn cap(&self, member: Member) -> Option<Micros> {
        let row = row_of(&self.caps.by_rank, self.rank(member));
        row.copied().or(self.caps.all)
    }

    /// The figures that a seat brings along for the component, which hands on so many.
    #[must_use]
    pub fn brought<const WIDTH: usize>(&self, seat: Seat) -> [i64; WIDTH] {
        let from = seat as usize * WIDTH;
        let row = self.brought.get(from..from + WIDTH);
        row.map_or([0; WIDTH], |row| {
            *row.first_chunk().expect("a row of that width")
        })
    }

    /// Members, the company included.
    #[must_use]
    pub fn members(&self) -> usize {
        self.members.len()
    }

    /// The ranks that payees hold, 0 among them where one holds none. O(members).
    #[must_use]
    pub fn ranks_held(&self) -> Vec<u8> {
        let members = 0..self.members.len() as Member;
        let held: BTreeSet<u8> = members
            .filter(|&member| self.earns(member))
            .map(|member| self.rank(member))
            .collect();
        held.into_iter().collect()
    }
}

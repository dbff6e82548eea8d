//! A period's figures as columns, loaded from a book once, and what ladders and components have made of them so far.

use std::collections::{BTreeMap, BTreeSet};

use crate::arena::near;
use crate::base::ids::{ENROLLER_TREE, Member, NONE, Seat};
use crate::base::limits::KINDS_MAX;
use crate::base::money::Micros;
use crate::plan::book::{Book, Entered, Role};
use crate::plan::derived::Derived;
use crate::plan::entry::{Portion, Wanted};
use crate::plan::hands::{Hands, both};
use crate::plan::links::Links;
use crate::plan::setting::row_of;
use crate::plan::sieved::{self, Asked, Sieved};
use crate::plan::spared::Spared;
use crate::plan::standing::Holding;

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
}

/// Everything a component may read.
#[derive(Debug)]
pub struct Columns {
    members: Vec<Who>,
    seats: BTreeMap<usize, Vec<Seat>>,
    owners: BTreeMap<usize, Vec<Member>>,
    links: BTreeMap<usize, Links>,
    legs: BTreeMap<usize, Vec<[Seat; 2]>>,
    entered: BTreeMap<(usize, usize), Vec<Entered>>,
    group: BTreeMap<(usize, usize), Vec<i64>>,
    spared: Spared,
    sieved: Sieved,
    ranks: BTreeMap<usize, Vec<u8>>,
    holdings: BTreeMap<usize, Vec<Holding>>,
    cycles: BTreeMap<usize, Vec<i64>>,
    lesser_legs: BTreeMap<usize, Vec<i64>>,
    amounts: BTreeMap<usize, Vec<Micros>>,
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
        let derived = of_derived(asked);
        let (mut columns, sieved) = both(
            hands,
            || Columns::plain(book, asked, kinds),
            || Sieved::load(book, &derived, kinds),
        );
        columns.sieved = sieved;
        let entered = std::mem::take(&mut columns.sieved.entered);
        columns.entered.extend(entered);
        for &column in asked.iter().filter(|column| column.is_derived()) {
            columns.load_one(book, column);
        }
        columns.spare(book, asked, kinds);
        columns
    }

    /// Members, and the columns that no derived kind is in.
    fn plain(book: &dyn Book, asked: &BTreeSet<Column>, kinds: &[Derived]) -> Columns {
        let who = |member| Who {
            role: book.role(member),
            active: book.active(ENROLLER_TREE, member),
        };
        let mut columns = Columns {
            members: (0..book.members()).map(who).collect(),
            seats: BTreeMap::new(),
            owners: BTreeMap::new(),
            links: BTreeMap::new(),
            legs: BTreeMap::new(),
            entered: BTreeMap::new(),
            group: BTreeMap::new(),
            spared: Spared::default(),
            sieved: Sieved::of(kinds),
            ranks: BTreeMap::new(),
            holdings: BTreeMap::new(),
            cycles: BTreeMap::new(),
            lesser_legs: BTreeMap::new(),
            amounts: BTreeMap::new(),
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
                let seats = book.seats(tree);
                self.links.entry(tree).or_insert_with(|| {
                    Links::whole((0..seats).map(|seat| book.parent(tree, seat)))
                });
                let owner = |seat| book.owner(tree, seat);
                let owners = self.owners.entry(tree);
                owners.or_insert_with(|| (0..seats).map(owner).collect());
                self.seats.entry(tree).or_insert_with(|| {
                    let first = |member| book.seat(tree, member).unwrap_or(NONE);
                    (0..book.members()).map(first).collect()
                });
            }
            Column::Legs(tree) => {
                self.load_one(book, Column::Links(tree));
                let mut legs = vec![[NONE; 2]; book.seats(tree) as usize];
                let links = &self.links[&tree];
                for (&seat, &up) in links.seats.iter().zip(&links.up) {
                    if let (true, leg @ 1..=2) = (up != NONE, book.leg(tree, seat)) {
                        legs[up as usize][usize::from(leg) - 1] = seat;
                    }
                }
                self.legs.insert(tree, legs);
            }
            Column::Entered(tree, kind) | Column::Paid(tree, kind) => {
                let kind = self.sieved.number(kind);
                let seats = 0..book.seats(tree);
                self.entered
                    .entry((tree, kind))
                    .or_insert_with(|| seats.map(|seat| book.entered(tree, seat, kind)).collect());
            }
            Column::Group(tree, kind) | Column::Matched(tree, kind) => {
                self.load_one(book, Column::Links(tree));
                self.load_one(book, Column::Entered(tree, kind));
                let kind = self.sieved.number(kind);
                if self.group.contains_key(&(tree, kind)) {
                    return;
                }
                let links = &self.links[&tree];
                let mut group: Vec<i64> = self.entered[&(tree, kind)]
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
            Column::Orders(_) => {}
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
        &self.links[&tree]
    }

    /// The seats in the first and the second leg of each seat; [`NONE`] where there is none.
    ///
    /// # Panics
    /// If no component reads them.
    #[must_use]
    pub fn legs(&self, tree: usize) -> &[[Seat; 2]] {
        &self.legs[&tree]
    }

    /// The seats in the first and the second leg of a seat; none where nothing reads the legs of the tree.
    #[must_use]
    pub fn legs_of(&self, tree: usize, seat: Seat) -> Option<[Seat; 2]> {
        self.legs.get(&tree)?.get(seat as usize).copied()
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
        &self.owners[&tree]
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
        let seat = self.seats.get(&tree)?.get(member as usize).copied()?;
        (seat != NONE).then_some(seat)
    }

    /// What entered at each seat.
    ///
    /// # Panics
    /// If no component reads it.
    #[must_use]
    pub fn entered(&self, tree: usize, kind: usize) -> &[Entered] {
        &self.entered[&(tree, self.sieved.number(kind))]
    }

    /// What entered at each seat, as far as it is paid on.
    ///
    /// # Panics
    /// If no component reads it.
    #[must_use]
    pub fn paid(&self, tree: usize, kind: usize) -> &[Entered] {
        let place = (tree, self.sieved.number(kind));
        let differs = self.spared.paid(place);
        differs.unwrap_or_else(|| &self.entered[&place])
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
        &self.group[&(tree, self.sieved.number(kind))]
    }

    /// Group volume of each seat, as far as legs are matched by it.
    ///
    /// # Panics
    /// If no component reads it.
    #[must_use]
    pub fn matched(&self, tree: usize, kind: usize) -> &[i64] {
        let place = (tree, self.sieved.number(kind));
        let differs = self.spared.matched(place);
        differs.unwrap_or_else(|| &self.group[&place])
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
        self.ranks.get(&ladder).map(Vec::as_slice)
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
        self.amounts.get(&component).map(Vec::as_slice)
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
        let all = self.amounts.iter();
        all.map(|(component, amounts)| (*component, amounts.as_slice()))
    }

    /// Adds what everybody held on a ladder when the period began.
    pub(super) fn add_holdings(&mut self, ladder: usize, holdings: Vec<Holding>) {
        self.holdings.insert(ladder, holdings);
    }

    /// Adds everybody's rank on a ladder.
    pub(super) fn add_ranks(&mut self, ladder: usize, ranks: Vec<u8>) {
        self.ranks.insert(ladder, ranks);
    }

    /// Adds what a component comes to.
    pub(super) fn add_amounts(&mut self, component: usize, amounts: Vec<Micros>) {
        self.amounts.insert(component, amounts);
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
    /// Whether it is of a kind that the set derives.
    fn is_derived(&self) -> bool {
        match *self {
            Column::Links(_) | Column::Legs(_) => false,
            Column::Entered(_, kind)
            | Column::Paid(_, kind)
            | Column::Group(_, kind)
            | Column::Matched(_, kind)
            | Column::Orders(kind) => kind >= KINDS_MAX,
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
        self.members.get(member as usize).is_some_and(|who| {
            who.role == Role::Earner
                && (who.active || !self.rule.active)
                && self.rank(member) >= self.rule.min_rank
        })
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

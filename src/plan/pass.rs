//! One pass: a period's columns, everybody's rank on each ladder, and what each component comes to, worked out in order
//! from nothing but the book. This is what a run pays and what live figures are compared with.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::ids::{COMPANY, ENROLLER_TREE, Member, NONE, Seat};
use crate::base::money::{Micros, PER_MICRO, RATE_ONE, Rate};
use crate::plan::book::{Book, Entered, Role};
use crate::plan::component::{Column, Overflow, Part};
use crate::plan::links::Links;
use crate::plan::ranks::{self, Judged, Measure};
use crate::plan::set::{Atom, CompanyCap, Entry, Payee, PlanSet};

/// All that a period comes to under a plan set.
#[derive(Debug)]
pub struct Pass {
    /// Index of the period type.
    pub period: usize,
    members: Vec<Who>,
    seats: BTreeMap<usize, Vec<Seat>>,
    owners: BTreeMap<usize, Vec<Member>>,
    links: BTreeMap<usize, Links>,
    entered: BTreeMap<(usize, usize), Vec<Entered>>,
    group: BTreeMap<(usize, usize), Vec<i64>>,
    ladders: BTreeMap<usize, Judged>,
    amounts: BTreeMap<usize, Amounts>,
    factor: Rate,
}

/// What a component comes to.
#[derive(Debug)]
struct Amounts {
    /// By member, after the component's cap.
    kept: Vec<Micros>,
    /// Who earned more than the cap, with what it was before, by member.
    cut: BTreeMap<Member, Micros>,
}

/// A member as plans see him.
#[derive(Debug, Clone, Copy)]
struct Who {
    role: Role,
    active: bool,
}

/// Why a pass could not be finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beyond {
    /// Index of the component.
    pub component: usize,
    /// Whose amount is beyond the range.
    pub member: Member,
}

impl Pass {
    /// Works out the ladders and components of one period type, in order.
    ///
    /// # Errors
    /// [`Beyond`]: an amount that no number of 1e-6 in 64 bits holds.
    ///
    /// # Cost
    /// O((members + seats) x (components x levels + ranks)); 8 bytes of it for each column and member stay.
    pub fn run(book: &dyn Book, set: &PlanSet, period: usize) -> Result<Pass, Beyond> {
        let mut pass = Pass::new(book, period);
        for column in columns(set, period) {
            pass.load(book, column);
        }
        for (index, ladder) in set.ladders.iter().enumerate() {
            if ladder.period == period {
                let judged = ranks::judge(ladder, book, &pass);
                pass.ladders.insert(index, judged);
            }
        }
        let due = set.components.iter().enumerate();
        for (index, entry) in due.filter(|(_, entry)| entry.period == period) {
            let paid = entry.component.pay(&pass, &pass.payees(entry));
            let paid = paid.map_err(|Overflow { member }| Beyond {
                component: index,
                member,
            })?;
            pass.amounts.insert(index, capped(paid, entry.cap));
        }
        if let Some(cap) = &set.company_cap {
            pass.factor = pass.company_factor(cap);
        }
        Ok(pass)
    }

    /// What keeps the components under the company's ceiling: at most one, rounded down.
    fn company_factor(&self, cap: &CompanyCap) -> Rate {
        let under = cap
            .components
            .iter()
            .filter_map(|&component| self.amounts(component));
        let owed: i128 = under.flatten().map(|amount| i128::from(amount.0)).sum();
        if owed <= 0 {
            return Rate(RATE_ONE);
        }
        let entered = self.entered(ENROLLER_TREE, cap.volume).iter();
        let sold: i64 = entered.map(|volume| volume.all()).sum();
        let ceiling = i128::from(sold.max(0)) * i128::from(cap.rate.0);
        // The ceiling counts 1e-12, what is owed 1e-6, a rate 1e-8.
        let factor = ceiling * i128::from(RATE_ONE) / (owed * PER_MICRO);
        Rate(i64::try_from(factor).map_or(RATE_ONE, |factor| factor.min(RATE_ONE)))
    }

    /// A pass with its members and no column yet.
    fn new(book: &dyn Book, period: usize) -> Pass {
        let who = |member| Who {
            role: book.role(member),
            active: book.active(ENROLLER_TREE, member),
        };
        Pass {
            period,
            members: (0..book.members()).map(who).collect(),
            seats: BTreeMap::new(),
            owners: BTreeMap::new(),
            links: BTreeMap::new(),
            entered: BTreeMap::new(),
            group: BTreeMap::new(),
            ladders: BTreeMap::new(),
            amounts: BTreeMap::new(),
            factor: Rate(RATE_ONE),
        }
    }

    /// Loads a column, and what it is made of.
    fn load(&mut self, book: &dyn Book, column: Column) {
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
            Column::Entered(tree, kind) => {
                let seats = 0..book.seats(tree);
                self.entered
                    .entry((tree, kind))
                    .or_insert_with(|| seats.map(|seat| book.entered(tree, seat, kind)).collect());
            }
            Column::Group(tree, kind) => {
                self.load(book, Column::Links(tree));
                self.load(book, Column::Entered(tree, kind));
                let links = &self.links[&tree];
                let mut group: Vec<i64> = self.entered[&(tree, kind)]
                    .iter()
                    .map(|volume| volume.all())
                    .collect();
                for &seat in &links.order {
                    let up = links.up[seat as usize];
                    if up != NONE {
                        group[up as usize] += group[seat as usize];
                    }
                }
                self.group.insert((tree, kind), group);
            }
        }
    }

    /// Who can earn by a component.
    #[must_use]
    pub fn payees<'p>(&'p self, entry: &Entry) -> Payees<'p> {
        Payees {
            members: &self.members,
            ranks: entry.ladder.and_then(|ladder| self.ranks(ladder)),
            rule: entry.payee,
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

    /// Who holds a seat of a tree that was asked for.
    ///
    /// # Panics
    /// If no component reads the tree.
    #[must_use]
    pub fn owner(&self, tree: usize, seat: Seat) -> Member {
        self.owners[&tree][seat as usize]
    }

    /// Every seat a member holds in a tree that was asked for. O(seats).
    pub fn seats_of(&self, tree: usize, member: Member) -> impl Iterator<Item = Seat> + '_ {
        let owners = self.owners[&tree].iter().enumerate();
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
        &self.entered[&(tree, kind)]
    }

    /// Group volume of each seat.
    ///
    /// # Panics
    /// If no component reads it.
    #[must_use]
    pub fn group(&self, tree: usize, kind: usize) -> &[i64] {
        &self.group[&(tree, kind)]
    }

    /// Everybody's rank on a ladder, from 1; 0 is none. Ladders of other period types are not judged here.
    #[must_use]
    pub fn ranks(&self, ladder: usize) -> Option<&[u8]> {
        self.ladders
            .get(&ladder)
            .map(|judged| judged.ranks.as_slice())
    }

    /// What a requirement of a ladder stands at for a member; none where the ladder is not judged here.
    #[must_use]
    pub fn measure(
        &self,
        set: &PlanSet,
        ladder: usize,
        member: Member,
        atom: &Atom,
    ) -> Option<Measure> {
        let judged = self.ladders.get(&ladder)?;
        Some(judged.measure(&set.ladders[ladder], self, member, atom))
    }

    /// What a component comes to for every member; none if it is worked out over another period type.
    #[must_use]
    pub fn amounts(&self, component: usize) -> Option<&[Micros]> {
        self.amounts
            .get(&component)
            .map(|amounts| amounts.kept.as_slice())
    }

    /// What a component's amounts are multiplied by to keep the company's ceiling; one for those that are not under it.
    #[must_use]
    pub fn factor(&self, set: &PlanSet, component: usize) -> Rate {
        match &set.company_cap {
            Some(cap) if cap.components.contains(&component) => self.factor,
            _ => Rate(RATE_ONE),
        }
    }

    /// What a member's amount was before the component's cap cut it, if it did.
    #[must_use]
    pub fn uncut(&self, component: usize, member: Member) -> Option<Micros> {
        self.amounts.get(&component)?.cut.get(&member).copied()
    }

    /// What a member's amount is made of.
    #[must_use]
    pub fn explain(&self, set: &PlanSet, component: usize, member: Member) -> Vec<Part> {
        let entry = &set.components[component];
        if entry.period != self.period || member == COMPANY {
            return Vec::new();
        }
        entry.component.explain(self, &self.payees(entry), member)
    }
}

/// Who can earn by a component.
#[derive(Debug, Clone, Copy)]
pub struct Payees<'p> {
    members: &'p [Who],
    ranks: Option<&'p [u8]>,
    rule: Payee,
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

    /// His rank on the plan's ladder; 0 for none, and where the plan has no ladder.
    #[must_use]
    pub fn rank(&self, member: Member) -> u8 {
        let ranks = self.ranks.unwrap_or_default();
        ranks.get(member as usize).copied().unwrap_or(0)
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

/// Every column that ladders and components of a period type read.
fn columns(set: &PlanSet, period: usize) -> BTreeSet<Column> {
    let ladders = set.ladders.iter().filter(|ladder| ladder.period == period);
    let entries = set.components.iter().filter(|entry| entry.period == period);
    let ceiling = set.company_cap.iter();
    let ceiling = ceiling.map(|cap| Column::Entered(ENROLLER_TREE, cap.volume));
    ladders
        .flat_map(ranks::reads)
        .chain(entries.flat_map(|entry| entry.component.reads()))
        .chain(ceiling)
        .collect()
}

/// Amounts with a cap.
fn capped(mut kept: Vec<Micros>, cap: Option<Micros>) -> Amounts {
    let mut cut = BTreeMap::new();
    if let Some(cap) = cap {
        for (member, amount) in kept.iter_mut().enumerate() {
            if *amount > cap {
                cut.insert(member as Member, *amount);
                *amount = cap;
            }
        }
    }
    Amounts { kept, cut }
}

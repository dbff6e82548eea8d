//! One pass: everybody's rank on each ladder and what each component comes to, worked out in order from nothing but the
//! book. This is what a run pays and what live figures are compared with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parking_lot::Mutex;

use crate::base::ids::{COMPANY, ENROLLER_TREE, Member};
use crate::base::money::{Micros, PER_MICRO, RATE_ONE, Rate, minor_digits};
use crate::plan::book::{Book, Role};
use crate::plan::columns::{Column, Columns, Payees};
use crate::plan::course::Opens;
use crate::plan::enrolled::Counted;
use crate::plan::hands::Hands;
use crate::plan::ladder::{Atom, Ladder, Need};
use crate::plan::legs::Legs;
use crate::plan::part::{Earned, LegFigures, Overflow, Part, Sold};
use crate::plan::ranks::{self, Judged, Measure};
use crate::plan::set::{CompanyCap, Entry, PlanSet};
use crate::plan::standing::{Held, Holding, Left, Standing};
use crate::plan::tasks;
use crate::plan::ways::{Awakening, Outlook, Way};

/// All that a period comes to under a plan set.
#[derive(Debug)]
pub struct Pass {
    /// Index of the period type.
    pub period: usize,
    opening: Arc<Standing>,
    /// By member, one more than the place of his currency in the set's table of exchange; 0 for the set's own. Nothing
    /// where there is no such table.
    paid_in: Vec<u8>,
    /// Members whose money is held back.
    held: Vec<Member>,
    /// Digits of the minor unit, of the set's currency and of those of its table.
    digits: Vec<u8>,
    columns: Columns,
    ladders: BTreeMap<usize, Judged>,
    /// By component, then by member: what an amount was before the component's cap cut it.
    uncut: BTreeMap<usize, Uncut>,
    factor: Rate,
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
    /// Works out the ladders and components of one period type, in order. `opening` is what the period before handed on;
    /// of ladders of other period types, what their latest closed period did. `hands` do what does not hang on each other.
    ///
    /// # Errors
    /// [`Beyond`]: an amount that no number of 1e-6 in 64 bits holds.
    ///
    /// # Cost
    /// O((members + seats) x (components x levels + ranks)), and where derived kinds are read O(entries of the period x
    /// those kinds); 8 bytes of it for each column and member stay.
    pub fn run(
        book: &dyn Book,
        set: &PlanSet,
        period: usize,
        opening: Arc<Standing>,
        hands: &dyn Hands,
    ) -> Result<Pass, Beyond> {
        let mut columns = Columns::load(book, &read_by(set, period), &set.kinds, hands);
        columns.make_room(set.ladders.len(), set.components.len());
        for (index, ladder) in set.ladders_of(period) {
            ask_of_ladder(&mut columns, set, &opening, (index, ladder));
        }
        for index in set.read_of_others(period) {
            let members = columns.members() as usize;
            let held = opening.holdings(&set.ladders[index], members).into_iter();
            columns.add_ranks(index, held.map(|held| held.paid).collect());
        }
        let work = Work {
            set,
            period,
            opening: &opening,
            hands,
        };
        let (ladders, uncut) = work.all(book, &columns)?;
        let mut pass = Pass {
            period,
            opening,
            paid_in: paid_in(book, set),
            held: book.all_held(),
            digits: digits(set),
            columns,
            ladders,
            uncut,
            factor: Rate(RATE_ONE),
        };
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
            .filter_map(|&component| self.columns.amounts(component));
        let owed: i128 = under.flatten().map(|amount| i128::from(amount.0)).sum();
        if owed <= 0 {
            return Rate(RATE_ONE);
        }
        let sold = self.columns.sold(cap.volume);
        let ceiling = i128::from(sold) * i128::from(cap.rate.0);
        // The ceiling counts 1e-12, what is owed 1e-6, a rate 1e-8.
        let factor = ceiling * i128::from(RATE_ONE) / (owed * PER_MICRO);
        Rate(i64::try_from(factor).map_or(RATE_ONE, |factor| factor.min(RATE_ONE)))
    }

    /// What the period hands on to the next one of its type, if it ends as it stands. O(members x ladders + seats x
    /// components that hand something on).
    #[must_use]
    pub fn closing(&self, set: &PlanSet) -> Standing {
        let mut closing = Standing::default();
        for (&index, judged) in &self.ladders {
            let ladder = &set.ladders[index];
            let before = self.columns.holdings(index).unwrap_or_default();
            let paid = self.columns.ranks(index).unwrap_or_default();
            let rows = before.iter().zip(judged.met()).zip(paid);
            let held = Held {
                names: ladder.ranks.iter().map(|rank| rank.name.clone()).collect(),
                by_member: rows
                    .map(|((before, &met), &paid)| before.next(met, paid, ladder.grace))
                    .collect(),
            };
            closing.ladders.insert(ladder.name.clone(), held);
        }
        for (_, entry) in set.components_of(self.period) {
            if let Some(on) = entry.component.hands_on() {
                let left = Left {
                    tree: on.tree,
                    width: on.width,
                    figures: entry.component.left(&self.columns, &self.payees(entry)),
                };
                closing.components.insert(entry.name.clone(), left);
            }
        }
        closing
    }

    /// Which currency a member is paid in: 0 is the set's own, any other one more than a place in its table of exchange.
    #[must_use]
    pub fn paid_in(&self, member: Member) -> u8 {
        self.paid_in.get(member as usize).copied().unwrap_or(0)
    }

    /// Whether what a member is paid is held back for now.
    #[must_use]
    pub fn is_held(&self, member: Member) -> bool {
        self.held.binary_search(&member).is_ok()
    }

    /// Digits of the minor unit of a currency, by its number as [`Pass::paid_in`] gives it.
    ///
    /// # Panics
    /// If the set has no such currency.
    #[must_use]
    pub fn digits(&self, currency: u8) -> u8 {
        self.digits[usize::from(currency)]
    }

    /// Every component of the period type, in order, with what it comes to for every member.
    pub fn worked_out(&self) -> impl Iterator<Item = (usize, &[Micros])> {
        self.columns.worked_out()
    }

    /// Members, the company included.
    #[must_use]
    pub fn members(&self) -> u32 {
        self.columns.members()
    }

    /// Who can earn by a component.
    #[must_use]
    pub fn payees<'p>(&'p self, entry: &'p Entry) -> Payees<'p> {
        payees(&self.columns, &self.opening, entry)
    }

    /// Everybody's rank on a ladder, from 1; 0 is none. Ladders of other period types are not judged here.
    #[must_use]
    pub fn ranks(&self, ladder: usize) -> Option<&[u8]> {
        let judged = self.ladders.contains_key(&ladder);
        self.columns.ranks(ladder).filter(|_| judged)
    }

    /// What a member held on a ladder when the period began; nothing where it is not judged here, or he came later.
    #[must_use]
    pub fn holding(&self, ladder: usize, member: Member) -> Holding {
        self.columns.holding(ladder, member)
    }

    /// The rank that a member meets on a ladder, whatever he keeps; 0 for none, and where it is not judged here.
    #[must_use]
    pub fn met(&self, ladder: usize, member: Member) -> u8 {
        let met = self.ladders.get(&ladder).map(Judged::met);
        let met = met.and_then(|met| met.get(member as usize));
        met.copied().unwrap_or(0)
    }

    /// What a component comes to for every member; none if it is worked out over another period type.
    #[must_use]
    pub fn amounts(&self, component: usize) -> Option<&[Micros]> {
        self.columns.amounts(component)
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
        let of = (ladder, &set.ladders[ladder]);
        Some(judged.measure(of, &self.columns, member, atom))
    }

    /// The cheapest ways to meet a requirement of a ladder; none where it holds, where the ladder is not judged here, and for
    /// who is no distributor in standing.
    #[must_use]
    pub fn ways(
        &self,
        (set, ladder): (&PlanSet, usize),
        member: Member,
        need: &Need,
        awakening: Option<Awakening>,
    ) -> Vec<Way> {
        let Some(judged) = self.ladders.get(&ladder) else {
            return Vec::new();
        };
        if member >= self.members() || self.columns.role(member) != Role::Earner {
            return Vec::new();
        }
        let outlook = Outlook {
            judged,
            columns: &self.columns,
            of: (ladder, &set.ladders[ladder]),
            member,
            awakening,
        };
        outlook.ways(need)
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
        self.uncut.get(&component)?.get(&member).copied()
    }

    /// What a member's amount is made of.
    #[must_use]
    pub fn explain(&self, set: &PlanSet, component: usize, member: Member) -> Vec<Part> {
        let entry = &set.components[component];
        if entry.period != self.period || member == COMPANY {
            return Vec::new();
        }
        let payees = self.payees(entry);
        entry.component.explain(&self.columns, &payees, member)
    }

    /// Shows how the orders are found that make up a member's amount by a component of the period type, and whether he can
    /// earn by it.
    pub fn opened<R>(
        &self,
        set: &PlanSet,
        component: usize,
        member: Member,
        see: impl FnOnce(Opens<'_>, bool) -> R,
    ) -> R {
        let entry = &set.components[component];
        let payees = self.payees(entry);
        let opens = entry.component.opens(&self.columns, &payees, member);
        see(opens, entry.component.can_earn(&payees, member))
    }

    /// What became of the legs of a member's seats by a component of the period type; nothing where it matches none.
    #[must_use]
    pub fn legs(&self, set: &PlanSet, component: usize, member: Member) -> Vec<LegFigures> {
        let entry = &set.components[component];
        let payees = self.payees(entry);
        entry.component.legs(&self.columns, &payees, member)
    }

    /// What one sale earned each payee by a component of the period type, before any cap; none where amounts do not fall
    /// apart by sale.
    #[must_use]
    pub fn trace(&self, set: &PlanSet, component: usize, sold: &Sold) -> Option<Vec<Earned>> {
        let entry = &set.components[component];
        let payees = self.payees(entry);
        let falls_apart = entry.component.falls_apart();
        falls_apart.then(|| entry.component.trace(&self.columns, &payees, sold))
    }
}

/// Puts beside the columns what a ladder asks for of those before it is judged.
fn ask_of_ladder(
    columns: &mut Columns,
    set: &PlanSet,
    opening: &Standing,
    (index, ladder): (usize, &Ladder),
) {
    let members = columns.members() as usize;
    columns.add_holdings(index, opening.holdings(ladder, members));
    for component in ranks::cycles_of(ladder) {
        let entry = &set.components[component];
        let payees = payees(columns, opening, entry);
        let cycles = entry.component.cycles(columns, &payees);
        columns.add_cycles(component, cycles);
    }
    for component in ranks::legs_of(ladder) {
        let entry = &set.components[component];
        let payees = payees(columns, opening, entry);
        let lesser = entry.component.lesser_legs(columns, &payees);
        columns.add_lesser_legs(component, lesser);
    }
}

/// A member's amounts before a cap cut them.
type Uncut = BTreeMap<Member, Micros>;

/// Ladders judged, and by component what was before caps; the amounts are among the columns.
type Done = (BTreeMap<usize, Judged>, BTreeMap<usize, Uncut>);

/// A pass on its way.
struct Work<'w> {
    set: &'w PlanSet,
    period: usize,
    opening: &'w Standing,
    hands: &'w dyn Hands,
}

impl Work<'_> {
    /// Judges the ladders and works the components out, each as soon as what it reads is there.
    fn all(&self, book: &dyn Book, columns: &Columns) -> Result<Done, Beyond> {
        let ladders: Vec<_> = self.set.ladders_of(self.period).collect();
        let entries: Vec<_> = self.set.components_of(self.period).collect();
        let steps = self.steps(&ladders, &entries).into_iter();
        let (steps, needs): (Vec<Step>, Vec<Vec<usize>>) = steps.unzip();
        let (counted, legs) = (slots(ladders.len()), slots(ladders.len()));
        let (judged, paid) = (slots(ladders.len()), slots(entries.len()));
        tasks::all(self.hands, &needs, &|step| match steps[step] {
            Step::Count(at) => put(&counted[at], Counted::of(ladders[at].1, book, columns)),
            Step::Legs(at) => put(&legs[at], Legs::of(ladders[at].1, columns)),
            Step::Judge(at) => {
                let by = (take(&counted[at]), take(&legs[at]));
                let (by, ranks) = ranks::judge(ladders[at], by, book, columns);
                columns.add_ranks(ladders[at].0, ranks);
                put(&judged[at], by);
            }
            Step::Pay(at) => put(&paid[at], self.pay(columns, entries[at].0)),
        });
        let judged = ladders.iter().zip(&judged);
        let judged = judged.map(|((index, _), judged)| (*index, take(judged)));
        let mut uncut = BTreeMap::new();
        for ((index, _), paid) in entries.iter().zip(&paid) {
            uncut.insert(*index, take(paid)?);
        }
        Ok((judged.collect(), uncut))
    }

    /// What there is to do, each with what it needs of what stands before it.
    fn steps(
        &self,
        ladders: &[(usize, &Ladder)],
        entries: &[(usize, &Entry)],
    ) -> Vec<(Step, Vec<usize>)> {
        let mut steps = Vec::new();
        let mut judged = Vec::new();
        for at in 0..ladders.len() {
            let from = steps.len();
            steps.push((Step::Count(at), Vec::new()));
            steps.push((Step::Legs(at), Vec::new()));
            steps.push((Step::Judge(at), vec![from, from + 1]));
            judged.push(from + 2);
        }
        let paid = steps.len();
        let place = |component| entries.iter().position(|(index, _)| *index == component);
        for (at, (_, entry)) in entries.iter().enumerate() {
            let mut needs: Vec<usize> = entry.reads_amounts().filter_map(place).collect();
            needs.iter_mut().for_each(|at| *at += paid);
            if entry.names_ranks() {
                needs.extend(&judged);
            }
            steps.push((Step::Pay(at), needs));
        }
        steps
    }

    /// Adds what a component comes to for every member, cut to its caps; gives back what was before.
    fn pay(&self, columns: &Columns, index: usize) -> Result<Uncut, Beyond> {
        let entry = &self.set.components[index];
        let payees = payees(columns, self.opening, entry);
        let paid = entry.component.pay(columns, &payees);
        let mut paid = paid.map_err(|Overflow { member }| Beyond {
            component: index,
            member,
        })?;
        let uncut = cut(&mut paid, &payees);
        columns.add_amounts(index, paid);
        Ok(uncut)
    }
}

/// A thing to do in a pass: of the ladder, or the component, at a place among those of the period type.
#[derive(Debug, Clone, Copy)]
enum Step {
    Count(usize),
    Legs(usize),
    Judge(usize),
    Pay(usize),
}

/// What one step leaves for another.
type Slot<T> = Mutex<Option<T>>;

fn slots<T>(count: usize) -> Vec<Slot<T>> {
    (0..count).map(|_| Mutex::new(None)).collect()
}

fn put<T>(slot: &Slot<T>, made: T) {
    *slot.lock() = Some(made);
}

/// # Panics
/// If nothing is there.
fn take<T>(slot: &Slot<T>) -> T {
    slot.lock()
        .take()
        .expect("it was made before, and is taken once")
}

/// Digits of the minor unit of each currency that members can be paid in.
fn digits(set: &PlanSet) -> Vec<u8> {
    set.currencies().map(|code| minor_digits(code)).collect()
}

/// Who is paid in which currency of the set's table. O(members x log currencies).
fn paid_in(book: &dyn Book, set: &PlanSet) -> Vec<u8> {
    if set.exchange.is_empty() {
        return Vec::new();
    }
    let place = |member| {
        let own = book.currency(member)?;
        let found = set.exchange.binary_search_by(|(code, _)| code.cmp(&own));
        u8::try_from(found.ok()? + 1).ok()
    };
    let members = 0..book.members();
    members.map(|member| place(member).unwrap_or(0)).collect()
}

/// Who can earn by a component, with what its seats bring along.
fn payees<'p>(columns: &'p Columns, opening: &'p Standing, entry: &'p Entry) -> Payees<'p> {
    let on = entry.component.hands_on();
    let brought = on.map_or(&[][..], |on| opening.left(&entry.name, on.tree, on.width));
    columns.payees(entry.payee, entry.ladder, &entry.caps, brought)
}

/// Every column that ladders and components of a period type read.
pub(super) fn read_by(set: &PlanSet, period: usize) -> BTreeSet<Column> {
    let ladders = set.ladders_of(period).map(|(_, ladder)| ladder);
    let entries = set.components_of(period).map(|(_, entry)| entry);
    let ceiling = set.company_cap.iter();
    let ceiling = ceiling.map(|cap| Column::Paid(ENROLLER_TREE, cap.volume));
    ladders
        .flat_map(ranks::reads)
        .chain(entries.flat_map(|entry| entry.component.reads()))
        .chain(ceiling)
        .collect()
}

/// Cuts amounts to their caps; gives back what they were where it did.
fn cut(amounts: &mut [Micros], payees: &Payees<'_>) -> Uncut {
    let mut uncut = BTreeMap::new();
    for (member, amount) in (0..).zip(amounts) {
        if let Some(cap) = payees.cap(member).filter(|cap| *amount > *cap) {
            uncut.insert(member, *amount);
            *amount = cap;
        }
    }
    uncut
}

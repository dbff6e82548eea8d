//! Ranks: every rung of a ladder judged for every member, from the leaves up, in one pass.

use std::collections::{BTreeMap, BTreeSet};

use crate::arena::near;
use crate::base::ids::{Member, NONE, Seat};
use crate::base::money::{RATE_ONE, Rate};
use crate::base::number::Volume;
use crate::plan::book::{Book, Role};
use crate::plan::columns::{Column, Columns};
use crate::plan::enrolled::Counted;
use crate::plan::ladder::{Atom, CapOf, Ladder};
use crate::plan::legs::Legs;

/// The columns a ladder reads.
pub(super) fn reads(ladder: &Ladder) -> Vec<Column> {
    let mut columns = vec![Column::Links(ladder.tree)];
    for atom in ladder.ranks.iter().flat_map(|rank| rank.needs.atoms()) {
        match *atom {
            Atom::Own { volume, .. } => columns.push(Column::Entered(ladder.tree, volume)),
            Atom::Group { volume, tree, .. }
            | Atom::Side { volume, tree, .. }
            | Atom::Capped { volume, tree, .. } => columns.push(Column::Group(tree, volume)),
            Atom::LesserLeg { volume, tree, .. } => {
                columns.extend([Column::Legs(tree), Column::Group(tree, volume)]);
            }
            Atom::Enrolled {
                each_leg_of: Some(tree),
                ..
            } => columns.push(Column::Legs(tree)),
            Atom::Active
            | Atom::Enrolled { .. }
            | Atom::Customers { .. }
            | Atom::Cycles { .. }
            | Atom::LesserLegOf { .. }
            | Atom::Previous { .. }
            | Atom::Legs { .. } => {}
        }
    }
    columns
}

/// The components whose cycles a ladder asks for, each once.
pub(super) fn cycles_of(ladder: &Ladder) -> BTreeSet<usize> {
    let atoms = ladder.ranks.iter().flat_map(|rank| rank.needs.atoms());
    let named = atoms.filter_map(|atom| match *atom {
        Atom::Cycles { component, .. } => Some(component),
        _ => None,
    });
    named.collect()
}

/// The components whose legs a ladder asks for.
pub(super) fn legs_of(ladder: &Ladder) -> BTreeSet<usize> {
    let atoms = ladder.ranks.iter().flat_map(|rank| rank.needs.atoms());
    let named = atoms.filter_map(|atom| match *atom {
        Atom::LesserLegOf { component, .. } => Some(component),
        _ => None,
    });
    named.collect()
}

/// What a ladder was judged by.
#[derive(Debug)]
pub(super) struct Judged {
    counted: Counted,
    legs: Legs,
    /// Seat x rank: frontline legs whose best rank it is.
    best_of_legs: Vec<u32>,
    rungs: usize,
    /// By member: the rank he meets, whatever he keeps.
    met: Vec<u8>,
}

/// What one thing that is required stands at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// How much there is: units of 1e-4 of a volume, heads, legs, or 1 for what only is or is not.
    pub actual: i64,
    /// How much it takes, in the same unit.
    pub required: i64,
}

impl Measure {
    /// Whether it is enough.
    #[must_use]
    pub fn holds(self) -> bool {
        self.actual >= self.required
    }
}

/// Judges a ladder, children first, by whom members enrolled and what their legs hold: everybody's rank from 1, 0 for none.
/// Legs hold the ranks that are met; who keeps a rank for a while keeps it for himself. O(seats x ranks), and O(children log
/// children) more where a ceiling is a share of the total; 4 bytes for each seat and rank stay.
pub(super) fn judge(
    of: (usize, &Ladder),
    (counted, legs): (Counted, Legs),
    book: &dyn Book,
    columns: &Columns,
) -> (Judged, Vec<u8>) {
    let (index, ladder) = of;
    let links = columns.links(ladder.tree);
    let rungs = ladder.ranks.len() + 1;
    let mut judged = Judged {
        counted,
        legs,
        best_of_legs: vec![0; links.seats.len() * rungs],
        rungs,
        met: vec![0; columns.members() as usize],
    };
    let owners = columns.owners(ladder.tree);
    for (step, &seat) in links.order.iter().enumerate() {
        if let Some(up) = links.up_ahead(step) {
            near::fetch(&judged.best_of_legs[up as usize * rungs]);
        }
        let member = owners[seat as usize];
        let mut rank = 0;
        if columns.role(member) == Role::Earner && columns.seat(ladder.tree, member) == Some(seat) {
            rank = judged.rank(of, columns, member);
            judged.met[member as usize] = rank;
        }
        let up = links.up[seat as usize];
        if up != NONE {
            let legs = judged.best_of(seat);
            let below = legs.iter().rposition(|&legs| legs > 0).unwrap_or(0);
            let best = below.max(usize::from(rank));
            judged.best_of_legs[up as usize * rungs + best] += 1;
        }
    }
    let holdings = columns.holdings(index).unwrap_or_default();
    let told = overridden(ladder, book);
    let paid = holdings.iter().zip(&judged.met).enumerate();
    let paid = paid.map(
        |(member, (held, &met))| match columns.role(member as Member) {
            Role::Earner => {
                let told = told.get(&(member as Member)).copied().unwrap_or(0);
                met.max(held.kept).max(told)
            }
            Role::Customer | Role::Gone => met,
        },
    );
    let paid = paid.collect();
    (judged, paid)
}

impl Judged {
    /// By member, the rank he meets.
    pub(super) fn met(&self) -> &[u8] {
        &self.met
    }

    /// Frontline legs of a seat by their best rank.
    fn best_of(&self, seat: Seat) -> &[u32] {
        let here = seat as usize * self.rungs;
        &self.best_of_legs[here..here + self.rungs]
    }

    /// The highest rank whose requirement holds.
    fn rank(&self, of: (usize, &Ladder), columns: &Columns, member: Member) -> u8 {
        let mut rungs = of.1.ranks.iter().enumerate().rev();
        let held = rungs.find(|(_, rank)| {
            let mut holds = |atom: &Atom| {
                !falls_short(columns, member, atom)
                    && self.measure(of, columns, member, atom).holds()
            };
            rank.needs.holds(&mut holds)
        });
        held.map_or(0, |(at, _)| at as u8 + 1)
    }

    /// What a requirement stands at for a member; nothing where he has no seat in its tree. O(legs) for ceilings.
    pub(super) fn measure(
        &self,
        (index, ladder): (usize, &Ladder),
        columns: &Columns,
        member: Member,
        atom: &Atom,
    ) -> Measure {
        let seated = |tree: usize, required: Volume, read: &dyn Fn(Seat) -> i64| {
            amount(columns.seat(tree, member).map_or(0, read), required.0)
        };
        let group = |tree, volume, seat: Seat| columns.group(tree, volume)[seat as usize];
        let own = |tree, volume, seat: Seat| columns.entered(tree, volume)[seat as usize].all();
        match *atom {
            Atom::Active => heads(u32::from(columns.is_active(member)), 1),
            Atom::Own { volume, at_least } => seated(ladder.tree, at_least, &|seat| {
                own(ladder.tree, volume, seat)
            }),
            Atom::Group {
                volume,
                at_least,
                tree,
                with_own,
            } => seated(tree, at_least, &|seat| {
                let without = if with_own { 0 } else { own(tree, volume, seat) };
                group(tree, volume, seat) - without
            }),
            Atom::Side {
                volume,
                at_least,
                tree,
            } => seated(tree, at_least, &|seat| {
                group(tree, volume, seat) - self.legs.largest(tree, volume, seat)
            }),
            Atom::Capped {
                volume,
                at_least,
                tree,
                leg_max,
                of,
            } => seated(tree, at_least, &|seat| {
                let each = self.legs.of_seat(tree, volume, seat);
                capped(own(tree, volume, seat), each, at_least, leg_max, of)
            }),
            Atom::LesserLeg {
                volume,
                at_least,
                tree,
            } => seated(tree, at_least, &|seat| self.legs.lesser(tree, volume, seat)),
            Atom::Enrolled {
                count,
                active,
                each_leg_of,
            } => heads(self.counted.enrolled(member, active, each_leg_of), count),
            Atom::Customers { count } => heads(self.counted.customers(member), count),
            Atom::Cycles { component, count } => {
                amount(columns.cycles(component, member), count.into())
            }
            Atom::LesserLegOf {
                component,
                at_least,
            } => amount(columns.lesser_leg(component, member), at_least.0),
            Atom::Previous { rank } => {
                heads((columns.holding(index, member).paid >= rank).into(), 1)
            }
            Atom::Legs { count, rank } => heads(
                self.legs_with(columns.seat(ladder.tree, member), rank),
                count,
            ),
        }
    }

    /// Distributors a member enrolled.
    pub(super) fn enrolled(&self, member: Member, active: bool) -> i64 {
        i64::from(self.counted.enrolled(member, active, None))
    }

    /// Distributors a member enrolled who stand in the first and in the second leg of a binary tree that is asked for.
    pub(super) fn enrolled_by_leg(&self, tree: usize, member: Member, active: bool) -> [i64; 2] {
        self.counted.in_legs(tree, member, active).map(i64::from)
    }

    /// Volume of every leg of a seat, of a tree and a kind that a ceiling asks for.
    pub(super) fn legs_of_seat(&self, tree: usize, volume: usize, seat: Seat) -> &[i64] {
        self.legs.of_seat(tree, volume, seat)
    }

    /// Frontline legs of a seat that hold a rank or a higher one; none without a seat.
    fn legs_with(&self, seat: Option<Seat>, rank: u8) -> u32 {
        seat.map_or(0, |seat| {
            self.best_of(seat)[usize::from(rank)..].iter().sum()
        })
    }
}

/// Whether a member has too little volume in all for a ceiling on legs to matter, which only ever takes some off.
fn falls_short(columns: &Columns, member: Member, atom: &Atom) -> bool {
    let Atom::Capped {
        volume,
        at_least,
        tree,
        ..
    } = *atom
    else {
        return false;
    };
    let seat = columns.seat(tree, member);
    seat.is_some_and(|seat| columns.group(tree, volume)[seat as usize] < at_least.0)
}

/// The ranks that members were told to be paid as; names that are none of the ladder's mean nothing.
fn overridden(ladder: &Ladder, book: &dyn Book) -> BTreeMap<Member, u8> {
    let told = book.overrides(&ladder.name).into_iter();
    let ranks = told.filter_map(|(member, rank)| Some((member, ladder.rank(&rank)?)));
    ranks.collect()
}

/// How much there is, and how much it takes.
fn amount(actual: i64, required: i64) -> Measure {
    Measure { actual, required }
}

/// How many there are, and how many it takes.
fn heads(actual: u32, required: u32) -> Measure {
    Measure {
        actual: i64::from(actual),
        required: i64::from(required),
    }
}

/// Volume that counts under a ceiling on each leg, rounded down.
///
/// Of the requirement: each leg counts at most that share of it. Of the total: legs are cut to one height, the same
/// share of what is counted in the end; as few of the largest as leaves none above it. What is counted then is
/// `rest / (1 - cut x share)`; nothing where no height does.
pub(super) fn capped(own: i64, legs: &[i64], at_least: Volume, leg_max: Rate, of: CapOf) -> i64 {
    let (one, share) = (i128::from(RATE_ONE), i128::from(leg_max.0));
    if of == CapOf::Requirement {
        let most = i128::from(at_least.0) * share;
        let legs = legs.iter().map(|&leg| (i128::from(leg) * one).min(most));
        let counted = legs.sum::<i128>() + i128::from(own) * one;
        return counted.div_euclid(one) as i64;
    }
    let mut legs = legs.to_vec();
    legs.sort_unstable_by(|a, b| b.cmp(a));
    let mut rest = i128::from(own) + legs.iter().map(|&leg| i128::from(leg)).sum::<i128>();
    for cut in 0..=legs.len() {
        let left = one - cut as i128 * share;
        if left <= 0 {
            break;
        }
        // The height is rest x share / left.
        let next = legs.get(cut).map(|&leg| i128::from(leg));
        if next.is_none_or(|next| next * left <= rest * share) {
            return i64::try_from((rest * one).div_euclid(left)).unwrap_or(i64::MAX);
        }
        rest -= next.unwrap_or(0);
    }
    0
}

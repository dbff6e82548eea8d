//! An amount opened down to the orders that make it up, a page at a time, with who was skipped on the way.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::base::ids::{Member, NONE, Seat};
use crate::base::money::exact_product;
use crate::base::number::Volume;
use crate::base::time::Time;
use crate::plan::course::{Course, Map, Opens, Skipped, Why};
use crate::plan::derived::FIRST_MAX;
use crate::plan::entry::Wanted;
use crate::plan::part::{Basis, Part, Sold};
use crate::view::commissions::component_named;
use crate::view::cursor;
use crate::view::era::Era;
use crate::view::error::ViewError;
use crate::view::lens::Lens;
use crate::view::payout::Payout;
use crate::view::plan_orders::{PlanOrders, Source};
use crate::view::query;
use crate::view::sold_by::SoldBy;

/// Seats and orders that a page looks at: a few milliseconds.
const PAGE_STEPS: u64 = 40_000;
/// What looking at an order costs beside passing a seat.
const ORDER_STEPS: u64 = 8;
/// Seats looked at between an order and the payee, to say who was skipped.
const WAY_MAX: u32 = 200;
/// What a part can be of.
const PARTS: [&str; 6] = [
    "level",
    "generation",
    "difference",
    "own",
    "customers",
    "band",
];

/// Which part of what is earned in which period.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct OpenedQuery {
    /// Name of the period type; the activity rule's by default.
    pub period_type: Option<String>,
    /// A period's label, `current` (the default) or `closed`.
    pub period: Option<String>,
    /// Only one part, such as `level:2`, `generation:1`, `band:3`, `difference`, `own` or `customers`; all by default.
    pub part: Option<String>,
    /// Where to go on, from the last answer's `next`.
    pub cursor: Option<String>,
    /// Rows, 1 to 1,000; 100 by default.
    pub limit: Option<u32>,
}

/// A stretch of what an amount is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OpenedPage {
    /// The member's id.
    pub member: String,
    /// Name of the component.
    pub component: String,
    /// Name of the period type.
    pub period_type: String,
    /// The period's label.
    pub period: String,
    /// Whether amounts of this component fall apart by order; there are no rows where they do not: matches, pools, binary
    /// legs, rank advancement, fixed amounts for a whole period.
    pub by_order: bool,
    /// The rows, nearest to the member first along each line of the tree.
    pub rows: Vec<OpenedRow>,
    /// Cursor of the next page; none at the end. A page may hold fewer rows than asked before the end, even none.
    pub next: Option<String>,
}

/// One order, with its refunds of the period, or one adjustment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OpenedRow {
    /// The order's id; none of an adjustment, and where the asker may not see the buyer.
    pub order: Option<String>,
    /// Whether it is an adjustment of volume rather than an order.
    pub adjustment: bool,
    /// Who bought; none where the asker may not see him.
    pub buyer: Option<String>,
    /// When.
    pub at: Time,
    /// Refunds of it that were booked to the period; they are taken off.
    pub refunds: u32,
    /// What of it the member earns.
    pub parts: Vec<OpenedPart>,
    /// Members between the buyer and the payee who took nothing where they could have, nearest the buyer first.
    pub skipped: Vec<SkippedMember>,
    /// Whether there may be more of them: no further than 200 places up is looked.
    pub skipped_more: bool,
}

/// A share in a part of an amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OpenedPart {
    /// What the number counts: `level`, `generation`, `difference`, `own`, `customers`, `band`.
    pub what: String,
    /// Which level, generation or band, from 1; none where there is one only.
    pub number: Option<u64>,
    /// The volume that counts; none of a fixed amount.
    pub volume: Option<Volume>,
    /// What it is multiplied by; none of a fixed amount.
    pub rate: Option<String>,
    /// The product, exact: over all rows they add up to the part of the explanation before that is rounded.
    pub product: String,
}

/// Somebody whom an order passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SkippedMember {
    /// His id; none where the asker may not see him.
    pub member: Option<String>,
    /// `terminated`, `customer`, `inactive`, `below_rank` (the least that is asked), or `no_rate` (his rank has none for
    /// that level).
    pub why: String,
    /// The level at which it passed him, from 1; none where there are no levels.
    pub level: Option<u32>,
}

/// A page of what a member's amount by a component is made of. `sees` says of whom ids are shown, by the tree.
///
/// # Errors
/// An unknown member, component or part, a bad limit or cursor, and a cursor whose place is no longer below the member.
///
/// # Cost
/// O(rows + seats passed), bounded; O(depth) to go on from a cursor; O(members + orders of the period) once for everybody
/// who asks of the same payout.
pub fn page(
    payout: &Payout,
    (id, component): (&str, &str),
    asked: &OpenedQuery,
    sees: &dyn Fn(Member, usize) -> bool,
) -> Result<OpenedPage, ViewError> {
    let member = payout.lens().member(id, "member")?;
    let index = component_named(payout, component)?;
    let limit = query::limit(asked.limit)?;
    let part = asked.part.as_deref().map(read_part).transpose()?;
    let (lens, era) = (payout.lens(), payout.era());
    let question = format!("{id} {component} {:?}", asked.part);
    let from = match &asked.cursor {
        Some(cursor) => cursor::read::<3>('o', &question, cursor)?,
        None => [0, u64::from(NONE), 0],
    };
    let mut page = OpenedPage {
        member: id.to_owned(),
        component: component.to_owned(),
        period_type: lens.period_type_name(era.period),
        period: lens.label(era.period, era.ordinal),
        by_order: true,
        rows: Vec::new(),
        next: None,
    };
    let known = member < payout.pass.members();
    let next = payout
        .pass
        .opened(&payout.set, index, member, |opens, earns| {
            let (tree, course) = match &opens {
                Opens::Nowhere => {
                    page.by_order = false;
                    return Ok(None);
                }
                Opens::Own(tree) => (*tree, None),
                Opens::Below(tree, course) => (*tree, Some(&**course)),
            };
            if !earns || !known {
                return Ok(None);
            }
            let mut opening = Opening {
                payout,
                lens,
                era,
                orders: PlanOrders::new(
                    (lens, era),
                    Wanted::everywhere(FIRST_MAX),
                    payout.set.after_close,
                ),
                tree,
                course,
                index,
                member,
                part,
                sees,
                left: PAGE_STEPS,
            };
            opening.run(from, limit, &mut page.rows)
        })?;
    page.next = next.map(|at| cursor::write('o', &question, &at));
    Ok(page)
}

fn read_part(text: &str) -> Result<(String, Option<u64>), ViewError> {
    let (what, number) = match text.split_once(':') {
        Some((what, number)) => (what, number.parse().ok().map(Some)),
        None => (text, Some(None)),
    };
    match number.filter(|_| PARTS.contains(&what)) {
        Some(number) => Ok((what.to_owned(), number)),
        None => Err(ViewError::BadValue {
            field: "part",
            given: text.to_owned(),
            allowed: format!("one of {}, with a number behind a colon", PARTS.join(", ")),
        }),
    }
}

/// A walk down from the member's seats.
struct Opening<'a> {
    payout: &'a Payout,
    lens: Lens<'a>,
    era: Era<'a>,
    orders: PlanOrders<'a>,
    tree: usize,
    course: Option<&'a dyn Course>,
    index: usize,
    member: Member,
    part: Option<(String, Option<u64>)>,
    sees: &'a dyn Fn(Member, usize) -> bool,
    left: u64,
}

/// Maps on the way down: each with the seat from which on it holds, the last below all others.
type Maps = Vec<(Seat, Map)>;

impl<'a> Opening<'a> {
    /// Goes on from one of the member's seats, a seat below it and one of what entered there. Gives the place behind the
    /// last row; none at the end.
    fn run(
        &mut self,
        [nth, seat, item]: [u64; 3],
        limit: usize,
        rows: &mut Vec<OpenedRow>,
    ) -> Result<Option<[u64; 3]>, ViewError> {
        let tops = self.tops();
        let (mut from, mut item) = (
            Some(seat as Seat).filter(|&seat| seat != NONE),
            item as usize,
        );
        for (nth, &top) in tops.iter().enumerate().skip(nth as usize) {
            let mut seat = from.take().unwrap_or(top);
            let mut maps = self.maps(top, seat)?;
            loop {
                let items = self.items(seat);
                for at in item..items.len() {
                    if rows.len() == limit || self.left == 0 {
                        return Ok(Some([nth as u64, u64::from(seat), at as u64]));
                    }
                    self.left = self.left.saturating_sub(ORDER_STEPS);
                    // Refunds stand beside their order.
                    if at == 0 || items[at] != items[at - 1] {
                        let map = &maps.last().expect("the first stays").1;
                        rows.extend(self.row((top, seat), map, SoldBy::source(items[at])));
                    }
                }
                item = 0;
                let Some(next) = self.next((top, seat), &mut maps) else {
                    break;
                };
                seat = next;
                self.left = self.left.saturating_sub(1);
                if self.left == 0 {
                    return Ok(Some([nth as u64, u64::from(seat), 0]));
                }
            }
        }
        Ok(None)
    }

    /// The member's seats in the tree that the period's book knows, the first centre's first.
    fn tops(&self) -> Vec<Seat> {
        let mut seats = self.lens.seats_of_member(self.tree, self.member);
        seats.sort_unstable();
        let seats = seats.into_iter().map(|(_, seat)| seat);
        seats
            .filter(|&seat| self.era.holds(self.tree, seat))
            .collect()
    }

    /// What entered for the member who holds a seat.
    fn items(&self, seat: Seat) -> &'a [u32] {
        let owner = self.era.forest.owner(self.tree, seat);
        self.payout.sold_by().of_member(owner)
    }

    /// The maps down to a seat's parent. O(depth).
    fn maps(&self, top: Seat, seat: Seat) -> Result<Maps, ViewError> {
        let Some(course) = self.course else {
            return Ok(vec![(top, Map::new())]);
        };
        let mut maps = vec![(top, course.start())];
        if !self.era.holds(self.tree, seat) {
            return Err(ViewError::CursorExpired);
        }
        let (mut above, mut at) = (Vec::new(), seat);
        while at != top {
            at = self
                .era
                .forest
                .parent(self.tree, at)
                .ok_or(ViewError::CursorExpired)?;
            above.push(at);
        }
        for &seat in above.iter().rev().skip(1) {
            self.enter(course, seat, &mut maps);
        }
        Ok(maps)
    }

    /// Notes the map of a seat, where it is another than its parent's.
    fn enter(&self, course: &dyn Course, seat: Seat, maps: &mut Maps) {
        let map = course.through(&maps.last().expect("the first stays").1, seat);
        if map != maps.last().expect("the first stays").1 {
            maps.push((seat, map));
        }
    }

    /// The next seat, in an order in which a seat comes before what stands below it; what cannot earn the member anything
    /// is left out.
    fn next(&self, (top, seat): (Seat, Seat), maps: &mut Maps) -> Option<Seat> {
        let course = self.course?;
        let forest = self.era.forest;
        if seat != top {
            self.enter(course, seat, maps);
        }
        if course.leads(&maps.last()?.1, top)
            && let Some(child) = forest.first_child(self.tree, seat)
        {
            return Some(child);
        }
        let mut seat = seat;
        loop {
            if maps.len() > 1 && maps.last().is_some_and(|(of, _)| *of == seat) {
                maps.pop();
            }
            if seat == top {
                return None;
            }
            if let Some(sibling) = forest.next_sibling(self.tree, seat) {
                return Some(sibling);
            }
            seat = forest.parent(self.tree, seat)?;
        }
    }

    /// What an order or adjustment that entered at a seat earns the member; none where that is nothing that is asked for.
    fn row(&self, (top, seat): (Seat, Seat), map: &Map, source: Source) -> Option<OpenedRow> {
        let entries = match source {
            Source::Order(order) => self.orders.all_of(order),
            Source::Adjustment(correction) => {
                self.orders.adjustment(correction).into_iter().collect()
            }
        };
        let sold = Sold::of(&entries, &self.payout.set.kinds);
        if sold.seats.get(self.tree).copied().flatten() != Some(seat) {
            return None;
        }
        let parts = self.parts((top, map), &sold);
        if parts.is_empty() {
            return None;
        }
        let skipped = self
            .course
            .map(|course| course.skipped(top, &sold, WAY_MAX));
        let (skipped, skipped_more) = skipped.unwrap_or_default();
        let state = self.lens.state;
        let mut refunds = 0;
        let (order, buyer, at, adjustment) = match source {
            Source::Order(order) => {
                let row = state.orders.row(order);
                refunds = entries.len() - usize::from(self.orders.holds(order));
                (
                    Some(state.orders.id(order).to_string()),
                    row.buyer,
                    row.at,
                    false,
                )
            }
            Source::Adjustment(correction) => {
                let row = state.corrections.row(correction);
                (None, row.buyer, row.at, true)
            }
        };
        let seen = (self.sees)(buyer, self.tree);
        Some(OpenedRow {
            order: order.filter(|_| seen),
            adjustment,
            buyer: seen.then(|| self.lens.id(buyer)),
            at,
            refunds: refunds as u32,
            parts,
            skipped: skipped.into_iter().map(|one| self.named(one)).collect(),
            skipped_more,
        })
    }

    /// What it earns the member, of what is asked for.
    fn parts(&self, (top, map): (Seat, &Map), sold: &Sold) -> Vec<OpenedPart> {
        let parts: Vec<Part> = match self.course {
            Some(course) => course.earned(map, top, sold),
            None => {
                let earned = self.payout.pass.trace(&self.payout.set, self.index, sold);
                let earned = earned.unwrap_or_default().into_iter();
                let own = earned.filter(|earned| earned.member == self.member);
                own.map(|earned| earned.part).collect()
            }
        };
        let asked = |part: &&Part| {
            self.part.as_ref().is_none_or(|(what, number)| {
                part.what == what && number.is_none_or(|number| part.number == number)
            })
        };
        parts.iter().filter(asked).map(opened).collect()
    }

    fn named(&self, one: Skipped) -> SkippedMember {
        let why = match one.why {
            Why::Terminated => "terminated",
            Why::Customer => "customer",
            Why::Inactive => "inactive",
            Why::BelowRank => "below_rank",
            Why::NoRate => "no_rate",
        };
        SkippedMember {
            member: (self.sees)(one.member, self.tree).then(|| self.lens.id(one.member)),
            why: why.to_owned(),
            level: (one.number > 0).then_some(one.number),
        }
    }
}

/// A part of an amount as it stands beside an order.
fn opened(part: &Part) -> OpenedPart {
    let volume = match part.basis {
        Basis::Volume(units) => Some(units),
        Basis::Earnings(_) | Basis::Each(_) | Basis::Fixed => None,
    };
    OpenedPart {
        what: part.what.to_owned(),
        number: (part.number > 0).then_some(part.number),
        volume: volume.map(Volume),
        rate: volume.map(|_| part.rate.to_string()),
        product: match volume {
            Some(units) => exact_product(units, part.rate),
            None => part.amount.to_string(),
        },
    }
}

//! An amount opened down to the orders that make it up, a page at a time, with who was skipped on the way.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::base::ids::{ENROLLER_TREE, Member, NONE, Seat};
use crate::base::money::{Micros, Rate, exact_product};
use crate::base::number::Volume;
use crate::base::time::Time;
use crate::plan::course::{Course, Map, Opens, Skipped, Why};
use crate::plan::derived::FIRST_MAX;
use crate::plan::entry::Wanted;
use crate::plan::part::{Basis, Part, Sold};
use crate::view::cursor;
use crate::view::era::Era;
use crate::view::error::ViewError;
use crate::view::explanation::component_named;
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
const PARTS: [&str; 7] = [
    "level",
    "generation",
    "difference",
    "leg",
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
    /// Only one part, such as `level:2`, `generation:1`, `leg:2`, `band:3`, `difference`, `own` or `customers`; all by
    /// default.
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
    /// What the amount is made of.
    pub made_of: MadeOf,
    /// The orders, nearest to the member first along each line of the tree.
    pub rows: Vec<OpenedRow>,
    /// The members whose earnings are matched, in the same order.
    pub matched: Vec<MatchedRow>,
    /// Cursor of the next page; none at the end. A page may hold fewer rows than asked before the end, even none.
    pub next: Option<String>,
}

/// What amounts of a component are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MadeOf {
    /// Of what each order earns: `rows` list them.
    Orders,
    /// Of what is matched of two legs: `rows` list the orders that brought what is new in them; what they were brought by
    /// earlier periods stands in the explanation.
    Legs,
    /// Of what others earn: `matched` lists them, and what each earns can be opened in turn.
    Earnings,
    /// Of the period as a whole, and nothing is listed: pools, rank advancement, fixed amounts for a period.
    Period,
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
    /// Which of the member's centres in the tree it reached him by.
    pub centre: u16,
    /// What of it the member earns, or which leg it entered.
    pub parts: Vec<OpenedPart>,
    /// Members between the buyer and the payee who took nothing where they could have, nearest the buyer first.
    pub skipped: Vec<SkippedMember>,
    /// Whether there may be more of them: no further than 200 places up is looked.
    pub skipped_more: bool,
}

/// What another member earns that is matched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MatchedRow {
    /// Who earns it; none where the asker may not see him.
    pub earner: Option<String>,
    /// What he earns by the components that are matched, after their caps.
    pub earnings: String,
    /// Which of the member's centres in the tree it reached him by.
    pub centre: u16,
    /// What of it the member earns.
    pub parts: Vec<OpenedPart>,
    /// Members between the two who took nothing where they could have, nearest the earner first.
    pub skipped: Vec<SkippedMember>,
    /// Whether there may be more of them: no further than 200 places up is looked.
    pub skipped_more: bool,
}

/// A share in a part of an amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OpenedPart {
    /// What the number counts: `level`, `generation`, `difference`, `leg`, `own`, `customers`, `band`.
    pub what: String,
    /// Which level, generation, leg or band, from 1; none where there is one only.
    pub number: Option<u64>,
    /// The volume that counts; none of earnings and of a fixed amount.
    pub volume: Option<Volume>,
    /// What it is multiplied by; none of a fixed amount and of legs.
    pub rate: Option<String>,
    /// The product, exact: over all rows they add up to the part of the explanation before that is rounded. None of legs,
    /// which are matched as a whole.
    pub product: Option<String>,
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
    let index = component_named(&payout.set, payout.asked.period, component)?;
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
        made_of: MadeOf::Orders,
        rows: Vec::new(),
        matched: Vec::new(),
        next: None,
    };
    let known = member < payout.pass.members();
    let next = payout
        .pass
        .opened(&payout.set, index, member, |opens, earns| {
            let (made_of, tree, course, matches) = sort(&opens);
            page.made_of = made_of;
            // What enters legs counts for later, whether he earns by it now or not.
            let shows = match made_of {
                MadeOf::Orders | MadeOf::Earnings => earns,
                MadeOf::Legs => true,
                MadeOf::Period => false,
            };
            if !known || !shows {
                return Ok(None);
            }
            let mut opening = Opening {
                posted: matches!(opens, Opens::Posted),
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
                made_of,
                matches,
                index,
                member,
                part,
                sees,
                left: PAGE_STEPS,
            };
            opening.run(from, limit, &mut page)
        })?;
    page.next = next.map(|at| cursor::write('o', &question, &at));
    Ok(page)
}

/// What amounts are made of, the tree in which that is found, its course, and the components that are matched.
fn sort<'a>(opens: &'a Opens<'_>) -> (MadeOf, usize, Option<&'a dyn Course>, &'a [usize]) {
    match opens {
        Opens::Nowhere => (MadeOf::Period, ENROLLER_TREE, None, &[]),
        Opens::Own(tree) => (MadeOf::Orders, *tree, None, &[]),
        Opens::Posted => (MadeOf::Orders, ENROLLER_TREE, None, &[]),
        Opens::Below(tree, course) => (MadeOf::Orders, *tree, Some(&**course), &[]),
        Opens::Legs(tree, course) => (MadeOf::Legs, *tree, Some(&**course), &[]),
        Opens::Earnings(tree, course, of) => (MadeOf::Earnings, *tree, Some(&**course), of),
    }
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
    made_of: MadeOf,
    /// Whether the orders are those he was written down with.
    posted: bool,
    /// The components whose amounts are matched.
    matches: &'a [usize],
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
        page: &mut OpenedPage,
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
                    if page.rows.len() + page.matched.len() == limit || self.left == 0 {
                        return Ok(Some([nth as u64, u64::from(seat), at as u64]));
                    }
                    self.left = self.left.saturating_sub(ORDER_STEPS);
                    // Refunds stand beside their order.
                    if at == 0 || items[at] != items[at - 1] {
                        let map = &maps.last().expect("the first stays").1;
                        if self.made_of == MadeOf::Earnings {
                            page.matched.extend(self.matched((top, seat), map));
                        } else {
                            let source = SoldBy::source(items[at]);
                            page.rows.extend(self.row((top, seat), map, source));
                        }
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

    /// What entered for the member who holds a seat; where earnings are matched one item, if it is his first seat and he
    /// earns some.
    fn items(&self, seat: Seat) -> &'a [u32] {
        let owner = self.era.forest.owner(self.tree, seat);
        if self.posted {
            return self.payout.posted_by().of_member(owner);
        }
        if self.made_of != MadeOf::Earnings {
            return self.payout.sold_by().of_member(owner);
        }
        let first = self.lens.seat(self.tree, owner, 1) == Some(seat);
        let earns = first && self.earnings(owner) != Micros::ZERO;
        if earns { &[0] } else { &[] }
    }

    /// What a member earns that is matched.
    fn earnings(&self, member: Member) -> Micros {
        let pass = &self.payout.pass;
        let matched = self.matches.iter();
        let amounts = matched.filter_map(|&of| pass.amounts(of)?.get(member as usize));
        Micros(amounts.map(|amount| amount.0).sum())
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
        let kinds = &self.payout.set.kinds;
        let sold = match self.made_of {
            MadeOf::Legs => Sold::in_legs(&entries, kinds),
            _ => Sold::of(&entries, kinds),
        };
        if !self.posted && sold.seats.get(self.tree).copied().flatten() != Some(seat) {
            return None;
        }
        let parts = self.parts((top, map), &sold);
        if parts.is_empty() {
            return None;
        }
        let (skipped, skipped_more) = self.skipped(top, &sold);
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
            centre: self.centre(top),
            parts,
            skipped,
            skipped_more,
        })
    }

    /// What the earnings of the member who holds a seat earn the payee; none where that is nothing that is asked for.
    fn matched(&self, (top, seat): (Seat, Seat), map: &Map) -> Option<MatchedRow> {
        let earner = self.era.forest.owner(self.tree, seat);
        let earnings = self.earnings(earner);
        let sold = Sold::earned((self.tree, seat), earnings);
        let parts = self.parts((top, map), &sold);
        if parts.is_empty() {
            return None;
        }
        let (skipped, skipped_more) = self.skipped(top, &sold);
        Some(MatchedRow {
            earner: (self.sees)(earner, self.tree).then(|| self.lens.id(earner)),
            earnings: earnings.to_string(),
            centre: self.centre(top),
            parts,
            skipped,
            skipped_more,
        })
    }

    /// Which of the member's centres a seat of his is.
    fn centre(&self, top: Seat) -> u16 {
        let centre = self.lens.told().centre_of(self.member, self.tree, top);
        centre.unwrap_or(1)
    }

    /// Who was passed on the way up, and whether there may be more.
    fn skipped(&self, top: Seat, sold: &Sold) -> (Vec<SkippedMember>, bool) {
        let course = self.course;
        let skipped = course.map(|course| course.skipped(top, sold, WAY_MAX));
        let (skipped, more) = skipped.unwrap_or_default();
        (
            skipped.into_iter().map(|one| self.named(one)).collect(),
            more,
        )
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
    let (volume, times) = match part.basis {
        Basis::Volume(units) => (Some(Volume(units)), Some((units, 4))),
        Basis::Earnings(earned) => (None, Some((earned.0, 6))),
        Basis::Each(_) | Basis::Fixed => (None, None),
    };
    let rate = times.map(|_| part.rate).filter(|rate| *rate != Rate::ZERO);
    let product = match times {
        Some(times) => rate.map(|rate| exact_product(times, rate)),
        None => Some(part.amount.to_string()),
    };
    OpenedPart {
        what: part.what.to_owned(),
        number: (part.number > 0).then_some(part.number),
        volume,
        rate: rate.map(|rate| rate.to_string()),
        product,
    }
}

//! Amounts opened down to orders: over all pages the products add up to each part, and everybody on the way has used up a
//! level or is named as skipped.

use std::collections::BTreeMap;
use std::sync::Arc;

use arborline::base::ids::Member;
use arborline::document::plan::set::parse;
use arborline::engine::state::State;
use arborline::plan::part::{Basis, Part};
use arborline::plan::setting::Value;
use arborline::plan::standing::Standing;
use arborline::view::era::Asked;
use arborline::view::error::ViewError;
use arborline::view::opened::{MadeOf, MatchedRow, OpenedPage, OpenedQuery, OpenedRow, page};
use arborline::view::payout::Payout;

use super::histories::Drawn;
use super::ways::grown;
use crate::chance::{Chance, scale};
use crate::decimal::units;
use crate::histories::commands::Lean;

/// What, number and rate of a part, and the sum of its products in 1e-14; of legs the volume in 1e-4.
type Sums = BTreeMap<(String, Option<u64>, Option<String>), i128>;

/// Orders, and members whose earnings are matched.
type Rows = (Vec<OpenedRow>, Vec<MatchedRow>);

fn expected(parts: &[Part]) -> Sums {
    let mut sums = Sums::new();
    for part in parts {
        let (rate, product) = match part.basis {
            Basis::Volume(volume) => (
                Some(part.rate.to_string()),
                i128::from(volume) * i128::from(part.rate.0) * 100,
            ),
            Basis::Earnings(earned) => (
                Some(part.rate.to_string()),
                i128::from(earned.0) * i128::from(part.rate.0),
            ),
            _ => (None, i128::from(part.amount.0) * 100_000_000),
        };
        let number = (part.number > 0).then_some(part.number);
        *sums
            .entry((part.what.to_owned(), number, rate))
            .or_default() += product;
    }
    sums
}

/// What entered each leg in the period, over all centres.
fn legs(payout: &Payout, index: usize, member: Member) -> Sums {
    let mut sums = Sums::new();
    for leg in payout.pass.legs(&payout.set, index, member) {
        let key = ("leg".to_owned(), Some(u64::from(leg.leg)), None);
        *sums.entry(key).or_default() += i128::from(leg.new);
    }
    sums
}

fn told((rows, matched): &Rows) -> Sums {
    let mut sums = Sums::new();
    let parts = rows.iter().flat_map(|row| &row.parts);
    for part in parts.chain(matched.iter().flat_map(|row| &row.parts)) {
        let key = (part.what.clone(), part.number, part.rate.clone());
        *sums.entry(key).or_default() += match (&part.product, part.volume) {
            (Some(product), _) => units(product),
            (None, Some(volume)) => i128::from(volume.0),
            (None, None) => panic!("a part of nothing: {part:?}"),
        };
    }
    // What went back wholly beside other orders comes to nothing.
    sums.retain(|_, sum| *sum != 0);
    sums
}

/// All rows, a few a page.
fn all(
    payout: &Payout,
    of: (&str, &str),
    part: Option<String>,
    limit: u32,
) -> Result<(MadeOf, Rows), ViewError> {
    let mut asked = OpenedQuery {
        part,
        limit: Some(limit),
        ..OpenedQuery::default()
    };
    let (mut rows, mut others) = (Vec::new(), Vec::new());
    loop {
        let OpenedPage {
            made_of,
            rows: more,
            matched,
            next,
            ..
        } = page(payout, of, &asked, &|_, _| true)?;
        assert!(more.len() + matched.len() <= limit as usize);
        rows.extend(more);
        others.extend(matched);
        if next.is_none() {
            return Ok((made_of, (rows, others)));
        }
        asked.cursor = next;
    }
}

/// Levels of a row: what stands between the buyer and the payee is a level or a skipped member.
fn levels_are_told(payout: &Payout, (id, tree): (&str, usize), row: &OpenedRow, tally: &mut u32) {
    let lens = payout.lens();
    let member = lens.member(id, "member").expect("known");
    let buyer = lens
        .member(row.buyer.as_deref().expect("seen"), "member")
        .expect("known");
    let (Some(top), Some(seat)) = (lens.seat(tree, member, 1), lens.seat(tree, buyer, 1)) else {
        return;
    };
    let (era, level) = (payout.era(), row.parts[0].number);
    let one_seat = |member| lens.seats_of_member(tree, member).len() == 1;
    let Some(level) = level.filter(|_| !row.skipped_more && one_seat(member) && one_seat(buyer))
    else {
        return;
    };
    // Customers' orders enter elsewhere, and may as from a level below.
    let orders = &payout.state.orders;
    let order = orders.find(row.order.as_deref().expect("an order"));
    if orders.credited(order.expect("known")) != buyer || !era.forest.is_above(tree, top, seat) {
        return;
    }
    let mut between = 0;
    let mut at = era.forest.parent(tree, seat);
    while at != Some(top) {
        between += 1;
        at = era.forest.parent(tree, at.expect("below the payee"));
    }
    let credited = row.skipped.len() as u64;
    assert_eq!(level, 1 + between - credited, "{row:?}");
    *tally += u32::from(credited > 0);
}

/// What all rows have to add up to.
fn sums_of(
    payout: &Payout,
    (index, member): (usize, Member),
    made_of: MadeOf,
    parts: &[Part],
) -> Sums {
    let mut sums = match made_of {
        MadeOf::Period => Sums::new(),
        MadeOf::Legs => legs(payout, index, member),
        MadeOf::Orders | MadeOf::Earnings => expected(parts),
    };
    sums.retain(|_, sum| *sum != 0);
    sums
}

/// Compares every amount of one set.
fn compare(
    state: &mut State,
    drawn: &Drawn,
    chance: &mut Chance,
    tally: &mut BTreeMap<String, u32>,
) {
    let rules = state.rules.clone().expect("founded");
    let set = Arc::new(parse(&drawn.document, &rules).expect("right"));
    for period in 0..rules.period_types.len() {
        let fork = Arc::new(state.fork());
        let ordinal = fork.periods.get(period).current();
        let asked = Asked { period, ordinal };
        let opening = Arc::new(Standing::default());
        let payout = Payout::of(fork, Arc::clone(&set), asked, opening).expect("within the range");
        for member in 1..payout.pass.members() {
            let id = payout.lens().id(member);
            for (index, entry) in set.components.iter().enumerate() {
                if entry.period != period {
                    continue;
                }
                let limit = *chance.pick(&[1, 2, 5, 100]);
                let of = (id.as_str(), entry.name.as_str());
                let (made_of, found) = all(&payout, of, None, limit).expect("right");
                let parts = payout.pass.explain(&set, index, member);
                let mut sums = sums_of(&payout, (index, member), made_of, &parts);
                assert_eq!(
                    told(&found),
                    sums,
                    "{} of {id} in {period}\n{}",
                    entry.name,
                    drawn.document
                );
                let (rows, matched) = found;
                let (sort, seen) = match made_of {
                    MadeOf::Period => ("not by order", true),
                    _ => (entry.kind.name, !rows.is_empty() || !matched.is_empty()),
                };
                *tally.entry(sort.to_owned()).or_default() += u32::from(seen);
                if matches!(made_of, MadeOf::Legs | MadeOf::Period) {
                    continue;
                }
                if let Some(part) = parts.first().filter(|part| part.number > 0) {
                    let asked = format!("{}:{}", part.what, part.number);
                    let (_, some) = all(&payout, of, Some(asked), limit).expect("right");
                    sums.retain(|(what, number, _), _| {
                        what == part.what && *number == Some(part.number)
                    });
                    assert_eq!(told(&some), sums);
                }
                if entry.kind.name == "unilevel" && entry.component.posts().is_none() {
                    let tree = match entry.settings.0.get("tree") {
                        Some(Value::Index(tree)) => *tree,
                        _ => 0,
                    };
                    let passed = tally.entry("skipped".to_owned()).or_default();
                    for row in &rows {
                        if row.parts[0].number.is_some() && !row.adjustment {
                            levels_are_told(&payout, (&id, tree), row, passed);
                        }
                    }
                }
                for row in &rows {
                    for skipped in &row.skipped {
                        *tally.entry(format!("why {}", skipped.why)).or_default() += 1;
                    }
                }
            }
        }
    }
}

#[test]
fn orders_add_up_to_every_part() {
    let mut tally = BTreeMap::new();
    for seed in 130_000..130_000 + 160 * scale() {
        let lean = [Lean::Mixed, Lean::Lines, Lean::Stars][(seed % 3) as usize];
        let mut pair = grown(seed, lean);
        let mut chance = Chance::new(seed);
        for set in 0..3 {
            let drawn = Drawn::new(&pair.world, seed * 10 + set).expect("a right document");
            compare(&mut pair.state, &drawn, &mut chance, &mut tally);
        }
    }
    for sort in [
        "unilevel",
        "generation",
        "differential",
        "personal",
        "fast_start",
        "customer",
        "retail",
        "binary",
        "matching",
        "not by order",
        "skipped",
        "why inactive",
        "why terminated",
        "why below_rank",
        "why no_rate",
    ] {
        assert!(
            tally.get(sort).is_some_and(|&times| times > 2),
            "{sort}: {tally:?}"
        );
    }
}

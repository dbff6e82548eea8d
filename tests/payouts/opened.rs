//! Amounts opened down to orders: over all pages the products add up to each part, and everybody on the way has used up a
//! level or is named as skipped.

use std::collections::BTreeMap;
use std::sync::Arc;

use arborline::document::plan::set::parse;
use arborline::engine::state::State;
use arborline::plan::part::{Basis, Part};
use arborline::plan::setting::Value;
use arborline::plan::standing::Standing;
use arborline::view::era::Asked;
use arborline::view::error::ViewError;
use arborline::view::opened::{OpenedPage, OpenedQuery, OpenedRow, page};
use arborline::view::payout::Payout;

use super::histories::Drawn;
use super::ways::grown;
use crate::chance::{Chance, scale};
use crate::histories::commands::Lean;

/// What, number and rate of a part, and the sum of its products in 1e-12.
type Sums = BTreeMap<(String, Option<u64>, Option<String>), i128>;

/// A decimal of at most twelve places, in 1e-12.
fn units(text: &str) -> i128 {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
    let number = format!("{whole}{places:0<12}");
    sign * number.parse::<i128>().expect("a decimal")
}

fn expected(parts: &[Part]) -> Sums {
    let mut sums = Sums::new();
    for part in parts {
        let (rate, product) = match part.basis {
            Basis::Volume(volume) => (
                Some(part.rate.to_string()),
                i128::from(volume) * i128::from(part.rate.0),
            ),
            _ => (None, i128::from(part.amount.0) * 1_000_000),
        };
        let number = (part.number > 0).then_some(part.number);
        *sums
            .entry((part.what.to_owned(), number, rate))
            .or_default() += product;
    }
    sums
}

fn told(rows: &[OpenedRow]) -> Sums {
    let mut sums = Sums::new();
    for part in rows.iter().flat_map(|row| &row.parts) {
        let key = (part.what.clone(), part.number, part.rate.clone());
        *sums.entry(key).or_default() += units(&part.product);
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
) -> Result<(bool, Vec<OpenedRow>), ViewError> {
    let mut asked = OpenedQuery {
        part,
        limit: Some(limit),
        ..OpenedQuery::default()
    };
    let mut rows = Vec::new();
    loop {
        let OpenedPage {
            by_order,
            rows: more,
            next,
            ..
        } = page(payout, of, &asked, &|_, _| true)?;
        assert!(more.len() <= limit as usize);
        rows.extend(more);
        if next.is_none() {
            return Ok((by_order, rows));
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
                let (by_order, rows) = all(&payout, of, None, limit).expect("right");
                let parts = payout.pass.explain(&set, index, member);
                if !by_order {
                    assert!(rows.is_empty());
                    *tally.entry("not by order".to_owned()).or_default() += 1;
                    continue;
                }
                let mut sums = expected(&parts);
                sums.retain(|_, sum| *sum != 0);
                assert_eq!(
                    told(&rows),
                    sums,
                    "{} of {id} in {period}\n{}",
                    entry.name,
                    drawn.document
                );
                *tally.entry(entry.kind.name.to_owned()).or_default() +=
                    u32::from(!rows.is_empty());
                if let Some(part) = parts.first().filter(|part| part.number > 0) {
                    let asked = format!("{}:{}", part.what, part.number);
                    let (_, some) = all(&payout, of, Some(asked), limit).expect("right");
                    sums.retain(|(what, number, _), _| {
                        what == part.what && *number == Some(part.number)
                    });
                    assert_eq!(told(&some), sums);
                }
                if entry.kind.name == "unilevel" {
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

//! The definitions themselves, on a few orders whose figures are worked out by hand.

use std::collections::BTreeMap;

use arborline::base::ids::Text;
use arborline::tree::rules::Shape;

use super::deals::{Deal, Facts};
use super::needs::Tally;
use super::pays::Payroll;
use super::plan::{Bands, Compression, Derived, Pays, Rates, Sieve};
use super::sight::{Entered, Role, Sight, Who};
use crate::model::trees::{Hang, Tree};

/// A line A > B > C, members 1 to 3. Entries are of B's, in one kind: credited member, what it is of its order before
/// and after it, and the facts.
pub(super) fn sight(entries: &[(usize, [i128; 3], Facts)]) -> Sight {
    let mut tree = Tree::new(Shape::List);
    tree.add(1, 1, Hang::Root);
    tree.add(2, 1, Hang::Under { parent: 1, leg: 0 });
    tree.add(3, 1, Hang::Under { parent: 2, leg: 0 });
    let who = |member: usize| Who {
        role: if member == 0 {
            Role::Neither
        } else {
            Role::Distributor
        },
        active: true,
        enroller: member.checked_sub(1),
        seats: vec![Some(member)],
    };
    let deals = entries
        .iter()
        .map(|(credited, [before, after, whole], facts)| Deal {
            number: 0,
            late: None,
            sale: Some(0),
            credited: *credited,
            facts: facts.clone(),
            seats: vec![Some((*credited, false))],
            from_below: vec![false],
            posted: BTreeMap::new(),
            volumes: vec![after - before],
            before: vec![*before],
            whole: vec![*whole],
        });
    Sight {
        entered: vec![vec![vec![Entered::default(); 4]]],
        paid_on: vec![vec![vec![Entered::default(); 4]]],
        matched: vec![vec![vec![Entered::default(); 4]]],
        trees: vec![tree],
        people: (0..4).map(who).collect(),
        deals: deals.collect(),
        derived: Vec::new(),
        told: Vec::new(),
    }
}

pub(super) fn facts(customers: bool, class: &str, place: usize, days: i64) -> Facts {
    Facts {
        customers,
        class: Some(Text::from(class)),
        place: Some(place),
        days,
    }
}

/// What three members who can all earn are paid, exact, and how much of it makes one 1e-6.
pub(super) fn paid(sight: &Sight, pays: &Pays) -> (Vec<i128>, i128) {
    let payroll = Payroll {
        sight,
        at_order: false,
        active_then: true,
        earns: vec![false, true, true, true],
        ranks: vec![0; 4],
        held: &[],
        caps: vec![None; 4],
        earlier: &[],
    };
    payroll.exact(pays)
}

#[test]
fn a_factor_holds_for_what_is_left_of_the_order() {
    // Three units, a half of which counts: 1.5 is 2. Two refunds of one each leave 1 and then 1; the last leaves 0.
    let of_kit = || facts(false, "kit", 1, 0);
    let half = Derived {
        name: "half".to_owned(),
        of: 0,
        sieve: Sieve::default(),
        factor: 50_000_000,
    };
    for (steps, counts) in [
        (&[[0, 3, 3]][..], 2),
        (&[[0, 3, 3], [3, 2, 3]], 1),
        (&[[0, 3, 3], [3, 2, 3], [2, 1, 3]], 1),
        (&[[0, 3, 3], [3, 2, 3], [2, 1, 3], [1, 0, 3]], 0),
        (&[[3, 2, 3], [1, 0, 3]], -2),
    ] {
        let entries: Vec<_> = steps.iter().map(|&step| (3, step, of_kit())).collect();
        let sight = sight(&entries).with(std::slice::from_ref(&half), &mut Tally::new());
        assert_eq!(sight.entered_at(0, 1, 3), counts, "{steps:?}");
    }
}

#[test]
fn each_order_is_judged_by_its_own_facts() {
    let sieve = Sieve {
        classes: Some((false, vec!["kit".to_owned()])),
        customers: Some(false),
        orders: Some((false, 1)),
        within: Some(60),
        before: Some(30),
    };
    for (facts, passes) in [
        (facts(false, "autoship", 2, 30), true),
        (facts(false, "autoship", 2, 59), true),
        (facts(false, "kit", 2, 30), false),
        (facts(true, "autoship", 2, 30), false),
        (facts(false, "autoship", 1, 30), false),
        (facts(false, "autoship", 2, 60), false),
        (facts(false, "autoship", 2, 29), false),
    ] {
        let told = sieve.passes(&facts, &mut Tally::new());
        assert_eq!(told, passes, "{facts:?}");
    }
}

#[test]
fn orders_pay_one_by_one() {
    // A customer of B's buys 150 and later 50 wholes; the first goes back by a third.
    let whole = 10_000;
    let entries = [
        (
            2,
            [0, 150 * whole, 150 * whole],
            facts(true, "retail", 1, 10),
        ),
        (
            2,
            [150 * whole, 100 * whole, 150 * whole],
            facts(true, "retail", 1, 10),
        ),
        (2, [0, 50 * whole, 50 * whole], facts(true, "retail", 2, 70)),
    ];
    let sight = sight(&entries);
    let rates = Bands::Rates(vec![(1, 5_000_000), (100 * 10_000, 10_000_000)]);
    let amounts = Bands::Amounts(vec![(100 * 10_000, 9_000_000)]);
    let customer = |by_order, bands: &Bands| Pays::Customer {
        kind: 0,
        by_order,
        bands: bands.clone(),
    };
    let fast = Pays::FastStart {
        tree: 0,
        kind: 0,
        sieve: Sieve {
            within: Some(60),
            ..Sieve::default()
        },
        compression: Compression::None,
        rates: Rates {
            all: vec![20_000_000],
            by_rank: Vec::new(),
        },
    };
    let retail = Pays::Retail {
        kind: 0,
        rate: 25_000_000,
    };
    for (pays, member, micros) in [
        // 100 at a tenth and 50 at a twentieth; all 150 at a tenth.
        (customer(true, &rates), 2, 12_500_000),
        (customer(false, &rates), 2, 15_000_000),
        // Two thirds of nine are left; the month has one band.
        (customer(true, &amounts), 2, 6_000_000),
        (customer(false, &amounts), 2, 9_000_000),
        (retail, 2, 37_500_000),
        // Above B is A; only what was bought in the window counts.
        (fast, 1, 20_000_000),
    ] {
        let (sums, one) = paid(&sight, &pays);
        for (at, &sum) in sums.iter().enumerate() {
            let expected = if at == member { micros * one } else { 0 };
            assert_eq!(sum, expected, "{pays:?} of {at}");
        }
    }
}

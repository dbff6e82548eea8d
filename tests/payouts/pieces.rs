//! Orders that go back in pieces, some of which enter another period: what a pass makes of them, and the definitions.
//!
//! Histories seldom refund a customer's order more than once, and rounding shows in the middle pieces only.

use std::sync::Arc;

use arborline::base::ids::{Member, NONE, Seat, Text};
use arborline::base::limits::{KINDS_MAX, TREES_MAX};
use arborline::base::time::Time;
use arborline::document::network;
use arborline::document::plan::set::parse;
use arborline::plan::book::{Book, Entered, Role};
use arborline::plan::entry::{Entry, Facts, Wanted};
use arborline::plan::hands::Alone;
use arborline::plan::pass::Pass;

use super::by_hand::{paid, sight};
use super::deals::{self, nearest};
use super::needs::Tally;
use super::plan::{Bands, Derived, Pays, Sieve};
use crate::chance::{Chance, scale};

/// A line of three members below the company, with what entered at the second.
struct Line(Vec<Entry>);

impl Book for Line {
    fn seats(&self, _: usize) -> u32 {
        4
    }

    fn parent(&self, _: usize, seat: Seat) -> Option<Seat> {
        seat.checked_sub(1).filter(|&parent| parent > 0)
    }

    fn owner(&self, _: usize, seat: Seat) -> Member {
        seat
    }

    fn leg(&self, _: usize, _: Seat) -> u8 {
        0
    }

    fn active(&self, _: usize, _: Seat) -> bool {
        true
    }

    fn seat(&self, _: usize, member: Member) -> Option<Seat> {
        Some(member)
    }

    fn entered(&self, _: usize, _: Seat, _: usize) -> Entered {
        Entered::default()
    }

    fn members(&self) -> u32 {
        4
    }

    fn role(&self, member: Member) -> Role {
        if member == 0 {
            Role::Gone
        } else {
            Role::Earner
        }
    }

    fn overrides(&self, _: &str) -> Vec<(Member, Text)> {
        Vec::new()
    }

    fn currency(&self, _: Member) -> Option<Text> {
        None
    }

    fn is_held(&self, _: Member) -> bool {
        false
    }

    fn enroller(&self, member: Member) -> Option<Member> {
        self.parent(0, member)
    }

    fn entries(&self, _: Wanted, each: &mut dyn FnMut(&Entry)) {
        self.0.iter().for_each(each);
    }

    fn late(&self, _: Wanted) -> Vec<Entry> {
        Vec::new()
    }
}

/// An entry as the product has it.
fn entry(order: u32, [before, after, whole]: [i128; 3]) -> Entry {
    let only = |volume: i128| {
        let mut volumes = [0; KINDS_MAX];
        volumes[0] = i64::try_from(volume).expect("a small volume");
        volumes
    };
    let mut seats = [NONE; TREES_MAX];
    seats[0] = 2;
    Entry {
        posted: Vec::new(),
        order: Some(order),
        buyer: 3,
        late: None,
        credited: 2,
        facts: Facts {
            customers: true,
            class: None,
            place: 1,
            days: 0,
            active: false,
        },
        seats,
        below: 0,
        volumes: only(after - before),
        before: only(before),
        whole: only(whole),
    }
}

/// Orders, each taken back in pieces; some of all that stays in the period.
fn draw(chance: &mut Chance) -> Vec<(u32, [i128; 3])> {
    let mut entries = Vec::new();
    for order in 0..3 {
        let whole = chance.between(1, 40);
        let mut left = whole;
        let mut steps = vec![[0, whole]];
        for _ in 0..chance.below(5) {
            let less = chance.between(0, left);
            steps.push([left, less]);
            left = less;
        }
        for [before, after] in steps {
            if chance.percent(75) {
                entries.push((order, [before, after, whole].map(i128::from)));
            }
        }
    }
    entries
}

#[test]
fn pieces_come_to_what_the_definitions_say() {
    let until: Time = "2000-03-01T00:00:00Z".parse().expect("a time");
    let rules = network::parse("volume_kinds = [\"cv\"]\n");
    let rules = rules.expect("right").compile(until);
    let mut rounded_otherwise = [0; 2];
    for seed in 0..2_000 * scale() {
        let mut chance = Chance::new(77_000 + seed);
        let entries = draw(&mut chance);
        let factor = *chance.pick(&[50_000_000, 33_333_333, 75_000_000]);
        let amount = *chance.pick(&[1, 3, 7, 10]);
        let document = format!(
            "name = \"Pieces\"\ncurrency = \"USD\"\n[[kinds]]\nname = \"part\"\nfactor = \"0.{factor:08}\"\n\
             [[plans]]\nname = \"main\"\n[[plans.components]]\nname = \"bonus\"\nkind = \"customer\"\n\
             volume = \"part\"\namounts = [{{ at_least = \"0.0001\", amount = \"0.{amount:06}\" }}]\n\
             [[plans.components]]\nname = \"profit\"\nkind = \"retail\"\nvolume = \"part\"\nrate = 1\n"
        );
        let set = parse(&document, &rules).unwrap_or_else(|why| panic!("{why:#?}\n{document}"));
        let book = Line(
            entries
                .iter()
                .map(|&(order, step)| entry(order, step))
                .collect(),
        );
        let pass = Pass::run(&book, &set, 0, Arc::default(), &Alone).expect("small amounts");
        let facts = || deals::Facts {
            customers: true,
            class: None,
            place: Some(1),
            days: 0,
        };
        let part = Derived {
            name: "part".to_owned(),
            of: 0,
            sieve: Sieve::default(),
            factor,
        };
        let steps: Vec<_> = entries
            .iter()
            .map(|&(_, step)| (2, step, facts()))
            .collect();
        let sight = sight(&steps).with(&[part], &mut Tally::new());
        let bonus = Pays::Customer {
            kind: 1,
            by_order: true,
            bands: Bands::Amounts(vec![(1, amount)]),
        };
        let retail = Pays::Retail {
            kind: 1,
            rate: 100_000_000,
        };
        for (at, pays) in [bonus, retail].iter().enumerate() {
            let (sums, one) = paid(&sight, pays);
            let told = i128::from(pass.amounts(at).expect("worked out")[2].0);
            let expected = nearest(sums[2], one);
            assert_eq!(told, expected, "{seed} {pays:?} {entries:?}");
            let alone = entries.iter().map(|(_, [before, after, whole])| match at {
                0 => nearest(i128::from(amount) * (after - before), *whole),
                _ => nearest((after - before) * i128::from(factor), 100_000_000) * 100,
            });
            rounded_otherwise[at] += u64::from(alone.sum::<i128>() != expected);
        }
    }
    assert!(
        rounded_otherwise.iter().all(|&cases| cases > 100),
        "rounding of the pieces alone would not show: {rounded_otherwise:?}"
    );
}

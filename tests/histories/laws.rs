//! Random rules of a network: every shape, policy, window, kernel and calendar.

use arborline::base::ids::Text;
use arborline::base::number::Volume;
use arborline::base::time::{DAY_MS, Time};
use arborline::book::rules::{Activity, Kernel, KernelRule, Thresholds, Window};
use arborline::engine::rules::{
    ClockMode, CustomersFirst, Late, PeriodType, Rules, TerminatedOrders,
};
use arborline::tree::rules::{CustomerLevel, Inside, Policy, Shape, Termination, TreeRules};

use crate::chance::Chance;
use crate::model::world::World;

/// The first instant of every calendar: 2026-01-01.
pub(crate) const START: Time = Time(1_767_225_600_000);

/// Rules drawn from a seed.
pub(crate) fn draw(chance: &mut Chance) -> Rules {
    let kinds = 1 + chance.below(3);
    let types = 1 + chance.below(3);
    let mut trees = vec![tree("enroller", Shape::List, Policy::UnderEnroller, chance)];
    for (name, percent) in [
        ("unilevel", 50),
        ("binary", 75),
        ("matrix", 40),
        ("binary_two", 15),
    ] {
        if chance.percent(percent) {
            let shape = match name {
                "unilevel" => Shape::List,
                "matrix" => Shape::Matrix {
                    width: u8::try_from(2 + chance.below(3)).expect("narrow"),
                },
                _ => Shape::Binary,
            };
            let policy = policy(shape, kinds, types, chance);
            trees.push(tree(name, shape, policy, chance));
        }
    }
    let at_least = *chance.pick(&[1, 500_000, 1_000_000]);
    let window = if chance.percent(60) {
        Window::Period(small(chance.below(types)))
    } else {
        Window::Rolling {
            days: *chance.pick(&[1, 3, 7, 30]),
        }
    };
    let thresholds = ladders(trees.len(), kinds, types, chance);
    let kernels = kernels(trees.len(), kinds, types, window, chance);
    Rules {
        kinds: ["pv", "cv", "qv"][..kinds]
            .iter()
            .map(|&name| Text::from(name))
            .collect(),
        period_types: (0..types).map(|of| period_type(of, chance)).collect(),
        trees,
        activity: Activity {
            kind: small(chance.below(kinds)),
            at_least: Volume(at_least),
            window,
        },
        count_customers: chance.percent(50),
        enrolled_by_fact: chance.percent(50),
        terminated_orders: if chance.percent(50) {
            TerminatedOrders::Reject
        } else {
            TerminatedOrders::CreditUpline
        },
        refund_days: *chance.pick(&[1, 5, 30, 90]),
        customers_first: customers_first(kinds, types, chance),
        id_memory_days: *chance.pick(&[0, 0, 7, 120]),
        return_days: *chance.pick(&[0, 2, 10, 60]),
        thresholds,
        kernels,
        clock: if chance.percent(75) {
            ClockMode::Events
        } else {
            ClockMode::Wall
        },
        time_zone: Text::from("UTC"),
    }
}

/// The right to enrol: seldom asked for, and little, or few networks would grow.
fn customers_first(kinds: usize, types: usize, chance: &mut Chance) -> Option<CustomersFirst> {
    chance.percent(20).then(|| CustomersFirst {
        kind: small(chance.below(kinds)),
        at_least: Volume(*chance.pick(&[1, 250_000, 500_000])),
        period: small(chance.below(types)),
        preferred: chance.percent(50),
    })
}

pub(crate) fn small(number: usize) -> u8 {
    u8::try_from(number).expect("a small number")
}

/// A policy that fits a shape.
pub(crate) fn policy(shape: Shape, kinds: usize, types: usize, chance: &mut Chance) -> Policy {
    let inside = *chance.pick(&[Inside::Outer, Inside::BreadthFirst, Inside::Balanced]);
    let (kind, period) = (small(chance.below(kinds)), small(chance.below(types)));
    match shape {
        Shape::List => *chance.pick(&[
            Policy::UnderEnroller,
            Policy::UnderEnroller,
            Policy::HoldingTank,
        ]),
        Shape::Matrix { .. } => *chance.pick(&[
            Policy::BreadthFirst,
            Policy::FewestFilled,
            Policy::CompanyQueue,
            Policy::HoldingTank,
        ]),
        Shape::Binary => *chance.pick(&[
            Policy::OuterLeft,
            Policy::OuterRight,
            Policy::WeakerVolume {
                kind,
                period,
                inside,
            },
            Policy::WeakerCount { inside },
            Policy::Alternate,
            Policy::BreadthFirst,
            Policy::DefaultLeg,
            Policy::HoldingTank,
        ]),
    }
}

fn tree(name: &str, shape: Shape, placement: Policy, chance: &mut Chance) -> TreeRules {
    let list = shape == Shape::List;
    TreeRules {
        name: Text::from(name),
        shape,
        placement,
        customer_level: if chance.percent(50) {
            CustomerLevel::Own
        } else {
            CustomerLevel::First
        },
        termination: if list && chance.percent(70) {
            Termination::RollUp
        } else {
            Termination::EmptySeat
        },
        centres: if name == "enroller" || chance.percent(60) {
            1
        } else {
            3
        },
        move_max: if chance.percent(30) { 4 } else { 1_000_000 },
    }
}

fn period_type(of: usize, chance: &mut Chance) -> PeriodType {
    let days = [
        *chance.pick(&[7, 10, 30]),
        *chance.pick(&[1, 2, 7]),
        *chance.pick(&[5, 14, 30]),
    ][of % 3];
    let known = if chance.percent(80) {
        400 / days + 2
    } else {
        4
    };
    let length = days * DAY_MS;
    let cutoff_ms = *chance.pick(&[0, 3_600_000, length / 2, length - 1, length]);
    PeriodType {
        name: Text::from(["month", "week", "cycle", "term", "sprint"][of]),
        cutoff_ms,
        late: if chance.percent(70) {
            Late::Own
        } else {
            Late::Current
        },
        starts: (0..=known)
            .map(|period| Time(START.0 + period * length))
            .collect(),
        labels: (0..known)
            .map(|period| Text::from(format!("{of}-{period}")))
            .collect(),
    }
}

fn ladders(trees: usize, kinds: usize, types: usize, chance: &mut Chance) -> Vec<Thresholds> {
    let count = chance.below(5);
    (0..count)
        .map(|_| {
            let mut steps: Vec<i64> = (0..1 + chance.below(4))
                .map(|_| chance.between(1, 40) * 250_000)
                .collect();
            steps.sort_unstable();
            steps.dedup();
            Thresholds {
                tree: small(chance.below(trees)),
                period: small(chance.below(types)),
                kind: small(chance.below(kinds)),
                steps: steps.into_iter().map(Volume).collect(),
            }
        })
        .collect()
}

/// Vectors that skip the inactive follow the period of the activity rule, where it has one.
fn kernels(
    trees: usize,
    kinds: usize,
    types: usize,
    window: Window,
    chance: &mut Chance,
) -> Vec<Kernel> {
    let count = chance.below(4);
    let mut kernels = Vec::new();
    for _ in 0..count {
        let rule = if chance.percent(30) {
            KernelRule::EachLevel
        } else {
            KernelRule::SkipInactive
        };
        let period = match window {
            Window::Period(period) if rule == KernelRule::SkipInactive => period,
            _ => small(chance.below(types)),
        };
        let tree = chance.below(trees);
        kernels.push(Kernel {
            tree: small(tree),
            period,
            kind: small(chance.below(kinds)),
            buckets: *chance.pick(&[1, 2, 3, 5, 8, 9, 16, 32]),
            rule,
        });
    }
    kernels
}

/// Most volume kinds, period types and trees that changes lead to.
const MOST: (usize, usize, usize) = (5, 5, 7);

/// The rules of a network with some of them changed; one change in ten breaks with what is there.
pub(crate) fn changed(world: &World, chance: &mut Chance) -> Rules {
    let mut rules = running(world);
    for _ in 0..1 + chance.below(3) {
        match chance.below(10) {
            0 | 1 => grow(&mut rules, chance),
            2 => resume(&mut rules, world, chance),
            3 | 4 => replant(&mut rules, chance),
            5 => repolicy(&mut rules, chance),
            6 => reactivate(&mut rules, chance),
            _ => relimit(&mut rules, chance),
        }
    }
    if chance.percent(10) {
        break_with(&mut rules, chance);
    }
    rules
}

/// The rules in force with the calendars as they are known by now.
pub(crate) fn running(world: &World) -> Rules {
    let mut rules = world.law().clone();
    for (of, calendar) in rules.period_types.iter_mut().zip(&world.calendars) {
        of.starts.clone_from(&calendar.starts);
        of.labels.clone_from(&calendar.labels);
    }
    rules
}

/// A new kind, period type or tree.
fn grow(rules: &mut Rules, chance: &mut Chance) {
    let (kinds, types, trees) = (
        rules.kinds.len(),
        rules.period_types.len(),
        rules.trees.len(),
    );
    match chance.below(3) {
        0 if kinds < MOST.0 => rules.kinds.push(Text::from(format!("kind{kinds}"))),
        1 if types < MOST.1 => rules.period_types.push(period_type(types, chance)),
        _ if trees < MOST.2 => {
            let width = u8::try_from(2 + chance.below(3)).expect("narrow");
            let shape = *chance.pick(&[Shape::List, Shape::Binary, Shape::Matrix { width }]);
            let policy = policy(shape, kinds, types, chance);
            let name = format!("tree{trees}");
            rules.trees.push(tree(&name, shape, policy, chance));
        }
        _ => {}
    }
}

/// Other periods of a type, from the one after the next on or somewhat later.
fn resume(rules: &mut Rules, world: &World, chance: &mut Chance) {
    let of = chance.below(world.calendars.len());
    let calendar = &world.calendars[of];
    let told = &mut rules.period_types[of];
    let kept = (calendar.current + 1 + chance.below(12)).min(told.labels.len());
    told.starts.truncate(kept + 1);
    told.labels.truncate(kept);
    let days = *chance.pick(&[2, 3, 9, 20]);
    let mut last = told.starts[kept];
    for period in kept..kept + usize::try_from(200 / days).expect("a few") {
        last = last.plus_ms(days * DAY_MS);
        told.starts.push(last);
        told.labels.push(Text::from(format!("{of}-{period}")));
    }
}

fn replant(rules: &mut Rules, chance: &mut Chance) {
    let (kinds, types) = (rules.kinds.len(), rules.period_types.len());
    let at = chance.below(rules.trees.len());
    let shape = rules.trees[at].shape;
    if at > 0 {
        rules.trees[at].placement = policy(shape, kinds, types, chance);
        rules.trees[at].centres = rules.trees[at].centres.max(*chance.pick(&[1, 1, 2, 3]));
    }
    rules.trees[at].move_max = *chance.pick(&[2, 50]);
    if shape == Shape::List {
        rules.trees[at].termination = *chance.pick(&[Termination::RollUp, Termination::EmptySeat]);
    }
}

fn repolicy(rules: &mut Rules, chance: &mut Chance) {
    let of = chance.below(rules.period_types.len());
    rules.period_types[of].cutoff_ms = *chance.pick(&[0, 3_600_000, DAY_MS]);
    rules.period_types[of].late = *chance.pick(&[Late::Own, Late::Current]);
}

fn reactivate(rules: &mut Rules, chance: &mut Chance) {
    rules.activity.kind = small(chance.below(rules.kinds.len()));
    rules.activity.at_least = Volume(*chance.pick(&[1, 250_000, 1_000_000]));
    let follows = rules.kernels.iter();
    let follows = follows.filter(|kernel| kernel.rule == KernelRule::SkipInactive);
    let followed: Vec<u8> = follows.map(|kernel| kernel.period).collect();
    rules.activity.window = match followed.first() {
        Some(&period) if chance.percent(50) => Window::Period(period),
        None if chance.percent(60) => Window::Period(small(chance.below(rules.period_types.len()))),
        _ => Window::Rolling {
            days: *chance.pick(&[1, 4, 30]),
        },
    };
}

fn relimit(rules: &mut Rules, chance: &mut Chance) {
    match chance.below(6) {
        5 => {
            let (kinds, types) = (rules.kinds.len(), rules.period_types.len());
            rules.customers_first = customers_first(kinds, types, chance);
        }
        0 => rules.count_customers = !rules.count_customers,
        1 => rules.enrolled_by_fact = !rules.enrolled_by_fact,
        2 => {
            rules.terminated_orders =
                *chance.pick(&[TerminatedOrders::Reject, TerminatedOrders::CreditUpline]);
        }
        3 => rules.refund_days = *chance.pick(&[1, 10, 90]),
        _ => rules.return_days = *chance.pick(&[0, 3, 60]),
    }
}

/// Something that cannot be: a name lost, an order turned, a shape bent, a calendar rewritten.
fn break_with(rules: &mut Rules, chance: &mut Chance) {
    let last = rules.trees.len() - 1;
    match chance.below(9) {
        0 => drop(rules.kinds.remove(0)),
        1 => rules.kinds.reverse(),
        2 => rules.period_types[0].name = Text::from("moon"),
        3 => rules.trees[last].name = Text::from("bush"),
        4 => {
            // A tree that is new may have any shape, with a policy that fits it.
            rules.trees[last].shape = Shape::Matrix { width: 5 };
            rules.trees[last].placement = Policy::BreadthFirst;
        }
        5 => drop(rules.trees.pop()),
        6 => rules.activity.kind = 7,
        7 => {
            rules.trees[last].customer_level = match rules.trees[last].customer_level {
                CustomerLevel::Own => CustomerLevel::First,
                CustomerLevel::First => CustomerLevel::Own,
            };
        }
        _ => {
            let of = &mut rules.period_types[0];
            of.labels[0] = Text::from("long-ago");
        }
    }
}

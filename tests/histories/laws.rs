//! Random rules of a network: every shape, policy, window, kernel and calendar.

use arborline::base::ids::Text;
use arborline::base::number::Volume;
use arborline::base::time::{DAY_MS, Time};
use arborline::book::rules::{Activity, Kernel, KernelRule, Thresholds, Window};
use arborline::engine::rules::{ClockMode, Late, PeriodType, Rules, TerminatedOrders};
use arborline::tree::rules::{CustomerLevel, Inside, Policy, Shape, Termination, TreeRules};

use crate::random::Random;

/// The first instant of every calendar: 2026-01-01.
pub(crate) const START: Time = Time(1_767_225_600_000);

/// Rules drawn from a seed.
pub(crate) fn draw(random: &mut Random) -> Rules {
    let kinds = 1 + random.below(3);
    let types = 1 + random.below(3);
    let mut trees = vec![tree("enroller", Shape::List, Policy::UnderEnroller, random)];
    for (name, percent) in [
        ("unilevel", 50),
        ("binary", 75),
        ("matrix", 40),
        ("binary_two", 15),
    ] {
        if random.chance(percent) {
            let shape = match name {
                "unilevel" => Shape::List,
                "matrix" => Shape::Matrix {
                    width: u8::try_from(2 + random.below(3)).expect("narrow"),
                },
                _ => Shape::Binary,
            };
            let policy = policy(shape, kinds, types, random);
            trees.push(tree(name, shape, policy, random));
        }
    }
    let at_least = *random.pick(&[1, 500_000, 1_000_000]);
    let (thresholds, kernels) = (
        ladders(trees.len(), kinds, types, random),
        kernels(trees.len(), kinds, types, random),
    );
    Rules {
        kinds: ["pv", "cv", "qv"][..kinds]
            .iter()
            .map(|&name| Text::from(name))
            .collect(),
        period_types: (0..types).map(|of| period_type(of, random)).collect(),
        trees,
        activity: Activity {
            kind: small(random.below(kinds)),
            at_least: Volume(at_least),
            window: if random.chance(60) {
                Window::Period(small(random.below(types)))
            } else {
                Window::Rolling {
                    days: *random.pick(&[1, 3, 7, 30]),
                }
            },
        },
        count_customers: random.chance(50),
        enrolled_by_fact: random.chance(50),
        terminated_orders: if random.chance(50) {
            TerminatedOrders::Reject
        } else {
            TerminatedOrders::CreditUpline
        },
        refund_days: *random.pick(&[1, 5, 30, 90]),
        return_days: *random.pick(&[0, 2, 10, 60]),
        thresholds,
        kernels,
        clock: if random.chance(75) {
            ClockMode::Events
        } else {
            ClockMode::Wall
        },
        time_zone: Text::from("UTC"),
    }
}

pub(crate) fn small(number: usize) -> u8 {
    u8::try_from(number).expect("a small number")
}

/// A policy that fits a shape.
pub(crate) fn policy(shape: Shape, kinds: usize, types: usize, random: &mut Random) -> Policy {
    let inside = *random.pick(&[Inside::Outer, Inside::BreadthFirst, Inside::Balanced]);
    match shape {
        Shape::List => *random.pick(&[
            Policy::UnderEnroller,
            Policy::UnderEnroller,
            Policy::HoldingTank,
        ]),
        Shape::Matrix { .. } => *random.pick(&[
            Policy::BreadthFirst,
            Policy::FewestFilled,
            Policy::CompanyQueue,
            Policy::HoldingTank,
        ]),
        Shape::Binary => *random.pick(&[
            Policy::OuterLeft,
            Policy::OuterRight,
            Policy::WeakerVolume {
                kind: small(random.below(kinds)),
                period: small(random.below(types)),
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

fn tree(name: &str, shape: Shape, placement: Policy, random: &mut Random) -> TreeRules {
    let list = shape == Shape::List;
    TreeRules {
        name: Text::from(name),
        shape,
        placement,
        customer_level: if random.chance(50) {
            CustomerLevel::Own
        } else {
            CustomerLevel::First
        },
        termination: if list && random.chance(70) {
            Termination::RollUp
        } else {
            Termination::EmptySeat
        },
        centres: if name == "enroller" || random.chance(60) {
            1
        } else {
            3
        },
        move_max: if random.chance(30) { 4 } else { 1_000_000 },
    }
}

fn period_type(of: usize, random: &mut Random) -> PeriodType {
    let days = [
        *random.pick(&[7, 10, 30]),
        *random.pick(&[1, 2, 7]),
        *random.pick(&[5, 14, 30]),
    ][of];
    let known = if random.chance(80) { 400 / days + 2 } else { 4 };
    let length = days * DAY_MS;
    let cutoff_ms = *random.pick(&[0, 3_600_000, length / 2, length - 1, length]);
    PeriodType {
        name: Text::from(["month", "week", "cycle"][of]),
        cutoff_ms,
        late: if random.chance(70) {
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

fn ladders(trees: usize, kinds: usize, types: usize, random: &mut Random) -> Vec<Thresholds> {
    let count = random.below(5);
    (0..count)
        .map(|_| {
            let mut steps: Vec<i64> = (0..1 + random.below(4))
                .map(|_| random.between(1, 40) * 250_000)
                .collect();
            steps.sort_unstable();
            steps.dedup();
            Thresholds {
                tree: small(random.below(trees)),
                period: small(random.below(types)),
                kind: small(random.below(kinds)),
                steps: steps.into_iter().map(Volume).collect(),
            }
        })
        .collect()
}

fn kernels(trees: usize, kinds: usize, types: usize, random: &mut Random) -> Vec<Kernel> {
    let count = random.below(4);
    (0..count)
        .map(|_| Kernel {
            tree: small(random.below(trees)),
            period: small(random.below(types)),
            kind: small(random.below(kinds)),
            buckets: *random.pick(&[1, 2, 3, 5, 32]),
            rule: if random.chance(30) {
                KernelRule::EachLevel
            } else {
                KernelRule::SkipInactive
            },
        })
        .collect()
}

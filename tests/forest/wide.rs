//! Bucket vectors as wide as the rules allow, and records that keep everything there can be.

use arborline::base::limits::{KINDS_MAX, PERIOD_TYPES_MAX};
use arborline::base::volumes::Volumes;
use arborline::book::forest::{Attach, Forest, Posting, Standing};
use arborline::book::kernel::map::BUCKETS_MAX;
use arborline::book::rules::{Kept, Kernel, KernelRule, Thresholds};
use arborline::tree::rules::Shape;

use super::{Naive, Plain, Rules, Run, Volume, compare};
use crate::chance::Chance;

/// A run whose vectors are `widths` wide.
fn wide(seed: u64, shape: Shape, chain_run: usize, widths: [u8; 4]) -> Run {
    let mut rules = Rules::new(shape, seed.is_multiple_of(3), chain_run, false);
    let kernel = |at: usize, period, kind, rule| Kernel {
        tree: 0,
        period,
        kind,
        buckets: widths[at],
        rule,
    };
    rules.kernels = vec![
        kernel(0, 0, 0, KernelRule::SkipInactive),
        kernel(1, 1, 1, KernelRule::EachLevel),
        kernel(2, 0, 1, KernelRule::SkipInactive),
        kernel(3, 1, 0, KernelRule::EachLevel),
    ];
    let naive = Naive {
        seats: vec![Plain::new()],
        births: 0,
    };
    Run {
        forest: rules.forest(),
        naive,
        rules,
        chance: Chance::new(seed),
    }
}

#[test]
fn vectors_of_every_width_equal_plain_sums_on_lines_deeper_than_they_are_wide() {
    let most = BUCKETS_MAX as u8;
    for seed in 0..12 * crate::chance::scale() {
        let shape = [Shape::List, Shape::Binary, Shape::Matrix { width: 3 }][seed as usize % 3];
        let widths = [[most, 9, 17, most - 1], [8, most, most, 1]][seed as usize % 2];
        let mut run = wide(seed, shape, [5, 128][seed as usize / 2 % 2], widths);
        for _ in 0..160 {
            let line_end = run.naive.seats.len() - 1;
            run.insert(line_end);
        }
        for step in 0..60 {
            run.post();
            run.step();
            compare(
                &run.forest,
                &run.naive,
                &run.rules,
                &format!("seed {seed}, step {step}"),
            );
        }
    }
}

/// A line of 60 in a forest that keeps all there can be, active where the number is even; each sells one of every kind in
/// every period.
fn widest_line() -> Forest {
    let mut rules = Rules::new(Shape::List, true, 4, true);
    let ladder = |at: usize| Thresholds {
        tree: 0,
        period: (at % PERIOD_TYPES_MAX) as u8,
        kind: (at % KINDS_MAX) as u8,
        steps: vec![Volume(3)],
    };
    rules.thresholds = (0..8).map(ladder).collect();
    let kernel = |at: usize| Kernel {
        tree: 0,
        period: at as u8,
        kind: at as u8,
        buckets: BUCKETS_MAX as u8,
        rule: [KernelRule::EachLevel, KernelRule::SkipInactive][at % 2],
    };
    rules.kernels = (0..4).map(kernel).collect();
    let mut forest = Forest::new(&Kept {
        kinds: KINDS_MAX,
        periods: PERIOD_TYPES_MAX,
        trees: &rules.trees,
        activity: &rules.activity,
        thresholds: &rules.thresholds,
        kernels: &rules.kernels,
        chain_run: rules.chain_run,
    });
    for seat in 1..=60 {
        let to = match seat {
            1 => Attach::Root,
            _ => Attach::Under {
                parent: seat - 1,
                leg: 0,
            },
        };
        forest.add_seat(0, seat, to);
        let standing = Standing {
            counted: true,
            active: seat.is_multiple_of(2),
        };
        forest.set_standing(0, seat, standing);
        forest.post(
            0,
            &[Posting {
                seat,
                own: true,
                periods: (1 << PERIOD_TYPES_MAX) - 1,
                volumes: Volumes::from_units(&[1; KINDS_MAX]),
            }],
        );
    }
    forest
}

#[test]
fn the_widest_records_there_can_be_fit_a_page() {
    let forest = widest_line();
    let active = |seat: u32| seat.is_multiple_of(2);
    for seat in 1..=60u32 {
        let below = i64::from(60 - seat);
        for at in 0..4 {
            let mut expected = [0i64; BUCKETS_MAX];
            for from in seat + 1..=60 {
                let uses = |between: u32| at % 2 == 0 || active(between);
                let level = (seat + 1..from).filter(|&between| uses(between)).count();
                if let Some(bucket) = expected.get_mut(level) {
                    *bucket += 1;
                }
            }
            assert_eq!(forest.buckets(at, seat), expected, "kernel {at} of {seat}");
        }
        for period in 0..PERIOD_TYPES_MAX {
            for kind in 0..KINDS_MAX {
                assert_eq!(forest.group(0, seat, period, kind), below + 1, "of {seat}");
            }
        }
        for at in 0..8 {
            assert_eq!(forest.threshold(at, seat), u8::from(below + 1 >= 3));
        }
    }
}

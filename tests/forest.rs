//! Properties of the forest: after any history every figure equals a plain sum over the downline, on plain seats and on
//! chains alike, with ladders, bucket vectors, rolls and forks.

use arborline::base::ids::{Seat, Text};
use arborline::base::number::Volume;
use arborline::base::volumes::Volumes;
use arborline::book::forest::{Attach, Forest, Posting, Standing};
use arborline::book::rules::{Activity, Kept, Kernel, KernelRule, Thresholds, Window};
use arborline::tree::rules::{CustomerLevel, Policy, Shape, Termination, TreeRules};

use crate::chance::Chance;

mod walks;
mod wide;

const KINDS: usize = 2;
const PERIODS: usize = 2;

/// One seat of the naive forest: what entered, by period type and kind, and its standing.
#[derive(Clone)]
struct Plain {
    parent: Option<usize>,
    leg: u8,
    born: u64,
    entered: [[i64; KINDS]; PERIODS],
    /// As if from the first level: in the group, not in own volume.
    first: [[i64; KINDS]; PERIODS],
    standing: Standing,
}

impl Plain {
    fn posted(&self) -> [[i64; KINDS]; PERIODS] {
        let mut posted = self.entered;
        for (sums, first) in posted.iter_mut().zip(&self.first) {
            sums.iter_mut()
                .zip(first)
                .for_each(|(sum, units)| *sum += units);
        }
        posted
    }

    fn new() -> Plain {
        let standing = Standing {
            counted: false,
            active: false,
        };
        Plain {
            parent: None,
            leg: 0,
            born: 0,
            entered: [[0; KINDS]; PERIODS],
            first: [[0; KINDS]; PERIODS],
            standing,
        }
    }
}

/// The naive forest: one tree, everything summed anew when asked.
#[derive(Clone)]
struct Naive {
    seats: Vec<Plain>,
    births: u64,
}

impl Naive {
    fn children(&self, seat: usize) -> Vec<usize> {
        let mut children: Vec<usize> = (1..self.seats.len())
            .filter(|&c| self.seats[c].parent == Some(seat))
            .collect();
        children.sort_by_key(|&child| (self.seats[child].leg, self.seats[child].born));
        children
    }

    fn is_above(&self, above: usize, below: usize) -> bool {
        let mut at = Some(below);
        while let Some(seat) = at {
            if seat == above {
                return true;
            }
            at = self.seats[seat].parent;
        }
        false
    }

    /// Seats with each after all below it.
    fn bottom_up(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.seats.len()).collect();
        let depth = |mut seat: usize| {
            let mut depth = 0;
            while let Some(parent) = self.seats[seat].parent {
                (seat, depth) = (parent, depth + 1);
            }
            depth
        };
        order.sort_by_key(|&seat| std::cmp::Reverse(depth(seat)));
        order
    }
}

struct Rules {
    trees: Vec<TreeRules>,
    activity: Activity,
    thresholds: Vec<Thresholds>,
    kernels: Vec<Kernel>,
    chain_run: usize,
}

impl Rules {
    fn new(shape: Shape, rolling: bool, chain_run: usize, bare: bool) -> Rules {
        let tree = TreeRules {
            name: Text::new("tree"),
            shape,
            placement: Policy::UnderEnroller,
            customer_level: CustomerLevel::Own,
            termination: Termination::EmptySeat,
            centres: 1,
            move_max: u32::MAX,
        };
        let ladder = |period, kind, steps: &[i64]| Thresholds {
            tree: 0,
            period,
            kind,
            steps: steps.iter().map(|&units| Volume(units)).collect(),
        };
        let kernel = |period, kind, buckets, rule| Kernel {
            tree: 0,
            period,
            kind,
            buckets,
            rule,
        };
        let window = if rolling {
            Window::Rolling { days: 30 }
        } else {
            Window::Period(0)
        };
        Rules {
            trees: vec![tree],
            activity: Activity {
                kind: 0,
                at_least: Volume(1),
                window,
            },
            thresholds: if bare {
                vec![]
            } else {
                vec![ladder(0, 0, &[50, 100, 400, 1600]), ladder(1, 1, &[7])]
            },
            kernels: if bare {
                vec![]
            } else {
                vec![
                    kernel(0, 0, 3, KernelRule::SkipInactive),
                    kernel(1, 1, 2, KernelRule::EachLevel),
                ]
            },
            chain_run,
        }
    }

    fn forest(&self) -> Forest {
        Forest::new(&Kept {
            kinds: KINDS,
            periods: PERIODS,
            trees: &self.trees,
            activity: &self.activity,
            thresholds: &self.thresholds,
            kernels: &self.kernels,
            chain_run: self.chain_run,
        })
    }
}

/// What the figures of every seat must be: plain sums over what is below.
struct Expected {
    group: Vec<[[i64; KINDS]; PERIODS]>,
    below: Vec<(u32, u32)>,
    frontline: Vec<(u32, u32)>,
    inflow: Vec<Vec<Vec<i64>>>,
}

impl Expected {
    fn of(naive: &Naive, rules: &Rules) -> Expected {
        let n = naive.seats.len();
        let empty = rules
            .kernels
            .iter()
            .map(|kernel| vec![0; usize::from(kernel.buckets)])
            .collect();
        let mut expected = Expected {
            group: naive.seats.iter().map(Plain::posted).collect(),
            below: vec![(0, 0); n],
            frontline: vec![(0, 0); n],
            inflow: vec![empty; n],
        };
        for (seat, plain) in naive.seats.iter().enumerate() {
            for (kernel, into) in rules.kernels.iter().zip(&mut expected.inflow[seat]) {
                into[0] += plain.first[usize::from(kernel.period)][usize::from(kernel.kind)];
            }
        }
        for seat in naive.bottom_up() {
            if let Some(parent) = naive.seats[seat].parent {
                expected.hand_up(naive, rules, seat, parent);
            }
        }
        expected
    }

    fn hand_up(&mut self, naive: &Naive, rules: &Rules, seat: usize, parent: usize) {
        let plain = &naive.seats[seat];
        let own = (
            u32::from(plain.standing.counted),
            u32::from(plain.standing.active),
        );
        self.below[parent].0 += self.below[seat].0 + own.0;
        self.below[parent].1 += self.below[seat].1 + own.1;
        self.frontline[parent].0 += own.0;
        self.frontline[parent].1 += own.1;
        for period in 0..PERIODS {
            for kind in 0..KINDS {
                self.group[parent][period][kind] += self.group[seat][period][kind];
            }
        }
        for (at, kernel) in rules.kernels.iter().enumerate() {
            let received = self.inflow[seat][at].clone();
            let uses_level = kernel.rule == KernelRule::EachLevel || plain.standing.active;
            let into = &mut self.inflow[parent][at];
            into[0] += plain.entered[usize::from(kernel.period)][usize::from(kernel.kind)];
            for (bucket, volume) in received.iter().enumerate() {
                let to = bucket + usize::from(uses_level);
                if to < into.len() {
                    into[to] += volume;
                }
            }
        }
    }
}

fn compare(forest: &Forest, naive: &Naive, rules: &Rules, what: &str) {
    let expected = Expected::of(naive, rules);
    let list = rules.trees[0].shape == Shape::List;
    for seat in 0..naive.seats.len() {
        let s = seat as Seat;
        for period in 0..PERIODS {
            for kind in 0..KINDS {
                let own = naive.seats[seat].entered[period][kind];
                assert_eq!(forest.own(0, s, period, kind), own, "own of {seat}, {what}");
                let sum = expected.group[seat][period][kind];
                assert_eq!(
                    forest.group(0, s, period, kind),
                    sum,
                    "group of {seat} ({period}, {kind}), {what}"
                );
            }
        }
        let below = (forest.downline(0, s), forest.active_downline(0, s));
        assert_eq!(below, expected.below[seat], "counts of {seat}, {what}");
        let front = (forest.frontline(0, s), forest.active_frontline(0, s));
        assert_eq!(
            front, expected.frontline[seat],
            "frontline of {seat}, {what}"
        );
        for (at, ladder) in rules.thresholds.iter().enumerate() {
            let sum = expected.group[seat][usize::from(ladder.period)][usize::from(ladder.kind)];
            let reached = ladder.steps.iter().filter(|step| step.0 <= sum).count() as u8;
            assert_eq!(
                forest.threshold(at, s),
                reached,
                "steps of {seat} with {sum}, {what}"
            );
        }
        for at in 0..rules.kernels.len() {
            assert_eq!(
                forest.buckets(at, s),
                expected.inflow[seat][at],
                "buckets {at} of {seat}, {what}"
            );
        }
        let children: Vec<usize> = forest.children(0, s).map(|child| child as usize).collect();
        assert_eq!(children, naive.children(seat), "children of {seat}, {what}");
        let parent = naive.seats[seat]
            .parent
            .filter(|&parent| !(list && parent == 0));
        assert_eq!(
            forest.parent(0, s).map(|p| p as usize),
            parent,
            "parent of {seat}, {what}"
        );
    }
}

/// A place for a seat: below a parent with room, or as a root, or nowhere.
fn draw_place(naive: &Naive, rules: &Rules, parent: usize, chance: &mut Chance) -> Attach {
    if chance.below(40) == 0 {
        return if chance.below(2) == 0 {
            Attach::Root
        } else {
            Attach::Detached
        };
    }
    let leg = match rules.trees[0].shape.legs() {
        None => 0,
        Some(legs) => {
            let taken: Vec<u8> = naive
                .children(parent)
                .iter()
                .map(|&c| naive.seats[c].leg)
                .collect();
            let free: Vec<u8> = (1..=legs).filter(|leg| !taken.contains(leg)).collect();
            match free.len() {
                0 => return Attach::Root,
                some => free[chance.below(some)],
            }
        }
    };
    Attach::Under {
        parent: parent as Seat,
        leg,
    }
}

fn apply_place(naive: &mut Naive, rules: &Rules, seat: usize, place: Attach) {
    let list = rules.trees[0].shape == Shape::List;
    naive.births += 1;
    naive.seats[seat].born = naive.births;
    (naive.seats[seat].parent, naive.seats[seat].leg) = match place {
        Attach::Under { parent, leg } => (Some(parent as usize), leg),
        Attach::Root if list => (Some(0), 0),
        Attach::Root | Attach::Detached => (None, 0),
    };
}

struct Run {
    forest: Forest,
    naive: Naive,
    rules: Rules,
    chance: Chance,
}

impl Run {
    fn new(seed: u64, shape: Shape, chain_run: usize) -> Run {
        let rules = Rules::new(shape, seed.is_multiple_of(3), chain_run, seed % 7 == 6);
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

    fn seat(&mut self) -> usize {
        let n = self.naive.seats.len();
        if n == 1 {
            0
        } else {
            1 + self.chance.below(n - 1)
        }
    }

    fn insert(&mut self, parent: usize) {
        let place = if parent == 0 {
            Attach::Root
        } else {
            draw_place(&self.naive, &self.rules, parent, &mut self.chance)
        };
        let seat = self.naive.seats.len();
        let standing = Standing {
            counted: self.chance.below(8) > 0,
            active: false,
        };
        self.naive.seats.push(Plain {
            standing,
            ..Plain::new()
        });
        apply_place(&mut self.naive, &self.rules, seat, place);
        assert_eq!(self.forest.add_seat(0, seat as u32, place), seat as Seat);
        self.forest.set_standing(0, seat as Seat, standing);
    }

    fn post(&mut self) {
        let mut postings = Vec::new();
        for _ in 0..1 + self.chance.below(20) {
            let (seat, periods) = (self.seat(), 1 + self.chance.below(3) as u8);
            let mut volumes = [0; KINDS];
            volumes
                .iter_mut()
                .for_each(|units| *units = self.chance.below(90) as i64 - 30);
            let own = self.chance.below(4) > 0;
            let plain = &mut self.naive.seats[seat];
            let into = if own {
                &mut plain.entered
            } else {
                &mut plain.first
            };
            for (period, entered) in into.iter_mut().enumerate() {
                if periods & (1 << period) != 0 {
                    entered
                        .iter_mut()
                        .zip(&volumes)
                        .for_each(|(sum, units)| *sum += units);
                }
            }
            postings.push(Posting {
                seat: seat as Seat,
                own,
                periods,
                volumes: Volumes::from_units(&volumes),
            });
        }
        self.forest.post(0, &postings);
    }

    fn turn(&mut self) {
        let seat = self.seat();
        let counted = self.chance.below(4) > 0;
        let standing = Standing {
            counted,
            active: counted && self.chance.below(2) == 0,
        };
        self.naive.seats[seat].standing = standing;
        self.forest.set_standing(0, seat as Seat, standing);
    }

    fn shift(&mut self) {
        let (seat, parent) = (self.seat(), self.seat());
        if seat == 0 || self.naive.is_above(seat, parent) {
            return;
        }
        let place = draw_place(&self.naive, &self.rules, parent, &mut self.chance);
        if let (Attach::Under { parent, .. }, Some(legs)) =
            (place, self.rules.trees[0].shape.legs())
        {
            assert!(self.naive.children(parent as usize).len() < usize::from(legs));
        }
        apply_place(&mut self.naive, &self.rules, seat, place);
        self.forest.move_seat(0, seat as Seat, place);
    }

    fn roll(&mut self) {
        let period = self.chance.below(PERIODS);
        self.forest.roll(period);
        let by_period = matches!(self.rules.activity.window, Window::Period(0)) && period == 0;
        for seat in &mut self.naive.seats {
            seat.entered[period] = [0; KINDS];
            seat.first[period] = [0; KINDS];
            if by_period {
                seat.standing.active = false;
            }
        }
    }

    fn step(&mut self) {
        let line_end = self.naive.seats.len() - 1;
        match self.chance.below(24) {
            0..=6 => self.insert(line_end),
            7 | 8 => {
                let parent = self.seat();
                self.insert(parent);
            }
            9..=13 => self.post(),
            14..=18 => self.turn(),
            19..=22 => self.shift(),
            _ if self.chance.below(4) == 0 => self.roll(),
            _ => {}
        }
    }
}

#[test]
fn every_figure_equals_a_plain_sum_after_every_step() {
    let scale = crate::chance::scale();
    for seed in 0..60 * scale {
        let shape = [Shape::List, Shape::Binary, Shape::Matrix { width: 3 }][seed as usize % 3];
        let mut run = Run::new(seed, shape, 4 + seed as usize % 5);
        for step in 0..250 {
            run.step();
            compare(
                &run.forest,
                &run.naive,
                &run.rules,
                &format!("seed {seed}, step {step}"),
            );
        }
        walks::compare(&run.forest, &run.naive, &run.rules, &mut run.chance);
    }
}

#[test]
fn a_fork_keeps_its_figures_and_a_branch_goes_its_own_way() {
    for seed in 0..20 * crate::chance::scale() {
        let mut run = Run::new(seed, Shape::List, 5);
        (0..150).for_each(|_| run.step());
        let (frozen, before) = (run.forest.fork(), run.naive.clone());
        let mut branch = Run {
            forest: run.forest.fork(),
            naive: run.naive.clone(),
            rules: Rules::new(Shape::List, seed.is_multiple_of(3), 5, seed % 7 == 6),
            chance: Chance::new(seed + 1_000),
        };
        for _ in 0..100 {
            run.step();
            branch.step();
        }
        compare(
            &frozen,
            &before,
            &run.rules,
            &format!("the fork of seed {seed}"),
        );
        compare(
            &run.forest,
            &run.naive,
            &run.rules,
            &format!("the live side of seed {seed}"),
        );
        compare(
            &branch.forest,
            &branch.naive,
            &branch.rules,
            &format!("the branch of seed {seed}"),
        );
    }
}

#[test]
fn long_lines_are_cut_and_joined_exactly() {
    for seed in 0..12 * crate::chance::scale() {
        let shape = [Shape::List, Shape::Binary][seed as usize % 2];
        let mut run = Run::new(seed, shape, 128);
        for _ in 0..900 {
            let line_end = run.naive.seats.len() - 1;
            run.insert(line_end);
        }
        for step in 0..40 {
            for _ in 0..3 {
                run.post();
                run.turn();
                run.shift();
            }
            if step % 13 == 12 {
                run.roll();
            }
            compare(
                &run.forest,
                &run.naive,
                &run.rules,
                &format!("seed {seed}, step {step}"),
            );
        }
        walks::compare(&run.forest, &run.naive, &run.rules, &mut run.chance);
    }
}

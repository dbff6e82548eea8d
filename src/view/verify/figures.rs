//! Every figure of one book recomputed: own and group volumes, counts, steps of ladders, bucket vectors.

use crate::base::ids::{ENROLLER_TREE, NONE, Seat};
use crate::book::forest::Forest;
use crate::book::rules::KernelRule;
use crate::tree::rules::CustomerLevel;
use crate::view::verify::links::{self, Links};
use crate::view::verify::report::Findings;
use crate::view::verify::sold::Sold;

/// One tree of a book, being looked at.
struct Plot<'a> {
    forest: &'a Forest,
    tree: usize,
    links: Links,
    /// Whether a seat counts, and as active: bits 0 and 1.
    standing: Vec<u8>,
}

/// Bits of [`Plot::standing`].
const COUNTED: u8 = 1;
const ACTIVE: u8 = 2;

/// Recomputes every figure of one tree of a book and compares. `sold` names each period type the book is meant for.
pub(super) fn check(
    found: &mut Findings<'_>,
    forest: &Forest,
    tree: usize,
    sold: &[(usize, &Sold)],
) {
    let legs = found.lens.rules.trees[tree].shape.legs();
    let Some(links) = links::read(found, forest, tree, legs) else {
        return;
    };
    let standing = |seat| {
        let standing = forest.standing(tree, seat);
        (u8::from(standing.counted) * COUNTED) | (u8::from(standing.active) * ACTIVE)
    };
    let plot = Plot {
        forest,
        tree,
        standing: (0..links.up.len() as Seat).map(standing).collect(),
        links,
    };
    counts(found, &plot);
    for &(period, sold) in sold {
        volumes(found, &plot, period, sold);
    }
}

/// Counts below and of children: each seat's standing, handed up.
fn counts(found: &mut Findings<'_>, plot: &Plot<'_>) {
    let seats = plot.links.up.len();
    // Downline in the high half, active downline in the low one: one addition for both.
    let mut below = vec![0u64; seats];
    let mut front = vec![0u64; seats];
    let packed = |standing: u8| {
        (u64::from(standing & COUNTED) << 32) | u64::from((standing & ACTIVE) / ACTIVE)
    };
    for &seat in &plot.links.order {
        let up = plot.links.up[seat as usize];
        if up != NONE {
            let own = packed(plot.standing[seat as usize]);
            below[up as usize] += below[seat as usize] + own;
            front[up as usize] += own;
        }
    }
    let (forest, tree) = (plot.forest, plot.tree);
    for seat in 0..seats as Seat {
        let (below, front) = (below[seat as usize], front[seat as usize]);
        let at = (tree, seat);
        found.at_seat(
            at,
            || "downline".to_owned(),
            forest.downline(tree, seat),
            (below >> 32) as u32,
        );
        found.at_seat(
            at,
            || "active_downline".to_owned(),
            forest.active_downline(tree, seat),
            below as u32,
        );
        found.at_seat(
            at,
            || "frontline".to_owned(),
            forest.frontline(tree, seat),
            (front >> 32) as u32,
        );
        found.at_seat(
            at,
            || "active_frontline".to_owned(),
            forest.active_frontline(tree, seat),
            front as u32,
        );
    }
}

/// Own and group volumes of one period type, and what follows from them.
fn volumes(found: &mut Findings<'_>, plot: &Plot<'_>, period: usize, sold: &Sold) {
    let kinds = sold.kinds;
    let (own, entered) = entered(found, plot, sold);
    compare(found, plot, period, "own", kinds, &own, Forest::own);
    let rules = found.lens.rules;
    let kernels = rules.kernels.iter().enumerate();
    for (index, kernel) in kernels.filter(|(_, kernel)| {
        usize::from(kernel.tree) == plot.tree && usize::from(kernel.period) == period
    }) {
        let column = |seat: usize| {
            let cell = seat * kinds + usize::from(kernel.kind);
            (own[cell], entered[cell] - own[cell])
        };
        let buckets = usize::from(kernel.buckets);
        vectors(found, plot, (index, kernel.rule, buckets), column);
    }
    drop(own);
    let mut group = entered;
    for &seat in &plot.links.order {
        let up = plot.links.up[seat as usize];
        if up != NONE {
            let (from, to) = (seat as usize * kinds, up as usize * kinds);
            for kind in 0..kinds {
                group[to + kind] = group[to + kind].wrapping_add(group[from + kind]);
            }
        }
    }
    compare(found, plot, period, "group", kinds, &group, Forest::group);
    let ladders = rules.thresholds.iter().enumerate();
    for (index, ladder) in ladders.filter(|(_, ladder)| {
        usize::from(ladder.tree) == plot.tree && usize::from(ladder.period) == period
    }) {
        for seat in 0..plot.links.up.len() {
            let sum = group[seat * kinds + usize::from(ladder.kind)];
            let reached = ladder.steps.iter().filter(|step| step.0 <= sum).count();
            found.at_seat(
                (plot.tree, seat as Seat),
                || format!("threshold {index}"),
                usize::from(plot.forest.threshold(index, seat as Seat)),
                reached,
            );
        }
    }
}

/// What entered at each seat, seat x kind: as the seat's own volume, and in all.
fn entered(found: &Findings<'_>, plot: &Plot<'_>, sold: &Sold) -> (Vec<i64>, Vec<i64>) {
    let (lens, tree, kinds) = (found.lens, plot.tree, sold.kinds);
    let rules = &lens.rules.trees[tree];
    let seats = plot.links.up.len();
    let mut own = vec![0i64; seats * kinds];
    let mut all = vec![0i64; seats * kinds];
    let counts_as_own =
        |of_customer: bool| !of_customer || rules.customer_level == CustomerLevel::Own;
    let single = tree == ENROLLER_TREE || rules.centres == 1;
    for seat in 0..seats {
        let owner = plot.forest.owner(tree, seat as Seat);
        if !single && lens.told().seat(owner, tree, 1) != Some(seat as Seat) {
            continue;
        }
        let cells = owner as usize * kinds..(owner as usize + 1) * kinds;
        let parts = [
            (sold.own.get(cells.clone()), false),
            (sold.customers.get(cells), true),
        ];
        for (cells, of_customer) in parts {
            for (kind, units) in cells.unwrap_or_default().iter().enumerate() {
                let cell = seat * kinds + kind;
                all[cell] += units;
                if counts_as_own(of_customer) {
                    own[cell] += units;
                }
            }
        }
    }
    for entry in &sold.elsewhere {
        let there = entry.trees >> tree & 1 != 0;
        let centre = if there { entry.centre } else { 1 };
        // What was opened after the roll has no seat in the book; the first centre stands for it if it has one.
        let stood = [centre, 1].map(|centre| lens.told().seat(entry.member, tree, centre));
        let mut stood = stood.into_iter().flatten();
        let Some(seat) = stood.find(|&seat| (seat as usize) < seats) else {
            continue;
        };
        for kind in 0..kinds {
            let cell = seat as usize * kinds + kind;
            let units = entry.volumes.get(kind).0;
            all[cell] += units;
            if counts_as_own(entry.of_customer) {
                own[cell] += units;
            }
        }
    }
    (own, all)
}

/// Compares a figure of every seat and kind.
fn compare(
    found: &mut Findings<'_>,
    plot: &Plot<'_>,
    period: usize,
    name: &'static str,
    kinds: usize,
    recomputed: &[i64],
    read: impl Fn(&Forest, usize, Seat, usize, usize) -> i64,
) {
    let rules = found.lens.rules;
    for (seat, cells) in recomputed.chunks_exact(kinds).enumerate() {
        for (kind, &cell) in cells.iter().enumerate() {
            let figure = || {
                let period = &rules.period_types[period].name;
                format!("{name} {period} {}", rules.kinds[kind])
            };
            let kept = read(plot.forest, plot.tree, seat as Seat, period, kind);
            found.at_seat((plot.tree, seat as Seat), figure, kept, cell);
        }
    }
}

/// Bucket vectors by their definition: bucket 0 takes what entered at a child, bucket k what the child receives in
/// k - 1 where it uses up a level, otherwise in k.
fn vectors(
    found: &mut Findings<'_>,
    plot: &Plot<'_>,
    (index, rule, buckets): (usize, KernelRule, usize),
    entered: impl Fn(usize) -> (i64, i64),
) {
    let seats = plot.links.up.len();
    let mut received = vec![0i64; seats * buckets];
    for &seat in &plot.links.order {
        let (own, as_from_first) = entered(seat as usize);
        // What the tree counts as from the first level is received by the seat itself.
        let here = seat as usize * buckets;
        received[here] = received[here].wrapping_add(as_from_first);
        let up = plot.links.up[seat as usize];
        if up == NONE {
            continue;
        }
        let uses_level = match rule {
            KernelRule::EachLevel => true,
            KernelRule::SkipInactive => plot.standing[seat as usize] & ACTIVE != 0,
        };
        let (from, to) = (seat as usize * buckets, up as usize * buckets);
        for bucket in usize::from(uses_level)..buckets {
            let passed = received[from + bucket - usize::from(uses_level)];
            received[to + bucket] = received[to + bucket].wrapping_add(passed);
        }
        received[to] = received[to].wrapping_add(own);
    }
    for (seat, expected) in received.chunks_exact(buckets).enumerate() {
        let seat = seat as Seat;
        let kept = plot.forest.buckets(index, seat);
        for (bucket, &expected) in expected.iter().enumerate() {
            found.at_seat(
                (plot.tree, seat),
                || format!("kernel {index} bucket {bucket}"),
                kept[bucket],
                expected,
            );
        }
    }
}

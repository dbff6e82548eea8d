//! How figures spread over members: depth, frontline, orders.

use crate::enrollers::NO_PARENT;

/// Depth of each member: 0 for roots. Parents come before children. O(members).
#[must_use]
pub fn depths(parents: &[u32]) -> Vec<u32> {
    let mut depths: Vec<u32> = Vec::with_capacity(parents.len());
    for &parent in parents {
        depths.push(match parent {
            NO_PARENT => 0,
            above => depths[above as usize] + 1,
        });
    }
    depths
}

/// Width of each member's frontline. O(members).
#[must_use]
pub fn children(parents: &[u32]) -> Vec<u32> {
    let mut counts = vec![0; parents.len()];
    for &parent in parents {
        if parent != NO_PARENT {
            counts[parent as usize] += 1;
        }
    }
    counts
}

/// How a whole-number figure spreads.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Spread {
    /// Values seen.
    pub count: u64,
    /// Share of zeros, 0 to 1.
    pub zeros: f64,
    /// Mean.
    pub mean: f64,
    /// Tenth percentile, median, ninetieth, ninety-ninth, 99.9th.
    pub quantiles: [u32; 5],
    /// Greatest.
    pub max: u32,
}

/// Which quantiles a [`Spread`] holds, in thousandths.
pub const QUANTILES: [usize; 5] = [100, 500, 900, 990, 999];

impl Spread {
    /// Sorts the values and measures them; all zero when there are none. O(n log n).
    #[must_use]
    pub fn of(mut values: Vec<u32>) -> Spread {
        values.sort_unstable();
        let Some(&max) = values.last() else {
            return Spread::default();
        };
        let count = values.len();
        let zeros = values.partition_point(|&value| value == 0);
        let sum: u64 = values.iter().map(|&value| u64::from(value)).sum();
        Spread {
            count: count as u64,
            zeros: zeros as f64 / count as f64,
            mean: sum as f64 / count as f64,
            quantiles: QUANTILES.map(|part| values[(count * part / 1000).min(count - 1)]),
            max,
        }
    }
}

/// Everything `generate` tells of a network.
#[derive(Debug, Clone, Default)]
pub struct Portrait {
    /// Depth in the enroller tree.
    pub depth: Spread,
    /// Frontline of those who enrolled anyone.
    pub frontline: Spread,
    /// Share of members who enrolled nobody, 0 to 1.
    pub leaves: f64,
    /// Depth in the binary tree, where there is one.
    pub binary_depth: Option<Spread>,
    /// Orders a member.
    pub orders: Spread,
    /// Amount of an order in cents.
    pub amount: Spread,
}

impl Portrait {
    /// Measures an enroller tree; the orders are left empty. O(members log members).
    #[must_use]
    pub fn of_tree(parents: &[u32]) -> Portrait {
        let frontlines = children(parents);
        let leaves = frontlines.iter().filter(|&&width| width == 0).count();
        Portrait {
            depth: Spread::of(depths(parents)),
            frontline: Spread::of(frontlines.into_iter().filter(|&width| width > 0).collect()),
            leaves: leaves as f64 / parents.len().max(1) as f64,
            ..Portrait::default()
        }
    }
}

/// A table of one or more portraits side by side: a heading and a portrait each.
#[must_use]
pub fn table(portraits: &[(&str, &Portrait)]) -> String {
    let mut text = format!("{:<28}", "");
    for (heading, _) in portraits {
        text.push_str(&format!("{heading:>18}"));
    }
    text.push('\n');
    let mut row = |name: &str, cell: &dyn Fn(&Portrait) -> String| {
        text.push_str(&format!("{name:<28}"));
        for (_, portrait) in portraits {
            text.push_str(&format!("{:>18}", cell(portrait)));
        }
        text.push('\n');
    };
    row("members", &|p| p.depth.count.to_string());
    row("depth, mean", &|p| format!("{:.1}", p.depth.mean));
    row("depth, p10 p50 p90 p99", &|p| quantiles(&p.depth, 4));
    row("depth, greatest", &|p| p.depth.max.to_string());
    row("enrolled nobody", &|p| format!("{:.1} %", p.leaves * 100.0));
    row("frontline of others, mean", &|p| {
        format!("{:.2}", p.frontline.mean)
    });
    row("frontline, p50 p90 p99", &|p| {
        spaced(&p.frontline.quantiles[1..4])
    });
    row("frontline, widest", &|p| p.frontline.max.to_string());
    if portraits.iter().any(|(_, p)| p.binary_depth.is_some()) {
        let binary =
            |p: &Portrait, f: &dyn Fn(Spread) -> String| p.binary_depth.map_or("-".into(), f);
        row("binary depth, mean", &|p| {
            binary(p, &|s| format!("{:.1}", s.mean))
        });
        row("binary depth, p50 p99", &|p| {
            binary(p, &|s| format!("{} {}", s.quantiles[1], s.quantiles[3]))
        });
        row("binary depth, greatest", &|p| {
            binary(p, &|s| s.max.to_string())
        });
    }
    row("orders", &|p| p.amount.count.to_string());
    row("orders a member, mean", &|p| {
        format!("{:.2}", p.orders.mean)
    });
    row("without any order", &|p| {
        format!("{:.1} %", p.orders.zeros * 100.0)
    });
    row("orders, p50 p90 p99 p99.9", &|p| {
        spaced(&p.orders.quantiles[1..])
    });
    row("orders, most", &|p| p.orders.max.to_string());
    row("amount, mean", &|p| format!("{:.2}", p.amount.mean / 100.0));
    row("amount, p10 p50 p90 p99", &|p| {
        let whole = p.amount.quantiles.map(|cents| cents / 100);
        spaced(&whole[..4])
    });
    text
}

fn quantiles(spread: &Spread, first: usize) -> String {
    spaced(&spread.quantiles[..first])
}

fn spaced(values: &[u32]) -> String {
    let texts: Vec<String> = values.iter().map(u32::to_string).collect();
    texts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_exact_on_small_numbers() {
        let spread = Spread::of((0..1000).rev().collect());
        assert_eq!(spread.quantiles, [100, 500, 900, 990, 999]);
        assert_eq!((spread.count, spread.max), (1000, 999));
        assert!((spread.mean - 499.5).abs() < 1e-9 && (spread.zeros - 0.001).abs() < 1e-9);
        assert_eq!(Spread::of(Vec::new()), Spread::default());
        assert_eq!(Spread::of(vec![4]).quantiles, [4; 5]);
    }

    #[test]
    fn a_portrait_counts_leaves_and_frontlines() {
        let portrait = Portrait::of_tree(&[NO_PARENT, 0, 0, 1]);
        assert_eq!(portrait.depth.max, 2);
        assert!((portrait.leaves - 0.5).abs() < 1e-9);
        assert_eq!(portrait.frontline.max, 2);
    }

    #[test]
    fn the_table_sets_networks_side_by_side() {
        let portrait = Portrait::of_tree(&[NO_PARENT, 0, 0, 1]);
        let text = table(&[("generated", &portrait), ("real", &portrait)]);
        let depth = text
            .lines()
            .find(|line| line.starts_with("depth, mean"))
            .expect("a row for depth");
        assert_eq!(
            depth.split_whitespace().collect::<Vec<_>>()[2..],
            ["1.0", "1.0"]
        );
        assert!(
            !text.contains("binary"),
            "no binary rows where there is none"
        );
    }
}

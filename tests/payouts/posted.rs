//! What is judged as each order came in, by its definition: from who stood above it then.

use arborline::base::path::Path;

use super::by_hand::{facts, sight};
use super::deals::Deal;
use super::pays::Payroll;
use super::plan::{Compression, Pays, Rates};

impl Payroll<'_> {
    /// Whether an order counts for the member credited: where that is judged at the order, only if he was active then.
    pub(super) fn counts_then(&self, deal: &Deal) -> bool {
        let mut lines = deal.posted.values();
        !self.at_order || lines.next().is_some_and(|line| line[0].1)
    }

    /// A unilevel that is judged at the order, on some of them; nothing for what is no such.
    pub(super) fn unilevel_then(&self, pays: &Pays, deals: &[&Deal]) -> Option<Vec<i128>> {
        match pays {
            Pays::Unilevel {
                tree,
                kind,
                compression,
                rates,
                own_rate,
            } if self.at_order => {
                let pay = (rates, *own_rate);
                Some(self.levels_then((*tree, *kind), *compression, pay, deals))
            }
            _ => None,
        }
    }

    /// Pay by level to those who stood above each order then; an order that is older than the set has nobody.
    pub(super) fn levels_then(
        &self,
        (tree, kind): (usize, usize),
        compression: Compression,
        (rates, own_rate): (&Rates, i64),
        deals: &[&Deal],
    ) -> Vec<i128> {
        let path = Path {
            tree: u8::try_from(tree).expect("a few trees"),
            compressed: compression == Compression::SkipInactive,
        };
        let mut sums = self.nothing();
        for deal in deals {
            let [before, after, _] = self.sight.portion(kind, deal);
            let line = deal.posted.get(&path).map_or(&[][..], Vec::as_slice);
            for (level, &(member, active)) in line.iter().enumerate() {
                let rate = match level {
                    0 if deal.from_below[tree] => 0,
                    0 => own_rate,
                    _ => self
                        .list(rates, member)
                        .get(level - 1)
                        .copied()
                        .unwrap_or(0),
                };
                if self.earns[member] && (active || !self.active_then) {
                    sums[member] += i128::from(rate) * (after - before);
                }
            }
        }
        sums
    }
}

#[test]
fn who_stood_above_then_is_paid() {
    // C sells 100 and gives 40 back. A and B stood above, B was inactive then; both are active by now.
    let whole = 10_000;
    let mut sight = sight(&[
        (3, [0, 100 * whole, 100 * whole], facts(false, "", 1, 0)),
        (
            3,
            [100 * whole, 60 * whole, 100 * whole],
            facts(false, "", 1, 0),
        ),
    ]);
    let path = |compressed| Path {
        tree: 0,
        compressed,
    };
    for deal in &mut sight.deals {
        deal.posted
            .insert(path(false), vec![(3, true), (2, false), (1, true)]);
        deal.posted.insert(path(true), vec![(3, true), (1, true)]);
    }
    let rates = Rates {
        all: vec![10_000_000, 5_000_000],
        by_rank: Vec::new(),
    };
    let payroll = |active_then| Payroll {
        sight: &sight,
        at_order: true,
        active_then,
        earns: vec![false, true, true, true],
        ranks: vec![0; 4],
        held: &[],
        caps: vec![None; 4],
        earlier: &[],
    };
    let deals: Vec<&Deal> = sight.deals.iter().collect();
    let one = 60 * whole * 1_000_000;
    for (compression, active_then, expected) in [
        // B has used up a level, with and without pay.
        (Compression::None, true, [0, 5 * one, 0, one]),
        (Compression::None, false, [0, 5 * one, 10 * one, one]),
        (Compression::SkipInactive, true, [0, 10 * one, 0, one]),
    ] {
        let payroll = payroll(active_then);
        let sums = payroll.levels_then((0, 0), compression, (&rates, 1_000_000), &deals);
        assert_eq!(sums, expected, "{compression:?} {active_then}");
    }
    let mut older = sight.deals[0].clone();
    older.posted.clear();
    let sums = payroll(true).levels_then((0, 0), Compression::None, (&rates, 1), &[&older]);
    assert_eq!(sums, [0; 4]);
}

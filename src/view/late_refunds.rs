//! Late refunds of one period by who is credited, so that those of a few members are found without visiting all.

use crate::base::after_close::AfterClose;
use crate::base::ids::Member;
use crate::view::era::Asked;
use crate::view::late::{Late, entered};
use crate::view::lens::Lens;
use crate::view::plan_orders::Since;

/// The late refunds of one period that do more than take volume, by who is credited. Made from a state and made longer
/// from later ones.
#[derive(Debug)]
pub struct LateRefunds {
    /// The period.
    pub of: Asked,
    /// What late refunds do where no plan set is in force.
    told: AfterClose,
    next: u32,
    /// By member, then in order of acceptance: numbers of corrections.
    found: Vec<(Member, u32)>,
    reversing: usize,
    spares_legs: bool,
}

impl LateRefunds {
    /// None yet, of a period that has begun; nothing before that. They do what is `told` where no plan set is in force. O(log records).
    #[must_use]
    pub fn new(lens: &Lens<'_>, of: Asked, told: AfterClose) -> Option<LateRefunds> {
        let since = Since::begun(lens, of)?;
        Some(LateRefunds {
            of,
            told,
            next: since.corrections,
            found: Vec::new(),
            reversing: 0,
            spares_legs: false,
        })
    }

    /// Takes in what was accepted since, but no more than `most` records; whether that was all. O(records taken in + late
    /// ones found).
    pub fn catch_up(&mut self, lens: &Lens<'_>, most: usize) -> bool {
        let corrections = &lens.state.corrections;
        let end = corrections.len().max(self.next);
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        let taken = end.min(self.next.saturating_add(most));
        for correction in self.next..taken {
            let row = corrections.row(correction);
            let entered = entered(lens, self.of.period, row.periods, (row.at, row.seq));
            let order = row.order.filter(|_| entered == Some(self.of.ordinal));
            let late = order.and_then(|order| Late::of(lens, self.of, self.told, order));
            let Some(late) = late.filter(|late| late.does.spares_pay()) else {
                continue;
            };
            let place = (row.credited, correction);
            let at = self.found.partition_point(|found| *found < place);
            self.found.insert(at, place);
            self.reversing += usize::from(late.reverses.is_some());
            self.spares_legs |= late.does.spares_legs();
        }
        self.next = taken;
        taken == end
    }

    /// Those credited to some members, in order of acceptance. O((members + found) x log).
    #[must_use]
    pub fn of_members(&self, members: &[Member]) -> Vec<u32> {
        let mut found = Vec::new();
        if self.found.is_empty() {
            return found;
        }
        for &member in members {
            let from = self.found.partition_point(|&(of, _)| of < member);
            let its = self.found[from..].iter();
            let its = its.take_while(|&&(of, _)| of == member);
            found.extend(its.map(|&(_, correction)| correction));
        }
        found.sort_unstable();
        found
    }

    /// How many take something back of earlier periods.
    #[must_use]
    pub fn reversing(&self) -> usize {
        self.reversing
    }

    /// Whether legs are spared one.
    #[must_use]
    pub fn spares_legs(&self) -> bool {
        self.spares_legs
    }
}

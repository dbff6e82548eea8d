//! What a period hands on to the next one, by its definition.

use super::plan::{Binary, Carry, Draft, Ladder, Mode, Pays, Price};
use super::sight::Sight;

/// What a member holds on a ladder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    /// The rank he was paid as in the period before.
    pub(crate) paid: u8,
    /// The highest he was ever paid as.
    pub(crate) highest: u8,
    /// A rank that is kept for so many periods, the coming one included.
    pub(crate) kept: u8,
    pub(crate) periods: u8,
}

/// A seat's left and right leg, and for how many periods in a row it was not paid.
pub(crate) type Legs = [i128; 3];

/// Everything that is handed on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// By ladder, then by member.
    pub(crate) held: Vec<Vec<Held>>,
    /// By component, then by seat; nothing for those that leave nothing.
    pub(crate) legs: Vec<Vec<Legs>>,
}

impl Standing {
    /// Nothing, for a set.
    pub(crate) fn none(draft: &Draft) -> Standing {
        Standing {
            held: vec![Vec::new(); draft.ladders.len()],
            legs: vec![Vec::new(); draft.components().len()],
        }
    }

    /// The same with rows for everybody and every seat there is.
    pub(crate) fn filled(&self, draft: &Draft, sight: &Sight) -> Standing {
        let mut filled = self.clone();
        for held in &mut filled.held {
            held.resize(sight.people.len(), Held::default());
        }
        for (legs, (_, component)) in filled.legs.iter_mut().zip(draft.components()) {
            if let Pays::Binary(binary) = &component.pays {
                legs.resize(sight.trees[binary.tree].seats.len(), [0; 3]);
            }
        }
        filled
    }
}

/// What a member holds after a period in which he met one rank and was paid as another.
pub(crate) fn hand_on(ladder: &Ladder, before: Held, met: u8, paid: u8) -> Held {
    let mut after = Held {
        paid,
        highest: before.highest.max(paid),
        kept: 0,
        periods: 0,
    };
    let rises = met > before.paid;
    if rises && ladder.grace > 0 {
        (after.kept, after.periods) = (met, ladder.grace);
    } else if before.periods >= 2 {
        (after.kept, after.periods) = (before.kept, before.periods - 1);
    }
    after
}

/// What entered the two legs of a seat in the period.
pub(crate) fn new_of_legs(sight: &Sight, binary: &Binary, seat: usize) -> [i128; 2] {
    [1, 2].map(|leg| {
        let child = sight.trees[binary.tree].child_in_leg(seat, leg);
        child.map_or(0, |child| {
            sight.matched_group(binary.tree, binary.kind, child)
        })
    })
}

/// A member's seats in a binary tree, matched one after the other.
pub(crate) struct Match<'a> {
    pub(crate) binary: &'a Binary,
    /// What a unit matched, or a cycle, is worth to him; nothing where he is not paid.
    pub(crate) worth: i128,
    /// The most he is paid, in the same count.
    pub(crate) most: Option<i128>,
    /// What he was paid so far.
    pub(crate) paid: i128,
}

impl Match<'_> {
    /// Matches the legs of one seat, and says what they are then.
    pub(crate) fn seat(&mut self, legs: Legs, new: [i128; 2]) -> Legs {
        let binary = self.binary;
        let mut left = [legs[0] + new[0], legs[1] + new[1]];
        let lesser = usize::from(left[1] <= left[0]);
        let idle = if self.worth > 0 { 0 } else { legs[2] + 1 };
        if self.worth > 0 {
            match binary.mode {
                Mode::Percent => self.percent(&mut left),
                Mode::Cycles { .. } => self.cycles(&mut left),
            }
            for (leg, volume) in left.iter_mut().enumerate() {
                let stays = match binary.carry {
                    Carry::Both => true,
                    Carry::Strong => leg != lesser,
                    Carry::Nothing => false,
                };
                // What is owed stays owed.
                if !stays && *volume > 0 {
                    *volume = 0;
                }
            }
        }
        match binary.flush_after {
            None => [left[0], left[1], 0],
            Some(after) => {
                if idle >= i128::from(after) {
                    left = left.map(|volume| volume.min(0));
                }
                [left[0], left[1], idle]
            }
        }
    }

    fn percent(&mut self, left: &mut [i128; 2]) {
        let mut matched = left[0].min(left[1]).max(0);
        if let (Some(most), true) = (self.most, self.binary.keeps_beyond_cap) {
            matched = matched.min((most - self.paid) / self.worth);
        }
        self.paid += matched * self.worth;
        *left = left.map(|volume| volume - matched);
    }

    fn cycles(&mut self, left: &mut [i128; 2]) {
        let Mode::Cycles {
            strong,
            lesser,
            each_cycle,
        } = self.binary.mode
        else {
            return;
        };
        let greater = |left: &[i128; 2]| usize::from(left[1] > left[0]);
        let mut from = greater(left);
        loop {
            if each_cycle {
                from = greater(left);
            }
            let covered = left[from] >= i128::from(strong) && left[1 - from] >= i128::from(lesser);
            let beyond = self.most.is_some_and(|most| self.paid + self.worth > most);
            if !covered || beyond && self.binary.keeps_beyond_cap {
                return;
            }
            left[from] -= i128::from(strong);
            left[1 - from] -= i128::from(lesser);
            self.paid += self.worth;
        }
    }
}

impl Price {
    /// What holds for a rank; nothing where none does.
    pub(crate) fn of(&self, rank: u8) -> i128 {
        let mut rows = self.by_rank.iter().rev();
        let row = rows
            .find(|(from, _)| *from <= rank)
            .map(|(_, price)| *price);
        row.or(self.all).map_or(0, i128::from)
    }
}

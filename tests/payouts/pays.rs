//! The kinds that go by seats, by their definitions: from every sale up, seat by seat.

use super::plan::{Binary, By, Compression, Cut, Mode, Numbering, Pays, Rates, Steps, Way};
use super::sight::Sight;
use super::standing::{Held, Legs, Match, new_of_legs};

/// A volume (1e-4) times a rate (1e-8) in one 1e-6.
pub(super) const OF_VOLUME: i128 = 1_000_000;
/// Earnings (1e-6) times a rate (1e-8) in one 1e-6.
const OF_EARNINGS: i128 = 100_000_000;

/// Works out one component.
pub(crate) struct Payroll<'a> {
    pub(crate) sight: &'a Sight,
    /// Whether it is judged as each order came in who stood where and was active.
    pub(crate) at_order: bool,
    /// Whether only those earn then who were active.
    pub(crate) active_then: bool,
    /// By member.
    pub(crate) earns: Vec<bool>,
    pub(crate) ranks: Vec<u8>,
    /// By member, on the ladder of the plan; nobody where it has none.
    pub(crate) held: &'a [Held],
    /// By member, the most he earns by it.
    pub(crate) caps: Vec<Option<i128>>,
    /// What the components before it came to.
    pub(crate) earlier: &'a [Option<Vec<i128>>],
}

/// Something at a seat that those above are paid on.
#[derive(Clone, Copy)]
pub(super) struct Piece {
    pub(super) seat: usize,
    pub(super) amount: i128,
    /// As if it stood one level below the seat.
    pub(super) below: bool,
}

impl Payroll<'_> {
    /// What every member gets before a cap, exact, and how much of it makes one 1e-6.
    pub(crate) fn exact(&self, pays: &Pays) -> (Vec<i128>, i128) {
        if let Some(sums) = self.unilevel_then(pays, &self.sight.paid_deals()) {
            return (sums, OF_VOLUME);
        }
        match pays {
            Pays::Unilevel {
                tree,
                kind,
                compression,
                rates,
                own_rate,
            } => {
                let pieces = self.volume_pieces(*tree, *kind);
                let by_level = self.by_level(*tree, &pieces, *compression, rates);
                (
                    self.with_own(*tree, &pieces, *own_rate, by_level),
                    OF_VOLUME,
                )
            }
            Pays::Generation {
                tree,
                kind,
                cut,
                rates,
            } => {
                let pieces = self.volume_pieces(*tree, *kind);
                (self.by_generation(*tree, &pieces, cut, rates), OF_VOLUME)
            }
            Pays::Differential {
                tree,
                kind,
                by,
                absorb,
                own,
            } => {
                let pieces = self.volume_pieces(*tree, *kind);
                let sums = self.differential((*tree, *kind), &pieces, by, (*absorb, *own));
                (sums, OF_VOLUME)
            }
            Pays::Personal { tree, kind, steps } => {
                let mut sums = self.nothing();
                for piece in self.volume_pieces(*tree, *kind) {
                    self.own_step(&mut sums, (*tree, *kind), steps, piece);
                }
                (sums, OF_VOLUME)
            }
            Pays::Matching {
                tree,
                of,
                way,
                rates,
            } => {
                let pieces = self.earnings_pieces(*tree, of);
                let sums = match way {
                    Way::Level(compression) => self.by_level(*tree, &pieces, *compression, rates),
                    Way::Generation(cut) => self.by_generation(*tree, &pieces, cut, rates),
                };
                (sums, OF_EARNINGS)
            }
            Pays::Pool { kind, rate, shares } => (self.pool(*kind, i128::from(*rate), shares), 1),
            Pays::Binary(_) => panic!("matched with what its seats bring along"),
            Pays::Advancement { amounts, skipped } => (self.advancement(amounts, *skipped), 1),
            order_by_order => self.by_order(order_by_order, &self.sight.paid_deals()),
        }
    }

    /// What every member gets by two legs matched, as [`Payroll::exact`] says it, and what its seats hand on.
    pub(crate) fn matched(
        &self,
        binary: &Binary,
        brought: &[Legs],
    ) -> (Vec<i128>, i128, Vec<Legs>) {
        let tree = &self.sight.trees[binary.tree];
        let mut sums = self.nothing();
        let mut left = vec![[0; 3]; tree.seats.len()];
        for seat in 1..tree.seats.len() {
            let member = self.sight.owner(binary.tree, seat);
            let price = binary.price.of(self.ranks[member]);
            let worth = match binary.mode {
                _ if !self.earns[member] => 0,
                Mode::Percent => price,
                Mode::Cycles { lesser, .. } if binary.price.is_rate => price * i128::from(lesser),
                Mode::Cycles { .. } => price * OF_VOLUME,
            };
            let new = new_of_legs(self.sight, binary, seat);
            let mut of_seat = Match {
                binary,
                worth,
                most: self.caps[member].map(|cap| cap * OF_VOLUME),
                paid: sums[member],
            };
            left[seat] = of_seat.seat(brought[seat], new);
            sums[member] = of_seat.paid;
        }
        (sums, OF_VOLUME, left)
    }

    /// Amounts for ranks above the highest so far, in 1e-6.
    fn advancement(&self, amounts: &[(u8, i64)], skipped: bool) -> Vec<i128> {
        let mut sums = self.nothing();
        for (member, sum) in sums.iter_mut().enumerate() {
            let rank = self.ranks[member];
            let highest = self.held.get(member).map_or(0, |held| held.highest);
            for &(of, amount) in amounts {
                let reached = if skipped { of <= rank } else { of == rank };
                if self.earns[member] && reached && of > highest {
                    *sum += i128::from(amount);
                }
            }
        }
        sums
    }

    pub(super) fn nothing(&self) -> Vec<i128> {
        vec![0; self.sight.people.len()]
    }

    /// Adds a rate on what stands at a payee's own seats.
    pub(super) fn with_own(
        &self,
        tree: usize,
        pieces: &[Piece],
        own_rate: i64,
        mut sums: Vec<i128>,
    ) -> Vec<i128> {
        for piece in pieces.iter().filter(|piece| !piece.below) {
            let member = self.sight.owner(tree, piece.seat);
            if self.earns[member] {
                sums[member] += i128::from(own_rate) * piece.amount;
            }
        }
        sums
    }

    /// Adds what the owner of a piece's seat earns on it by his step.
    pub(super) fn own_step(
        &self,
        sums: &mut [i128],
        (tree, kind): (usize, usize),
        steps: &Steps,
        piece: Piece,
    ) {
        let member = self.sight.owner(tree, piece.seat);
        if self.earns[member] {
            sums[member] += self.step(tree, kind, steps, piece.seat) * piece.amount;
        }
    }

    fn volume_pieces(&self, tree: usize, kind: usize) -> Vec<Piece> {
        let entered = self.sight.paid_on[tree][kind].iter().enumerate();
        entered
            .flat_map(|(seat, entered)| {
                [(entered.own, false), (entered.below, true)].map(|(amount, below)| Piece {
                    seat,
                    amount,
                    below,
                })
            })
            .filter(|piece| piece.amount != 0)
            .collect()
    }

    /// What each member earned by some components, at his first seat.
    fn earnings_pieces(&self, tree: usize, of: &[usize]) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for &component in of {
            let earned = self.earlier[component].as_ref();
            let earned = earned.expect("an earlier component of the same period type");
            for (member, &amount) in earned.iter().enumerate() {
                if let Some(seat) = self.sight.people[member].seats[tree] {
                    pieces.push(Piece {
                        seat,
                        amount,
                        below: false,
                    });
                }
            }
        }
        pieces
    }

    /// The rate lists of a member.
    pub(super) fn list<'r>(&self, rates: &'r Rates, member: usize) -> &'r [i64] {
        let mut list = &rates.all;
        for (rank, row) in &rates.by_rank {
            if self.ranks[member] >= *rank {
                list = row;
            }
        }
        list
    }

    /// Pays by level: every piece goes up, and levels are used up on its way.
    pub(super) fn by_level(
        &self,
        tree: usize,
        pieces: &[Piece],
        compression: Compression,
        rates: &Rates,
    ) -> Vec<i128> {
        let mut sums = self.nothing();
        for piece in pieces {
            let mut way = self.sight.trees[tree].above(piece.seat);
            if piece.below {
                way.insert(0, piece.seat);
            }
            let mut level = 1;
            for seat in way {
                let member = self.sight.owner(tree, seat);
                let rate = self.list(rates, member).get(level - 1);
                let paid = rate.filter(|_| self.earns[member]);
                if let Some(&rate) = paid {
                    sums[member] += i128::from(rate) * piece.amount;
                }
                let used_up = match compression {
                    Compression::None => true,
                    Compression::SkipInactive => self.sight.stands_active(member),
                    Compression::Full => paid.is_some(),
                };
                level += usize::from(used_up);
            }
        }
        sums
    }

    /// Pays by generation: for each one above a piece, who ends a generation is counted anew.
    pub(super) fn by_generation(
        &self,
        tree: usize,
        pieces: &[Piece],
        cut: &Cut,
        rates: &Rates,
    ) -> Vec<i128> {
        let mut sums = self.nothing();
        for piece in pieces {
            let way = self.sight.trees[tree].above(piece.seat);
            for (at, &seat) in way.iter().enumerate() {
                let payee = self.sight.owner(tree, seat);
                if !self.earns[payee] {
                    continue;
                }
                let ends = |&&seat: &&usize| {
                    let member = self.sight.owner(tree, seat);
                    let rank = cut.rank.unwrap_or(self.ranks[payee]);
                    self.ranks[member] >= rank && (!cut.active || self.sight.stands_active(member))
                };
                let between = way[..at].iter().filter(ends).count();
                let with_it = between + usize::from(ends(&&piece.seat));
                let generation = match cut.numbering {
                    Numbering::SelfExclusive => with_it + 1,
                    Numbering::SelfInclusive => between + 1,
                    Numbering::Breakaway => with_it,
                };
                let place = generation.checked_sub(1);
                let list = self.list(rates, payee);
                if let Some(&rate) = place.and_then(|place| list.get(place)) {
                    sums[payee] += i128::from(rate) * piece.amount;
                }
            }
        }
        sums
    }

    /// The rate of the highest step that a seat's group volume reaches.
    fn step(&self, tree: usize, kind: usize, steps: &Steps, seat: usize) -> i128 {
        let group = self.sight.group(tree, steps.kind.unwrap_or(kind), seat);
        let rows = steps.rows.iter();
        let mut reached = rows.filter(|(at_least, _)| group >= i128::from(*at_least));
        reached.next_back().map_or(0, |(_, rate)| i128::from(*rate))
    }

    /// Pays the difference to every rate before it, for each piece on its way up.
    pub(super) fn differential(
        &self,
        (tree, kind): (usize, usize),
        pieces: &[Piece],
        by: &By,
        (absorb, own): (bool, bool),
    ) -> Vec<i128> {
        let seats = self.sight.trees[tree].seats.len();
        let rates: Vec<i128> = (0..seats)
            .map(|seat| match by {
                By::Steps(steps) => self.step(tree, kind, steps, seat),
                By::Rank(rows) => {
                    let rank = self.ranks[self.sight.owner(tree, seat)];
                    let mut rows = rows.iter().filter(|(from, _)| rank >= *from);
                    rows.next_back().map_or(0, |(_, rate)| i128::from(*rate))
                }
            })
            .collect();
        let mut sums = self.nothing();
        for piece in pieces {
            let mut way = self.sight.trees[tree].above(piece.seat);
            if own {
                way.insert(0, piece.seat);
            }
            let mut current = 0;
            for seat in way {
                let member = self.sight.owner(tree, seat);
                let rate = rates[seat];
                if rate <= current {
                    continue;
                }
                if self.earns[member] {
                    sums[member] += (rate - current) * piece.amount;
                    current = rate;
                } else if absorb {
                    current = rate;
                }
            }
        }
        sums
    }

    /// Whole counts of 1e-6: what is left of the fund stays with the company.
    fn pool(&self, kind: usize, rate: i128, shares: &[(u8, i64)]) -> Vec<i128> {
        let seats = 0..self.sight.trees[0].seats.len();
        let sold: i128 = seats.map(|seat| self.sight.paid_at(0, kind, seat)).sum();
        let fund = (sold * rate).max(0);
        let held: Vec<i128> = (0..self.sight.people.len())
            .map(|member| {
                let rows = shares.iter();
                let mut rows = rows.filter(|(from, _)| self.ranks[member] >= *from);
                let his = rows.next_back().map_or(0, |(_, count)| i128::from(*count));
                if self.earns[member] { his } else { 0 }
            })
            .collect();
        let all: i128 = held.iter().sum();
        let part = |his: i128| {
            if all == 0 {
                0
            } else {
                fund * his / (all * OF_VOLUME)
            }
        };
        held.into_iter().map(part).collect()
    }
}

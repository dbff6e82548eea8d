//! Where a seat goes: places asked for, and policies.

use arborline::engine::member::{MemberKind, Status};
use arborline::engine::position::PlaceAt;
use arborline::tree::rules::{Inside, Policy};

use super::judge::{Wrong, no};
use super::trees::Hang;
use super::world::World;

/// Where a search for a place begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// Nobody brought him in: anywhere.
    Nobody,
    /// The enroller has no place himself.
    Lacking,
    /// At or below this seat.
    Seat(usize),
}

/// A place that was found, and whose turn of `Alternate` is used up by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) hang: Hang,
    pub(crate) alternated: Option<usize>,
}

const fn plainly(hang: Hang) -> Found {
    Found {
        hang,
        alternated: None,
    }
}

impl World {
    /// Where a member brought in by `enroller` starts to look for a place.
    pub(crate) fn start(&self, tree: usize, enroller: Option<usize>) -> Start {
        let Some(enroller) = enroller else {
            return Start::Nobody;
        };
        let seat = self.seat(tree, enroller, 1);
        let placed = seat.filter(|&seat| !self.trees[tree].waits(seat));
        placed.map_or(Start::Lacking, Start::Seat)
    }

    /// The place asked for, or one by the tree's own policy. Policies look below the
    /// `first` centre of one who has it, and follow the habits of whoever they look below.
    pub(crate) fn find_place(
        &self,
        tree: usize,
        start: Start,
        first: Option<usize>,
        asked: Option<&PlaceAt>,
    ) -> Result<Found, Wrong> {
        match asked {
            None => match start {
                Start::Nobody => Ok(plainly(Hang::Root)),
                Start::Lacking => Ok(plainly(Hang::Waits)),
                Start::Seat(from) => {
                    let policy = self.law().trees[tree].placement;
                    self.by_policy(tree, policy, from)
                }
            },
            Some(PlaceAt::Root) => match start {
                Start::Nobody => Ok(plainly(Hang::Root)),
                Start::Lacking | Start::Seat(_) => Err(no::OUTSIDE_ENROLLER.into()),
            },
            Some(PlaceAt::Tank) => Ok(plainly(Hang::Waits)),
            Some(PlaceAt::Under {
                parent,
                centre,
                leg,
            }) => {
                let mut wrong = Wrong::default();
                wrong.check(self.lacks_leg(tree, *leg), no::NO_SUCH_LEG);
                let parent = wrong.take(self.parent_named(tree, parent, *centre));
                let hang = parent.and_then(|parent| {
                    wrong.take(self.within(tree, start, parent));
                    wrong.take(self.hang_under(tree, parent, *leg))
                });
                wrong.done()?;
                Ok(plainly(hang.expect("found")))
            }
            Some(PlaceAt::Policy { policy, under }) => {
                let from = match (under, first.map_or(start, Start::Seat)) {
                    (Some(id), _) => {
                        let from = self.parent_named(tree, id, 1)?;
                        self.within(tree, start, from)?;
                        from
                    }
                    (None, Start::Seat(from)) => from,
                    (None, _) => return Err(no::NOT_PLACED.into()),
                };
                self.by_policy(tree, *policy, from)
            }
        }
    }

    /// The placed seat of someone who can have others below him.
    pub(crate) fn parent_named(&self, tree: usize, id: &str, centre: u16) -> Result<usize, Wrong> {
        let member = self.person(id).ok_or(no::UNKNOWN_MEMBER)?;
        let mut wrong = Wrong::default();
        let person = &self.people[member];
        wrong.check(person.status == Status::Terminated, no::TERMINATED);
        wrong.check(person.kind != MemberKind::Distributor, no::WRONG_KIND);
        let seat = wrong.take(self.seat_named(tree, member, centre));
        wrong.done()?;
        Ok(seat.expect("found"))
    }

    /// The placed seat of a member's centre.
    pub(crate) fn seat_named(
        &self,
        tree: usize,
        member: usize,
        centre: u16,
    ) -> Result<usize, Wrong> {
        if self.people[member].seats[tree].is_empty() {
            // He has no place at all; that it is not even his first is the more to the point.
            let number = if centre == 1 {
                no::WRONG_KIND
            } else {
                no::UNKNOWN_CENTRE
            };
            return Err(number.into());
        }
        let seat = self.seat(tree, member, centre).ok_or(no::UNKNOWN_CENTRE)?;
        if self.trees[tree].waits(seat) {
            return Err(no::NOT_PLACED.into());
        }
        Ok(seat)
    }

    /// Whether no place in a tree has the leg asked for.
    pub(crate) fn lacks_leg(&self, tree: usize, leg: Option<u8>) -> bool {
        let legs = self.trees[tree].shape.legs().unwrap_or(0);
        leg.is_some_and(|leg| leg == 0 || leg > legs)
    }

    /// A place below a seat: this leg, or the first free one.
    pub(crate) fn hang_under(
        &self,
        tree: usize,
        parent: usize,
        leg: Option<u8>,
    ) -> Result<Hang, Wrong> {
        let kept = &self.trees[tree];
        let leg = match (kept.shape.legs(), leg) {
            (None, None) => 0,
            (None, Some(_)) => return Err(no::NO_SUCH_LEG.into()),
            (Some(legs), Some(leg)) if leg == 0 || leg > legs => return Err(no::NO_SUCH_LEG.into()),
            (Some(_), Some(leg)) if kept.child_in_leg(parent, leg).is_some() => {
                return Err(no::SEAT_TAKEN.into());
            }
            (Some(_), Some(leg)) => leg,
            (Some(_), None) => kept.free_leg(parent).ok_or(no::SEAT_TAKEN)?,
        };
        Ok(Hang::Under { parent, leg })
    }

    /// Whether a seat stands where the search may end.
    fn within(&self, tree: usize, start: Start, seat: usize) -> Result<(), Wrong> {
        match start {
            Start::Nobody => Ok(()),
            Start::Lacking => Err(no::NOT_PLACED.into()),
            Start::Seat(top) if self.trees[tree].is_above(top, seat) => Ok(()),
            Start::Seat(_) => Err(no::OUTSIDE_ENROLLER.into()),
        }
    }

    fn by_policy(&self, tree: usize, policy: Policy, from: usize) -> Result<Found, Wrong> {
        let kept = &self.trees[tree];
        let down = |leg: u8| {
            let parent = kept.outer_end(from, leg);
            plainly(Hang::Under { parent, leg })
        };
        Ok(match policy {
            Policy::HoldingTank => plainly(Hang::Waits),
            Policy::UnderEnroller => plainly(Hang::Under {
                parent: from,
                leg: 0,
            }),
            Policy::OuterLeft => down(1),
            Policy::OuterRight => down(2),
            Policy::DefaultLeg => {
                down(self.people[kept.seats[from].owner].default_leg.unwrap_or(1))
            }
            Policy::Alternate => {
                let owner = kept.seats[from].owner;
                let turns = self.people[owner].alternated[tree];
                Found {
                    alternated: Some(owner),
                    ..down(if turns.is_multiple_of(2) { 1 } else { 2 })
                }
            }
            Policy::BreadthFirst => self.broad(tree, from),
            Policy::CompanyQueue => {
                // Of the roots there are, the one whose place was opened first.
                let mut roots = (1..kept.seats.len()).filter(|&seat| kept.is_root(seat));
                let first = roots.next().ok_or(no::NO_OPEN_POSITION)?;
                self.broad(tree, first)
            }
            Policy::FewestFilled => {
                let mut at = from;
                loop {
                    if let Some(leg) = kept.free_leg(at) {
                        break plainly(Hang::Under { parent: at, leg });
                    }
                    let fewest = kept.seats[at].children.iter().copied();
                    at = fewest
                        .min_by_key(|&child| self.counted(tree, child))
                        .expect("a full seat has children");
                }
            }
            Policy::WeakerVolume { inside, .. } | Policy::WeakerCount { inside } => {
                self.weaker(tree, policy, inside, from)
            }
        })
    }

    fn broad(&self, tree: usize, from: usize) -> Found {
        let (parent, leg) = self.trees[tree].first_free(from);
        plainly(Hang::Under { parent, leg })
    }

    /// Into the weaker leg, then as `inside` says.
    fn weaker(&self, tree: usize, policy: Policy, inside: Inside, from: usize) -> Found {
        let kept = &self.trees[tree];
        let mut at = from;
        loop {
            let leg = if self.weight(tree, policy, at, 2) < self.weight(tree, policy, at, 1) {
                2
            } else {
                1
            };
            let Some(child) = kept.child_in_leg(at, leg) else {
                return plainly(Hang::Under { parent: at, leg });
            };
            match inside {
                Inside::Outer => {
                    let parent = kept.outer_end(child, leg);
                    return plainly(Hang::Under { parent, leg });
                }
                Inside::BreadthFirst => return self.broad(tree, child),
                Inside::Balanced => at = child,
            }
        }
    }

    /// What a leg weighs for a weaker-leg policy.
    fn weight(&self, tree: usize, policy: Policy, seat: usize, leg: u8) -> i64 {
        let kept = &self.trees[tree];
        let Some(child) = kept.child_in_leg(seat, leg) else {
            return 0;
        };
        let below = kept.subtree(child);
        match policy {
            Policy::WeakerVolume { kind, period, .. } => {
                let current = self.calendars[usize::from(period)].current;
                let inside = self.entries.iter().filter(|entry| {
                    entry.periods.get(usize::from(period)) == Some(&current)
                        && entry.seats[tree].is_some_and(|seat| below.contains(&seat))
                });
                inside.map(|entry| entry.volumes[usize::from(kind)]).sum()
            }
            _ => self.counted(tree, child),
        }
    }

    /// Members at or below a seat who count: not those who have left.
    pub(crate) fn counted(&self, tree: usize, seat: usize) -> i64 {
        let below = self.trees[tree].subtree(seat);
        let people = below
            .iter()
            .map(|&seat| &self.people[self.trees[tree].seats[seat].owner]);
        let counted = people.filter(|person| {
            person.kind == MemberKind::Distributor && person.status != Status::Terminated
        });
        i64::try_from(counted.count()).expect("few seats")
    }
}

//! Where a seat goes: places asked for, and policies.

use arborline::engine::command::enrol::PlaceAt;
use arborline::tree::rules::{Inside, Policy};

use super::judge::no;
use super::trees::Hang;
use super::world::World;

/// A place that was found, and whether a turn of `Alternate` was used up for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) hang: Hang,
    pub(crate) alternated: bool,
}

const fn plainly(hang: Hang) -> Found {
    Found {
        hang,
        alternated: false,
    }
}

impl World {
    /// Where a newcomer (or waiting seat) of `enroller` goes; `asked` or by the tree's own policy.
    pub(crate) fn find_place(
        &self,
        tree: usize,
        enroller: Option<usize>,
        asked: Option<&PlaceAt>,
    ) -> Result<Found, u16> {
        match asked {
            None => {
                let policy = self.law().trees[tree].placement;
                self.by_policy(tree, policy, enroller, None)
            }
            Some(PlaceAt::Root) => match enroller {
                Some(_) => Err(no::OUTSIDE_ENROLLER),
                None => Ok(plainly(Hang::Root)),
            },
            Some(PlaceAt::Tank) => Ok(plainly(Hang::Waits)),
            Some(PlaceAt::Under {
                parent,
                centre,
                leg,
            }) => {
                let parent = self.seat_named(tree, parent, *centre, no::UNKNOWN_MEMBER)?;
                self.within(tree, enroller, parent)?;
                Ok(plainly(self.hang_under(tree, parent, *leg)?))
            }
            Some(PlaceAt::Policy { policy, under }) => {
                let start = match under {
                    None => None,
                    Some(id) => Some(self.seat_named(tree, id, 1, no::UNKNOWN_MEMBER)?),
                };
                if let Some(start) = start {
                    self.within(tree, enroller, start)?;
                }
                self.by_policy(tree, *policy, enroller, start)
            }
        }
    }

    /// A placed seat by member id and centre.
    pub(crate) fn seat_named(
        &self,
        tree: usize,
        id: &str,
        centre: u16,
        unknown: u16,
    ) -> Result<usize, u16> {
        let member = self.person(id).ok_or(unknown)?;
        if self.people[member].seats[tree].is_empty() {
            return Err(no::WRONG_KIND);
        }
        let seat = self.seat(tree, member, centre).ok_or(no::UNKNOWN_CENTRE)?;
        if self.trees[tree].waits(seat) {
            return Err(no::NOT_PLACED);
        }
        Ok(seat)
    }

    /// A place below a seat: this leg, or the first free one.
    pub(crate) fn hang_under(
        &self,
        tree: usize,
        parent: usize,
        leg: Option<u8>,
    ) -> Result<Hang, u16> {
        let kept = &self.trees[tree];
        let leg = match (kept.shape.legs(), leg) {
            (None, None) => 0,
            (None, Some(_)) => return Err(no::NO_SUCH_LEG),
            (Some(legs), Some(leg)) if leg == 0 || leg > legs => return Err(no::NO_SUCH_LEG),
            (Some(_), Some(leg)) if kept.child_in_leg(parent, leg).is_some() => {
                return Err(no::SEAT_TAKEN);
            }
            (Some(_), Some(leg)) => leg,
            (Some(_), None) => kept.free_leg(parent).ok_or(no::NO_OPEN_POSITION)?,
        };
        Ok(Hang::Under { parent, leg })
    }

    /// Whether a seat stands at or below one of the enroller's.
    fn within(&self, tree: usize, enroller: Option<usize>, seat: usize) -> Result<(), u16> {
        let Some(enroller) = enroller else {
            return Ok(());
        };
        let his = &self.people[enroller].seats[tree];
        if his.iter().any(|&own| self.trees[tree].is_above(own, seat)) {
            return Ok(());
        }
        Err(no::OUTSIDE_ENROLLER)
    }

    fn by_policy(
        &self,
        tree: usize,
        policy: Policy,
        enroller: Option<usize>,
        start: Option<usize>,
    ) -> Result<Found, u16> {
        let kept = &self.trees[tree];
        let his = enroller.and_then(|member| self.seat(tree, member, 1));
        let Some(from) = start.or(his) else {
            return Ok(plainly(if enroller.is_some() {
                Hang::Waits
            } else {
                Hang::Root
            }));
        };
        if kept.waits(from) {
            return Ok(plainly(Hang::Waits));
        }
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
                let member = enroller.map(|member| self.people[member].default_leg);
                down(member.flatten().unwrap_or(1))
            }
            Policy::Alternate => {
                let turns = enroller.map_or(0, |member| self.people[member].alternated[tree]);
                Found {
                    alternated: true,
                    ..down(if turns % 2 == 0 { 1 } else { 2 })
                }
            }
            Policy::BreadthFirst => self.broad(tree, from),
            Policy::CompanyQueue => {
                // The top of the tree in which the first root of all stands now.
                let first = kept.first_root.ok_or(no::NO_OPEN_POSITION)?;
                self.broad(tree, *kept.above(first).last().unwrap_or(&first))
            }
            Policy::FewestFilled => {
                let mut at = from;
                loop {
                    if let Some(leg) = kept.free_leg(at) {
                        break plainly(Hang::Under { parent: at, leg });
                    }
                    let fewest = kept.seats[at].children.iter().copied();
                    at = fewest
                        .min_by_key(|&child| kept.subtree(child).len())
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
                    entry.periods[usize::from(period)] == current
                        && self
                            .seat(tree, entry.credited, entry.centre)
                            .or(self.seat(tree, entry.credited, 1))
                            .is_some_and(|seat| below.contains(&seat))
                });
                inside.map(|entry| entry.volumes[usize::from(kind)]).sum()
            }
            _ => i64::try_from(below.len()).expect("few seats"),
        }
    }
}

//! Random commands of every verb, most of them sensible, against the network as the model knows it.

use arborline::base::ids::Text;
use arborline::base::time::{DAY_MS, Time};
use arborline::engine::command::calendar::ExtendCalendar;
use arborline::engine::command::close::Close;
use arborline::engine::command::enrol::{Enrol, Placement};
use arborline::engine::command::move_leg::Move;
use arborline::engine::command::place::Place;
use arborline::engine::command::run::PostRun;
use arborline::engine::command::status::SetStatus;
use arborline::engine::command::token::{CreateToken, RevokeToken};
use arborline::engine::command::update::Update;
use arborline::engine::command::{Command, Verb};
use arborline::engine::member::{MemberKind, Profile, Status};
use arborline::engine::position::PlaceAt;
use arborline::engine::role::Role;
use arborline::engine::rules::ClockMode;

use super::laws;
use crate::chance::Chance;
use crate::model::world::World;

/// How a history leans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lean {
    /// Enrollers anywhere.
    Mixed,
    /// Each below the last: lines.
    Lines,
    /// Most below the first: stars.
    Stars,
    /// Few members, very large volumes.
    Huge,
    /// A large network that is moved about and bought in.
    Grown,
    /// Small networks whose rules change now and then.
    Changes,
}

/// Draws commands; the same seed and model give the same ones.
pub(crate) struct Writer {
    pub(crate) chance: Chance,
    pub(crate) lean: Lean,
    pub(super) ids: u64,
    used: Vec<(Text, u8)>,
}

impl Writer {
    pub(crate) fn new(chance: Chance, lean: Lean) -> Writer {
        Writer {
            chance,
            lean,
            ids: 0,
            used: Vec::new(),
        }
    }

    /// The next command.
    pub(crate) fn draw(&mut self, world: &World) -> Command {
        if self.chance.percent(4) {
            return self.atomic(world);
        }
        // Runs are the runtime's to post, and never stand beside others.
        let waits = world.calendars.iter().any(|one| !one.due.is_empty());
        if waits && self.chance.percent(6) {
            return self.post(world);
        }
        self.plain(world)
    }

    pub(super) fn atomic(&mut self, world: &World) -> Command {
        let mut ahead = world.clone();
        let mut inner = Vec::new();
        for _ in 0..1 + self.chance.below(5) {
            let command = self.plain(&ahead);
            // Refused parts are kept now and then only, or hardly any group would be accepted.
            let mut next = ahead.clone();
            let fits = next.step(world.seq + 1, ahead.time, &command).is_ok();
            if fits || self.chance.percent(15) {
                inner.push(command);
            }
            if fits {
                ahead = next;
            }
        }
        if !inner.is_empty() && self.chance.percent(10) {
            // An id stands twice in one request, under the same content or another.
            let mut twin = self.chance.pick(&inner).clone();
            twin.at = self.at(world);
            inner.push(twin);
        }
        // The whole has no id; one that stands there all the same, like a part's, says nothing.
        let id = match inner.first() {
            Some(first) if self.chance.percent(30) => first.id.clone(),
            _ => Text::default(),
        };
        let at = self.at(world);
        Command {
            id,
            at,
            verb: Verb::Atomic(inner),
        }
    }

    fn plain(&mut self, world: &World) -> Command {
        let at = self.at(world);
        if self.lean == Lean::Changes && self.chance.percent(5) {
            return self.change(world, at);
        }
        let people = world.people.len() - 1;
        let verb = if people == 0 {
            0
        } else {
            self.chance.below(100)
        };
        let fewer = match people {
            0..=45 => 0,
            46..=200 => 24,
            _ => 20,
        };
        match verb {
            0..=27 if verb >= fewer => self.enrol(world, at),
            0..=27 => self.order(world, at),
            28..=33 => self.place(world, at),
            34..=43 => self.move_leg(world, at),
            44..=68 => self.order(world, at),
            69..=75 => self.refund(world, at),
            76..=80 => self.adjust(world, at),
            81..=88 => self.status(world, at),
            89..=92 => self.update(world, at),
            93..=94 => self.close(world, at),
            95 => self.qualify(world, at),
            96 => self.token(world, at),
            97 => self.extend(world, at),
            98 => self.plan(world, at),
            _ => self.command(at, Verb::AdvanceTime),
        }
    }

    pub(super) fn command(&mut self, at: Time, verb: Verb) -> Command {
        let space = space_of(&verb);
        let old: Vec<&Text> = self
            .used
            .iter()
            .filter(|(_, of)| *of == space)
            .map(|(id, _)| id)
            .collect();
        let id = if !old.is_empty() && self.chance.percent(3) {
            (*self.chance.pick(&old)).clone()
        } else if self.chance.percent(5) && !self.used.is_empty() {
            // An id of another space is free in this one.
            self.chance.pick(&self.used).0.clone()
        } else {
            return self.fresh(at, verb);
        };
        Command { id, at, verb }
    }

    /// A command with an id of its own.
    fn fresh(&mut self, at: Time, verb: Verb) -> Command {
        let space = space_of(&verb);
        self.ids += 1;
        let sort = ["m", "o", "f"][usize::from(space)];
        let id = Text::from(format!("{sort}{}", self.ids));
        self.used.push((id.clone(), space));
        Command { id, at, verb }
    }

    /// A business time: mostly a little later, often exactly at a border, sometimes late, seldom far ahead.
    fn at(&mut self, world: &World) -> Time {
        let now = world.time.max(laws::START);
        let wall = world.law().clock == ClockMode::Wall;
        let moved = match self.chance.below(100) {
            0..=49 if wall => now.0 - self.chance.between(0, 3_600_000),
            0..=49 => now.0 + self.chance.between(0, 8 * 3_600_000),
            50..=64 => now.0,
            65..=76 => self.border(world) + self.chance.between(-1, 1),
            77..=91 => now.0 - self.chance.between(1, 20 * DAY_MS),
            92..=94 => now.0 - self.chance.between(1, 120 * DAY_MS),
            95..=96 if wall => now.0 + 5 * 60_000 + self.chance.between(-1, 1),
            _ if wall => now.0,
            _ => now.0 + self.chance.between(1, 16 * DAY_MS),
        };
        Time(moved.max(0))
    }

    /// An instant at which something ends.
    pub(crate) fn border(&mut self, world: &World) -> i64 {
        let of = self.chance.below(world.calendars.len());
        let calendar = &world.calendars[of];
        let rules = &world.law().period_types[of];
        let at = (calendar.current + self.chance.below(2)).min(calendar.labels.len());
        match self.chance.below(4) {
            0 => calendar.starts[at].0,
            1 => calendar.starts[at].0 + rules.cutoff_ms,
            2 => calendar.starts[calendar.current].0,
            _ => {
                let sold = world.sales.last().map_or(world.time, |sale| sale.at);
                sold.0 + *self.chance.pick(&[1, 3, 5, 7, 30]) * DAY_MS
            }
        }
    }

    /// Some member's id, an unknown one at times.
    pub(super) fn someone(&mut self, world: &World) -> Text {
        if self.chance.percent(3) || world.people.len() == 1 {
            return Text::from("nobody");
        }
        let at = 1 + self.chance.below(world.people.len() - 1);
        world.people[at].id.clone()
    }

    fn enroller(&mut self, world: &World) -> Option<Text> {
        let people = world.people.len();
        if people == 1 || self.chance.percent(6) {
            return None;
        }
        let at = match self.lean {
            Lean::Lines if self.chance.percent(85) => {
                people - 1 - self.chance.below(people.min(4) - 1)
            }
            Lean::Stars if self.chance.percent(75) => 1,
            _ => {
                let builders: Vec<usize> = (1..people).filter(|&at| builds(world, at)).collect();
                if builders.is_empty() || self.chance.percent(10) {
                    return Some(self.someone(world));
                }
                *self.chance.pick(&builders)
            }
        };
        Some(world.people[at].id.clone())
    }

    fn enrol(&mut self, world: &World, at: Time) -> Command {
        let enroller = self.enroller(world);
        let kind = match self.chance.below(10) {
            0 => MemberKind::Customer,
            1 => MemberKind::Preferred,
            _ => MemberKind::Distributor,
        };
        let mut placements = Vec::new();
        let percent = if kind == MemberKind::Distributor {
            25
        } else {
            4
        };
        for tree in 0..world.trees.len() {
            if (tree > 0 && self.chance.percent(percent)) || self.chance.percent(1) {
                let place = self.place_at(world, tree, enroller.as_ref());
                placements.push(Placement {
                    tree: world.law().trees[tree].name.clone(),
                    place,
                });
            }
        }
        let profile = Profile {
            country: self
                .chance
                .percent(50)
                .then(|| Text::from(*self.chance.pick(&["DE", "US", "IN"]))),
            ..Profile::default()
        };
        let enrol = Enrol {
            kind,
            enroller,
            profile,
            placements,
        };
        self.command(at, Verb::Enrol(Box::new(enrol)))
    }

    /// A place in a tree, mostly below the enroller.
    fn place_at(&mut self, world: &World, tree: usize, enroller: Option<&Text>) -> PlaceAt {
        let rules = &world.law().trees[tree];
        let below = self.below(world, tree, enroller);
        match self.chance.below(20) {
            0 => PlaceAt::Root,
            1 => PlaceAt::Tank,
            2..=9 => {
                let (kinds, types) = (world.law().kinds.len(), world.calendars.len());
                PlaceAt::Policy {
                    policy: laws::policy(rules.shape, kinds, types, &mut self.chance),
                    under: self.chance.percent(40).then_some(below),
                }
            }
            _ => {
                let leg = self.leg(world, tree);
                PlaceAt::Under {
                    parent: below,
                    centre: self.centre(),
                    leg,
                }
            }
        }
    }

    fn leg(&mut self, world: &World, tree: usize) -> Option<u8> {
        match world.law().trees[tree].shape.legs() {
            None if self.chance.percent(95) => None,
            _ if self.chance.percent(30) => None,
            legs => {
                let most = usize::from(legs.unwrap_or(1)) + usize::from(self.chance.percent(8));
                Some(laws::small(1 + self.chance.below(most)))
            }
        }
    }

    pub(super) fn centre(&mut self) -> u16 {
        if self.chance.percent(90) {
            return 1;
        }
        *self.chance.pick(&[2, 2, 2, 3])
    }

    /// Someone at or below the enroller's seat, mostly.
    fn below(&mut self, world: &World, tree: usize, enroller: Option<&Text>) -> Text {
        let seat = enroller.and_then(|id| world.seat(tree, world.person(id)?, 1));
        match seat {
            Some(seat) if self.chance.percent(85) => {
                let all = world.trees[tree].subtree(seat);
                let owner = world.trees[tree].seats[*self.chance.pick(&all)].owner;
                world.people[owner].id.clone()
            }
            _ => self.someone(world),
        }
    }

    fn place(&mut self, world: &World, at: Time) -> Command {
        let tree = self.some_tree(world);
        let waiting: Vec<usize> = (1..world.trees[tree].seats.len())
            .filter(|&seat| world.trees[tree].waits(seat))
            .collect();
        let (member, centre) = if !waiting.is_empty() && self.chance.percent(75) {
            let seat = &world.trees[tree].seats[*self.chance.pick(&waiting)];
            (world.people[seat.owner].id.clone(), seat.centre)
        } else {
            (self.someone(world), *self.chance.pick(&[1, 2, 2, 2, 3, 4]))
        };
        let by = world
            .person(&member)
            .and_then(|at| world.people[at].enrolled_by);
        let by = by.map(|at| world.people[at].id.clone());
        let place = Place {
            tree: self.tree_name(world, tree),
            member,
            centre,
            place: self.place_at(world, tree, by.as_ref()),
        };
        self.command(at, Verb::Place(Box::new(place)))
    }

    fn some_tree(&mut self, world: &World) -> usize {
        let first = usize::from(world.trees.len() > 1 && self.chance.percent(90));
        first + self.chance.below(world.trees.len() - first)
    }

    fn tree_name(&mut self, world: &World, tree: usize) -> Text {
        if self.chance.percent(2) {
            return Text::from("oak");
        }
        world.law().trees[tree].name.clone()
    }

    fn move_leg(&mut self, world: &World, at: Time) -> Command {
        let tree = self.chance.below(world.trees.len());
        let asked = Move {
            tree: self.tree_name(world, tree),
            member: self.someone(world),
            centre: self.centre(),
            parent: (!self.chance.percent(7)).then(|| self.someone(world)),
            parent_centre: self.centre(),
            leg: self.leg(world, tree),
        };
        self.command(at, Verb::Move(Box::new(asked)))
    }

    fn status(&mut self, world: &World, at: Time) -> Command {
        let left: Vec<usize> = (1..world.people.len())
            .filter(|&member| world.people[member].status == Status::Terminated)
            .collect();
        let (member, status) = if !left.is_empty() && self.chance.percent(40) {
            (
                world.people[*self.chance.pick(&left)].id.clone(),
                Status::Open,
            )
        } else {
            let status = *self.chance.pick(&[
                Status::Terminated,
                Status::Terminated,
                Status::Suspended,
                Status::Open,
            ]);
            (self.someone(world), status)
        };
        let set = SetStatus {
            member,
            status,
            reason: None,
        };
        self.command(at, Verb::Status(Box::new(set)))
    }

    fn update(&mut self, world: &World, at: Time) -> Command {
        let kinds = [
            MemberKind::Distributor,
            MemberKind::Preferred,
            MemberKind::Customer,
        ];
        let update = Update {
            member: self.someone(world),
            kind: self.chance.percent(50).then(|| *self.chance.pick(&kinds)),
            country: self.chance.percent(30).then(|| None),
            tags: self.chance.percent(30).then(|| vec![Text::from("vip")]),
            default_leg: self
                .chance
                .percent(40)
                .then(|| *self.chance.pick(&[1, 2, 2, 2])),
            ..Update::default()
        };
        self.command(at, Verb::Update(Box::new(update)))
    }

    fn close(&mut self, world: &World, at: Time) -> Command {
        let of = self.chance.below(world.calendars.len());
        let calendar = &world.calendars[of];
        let back = self.chance.below(3);
        let period = (calendar.current + 1)
            .saturating_sub(back)
            .min(calendar.labels.len() - 1);
        let close = Close {
            period_type: if self.chance.percent(3) {
                Text::from("epoch")
            } else {
                world.law().period_types[of].name.clone()
            },
            period: if self.chance.percent(3) {
                Text::from("never")
            } else {
                calendar.labels[period].clone()
            },
        };
        self.command(at, Verb::Close(Box::new(close)))
    }

    fn token(&mut self, world: &World, at: Time) -> Command {
        let known: Vec<&Text> = world.tokens.keys().collect();
        if !known.is_empty() && self.chance.percent(50) {
            let token = (*self.chance.pick(&known)).clone();
            return self.command(at, Verb::RevokeToken(Box::new(RevokeToken { token })));
        }
        let member = self.chance.percent(50).then(|| self.someone(world));
        let token = CreateToken {
            hash: [laws::small(self.chance.below(256)); 32],
            role: if member.is_some() {
                Role::Member
            } else {
                Role::Admin
            },
            member,
            expires: None,
        };
        self.command(at, Verb::CreateToken(Box::new(token)))
    }

    /// A run of the first book that waits, or now and then of any period.
    fn post(&mut self, world: &World) -> Command {
        let waiting = |of: &usize| !world.calendars[*of].due.is_empty();
        let types: Vec<usize> = (0..world.calendars.len()).filter(waiting).collect();
        let of = *self.chance.pick(&types);
        let calendar = &world.calendars[of];
        let period = match self.chance.percent(80) {
            true => calendar.due[0].period,
            false => self.chance.below(calendar.labels.len()),
        };
        let run = PostRun {
            period_type: world.law().period_types[of].name.clone(),
            period: calendar.labels[period].clone(),
            digest: [period as u8; 32],
            lines: self.chance.below(100) as u64,
            payees: self.chance.below(100) as u64,
            totals: vec![(Text::from("EUR"), -1)],
        };
        Command {
            id: Text::default(),
            at: world.time,
            verb: Verb::PostRun(Box::new(run)),
        }
    }

    fn extend(&mut self, world: &World, at: Time) -> Command {
        let of = self.chance.below(world.calendars.len());
        let calendar = &world.calendars[of];
        let (from, last) = (
            calendar.starts[0].0,
            calendar.starts[calendar.starts.len() - 1].0,
        );
        let length = calendar.starts[1].0 - from;
        let known = calendar.labels.len();
        let more = ExtendCalendar {
            period_type: world.law().period_types[of].name.clone(),
            ends: (1..3).map(|at| Time(last + at * length)).collect(),
            labels: (0..2)
                .map(|at| Text::from(format!("{of}-{}", known + at)))
                .collect(),
        };
        self.command(at, Verb::ExtendCalendar(Box::new(more)))
    }
}

/// Whether someone may bring in others.
fn builds(world: &World, member: usize) -> bool {
    let person = &world.people[member];
    person.kind == MemberKind::Distributor && person.status != Status::Terminated
}

/// Which ids a command's must differ from: members', orders' or all others'.
fn space_of(verb: &Verb) -> u8 {
    match verb {
        Verb::Enrol(_) => 0,
        Verb::Order(_) => 1,
        _ => 2,
    }
}

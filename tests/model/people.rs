//! Members: enrolment, changes, status, places and moves.

use arborline::base::ids::Text;
use arborline::base::time::{DAY_MS, Time};
use arborline::engine::command::enrol::Enrol;
use arborline::engine::command::move_leg::Move;
use arborline::engine::command::place::Place;
use arborline::engine::command::status::SetStatus;
use arborline::engine::command::update::Update;
use arborline::engine::member::{MemberKind, Status};
use arborline::tree::rules::{Shape, Termination};

use super::judge::{Seated, Wrong, no};
use super::places::Found;
use super::trees::Hang;
use super::world::{Person, RolledUp, World};

impl World {
    pub(crate) fn enrol(
        &mut self,
        id: &Text,
        at: Time,
        enrol: &Enrol,
    ) -> Result<Vec<Seated>, Wrong> {
        let mut wrong = Wrong::default();
        let enroller = match &enrol.enroller {
            None => None,
            Some(id) => wrong.take(self.person(id).ok_or(no::UNKNOWN_MEMBER)),
        };
        if let Some(enroller) = enroller {
            let person = &self.people[enroller];
            wrong.check(person.status == Status::Terminated, no::TERMINATED);
            wrong.check(person.kind != MemberKind::Distributor, no::WRONG_KIND);
        }
        wrong.check(
            self.lacks_customers(enroller, enrol.kind),
            no::CUSTOMERS_WANTED,
        );
        let lost = enrol.enroller.is_some() && enroller.is_none();
        let builds = enrol.kind == MemberKind::Distributor;
        wrong.check(!builds && !enrol.placements.is_empty(), no::WRONG_KIND);
        let mut asked = vec![None; self.trees.len()];
        for placement in &enrol.placements {
            match self.tree(&placement.tree) {
                None => wrong.note(no::UNKNOWN_NAME),
                Some(tree) if tree == 0 || asked[tree].is_some() => wrong.note(no::ALREADY_PLACED),
                Some(tree) => asked[tree] = Some(&placement.place),
            }
        }
        let mut found = Vec::new();
        for (tree, asked) in asked.iter().enumerate().skip(1) {
            if !lost && builds {
                found.push((
                    tree,
                    wrong.take(self.find_place(tree, self.start(tree, enroller), None, *asked)),
                ));
            }
        }
        wrong.done()?;
        self.add_person(id, at, enroller, enrol);
        let member = self.people.len() - 1;
        let mut seated = Vec::new();
        for (tree, place) in found {
            let place = place.expect("found");
            seated.push(self.seat_member(tree, member, 1, place));
        }
        Ok(seated)
    }

    /// Whether the rules guard such a newcomer, and his enroller's customers have not bought enough.
    fn lacks_customers(&self, enroller: Option<usize>, kind: MemberKind) -> bool {
        let (Some(rule), Some(enroller)) = (self.law().customers_first, enroller) else {
            return false;
        };
        let guarded = match kind {
            MemberKind::Distributor => true,
            MemberKind::Preferred => rule.preferred,
            MemberKind::Customer => false,
        };
        let of = usize::from(rule.period);
        let current = self.calendars[of].current;
        let theirs = self.entries.iter().filter(|entry| {
            entry.credited == enroller && !entry.own && entry.periods.get(of) == Some(&current)
        });
        let bought: i64 = theirs
            .map(|entry| entry.volumes[usize::from(rule.kind)])
            .sum();
        guarded && bought < rule.at_least.0
    }

    fn add_person(&mut self, id: &Text, at: Time, enroller: Option<usize>, enrol: &Enrol) {
        let trees = self.trees.len();
        let member = self.people.len();
        let hang = match enroller {
            None => Hang::Root,
            Some(parent) => Hang::Under { parent, leg: 0 },
        };
        let seat = self.trees[0].add(member, 1, hang);
        assert_eq!(seat, member, "the enroller tree's seats are the members");
        let mut seats = vec![Vec::new(); trees];
        seats[0].push(seat);
        self.people.push(Person {
            id: id.clone(),
            kind: enrol.kind,
            status: Status::Open,
            profile: enrol.profile.clone(),
            joined: at,
            enrolled_by: enroller,
            default_leg: None,
            seats,
            alternated: vec![0; trees],
            left: None,
        });
    }

    /// Gives a member a seat of his own.
    fn seat_member(&mut self, tree: usize, member: usize, centre: u16, place: Found) -> Seated {
        let seat = self.trees[tree].add(member, centre, place.hang);
        self.people[member].seats[tree].push(seat);
        if let Some(whose) = place.alternated {
            self.people[whose].alternated[tree] += 1;
        }
        self.seated(tree, seat)
    }

    /// How an outcome tells of a seat.
    fn seated(&self, tree: usize, seat: usize) -> Seated {
        let kept = &self.trees[tree];
        Seated {
            part: 0,
            tree,
            centre: kept.seats[seat].centre,
            parent: kept
                .parent(seat)
                .map(|parent| (kept.seats[parent].owner, kept.seats[parent].centre)),
            leg: kept.leg(seat),
            waits: kept.waits(seat),
        }
    }

    pub(crate) fn update(&mut self, update: &Update) -> Result<Vec<Seated>, Wrong> {
        let mut wrong = Wrong::default();
        let member = wrong.take(self.person(&update.member).ok_or(no::UNKNOWN_MEMBER));
        wrong.check(
            update.default_leg.is_some_and(|leg| leg == 0 || leg > 2),
            no::NO_SUCH_LEG,
        );
        let to = update.kind;
        if let (Some(member), Some(to)) = (member, to) {
            let person = &self.people[member];
            let gone = person.status == Status::Terminated && person.kind != to;
            wrong.check(gone, no::TERMINATED);
            // From customer to preferred to distributor, each step is an enrolment by whoever stands above.
            let steps = [
                MemberKind::Customer,
                MemberKind::Preferred,
                MemberKind::Distributor,
            ];
            let step = |kind| steps.iter().position(|&of| of == kind);
            if step(to) > step(person.kind) {
                let above = self.trees[0].parent(member);
                wrong.check(self.lacks_customers(above, to), no::CUSTOMERS_WANTED);
            }
        }
        if let (Some(member), Some(MemberKind::Preferred | MemberKind::Customer)) = (member, to) {
            let changes = Some(self.people[member].kind) != to;
            wrong.check(changes && self.has_downline(member), no::HAS_DOWNLINE);
        }
        wrong.done()?;
        let member = member.expect("found");
        let mut found = Vec::new();
        if to == Some(MemberKind::Distributor) {
            // Whoever stands above him now in the enroller tree counts as his enroller.
            let enroller = self.trees[0].parent(member);
            for tree in 1..self.trees.len() {
                if self.people[member].seats[tree].is_empty() {
                    let start = self.start(tree, enroller);
                    found.push((tree, self.find_place(tree, start, None, None)?));
                }
            }
        }
        let person = &mut self.people[member];
        let fields = [
            (&mut person.profile.country, &update.country),
            (&mut person.profile.currency, &update.currency),
            (&mut person.profile.zone, &update.zone),
        ];
        for (field, new) in fields {
            if let Some(new) = new {
                field.clone_from(new);
            }
        }
        if let Some(tags) = &update.tags {
            person.profile.tags.clone_from(tags);
        }
        if update.default_leg.is_some() {
            person.default_leg = update.default_leg;
        }
        person.kind = to.unwrap_or(person.kind);
        let seated = found
            .into_iter()
            .map(|(tree, place)| self.seat_member(tree, member, 1, place));
        Ok(seated.collect())
    }

    fn has_downline(&self, member: usize) -> bool {
        let mut seats = self.people[member].seats.iter().enumerate();
        seats.any(|(tree, seats)| {
            seats
                .iter()
                .any(|&seat| !self.trees[tree].seats[seat].children.is_empty())
        })
    }

    pub(crate) fn set_status(&mut self, set: &SetStatus) -> Result<(), Wrong> {
        let member = self.person(&set.member).ok_or(no::UNKNOWN_MEMBER)?;
        let now = self.people[member].status;
        let follows = match (now, set.status) {
            (Status::Terminated, to) => to == Status::Open,
            (from, to) => from != to,
        };
        if !follows {
            return Err(no::STATUS_UNCHANGED.into());
        }
        self.people[member].status = set.status;
        if set.status == Status::Terminated {
            let moved = self.roll_up(member);
            self.people[member].left = Some((self.time, moved));
        } else if now == Status::Terminated {
            self.come_back(member);
        }
        Ok(())
    }

    /// The children of a leaver go behind his parent's, in order of birth.
    fn roll_up(&mut self, member: usize) -> Vec<RolledUp> {
        let mut moved = Vec::new();
        for tree in 0..self.trees.len() {
            if self.law().trees[tree].termination != Termination::RollUp {
                continue;
            }
            for from in self.people[member].seats[tree].clone() {
                let to = self.trees[tree].parent(from);
                let hang = match to {
                    Some(parent) => Hang::Under { parent, leg: 0 },
                    None => self.trees[tree].seats[from].hang,
                };
                for seat in self.trees[tree].seats[from].children.clone() {
                    self.trees[tree].hang(seat, hang);
                    moved.push(RolledUp {
                        tree,
                        from,
                        seat,
                        to,
                    });
                }
            }
        }
        moved
    }

    /// A return within the window: those still where the roll-up put them come back below him.
    fn come_back(&mut self, member: usize) {
        let Some((when, moved)) = self.people[member].left.take() else {
            return;
        };
        let days = i64::from(self.law().return_days);
        if self.time.0 > when.0 + days * DAY_MS {
            return;
        }
        for back in moved {
            let tree = &mut self.trees[back.tree];
            let still = tree.parent(back.seat) == back.to
                // He may have been moved below one of them meanwhile.
                && !tree.is_above(back.seat, back.from);
            if still {
                tree.hang(
                    back.seat,
                    Hang::Under {
                        parent: back.from,
                        leg: 0,
                    },
                );
            }
        }
    }

    pub(crate) fn place(&mut self, place: &Place) -> Result<Vec<Seated>, Wrong> {
        let mut wrong = Wrong::default();
        let tree = wrong.take(self.tree(&place.tree).ok_or(no::UNKNOWN_NAME));
        let member = wrong.take(self.person(&place.member).ok_or(no::UNKNOWN_MEMBER));
        let (Some(tree), Some(member)) = (tree, member) else {
            return Err(wrong.done().expect_err("something is unknown"));
        };
        let person = &self.people[member];
        wrong.check(person.status == Status::Terminated, no::TERMINATED);
        wrong.check(person.kind != MemberKind::Distributor, no::WRONG_KIND);
        let has = person.seats[tree].len();
        let centre = usize::from(place.centre);
        wrong.check(centre == 0 || centre > has + 1, no::UNKNOWN_CENTRE);
        let most = usize::from(self.law().trees[tree].centres);
        wrong.check(centre == has + 1 && centre > most, no::TOO_MANY_CENTRES);
        let seat = self.seat(tree, member, place.centre);
        let placed = seat.is_some_and(|seat| !self.trees[tree].waits(seat));
        wrong.check(placed, no::ALREADY_PLACED);
        let enroller = self.trees[0].parent(member);
        let first = self.seat(tree, member, 1);
        let first = first.filter(|&first| place.centre > 1 && !self.trees[tree].waits(first));
        let start = self.start(tree, enroller);
        let found = wrong.take(self.find_place(tree, start, first, Some(&place.place)));
        wrong.done()?;
        let found = found.expect("found");
        if seat.is_some() && found.hang == Hang::Waits {
            return Err(no::NO_OPEN_POSITION.into());
        }
        let Some(seat) = seat else {
            return Ok(vec![self.seat_member(tree, member, place.centre, found)]);
        };
        self.trees[tree].hang(seat, found.hang);
        if let Some(whose) = found.alternated {
            self.people[whose].alternated[tree] += 1;
        }
        Ok(vec![self.seated(tree, seat)])
    }

    pub(crate) fn move_leg(&mut self, asked: &Move) -> Result<Vec<Seated>, Wrong> {
        let mut wrong = Wrong::default();
        let tree = wrong.take(self.tree(&asked.tree).ok_or(no::UNKNOWN_NAME));
        let member = wrong.take(self.person(&asked.member).ok_or(no::UNKNOWN_MEMBER));
        let Some(tree) = tree else {
            return Err(wrong.done().expect_err("no tree"));
        };
        let seat =
            member.and_then(|member| wrong.take(self.seat_named(tree, member, asked.centre)));
        let hang = match &asked.parent {
            None => Some(Hang::Root),
            Some(id) => {
                wrong.check(self.lacks_leg(tree, asked.leg), no::NO_SUCH_LEG);
                let parent = wrong.take(self.parent_named(tree, id, asked.parent_centre));
                parent.and_then(|parent| wrong.take(self.hang_under(tree, parent, asked.leg)))
            }
        };
        if let (Some(seat), Some(Hang::Under { parent, .. })) = (seat, hang) {
            wrong.check(self.trees[tree].is_above(seat, parent), no::CYCLE);
        }
        if let Some(seat) = seat {
            let rules = &self.law().trees[tree];
            let below = self.trees[tree].seats[seat].children.clone();
            let below = below.into_iter().map(|child| self.counted(tree, child));
            let moved = 1 + below.sum::<i64>();
            let bounded = rules.shape == Shape::Binary;
            wrong.check(
                bounded && moved > i64::from(rules.move_max),
                no::MOVE_TOO_LARGE,
            );
        }
        wrong.done()?;
        let (seat, hang) = (seat.expect("found"), hang.expect("found"));
        self.trees[tree].hang(seat, hang);
        if let (0, Hang::Under { parent, .. }) = (tree, hang) {
            // Someone who came by himself gets his enroller once.
            self.people[seat].enrolled_by.get_or_insert(parent);
        }
        Ok(vec![self.seated(tree, seat)])
    }
}

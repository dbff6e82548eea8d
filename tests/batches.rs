//! Where a batch is cut never shows: the same commands, one by one, in random cuts and from their bytes, give the same
//! outcomes and the same state to the last figure.

use arborline::base::after_close::AfterClose;
use arborline::base::number::Volume;
use arborline::base::path::{Path, Paths};
use arborline::base::time::{DAY_MS, Time};
use arborline::base::volumes::Volumes;
use arborline::engine::command::adjust::Adjust;
use arborline::engine::command::close::Close;
use arborline::engine::command::enrol::Enrol;
use arborline::engine::command::found::Found;
use arborline::engine::command::move_leg::Move;
use arborline::engine::command::order::Order;
use arborline::engine::command::plan::{ActivatePlan, DraftPlan};
use arborline::engine::command::refund::{Extent, Refund};
use arborline::engine::command::status::SetStatus;
use arborline::engine::command::{Command, Verb};
use arborline::engine::execute::execute_batch;
use arborline::engine::member::{MemberKind, Profile, Status};
use arborline::engine::outcome::Outcome;
use arborline::engine::plans::{LateRefunds, Said};
use arborline::engine::rules::Rules;
use arborline::engine::state::State;

use crate::chance::{Chance, scale};
use crate::commands::network;
use crate::images::through_image;

/// Draws commands that collide often: few members, ids used again, orders close to limits, times that jump.
struct Draw {
    chance: Chance,
    now: Time,
    made: u64,
}

impl Draw {
    fn commands(&mut self, rules: Rules, count: usize) -> Vec<Command> {
        let document = [0; 32];
        let found = Verb::Found(Box::new(Found { document, rules }));
        let mut commands = vec![self.command("found".into(), found)];
        for _ in 0..count {
            let command = match self.chance.below(30) {
                0..=2 => self.enrol(),
                3 => self.status(),
                4 => self.shift(),
                5 | 6 => self.refund(),
                7 => self.adjust(),
                8 => self.atomic(),
                9 if self.chance.below(4) == 0 => self.close(),
                _ => self.order(),
            };
            commands.push(command);
            if self.chance.below(12) == 0 {
                let days = self.chance.below(4) as i64;
                self.now = self.now.plus_ms(days * DAY_MS / 2);
            }
        }
        commands
    }

    fn command(&mut self, id: String, verb: Verb) -> Command {
        let late = self.chance.below(5) == 0;
        let back = self.chance.below(20) as i64 * DAY_MS;
        Command {
            id: id.into(),
            at: if late {
                self.now.plus_ms(-back)
            } else {
                self.now
            },
            verb,
        }
    }

    fn fact(&mut self, verb: Verb) -> Command {
        self.made += 1;
        let id = format!("f{}", self.made);
        self.command(id, verb)
    }

    fn member(&mut self) -> String {
        format!("m{}", self.chance.below(24))
    }

    fn volumes(&mut self, greatest: usize) -> Volumes {
        let scale = [1, 10_000][self.chance.below(2)];
        let mut units = || self.chance.below(greatest) as i64 * scale;
        Volumes::from_units(&[units(), units()])
    }

    fn enrol(&mut self) -> Command {
        let (id, enroller) = (self.member(), self.member());
        let kind = match self.chance.below(5) {
            0 => MemberKind::Customer,
            _ => MemberKind::Distributor,
        };
        let verb = Verb::Enrol(Box::new(Enrol {
            kind,
            enroller: (self.chance.below(6) != 0).then(|| enroller.into()),
            profile: Profile::default(),
            placements: Vec::new(),
        }));
        self.command(id, verb)
    }

    fn order(&mut self) -> Command {
        let id = format!("o{}", self.chance.below(2_000));
        let verb = Verb::Order(Order {
            member: self.member().into(),
            centre: 1,
            volumes: self.volumes(150),
            amount: Volume(self.chance.below(100) as i64),
            currency: None,
            class: None,
            lines: Vec::new(),
        });
        self.command(id, verb)
    }

    fn refund(&mut self) -> Command {
        let order = format!("o{}", self.chance.below(2_000));
        let extent = match self.chance.below(3) {
            0 => Extent::Full,
            1 => Extent::Amount(Volume(self.chance.below(50) as i64)),
            _ => Extent::Volumes(self.volumes(40), Volume(0)),
        };
        self.fact(Verb::Refund(Box::new(Refund {
            order: order.into(),
            extent,
            reason: None,
        })))
    }

    fn adjust(&mut self) -> Command {
        let volumes = self.volumes(100);
        let verb = Verb::Adjust(Box::new(Adjust {
            member: self.member().into(),
            centre: 1,
            volumes: if self.chance.below(2) == 0 {
                volumes
            } else {
                volumes.negated()
            },
            reason: "chance".into(),
        }));
        self.fact(verb)
    }

    fn status(&mut self) -> Command {
        let status = [Status::Open, Status::Suspended, Status::Terminated][self.chance.below(3)];
        let verb = Verb::Status(Box::new(SetStatus {
            member: self.member().into(),
            status,
            reason: None,
        }));
        self.fact(verb)
    }

    fn shift(&mut self) -> Command {
        let tree = ["enroller", "binary", "uni"][self.chance.below(3)];
        let verb = Verb::Move(Box::new(Move {
            tree: tree.into(),
            member: self.member().into(),
            centre: 1,
            parent: Some(self.member().into()),
            parent_centre: 1,
            leg: None,
        }));
        self.fact(verb)
    }

    fn close(&mut self) -> Command {
        let period = format!("2026-0{}", 1 + self.chance.below(4));
        self.fact(Verb::Close(Box::new(Close {
            period_type: "month".into(),
            period: period.into(),
        })))
    }

    fn atomic(&mut self) -> Command {
        let mut commands = Vec::new();
        for _ in 0..1 + self.chance.below(3) {
            commands.push(match self.chance.below(5) {
                0 => self.enrol(),
                1 => self.refund(),
                _ => self.order(),
            });
        }
        self.fact(Verb::Atomic(commands))
    }
}

fn run(commands: &[Command], mut cut: impl FnMut() -> usize) -> (Vec<Outcome>, State) {
    let (mut state, mut out) = (State::new(), Vec::new());
    let mut rest = commands;
    while !rest.is_empty() {
        let (batch, later) = rest.split_at(cut().clamp(1, rest.len()));
        let seq = out.len() as u64 + 1;
        execute_batch(&mut state, seq, Time(0), batch, &mut out);
        if rest.len().is_multiple_of(7) {
            state = through_image(&mut state);
        }
        rest = later;
    }
    (out, state)
}

fn through_bytes(command: &Command) -> Command {
    let mut bytes = Vec::new();
    command.encode(&mut bytes);
    Command::decode(&bytes).expect("what was encoded can be decoded")
}

fn check(options: &[&str], seed: u64) {
    let mut draw = Draw {
        chance: Chance::new(seed),
        now: network::time("2026-01-02"),
        made: 0,
    };
    let rules = network::rules(options);
    let mut commands = draw.commands(rules, 1_500);
    // In half of them, orders are written down with who stands above.
    let posting = seed % 2 == 1;
    if posting {
        commands.splice(1..1, [posting_draft(), activation()]);
    }
    let (alone, one_by_one) = run(&commands, || 1);
    let (together, in_one) = run(&commands, || usize::MAX);
    let logged: Vec<Command> = commands.iter().map(through_bytes).collect();
    let (replayed, in_cuts) = run(&logged, || 1 + draw.chance.below(40));
    for (index, command) in commands.iter().enumerate() {
        let seen = (&alone[index], &together[index], &replayed[index]);
        let same = seen.0 == seen.1 && seen.0 == seen.2;
        assert!(same, "seed {seed}, {options:?}, {command:?}: {seen:?}");
    }
    let digests =
        [&one_by_one, &in_one, &in_cuts].map(|state| (state.digest(), state.full_digest()));
    assert!(
        digests[0] == digests[1] && digests[0] == digests[2],
        "seed {seed}, {options:?}: {digests:?}"
    );
    assert_eq!(one_by_one.posted.bytes() > 0, posting, "seed {seed}");
    let accepted = alone.iter().filter(|outcome| outcome.is_ok()).count();
    assert!(accepted > 300, "seed {seed}: only {accepted} accepted");
}

/// Trees of every termination, and every clock by which activity and books change.
const TREES: [&str; 3] = [
    "tree=enroller:list:under_enroller:roll_up",
    "tree=binary:binary:weaker_volume:first",
    "tree=uni:list:under_enroller:roll_up",
];

#[test]
fn cuts_never_show_with_months_and_late_orders() {
    for seed in 0..8 * scale() {
        let late = ["late=own", "cutoff_days=9", "weeks", "terminated=credit"];
        check(&[&TREES[..], &late].concat(), seed);
    }
}

#[test]
fn cuts_never_show_with_rolling_activity() {
    for seed in 100..100 + 8 * scale() {
        let rolling = ["rolling=2", "count_customers"];
        check(&[&TREES[..], &rolling].concat(), seed);
    }
}

#[test]
fn cuts_never_show_where_sums_run_over() {
    let options = [&TREES[..], &["late=own", "cutoff_days=9"]].concat();
    let mut draw = Draw {
        chance: Chance::new(7),
        now: network::time("2026-01-02"),
        made: 0,
    };
    let mut commands = draw.commands(network::rules(&options), 200);
    for command in &mut commands {
        if let Verb::Order(order) = &mut command.verb {
            order
                .volumes
                .set(0, Volume(Volume::MAX.0 - draw.chance.below(9) as i64));
        }
    }
    // The same orders again and again under new ids, until nothing fits.
    let again: Vec<Command> = (0..12)
        .flat_map(|round| {
            commands.iter().skip(1).map(move |command| Command {
                id: format!("{}-{round}", command.id).into(),
                ..command.clone()
            })
        })
        .collect();
    commands.extend(again);
    let (alone, one_by_one) = run(&commands, || 1);
    let (together, in_one) = run(&commands, || usize::MAX);
    assert_eq!(alone, together);
    assert_eq!(one_by_one.full_digest(), in_one.full_digest());
    let over = alone
        .iter()
        .flatten_err()
        .filter(|number| *number == 60)
        .count();
    assert!(over > 10, "only {over} ran over");
}

trait FlattenErr<'a> {
    fn flatten_err(self) -> impl Iterator<Item = u16> + 'a;
}

impl<'a, I: Iterator<Item = &'a Outcome> + 'a> FlattenErr<'a> for I {
    fn flatten_err(self) -> impl Iterator<Item = u16> + 'a {
        self.filter_map(|outcome| Some(outcome.as_ref().err()?.number()))
    }
}

/// Drafts as they are told: before documents said what late refunds do, since, and with orders that somebody is written
/// down with.
fn drafts() -> Vec<Command> {
    let unsaid = Said {
        document: [3; 32],
        refunds: LateRefunds::UNSAID,
        paths: Paths::default(),
    };
    let since = Said {
        refunds: LateRefunds {
            after_close: AfterClose::ReverseLines,
            reversed: 1,
        },
        ..unsaid.clone()
    };
    vec![draft(unsaid), draft(since), posting_draft()]
}

/// A draft that has those above written down, in two trees active ones only.
fn posting_draft() -> Command {
    let mut paths = Paths::default();
    for (tree, compressed) in [(0, true), (1, true), (2, false)] {
        paths.add(Path { tree, compressed }, 7);
    }
    draft(Said {
        document: [3; 32],
        refunds: LateRefunds::UNSAID,
        paths,
    })
}

fn draft(said: Said) -> Command {
    Command {
        id: "draft".into(),
        at: Time(0),
        verb: Verb::DraftPlan(Box::new(DraftPlan {
            set: "main".into(),
            said,
        })),
    }
}

fn activation() -> Command {
    Command {
        id: "activation".into(),
        at: Time(0),
        verb: Verb::ActivatePlan(Box::new(ActivatePlan {
            set: "main".into(),
            version: 1,
        })),
    }
}

#[test]
fn garbled_bytes_are_refused_and_never_panic() {
    let mut draw = Draw {
        chance: Chance::new(3),
        now: network::time("2026-01-02"),
        made: 0,
    };
    let mut commands = draw.commands(network::rules(&TREES), 120);
    commands.extend(drafts());
    for command in &commands {
        let mut bytes = Vec::new();
        command.encode(&mut bytes);
        for cut in 0..bytes.len() {
            assert!(
                Command::decode(&bytes[..cut]).is_err(),
                "{command:?} cut at {cut}"
            );
        }
        bytes.push(0);
        assert!(
            Command::decode(&bytes).is_err(),
            "{command:?} and one byte more"
        );
        bytes.pop();
        for _ in 0..200 {
            let mut garbled = bytes.clone();
            for _ in 0..1 + draw.chance.below(3) {
                let at = draw.chance.below(garbled.len());
                garbled[at] = draw.chance.bits() as u8;
            }
            if let Ok(decoded) = Command::decode(&garbled) {
                assert_eq!(through_bytes(&decoded), decoded);
            }
        }
    }
}

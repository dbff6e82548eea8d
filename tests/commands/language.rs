//! The little language of the tables: one command a line, what came of it below, behind `>`.
//!
//! `at DAY` sets the time of what follows; `network OPTIONS` begins anew. Every command goes through its bytes, and what
//! a rejected one leaves is compared with what was before.

use arborline::base::after_close::AfterClose;
use arborline::base::ids::Text;
use arborline::base::number::Volume;
use arborline::base::path::Paths;
use arborline::base::time::Time;
use arborline::base::volumes::Volumes;
use arborline::engine::command::adjust::Adjust;
use arborline::engine::command::calendar::ExtendCalendar;
use arborline::engine::command::change::Change;
use arborline::engine::command::close::Close;
use arborline::engine::command::enrol::{Enrol, Placement};
use arborline::engine::command::found::Found;
use arborline::engine::command::move_leg::Move;
use arborline::engine::command::order::Order;
use arborline::engine::command::place::Place;
use arborline::engine::command::plan::{ActivatePlan, DraftPlan};
use arborline::engine::command::qualify::Qualify;
use arborline::engine::command::refund::{Extent, Refund};
use arborline::engine::command::status::SetStatus;
use arborline::engine::command::token::{CreateToken, RevokeToken};
use arborline::engine::command::update::Update;
use arborline::engine::command::{Command, Verb};
use arborline::engine::execute::execute_batch;
use arborline::engine::line::Line;
use arborline::engine::member::{MemberKind, Profile, Status};
use arborline::engine::outcome::Outcome;
use arborline::engine::plans::{LateRefunds, Said};
use arborline::engine::position::PlaceAt;
use arborline::engine::role::Role;
use arborline::engine::state::State;

use super::network;
use super::show::show;

/// A history as it is told.
pub(crate) struct Script {
    pub(crate) state: State,
    at: Time,
    facts: u64,
    atomic: Option<Vec<Command>>,
}

impl Default for Script {
    fn default() -> Script {
        Script {
            state: State::new(),
            at: network::time("2026-01-01"),
            facts: 0,
            atomic: None,
        }
    }
}

impl Script {
    /// Runs every line and gives the text with what came of it.
    pub(super) fn run(mut self, text: &str) -> String {
        let mut out = String::new();
        for line in text.lines().filter(|line| !line.starts_with("  >")) {
            out.push_str(line);
            out.push('\n');
            let words: Vec<&str> = line.split_whitespace().collect();
            for answer in self.answer(&words) {
                out.push_str("  > ");
                out.push_str(answer.trim_end());
                out.push('\n');
            }
        }
        out
    }

    /// Does what one line says, and gives what came of it.
    pub(crate) fn answer(&mut self, words: &[&str]) -> Vec<String> {
        match words {
            [] => Vec::new(),
            [word, ..] if word.starts_with('#') => Vec::new(),
            ["at", day] => {
                self.at = network::time(day);
                Vec::new()
            }
            ["empty"] => {
                *self = Script::default();
                Vec::new()
            }
            ["network", options @ ..] => {
                *self = Script::default();
                let command = self.found(options);
                self.execute(&command)
            }
            ["show", what @ ..] => show(&self.state, what),
            ["atomic"] => {
                self.atomic = Some(Vec::new());
                Vec::new()
            }
            ["end", id @ ..] => {
                let commands = self.atomic.take().expect("atomic comes before end");
                let command = Command {
                    id: id.first().map(|id| Text::from(*id)).unwrap_or_default(),
                    at: self.at,
                    verb: Verb::Atomic(commands),
                };
                self.execute(&command)
            }
            _ => {
                let command = self.command(words);
                if let Some(commands) = &mut self.atomic {
                    commands.push(command);
                    return Vec::new();
                }
                self.execute(&command)
            }
        }
    }

    /// Drafts a plan set of which only this is known to the engine, and activates it.
    pub(crate) fn activate(&mut self, set: &str, said: Said) -> Vec<String> {
        let latest = self.state.plans.latest(set);
        let version = latest.map_or(1, |latest| latest.version + 1);
        let draft = self.fact(Verb::DraftPlan(Box::new(DraftPlan {
            set: set.into(),
            said,
        })));
        let activate = self.fact(Verb::ActivatePlan(Box::new(ActivatePlan {
            set: set.into(),
            version,
        })));
        [self.execute(&draft), self.execute(&activate)].concat()
    }

    fn execute(&mut self, command: &Command) -> Vec<String> {
        let mut bytes = Vec::new();
        command.encode(&mut bytes);
        let decoded = Command::decode(&bytes).expect("what was encoded can be decoded");
        assert_eq!(decoded, *command, "the bytes hold the whole command");
        let mut out = Vec::new();
        let seq = self.state.as_of_seq + 1;
        let timer = self.state.next_timer();
        let before = self.state.contents_digest();
        execute_batch(&mut self.state, seq, self.at, &[decoded], &mut out);
        let outcome = out.pop().expect("one outcome a command");
        assert!(out.is_empty() && self.state.as_of_seq == seq);
        if outcome.is_err() && timer == self.state.next_timer() {
            let after = self.state.contents_digest();
            assert_eq!(before, after, "{command:?} was rejected and left a trace");
        }
        self.told(&outcome)
    }

    fn told(&self, outcome: &Outcome) -> Vec<String> {
        let accepted = match outcome {
            Err(rejection) => return vec![format!("{} {rejection:?}", rejection.number())],
            Ok(accepted) => accepted,
        };
        let mut lines = vec!["accepted".to_owned()];
        for choice in &accepted.choices {
            let rules = self.state.rules.as_ref().expect("a network");
            let tree = &rules.trees[usize::from(choice.tree)].name;
            let place = match choice.parent {
                Some((parent, 1)) => format!("under {}", self.state.members.id(parent)),
                Some((parent, n)) => format!("under {}.{n}", self.state.members.id(parent)),
                None if choice.waits => "waits".into(),
                None => "root".into(),
            };
            let leg = if choice.leg == 0 {
                String::new()
            } else {
                format!("/{}", choice.leg)
            };
            let centre = if choice.centre == 1 {
                String::new()
            } else {
                format!(".{}", choice.centre)
            };
            lines.push(format!("{tree}{centre} {place}{leg}"));
        }
        lines
    }

    fn found(&mut self, options: &[&str]) -> Command {
        let rules = network::rules(options);
        let verb = Verb::Found(Box::new(Found {
            document: [7; 32],
            rules,
        }));
        self.fact(verb)
    }

    fn fact(&mut self, verb: Verb) -> Command {
        self.facts += 1;
        let id = format!("fact-{}", self.facts);
        self.named(&id, verb)
    }

    fn named(&self, id: &str, verb: Verb) -> Command {
        Command {
            id: id.into(),
            at: self.at,
            verb,
        }
    }

    fn command(&mut self, words: &[&str]) -> Command {
        match words {
            ["found", options @ ..] => self.found(options),
            ["enrol", id, rest @ ..] => {
                let verb = Verb::Enrol(Box::new(enrol(rest)));
                self.named(id, verb)
            }
            ["update", id, rest @ ..] => {
                let verb = Verb::Update(Box::new(update(id, rest)));
                self.fact(verb)
            }
            ["status", id, status] => {
                let verb = Verb::Status(Box::new(SetStatus {
                    member: (*id).into(),
                    status: match *status {
                        "open" => Status::Open,
                        "suspended" => Status::Suspended,
                        _ => Status::Terminated,
                    },
                    reason: Some("why not".into()),
                }));
                self.fact(verb)
            }
            ["place", tree, who, place] => {
                let (member, centre) = seat(who);
                let verb = Verb::Place(Box::new(Place {
                    tree: (*tree).into(),
                    member,
                    centre,
                    place: place_at(place),
                }));
                self.fact(verb)
            }
            ["move", tree, who, to @ ..] => {
                let verb = Verb::Move(Box::new(move_to(tree, who, to)));
                self.fact(verb)
            }
            ["order", id, "by", who, rest @ ..] => {
                let verb = Verb::Order(order(who, rest));
                self.named(id, verb)
            }
            ["refund", id, "of", order, rest @ ..] => {
                let verb = Verb::Refund(Box::new(refund(order, rest)));
                self.named(id, verb)
            }
            ["adjust", id, "of", who, rest @ ..] => {
                let (member, centre) = seat(who);
                let verb = Verb::Adjust(Box::new(Adjust {
                    member,
                    centre,
                    volumes: volumes(rest),
                    reason: "a slip".into(),
                }));
                self.named(id, verb)
            }
            _ => self.command_without_members(words),
        }
    }

    fn command_without_members(&mut self, words: &[&str]) -> Command {
        match words {
            ["change", options @ ..] => {
                let begins = options.iter().find_map(|word| word.strip_prefix("begins="));
                let rules: Vec<&str> = options
                    .iter()
                    .copied()
                    .filter(|word| !word.starts_with("begins="))
                    .collect();
                let verb = Verb::Change(Box::new(Change {
                    told: Found {
                        document: [8; 32],
                        rules: network::rules(&rules),
                    },
                    begins: begins.map(Text::from),
                }));
                self.fact(verb)
            }
            ["close", period_type, period] => {
                let verb = Verb::Close(Box::new(Close {
                    period_type: (*period_type).into(),
                    period: (*period).into(),
                }));
                self.fact(verb)
            }
            ["token", id, role, member @ ..] => {
                let verb = Verb::CreateToken(Box::new(CreateToken {
                    hash: [id.len() as u8; 32],
                    role: match *role {
                        "admin" => Role::Admin,
                        _ => Role::Member,
                    },
                    member: member.first().map(|id| Text::from(*id)),
                    expires: Some(network::time("2027-01-01")),
                }));
                self.named(id, verb)
            }
            ["revoke", token] => {
                let verb = Verb::RevokeToken(Box::new(RevokeToken {
                    token: (*token).into(),
                }));
                self.fact(verb)
            }
            ["extend", period_type, periods @ ..] => {
                let split = |period: &&str| {
                    let (label, end) = period.split_once('=').expect("label=end");
                    (Text::from(label), network::time(end))
                };
                let (labels, ends) = periods.iter().map(split).unzip();
                let verb = Verb::ExtendCalendar(Box::new(ExtendCalendar {
                    period_type: (*period_type).into(),
                    ends,
                    labels,
                }));
                self.fact(verb)
            }
            ["time"] => self.named("", Verb::AdvanceTime),
            ["post", period_type, period, byte] => {
                let run = network::run(period_type, period, byte);
                self.named("", Verb::PostRun(Box::new(run)))
            }
            _ => self.command_of_plans(words),
        }
    }

    fn command_of_plans(&mut self, words: &[&str]) -> Command {
        match words {
            ["draft", set, byte, refunds @ ..] => {
                let byte: u8 = byte.parse().expect("a byte of the hash");
                let named = |one: &AfterClose| refunds.first() == Some(&one.name());
                let said = AfterClose::ALL.into_iter().find(named);
                let refunds = said.map_or(LateRefunds::UNSAID, |after_close| LateRefunds {
                    after_close,
                    reversed: u8::MAX,
                });
                let verb = Verb::DraftPlan(Box::new(DraftPlan {
                    set: (*set).into(),
                    said: Said {
                        document: [byte; 32],
                        refunds,
                        paths: Paths::default(),
                    },
                }));
                self.fact(verb)
            }
            ["activate", set, version] => {
                let verb = Verb::ActivatePlan(Box::new(ActivatePlan {
                    set: (*set).into(),
                    version: version.parse().expect("a number"),
                }));
                self.fact(verb)
            }
            [
                "override",
                member,
                ladder,
                rank,
                period_type,
                period,
                periods @ ..,
            ] => {
                let verb = Verb::Qualify(Box::new(Qualify {
                    member: (*member).into(),
                    ladder: (*ladder).into(),
                    rank: (*rank != "-").then(|| (*rank).into()),
                    period_type: (*period_type).into(),
                    period: (*period).into(),
                    periods: periods
                        .first()
                        .map_or(1, |periods| periods.parse().expect("a number")),
                    reason: "a promise".into(),
                }));
                self.fact(verb)
            }
            ["again", fact, words @ ..] => Command {
                id: (*fact).into(),
                ..self.command(words)
            },
            other => panic!("no such command: {other:?}"),
        }
    }
}

fn pairs<'a>(words: &'a [&'a str]) -> impl Iterator<Item = (&'a str, &'a str)> {
    words
        .iter()
        .map(|word| word.split_once('=').unwrap_or((word, "")))
}

fn seat(text: &str) -> (Text, u16) {
    match text.split_once('.') {
        None => (text.into(), 1),
        Some((id, centre)) => (id.into(), centre.parse().expect("a centre")),
    }
}

fn volumes(words: &[&str]) -> Volumes {
    let mut volumes = Volumes::default();
    for (key, value) in pairs(words) {
        if let Some(kind) = ["cv", "pv", "k2"].iter().position(|kind| *kind == key) {
            volumes.set(kind, value.parse().expect("a volume"));
        }
    }
    volumes
}

fn number(words: &[&str], key: &str) -> Option<Volume> {
    let (_, value) = pairs(words).find(|(k, _)| *k == key)?;
    Some(value.parse().expect("a number"))
}

fn text(words: &[&str], key: &str) -> Option<Text> {
    let (_, value) = pairs(words).find(|(k, _)| *k == key)?;
    Some(value.into())
}

fn kind(name: &str) -> MemberKind {
    match name {
        "customer" => MemberKind::Customer,
        "preferred" => MemberKind::Preferred,
        _ => MemberKind::Distributor,
    }
}

fn place_at(text: &str) -> PlaceAt {
    let mut parts = text.split(':');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("root"), ..) => PlaceAt::Root,
        (Some("tank"), ..) => PlaceAt::Tank,
        (Some("under"), Some(to), _) => {
            let (who, leg) = leg(to);
            let (parent, centre) = seat(who);
            PlaceAt::Under {
                parent,
                centre,
                leg,
            }
        }
        (Some("policy"), Some(name), under) => PlaceAt::Policy {
            policy: network::policy(name),
            under: under.map(Text::from),
        },
        other => panic!("no such place: {other:?}"),
    }
}

fn leg(text: &str) -> (&str, Option<u8>) {
    match text.split_once('/') {
        None => (text, None),
        Some((who, leg)) => (who, Some(leg.parse().expect("a leg"))),
    }
}

fn enrol(words: &[&str]) -> Enrol {
    let (enroller, words) = match words {
        ["by", enroller, rest @ ..] => (Some(Text::from(*enroller)), rest),
        rest => (None, rest),
    };
    let mut placements = Vec::new();
    for (key, value) in pairs(words) {
        if !["kind", "country", "currency", "zone", "tags"].contains(&key) {
            placements.push(Placement {
                tree: key.into(),
                place: place_at(value),
            });
        }
    }
    let tags = text(words, "tags").unwrap_or_default();
    Enrol {
        kind: kind(&text(words, "kind").unwrap_or_default()),
        enroller,
        profile: Profile {
            country: text(words, "country"),
            currency: text(words, "currency"),
            zone: text(words, "zone"),
            tags: tags
                .split(',')
                .filter(|t| !t.is_empty())
                .map(Text::from)
                .collect(),
        },
        placements,
    }
}

fn update(id: &str, words: &[&str]) -> Update {
    let clears = |key| text(words, key).map(|value| Some(value).filter(|v| !v.is_empty()));
    Update {
        member: id.into(),
        kind: text(words, "kind").map(|name| kind(&name)),
        country: clears("country"),
        currency: clears("currency"),
        zone: clears("zone"),
        tags: text(words, "tags").map(|tags| {
            tags.split(',')
                .filter(|t| !t.is_empty())
                .map(Text::from)
                .collect()
        }),
        default_leg: text(words, "leg").map(|leg| leg.parse().expect("a leg")),
    }
}

fn move_to(tree: &str, who: &str, to: &[&str]) -> Move {
    let (member, centre) = seat(who);
    let (parent, leg) = match to {
        ["root"] => (None, None),
        ["under", to] => {
            let (who, leg) = leg(to);
            (Some(seat(who)), leg)
        }
        other => panic!("no such move: {other:?}"),
    };
    let (parent, parent_centre) = parent.map_or((None, 1), |(id, n)| (Some(id), n));
    Move {
        tree: tree.into(),
        member,
        centre,
        parent,
        parent_centre,
        leg,
    }
}

fn order(who: &str, words: &[&str]) -> Order {
    let (member, centre) = seat(who);
    let lines = number(words, "lines").map_or(0, |lines| lines.0 / 10_000);
    Order {
        member,
        centre,
        volumes: volumes(words),
        amount: number(words, "amount").unwrap_or_default(),
        currency: text(words, "currency"),
        class: text(words, "class"),
        lines: (0..lines)
            .map(|line| Line {
                sku: format!("sku-{line}").into(),
                quantity: Volume(10_000),
                volumes: volumes(words),
                amount: Volume(line),
            })
            .collect(),
    }
}

fn refund(order: &str, words: &[&str]) -> Refund {
    let amount = number(words, "amount");
    let volumes = volumes(words);
    Refund {
        order: order.into(),
        extent: match (words, amount) {
            (["full"], _) => Extent::Full,
            (_, Some(amount)) if volumes.is_zero() => Extent::Amount(amount),
            (_, amount) => Extent::Volumes(volumes, amount.unwrap_or_default()),
        },
        reason: None,
    }
}

//! Commands one by one: accepted with the seats given, or the numbers of all rejections that apply.

use std::collections::BTreeMap;
use std::rc::Rc;

use arborline::base::ids::Text;
use arborline::base::limits::FUTURE_MS_MAX;
use arborline::base::time::{DAY_MS, Time};
use arborline::engine::command::token::CreateToken;
use arborline::engine::command::{Command, Verb};
use arborline::engine::rules::{ClockMode, Rules};

use super::trees::Tree;
use super::world::{Calendar, Token, World};

/// Numbers of the rejections, as the documentation fixes them.
pub(crate) mod no {
    pub(crate) const DUPLICATE: u16 = 1;
    pub(crate) const NO_NETWORK: u16 = 2;
    pub(crate) const ALREADY_FOUNDED: u16 = 3;
    pub(crate) const UNKNOWN_NAME: u16 = 4;
    pub(crate) const BAD_RULES: u16 = 5;
    pub(crate) const NOT_CONTINUED: u16 = 6;
    pub(crate) const AT_IN_FUTURE: u16 = 10;
    pub(crate) const OLDER_THAN_MEMORY: u16 = 11;
    pub(crate) const UNKNOWN_MEMBER: u16 = 20;
    pub(crate) const UNKNOWN_CENTRE: u16 = 21;
    pub(crate) const UNKNOWN_ORDER: u16 = 22;
    pub(crate) const UNKNOWN_PERIOD: u16 = 23;
    pub(crate) const UNKNOWN_TOKEN: u16 = 24;
    pub(crate) const UNKNOWN_PLAN: u16 = 25;
    pub(crate) const UNKNOWN_VERSION: u16 = 26;
    pub(crate) const TERMINATED: u16 = 30;
    pub(crate) const WRONG_KIND: u16 = 31;
    pub(crate) const STATUS_UNCHANGED: u16 = 32;
    pub(crate) const HAS_DOWNLINE: u16 = 33;
    pub(crate) const CUSTOMERS_WANTED: u16 = 34;
    pub(crate) const SEAT_TAKEN: u16 = 40;
    pub(crate) const NO_SUCH_LEG: u16 = 41;
    pub(crate) const ALREADY_PLACED: u16 = 42;
    pub(crate) const NOT_PLACED: u16 = 43;
    pub(crate) const OUTSIDE_ENROLLER: u16 = 44;
    pub(crate) const CYCLE: u16 = 45;
    pub(crate) const MOVE_TOO_LARGE: u16 = 46;
    pub(crate) const TOO_MANY_CENTRES: u16 = 47;
    pub(crate) const NO_OPEN_POSITION: u16 = 48;
    pub(crate) const OVERFLOW: u16 = 60;
    pub(crate) const REFUND_TOO_LARGE: u16 = 61;
    pub(crate) const REFUND_TOO_LATE: u16 = 62;
    pub(crate) const NEGATIVE: u16 = 63;
    pub(crate) const PERIOD_OPEN: u16 = 70;
    pub(crate) const PERIOD_CLOSED: u16 = 71;
    pub(crate) const NOT_DUE: u16 = 72;
    pub(crate) const ATOMIC_REFUSED: u16 = 90;
}

/// A seat that was given, by members' numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seated {
    /// Which of the commands that happened together.
    pub(crate) part: usize,
    pub(crate) tree: usize,
    pub(crate) centre: u16,
    pub(crate) parent: Option<(usize, u16)>,
    pub(crate) leg: u8,
    pub(crate) waits: bool,
}

/// Accepted with the seats given, or all that is against it.
pub(crate) type Verdict = Result<Vec<Seated>, Wrong>;

/// All reasons found against a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wrong {
    numbers: Vec<u16>,
    /// Of commands that were to happen together: which one was wrong first, and its lowest reason.
    pub(crate) part: Option<(usize, u16)>,
}

impl From<u16> for Wrong {
    fn from(number: u16) -> Wrong {
        Wrong {
            numbers: vec![number],
            part: None,
        }
    }
}

impl Wrong {
    pub(crate) fn note(&mut self, number: u16) {
        self.numbers.push(number);
    }

    pub(crate) fn check(&mut self, wrong: bool, number: u16) {
        if wrong {
            self.note(number);
        }
    }

    pub(crate) fn take<T, W: Into<Wrong>>(&mut self, result: Result<T, W>) -> Option<T> {
        result
            .map_err(|wrong| self.numbers.extend(wrong.into().numbers))
            .ok()
    }

    pub(crate) fn done(&self) -> Result<(), Wrong> {
        if self.numbers.is_empty() {
            return Ok(());
        }
        Err(self.clone())
    }

    /// The lowest reason.
    pub(crate) fn lowest(&self) -> u16 {
        *self.numbers.iter().min().expect("there is a reason")
    }
}

impl World {
    /// One logged command.
    pub(crate) fn step(&mut self, seq: u64, stamp: Time, command: &Command) -> Verdict {
        self.seq = seq;
        let clock = match (&self.rules, &command.verb) {
            (Some(rules), _) => Some(rules.clock),
            (None, Verb::Found(found)) => Some(found.rules.clock),
            (None, _) => None,
        };
        match clock {
            Some(ClockMode::Events) => self.advance(latest(command)),
            _ => self.advance(stamp),
        }
        self.attempt(seq, command)
    }

    /// Judges and writes a command; a refused one leaves no trace. Single commands are judged before they write, of
    /// several the last may be refused when the first are written.
    fn attempt(&mut self, seq: u64, command: &Command) -> Verdict {
        if !matches!(command.verb, Verb::Atomic(_)) {
            return self.judge(seq, command);
        }
        let before = self.clone();
        let verdict = self.judge(seq, command);
        if verdict.is_err() {
            *self = before;
        }
        verdict
    }

    fn judge(&mut self, seq: u64, command: &Command) -> Verdict {
        let parts = match &command.verb {
            Verb::Atomic(parts) => parts.as_slice(),
            _ => std::slice::from_ref(command),
        };
        let known = |part: &Command| self.id_space(part).contains_key(&part.id);
        if parts.iter().any(|part| has_id(part) && known(part)) {
            return Err(no::DUPLICATE.into());
        }
        match (&self.rules, &command.verb) {
            (None, Verb::Found(found)) => self.found(command.at, &found.rules),
            (None, _) => return Err(no::NO_NETWORK.into()),
            (Some(_), Verb::Found(_)) => return Err(no::ALREADY_FOUNDED.into()),
            _ => {}
        }
        let mut wrong = Wrong::default();
        self.check_time(&mut wrong, command);
        if wrong.done().is_err() {
            // What else is wrong is found on a copy.
            wrong.take(self.clone().carry_out(seq, command));
        }
        wrong.done()?;
        let seated = self.carry_out(seq, command)?;
        let space = match command.verb {
            Verb::Enrol(_) => &mut self.member_ids,
            Verb::Order(_) => &mut self.sale_ids,
            _ => &mut self.fact_ids,
        };
        if has_id(command) {
            space.insert(command.id.clone(), seq);
        }
        Ok(seated)
    }

    /// The ids that a command's own must not repeat.
    fn id_space(&self, command: &Command) -> &BTreeMap<Text, u64> {
        match command.verb {
            Verb::Enrol(_) => &self.member_ids,
            Verb::Order(_) => &self.sale_ids,
            _ => &self.fact_ids,
        }
    }

    fn check_time(&self, wrong: &mut Wrong, command: &Command) {
        // The runtime's own commands; and of several together only the parts happen at a time.
        let ours = matches!(
            command.verb,
            Verb::AdvanceTime | Verb::ExtendCalendar(_) | Verb::PostRun(_) | Verb::Atomic(_)
        );
        let wall = self.law().clock == ClockMode::Wall && !ours;
        wrong.check(
            wall && command.at.0 > self.time.0 + FUTURE_MS_MAX,
            no::AT_IN_FUTURE,
        );
        let volume = matches!(
            command.verb,
            Verb::Order(_) | Verb::Refund(_) | Verb::Adjust(_)
        );
        wrong.check(
            volume && command.at < self.memory_starts(),
            no::OLDER_THAN_MEMORY,
        );
    }

    /// From when on ids are remembered: the days the rules say, the refund days, and the open, the rolled and the last
    /// closed period of every type.
    fn memory_starts(&self) -> Time {
        let days = i64::from(self.law().refund_days.max(self.law().id_memory_days));
        let refunds = self.time.0 - days * DAY_MS;
        let periods = self.calendars.iter().map(|calendar| {
            let books = [&calendar.closed, &calendar.branch].into_iter().flatten();
            let periods = books.map(|book| book.period).chain([calendar.current]);
            calendar.starts[periods.min().expect("one at least")].0
        });
        Time(periods.chain([refunds]).min().expect("one at least"))
    }

    fn carry_out(&mut self, seq: u64, command: &Command) -> Verdict {
        let nothing = |()| Vec::new();
        match &command.verb {
            Verb::Found(_) | Verb::AdvanceTime => Ok(Vec::new()),
            Verb::Change(change) => self.change(seq, change).map(nothing),
            Verb::Enrol(enrol) => self.enrol(&command.id, command.at, enrol),
            Verb::Update(update) => self.update(update),
            Verb::Status(status) => self.set_status(status).map(nothing),
            Verb::Place(place) => self.place(place),
            Verb::Move(asked) => self.move_leg(asked),
            Verb::Order(order) => self.order(&command.id, command.at, order).map(nothing),
            Verb::Refund(refund) => self.refund(command.at, refund).map(nothing),
            Verb::Adjust(adjust) => self.adjust(command.at, adjust).map(nothing),
            Verb::Close(close) => {
                let of = self
                    .period_type(&close.period_type)
                    .ok_or(no::UNKNOWN_NAME)?;
                self.close(of, &close.period).map(nothing)
            }
            Verb::CreateToken(token) => self.create_token(command, token).map(nothing),
            Verb::RevokeToken(revoke) => {
                let token = self.tokens.get_mut(&revoke.token);
                let token = token.filter(|token| !token.revoked);
                token.ok_or(no::UNKNOWN_TOKEN)?.revoked = true;
                Ok(Vec::new())
            }
            Verb::DraftPlan(plan) => {
                self.draft_plan(seq, plan);
                Ok(Vec::new())
            }
            Verb::ActivatePlan(plan) => self.activate_plan(plan).map(nothing),
            Verb::PostRun(run) => {
                let of = self.period_type(&run.period_type).ok_or(no::UNKNOWN_NAME)?;
                self.post(of, &run.period).map(nothing)
            }
            Verb::Qualify(told) => self.qualify(seq, told).map(nothing),
            Verb::ExtendCalendar(extend) => {
                let of = self
                    .period_type(&extend.period_type)
                    .ok_or(no::UNKNOWN_NAME)?;
                let calendar = &mut self.calendars[of];
                let goes_on = extend.ends.first() > calendar.starts.last();
                if !goes_on || calendar.labels.contains(&extend.labels[0]) {
                    return Err(no::BAD_RULES.into());
                }
                calendar.starts.extend(&extend.ends);
                calendar.labels.extend(extend.labels.iter().cloned());
                Ok(Vec::new())
            }
            Verb::Atomic(commands) => {
                let mut seated = Vec::new();
                for (part, command) in commands.iter().enumerate() {
                    let its = self.attempt(seq, command).map_err(|wrong| Wrong {
                        part: Some((part, wrong.lowest())),
                        ..Wrong::from(no::ATOMIC_REFUSED)
                    })?;
                    seated.extend(its.into_iter().map(|seat| Seated { part, ..seat }));
                }
                Ok(seated)
            }
        }
    }

    fn create_token(&mut self, command: &Command, token: &CreateToken) -> Result<(), Wrong> {
        let member = match &token.member {
            None => None,
            Some(id) => Some(self.person(id).ok_or(no::UNKNOWN_MEMBER)?),
        };
        let kept = Token {
            hash: token.hash,
            member,
            expires: token.expires,
            revoked: false,
        };
        self.tokens.insert(command.id.clone(), kept);
        Ok(())
    }

    fn found(&mut self, at: Time, rules: &Rules) {
        self.trees = rules
            .trees
            .iter()
            .map(|tree| Tree::new(tree.shape))
            .collect();
        let company = self.trees.len();
        self.people[0].seats = vec![vec![0]; company];
        self.people[0].alternated = vec![0; company];
        let calendars = rules.period_types.iter().map(|of| {
            let mut calendar = Calendar {
                starts: of.starts.clone(),
                labels: of.labels.clone(),
                current: 0,
                first: 0,
                branch: None,
                closed: None,
                due: Vec::new(),
                past: Vec::new(),
                paid: Vec::new(),
            };
            calendar.current = calendar.period_of(self.time.max(at)).unwrap_or(0);
            calendar.first = calendar.current;
            calendar
        });
        self.calendars = calendars.collect();
        self.rules = Some(Rc::new(rules.clone()));
    }
}

/// The latest time in a command: of several that happen together, that of the last.
fn latest(command: &Command) -> Time {
    match &command.verb {
        Verb::Atomic(commands) => commands.iter().map(latest).fold(command.at, Time::max),
        _ => command.at,
    }
}

/// Whether a command is known by an id of its own: the runtime's are not, and several that happen together by theirs.
fn has_id(command: &Command) -> bool {
    !matches!(
        command.verb,
        Verb::AdvanceTime | Verb::ExtendCalendar(_) | Verb::PostRun(_) | Verb::Atomic(_)
    )
}

//! The state: everything that follows from the log so far. It can be forked for readers.
//!
//! Only [`execute_batch`](crate::engine::execute::execute_batch) changes it. Must not know how it is locked or stored.

use std::sync::Arc;

use xxhash_rust::xxh3::Xxh3;

use crate::base::ids::{COMPANY, Member};
use crate::base::path::Paths;
use crate::base::time::Time;
use crate::book::forest::{Forest, Standing};
use crate::book::rules::{Activity, CHAIN_RUN, Kept, Window};
use crate::engine::book::Closing;
use crate::engine::corrections::Corrections;
use crate::engine::facts::Facts;
use crate::engine::fold::Fold;
use crate::engine::members::Members;
use crate::engine::orders::Orders;
use crate::engine::overrides::Overrides;
use crate::engine::periods::{PeriodState, Periods};
use crate::engine::plans::{PlanVersion, Plans};
use crate::engine::posted::Posted;
use crate::engine::rules::{ClockMode, Rules};
use crate::engine::runs::Runs;
use crate::engine::served::Served;
use crate::engine::timers::Timers;
use crate::engine::tokens::Tokens;
use crate::tree::rules::{CustomerLevel, Policy, Shape, Termination, TreeRules};

/// The start of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Begins {
    /// Index of its type.
    pub period_type: usize,
    /// Which period of that type.
    pub ordinal: u32,
    /// Its first instant.
    pub at: Time,
}

/// Rules that have been told and take effect later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The rules.
    pub rules: Arc<Rules>,
    /// BLAKE3 of their document.
    pub document: [u8; 32],
    /// When they take effect.
    pub begins: Begins,
    /// Sequence of the command that told them.
    pub seq: u64,
}

/// All that follows from the log.
pub struct State {
    /// Sequence of the last command executed; 0 before the first.
    pub as_of_seq: u64,
    /// Machine time after that command.
    pub as_of_time: Time,
    /// The rules; none before the network is founded.
    pub rules: Option<Arc<Rules>>,
    /// All rules there have been, each with the sequence of the first command judged by them; the last are in force.
    pub laws: Arc<Vec<(u64, Arc<Rules>)>>,
    /// BLAKE3 of the network document; zeros before the network is founded.
    pub document: [u8; 32],
    /// Rules that have been told and are not in force yet.
    pub pending: Option<Arc<Pending>>,
    /// Trees with the figures of all current periods.
    pub forest: Forest,
    /// Members and their ids.
    pub members: Members,
    /// Orders and their ids.
    pub orders: Orders,
    /// Who stood above them, where plan sets judge at the order.
    pub posted: Posted,
    /// Refunds and adjustments.
    pub corrections: Corrections,
    /// What customers bought in the running period, where the right to enrol asks for it.
    pub served: Served,
    /// Ids of all other facts.
    pub facts: Facts,
    /// Calendars, current periods and the books of those that rolled.
    pub periods: Periods,
    /// Tokens.
    pub tokens: Tokens,
    /// Plan sets.
    pub plans: Plans,
    /// Runs posted: periods that were paid.
    pub runs: Runs,
    /// Ranks that members are paid as whatever they meet.
    pub overrides: Overrides,
    pub(crate) timers: Timers,
    pub(crate) fold: Fold,
}

impl Default for State {
    fn default() -> State {
        State::new()
    }
}

impl State {
    /// The state before any command: no network, nobody but the hidden company.
    #[must_use]
    pub fn new() -> State {
        let tree = TreeRules {
            name: "enroller".into(),
            shape: Shape::List,
            placement: Policy::UnderEnroller,
            customer_level: CustomerLevel::Own,
            termination: Termination::EmptySeat,
            centres: 1,
            move_max: 0,
        };
        let activity = Activity {
            kind: 0,
            at_least: crate::base::number::Volume(1),
            window: Window::Period(0),
        };
        let forest = Forest::new(&Kept {
            kinds: 1,
            periods: 1,
            trees: std::slice::from_ref(&tree),
            activity: &activity,
            thresholds: &[],
            kernels: &[],
            chain_run: CHAIN_RUN,
        });
        State {
            as_of_seq: 0,
            as_of_time: Time::MIN,
            rules: None,
            laws: Arc::default(),
            document: [0; 32],
            pending: None,
            forest,
            members: Members::new(1),
            orders: Orders::new(1),
            posted: Posted::new(),
            corrections: Corrections::new(1),
            served: Served::new(),
            facts: Facts::new(),
            periods: Periods::none(),
            tokens: Tokens::default(),
            plans: Plans::default(),
            runs: Runs::default(),
            overrides: Overrides::default(),
            timers: Timers::default(),
            fold: Fold::new(),
        }
    }

    /// A second state equal to this one, for reading: pages are shared until this one writes them. It has no timers.
    /// O(pages): 0.02 ms for a million members.
    #[must_use]
    pub fn fork(&mut self) -> State {
        State {
            as_of_seq: self.as_of_seq,
            as_of_time: self.as_of_time,
            rules: self.rules.clone(),
            laws: Arc::clone(&self.laws),
            document: self.document,
            pending: self.pending.clone(),
            forest: self.forest.fork(),
            members: self.members.fork(),
            orders: self.orders.fork(),
            posted: self.posted.fork(),
            corrections: self.corrections.fork(),
            served: self.served.fork(),
            facts: self.facts.fork(),
            periods: self.periods.fork(),
            tokens: self.tokens.clone(),
            plans: self.plans.clone(),
            runs: self.runs.clone(),
            overrides: self.overrides.clone(),
            timers: Timers::default(),
            fold: self.fold,
        }
    }

    /// When what happens now happens, by a wall clock: where time follows the commands, none of itself may move it.
    #[must_use]
    pub fn present(&self, wall: Time) -> Time {
        match self.rules.as_deref().map(|rules| rules.clock) {
            Some(ClockMode::Events) => self.as_of_time,
            Some(ClockMode::Wall) | None => wall,
        }
    }

    /// A second state that can go on by itself: a fork with its timers. O(pages + timers).
    #[must_use]
    pub fn twin(&mut self) -> State {
        State {
            timers: self.timers.clone(),
            ..self.fork()
        }
    }

    /// The next instant at which something happens by itself; the runtime then logs `time.advanced`. None on a fork.
    #[must_use]
    pub fn next_timer(&self) -> Option<Time> {
        self.timers.next()
    }

    /// A digest of every outcome and every timer so far, in order, with the running totals. O(period types x kinds).
    #[must_use]
    pub fn digest(&self) -> u64 {
        let mut fold = self.fold;
        fold.add(self.as_of_seq);
        fold.add(self.as_of_time.0 as u64);
        fold.add(u64::from(self.members.len()));
        fold.add(u64::from(self.orders.len()));
        fold.add(u64::from(self.corrections.len()));
        for period_type in self.periods.iter() {
            fold.add(u64::from(period_type.current()));
            for &total in period_type.totals() {
                fold.add(total as u64);
            }
        }
        fold.value()
    }

    /// A digest of what [`State::digest`] and [`State::contents_digest`] see. O(all).
    #[must_use]
    pub fn full_digest(&self) -> u64 {
        let mut fold = Fold::new();
        fold.add(self.digest());
        fold.add(self.contents_digest());
        fold.value()
    }

    /// A digest of all members, orders, figures, tokens, plan sets and runs, walking everything: what a rejected command
    /// leaves as it was. O(all).
    #[must_use]
    pub fn contents_digest(&self) -> u64 {
        let mut hash = Xxh3::new();
        for member in 0..self.members.len() {
            self.hash_member(member, &mut hash);
        }
        for order in 0..self.orders.len() {
            hash.update(self.orders.id(order).as_bytes());
            hash.update(format!("{:?}", self.orders.row(order)).as_bytes());
            hash_units(&mut hash, self.orders.volumes(order).units());
            for path in self.posted.of(order) {
                hash.update(format!("{path:?}").as_bytes());
            }
        }
        for correction in 0..self.corrections.len() {
            hash.update(format!("{:?}", self.corrections.row(correction)).as_bytes());
            hash_units(&mut hash, self.corrections.volumes(correction).units());
        }
        for fact in 0..self.facts.len() {
            hash.update(self.facts.id(fact).as_bytes());
        }
        for token in self.tokens.iter() {
            hash.update(format!("{token:?}").as_bytes());
        }
        for version in self.plans.versions() {
            hash.update(format!("{version:?}").as_bytes());
        }
        for one in self.overrides.all() {
            hash.update(format!("{one:?}").as_bytes());
        }
        for activation in self.plans.activations() {
            hash.update(format!("{activation:?}").as_bytes());
        }
        for run in self.runs.iter() {
            hash.update(format!("{run:?}").as_bytes());
        }
        hash.update(&self.document);
        if let Some(pending) = &self.pending {
            hash.update(&pending.document);
            hash_units(&mut hash, &[pending.begins.at.0, pending.seq as i64]);
        }
        self.hash_books(&mut hash);
        hash.digest()
    }

    fn hash_member(&self, member: Member, hash: &mut Xxh3) {
        let members = &self.members;
        if member != COMPANY {
            hash.update(members.id(member).as_bytes());
        }
        let seats: Vec<_> = members.seats(member).collect();
        let shown = format!(
            "{:?} {:?} {:?} {:?} {} {:?} {} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
            members.kind(member),
            members.status(member),
            members.default_leg(member),
            members.enrolled_by(member),
            members.enrolled(member),
            members.joined(member),
            members.first_seq(member),
            members.active_until(member),
            members.country(member),
            members.currency(member),
            members.zone(member),
            members.tags(member),
            members.last_order(member),
            seats,
        );
        hash.update(shown.as_bytes());
    }

    fn hash_books(&self, hash: &mut Xxh3) {
        let Some(rules) = &self.rules else { return };
        if let Some(rule) = rules.customers_first {
            let period = self.periods.get(usize::from(rule.period)).current();
            for member in 0..self.members.len() {
                hash_units(hash, &[self.served.of(member, period).0]);
            }
        }
        let all = 0..rules.period_types.len();
        hash_forest(&self.forest, rules, all, hash);
        for (index, period_type) in self.periods.iter().enumerate() {
            let branch = period_type.branch.as_ref();
            let closed = period_type.closed();
            hash.update(format!("{:?}", branch.map(|b| (b.ordinal, b.cutoff))).as_bytes());
            hash.update(format!("{:?}", closed.map(|b| (b.ordinal, b.closed, b.seq))).as_bytes());
            for due in period_type.due() {
                hash.update(format!("{:?}", (due.ordinal, due.closed, due.seq)).as_bytes());
            }
            for book in period_type.books() {
                hash.update(&book.ordinal.to_le_bytes());
            }
            let books = [
                branch.map(|book| (&book.forest, &book.rules)),
                closed.map(|book| (&book.forest, &book.rules)),
            ];
            for (forest, rules) in books.into_iter().flatten() {
                hash_forest(forest, rules, index..index + 1, hash);
            }
        }
    }

    /// The rules by which the command with this sequence was judged; the first ones for any before them.
    ///
    /// O(changes there have been); none before the network is founded.
    #[must_use]
    pub fn rules_at(&self, seq: u64) -> Option<&Arc<Rules>> {
        let mut latest = self.laws.iter().rev();
        let held = latest
            .find(|(since, _)| *since <= seq)
            .or(self.laws.first());
        held.map(|(_, rules)| rules)
    }

    /// The version of a plan set by which a period of a type is worked out, and the rules it was drafted under. O(log
    /// activations + changes there have been).
    #[must_use]
    pub fn plan_of(&self, period_type: usize, ordinal: u32) -> Option<(&PlanVersion, &Arc<Rules>)> {
        let periods = self.periods.get(period_type);
        let (start, end) = (periods.start(ordinal), periods.end(ordinal));
        let version = self.plans.in_force(start, end)?;
        Some((version, self.rules_at(version.seq)?))
    }

    /// Who is written down with an order that comes now: what the sets ask for by which it may be worked out, in the running
    /// periods and in those that still take late orders, and the set activated last. O(1) where no set ever asked.
    #[must_use]
    pub fn posts(&self) -> Paths {
        let mut paths = Paths::default();
        if !self.plans.posts() {
            return paths;
        }
        let last = self.plans.activations().last();
        let last = last.map(|last| self.plans.activated(last));
        let open = self.periods.iter().flat_map(|periods| {
            let rolled = periods.branch.as_ref().map(|branch| branch.ordinal);
            let open = [Some(periods.current()), rolled].into_iter().flatten();
            open.map(|ordinal| (periods.start(ordinal), periods.end(ordinal)))
        });
        let open = open.filter_map(|(start, end)| self.plans.in_force(start, end));
        for version in open.chain(last) {
            for (path, levels) in version.paths.iter() {
                paths.add(path, levels);
            }
        }
        paths
    }

    /// A period type, and what closing a period of it takes beside it.
    pub(crate) fn closing(
        &mut self,
        period_type: usize,
        (time, seq): (Time, u64),
    ) -> (&mut PeriodState, Closing<'_>) {
        let closing = Closing {
            time,
            seq,
            members: &mut self.members,
            period_type,
            plans: &self.plans,
        };
        (self.periods.get_mut(period_type), closing)
    }

    /// Puts rules into force for commands from a sequence on.
    pub(crate) fn set_rules(&mut self, rules: Arc<Rules>, document: [u8; 32], seq: u64) {
        Arc::make_mut(&mut self.laws).push((seq, Arc::clone(&rules)));
        self.rules = Some(rules);
        self.document = document;
    }

    /// The rules of a founded network.
    pub(crate) fn founded(&self) -> &Arc<Rules> {
        self.rules
            .as_ref()
            .expect("commands other than the founding are judged after it")
    }
}

fn hash_units(hash: &mut Xxh3, units: &[i64]) {
    for unit in units {
        hash.update(&unit.to_le_bytes());
    }
}

fn hash_forest(forest: &Forest, rules: &Rules, periods: std::ops::Range<usize>, hash: &mut Xxh3) {
    for tree in 0..rules.trees.len() {
        for seat in 0..forest.seats(tree) {
            let Standing { counted, active } = forest.standing(tree, seat);
            let links = [
                u64::from(forest.owner(tree, seat)),
                forest.parent(tree, seat).map_or(u64::MAX, u64::from),
                u64::from(forest.leg(tree, seat)),
                u64::from(forest.is_waiting(tree, seat)),
                u64::from(counted) << 1 | u64::from(active),
                u64::from(forest.downline(tree, seat)),
                u64::from(forest.active_downline(tree, seat)),
                u64::from(forest.frontline(tree, seat)),
                u64::from(forest.active_frontline(tree, seat)),
            ];
            hash_units(hash, &links.map(|link| link as i64));
            for period in periods.clone() {
                for kind in 0..rules.kinds.len() {
                    hash_units(
                        hash,
                        &[
                            forest.own(tree, seat, period, kind),
                            forest.group(tree, seat, period, kind),
                        ],
                    );
                }
            }
        }
    }
}

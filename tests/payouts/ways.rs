//! Ways to a rank are true: what they ask for, told to the engine, brings the rank, and one unit less does not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arborline::base::ids::Text;
use arborline::base::number::Volume;
use arborline::document::plan::set::parse;
use arborline::engine::command::enrol::{Enrol, Placement};
use arborline::engine::command::order::Order;
use arborline::engine::command::{Command, Verb, Volumes};
use arborline::engine::execute::execute_batch;
use arborline::engine::member::{MemberKind, Profile};
use arborline::engine::position::PlaceAt;
use arborline::engine::state::State;
use arborline::plan::set::PlanSet;
use arborline::plan::standing::Standing;
use arborline::tree::rules::Policy;
use arborline::view::era::Asked;
use arborline::view::lens::Lens;
use arborline::view::payout::Payout;
use arborline::view::rank::{Progress, RankProgress, progress};
use arborline::view::rank_ways::{StepAnswer, WayAnswer};

use super::histories::Drawn;
use crate::chance::{Chance, scale};
use crate::histories::commands::{Lean, Writer};
use crate::histories::play::{Batch, Pair};
use crate::histories::{founding, laws, stamp};

/// What was tried, by the sort of step.
type Tried = BTreeMap<String, u32>;

/// A member on his way to a rank of a ladder.
struct Climb<'a> {
    state: &'a mut State,
    set: Arc<PlanSet>,
    asked: Asked,
    member: String,
    ladder: String,
    rank: String,
}

impl Climb<'_> {
    fn look(&self, state: &mut State) -> RankProgress {
        let state = Arc::new(state.fork());
        let opening = Arc::new(Standing::default());
        let payout = Payout::of(state, Arc::clone(&self.set), self.asked, opening);
        let payout = payout.expect("amounts within the range");
        let (ladder, rank) = (Some(self.ladder.as_str()), Some(self.rank.as_str()));
        progress(&payout.worked(), &self.member, ladder, rank).expect("a ladder and a rank")
    }

    /// The state after the steps; none where one of them cannot be told to this network.
    fn after(&mut self, steps: &[StepAnswer]) -> Option<State> {
        let mut state = self.state.twin();
        let mut told = Telling {
            state: &mut state,
            member: &self.member,
            period: self.asked.period,
            told: 0,
        };
        let mut own = Volumes::default();
        for step in steps.iter().filter(|step| step.what == "own") {
            own.set(told.kind(step)?, amount(step));
        }
        if !own.is_zero() {
            let buyer = told.member.to_owned();
            told.order(&buyer, own)?;
        }
        for step in steps.iter().filter(|step| step.what != "own") {
            told.step(step)?;
        }
        Some(state)
    }
}

fn amount(step: &StepAnswer) -> Volume {
    step.amount.parse().expect("a volume")
}

/// Steps told to an engine.
struct Telling<'a> {
    state: &'a mut State,
    member: &'a str,
    period: usize,
    told: u32,
}

impl Telling<'_> {
    fn kind(&self, step: &StepAnswer) -> Option<usize> {
        let rules = self.state.rules.as_ref()?;
        let name = step.volume.as_deref()?;
        rules.kinds.iter().position(|kind| kind == name)
    }

    fn execute(&mut self, verb: Verb) -> Option<Text> {
        self.told += 1;
        let id = Text::from(format!("way-{}", self.told));
        let command = Command {
            id: id.clone(),
            at: self.state.as_of_time,
            verb,
        };
        let (seq, stamp) = (self.state.as_of_seq + 1, self.state.as_of_time);
        let mut outcomes = Vec::new();
        execute_batch(self.state, seq, stamp, &[command], &mut outcomes);
        outcomes.pop()?.is_ok().then_some(id)
    }

    fn order(&mut self, buyer: &str, volumes: Volumes) -> Option<()> {
        let order = Order {
            member: Text::from(buyer),
            centre: 1,
            volumes,
            amount: Volume::ZERO,
            currency: None,
            class: None,
            lines: Vec::new(),
        };
        self.execute(Verb::Order(order)).map(|_| ())
    }

    /// A leg of the member by what it holds, the largest first, or that with a number.
    fn leg(&self, step: &StepAnswer, which: impl Fn(&[(i64, u32)]) -> Option<u32>) -> Option<u32> {
        let lens = Lens::new(self.state).expect("founded");
        let tree = lens.tree(step.tree.as_deref()?).expect("a tree");
        let seat = lens.seat_of(tree, self.member, None).ok()?;
        if let Some(leg) = step.leg {
            return lens.forest().child_in_leg(tree, seat, leg);
        }
        let (kind, period) = (self.kind(step)?, self.period);
        let held = |leg: u32| (lens.forest().group(tree, leg, period, kind), leg);
        let mut legs: Vec<(i64, u32)> = lens.forest().children(tree, seat).map(held).collect();
        legs.sort_unstable_by(|a, b| b.cmp(a));
        which(&legs)
    }

    /// An order in a leg, by somebody there who is credited at his first place.
    fn sell_in(&mut self, step: &StepAnswer, leg: u32) -> Option<()> {
        let lens = Lens::new(self.state).expect("founded");
        let tree = lens.tree(step.tree.as_deref()?).expect("a tree");
        let stands = |&member: &u32| {
            let forest = lens.forest();
            let seat = lens.seat(tree, member, 1);
            lens.kind(member) == MemberKind::Distributor
                && lens.status(member) == arborline::engine::member::Status::Open
                && seat.is_some_and(|seat| seat == leg || forest.is_above(tree, leg, seat))
        };
        let buyer = (1..lens.members()).find(stands)?;
        let buyer = lens.id(buyer);
        let mut volumes = Volumes::default();
        volumes.set(self.kind(step)?, amount(step));
        self.order(&buyer, volumes)
    }

    fn step(&mut self, step: &StepAnswer) -> Option<()> {
        let mut volumes = Volumes::default();
        match step.what.as_str() {
            "leg" => {
                let leg = self.leg(step, |_| None)?;
                self.sell_in(step, leg)
            }
            // Where it helps nothing but the group.
            "below" | "group" => match self.leg(step, |legs| Some(legs.first()?.1)) {
                Some(leg) => self.sell_in(step, leg),
                None if step.what == "group" => {
                    volumes.set(self.kind(step)?, amount(step));
                    let buyer = self.member.to_owned();
                    self.order(&buyer, volumes)
                }
                None => None,
            },
            "side" => {
                let room = |legs: &[(i64, u32)]| {
                    let (largest, _) = *legs.first()?;
                    let fits = |&&(held, _): &&(i64, u32)| held + amount(step).0 <= largest;
                    Some(legs.iter().skip(1).find(fits)?.1)
                };
                if let Some(leg) = self.leg(step, room) {
                    return self.sell_in(step, leg);
                }
                volumes.set(self.kind(step)?, amount(step));
                let buyer = self.member.to_owned();
                self.order(&buyer, volumes)
            }
            "capped" => {
                volumes.set(self.kind(step)?, amount(step));
                let buyer = self.member.to_owned();
                self.order(&buyer, volumes)
            }
            "enrolled" | "customers" => self.enrol(step),
            _ => None,
        }
    }

    fn enrol(&mut self, step: &StepAnswer) -> Option<()> {
        let count: u32 = step.amount.parse().expect("a count");
        for _ in 0..count {
            let kind = match step.what.as_str() {
                "customers" => MemberKind::Customer,
                _ => MemberKind::Distributor,
            };
            let mut placements = Vec::new();
            if let Some(leg) = step.leg {
                let top = self.leg(step, |_| None);
                let lens = Lens::new(self.state).expect("founded");
                let tree = lens.tree(step.tree.as_deref()?).expect("a tree");
                let place = match top {
                    None => PlaceAt::Under {
                        parent: Text::from(self.member),
                        centre: 1,
                        leg: Some(leg),
                    },
                    Some(top) if lens.owner(tree, top).1 == 1 => PlaceAt::Policy {
                        policy: Policy::BreadthFirst,
                        under: Some(Text::from(lens.id(lens.owner(tree, top).0))),
                    },
                    Some(_) => return None,
                };
                placements.push(Placement {
                    tree: Text::from(step.tree.as_deref()?),
                    place,
                });
            }
            let enrol = Enrol {
                kind,
                enroller: Some(Text::from(self.member)),
                profile: Profile::default(),
                placements,
            };
            let id = self.execute(Verb::Enrol(Box::new(enrol)))?;
            if step.active == Some(true) {
                let rule = &self.state.rules.as_ref()?.activity;
                let (kind, at_least) = (usize::from(rule.kind), rule.at_least);
                let mut volumes = Volumes::default();
                volumes.set(kind, at_least);
                self.order(&id, volumes)?;
            }
        }
        Some(())
    }
}

/// One unit less of a step.
fn less(step: &StepAnswer) -> StepAnswer {
    let amount = match step.volume {
        Some(_) => Volume(amount(step).0 - 1).to_string(),
        None => (step.amount.parse::<i64>().expect("a count") - 1).to_string(),
    };
    StepAnswer {
        amount,
        ..step.clone()
    }
}

/// Whether orders and newcomers bring nothing but what a way says of them: one tree, volumes of the network, and no
/// ranks, cycles or activity of others.
fn stands_alone(needs: &Progress, kinds: &[String]) -> bool {
    let mut trees = BTreeSet::new();
    alone(needs, kinds, &mut trees) && trees.len() < 2
}

fn alone(needs: &Progress, kinds: &[String], trees: &mut BTreeSet<String>) -> bool {
    let others = ["legs", "cycles", "enrolled"].contains(&needs.what.as_str());
    let known = needs
        .volume
        .as_ref()
        .is_none_or(|kind| kinds.contains(kind));
    if needs.what != "own" {
        trees.extend(needs.tree.clone());
    }
    !others && known && needs.of.iter().all(|part| alone(part, kinds, trees))
}

/// Tries every way to every rank of some members, and says what is wrong with one.
fn climb(state: &mut State, drawn: &Drawn, tried: &mut Tried) -> Result<(), String> {
    let rules = state.rules.clone().expect("founded");
    let kinds: Vec<String> = rules.kinds.iter().map(ToString::to_string).collect();
    let set = Arc::new(parse(&drawn.document, &rules).expect("right"));
    let last = state.members.len();
    for ladder in &set.ladders {
        for member in (1..last).step_by(1 + last as usize / 4) {
            for rank in &ladder.ranks {
                let mut climb = Climb {
                    member: state.members.id(member).to_string(),
                    asked: Asked {
                        period: ladder.period,
                        ordinal: state.periods.get(ladder.period).current(),
                    },
                    state: &mut *state,
                    set: Arc::clone(&set),
                    ladder: ladder.name.to_string(),
                    rank: rank.name.to_string(),
                };
                let mut now = climb.state.twin();
                let found = climb.look(&mut now);
                if found.ways.len() > 3 || (found.holds && !found.ways.is_empty()) {
                    return Err(format!("{found:?}"));
                }
                let costs: Vec<(Volume, i64)> = found
                    .ways
                    .iter()
                    .map(|way| (way.volume, way.people))
                    .collect();
                let cycles = found.ways.iter().flat_map(|way| &way.steps);
                let counted = !cycles.into_iter().any(|step| step.what == "cycles");
                if counted && !costs.is_sorted() {
                    return Err(format!("not the cheapest first: {found:?}"));
                }
                let alone = stands_alone(&found.needs, &kinds);
                for way in &found.ways {
                    climb.check(way, alone, tried).map_err(|why| {
                        format!(
                            "{why} of {} to {}: {way:?}\n{:?}",
                            climb.member, climb.rank, found.needs
                        )
                    })?;
                }
            }
        }
    }
    Ok(())
}

impl Climb<'_> {
    fn check(&mut self, way: &WayAnswer, alone: bool, tried: &mut Tried) -> Result<(), String> {
        let Some(mut after) = self.after(&way.steps) else {
            return Ok(());
        };
        if !self.look(&mut after).holds {
            return Err("a way does not lead to the rank".to_owned());
        }
        for step in &way.steps {
            *tried.entry(step.what.clone()).or_default() += 1;
            if step.at_once.is_some() {
                *tried.entry("at once".to_owned()).or_default() += 1;
            }
        }
        if way.steps.len() > 1 {
            *tried.entry("several".to_owned()).or_default() += 1;
        }
        if !alone {
            return Ok(());
        }
        for at in 0..way.steps.len() {
            let mut steps = way.steps.clone();
            steps[at] = less(&steps[at]);
            let Some(mut after) = self.after(&steps) else {
                continue;
            };
            if self.look(&mut after).holds {
                return Err(format!("with less of number {at} it holds too"));
            }
            *tried.entry(format!("less {}", steps[at].what)).or_default() += 1;
        }
        Ok(())
    }
}

/// A network grown for a while, and a plan set drawn for it.
pub(super) fn grown(seed: u64, lean: Lean) -> Pair {
    let mut chance = Chance::new(seed);
    let mut rules = laws::draw(&mut chance);
    rules.customers_first = None;
    let first = founding(rules);
    let mut writer = Writer::new(chance, lean);
    let mut pair = Pair::new(false);
    pair.play(&first).expect("rules that hold");
    for _ in 0..110 {
        let stamp = stamp(&mut writer, &pair);
        let command = writer.draw(&pair.world);
        let batch = Batch {
            stamp,
            commands: vec![command],
        };
        pair.play(&batch).expect("as the model says");
    }
    pair
}

#[test]
fn every_way_leads_to_its_rank_and_nothing_in_it_is_too_much() {
    let mut tried = Tried::new();
    for seed in 120_000..120_000 + 60 * scale() {
        let lean = [Lean::Mixed, Lean::Lines, Lean::Stars][(seed % 3) as usize];
        let mut pair = grown(seed, lean);
        for set in 0..3 {
            let drawn = Drawn::new(&pair.world, seed * 10 + set).expect("a right document");
            if let Err(why) = climb(&mut pair.state, &drawn, &mut tried) {
                panic!("seed {seed}, set {set}: {why}\n{}", drawn.document);
            }
        }
    }
    let sorts = [
        "own",
        "leg",
        "below",
        "side",
        "capped",
        "group",
        "enrolled",
        "customers",
        "at once",
        "several",
        "less own",
        "less leg",
        "less below",
        "less side",
        "less capped",
        "less group",
        "less customers",
    ];
    for sort in sorts {
        assert!(
            tried.get(sort).is_some_and(|&times| times > 2),
            "{sort}: {tried:?}"
        );
    }
}

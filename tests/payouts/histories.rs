//! Random histories of random networks under random plan sets: after every command the pass over each readable book
//! comes to what the definitions come to, for everybody.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use arborline::base::after_close::AfterClose;
use arborline::base::ids::Text;
use arborline::base::money::Micros;
use arborline::document::plan::set::parse;
use arborline::engine::command::plan::{ActivatePlan, DraftPlan};
use arborline::engine::command::{Command, Verb};
use arborline::engine::plans::{LateRefunds, Said};
use arborline::engine::rules::{ClockMode, Rules};
use arborline::plan::book::Book;
use arborline::plan::clawback::Reversed;
use arborline::plan::derived::FIRST_MAX;
use arborline::plan::entry::{Entry, Wanted};
use arborline::plan::part::{Basis, Part, Sold};
use arborline::plan::pass::Pass;
use arborline::plan::set::PlanSet;
use arborline::plan::standing;
use arborline::view::era::{Era, choose};
use arborline::view::lens::Lens;
use arborline::view::payout::Worked;
use arborline::view::plan_book::PlanBook;

use super::crossed::Crossed;
use super::draw::Painter;
use super::draw_kinds::everywhere;
use super::naive::{Answer, work_out};
use super::needs::Tally;
use super::plan::{Draft, Pays};
use super::present::Whole;
use super::reversals::Reversals;
use super::reversed::Past;
use super::sight::Sight;
use super::sorts::SORTS;
use super::standing::{Held, Standing};
use super::written::Scribe;
use crate::chance::{Chance, scale};
use crate::histories::commands::{Lean, Writer};
use crate::histories::play::{Batch, Pair, guarded, report_by};
use crate::histories::{founding, laws, stamp};
use crate::model::figures::{Figures, Scene};
use crate::model::world::{Person, World};

/// Commands after which another plan set is drawn.
const SET_HOLDS: usize = 20;

/// A plan set, its document, and the rules it was drawn for.
pub(super) struct Drawn {
    draft: Draft,
    pub(super) document: String,
    set: PlanSet,
    rules: Rc<Rules>,
    /// What every period is told to have been handed.
    opening: Standing,
}

impl Drawn {
    /// A set for the rules in force.
    pub(super) fn new(world: &World, seed: u64) -> Result<Drawn, String> {
        let rules = world.rules.clone().expect("a founded network");
        let mut painter = Painter {
            rules: &rules,
            chance: Chance::new(seed),
            kinds: Vec::new(),
        };
        let draft = painter.draft();
        let mut scribe = Scribe {
            rules: &rules,
            draft: &draft,
            chance: painter.chance,
        };
        let document = scribe.document();
        let opening = opening(&draft, &mut scribe.chance);
        let set = parse(&document, &rules);
        let set = set.map_err(|problems| format!("refused: {problems:?}\n{document}"))?;
        Ok(Drawn {
            draft,
            document,
            set,
            rules,
            opening,
        })
    }

    /// Compares every book that can be read.
    fn compare(&self, pair: &Pair, tally: &mut Tally) -> Result<(), String> {
        let world = &pair.world;
        let present = world.present();
        let figures = all_figures(world, &present);
        for (of, calendar) in world.calendars.iter().enumerate() {
            let book = Compared {
                drawn: self,
                pair,
                of,
            };
            book.check((&present, None), &figures, "current", tally)?;
            let branch = calendar.branch.as_ref().map(|branch| {
                let label = calendar.labels[branch.period].as_str();
                (branch, label)
            });
            let closed = calendar.closed.as_ref().map(|branch| (branch, "closed"));
            let due = calendar.due.iter().rev().skip(1).map(|branch| {
                let label = calendar.labels[branch.period].as_str();
                (branch, label)
            });
            for (branch, label) in branch.into_iter().chain(closed).chain(due) {
                let scene = world.past(of, branch);
                let people = branch.closing.as_deref();
                book.check((&scene, people), &all_figures(world, &scene), label, tally)?;
            }
        }
        Ok(())
    }
}

/// What members and seats bring along, drawn: also for some who are not there yet, and not for all who are.
fn opening(draft: &Draft, chance: &mut Chance) -> Standing {
    let mut opening = Standing::none(draft);
    for (held, ladder) in opening.held.iter_mut().zip(&draft.ladders) {
        for _ in 0..chance.below(40) {
            let [one, other, kept] = [0; 3].map(|_| chance.below(ladder.ranks.len() + 1) as u8);
            let periods = chance.below(4) as u8;
            held.push(Held {
                paid: one.min(other),
                highest: one.max(other),
                kept: if periods > 0 { kept } else { 0 },
                periods: if kept > 0 { periods } else { 0 },
            });
        }
    }
    for (legs, (_, component)) in opening.legs.iter_mut().zip(draft.components()) {
        if matches!(component.pays, Pays::Binary(_)) {
            for _ in 0..chance.below(40) {
                let leg = |chance: &mut Chance| i128::from(chance.between(-3, 12)) * 125_000;
                let (left, right) = (leg(chance), leg(chance));
                legs.push([left, right, chance.below(4) as i128]);
            }
        }
    }
    opening
}

/// The same as passes are told it, of the period types that are `meant`.
fn told(draft: &Draft, standing: &Standing, meant: impl Fn(usize) -> bool) -> standing::Standing {
    let mut told = standing::Standing::default();
    for (held, ladder) in standing.held.iter().zip(&draft.ladders) {
        let holding = |held: &Held| standing::Holding {
            paid: held.paid,
            highest: held.highest,
            kept: held.kept,
            periods: held.periods,
        };
        if meant(ladder.period) {
            let names = ladder.ranks.iter().map(|(name, _)| name.as_str().into());
            let of = standing::Held {
                names: names.collect(),
                by_member: held.iter().map(holding).collect(),
            };
            told.ladders.insert(ladder.name.as_str().into(), of);
        }
    }
    for (legs, (_, component)) in standing.legs.iter().zip(draft.components()) {
        if let (true, Pays::Binary(binary)) = (meant(component.period), &component.pays) {
            let figures = legs.iter().flatten();
            let left = standing::Left {
                tree: binary.tree,
                width: 3,
                figures: figures.map(|&figure| figure as i64).collect(),
            };
            told.components.insert(component.name.as_str().into(), left);
        }
    }
    told
}

fn written(standing: &standing::Standing) -> Vec<u8> {
    let mut bytes = Vec::new();
    standing.encode(&mut bytes);
    bytes
}

fn all_figures(world: &World, scene: &Scene<'_>) -> Vec<Figures> {
    let trees = 0..scene.trees.len();
    trees.map(|tree| world.figures(scene, tree)).collect()
}

/// One book of one period type.
struct Compared<'a> {
    drawn: &'a Drawn,
    pair: &'a Pair,
    of: usize,
}

impl Compared<'_> {
    fn check(
        &self,
        (scene, people): (&Scene<'_>, Option<&[Person]>),
        figures: &[Figures],
        label: &str,
        tally: &mut Tally,
    ) -> Result<(), String> {
        let people = people.unwrap_or(&self.pair.world.people);
        let sight = Sight::of(
            &self.pair.world,
            (scene, people),
            figures,
            (self.of, self.drawn.draft.after_close),
        );
        let sight = sight.with(&self.drawn.draft.kinds, tally);
        let (draft, opening) = (&self.drawn.draft, &self.drawn.opening);
        let twin = work_out(&sight, draft, self.of, opening, tally);
        let name = self.pair.world.law().period_types[self.of].name.as_str();
        let lens = Lens::new(&self.pair.state).map_err(|why| format!("{why:?}"))?;
        let era = choose(&lens, Some(name), Some(label)).map_err(|why| format!("{why:?}"))?;
        let book = PlanBook::new(lens, era, self.drawn.set.after_close);
        let opening = Arc::new(told(draft, opening, |_| true));
        let pass = Pass::run(
            &book,
            &self.drawn.set,
            self.of,
            Arc::clone(&opening),
            &Crossed,
        );
        let pass = pass.map_err(|beyond| format!("beyond the range: {beyond:?}"))?;
        let place = format!("{name} {label}");
        Whole {
            lens,
            era,
            set: &self.drawn.set,
            opening: &opening,
            pass: &pass,
        }
        .check(tally)
        .map_err(|what| format!("in {place}: {what}"))?;
        self.ranks(&pass, &twin, &place)?;
        self.amounts(&pass, &twin, &place)?;
        self.factor(&pass, &twin, &place)?;
        self.parts(&pass, &place)?;
        self.traced(&pass, &book, &place)?;
        self.reversals(&pass, (lens, era), (&sight, &twin, scene), tally)
            .map_err(|what| format!("in {place}: {what}"))?;
        let closing = told(draft, &twin.closing, |period| period == self.of);
        let closed = pass.closing(&self.drawn.set);
        // As bytes, which leave out rows of zeros.
        let (bytes, expected) = (written(&closed), written(&closing));
        let again = standing::Standing::decode(&bytes).map(|again| written(&again));
        if bytes != expected || again.as_ref() != Ok(&expected) {
            return Err(format!(
                "handed on: in {place}: pass {closed:?}, twin {closing:?}"
            ));
        }
        Ok(())
    }

    /// What refunds do whose order's period is over.
    fn reversals(
        &self,
        pass: &Pass,
        (lens, era): (Lens<'_>, Era<'_>),
        (sight, answer, scene): (&Sight, &Answer, &Scene<'_>),
        tally: &mut Tally,
    ) -> Result<(), String> {
        let past = Past {
            sight,
            answer,
            opening: &self.drawn.opening,
        };
        let reversals = Reversals {
            pair: self.pair,
            of: self.of,
            draft: &self.drawn.draft,
        };
        let worked = Worked {
            lens,
            era,
            set: &self.drawn.set,
            pass,
            reversed: &Reversed::default(),
            part: None,
        };
        reversals.check(&worked, (&past, scene), tally)
    }

    /// What orders earn one by one adds up to everybody's amounts.
    fn traced(&self, pass: &Pass, book: &PlanBook, place: &str) -> Result<(), String> {
        let set = &self.drawn.set;
        let mut sold: BTreeMap<Result<u32, usize>, Vec<Entry>> = BTreeMap::new();
        book.entries(Wanted::everywhere(FIRST_MAX), &mut |entry| {
            // Each adjustment stands alone.
            let of = entry.order.ok_or(sold.len());
            sold.entry(of).or_default().push(entry.clone());
        });
        let sold: Vec<Sold> = sold
            .values()
            .map(|entries| Sold::of(entries, &set.kinds))
            .collect();
        for at in 0..set.components.len() {
            // Where nothing was sold nobody says that amounts do not fall apart.
            let Some(amounts) = pass.amounts(at).filter(|_| !sold.is_empty()) else {
                continue;
            };
            let mut sums = vec![0i128; amounts.len()];
            let earned = sold.iter().map(|sold| pass.trace(set, at, sold));
            let Some(earned) = earned.collect::<Option<Vec<_>>>() else {
                continue;
            };
            for earned in earned.into_iter().flatten() {
                sums[earned.member as usize] += product(&earned.part);
            }
            for (member, (&sum, &amount)) in sums.iter().zip(amounts).enumerate() {
                let amount = pass.uncut(at, member as u32).unwrap_or(amount);
                if Micros::nearest(sum, 100_000_000) != Some(amount) {
                    let name = &self.drawn.draft.components()[at].1.name;
                    return Err(format!(
                        "{name} by order: in {place}, of {member}: {sum} and {amount}"
                    ));
                }
            }
        }
        Ok(())
    }

    fn factor(&self, pass: &Pass, twin: &Answer, place: &str) -> Result<(), String> {
        let ceiling = self.drawn.draft.company_cap.as_ref();
        for at in 0..self.drawn.set.components.len() {
            let under = ceiling.is_some_and(|ceiling| ceiling.components.contains(&at));
            let told = i128::from(pass.factor(&self.drawn.set, at).0);
            let expected = twin.factor.filter(|_| under).unwrap_or(100_000_000);
            if told != expected {
                return Err(format!("factor: in {place}: pass {told}, twin {expected}"));
            }
        }
        Ok(())
    }

    /// The parts of somebody's amounts add up to them, but for what is rounded.
    fn parts(&self, pass: &Pass, place: &str) -> Result<(), String> {
        let set = &self.drawn.set;
        let member = 1 + self.pair.world.seq as u32 % pass.members().max(2);
        for at in 0..set.components.len() {
            let Some(amounts) = pass.amounts(at).filter(|_| member < pass.members()) else {
                continue;
            };
            let parts = pass.explain(set, at, member);
            let sum: i128 = match &parts[..] {
                [one] if one.of > 0 => i128::from(one.amount.0) * 100_000_000,
                parts => parts.iter().map(product).sum(),
            };
            let amount = pass.uncut(at, member).unwrap_or(amounts[member as usize]);
            if Micros::nearest(sum, 100_000_000) != Some(amount) {
                let name = &self.drawn.draft.components()[at].1.name;
                return Err(format!(
                    "parts of {name}: in {place}, of {member}: {parts:?}"
                ));
            }
        }
        Ok(())
    }

    fn ranks(&self, pass: &Pass, twin: &Answer, place: &str) -> Result<(), String> {
        for (ladder, expected) in twin.ranks.iter().enumerate() {
            let told = pass.ranks(ladder);
            self.same(
                told,
                expected.as_deref(),
                place,
                &format!("ladder {ladder}"),
            )?;
        }
        Ok(())
    }

    fn amounts(&self, pass: &Pass, twin: &Answer, place: &str) -> Result<(), String> {
        let components = self.drawn.draft.components();
        for (at, expected) in twin.amounts.iter().enumerate() {
            let told = pass.amounts(at);
            let told: Option<Vec<i128>> =
                told.map(|told| told.iter().map(|amount| i128::from(amount.0)).collect());
            let (name, sort) = (&components[at].1.name, components[at].1.pays.sort());
            self.same(
                told.as_deref(),
                expected.as_deref(),
                place,
                &format!("{name}, {sort}"),
            )?;
        }
        Ok(())
    }

    /// Says for whom two columns differ first.
    fn same<T: PartialEq + std::fmt::Debug>(
        &self,
        told: Option<&[T]>,
        expected: Option<&[T]>,
        place: &str,
        what: &str,
    ) -> Result<(), String> {
        if told == expected {
            return Ok(());
        }
        let (Some(told), Some(expected)) = (told, expected) else {
            return Err(format!(
                "{what}: in {place}: pass {told:?}, twin {expected:?}"
            ));
        };
        let differs = (0..told.len().max(expected.len()))
            .find(|&member| told.get(member) != expected.get(member))
            .expect("they differ");
        let people = &self.pair.world.people;
        let id = people.get(differs).map(|person| &person.id);
        let (told, expected) = (told.get(differs), expected.get(differs));
        Err(format!(
            "{what}: in {place}, of {id:?}: pass {told:?}, twin {expected:?}"
        ))
    }
}

/// A part before it is rounded, in 1e-14.
fn product(part: &Part) -> i128 {
    let rate = i128::from(part.rate.0);
    match part.basis {
        Basis::Volume(volume) => i128::from(volume) * rate * 100,
        Basis::Earnings(earned) => i128::from(earned.0) * rate,
        Basis::Each(amount) => {
            let cycles = part.what == "cycles";
            let times = if cycles { i128::from(part.number) } else { 1 };
            i128::from(amount.0) * rate * times
        }
        Basis::Fixed => i128::from(part.amount.0) * 100_000_000,
    }
}

/// A history on its way under a plan set.
pub(super) struct Story {
    seed: u64,
    writer: Writer,
    pair: Pair,
    played: Vec<Batch>,
    drawn: Option<Drawn>,
}

impl Story {
    pub(super) fn new(seed: u64, lean: Lean) -> (Story, Batch) {
        let mut chance = Chance::new(seed);
        let first = founding(laws::draw(&mut chance));
        let story = Story {
            seed,
            writer: Writer::new(chance, lean),
            pair: Pair::new(lean == Lean::Changes),
            played: Vec::new(),
            drawn: None,
        };
        (story, first)
    }

    pub(super) fn play(&mut self, batch: Batch, tally: &mut Tally) -> Result<(), String> {
        self.played.push(batch.clone());
        self.pair.play(&batch)?;
        self.pair.compare()?;
        let world = &self.pair.world;
        let due = self.played.len().is_multiple_of(SET_HOLDS);
        let same = |rules: &Rc<Rules>| {
            world
                .rules
                .as_ref()
                .is_some_and(|now| Rc::ptr_eq(now, rules))
        };
        let holds = |drawn: &Drawn| !due && same(&drawn.rules);
        if !self.drawn.as_ref().is_some_and(holds) {
            let seed = self.seed * 1_000 + self.played.len() as u64;
            self.drawn = Some(Drawn::new(world, seed)?);
        }
        let drawn = self.drawn.as_ref().expect("drawn above");
        drawn.compare(&self.pair, tally)
    }

    /// Puts a plan set into force at once, of which most take lines back; some networks begin without one.
    pub(super) fn plan(&mut self, tally: &mut Tally) -> Result<(), String> {
        if self.seed.is_multiple_of(4) {
            return Ok(());
        }
        let after_close = match self.seed % 8 {
            1 => AfterClose::Ignore,
            2 => AfterClose::VolumeOnly,
            _ => AfterClose::ReverseLines,
        };
        let refunds = LateRefunds {
            after_close,
            reversed: u8::MAX,
        };
        let (set, document) = (Text::from("main"), [1; 32]);
        let draft = DraftPlan {
            set: set.clone(),
            said: Said {
                document,
                refunds,
                paths: everywhere(self.pair.world.trees.len()),
            },
        };
        let activate = ActivatePlan { set, version: 1 };
        let verbs = [
            ("first-draft", Verb::DraftPlan(Box::new(draft))),
            ("first-activation", Verb::ActivatePlan(Box::new(activate))),
        ];
        let stamp = self.pair.world.time;
        for (id, verb) in verbs {
            let command = Command {
                id: Text::from(id),
                at: stamp,
                verb,
            };
            let commands = vec![command];
            self.play(Batch { stamp, commands }, tally)?;
        }
        Ok(())
    }

    pub(super) fn go_on(&mut self, commands: usize, tally: &mut Tally) -> Result<(), String> {
        for _ in 0..commands {
            let stamp = stamp(&mut self.writer, &self.pair);
            let mut ahead = self.pair.world.clone();
            if ahead.law().clock == ClockMode::Wall {
                ahead.advance(stamp);
            }
            let command = self.writer.draw(&ahead);
            let commands = vec![command];
            self.play(Batch { stamp, commands }, tally)?;
        }
        Ok(())
    }
}

/// Plays batches and compares under one set after the last.
fn replay(batches: &[Batch], drawn: &Drawn) -> Result<(), String> {
    guarded(|| {
        let mut pair = Pair::new(false);
        for batch in batches {
            pair.play(batch)?;
        }
        drawn.compare(&pair, &mut Tally::new())
    })
}

/// Plays histories; a failure is shortened and told with its document.
fn check(first_seed: u64, histories: u64, commands: usize, lean: Lean) {
    let mut tally = Tally::new();
    for seed in first_seed..first_seed + histories * scale() {
        let (mut story, first) = Story::new(seed, lean);
        let told = guarded(|| {
            story.play(first, &mut tally)?;
            story.plan(&mut tally)?;
            story.go_on(commands, &mut tally)
        });
        let Err(what) = told else {
            continue;
        };
        let Some(drawn) = story.drawn else {
            panic!("seed {seed}: {what}");
        };
        let again = |batches: &[Batch]| replay(batches, &drawn);
        let told = report_by(seed, story.played, &what, &again);
        panic!("{told}\n{}", drawn.document);
    }
    for &sort in SORTS {
        let [yes, no] = tally.get(sort).copied().unwrap_or_default();
        assert!(
            yes > 0 && no > 0,
            "`{sort}`: {yes} times so, {no} times not"
        );
    }
    assert!(
        tally["half"][0] > 0,
        "no amount had to be rounded from a half"
    );
}

#[test]
fn every_book_comes_to_what_the_definitions_say() {
    check(90_000, 100, 150, Lean::Mixed);
}

#[test]
fn lines_come_to_what_the_definitions_say() {
    check(91_000, 100, 150, Lean::Lines);
}

#[test]
fn stars_come_to_what_the_definitions_say() {
    check(92_000, 45, 150, Lean::Stars);
}

#[test]
fn changing_networks_come_to_what_the_definitions_say() {
    check(93_000, 100, 150, Lean::Changes);
}

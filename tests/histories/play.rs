//! Plays a history on engine and model side by side, and shortens one that fails.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arborline::base::time::Time;
use arborline::engine::command::{Command, Verb};
use arborline::engine::execute::execute_batch;
use arborline::engine::law;
use arborline::engine::outcome::Outcome;
use arborline::engine::rejection::Rejection;
use arborline::engine::state::State;

use super::compare;
use crate::chance::Chance;
use crate::model::judge::{Seated, Verdict};
use crate::model::world::World;

/// Commands that were logged together.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    pub(crate) stamp: Time,
    pub(crate) commands: Vec<Command>,
}

/// Engine and model after the same commands.
pub(crate) struct Pair {
    pub(crate) state: State,
    pub(crate) world: World,
    probe: Chance,
    /// Whether room is made now and then for what is pending, as a server does beside its commands.
    makes_room: bool,
}

impl Pair {
    pub(crate) fn new(makes_room: bool) -> Pair {
        Pair {
            state: State::new(),
            world: World::new(),
            probe: Chance::new(7),
            makes_room,
        }
    }

    /// Plays one batch and compares outcomes; figures are compared by [`Pair::compare`].
    pub(crate) fn play(&mut self, batch: &Batch) -> Result<(), String> {
        let first = self.world.seq + 1;
        let mut outcomes = Vec::new();
        execute_batch(
            &mut self.state,
            first,
            batch.stamp,
            &batch.commands,
            &mut outcomes,
        );
        if self.makes_room && self.probe.percent(30) {
            law::make_room_ahead(&mut self.state);
        }
        if outcomes.len() != batch.commands.len() {
            return Err(format!(
                "{} outcomes for {} commands",
                outcomes.len(),
                batch.commands.len()
            ));
        }
        for (seq, (command, outcome)) in (first..).zip(batch.commands.iter().zip(&outcomes)) {
            let verdict = self.world.step(seq, batch.stamp, command);
            let told = self.told(outcome);
            if !agree(&told, &verdict) {
                return Err(format!(
                    "outcome of {seq}: engine {outcome:?}, model {verdict:?}"
                ));
            }
        }
        Ok(())
    }

    /// An outcome in the model's words.
    fn told(&self, outcome: &Outcome) -> Told {
        let accepted = outcome.as_ref().map_err(|rejection| match *rejection {
            Rejection::AtomicRefused { index, number, .. } => {
                (rejection.number(), Some((index as usize, number)))
            }
            _ => (rejection.number(), None),
        })?;
        let choices = accepted.choices.iter().map(|choice| Seated {
            part: usize::from(choice.part),
            tree: usize::from(choice.tree),
            centre: choice.centre,
            parent: choice
                .parent
                .map(|(member, centre)| (member as usize, centre)),
            leg: choice.leg,
            waits: choice.waits,
        });
        Ok(choices.collect())
    }

    pub(crate) fn compare(&mut self) -> Result<(), String> {
        compare::all(&self.state, &self.world, &mut self.probe)
    }
}

/// Seats given, or the number of the rejection with that of the first wrong part of several commands.
type Told = Result<Vec<Seated>, (u16, Option<(usize, u16)>)>;

/// Whether an outcome is the one the model finds: of several reasons the lowest is told.
fn agree(told: &Told, verdict: &Verdict) -> bool {
    match (told, verdict) {
        (Ok(told), Ok(seated)) => told == seated,
        (Err(told), Err(wrong)) => *told == (wrong.lowest(), wrong.part),
        _ => false,
    }
}

/// Plays batches from the start; says what went wrong first, a panic included.
fn replay(batches: &[Batch]) -> Result<(), String> {
    guarded(|| {
        let mut pair = Pair::new(false);
        for (at, batch) in batches.iter().enumerate() {
            let played = pair.play(batch).and_then(|()| pair.compare());
            played.map_err(|what| format!("batch {at}: {what}"))?;
        }
        Ok(())
    })
}

/// Turns a panic into words.
pub(crate) fn guarded<T>(run: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned()));
        Err(format!("panicked: {}", text.unwrap_or_default()))
    })
}

/// What plays batches from the start and says what went wrong first.
pub(crate) type Replay<'a> = &'a dyn Fn(&[Batch]) -> Result<(), String>;

/// Leaves out what is not needed for a failure: batches, then single commands.
fn shorten(mut batches: Vec<Batch>, what: &str, replay: Replay<'_>) -> Vec<Batch> {
    let alike =
        |batches: &[Batch]| replay(batches).is_err_and(|other| sort_of(&other) == sort_of(what));
    let total: usize = batches.iter().map(|batch| batch.commands.len()).sum();
    let mut budget = 100_000 / total.max(1);
    let mut step = (batches.len() / 2).max(1);
    while budget > 0 {
        let mut at = 1;
        let before = batches.len();
        while at < batches.len() && budget > 0 {
            let mut fewer = batches.clone();
            fewer.drain(at..(at + step).min(fewer.len()));
            budget -= 1;
            if alike(&fewer) {
                batches = fewer;
            } else {
                at += step;
            }
        }
        if step == 1 && before == batches.len() {
            break;
        }
        step = (step / 2).max(1);
    }
    for at in 0..batches.len() {
        let mut inner = batches[at].commands.len();
        while inner > 0 && batches[at].commands.len() > 1 && budget > 0 {
            inner -= 1;
            budget -= 1;
            let mut fewer = batches.clone();
            fewer[at].commands.remove(inner);
            if alike(&fewer) {
                batches = fewer;
            }
        }
    }
    batches
}

/// What a failure is about, without its numbers.
fn sort_of(what: &str) -> String {
    let words = what
        .split_once(": ")
        .filter(|(head, _)| head.starts_with("batch"));
    let words = words.map_or(what, |(_, words)| words);
    words
        .chars()
        .filter(|sign| sign.is_alphabetic())
        .take(40)
        .collect()
}

/// A failure as it is printed.
pub(crate) fn report(seed: u64, batches: Vec<Batch>, what: &str) -> String {
    report_by(seed, batches, what, &replay)
}

/// A failure of a test that plays in its own way, as it is printed.
pub(crate) fn report_by(seed: u64, batches: Vec<Batch>, what: &str, replay: Replay<'_>) -> String {
    let total: usize = batches.iter().map(|batch| batch.commands.len()).sum();
    let short = shorten(batches, what, replay);
    let last = replay(&short).err();
    let last = last.unwrap_or_else(|| "only while it is drawn".to_owned());
    let mut text = format!("seed {seed}, after {total} commands: {what}\nshortened: {last}\n");
    for batch in &short {
        text += &format!("  -- stamp {:?}\n", batch.stamp);
        for command in &batch.commands {
            text += &format!("  {:?}\n", shown(command));
        }
    }
    text
}

/// A command as it is printed: of a calendar only the beginning.
fn shown(command: &Command) -> Command {
    let mut shown = command.clone();
    let rules = match &mut shown.verb {
        Verb::Found(found) => Some(&mut found.rules),
        Verb::Change(change) => Some(&mut change.told.rules),
        _ => None,
    };
    if let Some(rules) = rules {
        for of in &mut rules.period_types {
            of.starts.truncate(3);
            of.labels.truncate(2);
        }
    }
    shown
}

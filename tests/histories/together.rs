//! Requests told together around a change of the network: while it is pending, across the instant at which it takes
//! effect, and behind it. What is refused is taken back, and leaves what the passing of time alone would leave.

use arborline::base::ids::Text;
use arborline::base::time::Time;
use arborline::engine::command::{Command, Verb};
use arborline::engine::execute::execute_batch;
use arborline::engine::state::State;

use super::commands::Lean;
use super::copies::same_end;
use super::play::Batch;
use super::{History, run};
use crate::chance::scale;

/// Tells changes until one is pending; whether one is.
fn told(history: &mut History) -> Result<bool, String> {
    for _ in 0..30 {
        let now = history.pair.world.time;
        let change = history.writer.change(&history.pair.world, now);
        play(history, now, vec![change])?;
        if history.pair.world.pending.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn play(history: &mut History, stamp: Time, commands: Vec<Command>) -> Result<(), String> {
    history.play(Batch { stamp, commands })
}

/// Commands for one request that happens at an instant, every other one dated a moment before.
fn parts(history: &mut History, at: Time) -> Vec<Command> {
    let mut ahead = history.pair.world.clone();
    ahead.advance(at);
    let Verb::Atomic(mut parts) = history.writer.atomic(&ahead).verb else {
        return Vec::new();
    };
    for (index, part) in parts.iter_mut().enumerate() {
        part.at = Time(at.0 - i64::from(index % 2 == 0));
    }
    parts
}

fn together(at: Time, parts: Vec<Command>) -> Command {
    Command {
        id: Text::default(),
        at,
        verb: Verb::Atomic(parts),
    }
}

/// A command that is always refused.
fn wrong(at: Time) -> Command {
    Command {
        id: Text::from("wrong"),
        at,
        verb: Verb::Place(Box::new(arborline::engine::command::place::Place {
            tree: Text::from("nowhere"),
            member: Text::from("nobody"),
            centre: 1,
            place: arborline::engine::position::PlaceAt::Tank,
        })),
    }
}

/// All that a later command can see.
fn seen(state: &State) -> impl PartialEq + std::fmt::Debug + use<> {
    (
        state.contents_digest(),
        state.pending.clone(),
        state.laws.clone(),
        state.next_timer(),
        state.as_of_time,
    )
}

/// Plays a request whose last part is refused, beside a state for which only time passes.
fn refused(history: &mut History, at: Time, mut parts: Vec<Command>) -> Result<(), String> {
    let mut twin = history.pair.state.twin();
    let passing = Command {
        id: Text::default(),
        at,
        verb: Verb::AdvanceTime,
    };
    execute_batch(
        &mut twin,
        history.pair.world.seq + 1,
        at,
        &[passing],
        &mut Vec::new(),
    );
    parts.push(wrong(at));
    play(history, at, vec![together(at, parts)])?;
    let (left, expected) = (seen(&history.pair.state), seen(&twin));
    if left == expected {
        Ok(())
    } else {
        Err(format!("left behind: {left:?}, by time alone {expected:?}"))
    }
}

/// A change, requests before it, across it and behind it; whether it took effect.
fn story(history: &mut History) -> Result<bool, String> {
    history.go_on(40, 1)?;
    if !told(history)? {
        return Ok(false);
    }
    for _ in 0..3 {
        let now = history.pair.world.time;
        let few = parts(history, now);
        refused(history, now, few)?;
        let mut few = parts(history, now);
        few.push(history.writer.change(&history.pair.world, now));
        refused(history, now, few)?;
        let few = parts(history, now);
        play(history, now, vec![together(now, few)])?;
    }
    let begins = history.pair.world.pending.as_ref().map(|told| told.at);
    let Some(begins) = begins else {
        return Err("no request before it puts a change into force".to_owned());
    };
    for _ in 0..2 {
        let few = parts(history, begins);
        if history.writer.chance.percent(50) {
            refused(history, begins, few)?;
        } else {
            play(history, begins, vec![together(begins, few)])?;
        }
    }
    history.go_on(15, 1)?;
    Ok(true)
}

#[test]
fn around_a_change_of_the_network() {
    let mut changed = 0;
    for seed in 84_000..84_000 + 60 * scale() {
        let mut took_effect = false;
        let mut history = run(seed, Lean::Changes, |history| {
            took_effect = story(history)?;
            Ok(())
        });
        changed += u64::from(took_effect);
        same_end(&mut history, seed);
    }
    assert!(changed > 40 * scale(), "only {changed} networks changed");
}

//! Networks whose rules change on the way: what is told, what is pending, and every figure after it took effect.

use arborline::base::ids::Text;
use arborline::engine::command::change::Change;
use arborline::engine::command::found::Found;
use arborline::engine::command::{Command, Verb};
use arborline::engine::law;

use super::commands::Lean;
use super::copies::same_end;
use super::grown::{Grown, anybody_enrols, grow};
use super::play::Batch;
use super::{History, laws, run, run_mended};
use crate::chance::scale;

#[test]
fn figures_after_every_command() {
    for seed in 80_000..80_000 + 60 * scale() {
        run(seed, Lean::Changes, |history| history.go_on(150, 1));
    }
}

#[test]
fn figures_after_groups() {
    for seed in 81_000..81_000 + 40 * scale() {
        run(seed, Lean::Changes, |history| history.go_on(300, 30));
    }
}

#[test]
fn figures_of_grown_networks() {
    let shapes = [Grown::Line, Grown::Bent, Grown::Fork, Grown::Balanced];
    for (seed, grown) in (82_000..82_000 + 8 * scale()).zip(shapes.into_iter().cycle()) {
        run_mended(seed, Lean::Changes, anybody_enrols, |history| {
            grow(history, grown)?;
            history.go_on(30, 1)?;
            widen(history)?;
            history.go_on(30, 1)
        });
    }
}

/// Tells of one kind more and makes room for it at once, while figures stand on long lines.
fn widen(history: &mut History) -> Result<(), String> {
    let mut rules = laws::running(&history.pair.world);
    rules.kinds.push(Text::from("wider"));
    let told = Found {
        document: [9; 32],
        rules,
    };
    let change = Change { told, begins: None };
    let command = Command {
        id: Text::from("widened"),
        at: history.pair.world.time,
        verb: Verb::Change(Box::new(change)),
    };
    history.play(Batch {
        stamp: history.pair.world.time,
        commands: vec![command],
    })?;
    law::make_room_ahead(&mut history.pair.state);
    history.pair.compare()
}

#[test]
fn batches_and_room_made_ahead_do_not_show() {
    for seed in 83_000..83_000 + 40 * scale() {
        let mut history = run(seed, Lean::Changes, |history| history.go_on(250, 60));
        same_end(&mut history, seed);
    }
}

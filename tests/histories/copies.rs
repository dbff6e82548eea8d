//! The same commands give the same state: however they are cut into batches, after their bytes, through images, and beside
//! a fork.

use arborline::base::time::Time;
use arborline::engine::command::Command;
use arborline::engine::execute::execute_batch;
use arborline::engine::outcome::Outcome;
use arborline::engine::rules::ClockMode;
use arborline::engine::state::State;

use super::commands::Lean;
use super::play::Batch;
use super::{History, compare, run};
use crate::chance::{Chance, scale};
use crate::images::through_image;

/// Commands with their stamps, through their bytes and back.
fn through_bytes(batches: &[Batch]) -> Vec<(Time, Command)> {
    let mut all = Vec::new();
    for batch in batches {
        for command in &batch.commands {
            let mut bytes = Vec::new();
            command.encode(&mut bytes);
            let back = Command::decode(&bytes).unwrap_or_else(|why| panic!("{why:?}: {command:?}"));
            assert_eq!(&back, command, "a command changed on its way through bytes");
            all.push((batch.stamp, back));
        }
    }
    all
}

/// Executes commands in other batches, as many together as chance says and the clock allows, and now and then goes on from
/// an image.
fn replayed(
    commands: &[(Time, Command)],
    wall: bool,
    chance: &mut Chance,
) -> (State, Vec<Outcome>) {
    let (mut state, mut outcomes, mut at) = (State::new(), Vec::new(), 0);
    while at < commands.len() {
        let most = 1 + chance.below(60);
        let stamp = commands[at].0;
        let mut end = (at + most).min(commands.len());
        if wall {
            let same = commands[at..end]
                .iter()
                .take_while(|(other, _)| *other == stamp);
            end = at + same.count();
        }
        let batch: Vec<Command> = commands[at..end]
            .iter()
            .map(|(_, command)| command.clone())
            .collect();
        let first = u64::try_from(at).expect("a small number") + 1;
        execute_batch(&mut state, first, stamp, &batch, &mut outcomes);
        at = end;
        if chance.below(6) == 0 {
            state = through_image(&mut state);
        }
    }
    (state, outcomes)
}

/// Whether two runs of the same commands ended alike.
pub(super) fn same_end(history: &mut History, seed: u64) {
    let commands = through_bytes(&history.played);
    let wall = history.pair.world.law().clock == ClockMode::Wall;
    let mut chance = Chance::new(seed);
    for round in 0..3 {
        let (state, _) = replayed(&commands, wall, &mut chance);
        let live = &history.pair.state;
        assert_eq!(
            state.digest(),
            live.digest(),
            "seed {seed}, round {round}: outcomes"
        );
        assert_eq!(
            state.full_digest(),
            live.full_digest(),
            "seed {seed}, round {round}: state"
        );
        let told = compare::all(&state, &history.pair.world, &mut Chance::new(round));
        assert_eq!(told, Ok(()), "seed {seed}, round {round}");
    }
}

#[test]
fn batches_do_not_show() {
    for seed in 70_000..70_000 + 40 * scale() {
        let mut history = run(seed, Lean::Mixed, |history| history.go_on(250, 60));
        same_end(&mut history, seed);
    }
}

#[test]
fn a_fork_stands_still() {
    let from = std::env::var("SEED")
        .ok()
        .map_or(71_000, |s| s.parse().unwrap());
    for seed in from..from + 30 * scale() {
        let mut history = run(seed, Lean::Mixed, |history| history.go_on(120, 20));
        let mut forks = Vec::new();
        for _ in 0..4 {
            let fork = history.pair.state.fork();
            let told = compare::all(&fork, &history.pair.world, &mut Chance::new(1));
            assert_eq!(told, Ok(()), "seed {seed}: figures of a fresh fork");
            forks.push((fork.full_digest(), fork, history.pair.world.clone()));
            let more = history.go_on(40, 5);
            assert_eq!(more, Ok(()), "seed {seed}");
        }
        for (digest, fork, world) in &forks {
            assert_eq!(
                fork.full_digest(),
                *digest,
                "seed {seed}: a fork has changed"
            );
            let told = compare::all(fork, world, &mut Chance::new(1));
            assert_eq!(told, Ok(()), "seed {seed}: figures of a fork");
        }
    }
}

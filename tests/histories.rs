//! Random histories of random networks: after every command every figure equals the model's.

use arborline::base::ids::Text;
use arborline::base::time::Time;
use arborline::engine::command::found::Found;
use arborline::engine::command::{Command, Verb};
use arborline::engine::execute::execute_batch;
use arborline::engine::rules::{ClockMode, Rules};
use arborline::engine::state::State;

use crate::chance::{Chance, scale};
use commands::{Lean, Writer};
use play::{Batch, Pair, guarded, report};

mod changes;
pub(crate) mod commands;
mod compare;
mod copies;
mod grown;
pub(crate) mod laws;
mod plans;
pub(crate) mod play;
mod sales;
mod together;

/// The first command of every history.
pub(crate) fn founding(rules: Rules) -> Batch {
    let found = Found {
        document: [7; 32],
        rules,
    };
    let command = Command {
        id: Text::from("founding"),
        at: laws::START,
        verb: Verb::Found(Box::new(found)),
    };
    Batch {
        stamp: laws::START,
        commands: vec![command],
    }
}

/// The time a batch is stamped with.
pub(crate) fn stamp(writer: &mut Writer, pair: &Pair) -> Time {
    let now = pair.world.time.0;
    match writer.chance.below(10) {
        0..=5 => Time(now + writer.chance.between(0, 6 * 3_600_000)),
        6 => Time(now - 5),
        7 => Time(
            (writer.border(&pair.world) + writer.chance.between(-1, 1))
                .clamp(now, now + 40 * 86_400_000),
        ),
        8 => Time(now + writer.chance.between(0, 9 * 86_400_000)),
        _ => Time(now),
    }
}

/// Rules under which time follows the commands, and commands drawn for such a network; the founding is left out.
pub(crate) fn drawn(seed: u64, count: usize) -> (Rules, Vec<Command>) {
    let mut chance = Chance::new(seed);
    let mut rules = laws::draw(&mut chance);
    while !rules.are_sound() {
        rules = laws::draw(&mut chance);
    }
    rules.clock = ClockMode::Events;
    let commands = drawn_for(&rules, chance, count);
    (rules, commands)
}

/// The state of a network that was founded by rules and told commands.
pub(crate) fn executed(rules: &Rules, commands: &[Command]) -> State {
    let (mut state, first) = (State::new(), founding(rules.clone()));
    execute_batch(&mut state, 1, first.stamp, &first.commands, &mut Vec::new());
    execute(&mut state, commands);
    state
}

/// Tells a state more commands.
pub(crate) fn execute(state: &mut State, commands: &[Command]) {
    let seq = state.as_of_seq + 1;
    execute_batch(state, seq, laws::START, commands, &mut Vec::new());
}

/// Commands drawn for a network with these rules, under which time follows the commands; the founding is left out.
pub(crate) fn drawn_for(rules: &Rules, chance: Chance, count: usize) -> Vec<Command> {
    let mut world = crate::model::world::World::new();
    let first = founding(rules.clone());
    world
        .step(1, first.stamp, &first.commands[0])
        .expect("rules that hold");
    let mut writer = Writer::new(chance, Lean::Mixed);
    let commands = (0..count as u64).map(|drawn| {
        let mut command = writer.draw(&world);
        while !can_be_kept(&command) || drafts(&command) {
            command = writer.draw(&world);
        }
        // Rejected ones stay in: they belong to a history.
        world.step(drawn + 2, laws::START, &command).ok();
        command
    });
    commands.collect()
}

/// Whether a command comes back from its bytes: those that no request can make do not.
fn can_be_kept(command: &Command) -> bool {
    let mut bytes = Vec::new();
    command.encode(&mut bytes);
    Command::decode(&bytes).is_ok_and(|read| read == *command)
}

/// Whether a command drafts a plan set: a directory that was told so needs a document that nobody has written.
fn drafts(command: &Command) -> bool {
    match &command.verb {
        Verb::DraftPlan(_) => true,
        Verb::Atomic(commands) => commands.iter().any(drafts),
        _ => false,
    }
}

/// One history on its way.
struct History {
    writer: Writer,
    pair: Pair,
    played: Vec<Batch>,
}

impl History {
    /// A network founded by rules drawn from a seed.
    fn new(seed: u64, lean: Lean, mend: impl FnOnce(&mut Rules)) -> (History, Batch) {
        let mut chance = Chance::new(seed);
        let mut rules = laws::draw(&mut chance);
        mend(&mut rules);
        let first = founding(rules);
        let history = History {
            writer: Writer::new(chance, lean),
            pair: Pair::new(lean == Lean::Changes && seed.is_multiple_of(2)),
            played: Vec::new(),
        };
        (history, first)
    }

    /// Plays a batch and compares every figure.
    fn play(&mut self, batch: Batch) -> Result<(), String> {
        self.played.push(batch.clone());
        self.pair.play(&batch)?;
        self.pair.compare()
    }

    /// Draws and plays commands in groups of at most `group`.
    fn go_on(&mut self, commands: usize, group: usize) -> Result<(), String> {
        let mut left = commands;
        while left > 0 {
            let size = (1 + self.writer.chance.below(group)).min(left);
            left -= size;
            let stamp = stamp(&mut self.writer, &self.pair);
            let mut commands = Vec::new();
            // Commands of a group are drawn against what the ones before them leave behind.
            let mut ahead = self.pair.world.clone();
            if ahead.law().clock == ClockMode::Wall {
                ahead.advance(stamp);
            }
            for _ in 0..size {
                let command = self.writer.draw(&ahead);
                ahead.step(ahead.seq + 1, stamp, &command).ok();
                commands.push(command);
            }
            self.play(Batch { stamp, commands })?;
        }
        Ok(())
    }
}

/// Plays one history; a failure is shortened and told.
fn run(seed: u64, lean: Lean, story: impl FnMut(&mut History) -> Result<(), String>) -> History {
    run_mended(seed, lean, |_| {}, story)
}

/// The same where the rules drawn are mended first.
fn run_mended(
    seed: u64,
    lean: Lean,
    mend: impl FnOnce(&mut Rules),
    mut story: impl FnMut(&mut History) -> Result<(), String>,
) -> History {
    let (mut history, first) = History::new(seed, lean, mend);
    let told = guarded(|| {
        history.play(first)?;
        story(&mut history)
    });
    if let Err(what) = told {
        panic!(
            "{}",
            report(seed, std::mem::take(&mut history.played), &what)
        );
    }
    history
}

fn check(first_seed: u64, histories: u64, commands: usize, lean: Lean, group: usize) {
    for seed in first_seed..first_seed + histories * scale() {
        run(seed, lean, |history| history.go_on(commands, group));
    }
}

#[test]
fn figures_after_every_command() {
    check(10_000, 60, 150, Lean::Mixed, 1);
}

#[test]
fn figures_after_every_command_in_lines() {
    check(20_000, 40, 150, Lean::Lines, 1);
}

#[test]
fn figures_after_every_command_in_stars() {
    check(30_000, 40, 150, Lean::Stars, 1);
}

#[test]
fn figures_after_groups() {
    check(40_000, 60, 300, Lean::Mixed, 40);
}

#[test]
fn sums_near_their_bound() {
    check(50_000, 20, 300, Lean::Huge, 3);
}

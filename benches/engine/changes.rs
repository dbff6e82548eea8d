//! Changes of the network: what is done ahead, and how long the writer stands still when they take effect.

use arborline::base::ids::Text;
use arborline::base::number::{UNIT, Volume};
use arborline::base::time::Time;
use arborline::book::rules::Window;
use arborline::engine::command::change::Change;
use arborline::engine::command::found::Found;
use arborline::engine::command::{Command, Verb};
use arborline::engine::execute::execute_batch;
use arborline::engine::law;
use arborline::engine::rules::{PeriodType, Rules};
use arborline::engine::state::State;
use arborline_loadtest::random::Random;

use crate::Scale;
use crate::machine::Machine;
use crate::meter::{single, time};
use crate::rig::{BATCH, tree};
use arborline::tree::rules::Shape;

/// Orders in the book, as a share of the members.
const ORDERS_PER_MEMBER: f64 = 0.5;

/// Prints what changes cost a network with an enroller tree, a power-leg binary tree, two kinds and orders.
pub(crate) fn measure(scale: Scale) {
    let mut machine = Machine::grown(scale);
    let mut random = Random::new(scale.seed);
    let mut left = (f64::from(scale.members) * ORDERS_PER_MEMBER) as usize;
    while left > 0 {
        let batch: Vec<Command> = (0..BATCH.min(left))
            .map(|_| machine.order(random.below(scale.members), 100, 2))
            .collect();
        left -= batch.len();
        machine.execute(&batch);
    }
    taken(&mut machine, "nothing new", |_| {});
    taken(&mut machine, "a kind and a period type more", |rules| {
        rules.kinds.push(Text::new("qv"));
        let months = &rules.period_types[0];
        rules.period_types.push(PeriodType {
            name: Text::new("again"),
            ..months.clone()
        });
    });
    taken(&mut machine, "a unilevel tree more", |rules| {
        rules.trees.push(tree("unilevel", Shape::List));
    });
    taken(&mut machine, "a binary tree more", |rules| {
        rules.trees.push(tree("second", Shape::Binary));
    });
    taken(&mut machine, "another activity rule", |rules| {
        rules.activity.window = Window::Rolling { days: 30 };
        rules.activity.at_least = Volume(UNIT);
    });
}

/// Prints the cost of one change: with its room made ahead, and without.
fn taken(machine: &mut Machine, name: &str, change: impl Fn(&mut Rules)) {
    for ahead in [true, false] {
        let mut state = machine.state.twin();
        let mut rules = (**state.rules.as_ref().expect("a network")).clone();
        change(&mut rules);
        let told = Verb::Change(Box::new(Change {
            told: Found {
                document: [1; 32],
                rules,
            },
            begins: None,
        }));
        execute(&mut state, machine.at, "change", told);
        let begins = state.pending.as_ref().expect("it is pending").begins.at;
        let needs = law::needs_room(&state);
        if ahead {
            let room = time(|| law::make_room_ahead(&mut state));
            if needs {
                let label = format!("{name}: room made beside the commands");
                single(&label, "ms", room as f64 / 1e6, None);
            }
        } else if !needs {
            continue;
        }
        let stall = time(|| execute(&mut state, begins, "", Verb::AdvanceTime));
        let how = if ahead { "" } else { ", no room made ahead" };
        let label = format!("{name}: taking effect{how}");
        single(&label, "ms", stall as f64 / 1e6, None);
    }
}

fn execute(state: &mut State, at: Time, id: &str, verb: Verb) {
    let command = Command {
        id: Text::new(id),
        at,
        verb,
    };
    let (seq, mut outcomes) = (state.as_of_seq + 1, Vec::new());
    execute_batch(state, seq, at, &[command], &mut outcomes);
    assert!(outcomes[0].is_ok(), "{:?}", outcomes[0]);
}

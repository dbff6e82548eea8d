//! Dispatch: each verb to its own file, and several commands that happen together or not at all.

use crate::base::planted::{Planted, planted};
use crate::engine::command::{Command, Verb};
use crate::engine::judging::Now;
use crate::engine::outcome::{Accepted, Choice, Outcome};
use crate::engine::rejection::Rejection;
use crate::engine::state::State;
use crate::engine::undo;

/// Judges one command and, unless it is rejected, writes what follows.
pub(crate) fn dispatch(state: &mut State, command: &Command, now: Now) -> Outcome {
    if let Some(first_seq) = first_use(state, command)
        && !planted(Planted::IdTakenTwice)
    {
        return Err(Rejection::Duplicate { first_seq });
    }
    let founding = matches!(command.verb, Verb::Found(_));
    if state.rules.is_none() && !founding {
        return Err(Rejection::NoNetwork);
    }
    let accepted = match &command.verb {
        Verb::Found(body) => body.execute(state, now),
        Verb::Change(body) => body.execute(state, command, now),
        Verb::Enrol(body) => return body.execute(state, command, now),
        Verb::Order(body) => return body.execute(state, command, now),
        Verb::Update(body) => body.execute(state, command, now),
        Verb::Status(body) => body.execute(state, command, now),
        Verb::Place(body) => body.execute(state, command, now),
        Verb::Move(body) => body.execute(state, command, now),
        Verb::Refund(body) => body.execute(state, command, now),
        Verb::Adjust(body) => body.execute(state, command, now),
        Verb::Close(body) => body.execute(state, command, now),
        Verb::CreateToken(body) => body.execute(state, command, now),
        Verb::RevokeToken(body) => body.execute(state, command, now),
        Verb::DraftPlan(body) => body.execute(state, command, now),
        Verb::ActivatePlan(body) => body.execute(state, command, now),
        Verb::PostRun(body) => body.execute(state, now),
        Verb::Qualify(body) => body.execute(state, command, now),
        Verb::ExtendCalendar(body) => body.execute(state),
        Verb::AdvanceTime => return Ok(Accepted::default()),
        Verb::Atomic(commands) => together(state, commands, now),
    };
    let counts = accepted.is_ok() || planted(Planted::RefusedIdUsed);
    if counts && !needs_no_id(&command.verb) {
        state.facts.add(&command.id, now.seq);
    }
    accepted
}

/// Whether nothing is looked up under the command's own id: the runtime's commands have none, and of several that happen
/// together the parts' ids count.
fn needs_no_id(verb: &Verb) -> bool {
    matches!(
        verb,
        Verb::AdvanceTime | Verb::ExtendCalendar(_) | Verb::PostRun(_) | Verb::Atomic(_)
    )
}

/// The command that used an id before, in the id's own space.
pub(crate) fn first_use(state: &State, command: &Command) -> Option<u64> {
    match &command.verb {
        verb if needs_no_id(verb) => None,
        Verb::Enrol(_) => {
            let member = state.members.find(&command.id)?;
            Some(state.members.first_seq(member))
        }
        Verb::Order(_) => {
            let order = state.orders.find(&command.id)?;
            Some(state.orders.seq(order))
        }
        _ => state.facts.first_seq(&command.id),
    }
}

/// Executes all commands, or none.
///
/// They are executed one after the other with an undo list open; the first rejection takes back what the others wrote,
/// so that a refused request leaves no trace. Timers are held back meanwhile.
///
/// Only the parts happen at a time: the whole is never too early. A command whose id was used before this request makes
/// the whole a duplicate of the command that used it; an id that stands twice in the request refuses the second. Costs
/// what the commands cost, and a copy of each record they write.
fn together(state: &mut State, commands: &[Command], now: Now) -> Outcome {
    for command in commands {
        if let Some(first_seq) = first_use(state, command) {
            return Err(Rejection::Duplicate { first_seq });
        }
    }
    let before = undo::open(state);
    let mut all = Accepted::default();
    for (index, command) in commands.iter().enumerate() {
        match dispatch(state, command, now) {
            Ok(accepted) => {
                let part = index as u16;
                let its = accepted.choices.into_iter();
                all.choices
                    .extend(its.map(|choice| Choice { part, ..choice }));
            }
            Err(rejection) => {
                undo::take_back(state, before);
                return Err(Rejection::AtomicRefused {
                    index: index as u32,
                    number: rejection.number(),
                    field: rejection.field(),
                });
            }
        }
    }
    undo::keep(state, before);
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::Text;
    use crate::base::number::Volume;
    use crate::base::time::{DAY_MS, Time};
    use crate::base::volumes::Volumes;
    use crate::book::rules::{Activity, Window};
    use crate::engine::command::close::Close;
    use crate::engine::command::enrol::Enrol;
    use crate::engine::command::found::Found;
    use crate::engine::command::order::Order;
    use crate::engine::member::{MemberKind, Profile};
    use crate::engine::passage::fire_due;
    use crate::engine::rules::{ClockMode, Late, PeriodType, Rules, TerminatedOrders};
    use crate::tree::rules::{CustomerLevel, Policy, Shape, Termination, TreeRules};

    fn rules() -> Rules {
        let tree = |name: &str, shape, placement| TreeRules {
            name: name.into(),
            shape,
            placement,
            customer_level: CustomerLevel::Own,
            termination: Termination::EmptySeat,
            centres: 1,
            move_max: 0,
        };
        Rules {
            kinds: vec!["cv".into()],
            period_types: vec![PeriodType {
                name: "month".into(),
                cutoff_ms: 5 * DAY_MS,
                late: Late::Own,
                starts: vec![Time(0), Time(30 * DAY_MS), Time(60 * DAY_MS)],
                labels: vec!["first".into(), "second".into()],
            }],
            trees: vec![
                tree("enroller", Shape::List, Policy::UnderEnroller),
                tree("binary", Shape::Binary, Policy::BreadthFirst),
            ],
            activity: Activity {
                kind: 0,
                at_least: Volume(1),
                window: Window::Period(0),
            },
            count_customers: false,
            enrolled_by_fact: false,
            terminated_orders: TerminatedOrders::Reject,
            refund_days: 90,
            id_memory_days: 90,
            return_days: 90,
            customers_first: None,
            thresholds: Vec::new(),
            kernels: Vec::new(),
            clock: ClockMode::Events,
            time_zone: "UTC".into(),
        }
    }

    fn command(id: &str, verb: Verb) -> Command {
        Command {
            id: id.into(),
            at: Time(DAY_MS),
            verb,
        }
    }

    fn enrol(id: &str, enroller: Option<Text>) -> Command {
        let enrol = Enrol {
            kind: MemberKind::Distributor,
            enroller,
            profile: Profile::default(),
            placements: Vec::new(),
        };
        command(id, Verb::Enrol(Box::new(enrol)))
    }

    fn order(id: &str, member: &str) -> Command {
        let order = Order {
            member: member.into(),
            centre: 1,
            volumes: Volumes::from_units(&[5]),
            amount: Volume(5),
            currency: None,
            class: None,
            lines: Vec::new(),
        };
        command(id, Verb::Order(order))
    }

    /// A network of so many, each enrolled by the one with half his number.
    fn network(members: u32) -> State {
        let document = [0; 32];
        let found = Found {
            document,
            rules: rules(),
        };
        let mut commands = vec![command("founding", Verb::Found(Box::new(found)))];
        commands.extend((1..=members).map(|n| {
            let enroller = (n > 1).then(|| format!("m{}", n / 2).into());
            enrol(&format!("m{n}"), enroller)
        }));
        let mut state = State::new();
        for command in &commands {
            accepted(&mut state, command);
        }
        state
    }

    fn accepted(state: &mut State, command: &Command) {
        state.as_of_seq += 1;
        let now = Now {
            seq: state.as_of_seq,
            time: command.at,
        };
        dispatch(state, command, now).expect("nothing against it");
    }

    /// Records noted while an order and an enrolment are executed and taken back, which leaves no trace.
    fn noted(members: u32) -> usize {
        let mut state = network(members);
        let digest = state.full_digest();
        let before = undo::open(&mut state);
        let last = format!("m{members}");
        accepted(&mut state, &order("o", &last));
        accepted(&mut state, &enrol("new", Some(last.into())));
        let noted = undo::pages(&mut state);
        let noted = noted.iter().map(|pages| pages.noted()).sum();
        undo::take_back(&mut state, before);
        assert_eq!(state.full_digest(), digest);
        noted
    }

    #[test]
    fn what_is_noted_follows_from_what_is_written_and_not_from_the_network() {
        let (small, large) = (noted(300), noted(30_000));
        // About seven levels more in each of two trees.
        assert!(small > 10, "{small} records");
        assert!(large < small + 60, "{small} records, then {large}");
    }

    #[test]
    fn a_book_closed_by_a_request_that_stays_keeps_no_list() {
        let mut state = network(3);
        fire_due(&mut state, Time(31 * DAY_MS), 1, 4);
        let close = Verb::Close(Box::new(Close {
            period_type: "month".into(),
            period: "first".into(),
        }));
        // The order enters the book of the period that has rolled.
        let both = Verb::Atomic(vec![order("o", "m3"), command("c", close)]);
        accepted(&mut state, &command("", both));
        let mut noted = Vec::new();
        let see = |pages: &mut crate::arena::pages::Pages| noted.push(pages.noted());
        state.periods.each_closed_page(see);
        assert_eq!(noted.iter().max(), Some(&0));
    }
}

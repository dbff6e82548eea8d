//! Lockstep: a run of orders judged and booked together, so that their memory is fetched side by side.
//!
//! Accepted orders never carry a negative volume, so they commute: sums rise, and activity can only begin. A due timer
//! or any other command ends a run; so does an order whose own activity would expire before a later one of the run. Where
//! orders are written down with who is active above them, those that may make somebody active take effect before the next.

use crate::arena::near;
use crate::base::ids::ENROLLER_TREE;
use crate::base::path::Paths;
use crate::base::time::{DAY_MS, Time};
use crate::base::volumes::Volumes;
use crate::book::forest::Posting;
use crate::book::rules::Window;
use crate::engine::above;
use crate::engine::command::order::{self, Booked, Order, Tags};
use crate::engine::command::{Command, Verb};
use crate::engine::credit::Credit;
use crate::engine::ids::Tag;
use crate::engine::judging::Now;
use crate::engine::outcome::{Accepted, Outcome};
use crate::engine::passage::clock_after;
use crate::engine::posting;
use crate::engine::rules::Rules;
use crate::engine::state::State;

/// Orders in one run at most.
const LANES: usize = 16;

/// One order on its way.
#[derive(Clone, Copy)]
struct Lane<'a> {
    order: &'a Order,
    command: &'a Command,
    tags: Tags,
    time: Time,
}

/// Executes the orders at the front of `commands`, at most 16 of them, and says how many; 0 when the first command must
/// stand alone.
pub(crate) fn run(
    state: &mut State,
    first_seq: u64,
    stamp: Time,
    commands: &[Command],
    out: &mut Vec<Outcome>,
) -> usize {
    if !matches!(commands.first().map(|c| &c.verb), Some(Verb::Order(_))) {
        return 0;
    }
    let Some(rules) = state.rules.clone() else {
        return 0;
    };
    let mut lanes = [None; LANES];
    let count = gather(state, &rules, stamp, commands, &mut lanes);
    // What comes next is brought near while this run is at work.
    for command in commands.iter().skip(count).take(LANES) {
        near::fetch(command);
    }
    let lanes = &mut lanes[..count];
    fetch(state, lanes);
    let paths = state.posts();
    if paths.is_empty() {
        abreast(state, &rules, lanes, (first_seq, &paths), out);
        return count;
    }
    let credits = credits(state, lanes);
    above::approach(state, &credits[..count], &paths);
    let mut from = 0;
    while from < count {
        let later = &credits[from..count];
        let changing = later.iter().position(|credit| !stays(state, credit));
        let upto = changing.map_or(count, |at| from + at + 1);
        let seq = first_seq + from as u64;
        abreast(state, &rules, &lanes[from..upto], (seq, &paths), out);
        from = upto;
    }
    count
}

/// Judges and books orders, then adds all their volumes.
fn abreast(
    state: &mut State,
    rules: &Rules,
    lanes: &[Option<Lane<'_>>],
    (first_seq, paths): (u64, &Paths),
    out: &mut Vec<Outcome>,
) {
    let mut booked = [None; LANES];
    for (index, lane) in lanes.iter().flatten().enumerate() {
        let now = Now {
            seq: first_seq + index as u64,
            time: lane.time,
        };
        state.as_of_time = lane.time;
        state.as_of_seq = now.seq;
        let told = (lane.command, lane.order, lane.tags);
        let judged = order::book(state, rules, told, paths, now);
        let outcome = judged.map(|judged| {
            booked[index] = Some(judged);
            Accepted::default()
        });
        state.fold.add_outcome(&outcome);
        out.push(outcome);
    }
    post(state, rules, lanes, &booked);
    for (lane, booked) in lanes.iter().flatten().zip(&booked) {
        if let Some(booked) = booked {
            judge(state, rules, lane, booked);
        }
    }
}

/// Whom each order will be credited to; nobody where its buyer is not known.
fn credits(state: &State, lanes: &[Option<Lane<'_>>]) -> [Option<Credit>; LANES] {
    let mut credits = [None; LANES];
    for (credit, lane) in credits.iter_mut().zip(lanes.iter().flatten()) {
        let (tags, id) = (lane.tags, &lane.order.member);
        let buyer = state.members.find_guessed(tags.guess, tags.member, id);
        *credit = buyer.and_then(|buyer| posting::credit(state, buyer, lane.order.centre));
    }
    credits
}

/// Whether an order changes nobody's activity: its member is active already, or nobody is credited.
fn stays(state: &State, credit: &Option<Credit>) -> bool {
    let active = |credit: &Credit| state.forest.standing(ENROLLER_TREE, credit.member).active;
    credit.as_ref().is_none_or(active)
}

/// Chooses the lanes and asks for their places in the id tables.
fn gather<'a>(
    state: &State,
    rules: &Rules,
    stamp: Time,
    commands: &'a [Command],
    lanes: &mut [Option<Lane<'a>>; LANES],
) -> usize {
    let mut horizon = state.timers.next().unwrap_or(Time(i64::MAX));
    let mut time = state.as_of_time;
    let mut count = 0;
    for command in commands.iter().take(LANES) {
        let Verb::Order(order) = &command.verb else {
            break;
        };
        time = clock_after(rules.clock, time, stamp, command.at);
        if horizon <= time {
            break;
        }
        if let Window::Rolling { days } = rules.activity.window {
            let ends = command.at.plus_ms(i64::from(days) * DAY_MS);
            if ends > time {
                horizon = horizon.min(ends);
            }
        }
        let tags = Tags {
            order: Tag::of(&command.id),
            member: Tag::of(&order.member),
            guess: None,
        };
        state.orders.prefetch_tag(tags.order);
        state.members.prefetch_tag(tags.member);
        lanes[count] = Some(Lane {
            order,
            command,
            tags,
            time,
        });
        count += 1;
    }
    count
}

/// Brings the members' records and seats near.
fn fetch(state: &State, lanes: &mut [Option<Lane<'_>>]) {
    for lane in lanes.iter_mut().flatten() {
        lane.tags.guess = state.members.prefetch_record(lane.tags.member);
    }
    for lane in lanes.iter().flatten() {
        if let Some(member) = lane.tags.guess {
            state.forest.prefetch(ENROLLER_TREE, member);
        }
    }
}

/// Adds all volumes up each tree.
fn post(
    state: &mut State,
    rules: &Rules,
    lanes: &[Option<Lane<'_>>],
    booked: &[Option<Booked>; LANES],
) {
    let nothing = Posting {
        seat: 0,
        own: false,
        periods: 0,
        volumes: Volumes::default(),
    };
    let mut postings = [nothing; LANES];
    for tree in 0..rules.trees.len() {
        let mut count = 0;
        for (lane, booked) in lanes.iter().flatten().zip(booked) {
            let Some(booked) = booked else { continue };
            if booked.targets.current == 0 || lane.order.volumes.is_zero() {
                continue;
            }
            if let Some(seat) = posting::seat(state, &booked.credit, tree) {
                postings[count] = Posting {
                    seat,
                    own: posting::is_own(rules, &booked.credit, tree),
                    periods: booked.targets.current,
                    volumes: lane.order.volumes,
                };
                count += 1;
            }
        }
        if count > 0 {
            state.forest.post(tree, &postings[..count]);
        }
    }
    for (lane, booked) in lanes.iter().flatten().zip(booked) {
        if let Some(Booked { credit, targets }) = booked
            && targets.branch != 0
        {
            posting::post_late(state, credit, targets.branch, &lane.order.volumes);
        }
    }
}

fn judge(state: &mut State, rules: &Rules, lane: &Lane<'_>, booked: &Booked) {
    // Whoever is active already stays so: nothing in a run takes volume away.
    if booked.targets.branch == 0
        && state
            .forest
            .standing(ENROLLER_TREE, booked.credit.member)
            .active
        && matches!(rules.activity.window, Window::Period(_))
    {
        return;
    }
    order::activate(state, rules, lane.command, lane.order, booked);
}

//! Every figure of every seat, engine against model; the first difference in words.

use arborline::base::ids::Seat;
use arborline::base::volumes::Volumes;
use arborline::book::forest::Forest;
use arborline::engine::periods::PeriodState;
use arborline::engine::state::State;
use arborline::view::verify::check::verify;

use crate::chance::Chance;
use crate::model::figures::{Figures, Scene};
use crate::model::trees::{Hang, Tree};
use crate::model::world::World;

/// A difference, in words.
pub(crate) type Difference = Result<(), String>;

/// Says where two values differ.
macro_rules! same {
    ($engine:expr, $model:expr, $($what:tt)*) => {{
        let (engine, model) = ($engine, $model);
        if engine != model {
            return Err(format!("{}: engine {engine:?}, model {model:?}", format!($($what)*)));
        }
    }};
}

/// Compares everything; `probe` draws the pairs of seats for the questions that take two.
pub(crate) fn all(state: &State, world: &World, probe: &mut Chance) -> Difference {
    same!(state.as_of_time, world.time, "machine time");
    same!(state.as_of_seq, world.seq, "sequence");
    if world.rules.is_none() {
        return Ok(());
    }
    let pending = state.pending.as_ref();
    same!(
        pending.map(|pending| (pending.begins.at, pending.seq)),
        world
            .pending
            .as_ref()
            .map(|pending| (pending.at, pending.seq)),
        "what is pending"
    );
    people(state, world)?;
    sales(state, world)?;
    let seats = seat_numbers(state, world)?;
    figures(&state.forest, world, &world.present(), &seats, "now")?;
    for (at, tree) in world.trees.iter().enumerate() {
        links(&state.forest, tree, at, &seats[at])?;
        walks(&state.forest, tree, at, &seats[at], probe)?;
        let waiting: Vec<Seat> = state.forest.waiting(at).collect();
        let mut expected: Vec<Seat> = (1..tree.seats.len())
            .filter(|&seat| tree.waits(seat))
            .map(|seat| seats[at][seat])
            .collect();
        expected.sort_unstable();
        same!(waiting, expected, "tank of tree {at}");
    }
    for (of, calendar) in world.calendars.iter().enumerate() {
        let kept = state.periods.get(of);
        period(kept, world, of, &seats)?;
        same!(
            kept.current() as usize,
            calendar.current,
            "current period of type {of}"
        );
        let runs = state.runs.iter().filter(|run| run.period_type == of);
        let paid: Vec<usize> = runs.map(|run| run.ordinal as usize).collect();
        same!(paid, calendar.paid.clone(), "runs of type {of}");
    }
    let report = verify(state);
    if !report.is_clean() {
        return Err(format!("the verifier: {:?}", report.differences));
    }
    Ok(())
}

fn period(kept: &PeriodState, world: &World, of: usize, seats: &[Vec<Seat>]) -> Difference {
    let calendar = &world.calendars[of];
    let branch = kept.branch.as_ref().map(|branch| branch.ordinal as usize);
    same!(
        branch,
        calendar.branch.as_ref().map(|branch| branch.period),
        "branch of type {of}"
    );
    let closed = kept.closed().map(|book| book.ordinal as usize);
    same!(
        closed,
        calendar.closed.as_ref().map(|book| book.period),
        "closed book of type {of}"
    );
    let due: Vec<usize> = kept.due().map(|book| book.ordinal as usize).collect();
    let waits: Vec<usize> = calendar.due.iter().map(|book| book.period).collect();
    same!(due, waits, "books of type {of} to be paid");
    let books: Vec<usize> = kept
        .books()
        .iter()
        .map(|book| book.ordinal as usize)
        .collect();
    same!(books, world.books_at_hand(of), "closed books of type {of}");
    if let (Some(kept), Some(branch)) = (&kept.branch, &calendar.branch) {
        let scene = world.past(of, branch);
        figures(
            &kept.forest,
            world,
            &scene,
            seats,
            &format!("branch of type {of}"),
        )?;
    }
    if let (Some(kept), Some(book)) = (kept.closed(), &calendar.closed) {
        let scene = world.past(of, book);
        figures(
            &kept.forest,
            world,
            &scene,
            seats,
            &format!("closed book of type {of}"),
        )?;
    }
    Ok(())
}

/// The engine's seat for each of the model's, by tree.
fn seat_numbers(state: &State, world: &World) -> Result<Vec<Vec<Seat>>, String> {
    let mut all = Vec::new();
    for (at, tree) in world.trees.iter().enumerate() {
        let mut numbers = vec![0];
        for seat in tree.seats.iter().skip(1) {
            let owner = u32::try_from(seat.owner).expect("a small number");
            let number = state.members.seat(owner, at, seat.centre);
            let name = &world.people[seat.owner].id;
            numbers.push(
                number.ok_or_else(|| format!("{name} has no seat {} in tree {at}", seat.centre))?,
            );
        }
        same!(
            state.forest.seats(at) as usize,
            numbers.len(),
            "seats of tree {at}"
        );
        all.push(numbers);
    }
    Ok(all)
}

fn people(state: &State, world: &World) -> Difference {
    same!(state.members.len() as usize, world.people.len(), "members");
    for (at, person) in world.people.iter().enumerate().skip(1) {
        let member = u32::try_from(at).expect("a small number");
        let (members, id) = (&state.members, &person.id);
        same!(members.find(id), Some(member), "number of {id}");
        same!(members.id(member), id.clone(), "id of {id}");
        same!(members.kind(member), person.kind, "kind of {id}");
        same!(members.status(member), person.status, "status of {id}");
        same!(members.joined(member), person.joined, "joining of {id}");
        same!(
            members.default_leg(member),
            person.default_leg,
            "default leg of {id}"
        );
        same!(
            members.country(member),
            person.profile.country.as_ref(),
            "country of {id}"
        );
        same!(
            members.tags(member),
            person.profile.tags.as_slice(),
            "tags of {id}"
        );
        let by = members.enrolled_by(member).map(|by| by as usize);
        same!(by, person.enrolled_by, "enroller of {id}");
        let brought = world
            .people
            .iter()
            .filter(|other| other.enrolled_by == Some(at));
        same!(
            members.enrolled(member) as usize,
            brought.count(),
            "enrolled by {id}"
        );
        same!(
            Some(members.first_seq(member)),
            world.member_ids.get(id).copied(),
            "first use of {id}"
        );
        for (tree, seats) in person.seats.iter().enumerate() {
            same!(
                members.centres(member, tree) as usize,
                seats.len(),
                "centres of {id} in tree {tree}"
            );
        }
    }
    facts(state, world)
}

fn facts(state: &State, world: &World) -> Difference {
    for (id, seq) in &world.fact_ids {
        same!(
            state.facts.first_seq(id),
            Some(*seq),
            "first use of fact {id}"
        );
    }
    same!(state.facts.len() as usize, world.fact_ids.len(), "facts");
    for (id, token) in &world.tokens {
        let kept = state
            .tokens
            .by_id(id)
            .ok_or_else(|| format!("token {id} is unknown"))?;
        same!(kept.hash, token.hash, "hash of token {id}");
        same!(
            kept.member.map(|member| member as usize),
            token.member,
            "member of token {id}"
        );
        same!(kept.revoked.is_some(), token.revoked, "end of token {id}");
    }
    plans(state, world)
}

fn plans(state: &State, world: &World) -> Difference {
    let (versions, drafts) = (state.plans.versions(), &world.drafts);
    same!(versions.len(), drafts.len(), "versions of plan sets");
    for (at, (kept, draft)) in versions.iter().zip(drafts).enumerate() {
        same!(
            (&kept.set, kept.version as usize, kept.document),
            (&draft.set, world.version_of(at), draft.document),
            "draft {at}"
        );
        same!(
            (kept.seq, kept.drafted),
            (draft.seq, draft.time),
            "command of draft {at}"
        );
    }
    let activations = state.plans.activations().iter();
    let activations: Vec<_> = activations.map(|one| (one.time, one.of)).collect();
    same!(activations, world.activations.clone(), "activations");
    let overrides = state.overrides.all();
    same!(overrides.len(), world.overrides.len(), "overrides");
    for (kept, told) in overrides.iter().zip(&world.overrides) {
        same!(
            (
                kept.member as usize,
                &kept.ladder,
                &kept.rank,
                kept.period_type
            ),
            (told.member, &told.ladder, &told.rank, told.of),
            "override {}",
            told.seq
        );
        same!(
            (kept.first as usize..=kept.last as usize, kept.seq),
            (told.periods.clone(), told.seq),
            "periods of an override"
        );
    }
    for (of, periods) in state.periods.iter().enumerate() {
        let ahead = periods.len().min(periods.current() + 2);
        for ordinal in periods.current().saturating_sub(3)..ahead {
            let (start, end) = (periods.start(ordinal), periods.end(ordinal));
            same!(
                state.plans.in_force(start, end),
                world.plan_of(start, end).map(|at| &versions[at]),
                "plan of period {ordinal} of type {of}"
            );
        }
    }
    Ok(())
}

fn sales(state: &State, world: &World) -> Difference {
    same!(state.orders.len() as usize, world.sales.len(), "orders");
    for (at, sale) in world.sales.iter().enumerate() {
        let order = u32::try_from(at).expect("a small number");
        let (row, id) = (state.orders.row(order), &sale.id);
        same!(state.orders.find(id), Some(order), "number of order {id}");
        same!(row.buyer as usize, sale.buyer, "buyer of order {id}");
        same!(
            row.credited as usize,
            sale.credited,
            "credited member of order {id}"
        );
        same!(row.at, sale.at, "time of order {id}");
        same!(
            state.orders.volumes(order),
            Volumes::from_units(&sale.volumes),
            "volumes of order {id}"
        );
        let (amount, volumes) = state.corrections.taken(state.orders.last_refund(order));
        same!(
            row.amount.0 - amount.0,
            sale.amount_left,
            "money left of order {id}"
        );
        let posted = state.posted.of(order).into_iter().map(|(path, passed)| {
            let passed = passed.iter();
            let line = passed.map(|one| (one.member as usize, one.active));
            (path, line.collect::<Vec<_>>())
        });
        same!(
            posted.collect::<Vec<_>>(),
            sale.posted.clone().into_iter().collect::<Vec<_>>(),
            "who stood above order {id}"
        );
        for (kind, left) in sale.left.iter().enumerate() {
            same!(
                sale.volumes[kind] - volumes.get(kind).0,
                *left,
                "kind {kind} left of order {id}"
            );
        }
    }
    let corrections = world.entries.len() - world.sales.len();
    same!(
        state.corrections.len() as usize,
        corrections,
        "refunds and adjustments"
    );
    Ok(())
}

fn links(forest: &Forest, tree: &Tree, at: usize, numbers: &[Seat]) -> Difference {
    for (seat, kept) in tree.seats.iter().enumerate() {
        let number = numbers[seat];
        same!(
            forest.owner(at, number) as usize,
            kept.owner,
            "owner of seat {seat} in tree {at}"
        );
        same!(
            forest.parent(at, number),
            tree.parent(seat).map(|parent| numbers[parent]),
            "parent of seat {seat} in tree {at}"
        );
        same!(
            forest.leg(at, number),
            tree.leg(seat),
            "leg of seat {seat} in tree {at}"
        );
        let waits = kept.hang == Hang::Waits;
        same!(
            forest.is_waiting(at, number),
            waits,
            "waiting of seat {seat} in tree {at}"
        );
        if seat == 0 && tree.shape.legs().is_some() {
            continue;
        }
        let children: Vec<Seat> = forest.children(at, number).collect();
        let expected: Vec<Seat> = kept.children.iter().map(|&child| numbers[child]).collect();
        same!(children, expected, "children of seat {seat} in tree {at}");
        for leg in 1..=tree.shape.legs().unwrap_or(0) {
            same!(
                forest.child_in_leg(at, number, leg),
                tree.child_in_leg(seat, leg).map(|child| numbers[child]),
                "leg {leg} of seat {seat} in tree {at}"
            );
        }
    }
    Ok(())
}

/// Questions about lines and places, for a few seats.
fn walks(
    forest: &Forest,
    tree: &Tree,
    at: usize,
    numbers: &[Seat],
    probe: &mut Chance,
) -> Difference {
    if tree.seats.len() == 1 {
        return Ok(());
    }
    for _ in 0..6 {
        let one = 1 + probe.below(tree.seats.len() - 1);
        let other = 1 + probe.below(tree.seats.len() - 1);
        let line = tree.above(one);
        let depth = forest.depth(at, numbers[one]) as usize;
        same!(depth, line.len(), "depth of seat {one} in tree {at}");
        same!(
            forest.is_above(at, numbers[other], numbers[one]),
            tree.is_above(other, one),
            "seat {other} above {one} in tree {at}"
        );
        let mut upward = vec![one];
        upward.extend(line);
        let common = upward.into_iter().find(|&seat| tree.is_above(seat, other));
        same!(
            forest.nearest_common(at, numbers[one], numbers[other]),
            common.map(|seat| numbers[seat]),
            "nearest common of seats {one} and {other} in tree {at}"
        );
        let Some(legs) = tree.shape.legs() else {
            continue;
        };
        let leg = u8::try_from(1 + probe.below(usize::from(legs))).expect("few legs");
        same!(
            forest.outer_end(at, numbers[one], leg),
            numbers[tree.outer_end(one, leg)],
            "outer end of seat {one} by leg {leg} in tree {at}"
        );
        let (parent, leg) = tree.first_free(one);
        same!(
            forest.first_free(at, numbers[one]),
            (numbers[parent], leg),
            "first free place from seat {one} in tree {at}"
        );
    }
    Ok(())
}

fn figures(
    forest: &Forest,
    world: &World,
    scene: &Scene<'_>,
    seats: &[Vec<Seat>],
    when: &str,
) -> Difference {
    let mut all = Vec::new();
    for at in 0..scene.trees.len() {
        let figures = world.figures(scene, at);
        tree_figures(forest, world, scene, at, &seats[at], &figures, when)?;
        all.push(figures);
    }
    for (ladder, rules) in world.law().thresholds.iter().enumerate() {
        let (at, of, kind) = (
            usize::from(rules.tree),
            usize::from(rules.period),
            usize::from(rules.kind),
        );
        if scene.periods[of].is_none() {
            continue;
        }
        for (seat, &sum) in all[at].group[of][kind].iter().enumerate().skip(1) {
            same!(
                forest.threshold(ladder, seats[at][seat]),
                world.steps_reached(ladder, sum),
                "{when}: steps of ladder {ladder} at seat {seat} with {sum}"
            );
        }
    }
    for (index, kernel) in world.law().kernels.iter().enumerate() {
        let at = usize::from(kernel.tree);
        if scene.periods[usize::from(kernel.period)].is_none() {
            continue;
        }
        let buckets = world.buckets(scene, kernel, &all[at]);
        for (seat, expected) in buckets.into_iter().enumerate().skip(1) {
            same!(
                forest.buckets(index, seats[at][seat]),
                expected,
                "{when}: buckets of kernel {index} at seat {seat}"
            );
        }
    }
    Ok(())
}

fn tree_figures(
    forest: &Forest,
    world: &World,
    scene: &Scene<'_>,
    at: usize,
    numbers: &[Seat],
    figures: &Figures,
    when: &str,
) -> Difference {
    let list = scene.trees[at].shape.legs().is_none();
    for seat in usize::from(!list)..scene.trees[at].seats.len() {
        let number = numbers[seat];
        let owner = &world.people[scene.trees[at].seats[seat].owner].id;
        let place = format!("{when}: tree {at}, seat {seat} of `{owner}`");
        for (of, period) in scene.periods.iter().enumerate() {
            for kind in 0..scene.rules.kinds.len() {
                if period.is_none() {
                    continue;
                }
                let (own, group) = (figures.own[of][kind][seat], figures.group[of][kind][seat]);
                if seat > 0 {
                    same!(
                        forest.own(at, number, of, kind),
                        own,
                        "{place}: own of type {of} kind {kind}"
                    );
                }
                same!(
                    forest.group(at, number, of, kind),
                    group,
                    "{place}: group of type {of} kind {kind}"
                );
            }
        }
        if seat > 0 {
            let standing = forest.standing(at, number);
            same!(
                (standing.counted, standing.active),
                figures.standing[seat],
                "{place}: standing"
            );
        }
        same!(
            forest.downline(at, number),
            figures.downline[seat],
            "{place}: downline"
        );
        same!(
            forest.active_downline(at, number),
            figures.active_downline[seat],
            "{place}: active downline"
        );
        same!(
            forest.frontline(at, number),
            figures.frontline[seat],
            "{place}: frontline"
        );
        same!(
            forest.active_frontline(at, number),
            figures.active_frontline[seat],
            "{place}: active frontline"
        );
    }
    Ok(())
}

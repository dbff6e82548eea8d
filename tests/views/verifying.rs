//! Verification agrees with the engine on every kind of history, and tells a wrong figure by name.

use arborline::base::volumes::Volumes;
use arborline::book::forest::{Attach, Posting, Standing};
use arborline::book::rules::Window;
use arborline::engine::member::{MemberKind, Status};
use arborline::tree::rules::CustomerLevel;
use arborline::view::verify::check::verify;

use super::world::{World, rules, time, volume};
use crate::chance::{Chance, scale};

#[test]
fn a_family_is_sound_through_refunds_moves_and_a_month_s_end() {
    let mut world = World::family();
    world.sound();
    world.refund("F1", "O3", "15");
    world.sound();
    world.shift("enroller", "C", "B", None);
    world.sound();
    world.at("2026-02-01T10:00:00Z");
    world.order("O5", "D", "70");
    world.sound();
    world.order_at("O6", "D", "80", time("2026-01-20T00:00:00Z"));
    world.refund("F2", "O1", "60");
    world.sound();
    world.status("A", Status::Terminated);
    world.sound();
    world.at("2026-02-10T00:00:00Z");
    world.order("O7", "A", "10");
    world.sound();
    world.status("A", Status::Open);
    world.sound();
}

/// One chance command; rejected ones are fine.
fn step(world: &mut World, chance: &mut Chance, members: &mut usize, orders: &mut usize) {
    let anybody = |chance: &mut Chance, members: usize| format!("M{}", chance.below(members));
    match chance.below(20) {
        0..5 => {
            let kind = [
                MemberKind::Distributor,
                MemberKind::Distributor,
                MemberKind::Customer,
            ][chance.below(3)];
            let enroller = anybody(chance, *members);
            let newcomer = format!("M{members}");
            *members += usize::from(world.try_enrol(kind, &newcomer, &enroller));
        }
        5..13 => {
            let (buyer, cv) = (anybody(chance, *members), chance.below(120).to_string());
            let back = [0, 0, 40][chance.below(3)];
            *orders += usize::from(world.try_order(&format!("O{orders}"), &buyer, &cv, back));
        }
        13 | 14 if *orders > 0 => {
            let order = format!("O{}", chance.below(*orders));
            world.try_refund(&order, &chance.below(60).to_string());
        }
        15 | 16 => {
            let tree = ["enroller", "unilevel", "binary"][chance.below(3)];
            let (member, parent) = (anybody(chance, *members), anybody(chance, *members));
            world.try_shift(tree, &member, &parent);
        }
        17 => {
            let status = [Status::Open, Status::Suspended, Status::Terminated][chance.below(3)];
            let member = anybody(chance, *members);
            world.try_status(&member, status);
        }
        _ => world.now = world.now.plus_ms(chance.below(40) as i64 * 3_600_000),
    }
}

#[test]
fn chance_histories_stay_sound() {
    for seed in 0..12 * scale() {
        let mut chance = Chance::new(seed);
        let mut own_rules = rules();
        if seed % 3 == 1 {
            own_rules.trees[1].customer_level = CustomerLevel::First;
            own_rules.kernels.iter_mut().for_each(|kernel| kernel.tree = 1);
            own_rules.count_customers = true;
        }
        if seed % 3 == 2 {
            own_rules.activity.window = Window::Rolling { days: 10 };
        }
        let mut world = World::under(own_rules);
        world.enrol("M0", "");
        let (mut members, mut orders) = (1, 0);
        for round in 0..40 {
            for _ in 0..25 {
                step(&mut world, &mut chance, &mut members, &mut orders);
            }
            let report = verify(&world.state);
            assert!(
                report.is_clean(),
                "seed {seed} round {round}: {:#?}",
                report.differences
            );
        }
    }
}

/// What verification says of a family with something done to it behind the engine's back.
fn told(spoil: impl FnOnce(&mut World)) -> Vec<String> {
    let mut world = World::family();
    spoil(&mut world);
    let report = verify(&world.state);
    assert_eq!(report.found, report.differences.len() as u64);
    let line = |difference: &arborline::view::verify::report::Difference| {
        format!(
            "{} {} {}: {} not {}",
            difference.tree.as_deref().unwrap_or("-"),
            difference.member.as_deref().unwrap_or("-"),
            difference.figure,
            difference.kept,
            difference.recomputed
        )
    };
    report.differences.iter().map(line).collect()
}

#[test]
fn a_volume_without_an_order_is_told_at_everybody_above() {
    let posting = |own| Posting {
        seat: 2,
        own,
        periods: 1,
        volumes: Volumes::from_units(&[volume("1").0]),
    };
    // In the placement tree nothing hangs on the sum but the sum itself.
    let found = told(|world| world.state.forest.post(1, &[posting(false)]));
    let line = |member: &str, kept: i64, recomputed: i64| {
        format!("unilevel {member} group month cv: {kept}0000 not {recomputed}0000")
    };
    assert_eq!(
        found,
        [line("", 211, 210), line("R", 211, 210), line("A", 181, 180)]
    );
    let found = told(|world| world.state.forest.post(0, &[posting(true)]));
    assert!(
        found.contains(&"enroller A own month cv: 1210000 not 1200000".to_owned()),
        "{found:#?}"
    );
    assert!(
        found.contains(&"enroller R kernel 0 bucket 0: 1510000 not 1500000".to_owned()),
        "{found:#?}"
    );
}

#[test]
fn a_wrong_standing_is_told_and_counts_follow_what_stands() {
    let standing = Standing {
        counted: true,
        active: true,
    };
    let found = told(|world| world.state.forest.set_standing(2, 3, standing));
    assert_eq!(found, ["binary B active: true not false"]);
}

#[test]
fn a_seat_that_nobody_holds_is_told() {
    let found = told(|world| {
        world
            .state
            .forest
            .add_seat(1, 2, Attach::Under { parent: 1, leg: 0 });
    });
    assert_eq!(found[0], "unilevel - positions held: 6 not 7");
}

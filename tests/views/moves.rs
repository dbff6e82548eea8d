//! What would be, and what was: open positions, the tank, a move's difference, orders, events.

use arborline::base::number::Volume;
use arborline::base::volumes::Volumes;
use arborline::engine::command::enrol::{Enrol, Placement};
use arborline::engine::command::order::Order;
use arborline::engine::command::refund::{Extent, Refund};
use arborline::engine::command::update::Update;
use arborline::engine::command::{Command, Verb};
use arborline::engine::line::Line;
use arborline::engine::member::{MemberKind, Profile};
use arborline::engine::outcome::{Accepted, Choice};
use arborline::engine::position::PlaceAt;
use arborline::engine::rejection::Rejection;
use arborline::tree::rules::{Inside, Policy};
use arborline::view::budget::Budget;
use arborline::view::changes;
use arborline::view::error::{ViewError, What};
use arborline::view::move_preview::{self, MovePreview};
use arborline::view::open_position;
use arborline::view::order;
use arborline::view::tank::{self, TankQuery};
use arborline::view::volumes::{self, VolumesQuery};
use serde_json::{Value, json};

use super::world::{World, cv, json, place, rules, time, volume};

#[test]
fn an_open_position_is_where_the_next_one_lands() {
    for policy in [
        Policy::OuterLeft,
        Policy::OuterRight,
        Policy::BreadthFirst,
        Policy::WeakerCount {
            inside: Inside::Balanced,
        },
    ] {
        let mut own_rules = rules();
        own_rules.trees[2].placement = policy;
        let mut world = World::under(own_rules);
        world.enrol("R", "");
        for newcomer in ["A", "B", "C", "D", "E", "F"] {
            let ahead =
                open_position::find(&world.state, "binary", "R", None).expect("R is placed");
            world.enrol(newcomer, "R");
            let seat = world.state.members.find(newcomer).expect("enrolled");
            let seat = world.state.members.seat(seat, 2, 1).expect("seated");
            let parent = world.state.forest.parent(2, seat).expect("no root");
            let owner = world.state.members.id(world.state.forest.owner(2, parent));
            assert_eq!(
                ahead.parent.map(|place| place.member),
                Some(owner.to_string())
            );
            assert_eq!(ahead.leg, Some(world.state.forest.leg(2, seat)));
        }
        world.sound();
    }
    let world = World::family();
    assert_eq!(
        json(
            &open_position::find(&world.state, "binary", "R", Some(Policy::OuterRight))
                .expect("R is placed")
        ),
        json!({
            "tree": "binary", "under": "R", "policy": "outer_right", "parent": place("B"), "leg": 2, "waits": false,
        })
    );
    assert_eq!(
        json(&open_position::find(&world.state, "binary", "K", None).expect("K is there")),
        json!({
            "tree": "binary", "under": "K", "policy": "weaker_count", "parent": null, "leg": null, "waits": true,
        })
    );
}

#[test]
fn the_tank_is_paged_while_places_are_taken() {
    let mut world = World::family();
    for (index, id) in ["T1", "T2", "T3", "T4"].into_iter().enumerate() {
        let enroller = if index == 3 { "T3" } else { "A" };
        world.enrol_at(id, enroller, "binary", PlaceAt::Tank);
    }
    let mut query = TankQuery {
        limit: Some(2),
        cursor: None,
    };
    let page = |world: &World, query: &TankQuery| {
        tank::page(&world.state, "binary", query, &mut Budget::point()).expect("known tree")
    };
    let first = page(&world, &query);
    assert_eq!(
        json(&first)["rows"],
        json!([
            {"member": "T1", "enroller": "A", "joined": "2026-01-10T00:00:00Z", "downline": 0},
            {"member": "T2", "enroller": "A", "joined": "2026-01-10T00:00:00Z", "downline": 0},
        ])
    );
    world.centre("binary", "T2", 1, World::under_leg("D", 1));
    query.cursor = first.next;
    let second = page(&world, &query);
    assert_eq!(World::ids(&json(&second)), ["T3", "T4"]);
    assert_eq!(second.next, None);
    query.cursor = None;
    assert_eq!(World::ids(&json(&page(&world, &query))), ["T1", "T3"]);
    world.sound();
}

/// What a preview promises for everybody it lists: downline, active downline, frontline, active frontline, group cv.
fn promised(preview: &MovePreview) -> Vec<(String, [u32; 4], Volume)> {
    let lines = preview
        .old_line
        .changes
        .iter()
        .chain(&preview.new_line.changes);
    lines
        .map(|change| {
            let counts = [
                change.downline.after,
                change.active_downline.after,
                change.frontline.after,
                change.active_frontline.after,
            ];
            (
                change.position.member.clone(),
                counts,
                change.group[0].after.0[0].1,
            )
        })
        .collect()
}

#[test]
fn a_preview_promises_what_the_move_then_does() {
    for (tree, member, parent) in [
        ("enroller", "C", "B"),
        ("enroller", "C", "R"),
        ("enroller", "B", "A"),
        ("enroller", "B", "D"),
        ("enroller", "D", "C"),
        ("unilevel", "A", "B"),
        ("binary", "C", "B"),
        ("binary", "B", "D"),
    ] {
        let mut world = World::family();
        let tree_index = ["enroller", "unilevel", "binary"]
            .iter()
            .position(|&name| name == tree);
        let tree_index = tree_index.expect("one of three");
        let moved = World::moving(tree, member, parent, None);
        let preview = move_preview::preview(&world.state, &moved, None, &mut Budget::point());
        let preview = preview.expect("a good move");
        let before = figures(&world, tree_index);
        world.shift(tree, member, parent, None);
        let after = figures(&world, tree_index);
        let promised = promised(&preview);
        for (index, figures) in after.iter().enumerate() {
            let listed = promised.iter().find(|(member, ..)| *member == figures.0);
            assert_eq!(
                listed.unwrap_or(&before[index]),
                figures,
                "{member} below {parent} in {tree}"
            );
        }
        world.sound();
    }
}

/// The same of everybody in a tree.
fn figures(world: &World, tree: usize) -> Vec<(String, [u32; 4], Volume)> {
    let (state, forest) = (&world.state, &world.state.forest);
    (1..forest.seats(tree))
        .map(|seat| {
            let counts = [
                forest.downline(tree, seat),
                forest.active_downline(tree, seat),
                forest.frontline(tree, seat),
                forest.active_frontline(tree, seat),
            ];
            let id = state.members.id(forest.owner(tree, seat)).to_string();
            (id, counts, Volume(forest.group(tree, seat, 0, 0)))
        })
        .collect()
}

#[test]
fn a_preview_shows_both_lines_below_the_common_ancestor() {
    let world = World::family();
    let preview = |parent: &str, limit| {
        let moved = World::moving("enroller", "D", parent, None);
        move_preview::preview(&world.state, &moved, limit, &mut Budget::point())
    };
    let count = |before: u32, after: u32| json!({"before": before, "after": after});
    let change = |member: &str, sums: [Value; 2], counts: [Value; 4]| {
        let [downline, active_downline, frontline, active_frontline] = counts;
        let [before, after] = sums;
        json!({
            "position": place(member), "group": [{"period_type": "month", "before": before, "after": after}],
            "downline": downline, "active_downline": active_downline, "frontline": frontline,
            "active_frontline": active_frontline,
        })
    };
    let (c, b) = (cv("60.00", "30.00"), cv("30.00", "15.00"));
    assert_eq!(
        json(&preview("B", Some(1)).expect("a good move")),
        json!({
            "tree": "enroller", "moving": place("D"), "members": 1, "active": 0,
            "group": [{"period_type": "month", "period": "2026-01", "volumes": cv("0.00", "0.00")}],
            "from": place("C"), "from_leg": null, "to": place("B"), "to_leg": null, "nearest_common": place("R"),
            "old_line": {
                "length": 2, "not_shown": 1,
                "changes": [change("C", [c.clone(), c], [count(1, 0), count(0, 0), count(1, 0), count(0, 0)])],
            },
            "new_line": {
                "length": 1, "not_shown": 0,
                "changes": [change("B", [b.clone(), b], [count(0, 1), count(0, 0), count(0, 1), count(0, 0)])],
            },
        })
    );
    assert_eq!(
        preview("D", None),
        Err(ViewError::Rejected(Rejection::Cycle))
    );
}

#[test]
fn an_order_shows_its_refunds_and_what_is_left() {
    let mut world = World::family();
    let one = volume("1");
    let line = Line {
        sku: "kit".into(),
        quantity: volume("2"),
        volumes: Volumes::from_units(&[one.0]),
        amount: volume("9.5"),
    };
    world.done(
        "O5",
        Verb::Order(Order {
            member: "K".into(),
            centre: 1,
            volumes: Volumes::from_units(&[one.0 * 10, one.0 * 4]),
            amount: volume("19"),
            currency: Some("EUR".into()),
            class: Some("retail".into()),
            lines: vec![line],
        }),
    );
    world.at("2026-01-12T00:00:00Z");
    world.refund("F1", "O5", "9.5");
    world.done(
        "F2",
        Verb::Refund(Box::new(Refund {
            order: "O5".into(),
            extent: Extent::Volumes(Volumes::from_units(&[one.0]), volume("0.5")),
            reason: None,
        })),
    );
    let seq = world.state.as_of_seq;
    let refund = |id: &str, seq: u64, amount: &str, volumes: Value| {
        json!({
            "id": id, "seq": seq, "at": "2026-01-12T00:00:00Z", "received": "2026-01-12T00:00:00Z", "amount": amount,
            "volumes": volumes,
        })
    };
    assert_eq!(
        json(&order::of(&world.state, "O5").expect("accepted")),
        json!({
            "order": "O5", "seq": seq - 2, "at": "2026-01-10T00:00:00Z", "received": "2026-01-10T00:00:00Z",
            "member": "K", "centre": 1, "credited": "A", "class": "retail", "amount": "19.00", "currency": "EUR",
            "volumes": cv("10.00", "4.00"),
            "lines": [{"sku": "kit", "quantity": "2.00", "volumes": cv("1.00", "0.00"), "amount": "9.50"}],
            "refunds": [
                refund("F1", seq - 1, "9.50", cv("5.00", "2.00")),
                refund("F2", seq, "0.50", cv("1.00", "0.00")),
            ],
            "amount_left": "9.00", "volumes_left": cv("4.00", "2.00"),
        })
    );
    assert!(matches!(
        order::of(&world.state, "none"),
        Err(ViewError::Unknown {
            what: What::Order,
            ..
        })
    ));
    let own = volumes::of(&world.state, "A", &VolumesQuery::default())
        .expect("A is there")
        .own;
    assert_eq!(own.0[0].1, volume("124"));
    world.sound();
}

/// The events of a command logged as number 7, as clients get them.
fn events(verb: Verb, choices: Vec<Choice>) -> Value {
    let command = Command {
        id: "E1".into(),
        at: time("2026-01-01T00:00:00Z"),
        verb,
    };
    let received = time("2026-01-02T00:00:00Z");
    let id_of = |member: u32| format!("M{member}");
    let accepted = Accepted { choices };
    json(&changes::events(
        7,
        received,
        &command,
        &accepted,
        &rules(),
        &id_of,
    ))
}

/// The event that is expected of it.
fn event(kind: &str, data: Value) -> Value {
    json!({
        "seq": 7, "id": "E1", "type": kind, "at": "2026-01-01T00:00:00Z", "received": "2026-01-02T00:00:00Z",
        "data": data,
    })
}

#[test]
fn an_enrolment_s_event_tells_the_places_that_followed() {
    let policy = Policy::WeakerVolume {
        kind: 1,
        period: 0,
        inside: Inside::Outer,
    };
    let enrol = Enrol {
        kind: MemberKind::Preferred,
        enroller: Some("R".into()),
        profile: Profile {
            country: Some("AT".into()),
            tags: vec!["gold".into()],
            ..Profile::default()
        },
        placements: vec![Placement {
            tree: "binary".into(),
            place: PlaceAt::Policy {
                policy,
                under: None,
            },
        }],
    };
    let choice = Choice {
        part: 0,
        tree: 2,
        centre: 1,
        parent: Some((4, 2)),
        leg: 1,
        waits: false,
    };
    let policy =
        json!({"name": "weaker_volume", "kind": "pv", "period": "month", "inside": "outer"});
    let mut expected = event(
        "member.enrolled",
        json!({
            "kind": "preferred", "enroller": "R", "country": "AT", "tags": ["gold"],
            "placements": [{"tree": "binary", "policy": policy}],
        }),
    );
    expected["places"] = json!([
        {"tree": "binary", "centre": 1, "parent": "M4", "parent_centre": 2, "leg": 1, "waits": false},
    ]);
    assert_eq!(
        events(Verb::Enrol(Box::new(enrol)), vec![choice]),
        json!([expected])
    );
}

#[test]
fn an_event_says_what_a_client_would_send() {
    let order = Verb::Order(Order {
        member: "A".into(),
        centre: 2,
        volumes: Volumes::from_units(&[0, 15_000]),
        amount: volume("3"),
        currency: None,
        class: None,
        lines: Vec::new(),
    });
    let update = Verb::Update(Box::new(Update {
        member: "A".into(),
        country: Some(None),
        ..Update::default()
    }));
    let refund = Verb::Refund(Box::new(Refund {
        order: "O1".into(),
        extent: Extent::Full,
        reason: Some("broken".into()),
    }));
    let mut moved = World::moving("unilevel", "A", "B", None);
    moved.parent = None;
    let moved = Verb::Move(Box::new(moved));
    for (verb, kind, data) in [
        (
            order,
            "order.accepted",
            json!({"member": "A", "centre": 2, "volumes": {"pv": "1.50"}, "amount": "3.00"}),
        ),
        (
            update,
            "member.updated",
            json!({"member": "A", "country": null}),
        ),
        (
            refund,
            "order.refunded",
            json!({"order": "O1", "full": true, "reason": "broken"}),
        ),
        (
            moved,
            "tree.moved",
            json!({"tree": "unilevel", "member": "A", "centre": 1, "root": true}),
        ),
    ] {
        assert_eq!(events(verb, Vec::new()), json!([event(kind, data)]));
    }
}

#[test]
fn parts_of_an_atomic_request_are_events_of_their_own() {
    let update = Verb::Update(Box::new(Update {
        member: "A".into(),
        country: Some(None),
        ..Update::default()
    }));
    let part = |id: &str| Command {
        id: id.into(),
        at: time("2026-01-01T00:00:00Z"),
        verb: update.clone(),
    };
    let moves = Command {
        verb: Verb::Move(Box::new(World::moving("binary", "A", "B", Some(2)))),
        ..part("P1")
    };
    let choice = Choice {
        part: 1,
        tree: 2,
        centre: 1,
        parent: Some((4, 1)),
        leg: 2,
        waits: false,
    };
    let together = events(Verb::Atomic(vec![part("P0"), moves]), vec![choice]);
    assert_eq!(together[0]["places"], Value::Null);
    assert_eq!(together[1]["places"][0]["parent"], "M4");
    let seen: Vec<_> = together
        .as_array()
        .expect("two")
        .iter()
        .map(|event| (&event["id"], &event["part"]))
        .collect();
    assert_eq!(seen, [(&json!("P0"), &json!(0)), (&json!("P1"), &json!(1))]);
}

//! Who is who: profiles, search, many at once, the company, rules and calendar.

use arborline::base::time::Time;
use arborline::engine::command::Verb;
use arborline::engine::command::token::{CreateToken, RevokeToken, Role};
use arborline::engine::command::update::Update;
use arborline::engine::member::Status;
use arborline::view::batch_get::{self, BatchGetQuery, Figure};
use arborline::view::budget::Budget;
use arborline::view::company::{self, CompanyQuery};
use arborline::view::error::{ViewError, What};
use arborline::view::member;
use arborline::view::members::{self, MembersQuery};
use arborline::view::network;
use arborline::view::periods::{self, PeriodsQuery};
use arborline::view::tokens;
use arborline::view::volumes::{self, VolumesQuery};
use serde_json::json;

use super::world::{World, asked, cv, json, place, time};

#[test]
fn a_profile_tells_who_he_is_and_where_he_stands() {
    let world = World::family();
    let answer = member::profile(&world.state, "A", None).expect("A is there");
    let in_tree = |tree: &str, leg: Option<u8>| {
        json!({
            "tree": tree, "centre": 1, "parent": place("R"), "leg": leg, "waits": false, "depth": 1,
            "own": cv("120.00", "60.00"), "group": cv("180.00", "90.00"),
            "downline": 2, "active_downline": 1, "frontline": 1, "active_frontline": 1,
        })
    };
    assert_eq!(
        json(&answer),
        json!({
            "member": "A", "kind": "distributor", "status": "open", "active": true, "active_until": null,
            "joined": "2026-01-05T00:00:00Z", "enroller": "R", "enrolled_by": "R", "personally_enrolled": 2,
            "country": null, "currency": null, "zone": null, "tags": [], "default_leg": null, "last_order": "O1",
            "period_type": "month", "period": "2026-01",
            "places": [in_tree("enroller", None), in_tree("unilevel", None), in_tree("binary", Some(1))],
        })
    );
    assert_eq!(
        member::profile(&world.state, "nobody", None),
        Err(ViewError::Unknown {
            what: What::Member,
            field: "member",
            given: "nobody".into(),
            allowed: Vec::new(),
        })
    );
}

#[test]
fn a_customer_has_no_place_but_in_the_enroller_tree() {
    let world = World::family();
    let answer = json(&member::profile(&world.state, "K", None).expect("K is there"));
    assert_eq!(answer["kind"], "customer");
    let trees: Vec<_> = answer["places"]
        .as_array()
        .expect("places")
        .iter()
        .collect();
    assert_eq!(trees.len(), 1);
    assert_eq!(trees[0]["tree"], "enroller");
}

#[test]
fn members_are_found_by_every_condition() {
    let mut world = World::family();
    world.status("B", Status::Suspended);
    world.fact(Verb::Update(Box::new(Update {
        member: "C".into(),
        country: Some(Some("AT".into())),
        tags: Some(vec!["gold".into(), "coach".into()]),
        ..Update::default()
    })));
    for (query, expected) in [
        (json!({}), &["R", "A", "B", "C", "K", "D"][..]),
        (json!({"query": "K"}), &["K"]),
        (json!({"kind": "customer"}), &["K"]),
        (json!({"status": "suspended"}), &["B"]),
        (json!({"active": true}), &["A", "C"]),
        (json!({"country": "AT"}), &["C"]),
        (json!({"tag": "coach"}), &["C"]),
        (json!({"min_own": "30"}), &["A", "B", "C"]),
        (json!({"min_gv": "180"}), &["R", "A"]),
        (
            json!({"min_gv": "90", "volume_kind": "pv", "tree": "binary"}),
            &["R", "A"],
        ),
        (json!({"active": true, "min_own": "100"}), &["A"]),
    ] {
        let asked: MembersQuery = asked(&query);
        let found = members::list(&world.state, &asked, None, &mut Budget::point());
        let found = json(&found.expect("known names"));
        assert_eq!(World::ids(&found), expected, "{query}");
    }
    let seen = members::list(
        &world.state,
        &MembersQuery::default(),
        Some("A"),
        &mut Budget::point(),
    );
    assert_eq!(
        World::ids(&json(&seen.expect("A is there"))),
        ["A", "C", "K", "D"]
    );
}

#[test]
fn pages_of_members_hold_each_once_whatever_the_budget() {
    let world = World::family();
    for steps in 1..8 {
        let mut query = MembersQuery {
            limit: Some(2),
            ..MembersQuery::default()
        };
        let mut seen = Vec::new();
        loop {
            let page = members::list(&world.state, &query, None, &mut Budget::of(steps));
            let page = page.expect("known names");
            seen.extend(page.rows.into_iter().map(|row| row.member));
            query.cursor = page.next;
            if query.cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, ["R", "A", "B", "C", "K", "D"]);
    }
}

/// Label, state, group and group without own of a period in the unilevel tree.
type Shown = Result<(String, String, String, String), ViewError>;

fn of(world: &World, member: &str, period: &str) -> Shown {
    let query = VolumesQuery {
        tree: Some("unilevel".into()),
        period_type: None,
        period: Some(period.into()),
    };
    let answer = json(&volumes::of(&world.state, member, &query)?);
    let place = &answer["places"][0];
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    Ok((
        text(&answer["period"]),
        text(&answer["state"]),
        text(&place["group"]["cv"]),
        text(&place["group_without_own"]["cv"]),
    ))
}

#[test]
fn volumes_are_read_from_current_rolled_and_closed_books() {
    let mut world = World::family();
    let row = |period: &str, state: &str, group: &str, without: &str| {
        Ok((period.into(), state.into(), group.into(), without.into()))
    };
    assert_eq!(
        of(&world, "A", "current"),
        row("2026-01", "current", "180.00", "60.00")
    );
    world.at("2026-02-01T12:00:00Z");
    world.order("O5", "D", "7");
    world.order_at("O6", "D", "8", time("2026-01-31T00:00:00Z"));
    assert_eq!(
        of(&world, "A", "2026-01"),
        row("2026-01", "rolled", "188.00", "68.00")
    );
    assert_eq!(
        of(&world, "A", "current"),
        row("2026-02", "current", "7.00", "7.00")
    );
    world.at("2026-02-05T00:00:00Z");
    world.order("O7", "A", "1");
    world.enrol("E", "A");
    assert_eq!(
        of(&world, "A", "closed"),
        row("2026-01", "closed", "188.00", "68.00")
    );
    assert_eq!(
        of(&world, "E", "closed"),
        row("2026-01", "closed", "0.00", "0.00")
    );
    world.at("2026-03-05T00:00:00Z");
    world.order("O8", "A", "1");
    assert_eq!(
        of(&world, "A", "2026-01"),
        Err(ViewError::Gone {
            field: "period",
            given: "2026-01".into(),
            oldest: "2026-02".into(),
        })
    );
    for period in ["2026-04", "1999"] {
        let unknown = of(&world, "A", period);
        assert!(
            matches!(&unknown, Err(ViewError::Unknown { what: What::Period, allowed, .. })
                if *allowed == ["2026-02", "2026-03"]),
            "{unknown:?}"
        );
    }
    world.sound();
}

#[test]
fn volumes_have_legs_by_number_even_where_they_are_empty() {
    let world = World::family();
    let query = VolumesQuery {
        tree: Some("binary".into()),
        ..VolumesQuery::default()
    };
    let answer = volumes::of(&world.state, "A", &query).expect("A is there");
    assert_eq!(
        json(&answer),
        json!({
            "member": "A", "period_type": "month", "period": "2026-01", "state": "current",
            "own": cv("120.00", "60.00"),
            "places": [{
                "tree": "binary", "centre": 1,
                "own": cv("120.00", "60.00"), "group": cv("180.00", "90.00"),
                "group_without_own": cv("60.00", "30.00"),
                "legs": [
                    {"leg": 1, "child": place("C"), "group": cv("60.00", "30.00")},
                    {"leg": 2, "child": null, "group": cv("0.00", "0.00")},
                ],
                "more_legs": false,
            }],
        })
    );
}

#[test]
fn a_batch_answers_in_order_and_hides_what_may_not_be_seen() {
    let world = World::family();
    let query = BatchGetQuery {
        members: ["A", "K", "nobody", "B"].map(String::from).into(),
        figures: vec![
            Figure::Own,
            Figure::Downline,
            Figure::Parent,
            Figure::Active,
        ],
        tree: Some("binary".into()),
        ..BatchGetQuery::default()
    };
    let answer = batch_get::get(&world.state, &query, |id| id != "B").expect("known names");
    assert_eq!(
        json(&answer),
        json!({
            "tree": "binary", "period_type": "month", "period": "2026-01",
            "rows": [
                {"member": "A", "found": true, "own": cv("120.00", "60.00"), "downline": 2, "parent": place("R"),
                 "active": true},
                {"member": "K", "found": true, "active": false},
                {"member": "nobody", "found": false},
                {"member": "B", "found": false},
            ],
        })
    );
    let many = BatchGetQuery {
        members: vec!["A".into(); 1_001],
        ..BatchGetQuery::default()
    };
    let refused = batch_get::get(&world.state, &many, |_| true);
    assert!(matches!(
        refused,
        Err(ViewError::BadValue {
            field: "members",
            ..
        })
    ));
}

#[test]
fn the_company_adds_up() {
    let mut world = World::family();
    world.status("B", Status::Suspended);
    let answer = company::overview(&world.state, &CompanyQuery::default(), &mut Budget::point());
    let count = |kind: &str, open: u32, suspended: u32, active: u32| json!({"kind": kind, "open": open, "suspended": suspended, "terminated": 0, "active": active});
    let tree = |tree: &str, positions: u32| json!({"tree": tree, "positions": positions, "roots": 1, "waiting": 0});
    assert_eq!(
        json(&answer.expect("small")),
        json!({
            "members": 6,
            "by_kind": [count("distributor", 4, 1, 2), count("preferred", 0, 0, 0), count("customer", 1, 0, 0)],
            "orders": 4,
            "totals": [{"period_type": "month", "period": "2026-01", "state": "current",
                        "volumes": cv("210.00", "105.00")}],
            "trees": [tree("enroller", 6), tree("unilevel", 5), tree("binary", 5)],
        })
    );
    let little = company::overview(&world.state, &CompanyQuery::default(), &mut Budget::of(3));
    assert_eq!(little, Err(ViewError::TooLarge));
}

#[test]
fn rules_are_told_with_names() {
    let world = World::family();
    let answer = json(&network::describe(&world.state).expect("founded"));
    assert_eq!(
        answer["trees"][2],
        json!({
            "name": "binary", "shape": "binary", "width": 2, "placement": "weaker_count", "customer_level": "own",
            "termination": "empty_seat", "centres": 3,
        })
    );
    assert_eq!(
        answer["activity"],
        json!({"kind": "cv", "at_least": "50.00", "period_type": "month", "rolling_days": null})
    );
    assert_eq!(
        answer["period_types"],
        json!([{"name": "month", "cutoff_seconds": 172_800, "late": "own", "known_until": "2026-07-01T00:00:00Z"}])
    );
    let nothing = arborline::engine::state::State::new();
    assert_eq!(network::describe(&nothing), Err(ViewError::NoNetwork));
}

#[test]
fn periods_are_listed_from_the_next_one_back() {
    let mut world = World::family();
    world.at("2026-02-01T12:00:00Z");
    world.order("O5", "D", "7");
    let list = |world: &World| {
        let answer = json(&periods::list(&world.state, &PeriodsQuery::default()).expect("founded"));
        let periods = answer["periods"].as_array().expect("periods").iter();
        let shown = |field: &serde_json::Value| field.as_str().expect("a text").to_owned();
        periods
            .map(|period| (shown(&period["label"]), shown(&period["state"])))
            .collect::<Vec<_>>()
    };
    let row = |label: &str, state: &str| (label.to_owned(), state.to_owned());
    assert_eq!(
        list(&world),
        [
            row("2026-03", "ahead"),
            row("2026-02", "current"),
            row("2026-01", "rolled")
        ]
    );
    world.at("2026-03-20T12:00:00Z");
    world.order("O6", "D", "7");
    assert_eq!(
        list(&world),
        [
            row("2026-04", "ahead"),
            row("2026-03", "current"),
            row("2026-02", "closed"),
            row("2026-01", "gone"),
        ]
    );
}

#[test]
fn tokens_are_shown_without_their_hashes() {
    let mut world = World::family();
    let token = |role, member: Option<&str>, expires: Option<Time>| {
        Verb::CreateToken(Box::new(CreateToken {
            hash: [9; 32],
            role,
            member: member.map(Into::into),
            expires,
        }))
    };
    world.done("t1", token(Role::Member, Some("A"), None));
    world.done(
        "t2",
        token(Role::Admin, None, Some(time("2026-02-01T00:00:00Z"))),
    );
    world.at("2026-01-11T00:00:00Z");
    world.fact(Verb::RevokeToken(Box::new(RevokeToken {
        token: "t1".into(),
    })));
    let shown = json(&tokens::list(&world.state));
    assert_eq!(
        shown,
        json!({"tokens": [
            {"token": "t1", "role": "member", "member": "A", "created": "2026-01-10T00:00:00Z", "expires": null,
             "revoked": "2026-01-11T00:00:00Z", "usable": false},
            {"token": "t2", "role": "admin", "member": null, "created": "2026-01-10T00:00:00Z",
             "expires": "2026-02-01T00:00:00Z", "revoked": null, "usable": true},
        ]})
    );
    assert!(!shown.to_string().contains("0909"));
}

//! Who stands where: up, down, sideways, in legs and levels, drawn, related, in sight.

use arborline::engine::member::{MemberKind, Status};
use arborline::engine::position::PlaceAt;
use arborline::view::budget::Budget;
use arborline::view::downline::{self, DownlineQuery, Sort};
use arborline::view::error::ViewError;
use arborline::view::frontline::{self, FrontlineQuery};
use arborline::view::legs::{self, LegsQuery};
use arborline::view::levels::{self, LevelsQuery};
use arborline::view::relation::{self, RelationQuery};
use arborline::view::scope::may_see_ids;
use arborline::view::tree_view::{self, TreeViewQuery};
use arborline::view::upline::{self, UplineQuery};
use arborline::view::walk::{Walk, WalkOrder};
use serde_json::{Value, json};

use super::world::{World, asked, cv, json, place, rules, volume};

/// A row of the family, all of them distributors.
fn row(member: &str, level: u32, parent: Option<&str>, sums: [&str; 2], counts: [u32; 4]) -> Value {
    let half = |text: &str| {
        let units = volume(text).0 / 2;
        arborline::base::number::Volume(units).to_string()
    };
    json!({
        "member": member, "centre": 1, "kind": "distributor", "status": "open",
        "active": volume(sums[0]) >= volume("50"), "joined": "2026-01-05T00:00:00Z", "level": level,
        "parent": parent.map(place), "leg": null,
        "own": cv(sums[0], &half(sums[0])), "group": cv(sums[1], &half(sums[1])),
        "downline": counts[0], "active_downline": counts[1], "frontline": counts[2], "active_frontline": counts[3],
    })
}

#[test]
fn an_upline_goes_from_the_nearest_to_the_root() {
    let world = World::family();
    let all = upline::page(
        &world.state,
        "D",
        &UplineQuery::default(),
        &mut Budget::point(),
    );
    assert_eq!(
        json(&all.expect("D is there")),
        json!({
            "tree": "enroller", "of": place("D"), "next": null,
            "rows": [
                row("C", 1, Some("A"), ["60.00", "60.00"], [1, 0, 1, 0]),
                row("A", 2, Some("R"), ["120.00", "180.00"], [2, 1, 1, 1]),
                row("R", 3, None, ["0.00", "210.00"], [4, 2, 2, 1]),
            ],
        })
    );
    for steps in 1..4 {
        let mut query = UplineQuery {
            limit: Some(1),
            ..UplineQuery::default()
        };
        let mut seen = Vec::new();
        loop {
            let page =
                upline::page(&world.state, "D", &query, &mut Budget::of(steps)).expect("there");
            seen.extend(page.rows.into_iter().map(|row| (row.member, row.level)));
            query.cursor = page.next;
            if query.cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, [("C".into(), 1), ("A".into(), 2), ("R".into(), 3)]);
    }
}

#[test]
fn a_compressed_upline_leaves_out_the_inactive() {
    let mut world = World::family();
    world.enrol("E", "D");
    let query = UplineQuery {
        compressed: Some(true),
        ..UplineQuery::default()
    };
    let page = upline::page(&world.state, "E", &query, &mut Budget::point()).expect("E is there");
    let seen: Vec<_> = page
        .rows
        .iter()
        .map(|row| (row.member.as_str(), row.level))
        .collect();
    assert_eq!(seen, [("C", 1), ("A", 2)]);
}

#[test]
fn a_page_of_an_upline_that_moved_away_has_expired() {
    let mut world = World::family();
    let query = UplineQuery {
        limit: Some(1),
        ..UplineQuery::default()
    };
    let first = upline::page(&world.state, "D", &query, &mut Budget::point()).expect("D is there");
    world.shift("enroller", "D", "B", None);
    let query = UplineQuery {
        cursor: first.next,
        ..query
    };
    let second = upline::page(&world.state, "D", &query, &mut Budget::point());
    assert_eq!(second, Err(ViewError::CursorExpired));
}

#[test]
fn a_downline_is_filtered_and_sorted() {
    let mut world = World::family();
    world.status("B", Status::Suspended);
    for (query, expected) in [
        (json!({}), &["A", "B", "C", "K", "D"][..]),
        (json!({"levels": 1}), &["A", "B"]),
        (json!({"kind": "customer"}), &["K"]),
        (json!({"status": "suspended"}), &["B"]),
        (json!({"active": false}), &["B", "K", "D"]),
        (json!({"min_gv": "60"}), &["A", "C"]),
        (json!({"min_gv": "60", "volume_kind": "pv"}), &["A"]),
        (json!({"tree": "binary"}), &["A", "B", "C", "D"]),
        (json!({"sort": "level"}), &["A", "B", "C", "K", "D"]),
    ] {
        let asked: DownlineQuery = asked(&query);
        let page = downline::page(&world.state, "R", &asked, &mut Budget::point());
        let page = json(&page.expect("R is there"));
        assert_eq!(World::ids(&page), expected, "{query}");
    }
}

#[test]
fn a_downline_by_volume_is_cut_from_one_listing() {
    let mut world = World::family();
    world.order("O5", "B", "500");
    let listing = downline::listing(
        &world.state,
        "R",
        &DownlineQuery::default(),
        &mut Budget::point(),
    );
    let listing = listing.expect("R is there");
    assert_eq!(listing.len(), 5);
    let cut = |from, limit| {
        let page = downline::listing_page(&world.state, &listing, from, limit);
        World::ids(&json(&page.expect("founded")))
    };
    assert_eq!(cut(0, 3), ["B", "A", "C"]);
    assert_eq!(cut(3, 3), ["K", "D"]);
    assert!(cut(5, 3).is_empty() && cut(9, 3).is_empty());
    let by_volume = DownlineQuery {
        sort: Some(Sort::Volume),
        ..DownlineQuery::default()
    };
    let refused = downline::page(&world.state, "R", &by_volume, &mut Budget::point());
    assert!(matches!(
        refused,
        Err(ViewError::BadValue { field: "sort", .. })
    ));
}

#[test]
fn a_walk_meets_everybody_below_once() {
    let world = World::family();
    let walked = |order, query: &DownlineQuery| {
        let mut walk = Walk::begin(&world.state, "R", query, order).expect("R is there");
        let mut seen = Vec::new();
        while let Some(row) = walk.next_row(&world.state) {
            seen.push((row.member, row.level));
        }
        seen
    };
    let row = |member: &str, level| (member.to_owned(), level);
    let all = DownlineQuery::default();
    assert_eq!(
        walked(WalkOrder::Preorder, &all),
        [
            row("A", 1),
            row("C", 2),
            row("D", 3),
            row("K", 2),
            row("B", 1)
        ]
    );
    assert_eq!(
        walked(WalkOrder::Level, &all),
        [
            row("A", 1),
            row("B", 1),
            row("C", 2),
            row("K", 2),
            row("D", 3)
        ]
    );
    let two = DownlineQuery {
        levels: Some(2),
        kind: Some(MemberKind::Distributor),
        ..all
    };
    assert_eq!(
        walked(WalkOrder::Preorder, &two),
        [row("A", 1), row("C", 2), row("B", 1)]
    );
}

#[test]
fn a_frontline_has_its_legs_totals() {
    let world = World::family();
    let page = frontline::page(&world.state, "R", &FrontlineQuery::default());
    assert_eq!(
        json(&page.expect("R is there")),
        json!({
            "tree": "enroller", "of": place("R"), "frontline": 2, "active_frontline": 1, "next": null,
            "rows": [
                row("A", 1, Some("R"), ["120.00", "180.00"], [2, 1, 1, 1]),
                row("B", 1, Some("R"), ["30.00", "30.00"], [0, 0, 0, 0]),
            ],
        })
    );
}

#[test]
fn binary_legs_are_left_and_right_with_their_outer_ends() {
    let mut world = World::family();
    let query = LegsQuery {
        tree: Some("binary".into()),
        ..LegsQuery::default()
    };
    let of = |world: &World, member: &str| {
        json(&legs::of(&world.state, member, &query).expect("placed"))
    };
    assert_eq!(
        of(&world, "R"),
        json!({
            "tree": "binary", "of": place("R"), "next": null,
            "legs": [
                {"leg": 1, "child": place("A"), "members": 3, "active": 2, "group": cv("180.00", "90.00"),
                 "bottom": place("D")},
                {"leg": 2, "child": place("B"), "members": 1, "active": 0, "group": cv("30.00", "15.00"),
                 "bottom": place("B")},
            ],
        })
    );
    world.centre("binary", "B", 2, World::under_leg("B", 2));
    assert_eq!(
        of(&world, "B")["legs"],
        json!([
            {"leg": 1, "child": null, "members": 0, "active": 0, "group": cv("0.00", "0.00"), "bottom": place("B")},
            {"leg": 2, "child": {"member": "B", "centre": 2}, "members": 1, "active": 0,
             "group": cv("0.00", "0.00"), "bottom": {"member": "B", "centre": 2}},
        ])
    );
    world.sound();
}

#[test]
fn levels_and_what_lies_beyond_add_up_to_the_group() {
    let world = World::family();
    let of = |levels| {
        let query = LevelsQuery {
            levels,
            ..LevelsQuery::default()
        };
        json(&levels::of(&world.state, "R", &query, &mut Budget::point()).expect("R is there"))
    };
    let level = |level: u32, members: u32, active: u32, sum: &str, half: &str| json!({"level": level, "members": members, "active": active, "volumes": cv(sum, half)});
    assert_eq!(
        of(Some(1)),
        json!({
            "tree": "enroller", "of": place("R"),
            "levels": [level(1, 2, 1, "150.00", "75.00")],
            "beyond": {"members": 2, "active": 1, "volumes": cv("60.00", "30.00")},
        })
    );
    assert_eq!(
        of(None),
        json!({
            "tree": "enroller", "of": place("R"),
            "levels": [
                level(1, 2, 1, "150.00", "75.00"),
                level(2, 1, 1, "60.00", "30.00"),
                level(3, 1, 0, "0.00", "0.00"),
            ],
            "beyond": {"members": 0, "active": 0, "volumes": cv("0.00", "0.00")},
        })
    );
}

#[test]
fn customers_of_a_tree_that_puts_them_lower_count_one_level_down() {
    let mut own_rules = rules();
    own_rules.trees[1].customer_level = arborline::tree::rules::CustomerLevel::First;
    let mut world = World::under(own_rules);
    world.enrol("R", "");
    world.enrol("A", "R");
    world.enrol_as(MemberKind::Customer, "K", "A");
    world.order("O1", "K", "20");
    world.order("O2", "A", "5");
    let of = |tree: &str| {
        let query = LevelsQuery {
            tree: Some(tree.into()),
            ..LevelsQuery::default()
        };
        let answer =
            levels::of(&world.state, "R", &query, &mut Budget::point()).expect("R is there");
        let sums = answer
            .levels
            .iter()
            .map(|level| level.volumes.0[0].1.to_string());
        sums.collect::<Vec<_>>()
    };
    assert_eq!(of("enroller"), ["25.00", "0.00"]);
    assert_eq!(of("unilevel"), ["5.00", "20.00"]);
    world.sound();
}

#[test]
fn a_drawing_counts_what_it_leaves_out() {
    let world = World::family();
    let query = |levels, width| TreeViewQuery {
        levels: Some(levels),
        width: Some(width),
        ..TreeViewQuery::default()
    };
    let draw = |levels, width| {
        json(
            &tree_view::draw(
                &world.state,
                "R",
                &query(levels, width),
                &mut Budget::point(),
            )
            .expect("small"),
        )
    };
    let with = |mut row: Value, children: Value, not_shown: [u32; 2]| {
        row["children"] = children;
        row["children_not_shown"] = json!(not_shown[0]);
        row["downline_not_shown"] = json!(not_shown[1]);
        row
    };
    let top = row("R", 0, None, ["0.00", "210.00"], [4, 2, 2, 1]);
    let left = row("A", 1, Some("R"), ["120.00", "180.00"], [2, 1, 1, 1]);
    let right = row("B", 1, Some("R"), ["30.00", "30.00"], [0, 0, 0, 0]);
    assert_eq!(
        draw(1, 1)["top"],
        with(
            top.clone(),
            json!([with(left.clone(), json!([]), [1, 2])]),
            [1, 1]
        )
    );
    let below = row("C", 2, Some("A"), ["60.00", "60.00"], [1, 0, 1, 0]);
    let drawn = json!([
        with(left, json!([with(below, json!([]), [1, 1])]), [0, 0]),
        with(right, json!([]), [0, 0]),
    ]);
    let mut whole = draw(2, 10);
    // The customer is drawn too, though nobody counts him.
    let children = whole["top"]["children"][0]["children"]
        .as_array_mut()
        .expect("children");
    assert_eq!(children.pop().expect("two")["member"], "K");
    assert_eq!(whole["top"], with(top, drawn, [0, 0]));
    for (levels, width) in [(0, 1), (21, 1), (1, 0), (1, 101)] {
        let refused = tree_view::draw(
            &world.state,
            "R",
            &query(levels, width),
            &mut Budget::point(),
        );
        assert!(
            matches!(refused, Err(ViewError::BadValue { .. })),
            "{levels} x {width}"
        );
    }
}

#[test]
fn relations_have_a_direction_and_a_distance() {
    let mut world = World::family();
    world.enrol("S", "");
    let between = |a: &str, b: &str| {
        let query = RelationQuery {
            a: a.into(),
            b: b.into(),
            ..RelationQuery::default()
        };
        json(&relation::between(&world.state, "enroller", &query).expect("both are there"))
    };
    for (a, b, above, distance, common, levels) in [
        ("R", "D", "a", json!(3), place("R"), [json!(0), json!(3)]),
        ("D", "A", "b", json!(2), place("A"), [json!(2), json!(0)]),
        ("B", "B", "same", json!(0), place("B"), [json!(0), json!(0)]),
        (
            "D",
            "B",
            "neither",
            json!(4),
            place("R"),
            [json!(3), json!(1)],
        ),
        (
            "D",
            "S",
            "neither",
            Value::Null,
            Value::Null,
            [Value::Null, Value::Null],
        ),
    ] {
        let [a_levels, b_levels] = levels;
        assert_eq!(
            between(a, b),
            json!({
                "tree": "enroller", "a": place(a), "b": place(b), "above": above, "distance": distance,
                "nearest_common": common, "a_levels": a_levels, "b_levels": b_levels,
            })
        );
    }
}

#[test]
fn one_sees_himself_and_his_downline_in_the_tree_asked() {
    let mut world = World::family();
    let under = PlaceAt::Under {
        parent: "B".into(),
        centre: 1,
        leg: Some(2),
    };
    world.enrol_at("E", "R", "binary", under);
    for (viewer, subject, tree, seen) in [
        ("A", "A", None, true),
        ("A", "D", None, true),
        ("A", "K", None, true),
        ("A", "R", None, false),
        ("A", "B", None, false),
        ("B", "E", None, false),
        ("B", "E", Some("binary"), true),
        ("B", "E", Some("unilevel"), false),
        ("B", "nobody", None, false),
        ("nobody", "nobody", None, false),
    ] {
        let may = may_see_ids(&world.state, viewer, subject, tree).expect("known trees");
        assert_eq!(may, seen, "{viewer} {subject} {tree:?}");
    }
    assert!(may_see_ids(&world.state, "A", "D", Some("no tree")).is_err());
}

//! Pages hold each row once although writes go on between them; a frontline of any width pages fast.

use std::collections::HashSet;

use arborline::engine::member::MemberKind;
use arborline::view::budget::Budget;
use arborline::view::downline::{self, DownlineQuery, Sort};
use arborline::view::error::ViewError;
use arborline::view::frontline::{self, FrontlineQuery};

use super::world::World;
use crate::chance::Chance;

/// Children of the star.
const CHILDREN: usize = 20_000;

#[test]
fn a_star_s_frontline_is_paged_in_order_of_birth() {
    let mut world = World::new();
    world.enrol("R", "");
    for child in 0..CHILDREN {
        world.enrol_as(MemberKind::Customer, &format!("C{child}"), "R");
    }
    let mut query = FrontlineQuery {
        limit: Some(1_000),
        ..FrontlineQuery::default()
    };
    let mut seen = 0;
    loop {
        let page = frontline::page(&world.state, "R", &query).expect("R is there");
        for row in &page.rows {
            assert_eq!(row.member, format!("C{seen}"));
            seen += 1;
        }
        // A child that comes between two pages is on the last one.
        if seen == CHILDREN {
            world.enrol_as(MemberKind::Customer, &format!("C{CHILDREN}"), "R");
        }
        query.cursor = page.next;
        if query.cursor.is_none() {
            break;
        }
    }
    assert!(seen == CHILDREN || seen == CHILDREN + 1, "{seen}");
    world.sound();
}

#[test]
fn a_page_behind_a_child_that_left_has_expired() {
    let mut world = World::family();
    let query = FrontlineQuery {
        limit: Some(1),
        ..FrontlineQuery::default()
    };
    let first = frontline::page(&world.state, "R", &query).expect("R is there");
    world.shift("enroller", "A", "B", None);
    let query = FrontlineQuery {
        cursor: first.next,
        ..query
    };
    assert_eq!(
        frontline::page(&world.state, "R", &query),
        Err(ViewError::CursorExpired)
    );
    let other = FrontlineQuery {
        tree: Some("unilevel".into()),
        ..query
    };
    assert_eq!(
        frontline::page(&world.state, "R", &other),
        Err(ViewError::BadCursor)
    );
}

/// A network of some hundred members, each below a chance earlier one.
fn grown(chance: &mut Chance, members: usize) -> World {
    let mut world = World::new();
    world.enrol("M0", "");
    for member in 1..members {
        let enroller = format!("M{}", chance.below(member));
        world.enrol(&format!("M{member}"), &enroller);
    }
    world
}

#[test]
fn a_downline_s_pages_hold_each_row_once_although_writes_go_on() {
    for (seed, sort) in [
        (1, Sort::Joined),
        (2, Sort::Level),
        (3, Sort::Joined),
        (4, Sort::Level),
    ] {
        let mut chance = Chance::new(seed);
        let mut world = grown(&mut chance, 300);
        let there_before: HashSet<String> = (1..300).map(|member| format!("M{member}")).collect();
        let mut query = DownlineQuery {
            sort: Some(sort),
            limit: Some(7),
            ..DownlineQuery::default()
        };
        let mut seen = HashSet::new();
        let mut newcomers = 300;
        loop {
            let page = downline::page(&world.state, "M0", &query, &mut Budget::point());
            let page = page.expect("M0 is there");
            for row in page.rows {
                assert!(
                    seen.insert(row.member.clone()),
                    "{} comes twice",
                    row.member
                );
            }
            for _ in 0..3 {
                let enroller = format!("M{}", chance.below(newcomers));
                if newcomers < 600 {
                    world.enrol(&format!("M{newcomers}"), &enroller);
                    newcomers += 1;
                }
                let buyer = format!("M{}", chance.below(newcomers));
                world.order(&format!("O{}", world.state.as_of_seq), &buyer, "60");
            }
            query.cursor = page.next;
            if query.cursor.is_none() {
                break;
            }
        }
        assert!(there_before.is_subset(&seen));
        world.sound();
    }
}

#[test]
fn walking_and_trying_members_give_the_same_pages() {
    let mut chance = Chance::new(5);
    let world = grown(&mut chance, 3_000);
    let listed = |top: &str, limit: u32, steps: u64| {
        let mut query = DownlineQuery {
            limit: Some(limit),
            ..DownlineQuery::default()
        };
        let mut seen = Vec::new();
        loop {
            let page = downline::page(&world.state, top, &query, &mut Budget::of(steps));
            let page = page.expect("there");
            seen.extend(page.rows.into_iter().map(|row| (row.member, row.level)));
            query.cursor = page.next;
            if query.cursor.is_none() {
                return seen;
            }
        }
    };
    for top in ["M0", "M1", "M2", "M40"] {
        // A thousand rows asked are found by walking, and few steps allow no walk of the whole.
        let walked = listed(top, 1_000, 100_000);
        let tried = listed(top, 1_000, 2_000);
        let by_seven = listed(top, 7, 1_500);
        assert_eq!(walked, tried, "{top}");
        assert_eq!(walked, by_seven, "{top}");
    }
    assert_eq!(listed("M0", 1_000, 100_000).len(), 2_999);
}

#[test]
fn a_cursor_of_one_question_is_no_other_s() {
    let world = World::family();
    let query = DownlineQuery {
        limit: Some(1),
        ..DownlineQuery::default()
    };
    let first =
        downline::page(&world.state, "R", &query, &mut Budget::point()).expect("R is there");
    for (member, query) in [
        (
            "A",
            DownlineQuery {
                cursor: first.next.clone(),
                ..query.clone()
            },
        ),
        (
            "R",
            DownlineQuery {
                cursor: first.next.clone(),
                levels: Some(1),
                ..query.clone()
            },
        ),
        (
            "R",
            DownlineQuery {
                cursor: first.next.clone(),
                sort: Some(Sort::Level),
                ..query.clone()
            },
        ),
        (
            "R",
            DownlineQuery {
                cursor: Some("nonsense".into()),
                ..query
            },
        ),
    ] {
        let page = downline::page(&world.state, member, &query, &mut Budget::point());
        assert_eq!(page, Err(ViewError::BadCursor), "{query:?}");
    }
}

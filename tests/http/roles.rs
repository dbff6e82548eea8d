//! Rows x roles x inside and outside: every allow and every deny, folded from the table itself.

use arborline::api::parse::event::EVENTS;
use arborline::api::principal::{ROLES, role_name, token_text};
use arborline::api::route::{Access, Reach, Route, Run};
use arborline::api::routes::ROUTES;
use arborline::engine::command::Verb;
use arborline::engine::command::move_leg::Move;
use arborline::engine::command::status::SetStatus;
use arborline::engine::command::token::{CreateToken, RevokeToken};
use arborline::engine::member::Status;
use arborline::engine::role::Role;

use super::server::{Reply, SECRET, Server};

fn rows() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().copied().flatten()
}

/// The row's path about this member, in the binary tree.
fn path_about(route: &Route, member: &str) -> String {
    let path = route
        .path
        .replace("{id}", member)
        .replace("{tree}", "binary")
        .replace("{code}", "busy")
        .replace("{line}", "levels");
    match path.as_str() {
        "/v1/trees/binary/relation" => format!("{path}?a={member}&b={member}"),
        "/v1/trees/binary/open-position" => format!("{path}?under={member}"),
        _ => path,
    }
}

async fn ask(server: &Server, route: &Route, member: &str, role: Option<&str>) -> Reply {
    let mut call = server.call(route.method, &path_about(route, member));
    if let Some(role) = role {
        call = call.role(role);
    }
    if route.method != "GET" {
        let body = match route.path {
            "/v1/batch-get" => format!("{{\"members\":[\"{member}\"],\"figures\":[\"own\"]}}"),
            // Not a right fact: whoever may tell it gets as far as that.
            _ => "{\"nonsense\":1}".to_owned(),
        };
        call = call.header("content-type", "application/json").body(body);
    }
    call.send().await
}

#[tokio::test]
async fn every_row_lets_in_its_roles_and_nobody_else() {
    let server = Server::started().await;
    let mut cells = 0;
    for route in rows() {
        let anybody = ask(&server, route, "A1", None).await;
        let Access::Needs { roles, .. } = route.access else {
            assert_eq!(
                anybody.status.as_u16(),
                200,
                "{} {} is open",
                route.method,
                route.path
            );
            continue;
        };
        assert_eq!(
            anybody.code(),
            "token_missing",
            "{} {}",
            route.method,
            route.path
        );
        assert_eq!(anybody.header("www-authenticate"), "Bearer");
        for (name, role) in ROLES {
            let reply = ask(&server, route, "A1", Some(name)).await;
            let denied =
                reply.code() == "role_not_allowed" || [401, 403].contains(&reply.status.as_u16());
            assert_eq!(
                denied,
                !roles.contains(role),
                "{} {} as {name}: {}",
                route.method,
                route.path,
                reply.text()
            );
            if denied {
                assert_eq!(
                    (reply.status.as_u16(), reply.code().as_str()),
                    (403, "role_not_allowed")
                );
            }
            cells += 1;
        }
    }
    assert!(cells > 100, "only {cells} cells");
}

#[tokio::test]
async fn a_member_sees_his_own_and_nothing_tells_the_rest_from_nobody() {
    let server = Server::planned().await;
    for route in rows() {
        let Access::Needs { roles, reach } = route.access else {
            continue;
        };
        if !roles.contains(&Role::Member) {
            continue;
        }
        for inside in ["A", "A1", "A2"] {
            let reply = ask(&server, route, inside, Some("member")).await;
            assert_eq!(
                reply.status.as_u16(),
                200,
                "{} of {inside}: {}",
                route.path,
                reply.text()
            );
        }
        // Above him, beside him, below somebody else.
        for outside in ["R", "B", "B1"] {
            let reply = ask(&server, route, outside, Some("member")).await;
            let nobody = ask(&server, route, "Z9", Some("member")).await;
            let shown = |reply: &Reply| {
                let mut shown = reply.json();
                shown
                    .as_object_mut()
                    .expect("an object")
                    .retain(|key, _| key != "request_id");
                shown.to_string().replace(outside, "?").replace("Z9", "?")
            };
            if route.path == "/v1/members" || reach == Reach::Nothing {
                let about = format!("\"member\":\"{outside}\"");
                assert!(
                    !reply.text().contains(&about),
                    "{}: {}",
                    route.path,
                    reply.text()
                );
                continue;
            }
            assert_eq!(shown(&reply), shown(&nobody), "{} of {outside}", route.path);
            if reach == Reach::Downline {
                assert_eq!(
                    (reply.status.as_u16(), reply.code().as_str()),
                    (404, "unknown_member"),
                    "{}",
                    route.path
                );
            }
        }
    }
}

#[tokio::test]
async fn no_answer_to_a_member_names_anybody_outside() {
    let server = Server::planned().await;
    for path in [
        "/v1/members",
        "/v1/members/A/commissions",
        "/v1/members/A/commissions/levels/explain",
        "/v1/members/A/rank",
        "/v1/members/A/rank-progress",
        "/v1/members/A",
        "/v1/members/A?tree=binary",
        "/v1/members/A1",
        "/v1/members/A2/upline",
        "/v1/members/A2/upline?tree=enroller&limit=1",
        "/v1/members/A/upline",
        "/v1/members/A/downline",
        "/v1/members/A/downline?sort=volume",
        "/v1/members/A/frontline",
        "/v1/members/A/legs?tree=binary",
        "/v1/members/A/tree-view",
        "/v1/members/A/volumes",
        "/v1/trees/enroller/relation?a=A1&b=A2",
    ] {
        let reply = server.call("GET", path).role("member").send().await;
        assert_eq!(reply.status.as_u16(), 200, "{path}: {}", reply.text());
        for outside in ["\"R\"", "\"B\"", "\"B1\""] {
            assert!(
                !reply.text().contains(outside),
                "{path} names {outside}: {}",
                reply.text()
            );
        }
    }
    let own = server
        .call("GET", "/v1/members/A2/upline")
        .role("member")
        .send()
        .await
        .json();
    let above: Vec<&str> = own["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .filter_map(|row| row["member"].as_str())
        .collect();
    assert_eq!(above, ["A1", "A"], "his own line ends with him");
    let lines = server
        .call("GET", "/v1/members/A/downline")
        .role("member")
        .header("accept", "application/x-ndjson");
    let lines = lines.send().await.lines();
    let below: Vec<&str> = lines
        .iter()
        .filter_map(|row| row["member"].as_str())
        .collect();
    assert_eq!(below, ["A1", "A2", "C"]);
}

#[tokio::test]
async fn a_move_changes_what_a_member_sees_from_that_command_on() {
    let server = Server::started().await;
    let see = || async {
        server
            .call("GET", "/v1/members/A2")
            .role("member")
            .send()
            .await
            .status
            .as_u16()
    };
    assert_eq!(see().await, 200);
    let moved = Move {
        tree: "enroller".into(),
        member: "A2".into(),
        centre: 1,
        parent: Some("B".into()),
        parent_centre: 1,
        leg: None,
    };
    server.tell("m1", Verb::Move(Box::new(moved))).await;
    assert_eq!(see().await, 404);
}

#[tokio::test]
async fn tokens_that_are_not_good_any_more_are_told_so() {
    let server = Server::started().await;
    let code = |token: String| {
        let server = &server;
        async move {
            server
                .call("GET", "/v1/network")
                .token(&token)
                .send()
                .await
                .code()
        }
    };
    let token = |role, expires: Option<&str>| {
        Verb::CreateToken(Box::new(CreateToken {
            hash: *blake3::hash(b"s").as_bytes(),
            role,
            member: None,
            expires: expires.map(|text| text.parse().expect("a time")),
        }))
    };
    server
        .tell("old", token(Role::Admin, Some("2026-01-16T00:00:00Z")))
        .await;
    server
        .tell("new", token(Role::Admin, Some("2999-01-01T00:00:00Z")))
        .await;
    server.tell("gone", token(Role::Admin, None)).await;
    server
        .tell(
            "revoke",
            Verb::RevokeToken(Box::new(RevokeToken {
                token: "gone".into(),
            })),
        )
        .await;
    assert_eq!(code(token_text("new", "s")).await, "");
    assert_eq!(code(token_text("old", "s")).await, "token_expired");
    assert_eq!(code(token_text("gone", "s")).await, "token_revoked");
    for unknown in [
        "arb_new_t",
        "arb_nobody_s",
        "arb_new",
        "new_s",
        "arb__",
        "x",
    ] {
        assert_eq!(code(unknown.to_owned()).await, "bad_token", "{unknown}");
    }
    let suspend = SetStatus {
        member: "A".into(),
        status: Status::Suspended,
        reason: None,
    };
    server.tell("s1", Verb::Status(Box::new(suspend))).await;
    assert_eq!(code(token_text("member", SECRET)).await, "member_not_open");
}

#[tokio::test]
async fn without_any_token_everything_but_health_says_how_to_make_one() {
    let server = Server::empty();
    for route in rows() {
        let reply = ask(&server, route, "A", None).await;
        if matches!(route.access, Access::Open) {
            assert_eq!(reply.status.as_u16(), 200, "{}", route.path);
        } else {
            assert_eq!(
                (reply.status.as_u16(), reply.code().as_str()),
                (401, "no_tokens"),
                "{}",
                route.path
            );
            assert!(
                reply.text().contains("arborline token create"),
                "{}",
                reply.text()
            );
        }
    }
}

#[tokio::test]
async fn a_token_made_here_works_until_it_is_revoked() {
    let server = Server::started().await;
    let made = server
        .post("/v1/tokens", "{\"id\":\"shop_1\",\"role\":\"integrator\"}")
        .await;
    assert_eq!(made.status.as_u16(), 200, "{}", made.text());
    let token = made.json()["token"].as_str().expect("a token").to_owned();
    let seen = server.call("GET", "/v1/network").token(&token).send().await;
    assert_eq!(seen.status.as_u16(), 200, "{}", seen.text());
    let listed = server.get("/v1/tokens").await;
    assert!(
        !listed.to_string().contains(&token[11..]),
        "a secret is listed: {listed}"
    );
    let again = server
        .post("/v1/tokens", "{\"id\":\"shop_1\",\"role\":\"integrator\"}")
        .await;
    assert_eq!(
        (again.status.as_u16(), again.code().as_str()),
        (409, "id_reused"),
        "{}",
        again.text()
    );
    assert_eq!(
        server
            .post("/v1/tokens/shop_1/revoke", "{\"id\":\"r1\"}")
            .await
            .status
            .as_u16(),
        200
    );
    assert_eq!(
        server
            .call("GET", "/v1/network")
            .token(&token)
            .send()
            .await
            .code(),
        "token_revoked"
    );
}

#[test]
fn a_row_and_its_event_are_for_the_same_roles() {
    for route in rows() {
        let Access::Needs { roles, reach } = route.access else {
            continue;
        };
        if let Run::Fact { event, .. } = &route.run {
            assert_eq!(roles, event.roles, "{} {}", route.method, route.path);
        }
        assert!(
            !roles.contains(&Role::Member) || reach != Reach::Company,
            "{}: whose company?",
            route.path
        );
        assert!(
            reach != Reach::Downline || route.path.contains("{id}"),
            "{}: whose downline?",
            route.path
        );
        assert!(!roles.is_empty(), "{}", route.path);
    }
    for event in EVENTS {
        assert!(event.roles.contains(&Role::Admin), "{}", event.name);
        assert!(
            !event.roles.contains(&Role::Member),
            "{} by {}",
            event.name,
            role_name(Role::Member)
        );
        assert!(!event.roles.contains(&Role::ReadOnly), "{}", event.name);
    }
}

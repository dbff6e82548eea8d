//! Answers: as fresh as they say, page by page, whole as lines.

use arborline::view::batch_get::FIGURES;
use serde_json::{Value, json};

use super::server::{AT, Server, order};

#[tokio::test]
async fn every_answer_says_as_of_what_it_is() {
    let server = Server::started().await;
    for path in [
        "/v1/members",
        "/v1/members/A",
        "/v1/members/A/upline",
        "/v1/members/A/downline",
        "/v1/members/A/downline?sort=volume",
        "/v1/members/A/downline?sort=level",
        "/v1/members/A/frontline",
        "/v1/members/A/legs?tree=binary",
        "/v1/members/A/levels",
        "/v1/members/A/tree-view",
        "/v1/members/A/volumes",
        "/v1/trees/binary/relation?a=A&b=B1",
        "/v1/trees/binary/open-position?under=A",
        "/v1/trees/binary/holding-tank",
        "/v1/company",
        "/v1/periods",
        "/v1/network",
        "/v1/status",
        "/v1/tokens",
    ] {
        let before = server.api.handle().read(|state| state.as_of_seq);
        let answer = server.get(path).await;
        assert_eq!(
            answer["as_of_seq"].as_u64(),
            Some(before),
            "{path}: {answer}"
        );
        assert!(
            answer["as_of_time"]
                .as_str()
                .is_some_and(|time| time.ends_with('Z')),
            "{path}: {answer}"
        );
    }
    let lines = server
        .call("GET", "/v1/members/R/downline")
        .role("admin")
        .header("accept", "application/x-ndjson");
    let lines = lines.send().await;
    let seq = server.api.handle().read(|state| state.as_of_seq);
    assert_eq!(lines.header("as-of-seq"), seq.to_string());
    assert_eq!(lines.lines().len(), 6);
}

#[tokio::test]
async fn an_answer_waits_for_the_number_asked_for_and_no_longer_than_it_may() {
    let server = Server::started().await;
    let receipt = server
        .post("/v1/events", order("o1", "A2", "3.00"))
        .await
        .json();
    let seq = receipt["seq"].as_u64().expect("a number");
    let volumes = server
        .get(&format!("/v1/members/R/volumes?min_seq={seq}"))
        .await;
    assert_eq!(volumes["places"][0]["group"]["cv"], "3.00");
    let late = server
        .call("GET", &format!("/v1/members/R?min_seq={}", seq + 1))
        .role("admin")
        .send()
        .await;
    assert_eq!(
        (late.status.as_u16(), late.code().as_str()),
        (503, "not_caught_up")
    );
    assert_eq!(late.header("retry-after"), "1");
}

#[tokio::test]
async fn unchanged_figures_are_not_sent_again() {
    let server = Server::started().await;
    let ask = |tag: String| {
        let call = server.call("GET", "/v1/members/A/volumes").role("admin");
        async move { call.header("if-none-match", &tag).send().await }
    };
    let tag = ask("\"other\"".to_owned()).await.header("etag");
    let unchanged = ask(format!("\"x\", {tag}")).await;
    assert_eq!((unchanged.status.as_u16(), unchanged.bytes.len()), (304, 0));
    // An order elsewhere moves the label, not the figures.
    server.post("/v1/events", order("o1", "B", "1.00")).await;
    assert_eq!(ask(tag.clone()).await.status.as_u16(), 304);
    server.post("/v1/events", order("o2", "A", "1.00")).await;
    let changed = ask(tag.clone()).await;
    assert_eq!(changed.status.as_u16(), 200);
    assert_ne!(changed.header("etag"), tag);
}

/// Walks all pages of a path, and gives the members listed.
async fn pages(server: &Server, path: &str, role: &str) -> Vec<String> {
    let mut members = Vec::new();
    let mut cursor = String::new();
    for _ in 0..200 {
        let call = server.call("GET", &format!("{path}{cursor}")).role(role);
        let reply = call.send().await;
        assert_eq!(
            reply.status.as_u16(),
            200,
            "{path}{cursor}: {}",
            reply.text()
        );
        let page = reply.json();
        let rows = page["rows"].as_array().expect("rows");
        members.extend(
            rows.iter()
                .map(|row| row["member"].as_str().expect("a member").to_owned()),
        );
        match &page["next"] {
            Value::String(next) => cursor = format!("&cursor={next}"),
            _ => return members,
        }
    }
    panic!("{path} never ends");
}

#[tokio::test]
async fn pages_yield_each_row_once() {
    let server = Server::started().await;
    let mut lines = String::new();
    for n in 0..57 {
        let enroller = if n % 3 == 0 {
            "A2".to_owned()
        } else {
            format!("n{}", n / 3)
        };
        let event = serde_json::json!({
            "id": format!("n{n}"), "type": "member.enrolled", "at": AT, "data": { "enroller": enroller },
        });
        lines.push_str(&format!("{event}\n"));
        lines.push_str(&format!(
            "{}\n",
            order(
                &format!("o{n}"),
                &format!("n{n}"),
                &format!("{}.00", n * 7 % 31)
            )
        ));
    }
    let summary = server.post_lines("/v1/events", lines).await.json();
    assert_eq!(summary["rejected_count"], 0, "{summary}");
    for sort in ["joined", "level", "volume"] {
        let path = format!("/v1/members/A2/downline?limit=10&sort={sort}");
        let mut found = pages(&server, &path, "member").await;
        assert_eq!(found.len(), 57, "{sort}");
        found.sort();
        found.dedup();
        assert_eq!(found.len(), 57, "{sort}");
    }
    assert_eq!(
        pages(&server, "/v1/members?limit=9&query=n", "admin")
            .await
            .len(),
        57
    );
    assert_eq!(
        pages(&server, "/v1/members/n56/upline?limit=2", "admin")
            .await
            .last()
            .map(String::as_str),
        Some("R")
    );
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_question_only() {
    let server = Server::started().await;
    for sort in ["joined", "volume"] {
        let path = format!("/v1/members/R/downline?limit=2&sort={sort}");
        let first = server.get(&path).await;
        let next = first["next"].as_str().expect("there is more").to_owned();
        let code = |path: String, role: &'static str| {
            let server = &server;
            async move { server.call("GET", &path).role(role).send().await.code() }
        };
        assert_eq!(code(format!("{path}&cursor={next}"), "admin").await, "");
        // Another page size is the same question.
        assert_eq!(
            code(
                format!("/v1/members/R/downline?limit=3&sort={sort}&cursor={next}"),
                "admin"
            )
            .await,
            ""
        );
        for other in [
            format!("/v1/members/A/downline?limit=2&sort={sort}&cursor={next}"),
            format!("/v1/members/R/downline?limit=2&sort={sort}&levels=1&cursor={next}"),
            format!("/v1/members/R/frontline?limit=2&cursor={next}"),
            format!("{path}&cursor={next}A"),
        ] {
            let found = code(other.clone(), "admin").await;
            assert!(
                matches!(found.as_str(), "bad_cursor" | "unknown_parameter"),
                "{other}: {found}"
            );
        }
        assert_eq!(
            code(format!("{path}&cursor={next}"), "support").await,
            "bad_cursor",
            "another's cursor"
        );
    }
}

#[tokio::test]
async fn a_dry_run_of_a_move_tells_and_changes_nothing() {
    let server = Server::started().await;
    server.post("/v1/events", order("o1", "A2", "3.00")).await;
    let body = "{\"member\":\"A1\",\"parent\":\"B\"}";
    let before = server.get("/v1/members/A/volumes").await;
    let told = server
        .post("/v1/trees/enroller/moves?dry_run=true", body)
        .await;
    assert_eq!(told.status.as_u16(), 200, "{}", told.text());
    let told = told.json();
    assert_eq!(
        (
            told["moving"]["member"].as_str(),
            told["to"]["member"].as_str()
        ),
        (Some("A1"), Some("B")),
        "{told}"
    );
    assert_eq!(server.get("/v1/members/A/volumes").await, before);
    // The same body that will be sent to move: its id is neither needed nor used up.
    let whole = format!("{{\"id\":\"m1\",\"at\":\"{AT}\",\"member\":\"A1\",\"parent\":\"B\"}}");
    let again = server
        .post("/v1/trees/enroller/moves?dry_run=true", whole)
        .await;
    assert_eq!((again.status.as_u16(), again.json()), (200, told));
    let cycle = server
        .post(
            "/v1/trees/enroller/moves?dry_run=true",
            "{\"member\":\"A\",\"parent\":\"A2\"}",
        )
        .await;
    assert_eq!(
        (cycle.status.as_u16(), cycle.code().as_str()),
        (422, "cycle")
    );
    let moved = format!("{{\"id\":\"m1\",\"at\":\"{AT}\",\"member\":\"A1\",\"parent\":\"B\"}}");
    assert_eq!(
        server
            .post("/v1/trees/enroller/moves", moved)
            .await
            .status
            .as_u16(),
        200
    );
    assert_eq!(
        server.get("/v1/members/B/volumes").await["places"][0]["group"]["cv"],
        "3.00"
    );
}

#[tokio::test]
async fn an_open_position_is_where_the_next_one_really_stands() {
    let server = Server::started().await;
    let open = server.get("/v1/trees/binary/open-position?under=A").await;
    let enrolled = server
        .post(
            "/v1/members",
            format!("{{\"id\":\"N\",\"at\":\"{AT}\",\"enroller\":\"A\"}}"),
        )
        .await;
    assert_eq!(enrolled.status.as_u16(), 200, "{}", enrolled.text());
    let places = enrolled.json()["places"].clone();
    let binary = places
        .as_array()
        .expect("places")
        .iter()
        .find(|place| place["tree"] == "binary")
        .expect("a place");
    assert_eq!(
        (&binary["parent"], &binary["leg"]),
        (&open["parent"]["member"], &open["leg"]),
        "{open} {places}"
    );
}

#[tokio::test]
async fn batches_hide_what_the_asker_may_not_see() {
    let server = Server::started().await;
    let body = "{\"members\":[\"A1\",\"B\",\"nobody\"],\"figures\":[\"own\",\"group\",\"parent\"]}";
    let found = |role: &'static str| {
        let server = &server;
        async move {
            let reply = server
                .call("POST", "/v1/batch-get")
                .role(role)
                .body(body)
                .send()
                .await;
            assert_eq!(reply.status.as_u16(), 200, "{}", reply.text());
            let rows = reply.json()["rows"].clone();
            rows.as_array()
                .expect("rows")
                .iter()
                .map(|row| row["found"] == true)
                .collect::<Vec<_>>()
        }
    };
    assert_eq!(found("admin").await, [true, true, false]);
    assert_eq!(found("member").await, [true, false, false]);
}

#[tokio::test]
async fn a_batch_that_cannot_be_read_is_refused_by_name() {
    let server = Server::started().await;
    let (string, array) = ("a string", "an array");
    for (field, value, code, at, given, allowed) in [
        ("members", "\"A\"", "wrong_type", "members", "A", array),
        ("members", "[7]", "wrong_type", "members[0]", "7", string),
        ("figures", "\"own\"", "wrong_type", "figures", "own", array),
        (
            "figures",
            "[[]]",
            "wrong_type",
            "figures[0]",
            "an array",
            string,
        ),
        (
            "figures",
            "[\"own\",\"x\"]",
            "bad_value",
            "figures[1]",
            "x",
            "own",
        ),
        ("tree", "7", "wrong_type", "tree", "7", string),
        ("tree", "\"oak\"", "unknown_tree", "tree", "oak", "binary"),
        (
            "centre",
            "\"1\"",
            "wrong_type",
            "centre",
            "1",
            "a whole number",
        ),
        ("centre", "-1", "out_of_range", "centre", "-1", "1 to 255"),
        (
            "period_type",
            "[]",
            "wrong_type",
            "period_type",
            "an array",
            string,
        ),
        ("period", "true", "wrong_type", "period", "true", string),
        ("limit", "1", "unknown_field", "limit", "limit", "figures"),
    ] {
        let mut body = json!({ "members": ["A"], "figures": ["own"] });
        body[field] = serde_json::from_str(value).expect("JSON");
        let reply = server.post("/v1/batch-get", body.to_string()).await;
        let problem = reply.json();
        let told = ["code", "field", "given"].map(|part| problem[part].as_str().unwrap_or(""));
        assert_eq!(told, [code, at, given], "{body}: {problem}");
        let offered = problem["allowed"]
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one == allowed));
        assert!(offered, "{body}: {problem}");
    }
    let all = json!({ "members": ["A"], "figures": FIGURES.map(|(name, _)| name), "centre": null });
    let answer = server.post("/v1/batch-get", all.to_string()).await.json();
    let row = answer["rows"][0].as_object().expect("a row");
    // The place's own figures, and whose they are.
    assert_eq!(row.len(), FIGURES.len() + 2, "{answer}");
}

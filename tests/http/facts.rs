//! Facts told: once only, in lines, together, and under ids of any printable characters.

use serde_json::json;

use super::server::{AT, Server, each, order};

#[tokio::test]
async fn a_fact_told_again_gets_its_first_receipt() {
    let server = Server::started().await;
    let first = server.post("/v1/events", order("o1", "A", "100.00")).await;
    assert_eq!(first.status.as_u16(), 200, "{}", first.text());
    assert_eq!(first.header("idempotent-replayed"), "");
    server.post("/v1/events", order("o2", "A", "1.00")).await;
    let again = server.post("/v1/events", order("o1", "A", "100.00")).await;
    assert_eq!((again.status.as_u16(), again.text()), (200, first.text()));
    assert_eq!(again.header("idempotent-replayed"), "true");
    // The flat form of the same order is the same fact.
    let flat = format!(
        "{{\"id\":\"o1\",\"at\":\"{AT}\",\"member\":\"A\",\"volumes\":{{\"cv\":\"100\"}},\"amount\":\"10\"}}"
    );
    let flat = server.post("/v1/orders", flat).await;
    assert_eq!((flat.status.as_u16(), flat.text()), (200, first.text()));
    let volumes = server.get("/v1/members/A/volumes").await;
    assert_eq!(volumes["own"]["cv"], "101.00");
}

#[tokio::test]
async fn a_refused_id_is_not_used_up() {
    let server = Server::started().await;
    let refused = server
        .post("/v1/events", order("o1", "nobody", "1.00"))
        .await;
    assert_eq!(refused.code(), "unknown_member");
    let taken = server.post("/v1/events", order("o1", "A", "1.00")).await;
    assert_eq!(taken.status.as_u16(), 200, "{}", taken.text());
}

#[tokio::test]
async fn the_header_names_a_fact_whose_body_has_no_id() {
    let server = Server::started().await;
    let ask = |key: &str, body: &str| {
        let call = server
            .call("POST", "/v1/members/A/status")
            .role("support")
            .header("idempotency-key", key);
        call.body(body.to_owned()).send()
    };
    let suspended = "{\"at\":\"2026-01-16T00:00:00Z\",\"status\":\"suspended\"}";
    let first = ask("k1", suspended).await;
    assert_eq!(first.status.as_u16(), 200, "{}", first.text());
    let again = ask("k1", suspended).await;
    assert_eq!(again.text(), first.text());
    let other = ask(
        "k1",
        "{\"at\":\"2026-01-16T00:00:00Z\",\"status\":\"terminated\"}",
    )
    .await;
    assert_eq!(
        (other.status.as_u16(), other.code().as_str()),
        (409, "id_reused")
    );
    let torn = ask("k2", "{\"id\":\"k3\",\"status\":\"open\"}").await;
    assert_eq!(
        (torn.code().as_str(), torn.json()["field"].as_str()),
        ("bad_value", Some("Idempotency-Key"))
    );
}

#[tokio::test]
async fn bad_lines_are_reported_by_number_and_stop_nothing() {
    let server = Server::started().await;
    let lines = [
        order("o1", "A", "1.00"),
        "not json".to_owned(),
        String::new(),
        order("o2", "nobody", "1.00"),
        order("o1", "A", "1.00"),
        order("o1", "A", "2.00"),
        format!("\"{}\"", "x".repeat(70_000)),
        order("o3", "B", "1.00"),
    ]
    .join("\n");
    let reply = server.post_lines("/v1/events", lines.clone()).await;
    assert_eq!(reply.status.as_u16(), 200, "{}", reply.text());
    let summary = reply.json();
    assert_eq!(
        (summary["accepted"].as_u64(), summary["repeated"].as_u64()),
        (Some(2), Some(1)),
        "{summary}"
    );
    assert_eq!(summary["rejected_count"], 4);
    let rejected = each(&summary["rejected"], |line| {
        json!([line["line"], line["code"]])
    });
    let codes = [
        (2, "bad_json"),
        (4, "unknown_member"),
        (6, "id_reused"),
        (7, "line_too_long"),
    ];
    assert_eq!(rejected, codes.map(|(line, code)| json!([line, code])));
    let (first, last) = (summary["first_seq"].as_u64(), summary["last_seq"].as_u64());
    assert!(first.is_some() && first < last, "{summary}");

    let results = server.post_lines("/v1/events?results=all", lines).await;
    let results = results.lines();
    let numbers: Vec<u64> = results
        .iter()
        .map(|line| line["line"].as_u64().expect("a number"))
        .collect();
    assert_eq!(numbers, [1, 2, 4, 5, 6, 7, 8]);
    assert_eq!(
        (results[0]["repeated"].as_bool(), results[0]["seq"].as_u64()),
        (Some(true), first)
    );
    assert_eq!(results[4]["code"], "id_reused");
    assert_eq!(results[6]["seq"].as_u64(), last);
}

#[tokio::test]
async fn long_streams_are_taken_whole_and_summed_up_in_bounds() {
    let server = Server::started().await;
    let mut lines = String::new();
    for n in 0..5_500 {
        lines.push_str(&order(
            &format!("s{n}"),
            if n % 2 == 0 { "A1" } else { "nobody" },
            "0.5000",
        ));
        lines.push('\n');
    }
    let reply = server.post_lines("/v1/events", lines).await;
    let summary = reply.json();
    assert_eq!(
        (
            summary["accepted"].as_u64(),
            summary["rejected_count"].as_u64()
        ),
        (Some(2_750), Some(2_750))
    );
    assert_eq!(summary["rejected"].as_array().map(Vec::len), Some(1_000));
    let volumes = server.get("/v1/members/R/volumes").await;
    assert_eq!(volumes["places"][0]["group"]["cv"], "1375.00");
}

#[tokio::test]
async fn a_last_line_without_an_end_that_fills_a_group_is_told_like_any_other() {
    let server = Server::started().await;
    // Whether the last group waits for its last line hangs on how fast those before it are answered.
    for from in (0..30_000).step_by(3_000) {
        let count = 3_000;
        let lines: Vec<String> = (from..from + count)
            .map(|n| order(&format!("e{n}"), "A", "1.00"))
            .collect();
        let summary = server
            .post_lines("/v1/events", lines.join("\n"))
            .await
            .json();
        assert_eq!(summary["accepted"].as_u64(), Some(count), "{summary}");
    }
}

#[tokio::test]
async fn where_time_follows_the_facts_one_without_a_time_does_not_move_it() {
    let server = Server::started().await;
    let before = server.get("/v1/status").await["as_of_time"].clone();
    for (path, body) in [
        ("/v1/tokens", "{\"id\":\"t9\",\"role\":\"read_only\"}"),
        (
            "/v1/members/A/status",
            "{\"id\":\"s9\",\"status\":\"suspended\"}",
        ),
        (
            "/v1/orders",
            "{\"id\":\"o9\",\"member\":\"A\",\"volumes\":{\"cv\":\"1\"}}",
        ),
    ] {
        let told = server.post(path, body).await;
        assert_eq!(told.status.as_u16(), 200, "{path}: {}", told.text());
        let after = server.get("/v1/status").await["as_of_time"].clone();
        assert_eq!(after, before, "{path}");
    }
}

#[tokio::test]
async fn arrays_are_numbered_by_item() {
    let server = Server::started().await;
    let body = format!(
        "[{},{},{{}}]",
        order("o1", "A", "1.00"),
        order("o1", "A", "1.00")
    );
    let summary = server.post("/v1/events", body).await.json();
    assert_eq!(
        (summary["accepted"].as_u64(), summary["repeated"].as_u64()),
        (Some(1), Some(1)),
        "{summary}"
    );
    assert_eq!(
        (
            summary["rejected"][0]["line"].as_u64(),
            summary["rejected"][0]["field"].as_str()
        ),
        (Some(3), Some("id"))
    );
}

#[tokio::test]
async fn atomic_requests_happen_whole_or_not_at_all() {
    let server = Server::started().await;
    let bad = format!(
        "{}\n{}\n",
        order("o1", "A", "1.00"),
        order("o2", "nobody", "1.00")
    );
    let refused = server.post_lines("/v1/events?atomic=true", bad).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code().as_str()),
        (422, "atomic_refused"),
        "{}",
        refused.text()
    );
    let malformed = format!("[{},{{\"id\":7}}]", order("o1", "A", "1.00"));
    let malformed = server.post("/v1/events?atomic=true", malformed).await;
    assert_eq!(
        (malformed.status.as_u16(), malformed.code().as_str()),
        (400, "wrong_type")
    );
    assert_eq!(
        server.get("/v1/members/A/volumes").await["own"]["cv"],
        "0.00"
    );
    let good = format!(
        "[{},{}]",
        order("o1", "A", "1.00"),
        order("o2", "A1", "2.00")
    );
    let taken = server.post("/v1/events?atomic=true", good.clone()).await;
    assert_eq!(
        (taken.status.as_u16(), taken.json()["accepted"].as_u64()),
        (200, Some(2)),
        "{}",
        taken.text()
    );
    let again = server.post("/v1/events?atomic=true", good).await;
    assert_eq!(
        (again.status.as_u16(), again.json()["repeated"].as_u64()),
        (200, Some(2)),
        "{}",
        again.text()
    );
    let many: Vec<String> = (0..1_001)
        .map(|n| order(&format!("m{n}"), "A", "1"))
        .collect();
    let many = server
        .post_lines("/v1/events?atomic=true", many.join("\n"))
        .await;
    assert_eq!(
        (many.status.as_u16(), many.code().as_str()),
        (400, "too_many")
    );
}

#[tokio::test]
async fn each_type_of_event_is_for_its_own_roles() {
    let server = Server::started().await;
    let token = format!(
        "{{\"id\":\"x\",\"type\":\"token.created\",\"at\":\"{AT}\",\"data\":{{\"hash\":\"{}\",\"role\":\"admin\"}}}}",
        "0".repeat(64)
    );
    for role in ["finance", "support", "integrator"] {
        let call = server
            .call("POST", "/v1/events")
            .role(role)
            .body(token.clone());
        let reply = call.send().await;
        assert_eq!(
            (reply.status.as_u16(), reply.code().as_str()),
            (403, "role_not_allowed"),
            "{role}"
        );
    }
    let reply = server
        .call("POST", "/v1/events")
        .role("finance")
        .body(order("o1", "A", "1"))
        .send()
        .await;
    assert_eq!(
        (reply.status.as_u16(), reply.code().as_str()),
        (403, "role_not_allowed"),
        "an order from finance"
    );
}

#[tokio::test]
async fn ids_of_any_printable_characters_come_back() {
    let server = Server::started().await;
    let ids = [
        "a b",
        "a/b",
        "a?b#c",
        "100%",
        "%2F",
        "a+b&c=d",
        "\"quoted\\\"",
        "{id}",
        "..a",
        "\u{e4}\u{4e2d}\u{1f333}",
        "~!@$^*()[]|;:,<>'`",
    ];
    for id in ids {
        let body = json!({ "id": id, "at": AT, "enroller": "A" });
        let reply = server.post("/v1/members", body.to_string()).await;
        assert_eq!(reply.status.as_u16(), 200, "{id}: {}", reply.text());
        assert_eq!(reply.json()["id"], id);
        let escaped: String = id.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let profile = server.get(&format!("/v1/members/{escaped}")).await;
        assert_eq!(
            (profile["member"].as_str(), profile["enroller"].as_str()),
            (Some(id), Some("A"))
        );
        let found = server.get(&format!("/v1/members?query={escaped}")).await;
        assert!(
            found["rows"]
                .as_array()
                .is_some_and(|rows| rows.iter().any(|row| row["member"] == id)),
            "{found}"
        );
        let body = json!({ "id": format!("st-{id}"), "at": AT, "status": "suspended" });
        let status = server
            .post(&format!("/v1/members/{escaped}/status"), body.to_string())
            .await;
        assert_eq!(status.status.as_u16(), 200, "{id}");
    }
    let changes = server.changes(0).await;
    for id in ids {
        assert!(changes.iter().any(|event| event["id"] == id), "{id}");
    }
}

#[tokio::test]
async fn what_changes_tells_can_be_told_again() {
    let server = Server::started().await;
    server.post("/v1/events", order("o1", "A", "1.50")).await;
    let changes = server.changes(1).await;
    let mut lines = String::new();
    for event in &changes {
        let fact = json!({ "id": event["id"], "type": event["type"], "at": event["at"], "data": event["data"] });
        lines.push_str(&format!("{fact}\n"));
    }
    let summary = server.post_lines("/v1/events", lines).await.json();
    assert_eq!(
        summary["repeated"].as_u64(),
        Some(changes.len() as u64),
        "{summary}"
    );
}

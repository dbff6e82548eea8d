//! Kept states over HTTP: read later as they were, for a while, and no more of them than there may be.

use serde_json::Value;

use super::server::{Server, each};

/// Keeps the present state; its number.
async fn kept(server: &Server, seconds: u64) -> u64 {
    let path = format!("/v1/forks?seconds={seconds}");
    let reply = server.call("POST", &path).role("finance").send().await;
    assert_eq!(reply.status.as_u16(), 200, "{}", reply.text());
    let kept = reply.json();
    assert_eq!(kept["seq"], kept["as_of_seq"]);
    kept["seq"].as_u64().expect("a number")
}

#[tokio::test]
async fn what_was_is_read_while_it_is_kept() {
    let server = Server::started().await;
    server.sold("o1", "A2", "100.00").await;
    let seq = kept(&server, 600).await;
    let path = "/v1/members/A/volumes?tree=enroller";
    let before = server.get(path).await;
    server.sold("o2", "A2", "50.00").await;
    let event = serde_json::json!({
        "id": "A3", "type": "member.enrolled", "at": super::server::AT,
        "data": { "kind": "distributor", "enroller": "A2" },
    });
    server.enrol(&event).await;
    let now = server.get(path).await;
    assert_ne!(now["as_of_seq"], before["as_of_seq"]);
    assert_ne!(now, before, "an order came");
    assert_eq!(server.get(&format!("{path}&as_of={seq}")).await, before);
    assert_eq!(before["as_of_seq"], seq);
    // Lists, pages and lines are of it too.
    for query in ["?limit=1&", "?sort=volume&limit=1&", "?"] {
        let mut found = Vec::new();
        let mut next = String::new();
        loop {
            let path = format!("/v1/members/A/downline{query}as_of={seq}{next}");
            let page = server.get(&path).await;
            assert_eq!(page["as_of_seq"], seq, "{path}");
            found.extend(each(&page["rows"], |row| row["member"].clone()));
            match page["next"].as_str() {
                Some(cursor) => next = format!("&cursor={cursor}"),
                None => break,
            }
        }
        found.sort_by_key(Value::to_string);
        assert_eq!(found, ["A1", "A2", "C"], "{query}");
    }
    let path = format!("/v1/members/A/downline?as_of={seq}");
    let lines = server.call("GET", &path).role("admin");
    let lines = lines.header("accept", "application/x-ndjson").send().await;
    assert_eq!(lines.header("as-of-seq"), seq.to_string());
    assert_eq!(lines.lines().len(), 3);
    let gone = server.call("GET", &format!("/v1/members/A3?as_of={seq}"));
    assert_eq!(gone.role("admin").send().await.code(), "unknown_member");
}

#[tokio::test]
async fn it_is_kept_for_as_long_as_was_asked_and_not_with_more_than_may_be() {
    let server = Server::started().await;
    let mut all = Vec::new();
    for number in 0..4 {
        server.sold(&format!("o{number}"), "A2", "1.00").await;
        all.push(kept(&server, if number == 0 { 1 } else { 600 }).await);
    }
    // The same state again takes no room of its own.
    assert_eq!(kept(&server, 700).await, all[3]);
    let listed = server.get("/v1/forks").await;
    assert_eq!(each(&listed["forks"], |one| one["seq"].clone()), all);
    assert!(listed["forks"][3]["seconds_left"].as_u64() > Some(650));
    server.sold("o9", "A2", "1.00").await;
    let full = server.call("POST", "/v1/forks").role("admin").send().await;
    assert_eq!(
        (full.status.as_u16(), full.code()),
        (503, "forks_full".into())
    );
    assert_eq!(full.header("retry-after"), "1");
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let path = format!("/v1/company?as_of={}", all[0]);
    let gone = server.call("GET", &path).role("admin").send().await;
    assert_eq!(
        (gone.status.as_u16(), gone.code()),
        (410, "as_of_gone".into())
    );
    let rest: Vec<String> = all[1..].iter().map(u64::to_string).collect();
    assert_eq!(gone.json()["allowed"], serde_json::json!(rest));
    let again = kept(&server, 5).await;
    assert!(again > all[3]);
}

#[tokio::test]
async fn who_may_not_ask_now_may_not_ask_of_what_was() {
    let server = Server::started().await;
    let seq = kept(&server, 600).await;
    let ask = |path: String, role: &'static str| {
        let call = server.call("GET", &path).role(role);
        async move { call.send().await.code() }
    };
    let of = |member: &str| format!("/v1/members/{member}/volumes?as_of={seq}");
    assert_eq!(ask(of("A2"), "member").await, "");
    assert_eq!(
        ask(of("B"), "member").await,
        ask("/v1/members/B/volumes".into(), "member").await
    );
    // Placed below somebody else since, he is no longer to be seen.
    let moved = r#"{"id":"move-1","type":"tree.moved","at":"2026-01-15T12:00:00Z","data":{"tree":"enroller","member":"A1","parent":"B"}}"#;
    server.told(moved.into()).await;
    assert_eq!(ask(of("A2"), "member").await, ask(of("B"), "member").await);
    assert_eq!(ask(of("A2"), "finance").await, "");
    for (path, code) in [
        (format!("/v1/commissions?as_of={seq}"), "unknown_parameter"),
        ("/v1/company?as_of=x".into(), "bad_value"),
        ("/v1/company?as_of=999999".into(), "as_of_gone"),
    ] {
        assert_eq!(ask(path.clone(), "finance").await, code, "{path}");
    }
    for path in ["/v1/forks?seconds=0", "/v1/forks?seconds=3601"] {
        let reply = server.call("POST", path).role("admin").send().await;
        assert_eq!(reply.code(), "out_of_range");
    }
    let refused = server.call("POST", "/v1/forks").role("member").send().await;
    assert_eq!(refused.code(), "role_not_allowed");
}

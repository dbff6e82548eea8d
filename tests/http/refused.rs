//! What the network's rules refuse, and under which code, field and status.

use super::bad_input::{check, event};
use super::server::{AT, Server, order};

/// Two orders told, and one member terminated.
async fn with_orders_and_one_gone() -> Server {
    let server = Server::started().await;
    for line in [order("o1", "A", "100.00"), order("o2", "B", "5.00")] {
        assert_eq!(server.post("/v1/events", line).await.status.as_u16(), 200);
    }
    let terminate = event(
        "t1",
        "member.status_changed",
        "{\"member\":\"B1\",\"status\":\"terminated\"}",
    );
    assert_eq!(
        server.post("/v1/events", terminate).await.status.as_u16(),
        200
    );
    server
}

#[tokio::test]
async fn rules_of_the_network_refuse_with_their_own_codes() {
    let server = with_orders_and_one_gone().await;
    let future = "{\"id\":\"a\",\"type\":\"period.closed\",\"at\":\"2026-01-15T12:00:00Z\",\"data\":{\"period_type\":\"month\",\"period\":\"2026-01\"}}";
    for (body, expected) in [
        (
            event("n1", "member.enrolled", "{\"enroller\":\"nobody\"}"),
            ("unknown_member", 422, "data.enroller"),
        ),
        (
            order("n2", "nobody", "1"),
            ("unknown_member", 422, "data.member"),
        ),
        (
            order("n3", "B1", "1"),
            ("member_terminated", 422, "data.member"),
        ),
        (
            order("o1", "A", "99.00"),
            ("id_reused", 409, "data.volumes"),
        ),
        (
            order("o1", "B", "100.00"),
            ("id_reused", 409, "data.member"),
        ),
        (
            event(
                "n4",
                "order.refunded",
                "{\"order\":\"nothing\",\"full\":true}",
            ),
            ("unknown_order", 422, "data.order"),
        ),
        (
            event(
                "n5",
                "order.refunded",
                "{\"order\":\"o1\",\"amount\":\"10.01\"}",
            ),
            ("refund_too_large", 422, "data.amount"),
        ),
        (
            event(
                "n6",
                "tree.moved",
                "{\"tree\":\"enroller\",\"member\":\"A\",\"parent\":\"A2\"}",
            ),
            ("cycle", 422, "data.parent"),
        ),
        (
            event(
                "n7",
                "member.enrolled",
                "{\"enroller\":\"R\",\"placements\":[{\"tree\":\"binary\",\"parent\":\"R\",\"leg\":\"left\"}]}",
            ),
            ("seat_taken", 409, "data.leg"),
        ),
        (future.to_owned(), ("period_open", 422, "data.period")),
        (
            event("n8", "token.revoked", "{\"token\":\"nobody\"}"),
            ("unknown_token", 422, "data.token"),
        ),
    ] {
        check(&server, "POST", "/v1/events", &body, expected).await;
    }
}

#[tokio::test]
async fn times_out_of_reach_are_refused() {
    // Under the wall clock: years ahead of it, or far behind what ids are remembered.
    let server = Server::with("clock = \"wall\"\n");
    server.token("admin").await;
    let member = |at: &str| {
        format!("{{\"id\":\"M\",\"type\":\"member.enrolled\",\"at\":\"{at}\",\"data\":{{}}}}")
    };
    check(
        &server,
        "POST",
        "/v1/events",
        &member("2199-01-01T00:00:00Z"),
        ("at_in_future", 422, "at"),
    )
    .await;
    let enrolled = server
        .post("/v1/events", member("2020-01-01T00:00:00Z"))
        .await;
    assert_eq!(enrolled.status.as_u16(), 200, "{}", enrolled.text());
    let old = order("o1", "M", "1.00").replace(AT, "2001-01-01T00:00:00Z");
    check(
        &server,
        "POST",
        "/v1/events",
        &old,
        ("older_than_memory", 422, "at"),
    )
    .await;
}

#[tokio::test]
async fn no_sum_leaves_its_range() {
    let server = Server::started().await;
    let lines: Vec<String> = (0..400)
        .map(|n| order(&format!("o{n}"), "A", "1000000000000"))
        .collect();
    let summary = server
        .post_lines("/v1/events", lines.join("\n"))
        .await
        .json();
    let accepted = summary["accepted"].as_u64().expect("a number");
    assert!(accepted > 100 && accepted < 400, "{accepted}");
    assert_eq!(summary["rejected"][0]["code"], "overflow", "{summary}");
    assert_eq!(summary["rejected_count"].as_u64(), Some(400 - accepted));
    let volumes = server.get("/v1/members/R/volumes").await;
    assert_eq!(
        volumes["places"][0]["group"]["cv"],
        format!("{accepted}000000000000.00")
    );
}

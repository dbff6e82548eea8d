//! What every answer goes through: ids in and out, strict headers, panics, compression.

use arborline::api::app::around;
use axum::Router;
use axum::routing::get;

use super::server::{Server, order};

#[tokio::test]
async fn a_request_id_comes_back_or_is_made() {
    let server = Server::started().await;
    let own = server
        .call("GET", "/v1/nothing")
        .header("x-request-id", "mine-1")
        .send()
        .await;
    assert_eq!(
        (
            own.header("x-request-id").as_str(),
            own.json()["request_id"].as_str()
        ),
        ("mine-1", Some("mine-1"))
    );
    for bad in ["with blank", &"x".repeat(65)] {
        let made = server
            .call("GET", "/healthz")
            .header("x-request-id", bad)
            .send()
            .await;
        assert!(!made.header("x-request-id").is_empty() && made.header("x-request-id") != bad);
    }
    let one = server
        .call("GET", "/healthz")
        .send()
        .await
        .header("x-request-id");
    assert_ne!(
        server
            .call("GET", "/healthz")
            .send()
            .await
            .header("x-request-id"),
        one
    );
}

#[tokio::test]
async fn every_answer_is_strict_and_no_figure_is_stored() {
    let server = Server::started().await;
    for path in [
        "/healthz",
        "/v1/members/A",
        "/v1/nothing",
        "/v1/members/A/downline",
        "/v1/changes",
    ] {
        let reply = server.call("GET", path).role("admin").send().await;
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        if path != "/healthz" {
            assert_eq!(reply.header("cache-control"), "no-store", "{path}");
        }
    }
}

#[tokio::test]
async fn a_panic_is_a_problem_without_the_inside() {
    let mut server = Server::empty();
    let router = Router::new().route("/x", get(|| async { panic_with("secret inside") }));
    server.router = around(router, &server.api);
    let reply = server.call("GET", "/x").send().await;
    assert_eq!(
        (reply.status.as_u16(), reply.code().as_str()),
        (500, "internal")
    );
    assert!(!reply.text().contains("secret"), "{}", reply.text());
    let metrics = server.api.metrics().panics.get();
    assert_eq!(metrics, 1);
}

#[expect(clippy::panic, reason = "the panic is what is tested")]
fn panic_with(words: &str) -> String {
    panic!("{words}")
}

#[tokio::test]
async fn answers_are_compressed_where_asked_for() {
    let server = Server::started().await;
    let lines: Vec<String> = (0..50)
        .map(|n| order(&format!("o{n}"), "A", "1.00"))
        .collect();
    server.post_lines("/v1/events", lines.join("\n")).await;
    for encoding in ["gzip", "zstd"] {
        let call = server
            .call("GET", "/v1/changes")
            .role("admin")
            .header("accept-encoding", encoding);
        assert_eq!(call.send().await.header("content-encoding"), encoding);
    }
    // A refusal keeps its body and its length, compressed or not.
    let refused = server
        .call("GET", "/v1/nothing")
        .header("accept-encoding", "gzip")
        .send()
        .await;
    assert_eq!(refused.status.as_u16(), 404);
    let plain = server.call("GET", "/v1/nothing").send().await;
    assert_eq!(plain.code(), "not_found");
}

#[tokio::test]
async fn requests_and_facts_are_counted() {
    let server = Server::started().await;
    let lines = [
        order("o1", "A", "1"),
        order("o1", "A", "1"),
        order("o2", "nobody", "1"),
        "x".to_owned(),
    ];
    server.post_lines("/v1/events", lines.join("\n")).await;
    let text = server.call("GET", "/metrics").send().await.text();
    for line in [
        "arborline_events_total{kind=\"order.accepted\",outcome=\"accepted\"} 1",
        "arborline_events_total{kind=\"order.accepted\",outcome=\"repeated\"} 1",
        "arborline_events_total{kind=\"order.accepted\",outcome=\"rejected\"} 1",
        "arborline_events_total{kind=\"unread\",outcome=\"rejected\"} 1",
        "arborline_request_seconds_count{method=\"POST\",route=\"/v1/events\",status=\"2xx\"} 1",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

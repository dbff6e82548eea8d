//! The network document changed over HTTP: told, pending, in force; told again, refused, only asked about.

use arborline::view::verify::check::verify;

use super::server::{NETWORK, Reply, Server, order};

async fn put(server: &Server, query: &str, key: &str, kind: &str, body: &str) -> Reply {
    let mut call = server
        .call("PUT", &format!("/v1/network{query}"))
        .role("admin")
        .header("content-type", kind);
    if !key.is_empty() {
        call = call.header("idempotency-key", key);
    }
    call.body(body.to_owned()).send().await
}

/// The running document with one kind and one tree more.
fn wider() -> String {
    let kinds = NETWORK.replace("[\"pv\", \"cv\"]", "[\"pv\", \"cv\", \"qv\"]");
    assert_ne!(kinds, NETWORK);
    format!("{kinds}[[trees]]\nname = \"unilevel\"\n")
}

/// An order after the next month has begun.
fn later(id: &str, volumes: &str) -> String {
    format!(
        "{{\"id\":\"{id}\",\"type\":\"order.accepted\",\"at\":\"2026-02-03T00:00:00Z\",\
         \"data\":{{\"member\":\"A\",\"volumes\":{volumes}}}}}"
    )
}

#[tokio::test]
async fn a_change_is_pending_and_then_in_force() {
    let server = Server::started().await;
    let before = server.get("/v1/network").await;
    assert!(before["pending"].is_null());
    let told = put(&server, "", "c1", "application/toml", &wider()).await;
    assert_eq!(told.status.as_u16(), 200, "{}", told.text());
    let pending = &told.json()["pending"];
    assert_eq!(pending["takes_effect"], "2026-02-01T00:00:00Z");
    assert_eq!(
        (&pending["period_type"], &pending["period"]),
        (&"month".into(), &"2026-02".into())
    );
    let network = server.get("/v1/network").await;
    assert_eq!(network["kinds"], serde_json::json!(["pv", "cv"]));
    assert_eq!(
        network["pending"]["rules"]["kinds"],
        serde_json::json!(["pv", "cv", "qv"])
    );
    assert_eq!(&network["pending"], pending);
    assert_eq!(network["document"], before["document"]);

    // Once only: the same again, and another document under the same id.
    let again = put(&server, "", "c1", "application/toml", &wider()).await;
    assert_eq!((again.status.as_u16(), again.text()), (200, told.text()));
    assert_eq!(again.header("idempotent-replayed"), "true");
    let other = put(&server, "", "c1", "application/toml", NETWORK).await;
    assert_eq!(
        (other.code().as_str(), &other.json()["field"]),
        ("id_reused", &"document".into())
    );

    server.post("/v1/events", order("o1", "A", "5.00")).await;
    let early = server
        .post("/v1/events", later("o2", "{\"qv\":\"1\"}"))
        .await;
    assert_ne!(early.status.as_u16(), 200, "{}", early.text());
    server
        .post("/v1/events", later("o3", "{\"cv\":\"2\"}"))
        .await;
    let network = server.get("/v1/network").await;
    assert_eq!(network["kinds"], serde_json::json!(["pv", "cv", "qv"]));
    assert!(network["pending"].is_null());
    assert_eq!(network["document"], pending["document"]);
    let taken = server
        .post("/v1/events", later("o4", "{\"qv\":\"7\"}"))
        .await;
    assert_eq!(taken.status.as_u16(), 200, "{}", taken.text());

    check_books(&server).await;
    let again = put(&server, "", "c1", "application/toml", &wider()).await;
    assert_eq!(
        again.header("idempotent-replayed"),
        "true",
        "{}",
        again.text()
    );
    let changes = server.changes(0).await;
    let count = changes
        .iter()
        .filter(|event| event["type"] == "network.changed");
    assert_eq!(count.count(), 2);
    let report = server.api.handle().read(verify);
    assert!(report.is_clean(), "{:?}", report.differences);
}

/// What is read of the running month and of January after the change took effect.
async fn check_books(server: &Server) {
    let volumes = server.get("/v1/members/A/volumes?tree=unilevel").await;
    assert_eq!(volumes["own"]["qv"], "7.00");
    assert_eq!(volumes["places"][0]["group"]["cv"], "2.00");
    // The book of January knows neither the kind nor the tree.
    let closed = server.get("/v1/members/A/volumes?period=2026-01").await;
    assert_eq!(
        (&closed["own"]["cv"], &closed["own"]["qv"]),
        (&"5.00".into(), &"0.00".into())
    );
    let places = closed["places"].as_array().expect("a list");
    let unilevel = places.iter().find(|place| place["tree"] == "unilevel");
    assert_eq!(unilevel.expect("his place")["group"]["cv"], "0.00");
    let company = server
        .get("/v1/company?period_type=month&period=2026-01")
        .await;
    assert_eq!(company["totals"][0]["volumes"]["cv"], "5.00");
}

#[tokio::test]
async fn a_dry_run_tells_and_changes_nothing() {
    let server = Server::started().await;
    let before = server.api.handle().read(|state| state.full_digest());
    let json = "{\"clock\":\"events\",\"volume_kinds\":[\"pv\",\"cv\",\"qv\"],\"trees\":[{\"name\":\"binary\",\"centres\":3}]}";
    let told = put(
        &server,
        "?dry_run=true&begins=month",
        "",
        "application/json",
        json,
    )
    .await;
    assert_eq!(told.status.as_u16(), 200, "{}", told.text());
    let told = told.json();
    assert!(told["seq"].is_null() && told["id"].is_null());
    assert_eq!(told["pending"]["takes_effect"], "2026-02-01T00:00:00Z");
    assert_eq!(
        server.api.handle().read(|state| state.full_digest()),
        before
    );
    let keyless = put(&server, "", "", "application/json", json).await;
    assert_eq!(keyless.code(), "missing_field");
    assert_eq!(
        server.api.handle().read(|state| state.full_digest()),
        before
    );
}

#[tokio::test]
async fn a_document_that_cannot_be_taken_is_refused_by_name() {
    let server = Server::started().await;
    let before = server.api.handle().read(|state| state.as_of_seq);
    let lost = NETWORK.replace("[\"pv\", \"cv\"]", "[\"pv\"]");
    let reshaped = NETWORK.replace("shape = \"binary\"", "shape = \"unilevel\"");
    let reshaped = reshaped.replace(
        "placement = { policy = \"weaker_count\", inside = \"outer\" }\n",
        "",
    );
    let json = "{\"clock\":\"events\",\"volume_kinds\":[\"cv\",\"pv\"],\
        \"trees\":[{\"name\":\"binary\",\"centres\":3}]}";
    let toml = "application/toml";
    for (query, kind, body, code, field) in [
        ("", toml, lost.as_str(), "bad_document", "volume_kinds"),
        (
            "",
            toml,
            reshaped.as_str(),
            "bad_document",
            "trees[0].shape",
        ),
        ("", toml, "volume_kinds = 7", "bad_document", "volume_kinds"),
        ("", toml, "= = =", "bad_document", ""),
        (
            "",
            "application/json",
            json,
            "bad_document",
            "volume_kinds[0]",
        ),
        ("", "application/json", "[]", "wrong_type", ""),
        (
            "",
            "text/plain",
            NETWORK,
            "wrong_content_type",
            "Content-Type",
        ),
        ("?begins=moon", toml, NETWORK, "unknown_name", "period"),
        ("?soon=true", toml, NETWORK, "unknown_parameter", "soon"),
    ] {
        let reply = put(&server, query, "c1", kind, body).await;
        let problem = reply.json();
        assert_eq!(problem["code"], code, "{body}: {problem}");
        assert_eq!(
            problem["field"].as_str().unwrap_or(""),
            field,
            "{body}: {problem}"
        );
        if code == "bad_document" {
            let first = &problem["mistakes"][0];
            assert_eq!(first["line"].is_u64(), kind == toml, "{problem}");
            assert_eq!(first["given"], problem["given"]);
            assert_eq!(first["allowed"], problem["allowed"][0]);
        }
    }
    assert_eq!(server.api.handle().read(|state| state.as_of_seq), before);
}

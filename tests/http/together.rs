//! Facts told together: one request, all or none, each under its own id.

use serde_json::{Value, json};

use super::server::{AT, Reply, Server, each, order};

async fn together(server: &Server, facts: &[Value]) -> Reply {
    let body = Value::from(facts.to_vec()).to_string();
    server.post("/v1/events?atomic=true", body).await
}

fn fact(id: &str, kind: &str, data: Value) -> Value {
    json!({ "id": id, "type": kind, "at": AT, "data": data })
}

fn status(id: &str, member: &str, status: &str) -> Value {
    fact(
        id,
        "member.status_changed",
        json!({ "member": member, "status": status }),
    )
}

#[tokio::test]
async fn every_id_of_a_request_happens_once() {
    let server = Server::started().await;
    // A fact under the id of a member and of an order: three spaces, and no fourth for the request itself.
    let first = together(
        &server,
        &[
            status("x", "A1", "suspended"),
            fact("x", "member.enrolled", json!({ "enroller": "A" })),
            serde_json::from_str(&order("x", "A", "1.00")).expect("an event"),
        ],
    )
    .await;
    assert_eq!(first.status.as_u16(), 200, "{}", first.text());
    for (facts, expected) in [
        (
            vec![status("y", "A1", "open"), status("x", "A2", "suspended")],
            (409, "id_reused", "id"),
        ),
        (vec![status("x", "A1", "open")], (409, "id_reused", "id")),
        (
            vec![status("z", "A1", "open"), status("z", "A1", "open")],
            (422, "atomic_refused", "id"),
        ),
        (
            vec![status("z", "A1", "open"), status("z", "A2", "suspended")],
            (422, "atomic_refused", "id"),
        ),
    ] {
        let refused = together(&server, &facts).await;
        let field = refused.json()["field"].as_str().map(str::to_owned);
        assert_eq!(
            (
                refused.status.as_u16(),
                refused.code().as_str(),
                field.as_deref()
            ),
            (expected.0, expected.1, Some(expected.2)),
            "{facts:?}: {}",
            refused.text()
        );
        let profile = server.get("/v1/members/A1").await;
        assert_eq!(profile["status"], "suspended", "{facts:?}");
    }
    // An order under the id of an earlier fact may come first in a request.
    let free = together(
        &server,
        &[serde_json::from_str(&order("admin", "A", "2.00")).expect("an event")],
    )
    .await;
    assert_eq!(free.status.as_u16(), 200, "{}", free.text());
}

#[tokio::test]
async fn receipts_tell_the_places_of_each_fact_now_and_when_asked_again() {
    let server = Server::started().await;
    let enrol = |id: &str| fact(id, "member.enrolled", json!({ "enroller": "A" }));
    let promote = |id: &str| {
        let data = json!({ "member": "C", "kind": "distributor" });
        fact(id, "member.updated", data)
    };
    let facts = [
        serde_json::from_str(&order("o1", "A", "1.00")).expect("an event"),
        enrol("N1"),
        promote("u1"),
        enrol("N2"),
    ];
    let told = together(&server, &facts).await;
    let placed = told.json()["placed"].clone();
    let seen = each(&placed, |part| {
        json!([part["line"], part["id"], part["places"][0]["tree"]])
    });
    assert_eq!(
        seen,
        [(2, "N1"), (3, "u1"), (4, "N2")].map(|(line, id)| json!([line, id, "binary"])),
        "{placed}"
    );
    let parent = |at: usize| placed[at]["places"][0]["parent"].clone();
    assert!(
        parent(0) != parent(2) || placed[0]["places"][0]["leg"] != placed[2]["places"][0]["leg"]
    );
    let again = together(&server, &facts).await;
    assert_eq!(again.json()["placed"], placed);
    assert_eq!(again.header("idempotent-replayed"), "true");
    // One of them told alone gets its own places, and the feed says the same.
    for (at, fact) in [(0, enrol("N1")), (1, promote("u1")), (2, enrol("N2"))] {
        let alone = server.post("/v1/events", fact.to_string()).await;
        assert_eq!(
            alone.json()["places"],
            placed[at]["places"],
            "{}",
            alone.text()
        );
    }
    let changes = server.changes(0).await;
    for (at, id) in [(0, "N1"), (1, "u1"), (2, "N2")] {
        let event = changes.iter().find(|event| event["id"] == id);
        assert_eq!(event.expect("told")["places"], placed[at]["places"], "{id}");
    }
}

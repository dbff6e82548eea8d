//! Plan sets over HTTP: drafted, checked, activated, listed; told again, refused, kept across a restart.

use serde_json::{Value, json};

use super::server::{Reply, Server, order};

/// A plan document that holds in the network of these tests; `rate` makes another one of it.
pub(crate) fn document(rate: &str) -> String {
    format!(
        "name = \"Sample\"\ncurrency = \"USD\"\n[[plans]]\nname = \"main\"\n[[plans.components]]\n\
         name = \"level-pay\"\nkind = \"unilevel\"\ntree = \"enroller\"\nvolume = \"cv\"\nrates = [\"{rate}\"]\n"
    )
}

async fn put(server: &Server, set: &str, key: &str, kind: &str, body: &str) -> Reply {
    let mut call = server
        .call("PUT", &format!("/v1/plans/{set}"))
        .role("admin")
        .header("content-type", kind);
    if !key.is_empty() {
        call = call.header("idempotency-key", key);
    }
    call.body(body.to_owned()).send().await
}

/// Drafts a document, which must be taken: its version.
async fn draft(server: &Server, set: &str, rate: &str) -> u64 {
    let reply = put(server, set, "", "application/toml", &document(rate)).await;
    assert_eq!(reply.status.as_u16(), 200, "{}", reply.text());
    reply.json()["version"].as_u64().expect("a number")
}

async fn activate(server: &Server, set: &str, key: &str, body: &str) -> Reply {
    let call = server
        .call("POST", &format!("/v1/plans/{set}/activate"))
        .role("admin")
        .header("content-type", "application/json")
        .header("idempotency-key", key);
    call.body(body.to_owned()).send().await
}

/// What counts for the running month and the next, as `set.version`.
async fn counts(server: &Server) -> (String, String) {
    let plans = server.get("/v1/plans").await;
    let month = &plans["in_force"][0];
    assert_eq!(month["period_type"], "month");
    let named = |one: &Value| match one["set"].as_str() {
        Some(set) => format!("{set}.{}", one["version"]),
        None => String::new(),
    };
    (named(&month["now"]), named(&month["next"]))
}

fn pair(now: &str, next: &str) -> (String, String) {
    (now.to_owned(), next.to_owned())
}

/// A member order that lets the month of an instant begin.
async fn pass_to(server: &Server, at: &str) {
    let event = order(at, "A", "1.00").replace("2026-01-15T12:00:00Z", at);
    let reply = server.post("/v1/events", event).await;
    assert_eq!(reply.status.as_u16(), 200, "{}", reply.text());
}

fn seq(server: &Server) -> u64 {
    server.api.handle().read(|state| state.as_of_seq)
}

#[tokio::test]
async fn a_draft_counts_once_it_is_activated() {
    let server = Server::started().await;
    assert_eq!(server.get("/v1/plans").await["sets"], json!([]));
    assert_eq!(draft(&server, "main", "0.05").await, 1);
    assert_eq!(draft(&server, "main", "0.06").await, 2);
    assert_eq!(draft(&server, "second", "0.07").await, 1);
    assert_eq!(counts(&server).await, pair("", ""));

    let first = activate(&server, "main", "a1", "{\"version\":1}").await;
    assert_eq!(first.status.as_u16(), 200, "{}", first.text());
    assert_eq!(
        first.json(),
        json!({ "seq": seq(&server), "id": "a1", "set": "main", "version": 1 })
    );
    // The first one counts at once, the next from the next month on, however many follow it.
    assert_eq!(counts(&server).await, pair("main.1", ""));
    activate(&server, "second", "a2", "").await;
    assert_eq!(counts(&server).await, pair("main.1", "second.1"));
    let last = activate(&server, "main", "a3", "{}").await;
    assert_eq!(last.json()["version"], 2, "{}", last.text());
    assert_eq!(counts(&server).await, pair("main.1", "main.2"));
    let plans = server.get("/v1/plans").await;
    let next = &plans["in_force"][0]["next"];
    assert_eq!(next["from"], "2026-02-01T00:00:00Z");
    pass_to(&server, "2026-02-01T00:00:00Z").await;
    assert_eq!(counts(&server).await, pair("main.2", ""));

    let main = &server.get("/v1/plans").await["sets"][0];
    assert_eq!(
        (&main["set"], &main["versions"][1]["version"]),
        (&"main".into(), &2.into())
    );
    assert!(main["versions"][0]["activated"].is_string(), "{main}");
    let told: Vec<Value> = server.changes(0).await;
    let kinds = |kind: &str| told.iter().filter(|event| event["type"] == kind).count();
    assert_eq!((kinds("plan.drafted"), kinds("plan.activated")), (3, 3));
    let drafted = told.iter().find(|event| event["type"] == "plan.drafted");
    let data = &drafted.expect("one")["data"];
    let hash = blake3::hash(document("0.05").as_bytes()).to_hex();
    let expected = json!({
        "set": "main", "document": hash.as_str(),
        "refunds_after_close": "reverse_lines", "reversed": ["month"],
    });
    assert_eq!(*data, expected);
}

#[tokio::test]
async fn a_version_is_shown_with_its_document() {
    let server = Server::started().await;
    draft(&server, "main", "0.05").await;
    let as_json = json!({
        "name": "Sample", "currency": "USD",
        "plans": [{ "name": "main", "components": [{
            "name": "level-pay", "kind": "unilevel", "tree": "enroller", "volume": "cv", "rates": ["0.06"],
        }] }],
    });
    let reply = put(
        &server,
        "main",
        "",
        "application/json",
        &as_json.to_string(),
    )
    .await;
    assert_eq!(reply.json()["version"], 2, "{}", reply.text());
    let first = server.get("/v1/plans/main?version=1").await;
    assert_eq!(first["text"], document("0.05"));
    assert_eq!(
        (&first["set"], &first["version"]),
        (&"main".into(), &1.into())
    );
    assert_eq!(first["as_of_seq"], seq(&server));
    let latest = server.get("/v1/plans/main").await;
    assert_eq!(
        (&latest["version"], &latest["activated"]),
        (&2.into(), &Value::Null)
    );
    let text = latest["text"].as_str().expect("a text");
    let hash = blake3::hash(text.as_bytes()).to_hex();
    assert_eq!(latest["document"], hash.as_str());
    assert_eq!(latest["document"], reply.json()["document"]);
    for (path, code, field) in [
        ("/v1/plans/other", "unknown_plan", "set"),
        ("/v1/plans/main?version=0", "unknown_version", "version"),
        ("/v1/plans/main?version=3", "unknown_version", "version"),
        ("/v1/plans/main?version=x", "bad_value", "version"),
        ("/v1/plans/main?draft=1", "unknown_parameter", "draft"),
    ] {
        let reply = server.call("GET", path).role("finance").send().await;
        assert_eq!(
            (reply.code().as_str(), &reply.json()["field"]),
            (code, &field.into()),
            "{path}: {}",
            reply.text()
        );
    }
}

#[tokio::test]
async fn the_same_document_again_is_the_same_version() {
    let server = Server::started().await;
    let toml = "application/toml";
    let (one, other) = (document("0.05"), document("0.06"));
    let first = put(&server, "main", "k1", toml, &one).await;
    assert_eq!(first.status.as_u16(), 200, "{}", first.text());
    let before = seq(&server);
    for key in ["", "k1", "k2"] {
        let again = put(&server, "main", key, toml, &one).await;
        assert_eq!(again.text(), first.text());
        assert_eq!(again.header("idempotent-replayed"), "true");
    }
    let logged = seq(&server) - before;
    assert_eq!(logged, 1, "only a known id is for the engine to judge");
    // Another one takes its place, and can give way to the first again; what a key told stays what it told.
    assert_eq!(
        put(&server, "main", "", toml, &other).await.json()["version"],
        2
    );
    let again = put(&server, "main", "k1", toml, &one).await;
    assert_eq!((again.text(), again.status.as_u16()), (first.text(), 200));
    assert_eq!(
        put(&server, "main", "", toml, &one).await.json()["version"],
        3
    );
    for (set, body, field) in [("main", &other, "document"), ("second", &one, "set")] {
        let reused = put(&server, set, "k1", toml, body).await;
        assert_eq!(
            (reused.code().as_str(), &reused.json()["field"]),
            ("id_reused", &field.into()),
            "{}",
            reused.text()
        );
    }
    let versions = server.get("/v1/plans").await["sets"][0]["versions"].clone();
    assert_eq!(versions.as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn an_activation_happens_once_only() {
    let server = Server::started().await;
    draft(&server, "main", "0.05").await;
    let first = activate(&server, "main", "a1", "").await;
    draft(&server, "main", "0.06").await;
    // Without a number the same id means what it meant.
    let again = activate(&server, "main", "a1", "{}").await;
    assert_eq!(again.text(), first.text());
    assert_eq!(again.header("idempotent-replayed"), "true");
    let other = activate(&server, "main", "a1", "{\"version\":2}").await;
    assert_eq!(
        (other.code().as_str(), &other.json()["field"]),
        ("id_reused", &"version".into())
    );
    let keyless = server.post("/v1/plans/main/activate", "{}").await;
    assert_eq!(keyless.code(), "missing_field");
    let by_body = server
        .post("/v1/plans/main/activate", "{\"id\":\"a2\"}")
        .await;
    assert_eq!(by_body.json()["version"], 2, "{}", by_body.text());
    let activations = server
        .api
        .handle()
        .read(|state| state.plans.activations().len());
    assert_eq!(activations, 2);
}

#[tokio::test]
async fn activations_that_cannot_be_are_refused_by_name() {
    let server = Server::started().await;
    draft(&server, "main", "0.05").await;
    for (set, body, (code, status, field)) in [
        ("other", "{}", ("unknown_plan", 404, "set")),
        (
            "main",
            "{\"version\":2}",
            ("unknown_version", 422, "version"),
        ),
        ("main", "{\"version\":0}", ("out_of_range", 400, "version")),
        (
            "main",
            "{\"version\":\"1\"}",
            ("wrong_type", 400, "version"),
        ),
        ("main", "{\"from\":\"now\"}", ("unknown_field", 400, "from")),
        ("main", "[]", ("wrong_type", 400, "")),
        ("%20", "{}", ("bad_id", 400, "set")),
    ] {
        let reply = activate(&server, set, "a1", body).await;
        let problem = reply.json();
        assert_eq!(
            (
                reply.code().as_str(),
                reply.status.as_u16(),
                problem["field"].as_str().unwrap_or("")
            ),
            (code, status, field),
            "{set} {body}: {problem}"
        );
    }
    // None of them used up the id.
    let taken = activate(&server, "main", "a1", "{}").await;
    assert_eq!(taken.status.as_u16(), 200, "{}", taken.text());
}

#[tokio::test]
async fn events_activate_and_do_not_draft() {
    let server = Server::started().await;
    draft(&server, "main", "0.05").await;
    let event = |kind: &str, data: Value| {
        json!({ "id": "e1", "type": kind, "at": super::server::AT, "data": data }).to_string()
    };
    let data = json!({ "set": "main", "document": "00".repeat(32) });
    let reply = server.post("/v1/events", event("plan.drafted", data)).await;
    assert_eq!(
        (reply.code().as_str(), &reply.json()["field"]),
        ("bad_value", &"type".into())
    );
    for (data, code, field) in [
        (json!({ "set": "main" }), "missing_field", "data.version"),
        (json!({ "version": 1 }), "missing_field", "data.set"),
        (
            json!({ "set": "main", "version": 7 }),
            "unknown_version",
            "data.version",
        ),
        (
            json!({ "set": "m", "version": 1 }),
            "unknown_plan",
            "data.set",
        ),
    ] {
        let reply = server
            .post("/v1/events", event("plan.activated", data))
            .await;
        let problem = reply.json();
        assert_eq!(
            (reply.code().as_str(), &problem["field"]),
            (code, &field.into()),
            "{problem}"
        );
    }
    let data = json!({ "set": "main", "version": 1 });
    let reply = server
        .post("/v1/events", event("plan.activated", data))
        .await;
    assert_eq!(reply.status.as_u16(), 200, "{}", reply.text());
    assert_eq!(counts(&server).await, pair("main.1", ""));
}

#[tokio::test]
async fn a_document_is_checked_before_it_is_taken() {
    let server = Server::started().await;
    let before = server.api.handle().read(|state| state.full_digest());
    let toml = "application/toml";
    let wrong = document("0.05").replace("\"cv\"", "\"points\"");
    for (kind, body, code) in [
        (toml, wrong.as_str(), "bad_document"),
        (toml, "= = =", "bad_document"),
        (toml, "", "bad_document"),
        ("application/json", "{\"name\":\"x\"}", "bad_document"),
        ("application/json", "[]", "wrong_type"),
        ("application/json", "{", "bad_json"),
        ("text/plain", "x", "wrong_content_type"),
    ] {
        let drafted = put(&server, "main", "", kind, body).await;
        let call = server.call("POST", "/v1/plans/validate").role("support");
        let call = call.header("content-type", kind);
        let checked = call.body(body.to_owned()).send().await;
        for reply in [drafted, checked] {
            assert_eq!(reply.code(), code, "{body}: {}", reply.text());
            if code == "bad_document" {
                let first = reply.json()["mistakes"][0].clone();
                assert_eq!(first["line"].is_u64(), kind == toml, "{first}");
            }
        }
    }
    let named = put(&server, "main", "", toml, &wrong).await;
    assert!(named.text().contains("points"), "{}", named.text());
    let bad_id = put(&server, "a%0Ab", "", toml, &document("0.05")).await;
    assert_eq!(bad_id.code(), "bad_id");
    let long = format!("{}# {}", document("0.05"), "x".repeat(1 << 20));
    assert_eq!(
        put(&server, "main", "", toml, &long).await.code(),
        "body_too_large"
    );

    let call = server.call("POST", "/v1/plans/validate").role("read_only");
    let right = call
        .header("content-type", toml)
        .body(document("0.05"))
        .send()
        .await;
    assert_eq!(right.status.as_u16(), 200, "{}", right.text());
    let summary = right.json();
    assert_eq!(
        (&summary["name"], &summary["currency"]),
        (&"Sample".into(), &"USD".into())
    );
    assert_eq!(
        summary["components"],
        json!([{ "name": "level-pay", "plan": "main", "kind": "unilevel", "period_type": "month" }])
    );
    let after = server.api.handle().read(|state| state.full_digest());
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_restart_keeps_sets_and_what_counts() {
    let mut server = Server::started().await;
    draft(&server, "main", "0.05").await;
    draft(&server, "main", "0.06").await;
    activate(&server, "main", "a1", "{\"version\":1}").await;
    let told = activate(&server, "main", "a2", "").await;
    let before = server.get("/v1/plans").await;
    let digest = server.api.handle().read(|state| state.full_digest());
    server.restart();
    assert_eq!(
        server.api.handle().read(|state| state.full_digest()),
        digest
    );
    assert_eq!(server.get("/v1/plans").await, before);
    let shown = server.get("/v1/plans/main").await;
    assert_eq!(shown["text"], document("0.06"));
    let again = activate(&server, "main", "a2", "").await;
    assert_eq!((again.text(), again.status.as_u16()), (told.text(), 200));
    let set = server.api.handle().read(|state| {
        let version = state.plans.get("main", 2).expect("drafted").clone();
        let rules = state.rules_at(version.seq).expect("a network").clone();
        (version, rules)
    });
    let compiled = [(); 2].map(|()| {
        let handle = server.api.handle();
        handle
            .plan_set(&set.0, &set.1)
            .expect("a document that holds")
    });
    assert_eq!(compiled[0].name, "Sample");
    assert!(
        std::sync::Arc::ptr_eq(&compiled[0], &compiled[1]),
        "compiled once"
    );
}

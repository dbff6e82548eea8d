//! What the API says of itself: OpenAPI held by a golden file, README's table, shapes against the tables that read.

use std::path::Path;

use arborline::api::openapi;
use arborline::api::parse::event::EVENTS;
use arborline::api::problem::CODES;
use arborline::api::table::markdown;
use serde_json::Value;

use super::server::Server;
use crate::tidy::readme::check_table;

#[test]
fn the_description_is_the_golden_file() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/openapi.json");
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        std::fs::write(&path, openapi::text()).expect("the golden file is writable");
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        golden == openapi::text(),
        "tests/openapi.json has fallen behind the code; look at the difference after a run with UPDATE=1"
    );
}

#[test]
fn every_reference_of_the_description_leads_somewhere() {
    let description = openapi::description();
    let mut open = vec![&description];
    let mut references = 0;
    while let Some(value) = open.pop() {
        match value {
            Value::Object(fields) => {
                if let Some(Value::String(reference)) = fields.get("$ref") {
                    references += 1;
                    let pointer = reference.trim_start_matches('#');
                    assert!(
                        description.pointer(pointer).is_some(),
                        "{reference} leads nowhere"
                    );
                }
                open.extend(fields.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    assert!(references > 40, "only {references} references");
    assert_eq!(description["openapi"], "3.1.0");
}

#[test]
fn readme_lists_every_endpoint() {
    check_table("routes", &markdown());
}

#[test]
fn shapes_have_the_fields_that_are_read() {
    let description = openapi::description();
    for (event, shape, path) in [
        ("member.enrolled", "MemberBody", &[][..]),
        ("member.updated", "MemberPatch", &["member"]),
        ("member.status_changed", "StatusBody", &["member"]),
        ("tree.placed", "PlacementBody", &["tree"]),
        ("tree.moved", "MoveBody", &["tree"]),
        ("order.accepted", "OrderBody", &[]),
        ("order.refunded", "RefundBody", &["order"]),
        ("volume.adjusted", "AdjustmentBody", &[]),
        ("period.closed", "KeyOnlyBody", &["period_type", "period"]),
        ("plan.activated", "ActivationBody", &["set"]),
        ("qualification.overridden", "OverrideBody", &[]),
        ("token.created", "TokenBody", &["hash"]),
        ("token.revoked", "KeyOnlyBody", &["token"]),
    ] {
        let kind = EVENTS.iter().find(|kind| kind.name == event).expect(event);
        let schema = &description["components"]["schemas"][shape]["properties"];
        let mut shown: Vec<&str> = schema
            .as_object()
            .expect(shape)
            .keys()
            .map(String::as_str)
            .collect();
        let mut read: Vec<&str> = kind
            .fields
            .iter()
            .copied()
            .filter(|field| !path.contains(field))
            .collect();
        read.extend(["id", "at"]);
        shown.sort_unstable();
        read.sort_unstable();
        assert_eq!(shown, read, "{event} and {shape}");
    }
    assert_eq!(EVENTS.len(), 13, "every type of event has a shape above");
}

#[tokio::test]
async fn description_pages_and_codes_are_served_to_anybody() {
    let server = Server::empty();
    let description = server.call("GET", "/openapi.json").send().await;
    assert_eq!(description.text(), openapi::text());
    let page = server.call("GET", "/docs/").send().await;
    assert_eq!(page.status.as_u16(), 200);
    assert!(page.text().contains("swagger-ui"), "{}", page.text());
    let script = server
        .call("GET", "/docs/swagger-initializer.js")
        .send()
        .await;
    assert!(script.text().contains("/openapi.json"), "{}", script.text());
    assert!(
        !page.text().contains("http://") && !page.text().contains("https://"),
        "the page asks another host"
    );
    for code in CODES {
        let reply = server
            .call("GET", &format!("/problems/{}", code.name()))
            .send()
            .await;
        assert_eq!(reply.json()["status"], code.status(), "{}", code.name());
    }
    let version = server.call("GET", "/version").send().await.json();
    assert_eq!(version["name"], "arborline");
    let metrics = server.call("GET", "/metrics").send().await;
    for name in [
        "arborline_request_seconds_bucket",
        "arborline_as_of_seq",
        "arborline_panics",
        "# EOF",
    ] {
        assert!(metrics.text().contains(name), "{name}: {}", metrics.text());
    }
}

//! The right to enrol: what a refused enroller is told, alone, among lines and among facts that happen together.

use serde_json::{Value, json};

use super::server::{AT, NETWORK, Server};

/// A network in which customers come first.
fn network() -> String {
    format!(
        "{NETWORK}[enrolment]\ncustomers = {{ kind = \"pv\", at_least = \"200\", period = \"month\" }}\n"
    )
}

fn member(id: &str, enroller: Option<&str>, kind: &str) -> Value {
    let mut body = json!({ "id": id, "at": AT, "kind": kind });
    if let Some(enroller) = enroller {
        body["enroller"] = json!(enroller);
    }
    body
}

fn order(id: &str, buyer: &str, pv: &str) -> Value {
    json!({ "id": id, "at": AT, "member": buyer, "volumes": { "pv": pv } })
}

/// A root with one customer, who has bought some.
async fn begun() -> Server {
    let server = Server::with(&network());
    server.token("admin").await;
    for body in [
        member("A", None, "distributor"),
        member("C", Some("A"), "customer"),
    ] {
        let told = server.post("/v1/members", body.to_string()).await;
        assert_eq!(told.status.as_u16(), 200, "{}", told.text());
    }
    let sold = server
        .post("/v1/orders", order("o1", "C", "150").to_string())
        .await;
    assert_eq!(sold.status.as_u16(), 200, "{}", sold.text());
    server
}

#[tokio::test]
async fn who_is_not_ready_is_told_what_is_missing() {
    let server = begun().await;
    let shown = &server.get("/v1/network").await["enrolment"];
    assert_eq!(
        shown,
        &json!({ "kind": "pv", "at_least": "200.00", "period_type": "month", "newcomers": "distributors" })
    );
    let body = member("B", Some("A"), "distributor").to_string();
    let refused = server.post("/v1/members", body.clone()).await;
    let told = refused.json();
    assert_eq!(
        (refused.status.as_u16(), refused.code().as_str()),
        (422, "customers_wanted")
    );
    assert_eq!(
        (&told["field"], &told["required"], &told["actual"]),
        (&json!("enroller"), &json!("200.00"), &json!("150.00"))
    );
    // What becomes of a customer is an enrolment too.
    let change = json!({ "id": "u1", "at": AT, "kind": "distributor" }).to_string();
    let rises = server.call("PATCH", "/v1/members/C").role("admin");
    let rises = rises
        .header("content-type", "application/json")
        .body(change)
        .send()
        .await;
    assert_eq!(rises.code(), "customers_wanted", "{}", rises.text());

    server
        .post("/v1/orders", order("o2", "C", "50").to_string())
        .await;
    let taken = server.post("/v1/members", body).await;
    assert_eq!(taken.status.as_u16(), 200, "{}", taken.text());
}

#[tokio::test]
async fn lines_and_facts_together_are_told_the_same() {
    let server = begun().await;
    let event = |id: &str| json!({ "id": id, "type": "member.enrolled", "at": AT, "data": { "enroller": "A", "kind": "distributor" } });
    let lines = format!("{}\n{}\n", event("B1"), event("B2"));
    let answer = server.post_lines("/v1/events?results=all", lines).await;
    for line in answer.lines().iter().take(2) {
        assert!(line.to_string().contains("customers_wanted"), "{line}");
        assert!(line.to_string().contains("\"actual\":\"150.00\""), "{line}");
    }
    let sold = json!({ "id": "o2", "type": "order.accepted", "at": AT, "data": { "member": "C", "volumes": { "pv": "50" } } });
    let early = json!([event("B1"), sold]).to_string();
    let refused = server.post("/v1/events?atomic=true", early).await;
    let told = refused.json();
    assert_eq!(refused.code(), "atomic_refused", "{told}");
    let detail = told["detail"].as_str().expect("a sentence");
    assert!(
        detail.starts_with("Fact 1: The enroller's customers"),
        "{detail}"
    );
    let late = json!([sold, event("B1")]).to_string();
    let taken = server.post("/v1/events?atomic=true", late).await;
    assert_eq!(taken.status.as_u16(), 200, "{}", taken.text());
}

/// A restart reads the decisions that the log holds beside the commands, and comes to the same.
#[tokio::test]
async fn a_restart_comes_to_the_same() {
    let mut server = begun().await;
    let body = member("B", Some("A"), "distributor").to_string();
    let before = server.post("/v1/members", body.clone()).await.json();
    server.restart();
    let after = server.post("/v1/members", body).await.json();
    assert_eq!(before["actual"], json!("150.00"));
    assert_eq!(before["actual"], after["actual"]);
    assert_eq!(after["code"], json!("customers_wanted"));
}

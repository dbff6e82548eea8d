//! A line opened down to its orders over HTTP: pages, filters, who was skipped, and what a member does not see.

use serde_json::{Value, json};

use super::server::{AT, NETWORK, PLAN, Server};

/// A server with another plan set than the usual one.
async fn planned(plan: &str) -> Server {
    let server = Server::planned_with(NETWORK).await;
    let drafted = server.call("PUT", "/v1/plans/other").role("admin");
    let drafted = drafted.header("content-type", "application/toml");
    let drafted = drafted.body(plan.to_owned()).send().await;
    assert!(drafted.status.is_success(), "{}", drafted.text());
    let activated = server
        .call("POST", "/v1/plans/other/activate")
        .role("admin");
    let activated = activated
        .header("idempotency-key", "activate-2")
        .send()
        .await;
    assert!(activated.status.is_success(), "{}", activated.text());
    // It counts from the next month on.
    server.told(json!({ "id": "o0", "type": "order.accepted", "at": LATER, "data": { "member": "R", "volumes": { "cv": "1" } } })
            .to_string(),
    )
    .await;
    server
}

const LATER: &str = "2026-02-02T00:00:00Z";

async fn sold_later(server: &Server, id: &str, member: &str, cv: &str) -> u64 {
    let body = json!({ "id": id, "type": "order.accepted", "at": LATER, "data": { "member": member, "volumes": { "cv": cv } } });
    server.told(body.to_string()).await
}

#[tokio::test]
async fn a_line_opens_down_to_its_orders() {
    let server = Server::planned().await;
    server.sold("o1", "A2", "100.00").await;
    server.sold("o2", "A1", "33.3333").await;
    let back = json!({ "id": "r1", "at": AT, "amount": null, "full": true });
    let mut back = back.as_object().expect("an object").clone();
    back.remove("amount");
    server.sold("o3", "A2", "7.00").await;
    server
        .accepted("/v1/orders/o3/refunds", Value::Object(back).to_string())
        .await;
    let seq = server.sold("o4", "C", "10.00").await;
    let path = format!("/v1/members/A/commissions/levels/orders?min_seq={seq}");
    let answer = server.get(&path).await;
    let rows = answer["rows"].as_array().expect("rows");
    let found: Vec<Value> = rows
        .iter()
        .map(|row| json!([row["order"], row["parts"]]))
        .collect();
    let part = |number: u64, volume: &str, rate: &str, product: &str| json!([{ "what": "level", "number": number, "volume": volume, "rate": rate, "product": product }]);
    // A customer's order is credited to whom he is below, and so comes in on the same level.
    assert_eq!(
        found,
        [
            json!(["o2", part(1, "33.3333", "0.1", "3.33333")]),
            json!(["o4", part(1, "10.00", "0.1", "1")]),
            json!(["o1", part(2, "100.00", "0.05", "5")]),
        ]
    );
    assert_eq!(
        (&answer["made_of"], &answer["next"]),
        (&json!("orders"), &Value::Null)
    );
    let one = server.get(&format!("{path}&part=level:2")).await;
    assert_eq!(one["rows"].as_array().map(Vec::len), Some(1));

    // Page by page.
    let (mut cursor, mut orders) = (String::new(), Vec::new());
    loop {
        let page = server.get(&format!("{path}&limit=1{cursor}")).await;
        orders.extend(
            page["rows"]
                .as_array()
                .expect("rows")
                .iter()
                .map(|row| row["order"].clone()),
        );
        let Some(next) = page["next"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(orders, [json!("o2"), json!("o4"), json!("o1")]);
}

/// Two legs, and a match of them.
const LEGS: &str = r#"
name = "Legs"
currency = "USD"
[[ladders]]
name = "ranks"
[[ladders.ranks]]
name = "silver"
group = "cv"
at_least = "1"
[[plans]]
name = "main"
ladder = "ranks"
[[plans.components]]
name = "team"
kind = "binary"
tree = "binary"
volume = "cv"
payee = "any"
rate = "0.10"
[[plans.components]]
name = "match"
kind = "matching"
payee = "any"
of = ["team"]
rates = ["0.333"]
[[plans.components]]
name = "below"
kind = "matching"
tree = "binary"
payee = "any"
compression = "none"
of = ["team"]
rates = ["0.10", "0.10", "0.10", "0.10"]
[[plans.components]]
name = "leaders"
kind = "pool"
payee = "any"
volume = "cv"
rate = "0.01"
shares = { silver = 1 }
"#;

#[tokio::test]
async fn legs_open_to_orders_and_a_match_to_who_earned() {
    let server = Server::planned_by(NETWORK, LEGS).await;
    // The first in A's other leg.
    let joins = json!({
        "id": "A3", "type": "member.enrolled", "at": AT, "data": { "kind": "distributor", "enroller": "A" },
    });
    server.enrol(&joins).await;
    // A second centre of his own, below the first.
    let placed = json!({
        "id": "p1", "type": "tree.placed", "at": AT, "data": { "tree": "binary", "member": "A", "centre": 2, "parent": "A2", "leg": "left" },
    });
    server.enrol(&placed).await;
    server.sold("o1", "A1", "10.00").await;
    server.sold("o2", "A2", "30.00").await;
    let seq = server.sold("o3", "A3", "25.05").await;
    let path = format!("/v1/members/A/commissions/team/orders?min_seq={seq}");
    let answer = server.get(&path).await;
    assert_eq!(answer["made_of"], "legs");
    let rows = answer["rows"].as_array().expect("rows").iter();
    let rows: Vec<Value> = rows
        .map(|row| json!([row["order"], row["centre"], row["parts"]]))
        .collect();
    let part = |leg: u64, volume: &str| json!([{ "what": "leg", "number": leg, "volume": volume, "rate": null, "product": null }]);
    assert_eq!(
        rows,
        [
            json!(["o1", 1, part(1, "10.00")]),
            json!(["o2", 1, part(1, "30.00")]),
            json!(["o3", 1, part(2, "25.05")]),
        ]
    );
    let explained = server.get("/v1/members/A/commissions/team/explain").await;
    let new = |leg: usize| explained["legs"][leg]["new"].clone();
    assert_eq!((new(0), new(1)), (json!("40.00"), json!("25.05")));
    let one = server.get(&format!("{path}&part=leg:2")).await;
    assert_eq!(one["rows"].as_array().map(Vec::len), Some(1));
    let answer = server
        .get("/v1/members/R/commissions/match/orders?min_seq=1")
        .await;
    assert_eq!(
        (&answer["made_of"], &answer["rows"]),
        (&json!("earnings"), &json!([]))
    );
    let matched = &answer["matched"];
    assert_eq!(matched.as_array().map(Vec::len), Some(1), "{answer}");
    assert_eq!(matched[0]["earner"], "A");
    assert_eq!(matched[0]["earnings"], "2.505");
    let product = "0.834165";
    assert_eq!(
        matched[0]["parts"],
        json!([{ "what": "level", "number": 1, "volume": null, "rate": "0.333", "product": product }])
    );
    // What he earns by both centres is matched once, where the first one stands.
    let answer = server
        .get("/v1/members/R/commissions/below/orders?min_seq=1")
        .await;
    let matched = answer["matched"].as_array().expect("rows").iter();
    let matched: Vec<Value> = matched
        .map(|row| json!([row["earner"], row["parts"][0]["number"]]))
        .collect();
    assert_eq!(matched, [json!(["A", 1])], "{answer}");
    let answer = server
        .get("/v1/members/A/commissions/leaders/orders?min_seq=1")
        .await;
    assert_eq!(answer["made_of"], "period");
}

#[tokio::test]
async fn what_is_asked_wrongly_is_told() {
    let server = Server::planned().await;
    server.sold("o1", "A2", "100.00").await;
    server.sold("o2", "A2", "100.00").await;
    for (path, code) in [
        (
            "/v1/members/nobody/commissions/levels/orders",
            "unknown_member",
        ),
        ("/v1/members/A/commissions/none/orders", "unknown_name"),
        (
            "/v1/members/A/commissions/levels/orders?part=row:2",
            "bad_value",
        ),
        (
            "/v1/members/A/commissions/levels/orders?part=level:x",
            "bad_value",
        ),
        (
            "/v1/members/A/commissions/levels/orders?limit=0",
            "bad_value",
        ),
        (
            "/v1/members/A/commissions/levels/orders?cursor=none",
            "bad_cursor",
        ),
    ] {
        let reply = server.call("GET", path).role("admin").send().await;
        assert_eq!(reply.code(), code, "{path}: {}", reply.text());
    }
    // A cursor is good for its own question only.
    let page = server
        .get("/v1/members/A/commissions/levels/orders?limit=1")
        .await;
    let next = page["next"].as_str().expect("a cursor");
    let other = format!("/v1/members/R/commissions/levels/orders?limit=1&cursor={next}");
    let reply = server.call("GET", &other).role("admin").send().await;
    assert_eq!(reply.code(), "bad_cursor");
}

#[tokio::test]
async fn who_is_skipped_is_named_with_the_reason() {
    let plan = PLAN.replace("compression = \"none\"", "compression = \"skip_inactive\"");
    let server = planned(&plan).await;
    let seq = sold_later(&server, "o1", "A2", "100.00").await;
    let path = format!("/v1/members/A/commissions/levels/orders?min_seq={seq}");
    let answer = server.get(&path).await;
    let row = &answer["rows"][0];
    assert_eq!(row["parts"][0]["number"], 1);
    assert_eq!(
        row["skipped"],
        json!([{ "member": "A1", "why": "inactive", "level": 1 }])
    );
    assert_eq!(row["skipped_more"], false);
}

/// A1's position in the binary tree, with somebody of R's below it, stands below B's: A sees A1, who is his, but not him.
#[tokio::test]
async fn who_is_not_below_the_asker_is_not_named() {
    let plan = PLAN.replace(
        "kind = \"unilevel\"",
        "kind = \"unilevel\"\ntree = \"binary\"",
    );
    let server = planned(&plan).await;
    let x = json!({
        "id": "X", "at": LATER, "enroller": "R", "kind": "distributor",
        "placements": [{ "tree": "binary", "parent": "A1" }],
    });
    server.accepted("/v1/members", x.to_string()).await;
    let moved = json!({ "id": "m1", "at": LATER, "member": "A1", "parent": "B1" });
    server
        .accepted("/v1/trees/binary/moves", moved.to_string())
        .await;
    let seq = sold_later(&server, "o1", "X", "100.00").await;
    let path = format!("/v1/members/A1/commissions/levels/orders?min_seq={seq}");
    let all = server.get(&path).await;
    assert_eq!(
        (&all["rows"][0]["order"], &all["rows"][0]["buyer"]),
        (&json!("o1"), &json!("X"))
    );
    let own = server.call("GET", &path).role("member").send().await;
    let row = &own.json()["rows"][0];
    assert_eq!(
        (&row["order"], &row["buyer"]),
        (&Value::Null, &Value::Null),
        "{row}"
    );
    assert_eq!(row["parts"], all["rows"][0]["parts"]);
    // Above and beside him is nobody's to ask.
    for member in ["R", "B"] {
        let path = format!("/v1/members/{member}/commissions/levels/orders");
        let reply = server.call("GET", &path).role("member").send().await;
        assert_eq!(reply.status.as_u16(), 404, "{}", reply.text());
    }
}

//! Refunds of orders of paid months: who earned on them gives that back in the month that books the refund, refund by
//! refund, and no more than was paid.

use serde_json::{Value, json};

use super::runs::{close, exchanging, network, paid};
use super::server::{Server, dated, each, order};

/// A refund of o1, by its volume.
fn refund(id: &str, cv: Option<&str>, at: &str) -> String {
    let data = match cv {
        Some(cv) => json!({ "order": "o1", "volumes": { "cv": cv } }),
        None => json!({ "order": "o1", "full": true }),
    };
    json!({ "id": id, "type": "order.refunded", "at": at, "data": data }).to_string()
}

/// January sold 100 to A2, of which A1 had 10 and A had 5, and is paid; in February 40 come back, and A2 buys for 20.
async fn february() -> Server {
    let server = Server::planned_with(&network()).await;
    server.told(order("o1", "A2", "100.00")).await;
    server
        .told(dated("o2", "A2", "20.00", "2026-02-01T00:00:00Z"))
        .await;
    assert!(
        close(&server, "2026-01", "close-1")
            .await
            .status
            .is_success()
    );
    paid(&server, "2026-01").await;
    let back = refund("r1", Some("40.00"), "2026-02-10T00:00:00Z");
    server.told(back).await;
    server
}

fn line(of: &Value) -> Value {
    json!([
        of["component"],
        of["period"],
        of["amount"]["amount"],
        of["exact"]
    ])
}

#[tokio::test]
async fn a_refund_shows_at_once_as_what_it_takes_back() {
    let server = february().await;
    let now = server.get("/v1/members/A1/commissions").await;
    // What is paid on is spared the refund: levels of 20 alone.
    assert_eq!(now["total"]["amount"], "2.00", "{now}");
    let taken = json!([["levels", "2026-01", "-4.00", "-4.00"]]);
    assert_eq!(json!(each(&now["clawbacks"], line)), taken, "{now}");
    let again = server.get("/v1/members/A1/commissions").await;
    assert_eq!(again["lines"][0]["live"], "present", "{again}");
    assert_eq!(again["clawbacks"], now["clawbacks"]);
    // Ranks are not: the group has 20 less 40.
    let rank = server.get("/v1/members/A1/rank").await;
    assert_eq!(rank["ladders"][0]["rank"], Value::Null, "{rank}");
    let statement = server.get("/v1/members/A1/statement").await;
    let lines = each(&statement["lines"], |line| {
        json!([
            line["component"],
            line["clawback_of"],
            line["amount"]["amount"]
        ])
    });
    let expected = json!([["levels", null, "2.00"], ["levels", "2026-01", "-4.00"]]);
    assert_eq!(json!(lines), expected, "{statement}");
    assert_eq!(statement["total"]["amount"], "-2.00");
    assert_eq!(statement["payable"]["amount"], "0.00");
    assert_eq!(statement["carried_forward"]["amount"], "-2.00");
    let all = server.get("/v1/commissions").await;
    let back = json!([{ "amount": "-6.00", "currency": "USD" }]);
    assert_eq!(all["clawed_back"], back, "{all}");
    assert_eq!(all["total"]["amount"], "3.00", "{all}");
    let call = server.call("GET", "/v1/commissions").role("finance");
    let lines = call.header("accept", "application/x-ndjson").send().await;
    let lines = lines.lines().into_iter();
    let back = lines.filter(|line| line["clawback_of"] == "2026-01");
    let back: Vec<Value> = back.map(|of| json!([of["member"], of["amount"]])).collect();
    assert_eq!(json!(back), json!([["A", "-2.00"], ["A1", "-4.00"]]));
    // What the order earned stays what it was.
    let earned = server.get("/v1/orders/o1/commissions").await;
    let earned = each(&earned["lines"], |line| {
        json!([line["member"], line["amount"]])
    });
    assert_eq!(json!(earned), json!([["A1", "10.00"], ["A", "5.00"]]));
}

#[tokio::test]
async fn each_refund_is_told_by_itself_a_page_at_a_time() {
    let server = february().await;
    let rest = refund("r2", None, "2026-02-12T00:00:00Z");
    let seq = server.told(rest).await;
    let path = "/v1/members/A1/clawbacks";
    let whole = server.get(&format!("{path}?min_seq={seq}")).await;
    let rows = json!([
        { "refund": "r1", "order": "o1", "at": "2026-02-10T00:00:00Z", "component": "levels", "period": "2026-01", "exact": "-4.00" },
        { "refund": "r2", "order": "o1", "at": "2026-02-12T00:00:00Z", "component": "levels", "period": "2026-01", "exact": "-6.00" },
    ]);
    assert_eq!(whole["rows"], rows, "{whole}");
    assert_eq!(whole["next"], Value::Null);
    let first = server.get(&format!("{path}?limit=1")).await;
    assert_eq!(json!([first["rows"][0]]), json!([rows[0]]));
    let next = first["next"].as_str().expect("a second page");
    let second = server.get(&format!("{path}?limit=1&cursor={next}")).await;
    assert_eq!(
        (&second["rows"], &second["next"]),
        (&json!([rows[1]]), &Value::Null)
    );
    for (path, code) in [
        ("/v1/members/A1/clawbacks?cursor=x", "bad_cursor"),
        ("/v1/members/A1/clawbacks?limit=0", "bad_value"),
        ("/v1/members/nobody/clawbacks", "unknown_member"),
        ("/v1/members/A1/clawbacks?period=2031-01", "unknown_period"),
    ] {
        let reply = server.call("GET", path).role("admin").send().await;
        assert_eq!(reply.code(), code, "{path}: {}", reply.text());
    }
    // Who is A sees his own downline's, and nobody else's.
    for (path, status) in [
        ("/v1/members/A1/clawbacks", 200),
        ("/v1/members/R/clawbacks", 404),
    ] {
        let reply = server.call("GET", path).role("member").send().await;
        assert_eq!(reply.status.as_u16(), status, "{path}: {}", reply.text());
    }
}

#[tokio::test]
async fn runs_take_back_what_was_paid_and_no_more() {
    let mut server = february().await;
    // All the rest comes back in March.
    server
        .told(refund("r2", None, "2026-03-10T00:00:00Z"))
        .await;
    server
        .told(dated("o3", "B", "0.00", "2026-04-06T00:00:00Z"))
        .await;
    paid(&server, "2026-02").await;
    paid(&server, "2026-03").await;
    let lines = |run: &Value| {
        json!(each(&run["lines"], |of| json!([
            of["member"],
            of["component"],
            of["clawback_of"],
            of["amount"]
        ])))
    };
    for _ in 0..2 {
        let run = server.get("/v1/runs/month:2026-02/lines").await;
        let expected = json!([
            ["A", "levels", null, "1.00"],
            ["A", "levels", "2026-01", "-2.00"],
            ["A1", "levels", null, "2.00"],
            ["A1", "levels", "2026-01", "-4.00"],
        ]);
        assert_eq!(lines(&run), expected, "{run}");
        let run = server.get("/v1/runs/month:2026-03/lines").await;
        let expected = json!([
            ["A", "levels", "2026-01", "-3.00"],
            ["A1", "levels", "2026-01", "-6.00"],
        ]);
        assert_eq!(lines(&run), expected, "{run}");
        let frozen = server
            .get("/v1/members/A1/commissions?period=2026-03")
            .await;
        let taken = json!([["levels", "2026-01", "-6.00", "-6.00"]]);
        assert_eq!(json!(each(&frozen["clawbacks"], line)), taken, "{frozen}");
        let statement = server.get("/v1/members/A1/statement?period=2026-03").await;
        assert_eq!(statement["brought_forward"]["amount"], "-2.00");
        assert_eq!(statement["carried_forward"]["amount"], "-8.00");
        server.restart();
    }
    let call = server
        .call("GET", "/v1/runs/month:2026-03/export")
        .role("finance");
    assert_eq!(
        call.send().await.text(),
        "member,component,amount,currency,exact,after_factor,clawback_of\n\
         A,levels,-3.00,USD,-3.00,,2026-01\nA1,levels,-6.00,USD,-6.00,,2026-01\n"
    );
    let call = server.call("POST", "/v1/verifications").role("finance");
    let verified = call.send().await.json();
    assert_eq!(verified["differences"], json!([]), "{verified}");
    assert_eq!(verified["wrong_runs"], json!([]), "{verified}");
}

#[tokio::test]
async fn what_was_paid_in_another_currency_is_taken_back_in_it() {
    let server = exchanging().await;
    // A1 is paid in EUR for February, at 0.925, and in dollars from then on.
    let february = "2026-02-02T00:00:00Z";
    server.told(dated("o1", "A2", "33.30", february)).await;
    let march = "2026-03-07T00:00:00Z";
    server.told(dated("o2", "A2", "20.00", march)).await;
    paid(&server, "2026-02").await;
    let patch = json!({ "id": "c-2", "currency": "USD" }).to_string();
    let call = server.call("PATCH", "/v1/members/A1").role("admin");
    assert!(call.body(patch).send().await.status.is_success());
    server
        .told(refund("r1", None, "2026-03-10T00:00:00Z"))
        .await;
    let april = "2026-04-06T00:00:00Z";
    server.told(dated("o3", "B", "0.00", april)).await;
    paid(&server, "2026-03").await;
    let statement = server.get("/v1/members/A1/statement?period=2026-03").await;
    let lines = each(&statement["lines"], |line| {
        json!([line["clawback_of"], line["amount"]])
    });
    let expected = json!([
        [null, { "amount": "2.00", "currency": "USD" }],
        ["2026-02", { "amount": "-3.08", "currency": "EUR" }],
    ]);
    assert_eq!(json!(lines), expected, "{statement}");
    assert_eq!(
        statement["total"],
        json!({ "amount": "2.00", "currency": "USD" })
    );
    assert_eq!(
        statement["payable"],
        json!({ "amount": "2.00", "currency": "USD" })
    );
    let owed = json!([{ "amount": "-3.08", "currency": "EUR" }]);
    assert_eq!(statement["other_balances"], owed, "{statement}");
    let run = server.get("/v1/runs/month:2026-03").await;
    let euros = run["totals"].as_array().expect("a list").iter();
    let euros: Vec<&Value> = euros.filter(|total| total["currency"] == "EUR").collect();
    assert_eq!(json!(euros), owed, "{run}");
}

/// One amount for a whole month of customers' orders: nothing of it is any one order's.
const WHOLE: &str = r#"
name = "Whole"
currency = "USD"
[[plans]]
name = "main"
[[plans.components]]
name = "month"
kind = "customer"
volume = "cv"
payee = "any"
by = "period"
amounts = [{ at_least = "1", amount = "5" }]
"#;

#[tokio::test]
async fn where_nothing_can_be_taken_back_no_book_is_asked_for() {
    let server = Server::planned_by(&network(), WHOLE).await;
    server.told(order("o1", "A2", "100.00")).await;
    // March is the last closed month when the refund comes, and January's book is gone.
    let april = "2026-04-06T00:00:00Z";
    server.told(dated("o2", "B", "1.00", april)).await;
    paid(&server, "2026-03").await;
    let reply = server.call("GET", "/v1/company?period_type=month&period=2026-01");
    assert_eq!(reply.role("admin").send().await.code(), "period_gone");
    server
        .told(refund("r1", None, "2026-04-07T00:00:00Z"))
        .await;
    let june = "2026-06-06T00:00:00Z";
    server.told(dated("o3", "B", "1.00", june)).await;
    paid(&server, "2026-04").await;
    let none = server.get("/v1/members/A1/clawbacks").await;
    assert_eq!(none["rows"], json!([]), "{none}");
}

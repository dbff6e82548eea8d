//! Runs over HTTP: closed periods that are paid, their frozen lines, statements with balances that are carried.

use serde_json::{Value, json};

use super::server::{AT, NETWORK, PLAN, Reply, Server, dated, order};

pub(super) async fn close(server: &Server, period: &str, key: &str) -> Reply {
    let path = format!("/v1/periods/month:{period}/close");
    let call = server.call("POST", &path).role("finance");
    call.header("idempotency-key", key).send().await
}

/// Waits until a period is paid.
pub(super) async fn paid(server: &Server, period: &str) -> Value {
    for _ in 0..2_000 {
        let answer = server.get(&format!("/v1/runs/month:{period}")).await;
        if answer["state"] == "paid" {
            return answer;
        }
        assert_eq!(answer["state"], "due", "{answer}");
        server.api.handle().wait_for(u64::MAX, 5).await;
    }
    panic!("{period} is never paid");
}

/// The network of these tests, whose months close five days after they have ended.
pub(super) fn network() -> String {
    let months = "[[periods]]\nname = \"month\"\ntype = \"monthly\"\ncutoff = \"120h\"\n";
    format!("{NETWORK}{months}")
}

/// January sold 100 to A2, and is closed and paid.
async fn january() -> Server {
    let server = Server::planned_with(&network()).await;
    server.told(order("o1", "A2", "100.00")).await;
    server
        .told(dated("o2", "A2", "0.00", "2026-02-01T00:00:00Z"))
        .await;
    let reply = close(&server, "2026-01", "close-1").await;
    assert_eq!(reply.status.as_u16(), 200, "{}", reply.text());
    paid(&server, "2026-01").await;
    server
}

#[tokio::test]
async fn a_close_is_paid_and_told_again_it_answers_the_same_run() {
    let server = Server::planned_with(&network()).await;
    server.told(order("o1", "A2", "100.00")).await;
    assert_eq!(
        close(&server, "2026-01", "early").await.code(),
        "period_open"
    );
    let next = "2026-02-01T00:00:00Z";
    server.told(dated("o2", "A2", "10.00", next)).await;
    assert_eq!(server.get("/v1/runs").await["runs"], json!([]));
    let reply = close(&server, "2026-01", "close-1").await;
    let first = reply.json();
    assert_eq!(reply.status.as_u16(), 200, "{first}");
    assert_eq!(first["run"]["id"], "month:2026-01");
    assert_eq!(first["run"]["closed_seq"], first["seq"]);
    let run = paid(&server, "2026-01").await;
    assert_eq!(
        (&run["lines"], &run["payees"], &run["totals"]),
        (
            &json!(2),
            &json!(2),
            &json!([{ "amount": "15.00", "currency": "USD" }])
        )
    );
    assert_eq!(
        (&run["plan_set"], &run["version"]),
        (&json!("main"), &json!(1))
    );
    assert_eq!(run["digest"].as_str().map(str::len), Some(64));
    assert!(run["posted"].is_string() && run["posted_seq"].as_u64() > run["closed_seq"].as_u64());

    told_again(&server, &first, &run).await;
    posted_once(&server, &run).await;
}

/// What a period came to in all is told by its run as it was by its book, but for what was sold.
async fn totals_are_kept(server: &Server, before: &Value) {
    let after = server.get("/v1/commissions?period=2026-01").await;
    assert_eq!(after["sold"], json!({}));
    for key in ["period", "state", "plan_set", "total", "ladders"] {
        assert_eq!(after[key], before[key], "{key}");
    }
    for (after, before) in [(&after, before)].into_iter().flat_map(|(after, before)| {
        let rows = |of: &Value| of["components"].as_array().expect("a list").clone();
        rows(after)
            .into_iter()
            .zip(rows(before))
            .collect::<Vec<_>>()
    }) {
        for key in [
            "component",
            "kind",
            "plan",
            "payees",
            "amount",
            "company_factor",
        ] {
            assert_eq!(after[key], before[key], "{key}");
        }
    }
    let call = server
        .call("GET", "/v1/commissions?period=2026-01")
        .role("finance");
    let lines = call
        .header("accept", "application/x-ndjson")
        .send()
        .await
        .lines();
    let found: Vec<Value> = lines
        .iter()
        .map(|line| json!([line["member"], line["amount"]]))
        .collect();
    assert_eq!(found, [json!(["A", "5.00"]), json!(["A1", "10.00"])]);
}

/// The same close told once more, and the same period closed by another fact and as an event.
async fn told_again(server: &Server, first: &Value, run: &Value) {
    // The same fact again is the first receipt, another fact about the same period the same run: none is logged.
    let seq = server.api.handle().health().applied_seq;
    for key in ["close-1", "close-2"] {
        let again = close(server, "2026-01", key).await;
        assert_eq!(again.status.as_u16(), 200, "{key}: {}", again.text());
        assert_eq!(again.header("idempotent-replayed"), "true", "{key}");
        let again = again.json();
        assert_eq!((&again["seq"], &again["id"]), (&first["seq"], &json!(key)));
        assert_eq!(again["run"]["digest"], run["digest"], "{key}");
    }
    // A repeated fact is in the log a second time, as every one is.
    assert!(server.api.handle().health().applied_seq <= seq + 1);
    // As an event it is judged as ever.
    let next = "2026-02-01T00:00:00Z";
    let event = json!({ "id": "close-3", "type": "period.closed", "at": next, "data": { "period_type": "month", "period": "2026-01" } });
    let reply = server.post("/v1/events", event.to_string()).await;
    assert_eq!(reply.code(), "period_closed", "{}", reply.text());
}

/// What is told of a run elsewhere: the feed, the list of periods, metrics.
async fn posted_once(server: &Server, run: &Value) {
    let posted = server.changes(0).await;
    let posted: Vec<&Value> = posted
        .iter()
        .filter(|event| event["type"] == "run.posted")
        .collect();
    assert_eq!(posted.len(), 1);
    assert_eq!(posted[0]["data"]["digest"], run["digest"]);
    assert_eq!(posted[0]["data"]["totals"], json!({ "USD": "15.00" }));
    let event =
        json!({ "id": "x", "type": "run.posted", "at": "2026-02-01T00:00:00Z", "data": {} });
    let reply = server.post("/v1/events", event.to_string()).await;
    assert_eq!(reply.code(), "bad_value", "never a client's");
    let listed = server.get("/v1/periods?limit=2").await;
    assert_eq!(listed["periods"][2 - 1]["state"], "current", "{listed}");
    let listed = server.get("/v1/periods").await;
    let states = listed["periods"].as_array().expect("a list").iter();
    assert_eq!(
        states.filter(|of| of["state"] == "paid").count(),
        1,
        "{listed}"
    );
    let metrics = server.call("GET", "/metrics").send().await.text();
    for line in [
        "arborline_runs_due 0",
        "arborline_runs_failed 0",
        "arborline_runs_posted 1",
        "arborline_last_run_seconds ",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
}

#[tokio::test]
async fn lines_are_frozen_paged_and_exported() {
    let server = january().await;
    let whole = server.get("/v1/runs/month:2026-01/lines").await;
    assert_eq!(
        whole["lines"],
        json!([
            { "member": "A", "component": "levels", "amount": "5.00", "currency": "USD", "exact": "5.00", "after_factor": null },
            { "member": "A1", "component": "levels", "amount": "10.00", "currency": "USD", "exact": "10.00", "after_factor": null },
        ])
    );
    let first = server.get("/v1/runs/month:2026-01/lines?limit=1").await;
    let next = first["next"].as_str().expect("a cursor");
    let path = format!("/v1/runs/month:2026-01/lines?limit=1&cursor={next}");
    let second = server.get(&path).await;
    assert_eq!(
        (&second["lines"][0], &second["next"]),
        (&whole["lines"][1], &Value::Null)
    );
    let own = server.get("/v1/runs/month:2026-01/lines?member=A1").await;
    assert_eq!(own["lines"], json!([whole["lines"][1]]));
    let none = server.get("/v1/runs/month:2026-01/lines?member=B").await;
    assert_eq!(none["lines"], json!([]));
    let export = |format: &str| format!("/v1/runs/month:2026-01/export?format={format}");
    let csv = server
        .call("GET", &export("csv"))
        .role("finance")
        .send()
        .await;
    assert_eq!(
        csv.text(),
        "member,component,amount,currency,exact,after_factor,clawback_of\nA,levels,5.00,USD,5.00,,\nA1,levels,10.00,USD,10.00,,\n"
    );
    let lines = server
        .call("GET", &export("ndjson"))
        .role("admin")
        .send()
        .await;
    assert_eq!(Value::from(lines.lines()), whole["lines"]);
}

#[tokio::test]
async fn lines_are_read_long_after_the_book_is_gone() {
    let mut server = january().await;
    let whole = server.get("/v1/runs/month:2026-01/lines").await;
    let paid = server
        .get("/v1/members/A1/commissions?period=2026-01")
        .await;
    assert_eq!(paid["state"], "paid");
    assert_eq!(paid["lines"][0]["live"], "frozen");
    assert_eq!(paid["lines"][0]["amount"]["amount"], "10.00");
    let nothing = server.get("/v1/members/B/commissions?period=2026-01").await;
    assert_eq!(nothing["lines"][0]["amount"]["amount"], "0.00");
    let before = server.get("/v1/commissions?period=2026-01").await;
    // Long after, when no refund reaches January and its book is gone.
    let late = "2026-07-07T00:00:00Z";
    server.told(dated("o3", "A2", "1.00", late)).await;
    for period in ["2026-02", "2026-03", "2026-04", "2026-05"] {
        self::paid(&server, period).await;
    }
    let path = "/v1/company?period_type=month&period=2026-01";
    let gone = server.call("GET", path).role("admin").send().await;
    assert_eq!(gone.code(), "period_gone");
    totals_are_kept(&server, &before).await;
    for _ in 0..2 {
        let after = server
            .get("/v1/members/A1/commissions?period=2026-01")
            .await;
        assert_eq!(after["lines"], paid["lines"]);
        let after = server.get("/v1/runs/month:2026-01/lines").await;
        assert_eq!(after["lines"], whole["lines"]);
        server.restart();
    }
    for (path, code) in [
        ("/v1/runs/month:2031-01", "unknown_run"),
        ("/v1/runs/month:2025-12", "unknown_run"),
        ("/v1/runs/nothing", "unknown_run"),
        (
            "/v1/runs/month:2026-01/lines?member=nobody",
            "unknown_member",
        ),
        ("/v1/runs/month:2026-01/lines?cursor=x", "bad_cursor"),
        ("/v1/runs/month:2026-01/lines?limit=0", "bad_value"),
        ("/v1/runs/month:2026-01/export?format=xml", "bad_value"),
        ("/v1/runs?period_type=week", "unknown_name"),
        ("/v1/members/nobody/statement", "unknown_member"),
    ] {
        let reply = server.call("GET", path).role("admin").send().await;
        assert_eq!(reply.code(), code, "{path}: {}", reply.text());
    }
}

/// Balance brought forward, total, payable, carried.
fn money(statement: &Value) -> [&str; 4] {
    let fields = ["brought_forward", "total", "payable", "carried_forward"];
    fields.map(|field| statement[field]["amount"].as_str().expect("an amount"))
}

#[tokio::test]
async fn what_a_refund_takes_back_is_carried_until_it_is_earned_again() {
    let server = january().await;
    let statement = |period: &str| format!("/v1/members/A1/statement?period={period}");
    let first = server.get(&statement("2026-01")).await;
    assert_eq!(money(&first), ["0.00", "10.00", "10.00", "0.00"], "{first}");
    assert_eq!(
        (&first["frozen"], &first["state"]),
        (&json!(true), &json!("paid"))
    );
    assert_eq!(first["brought_from"], Value::Null);
    let refund = json!({ "id": "r1", "type": "order.refunded", "at": "2026-02-10T00:00:00Z", "data": { "order": "o1", "full": true } });
    let seq = server.told(refund.to_string()).await;
    let live = server
        .get(&format!("{}&min_seq={seq}", statement("2026-02")))
        .await;
    assert_eq!(money(&live), ["0.00", "-10.00", "0.00", "-10.00"], "{live}");
    assert_eq!(
        (&live["frozen"], &live["state"]),
        (&json!(false), &json!("current"))
    );
    assert_eq!(live["brought_from"], "2026-01");
    for (id, cv, at) in [
        ("m", "30.00", "2026-03-10T00:00:00Z"),
        ("a", "100.00", "2026-04-10T00:00:00Z"),
        ("j", "0.00", "2026-06-10T00:00:00Z"),
    ] {
        server.told(dated(id, "A2", cv, at)).await;
    }
    for (period, expected) in [
        ("2026-02", ["0.00", "-10.00", "0.00", "-10.00"]),
        ("2026-03", ["-10.00", "3.00", "0.00", "-7.00"]),
        ("2026-04", ["-7.00", "10.00", "3.00", "0.00"]),
    ] {
        paid(&server, period).await;
        let frozen = server.get(&statement(period)).await;
        assert_eq!(money(&frozen), expected, "{frozen}");
        assert_eq!(frozen["frozen"], true);
    }
    let run = server.get("/v1/runs/month:2026-02").await;
    assert_eq!(run["totals"][0]["amount"], "-15.00", "{run}");
    // Who earned nothing has a statement too.
    let none = server.get("/v1/members/B1/statement?period=2026-02").await;
    assert_eq!(money(&none), ["0.00"; 4]);
    assert_eq!(none["lines"], json!([]));
}

#[tokio::test]
async fn members_see_their_own_money_and_nobody_elses() {
    let server = january().await;
    for (path, status) in [
        ("/v1/members/A/statement?period=2026-01", 200),
        ("/v1/members/A1/statement?period=2026-01", 200),
        ("/v1/members/A1/commissions?period=2026-01", 200),
        ("/v1/members/R/statement?period=2026-01", 404),
        ("/v1/members/B/commissions?period=2026-01", 404),
        ("/v1/runs", 403),
        ("/v1/runs/month:2026-01", 403),
        ("/v1/runs/month:2026-01/lines", 403),
        ("/v1/runs/month:2026-01/export", 403),
    ] {
        let reply = server.call("GET", path).role("member").send().await;
        assert_eq!(reply.status.as_u16(), status, "{path}: {}", reply.text());
    }
}

#[tokio::test]
async fn a_damaged_or_missing_file_is_a_clear_problem() {
    let server = january().await;
    let digest = server.get("/v1/runs/month:2026-01").await["digest"].clone();
    let digest = digest.as_str().expect("a digest").to_owned();
    let path = server.dir().join("runs").join(&digest);
    let whole = std::fs::read(&path).expect("it is there");
    let mut wrong = whole.clone();
    // Behind the head, whose bytes it says itself, stand the lines.
    let head = u32::from_le_bytes(wrong[12..16].try_into().expect("four bytes"));
    let at = head as usize + 30;
    wrong[at] ^= 1;
    std::fs::write(&path, &wrong).expect("to write");
    let ask = |path: &'static str| server.call("GET", path).role("admin").send();
    let reply = ask("/v1/members/A1/statement?period=2026-01").await;
    assert_eq!(
        (reply.status.as_u16(), reply.code().as_str()),
        (500, "run_unreadable")
    );
    let detail = reply.json()["detail"].as_str().expect("words").to_owned();
    assert!(
        detail.contains(&digest) && detail.contains("at byte"),
        "{detail}"
    );
    assert!(
        !detail.contains(server.dir().to_str().expect("plain")),
        "{detail}"
    );
    // While its book is at hand, a file that is gone is written anew; a damaged one is evidence, and stays.
    std::fs::remove_file(&path).expect("it was there");
    let reply = ask("/v1/members/A1/statement?period=2026-01").await;
    assert_eq!(reply.status.as_u16(), 200, "{}", reply.text());
    assert_eq!(std::fs::read(&path).expect("written anew"), whole);
    server
        .told(dated("late", "A2", "1.00", "2026-06-01T00:00:00Z"))
        .await;
    paid(&server, "2026-04").await;
    std::fs::remove_file(&path).expect("it was there");
    let reply = ask("/v1/runs/month:2026-01/export").await;
    assert_eq!(reply.code(), "run_unreadable", "{}", reply.text());
}

/// A plan that knows what a dollar is worth in euros and yen, from February on, and members who have them.
pub(super) async fn exchanging() -> Server {
    let server = Server::planned_with(&network()).await;
    let table = "currency = \"USD\"\nexchange = { EUR = \"0.925\", JPY = \"151.3\" }\n";
    let document = PLAN.replace("currency = \"USD\"\n", table);
    let drafted = server.call("PUT", "/v1/plans/main").role("admin");
    let drafted = drafted.header("content-type", "application/toml");
    let drafted = drafted.body(document).send().await;
    assert!(drafted.status.is_success(), "{}", drafted.text());
    let call = server.call("POST", "/v1/plans/main/activate").role("admin");
    let activated = call.header("idempotency-key", "activate-2").send().await;
    assert!(activated.status.is_success(), "{}", activated.text());
    // JPY has no minor unit, and GBP is not in the table.
    for (member, currency) in [("A1", "EUR"), ("A", "JPY"), ("R", "GBP")] {
        let patch = json!({ "id": format!("c-{member}"), "currency": currency });
        let path = format!("/v1/members/{member}");
        let call = server.call("PATCH", &path).role("admin");
        let reply = call.body(patch.to_string()).send().await;
        assert!(reply.status.is_success(), "{}", reply.text());
    }
    server
}

#[tokio::test]
async fn members_are_paid_in_their_own_currency_where_the_plan_knows_it() {
    let server = exchanging().await;
    // The new version counts from February on.
    server
        .told(dated("o1", "A2", "33.30", "2026-02-02T00:00:00Z"))
        .await;
    server
        .told(dated("o2", "B", "10.00", "2026-02-02T00:00:00Z"))
        .await;
    let live = server.get("/v1/members/A1/statement").await;
    assert_eq!(
        live["payable"],
        json!({ "amount": "3.08", "currency": "EUR" }),
        "{live}"
    );
    server
        .told(dated("o3", "A2", "0.00", "2026-03-01T00:00:00Z"))
        .await;
    close(&server, "2026-02", "close-2").await;
    let run = paid(&server, "2026-02").await;
    let money = |amount: &str, currency: &str| json!({ "amount": amount, "currency": currency });
    // 3.33 are 3.08025 EUR, 1.665 are 251.9145 JPY; R has 1.00 of B's order.
    assert_eq!(
        run["totals"],
        json!([
            money("1.00", "USD"),
            money("3.08", "EUR"),
            money("252", "JPY")
        ])
    );
    let lines = server.get("/v1/runs/month:2026-02/lines").await;
    let shown = |line: &Value| {
        format!(
            "{} {} {} {}",
            line["member"], line["amount"], line["currency"], line["exact"]
        )
    };
    let lines: Vec<String> = lines["lines"]
        .as_array()
        .expect("lines")
        .iter()
        .map(shown)
        .collect();
    assert_eq!(
        lines,
        [
            r#""R" "1.00" "USD" "1.00""#,
            r#""A" "252" "JPY" "1.665""#,
            r#""A1" "3.08" "EUR" "3.33""#
        ]
    );
    // Another currency from now on says nothing of what is paid.
    let patch = json!({ "id": "c-4", "currency": "JPY" });
    let call = server.call("PATCH", "/v1/members/A1").role("admin");
    call.body(patch.to_string()).send().await;
    let frozen = server.get("/v1/members/A1/statement?period=2026-02").await;
    assert_eq!(
        (&frozen["frozen"], &frozen["payable"]),
        (&json!(true), &money("3.08", "EUR"))
    );
    assert_eq!(frozen["lines"][0]["exact"], "3.33");
}

#[tokio::test]
async fn everything_is_recomputed_on_demand() {
    let server = january().await;
    let reply = server.call("POST", "/v1/verifications").role("finance");
    let reply = reply.send().await;
    let answer = reply.json();
    assert_eq!(reply.status.as_u16(), 200, "{answer}");
    assert_eq!(
        (
            &answer["found"],
            &answer["differences"],
            &answer["runs"],
            &answer["wrong_runs"]
        ),
        (&json!(0), &json!([]), &json!(1), &json!([]))
    );
    assert!(answer["compared"].as_u64() > Some(100), "{answer}");
    assert_eq!(
        answer["as_of_seq"],
        server.api.handle().health().applied_seq
    );
}

#[tokio::test]
async fn what_a_suspended_member_earns_is_held_back_until_he_is_open() {
    let server = Server::planned_with(&network()).await;
    server.told(order("o1", "A2", "100.00")).await;
    let status = |id: &str, word: &str, at: &str| {
        let data = json!({ "member": "A1", "status": word });
        json!({ "id": id, "type": "member.status_changed", "at": at, "data": data }).to_string()
    };
    let february = "2026-02-01T00:00:00Z";
    server.told(status("s1", "suspended", AT)).await;
    server.told(dated("o2", "A2", "0.00", february)).await;
    close(&server, "2026-01", "close-1").await;
    paid(&server, "2026-01").await;
    let money = |statement: &Value| {
        let of = |field: &str| {
            statement[field]["amount"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        let all = ["brought_forward", "total", "payable", "carried_forward"].map(of);
        (all.join(" "), statement["held"].clone())
    };
    let statement = server.get("/v1/members/A1/statement?period=2026-01").await;
    assert_eq!(
        money(&statement),
        ("0.00 10.00 0.00 10.00".to_owned(), json!(true))
    );
    let statement = server.get("/v1/members/A/statement?period=2026-01").await;
    assert_eq!(
        money(&statement),
        ("0.00 5.00 5.00 0.00".to_owned(), json!(false))
    );
    let live = server.get("/v1/members/A1/statement").await;
    assert_eq!(
        money(&live),
        ("10.00 0.00 0.00 10.00".to_owned(), json!(true))
    );
    server.told(status("s2", "open", february)).await;
    server
        .told(dated("o3", "A2", "0.00", "2026-03-01T00:00:00Z"))
        .await;
    close(&server, "2026-02", "close-2").await;
    paid(&server, "2026-02").await;
    let statement = server.get("/v1/members/A1/statement?period=2026-02").await;
    assert_eq!(
        money(&statement),
        ("10.00 0.00 10.00 0.00".to_owned(), json!(false))
    );
}

//! What members earn, over HTTP: live amounts, their parts, ranks, orders, and what a plan would pay.

use serde_json::{Value, json};

use super::server::{AT, PLAN, Server};

fn amounts(answer: &Value) -> Vec<(String, String)> {
    let lines = answer["lines"].as_array().expect("lines");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let line = |line: &Value| (text(&line["component"]), text(&line["amount"]["amount"]));
    lines.iter().map(line).collect()
}

#[tokio::test]
async fn an_order_shows_in_what_those_above_earn() {
    let server = Server::planned().await;
    let seq = server.sold("o1", "A2", "100.00").await;
    let level = |amount: &str| vec![("levels".to_owned(), amount.to_owned())];
    for (member, amount) in [
        ("A1", "10.00"),
        ("A", "5.00"),
        ("R", "0.00"),
        ("A2", "0.00"),
    ] {
        let path = format!("/v1/members/{member}/commissions?min_seq={seq}");
        let answer = server.get(&path).await;
        assert_eq!(amounts(&answer), level(amount), "{member}: {answer}");
        assert_eq!(
            answer["total"],
            json!({ "amount": amount, "currency": "USD" })
        );
        assert_eq!(answer["state"], "current");
        assert!(answer["as_of_seq"].as_u64() >= Some(seq), "{answer}");
    }
    let refund = json!({ "id": "r1", "type": "order.refunded", "at": AT, "data": { "order": "o1", "full": true } });
    let back = server.post("/v1/events", refund.to_string()).await;
    let seq = back.json()["seq"].as_u64().expect("a number");
    let answer = server
        .get(&format!("/v1/members/A1/commissions?min_seq={seq}"))
        .await;
    assert_eq!(amounts(&answer), level("0.00"));
}

#[tokio::test]
async fn an_amount_explains_itself_and_an_order_says_whom_it_pays() {
    let server = Server::planned().await;
    server.sold("o1", "A2", "100.00").await;
    let seq = server.sold("o2", "A1", "30.00").await;
    let path = format!("/v1/members/A/commissions/levels/explain?min_seq={seq}");
    let answer = server.get(&path).await;
    assert_eq!(
        answer["parts"],
        json!([
            { "what": "level", "number": 1, "of": null, "volume": "30.00", "earnings": null, "each": null, "rate": "0.1", "amount": "3.00" },
            { "what": "level", "number": 2, "of": null, "volume": "100.00", "earnings": null, "each": null, "rate": "0.05", "amount": "5.00" },
        ])
    );
    assert_eq!(
        (&answer["exact"], &answer["payee"]),
        (&json!("8.00"), &json!(true))
    );
    let answer = server
        .get(&format!("/v1/orders/o1/commissions?min_seq={seq}"))
        .await;
    let lines = answer["lines"].as_array().expect("lines");
    let who: Vec<&Value> = lines.iter().map(|line| &line["member"]).collect();
    assert_eq!(who, [&json!("A1"), &json!("A")]);
    assert_eq!(lines[0]["amount"], "10.00");
    for (path, code) in [
        ("/v1/members/A/commissions/bonus/explain", "unknown_name"),
        ("/v1/members/nobody/commissions", "unknown_member"),
        ("/v1/members/A/commissions?period_type=week", "unknown_name"),
        ("/v1/members/A/commissions?period=2031-01", "unknown_period"),
        ("/v1/members/A/commissions?colour=red", "unknown_parameter"),
        ("/v1/members/A/rank-progress?rank=gold", "unknown_name"),
        ("/v1/orders/none/commissions", "unknown_order"),
    ] {
        let reply = server.call("GET", path).role("admin").send().await;
        assert_eq!(reply.code(), code, "{path}: {}", reply.text());
    }
}

#[tokio::test]
async fn ranks_say_what_the_next_one_takes() {
    let server = Server::planned().await;
    let seq = server.sold("o1", "A2", "60.00").await;
    let answer = server
        .get(&format!("/v1/members/A/rank?min_seq={seq}"))
        .await;
    assert_eq!(
        answer["ladders"],
        json!([{
            "ladder": "ranks", "rank": null, "number": 0, "of": 1, "next": "silver", "met": null,
            "previous": null, "highest": null, "kept": null, "kept_periods": 0, "told": null,
        }])
    );
    let answer = server.get("/v1/members/A/rank-progress").await;
    let needs = &answer["needs"];
    assert_eq!(
        [
            &needs["what"],
            &needs["required"],
            &needs["actual"],
            &needs["missing"]
        ],
        ["group", "100.00", "60.00", "40.00"]
    );
    assert_eq!(
        (&answer["rank"], &answer["holds"]),
        (&json!("silver"), &json!(false))
    );
    assert_eq!(
        answer["ways"],
        json!([{
            "volume": "40.00", "people": 0,
            "steps": [{
                "what": "group", "amount": "40.00", "volume": "cv", "tree": "enroller", "leg": null,
                "with": null, "active": null, "at_once": null,
            }],
        }])
    );
    let seq = server.sold("o2", "A2", "40.00").await;
    let answer = server
        .get(&format!("/v1/members/A/rank-progress?min_seq={seq}"))
        .await;
    assert_eq!(
        (&answer["holds"], &answer["ways"]),
        (&json!(true), &json!([]))
    );
}

#[tokio::test]
async fn who_was_told_a_rank_is_paid_as_it_and_everybody_sees_why() {
    let server = Server::planned().await;
    let answer = server.get("/v1/members/A/rank").await;
    let period = answer["period"].as_str().expect("a label").to_owned();
    let kind = answer["period_type"].clone();
    let told = json!({
        "id": "v1", "at": AT, "member": "A", "ladder": "ranks", "rank": "silver", "period_type": kind,
        "period": period, "reason": "promised at the start",
    });
    let mut silent = told.clone();
    silent.as_object_mut().expect("an object").remove("reason");
    let reply = server.post("/v1/overrides", silent.to_string()).await;
    assert_eq!(
        (reply.code(), &reply.json()["field"]),
        ("missing_field".to_owned(), &json!("reason"))
    );
    for (field, given, code) in [
        ("member", json!("nobody"), "unknown_member"),
        ("period", json!("2031-01"), "unknown_period"),
        ("period_type", json!("epoch"), "unknown_name"),
        ("periods", json!(0), "out_of_range"),
        ("periods", json!(121), "out_of_range"),
    ] {
        let mut wrong = told.clone();
        wrong[field] = given;
        let reply = server.post("/v1/overrides", wrong.to_string()).await;
        assert_eq!(reply.code(), code, "{field}: {}", reply.text());
    }
    let reply = server.post("/v1/overrides", told.to_string()).await;
    let seq = reply.json()["seq"].as_u64().expect("a number");
    let answer = server
        .get(&format!("/v1/members/A/rank?min_seq={seq}"))
        .await;
    let rank = &answer["ladders"][0];
    assert_eq!(
        (&rank["rank"], &rank["met"]),
        (&json!("silver"), &json!(null))
    );
    let why = json!({ "rank": "silver", "reason": "promised at the start", "seq": seq });
    assert_eq!(rank["told"], why);
    let answer = server.get("/v1/members/A/commissions/levels/explain").await;
    assert_eq!((&answer["rank"], &answer["told"]), (&json!("silver"), &why));
    // Said again it is the same fact, and with another reason another one.
    let again = server.post("/v1/overrides", told.to_string()).await;
    assert_eq!(again.json()["seq"], seq);
    let mut other = told.clone();
    other["reason"] = json!("another one");
    let reply = server.post("/v1/overrides", other.to_string()).await;
    assert_eq!(
        (reply.code(), &reply.json()["field"]),
        ("id_reused".to_owned(), &json!("reason"))
    );
    // It is taken back by one without a rank.
    let back = json!({
        "id": "v2", "at": AT, "member": "A", "ladder": "ranks", "period_type": told["period_type"],
        "period": told["period"], "reason": "a mistake",
    });
    let reply = server.post("/v1/overrides", back.to_string()).await;
    let seq = reply.json()["seq"].as_u64().expect("a number");
    let answer = server
        .get(&format!("/v1/members/A/rank?min_seq={seq}"))
        .await;
    let rank = &answer["ladders"][0];
    assert_eq!((&rank["rank"], &rank["told"]), (&json!(null), &json!(null)));
}

#[tokio::test]
async fn a_member_sees_his_own_downline_and_no_other() {
    let server = Server::planned().await;
    server.sold("o1", "A2", "100.00").await;
    for path in [
        "commissions",
        "commissions/levels/explain",
        "rank",
        "rank-progress",
    ] {
        for (member, status) in [
            ("A", 200),
            ("A1", 200),
            ("R", 404),
            ("B", 404),
            ("nobody", 404),
        ] {
            let path = format!("/v1/members/{member}/{path}");
            let reply = server.call("GET", &path).role("member").send().await;
            assert_eq!(reply.status.as_u16(), status, "{path}: {}", reply.text());
        }
    }
    for path in ["/v1/commissions", "/v1/orders/o1/commissions"] {
        let reply = server.call("GET", path).role("member").send().await;
        assert_eq!(reply.code(), "role_not_allowed", "{path}");
    }
}

#[tokio::test]
async fn all_amounts_come_in_sum_and_as_lines() {
    let server = Server::planned().await;
    let seq = server.sold("o1", "A2", "100.00").await;
    let answer = server.get(&format!("/v1/commissions?min_seq={seq}")).await;
    assert_eq!(answer["total"]["amount"], "15.00");
    assert_eq!(answer["sold"]["cv"], "100.00");
    let of_cv = &answer["ratio"][1];
    assert_eq!(
        (&of_cv["volume"], &of_cv["ratio"]),
        (&json!("cv"), &json!("0.15"))
    );
    // R, A, A1 and A2 hold the 100.
    assert_eq!(
        answer["ladders"][0]["ranks"],
        json!([{ "rank": "silver", "members": 4 }])
    );
    let call = server.call("GET", "/v1/commissions").role("finance");
    let lines = call.header("accept", "application/x-ndjson").send().await;
    let lines: Vec<(Value, Value)> = lines
        .lines()
        .iter()
        .map(|line| (line["member"].clone(), line["amount"].clone()))
        .collect();
    assert_eq!(
        lines,
        [(json!("A"), json!("5.00")), (json!("A1"), json!("10.00"))]
    );
}

#[tokio::test]
async fn without_a_plan_there_is_no_amount_but_one_can_be_tried() {
    let server = Server::started().await;
    server.sold("o1", "A2", "100.00").await;
    for path in [
        "/v1/members/A/commissions",
        "/v1/members/A/rank",
        "/v1/commissions",
    ] {
        let reply = server.call("GET", path).role("admin").send().await;
        assert_eq!(reply.code(), "no_plan", "{path}: {}", reply.text());
    }
    let simulate = |text: String| {
        let call = server.call("POST", "/v1/plans/simulate").role("finance");
        let call = call.header("content-type", "application/toml");
        call.body(text).send()
    };
    let tried = simulate(PLAN.to_owned()).await;
    assert_eq!(tried.json()["total"]["amount"], "15.00", "{}", tried.text());
    let wrong = simulate(PLAN.replace("\"unilevel\"", "\"unilevels\"")).await;
    assert_eq!(wrong.code(), "bad_document", "{}", wrong.text());
    let reply = server
        .call("GET", "/v1/commissions")
        .role("admin")
        .send()
        .await;
    assert_eq!(reply.code(), "no_plan", "nothing was activated by trying");
}

#[tokio::test]
async fn two_seconds_of_questions_share_one_pass_and_none_is_older_than_asked() {
    let server = Server::planned().await;
    let seq = server.sold("o1", "A2", "100.00").await;
    let first = server
        .get(&format!("/v1/members/A1/commissions?min_seq={seq}"))
        .await;
    let later = server.sold("o2", "A2", "100.00").await;
    let fresh = server
        .get(&format!("/v1/members/A1/commissions?min_seq={later}"))
        .await;
    assert!(fresh["as_of_seq"].as_u64() >= Some(later));
    assert_eq!(first["total"]["amount"], "10.00");
    assert_eq!(fresh["total"]["amount"], "20.00");
}

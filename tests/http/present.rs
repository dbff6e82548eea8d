//! What a member is told of himself is of the moment: right after an order, and without a sweep where nothing asks for all.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::server::{AT, NETWORK, Server, dated};
use crate::decimal::units;

/// Levels, two legs, first days and a match, a pool, and a ceiling for the company.
const ALL: &str = r#"
name = "All"
currency = "USD"
[[ladders]]
name = "ranks"
[[ladders.ranks]]
name = "silver"
all = [{ group = "cv", at_least = "100" }, { enrolled = 1, active = false }]
[[ladders.ranks]]
name = "gold"
all = [{ group = "cv", at_least = "300" }, { legs = 1, with = "silver" }]
[[plans]]
name = "main"
ladder = "ranks"
[[plans.components]]
name = "levels"
kind = "unilevel"
volume = "cv"
payee = "any"
rates = ["0.10", "0.05"]
[[plans.components]]
name = "team"
kind = "binary"
tree = "binary"
volume = "cv"
payee = "any"
rate = "0.10"
[[plans.components]]
name = "start"
kind = "fast_start"
volume = "cv"
payee = "any"
within_days = 60
rates = ["0.20", "0.10"]
[[plans.components]]
name = "match"
kind = "matching"
payee = "any"
of = ["levels", "team"]
rates_by_rank = { silver = ["0.50"] }
[[plans.components]]
name = "leaders"
kind = "pool"
payee = "any"
volume = "cv"
rate = "0.01"
shares = { silver = 1, gold = 3 }
[company_cap]
volume = "cv"
rate = "0.25"
components = ["levels", "start"]
"#;

/// Levels that only who is entitled to them uses up, by a rank that legs of another tree decide.
const ENTITLED: &str = r#"
name = "Entitled"
currency = "USD"
[[ladders]]
name = "ranks"
[[ladders.ranks]]
name = "silver"
lesser_leg = "cv"
tree = "binary"
at_least = "20"
[[plans]]
name = "main"
ladder = "ranks"
[[plans.components]]
name = "levels"
kind = "unilevel"
volume = "cv"
payee = "any"
compression = "full"
rates = ["0.10"]
rates_by_rank = { silver = ["0.10", "0.05", "0.02"] }
"#;

/// Who earns what, by member and component, from the list of everybody's.
async fn everybody(server: &Server, seq: u64) -> BTreeMap<(String, String), String> {
    let path = format!("/v1/commissions?min_seq={seq}");
    let call = server.call("GET", &path).role("finance");
    let lines = call.header("accept", "application/x-ndjson").send().await;
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let line = |line: &Value| {
        let of = (text(&line["member"]), text(&line["component"]));
        (of, text(&line["exact"]))
    };
    lines.lines().iter().map(line).collect()
}

/// Compares one member's lines with everybody's; gives the words for how each was had.
async fn same(server: &Server, member: &str, seq: u64) -> Vec<String> {
    // Nothing says how fresh it should be.
    let path = format!("/v1/members/{member}/commissions");
    let told = server.get(&path).await;
    assert_eq!(told["as_of_seq"].as_u64(), Some(seq), "{member}: {told}");
    let all = everybody(server, seq).await;
    let mut live = Vec::new();
    for line in told["lines"].as_array().expect("lines") {
        let how = line["live"].as_str().expect("a word").to_owned();
        let component = line["component"].as_str().expect("a name").to_owned();
        if how == "present" {
            let of = (member.to_owned(), component.clone());
            let expected = all.get(&of).map_or("0.00", String::as_str);
            assert_eq!(line["exact"], expected, "{of:?} as of {seq}: {told}");
        } else {
            assert!(line["swept_seq"].as_u64() <= Some(seq), "{line}");
        }
        let all = all.get(&(member.to_owned(), component));
        let all = all.map_or("0.00", String::as_str);
        explained(server, member, (seq, all), line).await;
        live.push(how);
    }
    let path = format!("/v1/members/{member}/rank-progress");
    let progress = server.get(&path).await;
    assert_eq!(progress["as_of_seq"].as_u64(), Some(seq), "{progress}");
    live
}

/// Compares a line with what it is said to be made of, and that with what a sweep of the same sequence came to for him.
async fn explained(server: &Server, member: &str, (seq, all): (u64, &str), line: &Value) {
    let component = line["component"].as_str().expect("a name");
    let path = format!("/v1/members/{member}/commissions/{component}/explain");
    let told = server.get(&path).await;
    assert_eq!(told["as_of_seq"].as_u64(), Some(seq), "{told}");
    assert_eq!(told["live"], line["live"], "{told}");
    let amount = |value: &Value| units(value.as_str().expect("a decimal"));
    let parts = told["parts"].as_array().expect("parts").iter();
    let sum: i128 = parts.map(|part| amount(&part["amount"])).sum();
    assert_eq!(sum, amount(&told["exact"]), "{told}");
    assert_eq!(told["exact"], all, "{told}");
    let swept = (line["live"] == "swept").then_some(seq);
    assert_eq!(told["swept_seq"].as_u64(), swept, "{told}");
}

#[tokio::test]
async fn an_order_shows_at_once_in_all_but_what_is_shared_out_among_all() {
    let server = Server::planned_by(NETWORK, ALL).await;
    let buyers = ["A2", "B1", "C", "A1", "B", "A", "R"];
    for number in 0..21 {
        let buyer = buyers[number % buyers.len()];
        let volume = format!("{}.50", 13 * number + 20);
        let seq = server.sold(&format!("o{number}"), buyer, &volume).await;
        for member in ["R", "A", "A1", "A2", "B", "B1", "C"] {
            let live = same(&server, member, seq).await;
            assert_eq!(live[..4], ["present"; 4], "{member}");
            assert_eq!(live[4], "swept", "{member}");
        }
    }
    let all = everybody(&server, 0).await;
    for component in ["levels", "team", "start", "match", "leaders"] {
        let paid = all.keys().any(|(_, paid)| paid == component);
        assert!(paid, "nobody earns by {component}");
    }
    // The ceiling is kept over everybody, as a sweep that is up to date has it.
    let totals = server.get("/v1/commissions").await;
    let told = server.get("/v1/members/A/commissions").await;
    let factor = |line: &Value| line["company_factor"].clone();
    for line in [0, 2] {
        let all = factor(&totals["components"][line]);
        assert!(all.is_string(), "the ceiling cuts: {totals}");
        assert_eq!(factor(&told["lines"][line]), all, "{told}");
    }
    let told = server.get("/v1/members/R/rank").await;
    let rank = &told["ladders"][0];
    assert_eq!(
        (&rank["rank"], &rank["next"]),
        (&json!("gold"), &json!(null))
    );
}

#[tokio::test]
async fn ranks_below_count_where_they_say_who_uses_up_a_level() {
    let server = Server::planned_by(NETWORK, ENTITLED).await;
    // The first in A's right leg.
    let joins = json!({
        "id": "A3", "type": "member.enrolled", "at": AT, "data": { "kind": "distributor", "enroller": "A" },
    });
    server.enrol(&joins).await;
    let mut passed = 0;
    for (number, buyer) in ["A2", "B1", "A3", "B", "A2", "A"].into_iter().enumerate() {
        let seq = server.sold(&format!("o{number}"), buyer, "90.00").await;
        for member in ["R", "A", "A1", "B"] {
            assert_eq!(same(&server, member, seq).await, ["present"]);
        }
        let rank = server.get("/v1/members/A/rank").await;
        passed += usize::from(rank["ladders"][0]["rank"] == "silver");
    }
    assert!(passed > 0, "A, who stands between, is silver at times");
}

#[tokio::test]
async fn what_nothing_but_his_own_part_tells_needs_no_sweep() {
    let server = Server::planned().await;
    for (number, volume) in ["100.00", "70.00"].into_iter().enumerate() {
        let seq = server.sold(&format!("o{number}"), "A2", volume).await;
        let live = same(&server, "A1", seq).await;
        assert_eq!(live, ["present"]);
    }
    let told = server.get("/v1/members/A1/commissions").await;
    let line = &told["lines"][0];
    assert_eq!(
        (&line["exact"], &line["swept_seq"]),
        (&json!("17.00"), &json!(null))
    );
}

#[tokio::test]
async fn the_next_month_begins_with_what_the_last_one_left() {
    let server = Server::planned_by(NETWORK, ALL).await;
    server.sold("o1", "A2", "500.00").await;
    let seq = sold(&server, "o2", ("B1", "100.00"), "02-03").await;
    // Until somebody has read what January left, a sweep tells; it reads that.
    for member in ["R", "A", "B"] {
        let path = format!("/v1/members/{member}/commissions?min_seq={seq}");
        server.get(&path).await;
        let told = server.get(&path).await;
        let lines = told["lines"].as_array().expect("lines");
        let all = everybody(&server, told["as_of_seq"].as_u64().expect("a number")).await;
        for line in &lines[..4] {
            assert_eq!(line["live"], "present", "{member}: {line}");
            let component = line["component"].as_str().expect("a name").to_owned();
            let expected = all.get(&(member.to_owned(), component));
            let expected = expected.map_or("0.00", String::as_str);
            assert_eq!(line["exact"], expected, "{member}: {line}");
        }
    }
    // 500 on one leg of R's from January against 100 on the other.
    let told = server.get("/v1/members/R/commissions").await;
    assert_eq!(told["lines"][1]["exact"], "10.00", "{told}");
}

/// An order of some day of the year.
async fn sold(server: &Server, id: &str, (buyer, volume): (&str, &str), day: &str) -> u64 {
    let at = format!("2026-{day}T08:00:00Z");
    server.told(dated(id, buyer, volume, &at)).await
}

#[tokio::test]
async fn a_month_that_rolled_still_changes_and_so_does_what_it_hands_on() {
    let months =
        "[[periods]]\nname = \"month\"\ntype = \"monthly\"\ncutoff = \"120h\"\nlate = \"own\"\n";
    let network: &'static str = format!("{NETWORK}{months}").leak();
    let server = Server::planned_by(network, ALL).await;
    sold(&server, "o1", ("A2", "500.00"), "01-20").await;
    let seq = sold(&server, "o2", ("B1", "100.00"), "02-02").await;
    everybody(&server, seq).await;
    let team = |told: &Value| told["lines"][1]["exact"].clone();
    let told = server.get("/v1/members/R/commissions").await;
    assert_eq!(team(&told), "10.00", "100 against 500 of January: {told}");
    // January takes it: February begins with a right leg that holds 300, so 400 of it stand against 200 now.
    let seq = sold(&server, "o3", ("B1", "300.00"), "01-31").await;
    let told = server
        .get(&format!("/v1/members/R/commissions?min_seq={seq}"))
        .await;
    assert_eq!(
        team(&told),
        "10.00",
        "100 against the 200 that January left: {told}"
    );
    let seq = sold(&server, "o4", ("B1", "200.00"), "02-03").await;
    let told = server
        .get(&format!("/v1/members/R/commissions?min_seq={seq}"))
        .await;
    assert_eq!(
        team(&told),
        "20.00",
        "no more than the 200 that January left: {told}"
    );
    // January's own orders are found although February's were asked for before.
    let path = "/v1/members/A1/commissions?period=2026-01";
    let told = server.get(path).await;
    let start = &told["lines"][2];
    assert_eq!(start["exact"], "100.00", "a fifth of A2's 500: {told}");
    assert_eq!(start["live"], "present");
}

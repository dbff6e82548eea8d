//! What malformed input gets: a table of requests, and the very problem each is answered with.

use super::server::{AT, Server};

/// Code, status, field.
pub(crate) type Expected<'a> = (&'a str, u16, &'a str);

pub(crate) async fn check(
    server: &Server,
    method: &str,
    path: &str,
    body: &str,
    (code, status, field): Expected<'_>,
) {
    let before = server.api.handle().read(|state| state.as_of_seq);
    let call = server
        .call(method, path)
        .role("admin")
        .header("content-type", "application/json");
    let reply = call.body(body.to_owned()).send().await;
    let problem = reply.json();
    let name = format!(
        "{method} {path} {}",
        body.chars().take(120).collect::<String>()
    );
    assert_eq!(problem["code"], code, "{name}: {problem}");
    assert_eq!(reply.status.as_u16(), status, "{name}: {problem}");
    assert_eq!(problem["status"], status, "{name}: {problem}");
    assert_eq!(
        problem["field"].as_str().unwrap_or(""),
        field,
        "{name}: {problem}"
    );
    assert_eq!(
        reply.header("content-type"),
        "application/problem+json",
        "{name}"
    );
    assert_eq!(problem["type"], format!("/problems/{code}"), "{name}");
    assert_eq!(
        problem["request_id"],
        reply.header("x-request-id"),
        "{name}"
    );
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|detail| detail.ends_with('.')),
        "{name}: {problem}"
    );
    if status == 400 && method == "POST" {
        // What is malformed never gets as far as the log.
        assert_eq!(
            server.api.handle().read(|state| state.as_of_seq),
            before,
            "{name}"
        );
    }
}

/// An event of a type with these data.
pub(crate) fn event(id: &str, kind: &str, data: &str) -> String {
    format!("{{\"id\":\"{id}\",\"type\":\"{kind}\",\"at\":\"{AT}\",\"data\":{data}}}")
}

/// An order's event with this field of its data set to this JSON.
fn order_with(field: &str, value: &str) -> String {
    event(
        "bad",
        "order.accepted",
        &format!("{{\"member\":\"A\",\"{field}\":{value}}}"),
    )
}

#[tokio::test]
async fn the_shape_of_an_event_is_refused_by_name() {
    let server = Server::started().await;
    let deep = format!("{}1{}", "[".repeat(40), "]".repeat(40));
    let long_id = "x".repeat(65);
    for (body, expected) in [
        ("", ("bad_json", 400, "")),
        ("{", ("bad_json", 400, "")),
        ("7", ("wrong_type", 400, "")),
        (deep.as_str(), ("too_deep", 400, "")),
        ("{\"id\":\"a\",\"id\":\"b\"}", ("duplicate_key", 400, "id")),
        ("{}", ("missing_field", 400, "id")),
        ("{\"id\":\"a\"}", ("missing_field", 400, "type")),
        (
            "{\"id\":\"a\",\"type\":\"order.accepted\"}",
            ("missing_field", 400, "at"),
        ),
        (
            "{\"id\":\"a\",\"kind\":\"x\"}",
            ("unknown_field", 400, "kind"),
        ),
        (
            &event("a", "order.accepted", "7"),
            ("wrong_type", 400, "data"),
        ),
        (
            &event("a", "order.shipped", "{}"),
            ("bad_value", 400, "type"),
        ),
        (
            &event("a", "time.advanced", "{}"),
            ("bad_value", 400, "type"),
        ),
        (
            &event("a", "calendar.extended", "{}"),
            ("bad_value", 400, "type"),
        ),
        (&event("", "order.accepted", "{}"), ("bad_id", 400, "id")),
        (&event(" a", "order.accepted", "{}"), ("bad_id", 400, "id")),
        (
            &event("a\\u0007b", "order.accepted", "{}"),
            ("bad_id", 400, "id"),
        ),
        (
            &event(&long_id, "order.accepted", "{}"),
            ("bad_id", 400, "id"),
        ),
        (
            &event("a", "order.accepted", "{}"),
            ("missing_field", 400, "data.member"),
        ),
        (
            &event("a", "order.accepted", "{\"buyer\":\"A\"}"),
            ("unknown_field", 400, "data.buyer"),
        ),
    ] {
        check(&server, "POST", "/v1/events", body, expected).await;
    }
}

#[tokio::test]
async fn the_first_fields_of_an_event_are_refused_by_name() {
    let server = Server::started().await;
    for (body, expected) in [
        (
            &order_with("centre", "0"),
            ("out_of_range", 400, "data.centre"),
        ),
        (
            &order_with("centre", "\"1\""),
            ("wrong_type", 400, "data.centre"),
        ),
        (
            &order_with("volumes", "[]"),
            ("wrong_type", 400, "data.volumes"),
        ),
        (
            &order_with("volumes", "{\"cv\":100}"),
            ("wrong_type", 400, "data.volumes.cv"),
        ),
        (
            &order_with("volumes", "{\"cv\":\"-1\"}"),
            ("out_of_range", 400, "data.volumes.cv"),
        ),
        (
            &order_with("volumes", "{\"cv\":\"1.00001\"}"),
            ("too_precise", 400, "data.volumes.cv"),
        ),
        (
            &order_with("volumes", "{\"cv\":\"1e3\"}"),
            ("bad_number", 400, "data.volumes.cv"),
        ),
        (
            &order_with("volumes", "{\"cv\":\"1000000000001\"}"),
            ("out_of_range", 400, "data.volumes.cv"),
        ),
        (
            &order_with("volumes", "{\"gold\":\"1\"}"),
            ("unknown_name", 422, "data.volumes.gold"),
        ),
        (
            &order_with("amount", "12.5"),
            ("wrong_type", 400, "data.amount"),
        ),
        (
            &order_with("amount", "\"-12.5\""),
            ("out_of_range", 400, "data.amount"),
        ),
        (
            &order_with("amount", "{\"amount\":1,\"currency\":\"USD\"}"),
            ("wrong_type", 400, "data.amount.amount"),
        ),
    ] {
        check(&server, "POST", "/v1/events", body, expected).await;
    }
}

#[tokio::test]
async fn the_numbers_of_an_event_are_refused_by_name() {
    let server = Server::started().await;
    for (body, expected) in [
        (
            "{\"id\":\"a\",\"type\":\"order.accepted\",\"at\":\"yesterday\",\"data\":{}}",
            ("bad_time", 400, "at"),
        ),
        (
            &order_with("currency", "\"usd\""),
            ("bad_value", 400, "data.currency"),
        ),
        (
            &order_with("class", "\"\""),
            ("bad_value", 400, "data.class"),
        ),
        (
            &order_with("lines", "[{\"sku\":7}]"),
            ("wrong_type", 400, "data.lines[0].sku"),
        ),
        (
            &order_with("lines", "[{\"sku\":\"S\",\"price\":\"1\"}]"),
            ("unknown_field", 400, "data.lines[0].price"),
        ),
        (
            "{\"id\":\"a\",\"type\":\"order.accepted\",\"at\":1700000000,\"data\":{}}",
            ("wrong_type", 400, "at"),
        ),
        (
            &event("a", "member.enrolled", "{\"kind\":\"boss\"}"),
            ("bad_value", 400, "data.kind"),
        ),
        (
            &event(
                "a",
                "member.enrolled",
                "{\"placements\":[{\"tree\":\"binary\"}]}",
            ),
            ("bad_value", 400, "data.placements[0].parent"),
        ),
        (
            &event(
                "a",
                "member.enrolled",
                "{\"placements\":[{\"tree\":\"binry\",\"root\":true}]}",
            ),
            ("unknown_name", 422, "data.placements[0].tree"),
        ),
        (
            &event("a", "tree.moved", "{\"tree\":\"binary\",\"member\":\"A\"}"),
            ("bad_value", 400, "data.parent"),
        ),
    ] {
        check(&server, "POST", "/v1/events", body, expected).await;
    }
}

#[tokio::test]
async fn the_other_facts_are_refused_by_name() {
    let server = Server::started().await;
    for (body, expected) in [
        (
            &event("a", "order.refunded", "{\"order\":\"o\"}"),
            ("missing_field", 400, "data.full"),
        ),
        (
            &event(
                "a",
                "volume.adjusted",
                "{\"member\":\"A\",\"volumes\":{\"cv\":\"1\"}}",
            ),
            ("missing_field", 400, "data.reason"),
        ),
        (
            &event("a", "token.created", "{\"hash\":\"00\",\"role\":\"admin\"}"),
            ("bad_value", 400, "data.hash"),
        ),
    ] {
        check(&server, "POST", "/v1/events", body, expected).await;
    }
}

/// Method, path and body of a request, and the code, status and field it is refused with.
type Refused = (
    &'static str,
    &'static str,
    &'static str,
    (&'static str, u16, &'static str),
);

const PATHS_AND_QUERIES: [Refused; 37] = [
    ("GET", "/v1/nothing", "", ("not_found", 404, "")),
    ("GET", "/", "", ("not_found", 404, "")),
    (
        "DELETE",
        "/v1/members/A",
        "",
        ("method_not_allowed", 405, ""),
    ),
    (
        "GET",
        "/v1/members/nobody",
        "",
        ("unknown_member", 404, "member"),
    ),
    (
        "GET",
        "/v1/members/nobody/volumes",
        "",
        ("unknown_member", 404, "member"),
    ),
    (
        "GET",
        "/v1/orders/nothing",
        "",
        ("unknown_order", 404, "order"),
    ),
    (
        "GET",
        "/v1/trees/oak/holding-tank",
        "",
        ("unknown_tree", 404, "tree"),
    ),
    (
        "GET",
        "/v1/members/A/upline?tree=oak",
        "",
        ("unknown_tree", 404, "tree"),
    ),
    (
        "GET",
        "/v1/members/A/upline?limit=0",
        "",
        ("bad_value", 400, "limit"),
    ),
    (
        "GET",
        "/v1/members/A/upline?limit=1001",
        "",
        ("bad_value", 400, "limit"),
    ),
    (
        "GET",
        "/v1/members/A/upline?limit=x",
        "",
        ("bad_value", 400, "limit"),
    ),
    (
        "GET",
        "/v1/members/A/upline?lmit=1",
        "",
        ("unknown_parameter", 400, "lmit"),
    ),
    (
        "GET",
        "/v1/members/A/upline?limit=1&limit=2",
        "",
        ("duplicate_key", 400, "limit"),
    ),
    (
        "GET",
        "/v1/members/A/upline?cursor=AAAA",
        "",
        ("bad_cursor", 400, "cursor"),
    ),
    (
        "GET",
        "/v1/members/A/downline?sort=volume&cursor=x",
        "",
        ("bad_cursor", 400, "cursor"),
    ),
    (
        "GET",
        "/v1/members/A/downline?sort=age",
        "",
        ("bad_value", 400, "sort"),
    ),
    (
        "GET",
        "/v1/members/A?min_seq=soon",
        "",
        ("bad_value", 400, "min_seq"),
    ),
    (
        "GET",
        "/v1/trees/binary/relation?a=A",
        "",
        ("missing_field", 400, "b"),
    ),
    ("GET", "/v1/members?query=%ff", "", ("bad_utf8", 400, "")),
    ("GET", "/v1/members/%ff", "", ("bad_request", 400, "")),
    ("GET", "/problems/nothing", "", ("not_found", 404, "")),
    (
        "POST",
        "/v1/trees/oak/moves",
        "{}",
        ("unknown_tree", 404, "tree"),
    ),
    (
        "POST",
        "/v1/trees/oak/placements",
        "{}",
        ("unknown_tree", 404, "tree"),
    ),
    (
        "POST",
        "/v1/members/A/status",
        "{\"status\":\"open\"}",
        ("missing_field", 400, "id"),
    ),
    (
        "POST",
        "/v1/members/A/status",
        "{\"id\":\"f\",\"status\":\"gone\"}",
        ("bad_value", 400, "status"),
    ),
    (
        "POST",
        "/v1/members/A/status",
        "{\"id\":\"f\",\"member\":\"B\"}",
        ("unknown_field", 400, "member"),
    ),
    (
        "POST",
        "/v1/members/nobody/status",
        "{\"id\":\"f\",\"status\":\"open\"}",
        ("unknown_member", 404, "member"),
    ),
    (
        "POST",
        "/v1/orders/nothing/refunds",
        "{\"id\":\"f\",\"full\":true}",
        ("unknown_order", 404, "order"),
    ),
    (
        "POST",
        "/v1/tokens/nothing/revoke",
        "{\"id\":\"f\"}",
        ("unknown_token", 404, "token"),
    ),
    (
        "POST",
        "/v1/periods/year:2026/close",
        "{\"id\":\"f\"}",
        ("unknown_period", 404, "period"),
    ),
    (
        "POST",
        "/v1/periods/2099-01/close",
        "{\"id\":\"f\"}",
        ("unknown_period", 404, "period"),
    ),
    (
        "POST",
        "/v1/tokens",
        "{\"id\":\"f\",\"role\":\"king\"}",
        ("bad_value", 400, "role"),
    ),
    (
        "POST",
        "/v1/tokens",
        "{\"id\":\"f\",\"role\":\"member\"}",
        ("bad_value", 400, "member"),
    ),
    (
        "POST",
        "/v1/tokens",
        "{\"id\":\"f g\",\"role\":\"admin\"}",
        ("bad_id", 400, "id"),
    ),
    (
        "POST",
        "/v1/batch-get",
        "{\"members\":[\"A\"]}",
        ("missing_field", 400, "figures"),
    ),
    (
        "POST",
        "/v1/batch-get",
        "{\"members\":[7],\"figures\":[]}",
        ("wrong_type", 400, "members[0]"),
    ),
    (
        "POST",
        "/v1/events?atomic=perhaps",
        "{}",
        ("bad_value", 400, "atomic"),
    ),
];

#[tokio::test]
async fn paths_headers_and_queries_are_refused_by_name() {
    let server = Server::started().await;
    for (method, path, body, expected) in PATHS_AND_QUERIES {
        check(&server, method, path, body, expected).await;
    }
    let long = format!("/v1/members/{}", "x".repeat(9_000));
    for (method, path, body, expected) in [("GET", long.as_str(), "", ("uri_too_long", 414, ""))] {
        check(&server, method, path, body, expected).await;
    }
}

#[tokio::test]
async fn bodies_of_the_wrong_kind_are_refused() {
    let server = Server::started().await;
    let post = |path: &str| server.call("POST", path).role("admin");
    let large = format!("\"{}\"", "x".repeat(1 << 20));
    let reply = post("/v1/events")
        .header("content-type", "application/json")
        .body(large)
        .send()
        .await;
    assert_eq!(
        (reply.status.as_u16(), reply.code().as_str()),
        (413, "body_too_large")
    );
    for (header, value, code) in [
        ("content-type", "text/csv", "wrong_content_type"),
        (
            "content-type",
            "application/x-www-form-urlencoded",
            "wrong_content_type",
        ),
        ("content-encoding", "gzip", "compressed_body"),
        ("content-encoding", "zstd", "compressed_body"),
    ] {
        let reply = post("/v1/events")
            .header(header, value)
            .body("{}")
            .send()
            .await;
        assert_eq!(
            (reply.status.as_u16(), reply.code().as_str()),
            (415, code),
            "{header}: {value}"
        );
    }
    let reply = server
        .call("DELETE", "/v1/members/A")
        .role("admin")
        .send()
        .await;
    assert_eq!(reply.header("allow"), "PATCH,GET,HEAD");
    let reply = server
        .call("POST", "/v1/events")
        .role("admin")
        .body(b"{\"id\":\"\xff\"}".to_vec())
        .send()
        .await;
    assert_eq!(
        (reply.status.as_u16(), reply.code().as_str()),
        (400, "bad_utf8")
    );
}

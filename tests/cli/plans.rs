//! Plan documents on the command line: a start with one, events that carry them, a copy that has lost one.

use std::fs;

use super::{Desk, ended, json};
use crate::http::plans::document;

const NETWORK: &str = "clock = \"events\"\nvolume_kinds = [\"cv\", \"pv\"]\n";

/// The second plan, which is judged as orders come in.
fn second() -> String {
    document("0.06") + "judged = \"order\"\n"
}

/// A directory `a` whose first start as a server took a plan, with a token of the role `admin`; another plan counts from the next
/// period on.
fn planned() -> (Desk, String) {
    let desk = Desk::new();
    desk.write("network.toml", NETWORK);
    desk.write("plan.toml", &document("0.05"));
    let line = ["token", "create", "--role", "admin", "--data", "a"];
    let token = desk.done(&[&line[..], &["--network", "network.toml"]].concat());
    let mut server = desk.serve(&["--data", "a", "--plan", "plan.toml"]);
    let (url, token) = (server.url.clone(), token.trim().to_owned());
    let agent: ureq::Agent = ureq::Agent::config_builder().build().into();
    let bearer = format!("Bearer {token}");
    let put = agent.put(format!("{url}/v1/plans/a%20b"));
    let put = put
        .header("authorization", &bearer)
        .header("content-type", "application/toml");
    let drafted = put.send(second()).expect("an answer");
    assert_eq!(drafted.status(), 200);
    let post = agent.post(format!("{url}/v1/plans/a%20b/activate"));
    let post = post
        .header("authorization", &bearer)
        .header("idempotency-key", "second");
    let activated = post.send_empty().expect("an answer");
    assert_eq!(activated.status(), 200);
    let mut export = desk.command(&["export", "events", "--url", &url, "--out", "s.ndjson"]);
    let export = export.env("ARBORLINE_TOKEN", &token);
    let (code, _, err) = ended(&export.output().expect("the program runs"));
    assert_eq!(code, 0, "{err}");
    assert_eq!(server.stop(), Some(0));
    (desk, token)
}

/// The events of a directory about plans, without what another log adds.
fn told(desk: &Desk, data: &str) -> Vec<String> {
    let shown = desk.done(&["log", "show", "--data", data, "--json"]);
    let events = shown.lines().map(json);
    let plans = events.filter(|event| {
        let kind = event["type"].as_str().unwrap_or_default();
        kind.starts_with("plan.")
    });
    plans
        .map(|event| format!("{} {} {}", event["id"], event["type"], event["data"]))
        .collect()
}

#[test]
fn a_start_takes_a_plan_and_events_carry_it() {
    let (desk, _) = planned();
    let all = told(&desk, "a");
    assert_eq!(all.len(), 4, "{all:?}");
    let posts = "\"posts\":[{\"compressed\":true,\"levels\":1,\"tree\":\"enroller\"}]";
    assert!(
        all[2].contains(posts) && !all[0].contains("posts"),
        "{all:?}"
    );
    desk.done(&["export", "events", "--data", "a", "--out", "d.ndjson"]);
    for (file, data) in [("d.ndjson", "b"), ("s.ndjson", "c")] {
        let line = ["import", file, "--data", data, "--network", "network.toml"];
        desk.done(&line);
        assert_eq!(told(&desk, data), all, "{file}");
        let again = json(&desk.done(&[&line[..], &["--json"]].concat()));
        assert_eq!(
            (&again["accepted"], &again["refused"]),
            (&0.into(), &0.into()),
            "{again}"
        );
        desk.done(&["verify", "--data", data]);
    }
    // A later start reads the document and leaves it.
    desk.write("plan.toml", &document("0.09"));
    let mut server = desk.serve(&["--data", "b", "--plan", "plan.toml"]);
    assert_eq!(server.stop(), Some(0));
    assert_eq!(told(&desk, "b"), all);
}

#[test]
fn an_import_stops_at_a_draft_it_cannot_tell() {
    let (desk, _) = planned();
    desk.done(&["export", "events", "--data", "a", "--out", "e.ndjson"]);
    let events = fs::read_to_string(desk.path("e.ndjson")).expect("events");
    for (name, from, to, what) in [
        ("a.ndjson", "\"text\":", "\"texts\":", "not in the line"),
        ("b.ndjson", "0.05", "0.04", "does not have the hash"),
        ("c.ndjson", "\"set\":\"main\"", "\"set\":\"\"", "is no id"),
        (
            "d.ndjson",
            "\"levels\":1",
            "\"levels\":256",
            "is no list of a known tree",
        ),
        (
            "e.ndjson",
            "\"levels\":1,\"tree\":\"",
            "\"levels\":1,\"tree\":\"x",
            "is no list of a known tree",
        ),
    ] {
        let wrong = events.replace(from, to);
        assert_ne!(wrong, events, "{name}");
        desk.write(name, &wrong);
        let data = &name[..1].to_uppercase();
        let line = ["import", name, "--data", data, "--network", "network.toml"];
        let (code, out, err) = desk.run(&line);
        assert!(code == 2 && err.contains(what), "{name}: {code} {out}{err}");
        assert!(err.contains("all before it is told"), "{err}");
        let held = told(&desk, data).len();
        assert_eq!(held, if name < "d" { 0 } else { 2 }, "{name}");
    }
    desk.write(
        "other.toml",
        "clock = \"events\"\nvolume_kinds = [\"qv\", \"pv\"]\n",
    );
    let line = [
        "import",
        "e.ndjson",
        "--data",
        "o",
        "--network",
        "other.toml",
    ];
    let (code, out, err) = desk.run(&line);
    assert!(
        code == 2 && err.contains("does not hold in this network") && err.contains("qv"),
        "{code} {out}{err}"
    );
}

#[test]
fn a_copy_without_a_plan_that_counts_is_named() {
    let (desk, _) = planned();
    let hash = blake3::hash(second().as_bytes()).to_hex();
    let path = desk.path("a").join("documents").join(hash.as_str());
    fs::remove_file(path).expect("it was kept");
    for line in [&["verify", "--data", "a"][..], &["serve", "--data", "a"]] {
        let (code, out, err) = desk.run(line);
        assert!(
            code != 0 && err.contains(hash.as_str()),
            "{line:?}: {code} {out}{err}"
        );
    }
}

#[test]
fn a_wrong_plan_is_told_by_line() {
    let desk = Desk::new();
    desk.write("network.toml", NETWORK);
    desk.write(
        "plan.toml",
        &document("0.05").replace("unilevel", "unilevl"),
    );
    for (plan, part) in [("plan.toml", "line 7"), ("absent.toml", "cannot be read")] {
        let line = [
            "serve",
            "--data",
            "a",
            "--network",
            "network.toml",
            "--plan",
            plan,
        ];
        let (code, out, err) = desk.run(&line);
        assert!(code == 2 && err.contains(part), "{code} {out}{err}");
    }
}

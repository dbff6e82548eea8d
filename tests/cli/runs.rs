//! Runs on the command line: listed, shown, exported, verified; and what becomes of them on another machine.

use std::fs;

use super::{Desk, ended, json};
use crate::http::server::PLAN;

const NETWORK: &str = "clock = \"events\"\nvolume_kinds = [\"cv\", \"pv\"]\n";

/// A directory `a` with three closed months, two of which sold something, that a server has paid; and a token.
fn paid() -> (Desk, String) {
    let desk = Desk::new();
    desk.write("network.toml", NETWORK);
    desk.write("plan.toml", PLAN);
    let line = ["token", "create", "--role", "admin", "--data", "a"];
    let token = desk.done(&[&line[..], &["--network", "network.toml"]].concat());
    let mut server = desk.serve(&["--data", "a", "--plan", "plan.toml"]);
    let ready = ureq::get(format!("{}/healthz", server.url)).call();
    assert_eq!(ready.expect("an answer").status(), 200);
    assert_eq!(server.stop(), Some(0));
    desk.write(
        "members.csv",
        "member,enroller,joined_at\nA,,2026-01-05\nB,A,2026-01-05\nC,B,2026-01-06\n",
    );
    desk.write(
        "orders.csv",
        "order,member,ordered_at,amount\no1,C,2026-01-10,100.00\no2,C,2026-02-10,50.00\no3,C,2026-05-10,1.00\n",
    );
    desk.done(&["import", "members.csv", "orders.csv", "--data", "a"]);
    (desk, token.trim().to_owned())
}

/// Serves a directory until all its closed periods are paid.
fn pay(desk: &Desk, data: &str) {
    let mut server = desk.serve(&["--data", data]);
    let agent: ureq::Agent = ureq::Agent::config_builder().build().into();
    for _ in 0..2_000 {
        let metrics = agent.get(format!("{}/metrics", server.url)).call();
        let mut metrics = metrics.expect("an answer");
        let text = metrics.body_mut().read_to_string().expect("text");
        if text.contains("arborline_runs_due 0") && !text.contains("arborline_runs_posted 0") {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn runs_are_listed_shown_exported_and_verified() {
    let (desk, token) = paid();
    pay(&desk, "a");
    let listed = json(&desk.done(&["run", "list", "--data", "a", "--json"]));
    let runs = listed["runs"].as_array().expect("runs");
    let sold = |id: &str| runs.iter().find(|run| run["id"] == id).expect("a run");
    assert_eq!(sold("month:2026-01")["totals"][0]["amount"], "15.00");
    assert_eq!(sold("month:2026-02")["totals"][0]["amount"], "7.50");
    assert!(runs.iter().all(|run| run["state"] == "paid"), "{listed}");
    let plain = desk.done(&["run", "list", "--data", "a"]);
    assert_eq!(plain.lines().count(), runs.len());
    let shown = desk.done(&["run", "show", "month:2026-01", "--data", "a"]);
    let digest = sold("month:2026-01")["digest"].as_str().expect("a digest");
    assert!(
        shown.contains(digest) && shown.contains("15.00 USD"),
        "{shown}"
    );
    let csv = desk.done(&["run", "export", "month:2026-01", "--data", "a"]);
    assert_eq!(
        csv,
        "member,component,amount,currency,exact,after_factor,clawback_of\nA,levels,5.00,USD,5.00,,\nB,levels,10.00,USD,10.00,,\n"
    );
    let ndjson = ["run", "export", "month:2026-01", "--format", "ndjson"];
    let lines = desk.done(&[&ndjson[..], &["--data", "a"]].concat());
    assert_eq!(
        json(lines.lines().next().expect("a line"))["amount"],
        "5.00"
    );

    // A server says the same.
    let mut server = desk.serve(&["--data", "a"]);
    for (line, same) in [
        (&["run", "export", "month:2026-01"][..], csv.as_str()),
        (&ndjson[..], lines.as_str()),
        (&["run", "show", "month:2026-01"][..], shown.as_str()),
        (&["run", "list"][..], plain.as_str()),
    ] {
        let mut command = desk.command(&[line, &["--url", &server.url]].concat());
        let output = command.env("ARBORLINE_TOKEN", &token).output();
        let (code, out, err) = ended(&output.expect("the program runs"));
        assert_eq!((code, out.as_str()), (0, same), "{line:?} {err}");
    }
    assert_eq!(server.stop(), Some(0));
    let (code, _, err) = desk.run(&["run", "show", "month:2031-01", "--data", "a"]);
    assert!(code != 0 && err.contains("month:2031-01"), "{err}");

    let verified = json(&desk.done(&["verify", "--data", "a", "--json"]));
    assert_eq!(verified["runs"], runs.len());
    let path = desk.path("a").join("runs").join(digest);
    let whole = fs::read(&path).expect("it is there");
    let mut wrong = whole.clone();
    let last = wrong.len() - 1;
    wrong[last] ^= 1;
    fs::write(&path, wrong).expect("to write");
    let (code, out, _) = desk.run(&["verify", "--data", "a"]);
    assert!(
        code == 1 && out.contains("1 wrong") && out.contains(digest),
        "{out}"
    );
    fs::remove_file(&path).expect("it was there");
    let (code, out, _) = desk.run(&["verify", "--data", "a"]);
    assert!(code == 1 && out.contains("month:2026-01"), "{out}");
    assert!(!path.exists(), "verify writes nothing");
    fs::write(&path, whole).expect("to write");
    desk.done(&["verify", "--data", "a"]);
}

#[test]
fn runs_are_not_imported_but_paid_anew() {
    let (desk, _) = paid();
    pay(&desk, "a");
    desk.done(&["export", "events", "--data", "a", "--out", "a.ndjson"]);
    let exported = fs::read_to_string(desk.path("a.ndjson")).expect("lines");
    assert!(exported.contains("run.posted"));
    let line = [
        "import",
        "a.ndjson",
        "--data",
        "b",
        "--network",
        "network.toml",
    ];
    let dry = json(&desk.done(&[&line[..], &["--dry-run", "--json"]].concat()));
    let done = json(&desk.done(&[&line[..], &["--json"]].concat()));
    assert_eq!((&dry["refused"], &done["refused"]), (&0.into(), &0.into()));
    pay(&desk, "b");
    for run in ["month:2026-01", "month:2026-02"] {
        let lines = |data| desk.done(&["run", "export", run, "--data", data]);
        assert_eq!(lines("a"), lines("b"), "{run}");
    }
    desk.done(&["verify", "--data", "b"]);
    let help = desk.done(&["import", "--help"]);
    assert!(help.contains("Runs are consequences"), "{help}");
}

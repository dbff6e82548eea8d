//! `plan check`, `plan sample` and `plan book` as a person at a terminal has them.

use arborline::document::plan::{pages, sample};
use arborline::plan::KINDS;

use super::{Desk, json};

#[test]
fn every_sample_is_checked_and_shown() {
    let desk = Desk::new();
    let kinds = KINDS.iter().map(|kind| kind.name);
    for kind in kinds.chain(["hybrid"]) {
        let text = desk.done(&["plan", "sample", kind]);
        desk.write("plan.toml", &text);
        let told = desk.done(&["plan", "check", "plan.toml"]);
        assert!(
            told.starts_with("plan.toml: ok\n") && !told.contains("warning"),
            "{kind}: {told}"
        );
    }
    // Without a word there is the hybrid.
    assert_eq!(desk.done(&["plan", "sample"]), sample::HYBRID);
    assert_eq!(desk.done(&["plan", "book"]), pages::book());
    let (code, _, err) = desk.run(&["plan", "sample", "unilevle"]);
    assert!(code == 2 && err.contains("'unilevel'"), "{code} {err}");
}

#[test]
fn a_right_plan_is_summed_up_with_its_warnings() {
    let desk = Desk::new();
    let text = sample::HYBRID.replace(
        "rates = [\"0.08\", \"0.05\"]",
        "rates = [\"1.08\", \"0.05\"]",
    );
    desk.write("plan.toml", &text);
    let told = desk.done(&["plan", "check", "plan.toml"]);
    for line in [
        "Hybrid, in USD",
        "ladder ranks, by month, on enroller: silver, gold, platinum",
        "plan main, on the ladder ranks:",
        "  personal-tier: personal, by month, present; reads cv entered in enroller, group pv of enroller",
        "  check-match: matching, by month, present; reads links of enroller, amounts of level-pay",
        "company_cap: 0.45 of cv over personal-tier, level-pay, generations, check-match, leaders-pool",
        "warning: the component `level-pay` can pay 1.22 of the volume `cv`: more than all of it",
    ] {
        assert!(told.lines().any(|other| other == line), "{line}\n{told}");
    }
    let told = json(&desk.done(&["plan", "check", "plan.toml", "--json"]));
    assert_eq!(told["warnings"].as_array().map(Vec::len), Some(1), "{told}");
    assert_eq!(told["set"]["ladders"][0]["ranks"][2], "platinum");
    let component = &told["set"]["plans"][0]["components"][3];
    assert_eq!(component["kind"], "matching");
    assert_eq!(
        (&component["live"], &component["reads"][1]),
        (&"present".into(), &"amounts of level-pay".into())
    );
}

#[test]
fn derived_kinds_are_told_in_words() {
    let desk = Desk::new();
    let text = desk.done(&["plan", "sample", "fast_start"]);
    desk.write("plan.toml", &text);
    let told = desk.done(&["plan", "check", "plan.toml"]);
    for line in [
        "kind regular: cv (60 days after joining and later)",
        "  later-levels: unilevel, by month, present; reads links of enroller, regular entered in enroller",
        "  fast-start: fast_start, by month, present; reads links of enroller, cv (within 60 days of joining) entered in enroller",
    ] {
        assert!(told.lines().any(|other| other == line), "{line}\n{told}");
    }
    let told = json(&desk.done(&["plan", "check", "plan.toml", "--json"]));
    let kind = &told["set"]["kinds"][0];
    assert_eq!(
        (&kind["name"], &kind["of"]),
        (&"regular".into(), &"cv".into())
    );
}

#[test]
fn what_is_written_down_with_orders_is_told() {
    let desk = Desk::new();
    let text = desk.done(&["plan", "sample", "unilevel"]);
    let at_order = text.replace(
        "kind = \"unilevel\"",
        "kind = \"unilevel\"\njudged = \"order\"",
    );
    assert_ne!(text, at_order);
    desk.write("plan.toml", &at_order);
    let told = desk.done(&["plan", "check", "plan.toml"]);
    let line =
        "written down with each order: 5 above in enroller, active ones only; at most 72 bytes";
    assert!(told.lines().any(|other| other == line), "{told}");
    assert!(
        told.contains("by month, swept; reads cv, with who stood above in enroller"),
        "{told}"
    );
    let told = json(&desk.done(&["plan", "check", "plan.toml", "--json"]));
    let posts = &told["set"]["posts"];
    assert_eq!(
        posts[0],
        serde_json::json!({"tree": "enroller", "levels": 5, "compressed": true})
    );
    assert_eq!(told["set"]["posted_bytes_max"], 72);
    desk.write("plan.toml", &text);
    let told = desk.done(&["plan", "check", "plan.toml"]);
    assert!(!told.contains("written down"), "{told}");
}

#[test]
fn a_wrong_plan_is_told_whole() {
    let desk = Desk::new();
    desk.write(
        "weeks.toml",
        "[[periods]]\nname = \"week\"\ntype = \"weekly\"\n",
    );
    desk.write("wrong.toml", "clock = \"wal\"\n");
    desk.write("plan.toml", &sample::HYBRID.replace("currency", "curency"));
    let (code, out, err) = desk.run(&["plan", "check", "plan.toml"]);
    assert!(code == 1 && err.is_empty(), "{code} {out}{err}");
    assert!(
        out.starts_with("plan.toml: 2 to mend\n") && out.contains("line 5, curency"),
        "{out}"
    );
    let (code, out, _) = desk.run(&["plan", "check", "plan.toml", "--json"]);
    let told = json(&out);
    assert_eq!(
        (code, told["problems"].as_array().map(Vec::len)),
        (1, Some(2)),
        "{out}"
    );
    // The names are those of the network it is for.
    desk.write("plan.toml", sample::HYBRID);
    let (code, out, _) = desk.run(&["plan", "check", "plan.toml", "--network", "weeks.toml"]);
    assert!(
        code == 1 && out.contains("ladders[0].period: given \"month\"; allowed: week"),
        "{out}"
    );
    for (part, line) in [
        (
            "absent.toml cannot be read",
            ["absent.toml", "--network", "weeks.toml"],
        ),
        (
            "absent.toml cannot be read",
            ["plan.toml", "--network", "absent.toml"],
        ),
        (
            "the network document wrong.toml is wrong",
            ["plan.toml", "--network", "wrong.toml"],
        ),
    ] {
        let (code, out, err) = desk.run(&[&["plan", "check"], &line[..]].concat());
        assert!(
            code == 2 && err.contains(part),
            "{line:?}: {code} {out}{err}"
        );
    }
}

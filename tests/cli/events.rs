//! Events of a network whose document changed: from one directory to another, document by document.

use super::{Desk, json};

const NETWORK: &str = "clock = \"events\"\nvolume_kinds = [\"cv\", \"pv\"]\n";
const WIDER: &str = "clock = \"events\"\nvolume_kinds = [\"cv\", \"pv\", \"qv\"]\n";

/// A directory `a` whose document changed between orders, the last of them of the new kind, and its events.
fn exported() -> Desk {
    let desk = Desk::new();
    desk.write("network.toml", NETWORK);
    desk.write("wider.toml", WIDER);
    desk.write("other.toml", &format!("{WIDER}# Another hash.\n"));
    let members = "member,enroller,joined_at\na,,2026-01-02\nb,a,2026-01-03\n";
    desk.write("members.csv", members);
    for (name, more, row) in [
        ("january.csv", "", "o1,b,2026-01-10,1,5"),
        ("february.csv", "", "o2,b,2026-02-10,1,5"),
        ("wider.csv", ",qv", "o3,b,2026-02-11,1,5,7"),
    ] {
        desk.write(
            name,
            &format!("order,member,ordered_at,amount,cv{more}\n{row}\n"),
        );
    }
    let import = |line: &[&str]| {
        desk.done(
            &[
                &["import", "--data", "a", "--network", "network.toml"],
                line,
            ]
            .concat(),
        )
    };
    import(&["members.csv", "january.csv"]);
    change(&desk, "wider.toml", "a");
    import(&["--orders", "february.csv"]);
    import(&["--orders", "wider.csv"]);
    desk.done(&["export", "events", "--data", "a", "--out", "e.ndjson"]);
    desk
}

fn change(desk: &Desk, document: &str, data: &str) {
    let begins = ["--begins", "month", "--id", "w1"];
    desk.done(
        &[
            &["network", "change", document, "--data", data],
            &begins[..],
        ]
        .concat(),
    );
}

fn import(desk: &Desk, network: &str, data: &str) -> (i32, String, String) {
    let line = [
        "import",
        "e.ndjson",
        "--data",
        data,
        "--network",
        network,
        "--json",
    ];
    desk.run(&line)
}

/// Whether a directory has come to what the exported one is.
fn check(desk: &Desk, data: &str) {
    for what in ["members", "orders"] {
        let of = |data: &str| desk.done(&["export", what, "--data", data]);
        assert_eq!(of(data), of("a"), "{what} of {data}");
    }
    let verified = json(&desk.done(&["verify", "--data", data, "--json"]));
    assert_eq!(verified["found"], 0, "{verified}");
}

#[test]
fn an_import_stops_at_a_change_until_its_document_is_told() {
    let desk = exported();
    for _ in 0..2 {
        let (code, out, err) = import(&desk, "network.toml", "b");
        assert_eq!(code, 2, "{out}{err}");
        for part in [
            "e.ndjson row 5: the network changes",
            "arborline network change DOCUMENT --id w1 --begins month",
        ] {
            assert!(err.contains(part), "{err}");
        }
    }
    let (before, all) = (
        desk.done(&["export", "orders", "--data", "b"]),
        desk.done(&["export", "orders", "--data", "a"]),
    );
    assert_eq!(
        (before.lines().count(), all.lines().count()),
        (2, 4),
        "{before}"
    );
    change(&desk, "wider.toml", "b");
    let (code, out, err) = import(&desk, "network.toml", "b");
    let told = json(&out);
    assert_eq!(
        (code, &told["accepted"], &told["repeated"]),
        (0, &2.into(), &4.into()),
        "{out}{err}"
    );
    check(&desk, "b");
}

#[test]
fn another_document_under_the_same_id_is_told_apart() {
    let desk = exported();
    assert_eq!(import(&desk, "network.toml", "b").0, 2);
    change(&desk, "other.toml", "b");
    let (code, out, err) = import(&desk, "network.toml", "b");
    let told = json(&out);
    assert_eq!((code, &told["refused"]), (1, &1.into()), "{out}{err}");
    assert!(out.contains("`document` was different"), "{out}");
}

#[test]
fn a_network_founded_with_the_later_document_needs_no_telling() {
    let desk = exported();
    let (code, out, err) = import(&desk, "wider.toml", "b");
    assert_eq!(
        (code, &json(&out)["accepted"]),
        (0, &5.into()),
        "{out}{err}"
    );
    check(&desk, "b");
    let dry = [
        "import",
        "e.ndjson",
        "--data",
        "c",
        "--dry-run",
        "--network",
    ];
    for (network, expected) in [("wider.toml", 0), ("network.toml", 2)] {
        let (code, out, err) = desk.run(&[&dry[..], &[network]].concat());
        assert_eq!(code, expected, "{network}: {out}{err}");
    }
    assert!(!desk.path("c").exists());
}

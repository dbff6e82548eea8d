//! The binary itself, as a person at a terminal has it: commands, files, exit codes.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

mod backups;
mod bucket;
mod events;
mod plan;
mod plans;
mod runs;
mod snapshots;

/// A folder with the program, cut off from the variables of whoever runs the tests.
struct Desk {
    folder: tempfile::TempDir,
}

/// A server that dies with its test.
struct Server {
    child: Child,
    url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended as it should; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Desk {
    fn new() -> Desk {
        Desk {
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// One with a directory `a`, in which are members A and B; who comes after them stands in `then.csv`.
    fn with_members() -> Desk {
        let desk = Desk::new();
        desk.write(
            "network.toml",
            "clock = \"events\"\nvolume_kinds = [\"cv\", \"pv\"]\n",
        );
        for (file, rows) in [
            ("first.csv", "A,,2026-01-05\nB,A,2026-01-05\n"),
            ("then.csv", "C,B,2026-01-06\n"),
        ] {
            desk.write(file, &format!("member,enroller,joined_at\n{rows}"));
        }
        desk.done(&[
            "import",
            "first.csv",
            "--data",
            "a",
            "--network",
            "network.toml",
        ]);
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("to write");
    }

    fn command(&self, line: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_arborline"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ARBORLINE")) {
            command.env_remove(name);
        }
        command.current_dir(self.folder.path()).args(line);
        command
    }

    /// Runs a line: its exit code, standard output and standard error.
    fn run(&self, line: &[&str]) -> (i32, String, String) {
        ended(&self.command(line).output().expect("the program runs"))
    }

    /// Runs a line that must do what it is asked, and gives what it answers.
    fn done(&self, line: &[&str]) -> String {
        let (code, out, err) = self.run(line);
        assert_eq!(code, 0, "{line:?}\n{out}{err}");
        out
    }

    fn serve(&self, line: &[&str]) -> Server {
        let mut command = self.command(&[&["serve", "--listen", "127.0.0.1:0"], line].concat());
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program runs");
        let mut first = String::new();
        let out = child.stdout.take().expect("piped");
        BufReader::new(out)
            .read_line(&mut first)
            .expect("an address");
        assert!(first.starts_with("http://"), "{first:?}");
        Server {
            child,
            url: first.trim().to_owned(),
        }
    }
}

impl Server {
    /// Asks it to stop, and waits: its exit code.
    fn stop(&mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .expect("kill runs");
        assert!(sent.success());
        self.child.wait().expect("it ends").code()
    }
}

fn ended(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code().unwrap_or(-1),
        text(&output.stdout),
        text(&output.stderr),
    )
}

fn real(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/real-network");
    folder.join(name).to_str().expect("a plain path").to_owned()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn exit_codes_are_those_of_the_help() {
    let desk = Desk::new();
    desk.write("wrong.toml", "clock = \"wal\"\n");
    desk.write("right.toml", "clock = \"events\"\n");
    for (code, part, line) in [
        (
            0,
            "right.toml is right",
            &["network", "check", "right.toml"][..],
        ),
        (
            1,
            "did you mean `wall`?",
            &["network", "check", "wrong.toml"],
        ),
        (
            2,
            "absent.toml cannot be read",
            &["network", "check", "absent.toml"],
        ),
        (2, "line 1, clock", &["serve", "--network", "wrong.toml"]),
        (2, "unrecognized subcommand", &["frob"]),
        (2, "given \"here\"", &["serve", "--listen", "here"]),
        (2, "no file to import", &["import"]),
        (
            2,
            "there is none",
            &["status", "--url", "http://127.0.0.1:9"],
        ),
        (3, "holds no network yet", &["verify", "--data", "nowhere"]),
        (0, "0  done as asked", &["--help"]),
    ] {
        let (ended, out, err) = desk.run(line);
        assert!(
            ended == code && (out.contains(part) || err.contains(part)),
            "{line:?}: {ended}\n{out}{err}"
        );
    }
    let mut silent = desk.command(&["status", "--url", "http://127.0.0.1:9"]);
    let (code, _, err) = ended(
        &silent
            .env("ARBORLINE_TOKEN", "arb_x_y")
            .output()
            .expect("the program runs"),
    );
    assert!(code == 5 && err.contains("does not answer"), "{code} {err}");
    assert!(!desk.path("nowhere").exists() && !desk.path("arborline-data").exists());
}

#[test]
fn settings_come_from_flag_environment_file_and_default_in_that_order() {
    let desk = Desk::new();
    desk.write(
        "mine.toml",
        "queue = 100\nsegment_mib = 8\nlisten = \"127.0.0.1:1\"\n",
    );
    let mut command = desk.command(&[
        "config",
        "show",
        "--json",
        "--config",
        "mine.toml",
        "--queue",
        "300",
    ]);
    command
        .env("ARBORLINE_QUEUE", "200")
        .env("ARBORLINE_SEGMENT_MIB", "16");
    let (code, out, err) = ended(&command.output().expect("the program runs"));
    assert_eq!(code, 0, "{err}");
    let shown = json(&out);
    for (name, value, origin) in [
        ("queue", "300", "flag --queue"),
        ("segment_mib", "16", "environment ARBORLINE_SEGMENT_MIB"),
        ("listen", "127.0.0.1:1", "file mine.toml, line 3"),
        ("durability", "fsync", "default"),
    ] {
        assert_eq!(
            (&shown[name]["value"], &shown[name]["origin"]),
            (&value.into(), &origin.into()),
            "{name}"
        );
    }
    // What is shown is a settings file that says the same.
    desk.write(
        "again.toml",
        &desk.done(&["config", "show", "--config", "mine.toml"]),
    );
    let again = desk.done(&["config", "show", "--json", "--config", "again.toml"]);
    assert_eq!(json(&again)["listen"]["value"], "127.0.0.1:1");
    desk.write("wrong.toml", "quee = 1\n");
    let (code, _, err) = desk.run(&["config", "show", "--config", "wrong.toml"]);
    assert!(
        code == 2 && err.contains("line 1, quee") && err.contains("did you mean `queue`?"),
        "{err}"
    );
}

/// Imports what happened before mid-May, as if an import had been stopped there; how much was accepted. One member
/// joined before his enroller did, who is still to come, so his row and his order wait.
fn import_what_came_early(desk: &Desk, members: &str, orders: &str) -> u64 {
    for (name, path) in [("early-members.csv", members), ("early-orders.csv", orders)] {
        let text = fs::read_to_string(path).expect("a table");
        let early = text.lines().filter(|line| {
            let at = line.split(',').nth(2).expect("a third column");
            at < "2025-05-15" || !at.starts_with('2')
        });
        desk.write(
            name,
            &early.map(|line| format!("{line}\n")).collect::<String>(),
        );
    }
    let line = [
        "import",
        "early-members.csv",
        "early-orders.csv",
        "--data",
        "a",
        "--json",
    ];
    let (code, out, _) = desk.run(&line);
    let told = json(&out);
    assert_eq!((code, &told["refused"]), (1, &2.into()), "{out}");
    told["accepted"].as_u64().expect("a count")
}

#[test]
fn an_import_is_exact_resumable_and_comes_back_by_export() {
    let desk = Desk::new();
    let (members, orders) = (real("members.csv"), real("orders.csv"));
    let dry = json(&desk.done(&[
        "import",
        &members,
        &orders,
        "--data",
        "a",
        "--dry-run",
        "--json",
    ]));
    assert_eq!(
        (&dry["accepted"], desk.path("a").exists()),
        (&9_024.into(), false)
    );
    let early = import_what_came_early(&desk, &members, &orders);
    let all = json(&desk.done(&["import", &members, &orders, "--data", "a", "--json"]));
    assert_eq!(
        (&all["accepted"], &all["refused"]),
        (&(9_024 - early).into(), &0.into())
    );
    assert_eq!(all["repeated"], early);
    let verified = json(&desk.done(&["verify", "--data", "a", "--json"]));
    assert_eq!(
        (&verified["found"], &verified["members"]),
        (&0.into(), &4_016.into())
    );
    // Events carry everything to another directory.
    desk.done(&["export", "events", "--data", "a", "--out", "events.ndjson"]);
    let again = json(&desk.done(&["import", "events.ndjson", "--data", "b", "--json"]));
    assert_eq!(
        (&again["accepted"], &again["refused"]),
        (&9_024.into(), &0.into())
    );
    for what in ["members", "orders"] {
        let (a, b) = (
            desk.done(&["export", what, "--data", "a"]),
            desk.done(&["export", what, "--data", "b"]),
        );
        assert!(a == b && a.lines().count() > 4_000, "{what} differ");
    }
    assert!(
        desk.done(&["export", "members", "--data", "a"])
            .contains("\nM00049,M04001,")
    );
    let shown = desk.done(&[
        "log", "show", "--data", "a", "--after", "3", "--limit", "2", "--json",
    ]);
    let seqs: Vec<u64> = shown
        .lines()
        .filter_map(|line| json(line)["seq"].as_u64())
        .collect();
    assert_eq!(seqs, [4, 5]);
}

#[test]
fn rows_that_the_network_refuses_are_told_with_their_row() {
    let desk = Desk::new();
    desk.write(
        "members.csv",
        "member,enroller,joined_at\na,,2025-01-01\nb,nobody,2025-01-02\n",
    );
    desk.write("orders.csv", "order,member,ordered_at,amount\no1,a,2025-01-03,10\no2,b,2025-01-03,10\no3,a,2025-01-04,x\n");
    let line = [
        "import",
        "members.csv",
        "orders.csv",
        "--data",
        "a",
        "--errors",
        "errors.csv",
        "--json",
    ];
    let (code, out, _) = desk.run(&line);
    let told = json(&out);
    assert_eq!(
        (code, &told["accepted"], &told["refused"]),
        (1, &2.into(), &3.into())
    );
    let errors = fs::read_to_string(desk.path("errors.csv")).expect("the file of errors");
    let rows: Vec<&str> = errors.lines().skip(1).collect();
    assert_eq!(rows.len(), 3, "{errors}");
    for (at, start) in [
        "orders.csv,4,amount,x,",
        "members.csv,3,,b,",
        "orders.csv,3,,o2,",
    ]
    .iter()
    .enumerate()
    {
        assert!(
            rows.iter().any(|row| row.starts_with(start)),
            "{at}: {errors}"
        );
    }
}

#[test]
fn a_server_is_fed_asked_and_stopped() {
    let desk = Desk::new();
    desk.write("network.toml", "clock = \"events\"\n");
    let token = desk.done(&[
        "token",
        "create",
        "--role",
        "admin",
        "--id",
        "boss",
        "--data",
        "d",
        "--network",
        "network.toml",
    ]);
    let token = token.trim();
    assert!(token.starts_with("arb_boss_"));
    let mut server = desk.serve(&["--data", "d"]);
    let asked = |line: &[&str]| {
        let mut command = desk.command(&[line, &["--url", &server.url]].concat());
        ended(
            &command
                .env("ARBORLINE_TOKEN", token)
                .output()
                .expect("the program runs"),
        )
    };
    // Its directory is its own while it runs, but may be read.
    let (code, _, err) = desk.run(&["token", "create", "--role", "admin", "--data", "d"]);
    assert!(
        code == 3 && err.contains("in use") && err.contains("--url"),
        "{code} {err}"
    );
    let (members, orders) = (real("members.csv"), real("orders.csv"));
    let import = ["import", members.as_str(), orders.as_str(), "--json"];
    let (code, out, err) = asked(&import);
    assert_eq!((code, &json(&out)["accepted"]), (0, &9_024.into()), "{err}");
    let (code, out, _) = asked(&import);
    assert_eq!((code, &json(&out)["repeated"]), (0, &9_024.into()));
    let (code, out, err) = asked(&["status", "--json"]);
    assert!(code == 0 && json(&out)["ready"] == true, "{out}{err}");
    let (code, out, err) = asked(&[
        "token",
        "create",
        "--role",
        "read_only",
        "--id",
        "reader",
        "--json",
    ]);
    assert!(
        code == 0
            && json(&out)["token"]
                .as_str()
                .is_some_and(|token| token.starts_with("arb_reader_")),
        "{out}{err}"
    );
    assert_eq!(asked(&["token", "revoke", "reader"]).0, 0);
    let (_, list, _) = asked(&["token", "list"]);
    assert!(list.contains("reader  read_only") && list.contains("ended"));
    let (code, events, err) = asked(&["export", "events"]);
    assert!(code == 0 && events.lines().count() > 9_024, "{err}");
    assert_eq!(desk.run(&["verify", "--data", "d"]).0, 0);
    assert_eq!(server.stop(), Some(0));
    assert_eq!(
        json(&desk.done(&["status", "--data", "d", "--json"]))["orders"],
        5_007
    );
}

#[test]
fn a_damaged_log_is_refused_by_name() {
    let desk = Desk::new();
    desk.done(&["import", &real("members.csv"), "--data", "d"]);
    let mut segments: Vec<PathBuf> = fs::read_dir(desk.path("d/log"))
        .expect("the log")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    segments.sort();
    let mut bytes = fs::read(&segments[0]).expect("a segment");
    bytes[5_000] ^= 1;
    fs::write(&segments[0], bytes).expect("to damage");
    let (code, _, err) = desk.run(&["verify", "--data", "d"]);
    assert!(code == 3 && err.contains("damaged at byte"), "{code} {err}");
    let (code, _, err) = desk.run(&["serve", "--data", "d", "--listen", "127.0.0.1:0"]);
    assert!(code == 3 && err.contains("damaged at byte"), "{code} {err}");
}

#[test]
fn the_demo_shows_who_leads_and_leaves_nothing_behind() {
    let desk = Desk::new();
    let mut command = desk.command(&[
        "demo",
        "--once",
        "--members",
        "500",
        "--listen",
        "127.0.0.1:0",
    ]);
    let (code, out, err) = ended(
        &command
            .env("TMPDIR", desk.folder.path())
            .output()
            .expect("the program runs"),
    );
    assert_eq!(code, 0, "{err}");
    assert!(
        out.contains("/docs")
            && out.contains("export TOKEN=arb_demo_")
            && out.contains("\nM00001 "),
        "{out}"
    );
    let mut command = desk.command(&[
        "demo",
        "--seconds",
        "1",
        "--rate",
        "500",
        "--members",
        "9000",
        "--listen",
        "127.0.0.1:0",
    ]);
    let (code, out, err) = ended(
        &command
            .env("TMPDIR", desk.folder.path())
            .output()
            .expect("the program runs"),
    );
    assert!(code == 0 && out.contains("told="), "{code} {out}{err}");
    assert_eq!(
        fs::read_dir(desk.folder.path())
            .expect("the folder")
            .count(),
        0
    );
}

#[test]
fn completions_come_for_each_shell() {
    let desk = Desk::new();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        assert!(
            desk.done(&["completions", shell]).contains("arborline"),
            "{shell}"
        );
    }
}

#[test]
fn a_network_is_changed_on_a_directory_and_on_a_server() {
    let desk = Desk::new();
    desk.write("network.toml", "volume_kinds = [\"cv\", \"pv\"]\n");
    desk.write("wider.toml", "volume_kinds = [\"cv\", \"pv\", \"qv\"]\n");
    desk.write("lost.toml", "\nvolume_kinds = [\"pv\"]\n");
    let token = desk.done(&[
        "token",
        "create",
        "--role",
        "admin",
        "--data",
        "d",
        "--network",
        "network.toml",
    ]);
    let change = |rest: &[&'static str]| [&["network", "change"], rest].concat();
    let asked = desk.done(&change(&["wider.toml", "--data", "d", "--dry-run"]));
    assert!(asked.contains("would take effect"), "{asked}");
    let (code, out, err) = desk.run(&change(&["lost.toml", "--data", "d"]));
    assert!(
        code == 2 && err.contains("line 2, volume_kinds[0]: given \"pv\"; allowed: cv, pv"),
        "{code} {out}{err}"
    );
    let told = desk.done(&change(&["wider.toml", "--data", "d", "--id", "w1"]));
    assert!(
        told.contains("accepted as") && told.contains("with month"),
        "{told}"
    );

    let server = desk.serve(&["--data", "d"]);
    let asked = |line: &[&'static str]| {
        let mut command = desk.command(&[&change(line), &["--url", &server.url][..]].concat());
        let command = command.env("ARBORLINE_TOKEN", token.trim());
        ended(&command.output().expect("the program runs"))
    };
    let (code, again, err) = asked(&["wider.toml", "--id", "w1"]);
    assert!(code == 0 && again == told, "{code} {again}{err}");
    let (code, out, err) = asked(&["lost.toml"]);
    assert!(
        code == 2 && err.contains("line 2, volume_kinds[0]: given \"pv\"; allowed: cv, pv"),
        "{code} {out}{err}"
    );
    let (code, out, err) = asked(&["network.toml", "--dry-run", "--begins", "month", "--json"]);
    let answer: Value = serde_json::from_str(&out).expect("JSON");
    assert!(
        code == 0 && answer["pending"]["period_type"] == "month",
        "{out}{err}"
    );
}

//! Kills of the program itself: `strace` ends it on entering its n-th write, sync, rename, ... on any thread, a client
//! in this process keeps what was acknowledged, and what is left of the directory is opened.
//!
//! Where strace is missing or may not trace, there is nothing to see, and the test says so; with
//! `ARBORLINE_TEST_STRACE=1`, as in `.ci/run`, that is an error instead.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use arborline::runtime::offline;
use arborline::runtime::settings::{Settings, StartError};
use arborline::store::fault::Fault;

use crate::chance::scale;

/// System calls that change a disk or decide what is found there; names that a machine does not have are left out.
const CALLS: [&str; 7] = [
    "write",
    "pwrite64",
    "fdatasync,fsync",
    "?rename,?renameat,?renameat2",
    "ftruncate",
    "openat",
    "?unlink,?unlinkat",
];

/// Requests of one life: small ones of an order each, then large ones that fill a segment, so that it is sealed and
/// packed.
const SMALL: u64 = 8;
const LARGE: u64 = 6;
/// Orders of a large request.
const TOGETHER: u64 = 75;

const AT: &str = "2026-01-15T12:00:00Z";

/// The program, ended by a tracer of its own on entering a call for the `n`-th time on one thread.
fn traced(desk: &Path, calls: &str, n: u64, line: &[&str]) -> Child {
    let mut command = Command::new("strace");
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ARBORLINE")) {
        command.env_remove(name);
    }
    command
        .args(["-D", "-f", "-qq", "-o", "/dev/null"])
        .args(["-e", &format!("trace={calls}")])
        .args(["-e", &format!("inject={calls}:signal=SIGKILL:when={n}")])
        .arg(env!("CARGO_BIN_EXE_arborline"))
        .args(line)
        .current_dir(desk)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("strace runs")
}

/// Whether strace can end a program here.
fn can_trace() -> bool {
    let program = [
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        "inject=exit_group:signal=SIGKILL",
        "true",
    ];
    let ended = Command::new("strace")
        .args(program)
        .stderr(Stdio::null())
        .status();
    // A program that was killed has no exit code, and strace dies the same way.
    ended.is_ok_and(|status| status.code().is_none())
}

/// What the client knows.
struct Client {
    desk: tempfile::TempDir,
    token: String,
    sent: BTreeSet<String>,
    acknowledged: Vec<String>,
    /// Sent and not answered: asked again in the next life.
    unknown: Option<(Vec<String>, String)>,
    kills: u32,
}

impl Client {
    fn data(&self) -> PathBuf {
        self.desk.path().join("d")
    }

    /// One life of a server; whether it came to its own end.
    fn live(&mut self, calls: &str, n: u64) -> bool {
        let line = [
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--data",
            "d",
            "--segment-mib",
            "4",
        ];
        let mut child = traced(self.desk.path(), calls, n, &line);
        let mut url = String::new();
        let out = child.stdout.take().expect("piped");
        BufReader::new(out).read_line(&mut url).expect("text");
        let alive = url.starts_with("http://") && self.feed(url.trim(), calls, n);
        if alive {
            let pid = child.id().to_string();
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .expect("kill runs");
        }
        let code = child.wait().expect("an end").code();
        self.kills += u32::from(code.is_none());
        assert!(
            code.is_none_or(|code| code == 0),
            "{calls} {n}: ended with {code:?}"
        );
        code == Some(0)
    }

    /// Sends until all is acknowledged, or nobody answers any more.
    fn feed(&mut self, url: &str, calls: &str, n: u64) -> bool {
        let name = calls
            .trim_start_matches('?')
            .split(',')
            .next()
            .expect("a name");
        let mut agent = Agent::new(url, &self.token);
        let member = format!(r#"{{"id":"buyer","at":"{AT}"}}"#);
        if !agent.post("/v1/members", &member) {
            return false;
        }
        let again = self.unknown.take().into_iter();
        let requests = (0..SMALL + LARGE).map(|index| {
            let large = index >= SMALL;
            let ids: Vec<String> = (0..if large { TOGETHER } else { 1 })
                .map(|order| format!("{name}-{n}-{index}-{order}"))
                .collect();
            let orders: Vec<String> = ids.iter().map(|id| order(id, large)).collect();
            (ids, format!("[{}]", orders.join(",")))
        });
        for (ids, body) in again.chain(requests) {
            self.sent.extend(ids.iter().cloned());
            if !agent.post("/v1/orders", &body) {
                self.unknown = Some((ids, body));
                return false;
            }
            self.acknowledged.extend(ids);
        }
        true
    }

    /// Opens what is left: everything acknowledged once, nothing that was not sent.
    fn check(&self, what: &str) {
        let network = offline::read(&Settings::new(&self.data()))
            .unwrap_or_else(|error| panic!("{what}: {error}"));
        let state = &network.state;
        for id in &self.acknowledged {
            assert!(state.orders.find(id).is_some(), "{what}: {id} is lost");
        }
        let shown = state.orders.len() as usize;
        assert!(
            shown >= self.acknowledged.len() && shown <= self.sent.len(),
            "{what}: {shown} orders"
        );
        let buyer = state.members.find("buyer");
        let volume = buyer.map_or(0, |buyer| state.forest.group(0, buyer, 0, 0));
        assert_eq!(
            volume,
            shown as i64 * 10_000,
            "{what}: an order counts twice, or not"
        );
    }
}

/// One connection to a server that may die at any moment.
struct Agent<'a> {
    agent: ureq::Agent,
    url: &'a str,
    token: &'a str,
}

impl Agent<'_> {
    fn new<'a>(url: &'a str, token: &'a str) -> Agent<'a> {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)));
        Agent {
            agent: config.build().into(),
            url,
            token,
        }
    }

    /// Whether the server has answered; a refusal fails the test.
    fn post(&mut self, path: &str, body: &str) -> bool {
        let request = self
            .agent
            .post(format!("{}{path}", self.url))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json");
        let Ok(mut answer) = request.send(body) else {
            return false;
        };
        let status = answer.status();
        let text = answer.body_mut().read_to_string().unwrap_or_default();
        assert!(status.is_success(), "{path} {status}: {text}");
        true
    }
}

fn order(id: &str, large: bool) -> String {
    let sku = "L".repeat(50);
    let lines: Vec<String> = (0..if large { 200 } else { 0 })
        .map(|line| format!(r#"{{"sku":"{sku}{line}"}}"#))
        .collect();
    format!(
        r#"{{"id":"{id}","at":"{AT}","member":"buyer","volumes":{{"cv":"1"}},"lines":[{}]}}"#,
        lines.join(",")
    )
}

/// Which occurrences of a call end the program: every one in a long run, otherwise ever fewer of the later ones.
fn occurrences() -> impl Iterator<Item = u64> {
    let (mut last, mut next) = (1, 1);
    std::iter::from_fn(move || {
        let this = next;
        (last, next) = match scale() {
            1 => (next, last + next),
            _ => (next, next + 1),
        };
        Some(this)
    })
}

/// Founds a directory under kills, until a token is made.
fn found() -> Client {
    let desk = tempfile::tempdir().expect("a folder");
    std::fs::write(desk.path().join("network.toml"), "clock = \"events\"\n").expect("a document");
    let (mut kills, mut token) = (0, None);
    for calls in CALLS {
        for n in occurrences() {
            let id = format!("t{}-{n}", calls.len());
            let line = [
                "token",
                "create",
                "--role",
                "admin",
                "--id",
                &id,
                "--data",
                "d",
                "--network",
                "network.toml",
            ];
            let ended = traced(desk.path(), calls, n, &line)
                .wait_with_output()
                .expect("an end");
            match offline::read(&Settings::new(&desk.path().join("d"))).map(|read| read.state) {
                Ok(state) => assert!(state.tokens.iter().count() > 0 || token.is_none()),
                Err(StartError::Fault(Fault::Empty { .. })) if token.is_none() => {}
                Err(error) => panic!("{calls} {n}: {error}"),
            }
            if ended.status.success() {
                token = Some(
                    String::from_utf8(ended.stdout)
                        .expect("text")
                        .trim()
                        .to_owned(),
                );
                break;
            }
            assert_eq!(ended.status.code(), None, "{calls} {n}");
            kills += 1;
        }
    }
    Client {
        desk,
        token: token.expect("at least the last life of each call"),
        sent: BTreeSet::new(),
        acknowledged: Vec::new(),
        unknown: None,
        kills,
    }
}

#[test]
fn a_kill_at_a_system_call_loses_nothing_acknowledged() {
    if !can_trace() {
        let wanted = std::env::var_os("ARBORLINE_TEST_STRACE").is_some_and(|value| value == "1");
        assert!(!wanted, "strace is missing or may not trace");
        eprintln!("skipped: strace is missing or may not trace");
        return;
    }
    let mut client = found();
    let founding = client.kills;
    for calls in CALLS {
        for n in occurrences() {
            let ended = client.live(calls, n);
            client.check(&format!("{calls} {n}"));
            if ended {
                break;
            }
        }
    }
    let (kills, acknowledged) = (client.kills, client.acknowledged.len());
    assert!(
        founding > 15 && kills - founding > 25,
        "{founding} and {kills} kills"
    );
    assert!(acknowledged > 500, "{acknowledged} acknowledged");
}

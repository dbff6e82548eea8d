//! The server of the run: a process of its own, steered over its standard input, that serves the real router.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use arborline::api::server::{Limits, serve};
use arborline::cli::exit::Exit;
use arborline::cli::serve::{machinery, open};
use arborline::runtime::settings::{Check, Settings, SnapshotSettings};
use rustix::process::{Pid, Signal, kill_process};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::disk::SteeredDisk;

/// Set for a child: whether its disk loses, whether snapshots are checked behind, and the directory.
const CHILD: &str = "ARBORLINE_TEST_SERIAL";
/// The data directory below the desk.
pub(super) const DATA: &str = "net";
/// What a server wrote to its standard error, below the desk.
const WORDS: &str = "stderr";
/// How long an opening or an end may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes that must be free.
const RESERVE: u64 = 1 << 20;

/// Settings that make segments and snapshots often.
pub(super) fn settings(dir: &Path, check: Check) -> Settings {
    Settings {
        segment_bytes: 256 << 10,
        reserve_bytes: RESERVE,
        snapshots: SnapshotSettings {
            kept: 2,
            every: 15_000,
            log_bytes: 0,
            after: Duration::ZERO,
            check,
            least: 1,
        },
        ..Settings::new(dir)
    }
}

/// The child's whole life; in an ordinary run of the tests there is nothing to do.
#[test]
fn child() {
    let Ok(told) = std::env::var(CHILD) else {
        return;
    };
    // Whoever started it may be killed himself, also while it is paused.
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).expect("granted");
    let mut words = told.splitn(3, ' ');
    let mut next = || words.next().expect("three words");
    let (loses, behind, dir) = (next() == "true", next() == "true", next());
    let disk = SteeredDisk::new(loses);
    let check = if behind { Check::Behind } else { Check::First };
    let settings = Settings {
        disk: Arc::new(disk.clone()),
        ..settings(Path::new(dir), check)
    };
    let exit = live(settings, disk);
    std::process::exit(exit as i32);
}

fn live(settings: Settings, disk: SteeredDisk) -> Exit {
    let machinery = machinery().expect("threads");
    let listener = machinery.block_on(TcpListener::bind("127.0.0.1:0"));
    let listener = listener.expect("a port");
    let address = listener.local_addr().expect("its address");
    let running = open(settings).unwrap_or_else(|failure| panic!("{failure:?}"));
    let stop = Arc::new(Notify::new());
    let asked = Arc::clone(&stop);
    std::thread::spawn(move || listen(&disk, &asked));
    let health = running.server.handle.health();
    // What stands on this line already is the test's name.
    println!(
        "\nserving {address} {} {}",
        health.replayed_commands, health.snapshot_seq
    );
    let until = async {
        tokio::select! {
            () = stop.notified() => {}
            () = running.failed.notified() => {}
        }
    };
    let limits = Limits {
        drain: Duration::from_secs(1),
        ..Limits::default()
    };
    let served = serve(listener, running.api.clone(), limits, until);
    machinery.block_on(served).expect("an address");
    if running.server.handle.health().poisoned {
        return Exit::Disk;
    }
    drop(running.api);
    running.server.stop();
    Exit::Done
}

/// Does what is asked on standard input, until that ends, and the process with it.
fn listen(disk: &SteeredDisk, stop: &Notify) {
    for line in std::io::stdin().lines() {
        match line.expect("text").as_str() {
            "scarce" => disk.set_free(RESERVE / 2),
            "ample" => disk.set_free(u64::MAX),
            "full" => disk.fill(),
            "stop" => stop.notify_one(),
            other => panic!("{other} is no order"),
        }
    }
    std::process::abort();
}

/// Where a start began.
#[derive(Debug, Clone)]
pub(super) struct Started {
    pub(super) address: String,
    /// Commands replayed.
    pub(super) replayed: u64,
    /// Sequence of the snapshot it began with; 0 for none.
    pub(super) snapshot_seq: u64,
}

/// A server that dies with the run.
pub(super) struct Server {
    child: Child,
    orders: ChildStdin,
    lines: Receiver<String>,
    words: std::path::PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended as it should; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    pub(super) fn start(desk: &Path, loses: bool, behind: bool) -> Server {
        let words = desk.join(WORDS);
        let errors = std::fs::File::create(&words).expect("a file");
        let dir = desk.join(DATA);
        let mut child = Command::new(std::env::current_exe().expect("this binary"))
            .args(["--exact", "serial::server::child", "--nocapture"])
            .arg("--test-threads=1")
            .env(CHILD, format!("{loses} {behind} {}", dir.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .expect("a child");
        let (out, (send, lines)) = (child.stdout.take().expect("piped"), channel());
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                // Nobody listens any more once the server is gone.
                drop(send.send(line));
            }
        });
        Server {
            orders: child.stdin.take().expect("piped"),
            child,
            lines,
            words,
        }
    }

    /// Waits until it serves.
    pub(super) fn started(&mut self) -> Started {
        let since = Instant::now();
        loop {
            let left = PATIENCE.saturating_sub(since.elapsed());
            let Ok(line) = self.lines.recv_timeout(left) else {
                panic!("the server does not start: {}", self.last_words());
            };
            if let Some(told) = line.strip_prefix("serving ") {
                let words: Vec<&str> = told.split(' ').collect();
                let number = |at: usize| words[at].parse().expect("a number");
                return Started {
                    address: words[0].to_owned(),
                    replayed: number(1),
                    snapshot_seq: number(2),
                };
            }
        }
    }

    /// Gives an order; a server that is ending takes none.
    pub(super) fn say(&mut self, order: &str) {
        drop(writeln!(self.orders, "{order}"));
    }

    /// Whether it has ended, by itself or as it was told.
    pub(super) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a child").is_some()
    }

    pub(super) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("a child that runs");
    }

    /// Kills it: how it has ended.
    pub(super) fn kill(mut self) -> ExitStatus {
        self.child.kill().expect("a child");
        self.end()
    }

    /// Waits for its end.
    pub(super) fn end(&mut self) -> ExitStatus {
        let since = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status;
            }
            assert!(
                since.elapsed() < PATIENCE,
                "the server does not end: {}",
                self.last_words()
            );
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// What it wrote to its standard error.
    pub(super) fn last_words(&self) -> String {
        std::fs::read_to_string(&self.words).unwrap_or_default()
    }
}

//! What a client is told when the log cannot be read on.

use std::fs;
use std::path::PathBuf;

use super::server::{Reply, Server, order};

/// Tells so many orders, and waits until the feed has them all.
async fn told(server: &Server, from: usize, count: usize) -> usize {
    let lines: Vec<String> = (from..from + count)
        .map(|n| order(&format!("o{n}"), "A", "1.00"))
        .collect();
    let told = server.post_lines("/v1/events", lines.join("\n")).await;
    assert_eq!(told.json()["accepted"].as_u64(), Some(count as u64));
    let last = format!("\"o{}\"", from + count - 1);
    loop {
        let changes = read(server, 0).await;
        if changes.text().contains(&last) {
            return changes.lines().len();
        }
        tokio::task::yield_now().await;
    }
}

async fn read(server: &Server, after: u64) -> Reply {
    let path = format!("/v1/changes?after={after}");
    server.call("GET", &path).role("admin").send().await
}

/// The newest segment with something in it, its bytes, and where they end; those behind it are prepared.
fn written(server: &Server) -> (PathBuf, Vec<u8>, usize) {
    let segments = fs::read_dir(server.dir().join("log")).expect("the log");
    let mut segments: Vec<PathBuf> = segments
        .map(|entry| entry.expect("a segment").path())
        .collect();
    segments.sort();
    let written = segments.into_iter().rev().find_map(|path| {
        let bytes = fs::read(&path).expect("bytes");
        let end = bytes.iter().rposition(|&byte| byte != 0)?;
        (end > 10_000).then_some((path, bytes, end))
    });
    written.expect("frames")
}

#[tokio::test]
async fn changes_say_that_they_break_off() {
    let server = Server::started().await;
    told(&server, 0, 2_500).await;
    let (_, _, before) = written(&server);
    let whole = told(&server, 2_500, 2_500).await;
    // A byte of what was written last: all before it can be read.
    let (segment, mut bytes, end) = written(&server);
    bytes[before + (end - before) / 2] ^= 0x10;
    fs::write(&segment, bytes).expect("written");
    let broken = read(&server, 0).await;
    assert_eq!(broken.status.as_u16(), 200);
    let lines = broken.lines();
    let (last, events) = lines.split_last().expect("a line");
    assert_eq!(
        (&last["code"], &last["status"]),
        (&"internal".into(), &500.into())
    );
    assert!(
        (1_000..whole).contains(&events.len()),
        "{} of {whole}",
        events.len()
    );
    assert!(events.iter().all(|event| event["seq"].is_u64()));
    // Where the first piece cannot be read, the refusal is the answer.
    let from = events.last().expect("some")["seq"].as_u64();
    let refused = read(&server, from.expect("a number")).await;
    assert_eq!(refused.code(), "internal");
}

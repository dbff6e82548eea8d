//! What a client is told when the log cannot be read on.

use std::fs;

use super::server::{Server, order};

#[tokio::test]
async fn changes_say_that_they_break_off() {
    let server = Server::started().await;
    let lines: Vec<String> = (0..5_000)
        .map(|n| order(&format!("o{n}"), "A", "1.00"))
        .collect();
    let told = server.post_lines("/v1/events", lines.join("\n")).await;
    assert_eq!(told.json()["accepted"], 5_000);
    let read = async || server.call("GET", "/v1/changes").role("admin").send().await;
    let whole = read().await.lines().len();
    // A byte in the last third of what is written, far behind the first thousand.
    let log = server.dir().join("log");
    let segments = fs::read_dir(log).expect("the log");
    let mut segments: Vec<_> = segments
        .map(|entry| entry.expect("a segment").path())
        .collect();
    segments.sort();
    // The newest one with something in it; those behind it are prepared.
    let written = segments.into_iter().rev().find_map(|path| {
        let bytes = fs::read(&path).expect("bytes");
        let end = bytes.iter().rposition(|&byte| byte != 0)?;
        (end > 100_000).then_some((path, bytes, end))
    });
    let (segment, mut bytes, end) = written.expect("frames");
    bytes[end * 2 / 3] ^= 0x10;
    fs::write(&segment, bytes).expect("written");
    let broken = read().await;
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
    // Asked for from behind the damage's own pages on, the refusal is the answer.
    let from = events.last().expect("some")["seq"]
        .as_u64()
        .expect("a number");
    let path = format!("/v1/changes?after={from}");
    let refused = server.call("GET", &path).role("admin").send().await;
    assert_eq!(refused.code(), "internal");
}

//! Snapshots on the command line: written, begun with, verified; and a damaged one.

use std::fs;
use std::path::PathBuf;

use super::{Desk, json};

/// A directory `a` with a snapshot behind which another member came; the sequence of the snapshot.
fn taken() -> (Desk, u64) {
    let desk = Desk::with_members();
    let told = json(&desk.done(&["snapshot", "--data", "a", "--json"]));
    desk.done(&["import", "then.csv", "--data", "a"]);
    (desk, told["seq"].as_u64().expect("a number"))
}

fn image(desk: &Desk, seq: u64) -> PathBuf {
    desk.path("a")
        .join("snapshots")
        .join(format!("{seq:020}.image"))
}

#[test]
fn a_snapshot_is_begun_with_and_verified() {
    let (desk, seq) = taken();
    assert!(image(&desk, seq).is_file());
    let told = desk.done(&["verify", "--data", "a"]);
    assert!(told.ends_with("1 snapshots read, 0 wrong\n"), "{told}");
    let token = desk.done(&["token", "create", "--role", "admin", "--data", "a"]);
    let mut server = desk.serve(&["--data", "a"]);
    let bearer = format!("Bearer {}", token.trim());
    let asked = ureq::get(format!("{}/v1/status", server.url)).header("authorization", bearer);
    let mut status = asked.call().expect("an answer");
    let status = json(&status.body_mut().read_to_string().expect("text"));
    assert_eq!(status["snapshot_seq"], seq, "{status}");
    // The member who came after, and the token.
    assert_eq!(status["replayed_commands"], 2, "{status}");
    let mut asked = desk.command(&["snapshot", "--url", &server.url]);
    let asked = asked.env("ARBORLINE_TOKEN", token.trim()).output();
    let told = String::from_utf8(asked.expect("the program runs").stdout).expect("text");
    let applied = seq + 2;
    assert!(
        told.starts_with(&format!("a snapshot as of sequence {applied}, ")),
        "{told}"
    );
    assert_eq!(server.stop(), Some(0));
    assert!(image(&desk, applied).is_file());
    // Whoever keeps none writes none.
    desk.done(&["snapshot", "--data", "a", "--snapshots-kept", "1"]);
    assert!(!image(&desk, seq).exists());
}

#[test]
fn a_damaged_snapshot_is_named_and_passed_over() {
    let (desk, seq) = taken();
    let mut bytes = fs::read(image(&desk, seq)).expect("an image");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(image(&desk, seq), bytes).expect("a damaged image");
    let (code, out, err) = desk.run(&["verify", "--data", "a"]);
    let name = format!("{seq:020}.image is damaged at byte ");
    assert!(
        code == 1 && out.contains(&name) && out.contains("1 snapshots read, 1 wrong"),
        "{code} {out}{err}"
    );
    // It may be answered from until that is found; then the server ends, and the next one begins elsewhere.
    let mut server = desk.serve(&["--data", "a"]);
    let ended = server.child.wait().expect("it ends");
    assert_ne!(ended.code(), Some(0));
    assert!(image(&desk, seq).with_extension("damaged").is_file());
    let mut server = desk.serve(&["--data", "a"]);
    assert_eq!(server.stop(), Some(0));
    let told = desk.done(&["verify", "--data", "a"]);
    assert!(
        told.contains("0 differ") && !told.contains("snapshots"),
        "{told}"
    );
    assert!(told.contains(" 3 members"), "{told}");
}

//! Backups on the command line: to a folder and to an object store, restored, verified, and refused where they are damaged.

use std::fs;

use super::bucket::Bucket;
use super::{Desk, ended, json};

#[test]
fn a_folder_keeps_backups_from_which_directories_are_made() {
    let desk = Desk::with_members();
    let first = json(&desk.done(&["backup", "kept", "--data", "a", "--json"]));
    let same = json(&desk.done(&["backup", "kept", "--data", "a", "--json"]));
    assert_eq!(same["new_bytes"], 0, "{same}");
    // Beside a server that has the directory open, with a snapshot.
    desk.done(&["import", "then.csv", "--data", "a"]);
    desk.done(&["snapshot", "--data", "a"]);
    let mut server = desk.serve(&["--data", "a"]);
    let last = json(&desk.done(&["backup", "kept", "--snapshot", "--data", "a", "--json"]));
    assert_eq!(server.stop(), Some(0));
    assert_eq!(last["snapshot"], last["seq"], "{last}");
    let listed = json(&desk.done(&["backup", "kept", "--list", "--json"]));
    let ids: Vec<&str> = listed
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["id"].as_str().expect("text"))
        .collect();
    assert_eq!(ids.len(), 3, "{listed}");
    // The last one, the first one, and the last one as it stood one command earlier.
    let last_seq = last["seq"].as_u64().expect("a number");
    let earlier = (last_seq - 1).to_string();
    let first_id = first["id"].as_str().expect("text");
    for (dir, line, members) in [
        ("b", vec![], 3),
        ("c", vec!["--id", first_id], 2),
        ("d", vec!["--to-seq", &earlier], 2),
    ] {
        let told = desk.done(&[&["restore", "kept", "--data", dir], line.as_slice()].concat());
        assert!(told.contains("as of sequence"), "{told}");
        let told = desk.done(&["verify", "--data", dir]);
        assert!(
            told.contains(&format!(" {members} members")) && told.contains(" 0 differ"),
            "{told}"
        );
    }
    let told = desk.done(&["verify", "--backup", "kept", "--id", first_id]);
    assert!(
        told.contains(" 2 members") && told.contains(" 0 differ"),
        "{told}"
    );
    let told = desk.done(&["verify", "--backup", "kept"]);
    assert!(
        told.contains(" 3 members") && told.contains("1 snapshots read, 0 wrong"),
        "{told}"
    );
    let told = desk.done(&["backup", "kept", "--keep", "1", "--data", "a"]);
    assert!(told.ends_with("3 older backups removed\n"), "{told}");
    let (code, _, err) = desk.run(&["restore", "kept", "--id", first_id, "--data", "e"]);
    assert!(
        code == 3 && err.contains(&format!("kept/ holds no backup {first_id}")),
        "{code} {err}"
    );
}

/// Changes a byte of the largest object; its name.
fn damage_largest(desk: &Desk) -> String {
    let largest = fs::read_dir(desk.path("kept").join("objects")).expect("a folder");
    let largest = largest
        .map(|entry| entry.expect("in order").path())
        .max_by_key(|path| path.metadata().expect("in order").len());
    let largest = largest.expect("an object");
    let mut bytes = fs::read(&largest).expect("to read");
    bytes[10] ^= 1;
    fs::write(&largest, bytes).expect("to write");
    let name = largest.file_name().and_then(|name| name.to_str());
    name.expect("text").to_owned()
}

#[test]
fn what_cannot_be_restored_is_refused_by_name() {
    let desk = Desk::with_members();
    let told = json(&desk.done(&["backup", "kept", "--data", "a", "--json"]));
    let seq = told["seq"].as_u64().expect("a number");
    for (line, code, words) in [
        (vec!["restore", "kept", "--data", "a"], 3, "a is not empty"),
        (
            vec!["restore", "kept", "--data", "b", "--to-seq", "900"],
            2,
            "--to-seq is 900",
        ),
        (
            vec!["restore", "kept", "--data", "b", "--to-seq", "0"],
            2,
            "--to-seq",
        ),
        (
            vec!["restore", "none", "--data", "b"],
            3,
            "none holds no backup",
        ),
        (
            vec!["verify", "--backup", "none"],
            3,
            "none holds no backup",
        ),
        (vec!["backup", "none", "--list"], 3, "none holds no backup"),
        (
            vec!["restore", "kept", "--id", "x", "--data", "b"],
            3,
            "holds no backup x",
        ),
        (
            vec!["backup", "kept", "--data", "none"],
            3,
            "none holds no network yet",
        ),
        (
            vec!["backup", "kept", "--keep", "0", "--data", "a"],
            2,
            "--keep",
        ),
        (vec!["backup", "first.csv", "--data", "a"], 4, "first.csv"),
    ] {
        let (ended, out, err) = desk.run(&line);
        assert!(
            ended == code && err.contains(words),
            "{line:?}: {ended} {out}{err}"
        );
    }
    let name = damage_largest(&desk);
    for line in [
        vec!["restore", "kept", "--data", "b"],
        vec!["verify", "--backup", "kept"],
    ] {
        let (code, out, err) = desk.run(&line);
        assert!(
            code == 3 && err.contains(name.as_str()) && err.contains("damaged"),
            "{line:?}: {code} {out}{err}"
        );
    }
    let (code, _, err) = desk.run(&["serve", "--data", "b", "--listen", "127.0.0.1:0"]);
    assert!(
        code == 3 && err.contains("b was not restored to its end"),
        "{code} {err}"
    );
    assert!(seq > 2);
}

#[test]
fn an_object_store_keeps_them_too() {
    let (desk, bucket) = (Desk::with_members(), Bucket::start());
    let run = |line: &[&str]| {
        let mut command = desk.command(line);
        for (name, value) in [
            ("AWS_ENDPOINT", bucket.url.as_str()),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_ACCESS_KEY_ID", "somebody"),
            ("AWS_SECRET_ACCESS_KEY", "a secret"),
            ("AWS_REGION", "eu-central-1"),
        ] {
            command.env(name, value);
        }
        ended(&command.output().expect("the program runs"))
    };
    let place = "s3://bucket/some/where";
    let (code, out, err) = run(&["backup", place, "--data", "a"]);
    assert_eq!(code, 0, "{out}{err}");
    let keys = bucket.keys();
    assert!(
        keys.len() > 3 && keys.iter().all(|key| key.starts_with("some/where/")),
        "{keys:?}"
    );
    desk.done(&["import", "then.csv", "--data", "a"]);
    let (code, out, err) = run(&["backup", place, "--keep", "1", "--data", "a"]);
    assert!(
        code == 0 && out.ends_with("1 older backups removed\n"),
        "{out}{err}"
    );
    let (code, out, err) = run(&["restore", place, "--data", "b"]);
    assert_eq!(code, 0, "{out}{err}");
    let told = desk.done(&["verify", "--data", "b"]);
    assert!(
        told.contains(" 3 members") && told.contains(" 0 differ"),
        "{told}"
    );
    let object = bucket
        .keys()
        .into_iter()
        .find(|key| key.contains("objects/"))
        .expect("an object");
    bucket.damage(&object);
    let (code, out, err) = run(&["verify", "--backup", place]);
    assert!(
        code == 3 && err.contains(&object) && err.contains("damaged"),
        "{code} {out}{err}"
    );
    // Nobody signs without a key; and nothing is waited for that cannot be had.
    let (code, _, err) = desk.run(&["backup", "s3://", "--data", "a"]);
    assert!(code == 4 && err.contains("s3://"), "{code} {err}");
}

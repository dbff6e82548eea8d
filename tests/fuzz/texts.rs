//! What comes from outside as text: files of rows, lines in pieces, events, cursors.

use std::sync::LazyLock;

use arborline::api::cursor::{CURSOR_CHARS_MAX, Sealer};
use arborline::api::parse::event::{EVENTS, Flat, flat};
use arborline::api::parse::json;
use arborline::api::parse::lines::{Form, LINE_BYTES_MAX, Lines, Reader};
use arborline::api::parse::names::Names;
use arborline::api::problem::Problem;
use arborline::base::ids::hash_id;
use arborline::base::time::Time;
use arborline::cli::import::fault::Faults;
use arborline::cli::import::plan::{Files, Request};
use arborline::cli::import::table::Source;
use arborline::cli::import::vocabulary::Vocabulary;
use arborline::engine::command::Command;
use arborline::engine::outcome::Accepted;
use arborline::engine::role::Role;
use arborline::engine::rules::Rules;
use arborline::view::changes::events;
use arborline::view::cursor;

use super::belt::{Answer, answer, hash};
use super::documents::rich;
use crate::chance::Chance;

static RULES: LazyLock<Rules> = LazyLock::new(rich);

const NOW: Time = Time(1_767_225_600_000);

/// A command's bytes; it is read back from them.
fn bytes_of(command: &Command) -> Vec<u8> {
    let mut bytes = Vec::new();
    command.encode(&mut bytes);
    assert_eq!(Command::decode(&bytes).as_ref(), Ok(command));
    assert!(command.is_read_back(&bytes));
    bytes
}

/// Every command of a file of rows; they come in order of time, and each refused row is one of the file.
fn imported(request: &Request, bytes: &[u8]) -> Answer {
    let lines = bytes.iter().filter(|byte| b"\r\n".contains(byte)).count() as u64;
    let mut faults = Faults::new(None).expect("no file");
    let files = Files::open(request, &Vocabulary::of_rules(&RULES), &mut faults);
    let files = files.map_err(|failure| hash(failure.message))?;
    let mut plan = files.plan().expect("bytes in memory");
    let (mut told, mut last) = (Vec::new(), Time::MIN);
    while let Some(item) = plan.next(&mut faults).expect("bytes in memory") {
        assert!(item.command.at >= last, "{:?} after {last:?}", item.command);
        last = item.command.at;
        told.push((item.order, item.line, bytes_of(&item.command)));
    }
    for fault in faults.shown() {
        assert!((1..=lines + 1).contains(&fault.row), "{fault}");
    }
    let faults = (faults.count(), format!("{:?}", faults.shown()));
    Ok(hash((told, faults, files.rows(), files.unused())))
}

pub(super) fn members(bytes: &[u8]) -> Answer {
    let request = Request {
        members: Some(Source::Bytes("members.csv", bytes.into())),
        ..Request::default()
    };
    imported(&request, bytes)
}

pub(super) fn orders(bytes: &[u8]) -> Answer {
    let request = Request {
        orders: Some(Source::Bytes("orders.csv", bytes.into())),
        ..Request::default()
    };
    imported(&request, bytes)
}

/// The lines of a stream that comes in such pieces.
fn lines<'p>(pieces: impl Iterator<Item = &'p [u8]>) -> Vec<(u64, Option<Vec<u8>>)> {
    let mut lines = Lines::default();
    let mut seen = Vec::new();
    let mut each = |number, line: Result<&[u8], Problem>| {
        seen.push((number, line.ok().map(<[u8]>::to_vec)));
    };
    pieces.for_each(|piece| lines.push(piece, &mut each));
    lines.finish(&mut each);
    seen
}

/// A stream gives the same lines whatever the pieces it comes in, and those are the ones that stand in it.
pub(super) fn stream(bytes: &[u8]) -> Answer {
    let whole = lines(std::iter::once(bytes));
    let mut plain: Vec<(u64, Option<Vec<u8>>)> = Vec::new();
    for (line, number) in bytes.split(|byte| *byte == b'\n').zip(1..) {
        if line.len() > LINE_BYTES_MAX {
            plain.push((number, None));
        } else if !line.trim_ascii().is_empty() {
            plain.push((number, Some(line.to_vec())));
        }
    }
    assert!(whole == plain);
    let mut chance = Chance::new(hash(bytes));
    for most in [1, 8, 200, 70_000] {
        let mut rest = bytes;
        let mut pieces = Vec::new();
        while !rest.is_empty() {
            let (piece, later) = rest.split_at(rest.len().min(1 + chance.below(most)));
            pieces.push(piece);
            rest = later;
        }
        assert!(
            lines(pieces.into_iter()) == whole,
            "pieces of {most} at most"
        );
    }
    let mut read = 0u64;
    for (_, line) in &whole {
        read += line.as_ref().is_some_and(|line| event(line).is_ok()) as u64;
    }
    if read == 0 {
        Err(hash(whole))
    } else {
        Ok(hash(whole))
    }
}

fn reader(form: Form) -> Reader {
    Reader {
        form,
        names: Names::of(Some(&RULES)),
        now: NOW,
        role: Role::Admin,
    }
}

static READERS: LazyLock<[Reader; 2]> = LazyLock::new(|| [Form::Events, Form::Orders].map(reader));

/// One JSON text as an event, as an order, and as the body of every endpoint that tells a fact: the fast reader and the
/// thorough one agree, and what is written of a command is read as the same command.
pub(super) fn event(bytes: &[u8]) -> Answer {
    let mut told = Vec::new();
    let mut refused = Vec::new();
    for reader in &*READERS {
        let read = reader.text(bytes);
        let thorough = json::read(bytes).and_then(|value| reader.value(&value, None));
        assert_eq!(read, thorough);
        match read {
            Ok(command) => told.push(written(&command)),
            Err(problem) => refused.push(format!("{problem:?}")),
        }
    }
    if let Ok(value) = json::read(bytes) {
        let names = &READERS[0].names;
        for event in EVENTS {
            let endpoint = Flat {
                event,
                path: &[],
                key: Some("k-1"),
                now: NOW,
                question: false,
            };
            if let Ok(command) = flat(&value, names, &endpoint) {
                told.push(written(&command));
            }
        }
    }
    if told.is_empty() {
        Err(hash(refused))
    } else {
        Ok(hash(told))
    }
}

/// The event that clients are shown of a command, read again.
fn written(command: &Command) -> Vec<u8> {
    let bytes = bytes_of(command);
    let shown = events(1, NOW, command, &Accepted::default(), &RULES, &|_| {
        String::new()
    });
    for event in shown {
        let text = serde_json::json!({
            "id": event.id, "type": event.kind, "at": event.at, "data": event.data,
        });
        let again = READERS[0].text(text.to_string().as_bytes());
        assert_eq!(again.as_ref(), Ok(command), "{text}");
    }
    bytes
}

const QUESTION: [&str; 4] = ["t1", "/v1/members/{id}/downline", "M1", "[]"];

fn sealer() -> Sealer {
    Sealer::new([7; 32])
}

pub(super) fn cursors() -> Vec<Vec<u8>> {
    let bodies = [
        "",
        "j7.12c.0",
        "a body of some length, such as no view writes",
    ];
    let sealed = bodies.map(|body| sealer().seal(&QUESTION, body).into_bytes());
    sealed.to_vec()
}

/// A cursor opens only where it is one that was sealed.
pub(super) fn sealed(bytes: &[u8]) -> Answer {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Err(0);
    };
    let read = sealer().open(&QUESTION, text);
    if let Ok(body) = &read {
        assert_eq!(sealer().seal(&QUESTION, body), text);
        assert!(sealer().open(&["t2"], text).is_err());
    }
    answer(&read.map_err(|problem| problem.detail))
}

/// What a client could seal if he had the key: any text comes back, and a view reads only what it wrote.
pub(super) fn body(bytes: &[u8]) -> Answer {
    let text = String::from_utf8_lossy(bytes);
    let cursor = sealer().seal(&QUESTION, &text);
    if cursor.len() <= CURSOR_CHARS_MAX {
        assert_eq!(sealer().open(&QUESTION, &cursor).as_deref(), Ok(&*text));
    }
    // The check that ties a cursor to its question is made right over whatever stands before it.
    let end = text.rfind('.').map_or(0, |at| at + 1);
    let check = (hash_id("asked").rotate_left(17) ^ hash_id(&text[..end])) as u32;
    let text = format!("{}{check:08x}", &text[..end]);
    let read = cursor::read::<2>('j', "asked", &text);
    if let Ok(numbers) = read {
        let again = cursor::write('j', "asked", &numbers);
        assert_eq!(cursor::read::<2>('j', "asked", &again), Ok(numbers));
    }
    for letter in ['l', '\u{e9}'] {
        cursor::read::<3>(letter, "asked", &text).ok();
    }
    answer(&read.map_err(|error| format!("{error:?}")))
}

pub(super) fn bodies() -> Vec<Vec<u8>> {
    [[7, 300], [0, u64::MAX]]
        .map(|numbers| cursor::write('j', "asked", &numbers).into_bytes())
        .to_vec()
}

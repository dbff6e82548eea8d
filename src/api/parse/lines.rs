//! One command from one text, and texts from a stream: NDJSON of any length in constant memory.

use crate::api::parse::event::{Flat, event, flat};
use crate::api::parse::hot;
use crate::api::parse::json::{self, Json};
use crate::api::parse::names::Names;
use crate::api::parse::order::ACCEPTED;
use crate::api::problem::{Code, Problem};
use crate::base::time::Time;
use crate::engine::command::Command;
use crate::engine::role::Role;

/// Bytes of one line of NDJSON.
pub const LINE_BYTES_MAX: usize = 64 * 1024;

/// What stands in a body of facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Events in their envelope.
    Events,
    /// Orders in the flat form.
    Orders,
}

/// Reads commands for one request.
#[derive(Debug, Clone)]
pub struct Reader {
    /// What stands in the body.
    pub form: Form,
    /// The names of the rules.
    pub names: Names,
    /// The time of a flat order without `at`.
    pub now: Time,
    /// Who tells: each type of event is for some roles only.
    pub role: Role,
}

impl Reader {
    /// Reads one command from one JSON text: the fast way if it is a plain order, otherwise the thorough one.
    ///
    /// # Errors
    /// Every mistake of shape, and `role_not_allowed`.
    pub fn text(&self, bytes: &[u8]) -> Result<Command, Problem> {
        if let Ok(text) = std::str::from_utf8(bytes) {
            let read = match self.form {
                Form::Events => hot::enveloped(text, &self.names),
                Form::Orders => hot::flat(text, &self.names, self.now),
            };
            if let Some(command) = read
                && ACCEPTED.roles.contains(&self.role)
            {
                return Ok(command);
            }
        }
        self.value(&json::read(bytes)?, None)
    }

    /// Reads one command from a JSON value; `key` is the id of a flat order without one.
    ///
    /// # Errors
    /// As [`Reader::text`].
    pub fn value(&self, value: &Json<'_>, key: Option<&str>) -> Result<Command, Problem> {
        match self.form {
            Form::Events => {
                let (kind, command) = event(value, &self.names)?;
                kind.check(self.role)?;
                Ok(command)
            }
            Form::Orders => flat(
                value,
                &self.names,
                &Flat {
                    event: &ACCEPTED,
                    path: &[],
                    key,
                    now: self.now,
                    question: false,
                },
            ),
        }
    }
}

/// Cuts a stream into lines, whatever the pieces it arrives in.
#[derive(Debug, Default)]
pub struct Lines {
    carry: Vec<u8>,
    skipping: bool,
    number: u64,
}

impl Lines {
    /// Takes the next piece and hands out each line that ends in it, with its number from 1; blank lines are counted
    /// and passed over.
    pub fn push(&mut self, piece: &[u8], mut each: impl FnMut(u64, Result<&[u8], Problem>)) {
        let mut rest = piece;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, after) = (&rest[..end], &rest[end + 1..]);
            rest = after;
            self.number += 1;
            if std::mem::take(&mut self.skipping) {
                continue;
            }
            if self.carry.is_empty() {
                hand(self.number, line, &mut each);
            } else {
                self.carry.extend_from_slice(line);
                hand(self.number, &self.carry, &mut each);
                self.carry.clear();
            }
        }
        if self.skipping {
            return;
        }
        if self.carry.len() + rest.len() > LINE_BYTES_MAX {
            // Told at once: the end of such a line may never come.
            self.skipping = true;
            self.carry = Vec::new();
            each(self.number + 1, Err(too_long()));
            return;
        }
        self.carry.extend_from_slice(rest);
    }

    /// Hands out the last line, if it did not end in a line break.
    pub fn finish(&mut self, mut each: impl FnMut(u64, Result<&[u8], Problem>)) {
        if !self.skipping && !self.carry.is_empty() {
            self.number += 1;
            let carry = std::mem::take(&mut self.carry);
            hand(self.number, &carry, &mut each);
        }
    }
}

fn hand(number: u64, line: &[u8], each: &mut impl FnMut(u64, Result<&[u8], Problem>)) {
    if line.len() > LINE_BYTES_MAX {
        each(number, Err(too_long()));
    } else if !line.trim_ascii().is_empty() {
        each(number, Ok(line));
    }
}

fn too_long() -> Problem {
    Problem::new(
        Code::LineTooLong,
        format!("A line has at most {LINE_BYTES_MAX} bytes."),
    )
    .allowed([format!("at most {LINE_BYTES_MAX} bytes")])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &[u8], pieces: usize) -> Vec<(u64, Option<Vec<u8>>)> {
        let mut lines = Lines::default();
        let mut seen = Vec::new();
        let mut each = |number, line: Result<&[u8], Problem>| {
            seen.push((number, line.ok().map(<[u8]>::to_vec)))
        };
        for piece in text.chunks(pieces) {
            lines.push(piece, &mut each);
        }
        lines.finish(&mut each);
        seen
    }

    #[test]
    fn lines_are_the_same_in_pieces_of_any_size() {
        let mut text = b"one\r\n\n  \ntwo\n".to_vec();
        text.extend(vec![b'x'; LINE_BYTES_MAX + 1]);
        text.extend(b"\nthree\n");
        text.extend(vec![b'y'; LINE_BYTES_MAX]);
        text.extend(b"\nlast");
        let expected: Vec<(u64, Option<Vec<u8>>)> = vec![
            (1, Some(b"one\r".to_vec())),
            (4, Some(b"two".to_vec())),
            (5, None),
            (6, Some(b"three".to_vec())),
            (7, Some(vec![b'y'; LINE_BYTES_MAX])),
            (8, Some(b"last".to_vec())),
        ];
        for pieces in [1, 2, 3, 7, 1_000, 65_536, 1_000_000] {
            assert_eq!(cut(&text, pieces), expected, "pieces of {pieces}");
        }
    }

    fn names() -> Names {
        Names {
            kinds: vec![
                crate::base::ids::Text::new("pv"),
                crate::base::ids::Text::new("cv"),
            ],
            trees: vec![crate::base::ids::Text::new("enroller")],
            period_types: vec![crate::base::ids::Text::new("month")],
        }
    }

    fn reader(form: Form, now: Time) -> Reader {
        Reader {
            form,
            names: names(),
            now,
            role: Role::Admin,
        }
    }

    /// Values for each field, good and bad; every pair of fields is tried in every combination.
    const FIELDS: &[(&str, &[&str])] = &[
        (
            "id",
            &[
                r#""o-1""#,
                r#""""#,
                r#"" o""#,
                "7",
                r#""a\u0041b""#,
                r#""\u{ff}""#,
                "null",
            ],
        ),
        ("member", &[r#""M1""#, r#""M\n""#, "true", r#""Mx/\" y""#]),
        (
            "centre",
            &["1", "255", "256", "0", "-1", r#""1""#, "1.5", "null"],
        ),
        (
            "volumes",
            &[
                r#"{"cv":"100.00","pv":"0.0001"}"#,
                r#"{"cv":"100.00","cv":"1"}"#,
                r#"{"xx":"1"}"#,
                r#"{"cv":1}"#,
                r#"{"cv":"-1"}"#,
                r#"{"cv":"1.00001"}"#,
                "{}",
                "null",
                "[]",
            ],
        ),
        (
            "amount",
            &[
                r#""12.34""#,
                r#""-1""#,
                "12.34",
                r#"{"amount":"1","currency":"USD"}"#,
                "null",
            ],
        ),
        ("currency", &[r#""USD""#, r#""usd""#, "null"]),
        ("class", &[r#""retail""#, r#""""#, r#""\u{e4} b""#, "null"]),
        ("lines", &["[]", r#"[{"sku":"S"}]"#]),
        ("other", &["1"]),
    ];

    fn agree(body: &str, at: &str) -> bool {
        let (names, now) = (names(), Time(77));
        let mut taken = false;
        for (text, form) in [
            (format!("{{{body},\"at\":{at}}}"), Form::Orders),
            (
                {
                    let (id, data) = body.split_once(';').unwrap_or(("", body));
                    format!("{{{id}\"type\":\"order.accepted\",\"at\":{at},\"data\":{{{data}}}}}")
                },
                Form::Events,
            ),
        ] {
            let text = text.replace(';', "");
            let hot = match form {
                Form::Events => hot::enveloped(&text, &names),
                Form::Orders => hot::flat(&text, &names, now),
            };
            let thorough = json::read(text.as_bytes())
                .and_then(|value| reader(form, now).value(&value, None))
                .ok();
            if let Some(command) = hot {
                assert_eq!(Some(command), thorough, "{text}");
                taken = true;
            }
        }
        taken
    }

    #[test]
    fn what_the_fast_reader_takes_the_thorough_one_reads_the_same() {
        let mut taken = 0u32;
        for (one, (first, firsts)) in FIELDS.iter().enumerate() {
            for (second, seconds) in &FIELDS[one..] {
                for a in *firsts {
                    for b in *seconds {
                        let mut fields = vec![("id", r#""o-1""#), ("member", r#""M1""#)];
                        fields.retain(|(name, _)| name != first && name != second);
                        fields.push((first, a));
                        if first != second {
                            fields.push((second, b));
                        }
                        let id = fields
                            .iter()
                            .find(|(name, _)| *name == "id")
                            .expect("always there")
                            .1;
                        let rest: Vec<String> = fields
                            .iter()
                            .filter(|(name, _)| *name != "id")
                            .map(|(name, value)| format!("\"{name}\":{value}"))
                            .collect();
                        let body = format!("\"id\":{id},;{}", rest.join(","));
                        taken += u32::from(agree(&body, r#""2026-01-31T12:00:00Z""#));
                    }
                }
            }
        }
        assert!(taken > 50, "the fast reader took only {taken}");
        assert!(!agree(
            "\"id\":\"o\",;\"member\":\"m\"",
            "\"2026-13-31T12:00:00Z\""
        ));
    }
}

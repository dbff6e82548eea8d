//! Whole requests as bytes: head and body in one buffer, so that each goes out in one write.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::names::{INSTANT_CHARS, instant, push_cents};
use crate::orders::amount;
use crate::random::Random;
use crate::run::arguments::Work;
use crate::run::targets::Targets;

/// What every request of a run has in common.
#[derive(Debug, Clone)]
pub struct Common {
    /// `host:port`.
    pub host: String,
    /// A bearer token, if any.
    pub token: Option<String>,
    /// `at` of orders, or the present.
    pub at: Option<String>,
    /// First letters of order ids.
    pub tag: String,
    /// Orders in a batch.
    pub batch: u32,
    /// Query of downline reads.
    pub downline_query: String,
}

/// Characters of an order id after its tag: together at most 12.
const SERIAL_CHARS: usize = 6;
const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
/// Width of the field the body's length is written into once it is known.
const LENGTH_WIDTH: usize = 10;

/// A tag for order ids that no other run within two years has, unless it starts in the same second.
#[must_use]
pub fn tag_of_now() -> String {
    let seconds = now().as_secs();
    let mut tag = *b"L00000";
    base36(&mut tag[1..], seconds);
    String::from_utf8_lossy(&tag).into_owned()
}

fn now() -> std::time::Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

fn base36(field: &mut [u8], mut number: u64) {
    for place in field.iter_mut().rev() {
        *place = DIGITS[(number % 36) as usize];
        number /= 36;
    }
}

/// Writes requests of one kind, one after another, into its own buffer.
#[derive(Debug)]
pub struct Writer<'t> {
    common: &'t Common,
    targets: &'t Targets,
    work: Work,
    random: Random,
    /// Numbers of order ids, this writer's own: `step` apart.
    serial: u64,
    step: u64,
    buffer: Vec<u8>,
}

impl<'t> Writer<'t> {
    /// The `index`-th of `step` writers of a run; each has order ids and chances of its own.
    #[must_use]
    pub fn new(
        common: &'t Common,
        targets: &'t Targets,
        work: Work,
        seed: u64,
        index: u64,
        step: u64,
    ) -> Writer<'t> {
        Writer {
            common,
            targets,
            work,
            random: Random::new(seed.wrapping_mul(0x9E37_79B9).wrapping_add(index)),
            serial: index,
            step,
            buffer: Vec::new(),
        }
    }

    /// The next request. About 50 ns an order.
    pub fn next_request(&mut self) -> &[u8] {
        self.buffer.clear();
        match self.work {
            Work::Batches => self.post("application/x-ndjson", self.common.batch),
            Work::Orders => self.post("application/json", 1),
            Work::Reads => self.get(false),
            Work::Downline => self.get(true),
        }
        &self.buffer
    }

    fn get(&mut self, downline: bool) {
        let out = &mut self.buffer;
        out.extend_from_slice(b"GET /v1/members/");
        self.targets.push_path(&mut self.random, downline, out);
        if downline {
            out.extend_from_slice(b"/downline?");
            out.extend_from_slice(self.common.downline_query.as_bytes());
        } else {
            out.extend_from_slice(b"/volumes");
        }
        out.extend_from_slice(b" HTTP/1.1\r\n");
        self.push_common();
        self.buffer.extend_from_slice(b"\r\n");
    }

    fn push_common(&mut self) {
        let out = &mut self.buffer;
        out.extend_from_slice(b"Host: ");
        out.extend_from_slice(self.common.host.as_bytes());
        if let Some(token) = &self.common.token {
            out.extend_from_slice(b"\r\nAuthorization: Bearer ");
            out.extend_from_slice(token.as_bytes());
        }
        out.extend_from_slice(b"\r\n");
    }

    fn post(&mut self, content_type: &str, orders: u32) {
        self.buffer
            .extend_from_slice(b"POST /v1/events HTTP/1.1\r\nContent-Type: ");
        self.buffer.extend_from_slice(content_type.as_bytes());
        self.buffer.extend_from_slice(b"\r\n");
        self.push_common();
        let length_at = begin_length(&mut self.buffer);
        let at = self.at();
        for _ in 0..orders {
            self.push_order(&at);
        }
        fill_length(&mut self.buffer, length_at);
    }

    fn at(&self) -> [u8; INSTANT_CHARS] {
        match &self.common.at {
            Some(text) => text.as_bytes().try_into().expect("checked with the flags"),
            None => instant(now().as_secs()),
        }
    }

    fn push_order(&mut self, at: &[u8; INSTANT_CHARS]) {
        let cents = amount(&mut self.random);
        let mut serial = [b'0'; SERIAL_CHARS];
        base36(&mut serial, self.serial);
        self.serial += self.step;
        let out = &mut self.buffer;
        out.extend_from_slice(b"{\"id\":\"");
        out.extend_from_slice(self.common.tag.as_bytes());
        out.extend_from_slice(&serial);
        out.extend_from_slice(b"\",\"type\":\"order.accepted\",\"at\":\"");
        out.extend_from_slice(at);
        out.extend_from_slice(b"\",\"data\":{\"member\":\"");
        self.targets.push_json(&mut self.random, out);
        out.extend_from_slice(b"\",\"volumes\":{\"cv\":\"");
        push_cents(out, cents);
        out.extend_from_slice(b"\",\"pv\":\"");
        push_cents(out, cents / 5 * 4);
        out.extend_from_slice(b"\"},\"amount\":\"");
        push_cents(out, cents);
        out.extend_from_slice(b"\",\"currency\":\"USD\"}}\n");
    }
}

/// Writes the header for the body's length with room for it, and the end of the head. Tells where the room is.
pub fn begin_length(out: &mut Vec<u8>) -> usize {
    out.extend_from_slice(b"Content-Length: ");
    let at = out.len();
    out.extend_from_slice(&[b' '; LENGTH_WIDTH]);
    out.extend_from_slice(b"\r\n\r\n");
    at
}

/// Fills the room with the length of what was written since.
pub fn fill_length(out: &mut [u8], at: usize) {
    let body = out.len() - (at + LENGTH_WIDTH + 4);
    let text = format!("{body:>LENGTH_WIDTH$}");
    out[at..at + LENGTH_WIDTH].copy_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn common() -> Common {
        Common {
            host: "127.0.0.1:8080".into(),
            token: Some("secret".into()),
            at: Some("2026-01-31T12:00:00Z".into()),
            tag: "T".into(),
            batch: 3,
            downline_query: "levels=2".into(),
        }
    }

    fn split(request: &[u8]) -> (String, String) {
        let text = String::from_utf8(request.to_vec()).expect("UTF-8");
        let (head, body) = text.split_once("\r\n\r\n").expect("head and body");
        (head.to_owned(), body.to_owned())
    }

    #[test]
    fn a_batch_has_a_line_an_order_and_says_its_length() {
        let (common, targets) = (common(), Targets::Generated(1));
        let mut writer = Writer::new(&common, &targets, Work::Batches, 1, 2, 10);
        let (head, body) = split(writer.next_request());
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("Content-Length:"))
            .expect("a length");
        assert_eq!(length.trim().parse(), Ok(body.len()));
        assert!(head.contains("Authorization: Bearer secret"));
        let lines: Vec<serde_json::Value> = body
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0]["id"], "T000002");
        assert_eq!(lines[1]["id"], "T00000c");
        assert_eq!(lines[0]["type"], "order.accepted");
        assert_eq!(lines[0]["data"]["member"], "M00000000001");
        assert_eq!(
            lines[0]["data"]["volumes"]["cv"],
            lines[0]["data"]["amount"]
        );
    }

    #[test]
    fn reads_name_the_member_in_the_path() {
        let (common, targets) = (common(), Targets::Generated(1));
        let (head, body) =
            split(Writer::new(&common, &targets, Work::Reads, 1, 0, 1).next_request());
        assert!(
            head.starts_with("GET /v1/members/M00000000001/volumes HTTP/1.1\r\n"),
            "{head}"
        );
        assert_eq!(body, "");
        let (head, _) =
            split(Writer::new(&common, &targets, Work::Downline, 1, 0, 1).next_request());
        assert!(
            head.starts_with("GET /v1/members/M00000000001/downline?levels=2 HTTP/1.1\r\n"),
            "{head}"
        );
    }

    #[test]
    fn writers_never_share_an_order_id() {
        let (common, targets) = (common(), Targets::Generated(5));
        let mut ids = std::collections::HashSet::new();
        for index in 0..4 {
            let mut writer = Writer::new(&common, &targets, Work::Orders, 1, index, 4);
            for _ in 0..100 {
                let (_, body) = split(writer.next_request());
                let order: serde_json::Value = serde_json::from_str(&body).expect("JSON");
                assert!(ids.insert(order["id"].to_string()));
            }
        }
    }
}

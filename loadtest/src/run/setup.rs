//! Fills a server with the network of a members.csv.

use std::error::Error;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Instant;

use serde::Serialize;

use crate::run::bodies::{Common, begin_length, fill_length};
use crate::run::client::Client;
use crate::run::machine::Sample;
use crate::run::targets::Named;

/// Enrolments in one request.
const BATCH: usize = 5_000;

/// How filling went.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Filled {
    /// Members enrolled, or enrolled already.
    pub accepted: u64,
    /// Rows the server refused.
    pub rejected: u64,
    /// How long it took.
    pub seconds: f64,
    /// Growth of the server's resident memory a member, if its process is known.
    pub bytes_a_member: Option<f64>,
}

/// Enrols every row in the file's order, over one connection, since enrollers must come first.
///
/// # Errors
/// When the file cannot be read, lacks a column, or the server refuses a whole request.
pub fn fill(
    file: &Path,
    tree: &str,
    address: SocketAddr,
    common: &Common,
    pid: Option<u32>,
) -> Result<Filled, Box<dyn Error>> {
    let before = Sample::take(pid);
    let start = Instant::now();
    let mut reader = csv::Reader::from_path(file)?;
    let columns = Columns::of(reader.headers()?)?;
    let mut client = Client::new(address);
    let mut filled = Filled::default();
    let (mut request, mut row, mut rows) = (Vec::new(), csv::StringRecord::new(), 0);
    let mut length_at = begin(&mut request, common);
    while reader.read_record(&mut row)? {
        columns.push_event(&row, tree, &mut request);
        rows += 1;
        if rows == BATCH {
            fill_length(&mut request, length_at);
            send(&mut client, &request, &mut filled)?;
            length_at = begin(&mut request, common);
            rows = 0;
        }
    }
    if rows > 0 {
        fill_length(&mut request, length_at);
        send(&mut client, &request, &mut filled)?;
    }
    filled.seconds = start.elapsed().as_secs_f64();
    let grown = Sample::take(pid).memory.0.saturating_sub(before.memory.0);
    if pid.is_some() && filled.accepted > 0 {
        filled.bytes_a_member = Some(grown as f64 * 1024.0 / filled.accepted as f64);
    }
    Ok(filled)
}

fn begin(request: &mut Vec<u8>, common: &Common) -> usize {
    request.clear();
    request.extend_from_slice(
        b"POST /v1/events HTTP/1.1\r\nContent-Type: application/x-ndjson\r\nHost: ",
    );
    request.extend_from_slice(common.host.as_bytes());
    if let Some(token) = &common.token {
        request.extend_from_slice(b"\r\nAuthorization: Bearer ");
        request.extend_from_slice(token.as_bytes());
    }
    request.extend_from_slice(b"\r\n");
    begin_length(request)
}

fn send(client: &mut Client, request: &[u8], filled: &mut Filled) -> Result<(), Box<dyn Error>> {
    let answer = client.ask(request)?;
    let text = || {
        String::from_utf8_lossy(answer.body)
            .chars()
            .take(600)
            .collect::<String>()
    };
    if !(200..300).contains(&answer.status) {
        return Err(format!("the server answered {}: {}", answer.status, text()).into());
    }
    let summary: serde_json::Value = serde_json::from_slice(answer.body)?;
    let count = |field: &str| match &summary[field] {
        serde_json::Value::Array(lines) => lines.len() as u64,
        value => value.as_u64().unwrap_or(0),
    };
    if filled.rejected == 0 && count("rejected") > 0 {
        eprintln!("some members were refused: {}", text());
    }
    filled.accepted += count("accepted");
    filled.rejected += count("rejected");
    Ok(())
}

/// Where the columns of a members.csv stand.
struct Columns {
    joined_at: usize,
    kind: Option<usize>,
    seat: Option<(usize, usize)>,
}

impl Columns {
    /// Member and enroller are the first two columns; the others go by name.
    fn of(header: &csv::StringRecord) -> Result<Columns, String> {
        let named = |name: &str| header.iter().position(|column| column == name);
        Ok(Columns {
            joined_at: named("joined_at").ok_or("members.csv has no column `joined_at`")?,
            kind: named("kind"),
            seat: named("binary_parent").zip(named("binary_leg")),
        })
    }

    fn push_event(&self, row: &csv::StringRecord, tree: &str, out: &mut Vec<u8>) {
        let cell = |at: usize| row.get(at).unwrap_or_default();
        let escaped = |text: &str| Named::new(text).json;
        let kind = self.kind.map_or("distributor", cell);
        let mut line = format!(
            "{{\"id\":\"{}\",\"type\":\"member.enrolled\",\"at\":\"{}\",\"data\":{{\"kind\":\"{}\"",
            escaped(cell(0)),
            escaped(cell(self.joined_at)),
            escaped(kind),
        );
        if !cell(1).is_empty() {
            line.push_str(&format!(",\"enroller\":\"{}\"", escaped(cell(1))));
        }
        if let (Some((parent, leg)), "distributor") = (self.seat, kind) {
            let place = match cell(parent) {
                "" => "\"root\":true".to_owned(),
                parent => format!(
                    "\"parent\":\"{}\",\"leg\":\"{}\"",
                    escaped(parent),
                    escaped(cell(leg))
                ),
            };
            line.push_str(&format!(
                ",\"placements\":[{{\"tree\":\"{tree}\",{place}}}]"
            ));
        }
        line.push_str("}}\n");
        out.extend_from_slice(line.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(header: &[&str], row: &[&str]) -> serde_json::Value {
        let columns = Columns::of(&csv::StringRecord::from(header.to_vec())).expect("columns");
        let mut out = Vec::new();
        columns.push_event(&csv::StringRecord::from(row.to_vec()), "binary", &mut out);
        serde_json::from_slice(&out).expect("JSON")
    }

    const ALL: [&str; 6] = [
        "member",
        "enroller",
        "joined_at",
        "kind",
        "binary_parent",
        "binary_leg",
    ];
    const AT: &str = "2026-01-01T00:00:00Z";

    #[test]
    fn rows_become_enrolments_with_their_places() {
        let seated = event(&ALL, &["M2", "M1", AT, "distributor", "M1", "left"]);
        assert_eq!(
            seated,
            serde_json::json!({"id": "M2", "type": "member.enrolled", "at": AT, "data": {
                "kind": "distributor", "enroller": "M1",
                "placements": [{"tree": "binary", "parent": "M1", "leg": "left"}]}})
        );
        let root = event(&ALL, &["M1", "", AT, "distributor", "", ""]);
        assert_eq!(root["data"]["placements"][0]["root"], true);
        assert!(root["data"].get("enroller").is_none());
        let customer = event(&ALL, &["C\"1", "M1", AT, "customer", "", ""]);
        assert_eq!(customer["id"], "C\"1");
        assert!(customer["data"].get("placements").is_none());
        let plain = event(&ALL[..3], &["M1", "", AT]);
        assert_eq!(plain["data"], serde_json::json!({"kind": "distributor"}));
    }
}

//! Whom requests are about.

use std::error::Error;
use std::path::Path;

use crate::names::{member_id, member_number};
use crate::random::Random;

/// The members a server has.
#[derive(Debug)]
pub enum Targets {
    /// Numbered ones, as `generate` makes them: so many.
    Generated(u32),
    /// Any ids, with escapes for JSON and paths in place.
    Named(Vec<Named>),
}

/// An id as it is written.
#[derive(Debug)]
pub struct Named {
    /// Inside a JSON string.
    pub json: Box<str>,
    /// As a path segment.
    pub path: Box<str>,
}

impl Named {
    /// Escapes an id.
    #[must_use]
    pub fn new(id: &str) -> Named {
        let quoted = serde_json::Value::from(id).to_string();
        let mut path = String::new();
        for byte in id.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                path.push(char::from(byte));
            } else {
                path.push_str(&format!("%{byte:02X}"));
            }
        }
        Named {
            json: quoted[1..quoted.len() - 1].into(),
            path: path.into(),
        }
    }
}

/// Above this many members, the top of the network is where a downline is large.
const TOP: u32 = 1_000;

impl Targets {
    /// Reads the ids of a members.csv: its first column. O(rows); generated ids take no memory.
    ///
    /// # Errors
    /// When the file cannot be read or has no rows.
    pub fn read(path: &Path) -> Result<Targets, Box<dyn Error>> {
        let mut reader = csv::Reader::from_path(path)?;
        let mut row = csv::StringRecord::new();
        let mut numbered = 0;
        let mut named: Option<Vec<Named>> = None;
        while reader.read_record(&mut row)? {
            let id = row.get(0).unwrap_or_default();
            match &mut named {
                None if member_number(id) == Some(numbered) => numbered += 1,
                None => {
                    let mut all: Vec<Named> = (0..numbered)
                        .map(|number| {
                            Named::new(std::str::from_utf8(&member_id(number)).expect("ASCII"))
                        })
                        .collect();
                    all.push(Named::new(id));
                    named = Some(all);
                }
                Some(all) => all.push(Named::new(id)),
            }
        }
        match named {
            Some(all) => Ok(Targets::Named(all)),
            None if numbered > 0 => Ok(Targets::Generated(numbered)),
            None => Err(format!("{} names no members", path.display()).into()),
        }
    }

    /// How many members.
    #[must_use]
    pub fn count(&self) -> u32 {
        match self {
            Targets::Generated(count) => *count,
            Targets::Named(all) => u32::try_from(all.len()).expect("at most 2^32 members"),
        }
    }

    /// Writes anyone's id into a JSON string.
    pub fn push_json(&self, random: &mut Random, out: &mut Vec<u8>) {
        let number = random.below(self.count());
        match self {
            Targets::Generated(_) => out.extend_from_slice(&member_id(number)),
            Targets::Named(all) => out.extend_from_slice(all[number as usize].json.as_bytes()),
        }
    }

    /// Writes anyone's id into a path; with `top`, every second time one of the first thousand members'.
    pub fn push_path(&self, random: &mut Random, top: bool, out: &mut Vec<u8>) {
        let among = if top && random.chance(1, 2) {
            self.count().min(TOP)
        } else {
            self.count()
        };
        let number = random.below(among);
        match self {
            Targets::Generated(_) => out.extend_from_slice(&member_id(number)),
            Targets::Named(all) => out.extend_from_slice(all[number as usize].path.as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_escaped_where_they_stand() {
        let named = Named::new("a \"b/\u{e9}");
        assert_eq!(&*named.json, "a \\\"b/\u{e9}");
        assert_eq!(&*named.path, "a%20%22b%2F%C3%A9");
    }

    #[test]
    fn the_real_network_is_named_and_a_generated_one_counted() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/real-network");
        let real = Targets::read(&folder.join("members.csv")).expect("bundled");
        assert!(matches!(&real, Targets::Named(all) if all.len() == 4_016));
        let mut out = Vec::new();
        Targets::Generated(1).push_json(&mut Random::new(1), &mut out);
        assert_eq!(out, b"M00000000001");
    }
}

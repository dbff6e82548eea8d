//! Lines of events, as `export events` writes them, back to commands.
//!
//! What a network decides or does by itself (its rules, its calendar, the passing of time) is left out: the receiving
//! network has its own.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde_json::{Map, Value};

use crate::api::parse::lines::{Form, Reader};
use crate::api::parse::names::Names;
use crate::cli::exit::Failure;
use crate::cli::import::fault::Fault;
use crate::engine::command::Command;
use crate::engine::command::token::Role;
use crate::engine::rules::Rules;
use crate::runtime::clock;

/// Types that a network tells of itself.
const OWN: [&str; 3] = ["network.changed", "calendar.extended", "time.advanced"];
/// Fields of an event that are told, beside those that a log adds.
const FIELDS: [&str; 4] = ["id", "type", "at", "data"];

/// A file of events, line by line.
pub struct Events {
    name: String,
    lines: std::io::Lines<BufReader<File>>,
    line: u64,
    reader: Reader,
}

impl Events {
    /// Opens a file for a network with these rules.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn open(path: &Path, rules: &Rules) -> Result<Events, Failure> {
        let file = File::open(path).map_err(|error| {
            Failure::usage(format!("{} cannot be read: {error}", path.display()))
        })?;
        Ok(Events {
            name: path.display().to_string(),
            lines: BufReader::new(file).lines(),
            line: 0,
            reader: Reader {
                form: Form::Events,
                names: Names::of(Some(rules)),
                now: clock::now(),
                role: Role::Admin,
            },
        })
    }

    /// The next event with its line: a command, or what is wrong with it; none after the last.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn next(&mut self) -> Result<Option<(u64, Result<Command, Fault>)>, Failure> {
        loop {
            let Some(text) = self.lines.next() else {
                return Ok(None);
            };
            let text = text.map_err(|error| {
                Failure::usage(format!("{} cannot be read: {error}", self.name))
            })?;
            self.line += 1;
            if text.trim().is_empty() {
                continue;
            }
            if let Some(read) = self.read(&text) {
                return Ok(Some((self.line, read)));
            }
        }
    }

    /// None for what a network tells of itself.
    fn read(&self, text: &str) -> Option<Result<Command, Fault>> {
        let fault = |column: String, given: String, allowed: String| Fault {
            file: self.name.clone(),
            row: self.line,
            column,
            given,
            allowed,
        };
        let fields: Map<String, Value> = match serde_json::from_str(text) {
            Ok(fields) => fields,
            Err(error) => {
                let shown = text.chars().take(60).collect();
                return Some(Err(fault(
                    String::new(),
                    shown,
                    format!("one JSON object a line ({error})"),
                )));
            }
        };
        let own = |kind: &str| OWN.contains(&kind);
        if fields.get("type").and_then(Value::as_str).is_some_and(own) {
            return None;
        }
        let told: Map<String, Value> = fields
            .into_iter()
            .filter(|(name, _)| FIELDS.contains(&name.as_str()))
            .collect();
        let line = Value::Object(told).to_string();
        Some(self.reader.text(line.as_bytes()).map_err(|problem| {
            fault(
                problem.field.clone().unwrap_or_default(),
                problem.given.clone().unwrap_or_default(),
                if problem.allowed.is_empty() {
                    problem.detail.clone()
                } else {
                    problem.allowed.join(", ")
                },
            )
        }))
    }

    /// The fault of an event that the network refuses.
    #[must_use]
    pub fn refused(&self, line: u64, id: &str, reason: String) -> Fault {
        Fault {
            file: self.name.clone(),
            row: line,
            column: String::new(),
            given: id.to_owned(),
            allowed: reason,
        }
    }
}

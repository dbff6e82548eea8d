//! Lines of events, as `export events` writes them, back to commands.
//!
//! What a network does by itself (its calendar, the passing of time) is left out, and so is its founding: the receiving
//! network has its own. A change of its document is known by the document's hash alone, so it is told by whoever has the
//! document, before the events that follow it are imported. Plan documents stand in the lines that draft them.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::api::parse::lines::{Form, Reader};
use crate::api::parse::names::Names;
use crate::api::parse::token;
use crate::base::ids::Text;
use crate::cli::exit::Failure;
use crate::cli::import::drafts::{DRAFTED, Drafted};
use crate::cli::import::fault::Fault;
use crate::cli::token::hex;
use crate::engine::command::change::Change;
use crate::engine::command::found::Found;
use crate::engine::command::{Command, Verb};
use crate::engine::role::Role;
use crate::engine::state::State;
use crate::runtime::clock;

/// Types that a network tells of itself.
const OWN: [&str; 3] = ["calendar.extended", "run.posted", "time.advanced"];
/// The type of its founding and of changes of its document.
const CHANGED: &str = "network.changed";
/// Fields of an event that are told, beside those that a log adds.
const FIELDS: [&str; 4] = ["id", "type", "at", "data"];

/// A file of events, line by line.
pub struct Events {
    name: String,
    lines: std::io::Lines<BufReader<File>>,
    line: u64,
    reader: Reader,
}

/// A line's number, and the command on it or what is wrong with it.
type Numbered = (u64, Result<Told, Fault>);

/// What a line tells.
pub enum Told {
    /// A command.
    Command(Box<Command>),
    /// That the network's document changed.
    Changed(Changed),
    /// That a plan document was drafted.
    Drafted(Drafted),
}

/// A change of the network document as an event knows it.
pub struct Changed {
    id: Text,
    document: [u8; 32],
    begins: Option<Text>,
}

impl Changed {
    fn of(event: &Map<String, Value>) -> Option<Changed> {
        let word = |value: &Value| value.as_str().map(Text::from);
        let data = event.get("data")?;
        Some(Changed {
            id: event.get("id").and_then(word)?,
            document: data["document"].as_str().and_then(token::hex)?,
            begins: word(&data["begins"]),
        })
    }
}

impl Events {
    /// Opens a file for a network that has been founded.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn open(path: &Path, state: &State) -> Result<Events, Failure> {
        let file = File::open(path).map_err(|error| {
            Failure::usage(format!("{} cannot be read: {error}", path.display()))
        })?;
        // Pending rules know every name of those in force, and take their place on the way.
        let rules = match &state.pending {
            Some(pending) => Some(&pending.rules),
            None => state.rules.as_ref(),
        };
        Ok(Events {
            name: path.display().to_string(),
            lines: BufReader::new(file).lines(),
            line: 0,
            reader: Reader {
                form: Form::Events,
                names: Names::of(rules.map(Arc::as_ref)),
                now: clock::now(),
                role: Role::Admin,
            },
        })
    }

    /// The next event with its line: a command, or what is wrong with it; none after the last.
    ///
    /// # Errors
    /// If the file cannot be read.
    #[expect(
        clippy::should_implement_trait,
        reason = "a file that fails ends the walk, which an iterator cannot say"
    )]
    pub fn next(&mut self) -> Result<Option<Numbered>, Failure> {
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
    fn read(&self, text: &str) -> Option<Result<Told, Fault>> {
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
        let kind = fields.get("type").and_then(Value::as_str);
        if kind.is_some_and(|kind| OWN.contains(&kind)) {
            return None;
        }
        if kind == Some(CHANGED) {
            // A log begins with the founding.
            let founding = fields.get("seq").and_then(Value::as_u64) == Some(1);
            let changed = Changed::of(&fields).map(Told::Changed).ok_or_else(|| {
                let allowed = "an id, and 64 hexadecimal digits for `data.document`";
                fault(CHANGED.to_owned(), String::new(), allowed.to_owned())
            });
            return (!founding).then_some(changed);
        }
        if kind == Some(DRAFTED) {
            return Some(Ok(Told::Drafted(Drafted {
                place: format!("{} row {}", self.name, self.line),
                event: fields,
            })));
        }
        let told: Map<String, Value> = fields
            .into_iter()
            .filter(|(name, _)| FIELDS.contains(&name.as_str()))
            .collect();
        let line = Value::Object(told).to_string();
        let read = self.reader.text(line.as_bytes());
        let read = read.map(|command| Told::Command(Box::new(command)));
        Some(read.map_err(|problem| {
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

    /// The command that told a network of a change, so that it can be compared with the one it took; none if the
    /// document is in force or pending there and needs no telling.
    ///
    /// # Errors
    /// If the network knows neither the change nor the document.
    pub fn known(
        &self,
        line: u64,
        changed: &Changed,
        state: &State,
    ) -> Result<Option<Command>, Failure> {
        let Changed {
            id,
            document,
            begins,
        } = changed;
        let pending = state.pending.as_ref().map(|pending| pending.document);
        if state.facts.first_seq(id).is_some() {
            let told = Found {
                document: *document,
                // Which ones does not count: those told before followed from the document.
                rules: state.rules.as_deref().expect("it has facts").clone(),
            };
            let begins = begins.clone();
            return Ok(Some(Command {
                id: id.clone(),
                at: state.as_of_time,
                verb: Verb::Change(Box::new(Change { told, begins })),
            }));
        }
        if state.document == *document || pending == Some(*document) {
            return Ok(None);
        }
        let begins = begins.as_ref();
        let begins = begins.map_or_else(String::new, |of| format!(" --begins {of}"));
        Err(Failure::usage(format!(
            "{} row {line}: the network changes to a document that is not in the file (BLAKE3 {}); all before it is told",
            self.name,
            hex(document)
        ))
        .hint(format!(
            "arborline network change DOCUMENT --id {id}{begins}, then the same import again"
        )))
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

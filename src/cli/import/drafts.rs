//! Plan documents in lines of events: `export events` writes the text beside the hash, and an import keeps it before it
//! tells the draft.
//!
//! A draft that cannot be told ends an import: the versions behind it would get other numbers, and activations mean
//! others.

use serde_json::{Map, Value};

use crate::api::parse::token;
use crate::base::after_close::AfterClose;
use crate::base::ids::{Text, check_id};
use crate::base::path::{Path, Paths};
use crate::base::time::Time;
use crate::cli::directory;
use crate::cli::document::listed;
use crate::cli::exit::Failure;
use crate::cli::import::sink::Sink;
use crate::document::plan::set::parse;
use crate::engine::command::plan::DraftPlan;
use crate::engine::command::{Command, Verb};
use crate::engine::plans::{LateRefunds, Said};
use crate::engine::rules::Rules;
use crate::engine::state::State;

/// The type of such events.
pub const DRAFTED: &str = "plan.drafted";
/// The field of their data that holds the document's text.
pub const TEXT: &str = "text";

/// A version of a plan set as a line tells it.
pub struct Drafted {
    /// File and line, for people.
    pub place: String,
    /// The event.
    pub event: Map<String, Value>,
}

impl Drafted {
    /// Keeps the document, and gives the command that drafts it. Costs the document.
    ///
    /// # Errors
    /// If the line has no document or another one, it does not hold in the network, or the disk fails.
    pub fn command(&self, sink: &Sink) -> Result<Command, Failure> {
        let data = self.event.get("data").unwrap_or(&Value::Null);
        let id = self.id("id", self.event.get("id"))?;
        let set = self.id("data.set", data.get("set"))?;
        let at = self.event.get("at").and_then(Value::as_str);
        let at = at.and_then(|at| at.parse::<Time>().ok());
        let at = at.ok_or_else(|| self.wrong("`at` is no time"))?;
        let text = data.get(TEXT).and_then(Value::as_str);
        let text = text.ok_or_else(|| {
            self.wrong("the plan document is not in the line")
                .hint("`arborline export events` writes it as data.text; /v1/changes does not")
        })?;
        let hash = *blake3::hash(text.as_bytes()).as_bytes();
        let named = data["document"].as_str().and_then(token::hex);
        if named != Some(hash) {
            return Err(self.wrong("`data.text` does not have the hash in `data.document`"));
        }
        let state = sink.state().expect("a server is not fed from here");
        if state.facts.first_seq(&id).is_none() {
            let pending = state.pending.as_deref().map(|pending| &*pending.rules);
            self.holds(text, [state.rules.as_deref(), pending])?;
        }
        if let Sink::Directory(offline) = sink {
            let kept = offline.keep_document(text.as_bytes());
            kept.map_err(|fault| directory::fault(&fault))?;
        }
        let draft = DraftPlan {
            set,
            said: Said {
                document: hash,
                refunds: self.refunds(data, state)?,
                paths: self.paths(data, state)?,
            },
        };
        Ok(Command {
            id,
            at,
            verb: Verb::DraftPlan(Box::new(draft)),
        })
    }

    /// What the draft said of late refunds; lines older than that say nothing.
    fn refunds(&self, data: &Value, state: &State) -> Result<LateRefunds, Failure> {
        let Some(given) = data.get("refunds_after_close") else {
            return Ok(LateRefunds::UNSAID);
        };
        let known = AfterClose::ALL.into_iter();
        let after_close = known.clone().find(|one| *given == one.name());
        let rules = state.rules.iter();
        let types = rules.flat_map(|rules| rules.period_types.iter());
        let names: Vec<&str> = types.map(|of| of.name.as_str()).collect();
        let place = |name: &Value| names.iter().position(|known| *name == *known);
        let reversed = data["reversed"].as_array();
        let reversed = reversed.map(|all| all.iter().map(place).collect::<Option<Vec<_>>>());
        match (after_close, reversed.flatten()) {
            (Some(after_close), Some(reversed)) => Ok(LateRefunds {
                after_close,
                reversed: reversed.into_iter().fold(0, |bits, of| bits | 1 << of),
            }),
            (None, _) => {
                let allowed: Vec<&str> = known.map(AfterClose::name).collect();
                let allowed = allowed.join(", ");
                Err(self.wrong(&format!("`data.refunds_after_close` is none of {allowed}")))
            }
            (_, None) => Err(self.wrong("`data.reversed` is no list of period types")),
        }
    }

    /// Who the draft wants written down with orders; lines older than that say nothing.
    fn paths(&self, data: &Value, state: &State) -> Result<Paths, Failure> {
        let mut paths = Paths::default();
        let Some(given) = data.get("posts") else {
            return Ok(paths);
        };
        let trees = state.rules.as_ref().map(|rules| &rules.trees[..]);
        let read = |one: &Value| {
            let mut trees = trees?.iter();
            let tree = trees.position(|tree| one["tree"] == *tree.name)?;
            let path = Path {
                tree: tree as u8,
                compressed: one["compressed"].as_bool()?,
            };
            Some((path, u8::try_from(one["levels"].as_u64()?).ok()?))
        };
        let all = given.as_array().map(|all| all.iter().map(read));
        let all: Option<Vec<_>> = all.and_then(Iterator::collect);
        let all = all.ok_or_else(|| {
            self.wrong("`data.posts` is no list of a known tree, compressed and levels each")
        })?;
        for (path, levels) in all {
            paths.add(path, levels);
        }
        Ok(paths)
    }

    /// By the rules in force, or by those that take their place on the way.
    fn holds(&self, text: &str, rules: [Option<&Rules>; 2]) -> Result<(), Failure> {
        let mut found = Vec::new();
        for rules in rules.into_iter().flatten() {
            match parse(text, rules) {
                Ok(_) => return Ok(()),
                Err(problems) if found.is_empty() => found = problems,
                Err(_) => {}
            }
        }
        let listed = listed(&found);
        let what = format!("the plan document does not hold in this network:\n{listed}");
        Err(self.wrong(what.trim_end()))
    }

    fn id(&self, field: &str, value: Option<&Value>) -> Result<Text, Failure> {
        let id = value.and_then(Value::as_str);
        let id = id.filter(|id| check_id(id).is_ok());
        let id = id.ok_or_else(|| self.wrong(&format!("`{field}` is no id")))?;
        Ok(Text::from(id))
    }

    fn wrong(&self, what: &str) -> Failure {
        Failure::usage(format!("{}: {what}; all before it is told", self.place))
    }
}

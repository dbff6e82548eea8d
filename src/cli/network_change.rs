//! `network change`: another network document, on a running server or a stopped directory.

use std::path::Path;

use clap::{Arg, ArgAction, ArgMatches};
use serde_json::Value;

use crate::api::error::{Origin, rejection};
use crate::base::ids::{Text, check_id};
use crate::cli::client::{self, Client};
use crate::cli::command::Call;
use crate::cli::directory::{self, Found};
use crate::cli::document::{listed, read};
use crate::cli::exit::{Exit, Failure};
use crate::cli::settings;
use crate::cli::token::{draw, escaped, hex, tell};
use crate::engine::command::Verb;
use crate::runtime::clock;
use crate::runtime::network_change::{self, Told, Unfit};
use crate::view::network::{became, would_be};

/// The flags, beside the file.
#[must_use]
pub fn args(file: Arg) -> clap::Command {
    let command = clap::Command::new("change")
        .about("Change the network document from the start of a period on, on a stopped directory (--data) or a running server (--url)")
        .arg(file)
        .arg(
            Arg::new("begins")
                .long("begins")
                .value_name("TYPE")
                .help("The period type at whose next start it takes effect; the longest running period's if not given"),
        )
        .arg(
            Arg::new("id")
                .long("id")
                .value_name("ID")
                .help("Its id, by which it happens once only; drawn if not given"),
        )
        .arg(
            Arg::new("dry-run")
                .long("dry-run")
                .action(ArgAction::SetTrue)
                .help("Only say whether it would be taken, and when it would take effect"),
        );
    client::args(settings::args(command, &["data"]))
}

/// Tells the document.
///
/// # Errors
/// If it is wrong or impossible, or there is nobody to tell.
pub fn run(call: &Call, matches: &ArgMatches) -> Result<Exit, Failure> {
    let word = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    let path = Path::new(word("file").expect("clap asks for it"));
    let text = read(path)?;
    let id = match word("id") {
        Some(id) => id.to_owned(),
        None => format!("network-{}", hex(&draw::<6>()?)),
    };
    if check_id(&id).is_err() || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Failure::usage(format!(
            "--id: given {id:?}; allowed: 1 to 64 ASCII characters without blanks"
        )));
    }
    let asked = Asked {
        path,
        text: &text,
        id: &id,
        begins: word("begins"),
        dry: matches.get_flag("dry-run"),
    };
    let answer = match client::of(matches)? {
        Some(client) => asked.of_server(&client)?,
        None => asked.of_directory(matches)?,
    };
    call.output.answer(&described(&answer), &answer)?;
    Ok(Exit::Done)
}

/// What is asked for.
struct Asked<'a> {
    path: &'a Path,
    text: &'a str,
    id: &'a str,
    begins: Option<&'a str>,
    dry: bool,
}

impl Asked<'_> {
    fn of_server(&self, client: &Client) -> Result<Value, Failure> {
        let mut path = format!("/v1/network?dry_run={}", self.dry);
        if let Some(begins) = self.begins {
            path += &format!("&begins={}", escaped(begins));
        }
        client.put(&path, ("application/toml", self.id), self.text.as_bytes())
    }

    fn of_directory(&self, matches: &ArgMatches) -> Result<Value, Failure> {
        let mut offline = directory::open(&settings::resolve(matches)?, Found::Never)?;
        let named = (Text::from(self.id), clock::now());
        let told = network_change::read(&offline.state, self.text, self.begins, named);
        let Told { command, begins } = told.map_err(|unfit| self.refused(unfit))?;
        let answer = match command.verb {
            Verb::Change(change) if self.dry => would_be(&offline.state, &change, begins),
            verb => {
                let kept = offline.keep_document(self.text.as_bytes());
                kept.map_err(|fault| directory::fault(&fault))?;
                let seq = tell(&mut offline, command.id, verb)?;
                became(&offline.state, seq, self.id)
            }
        };
        offline.close().map_err(|fault| directory::fault(&fault))?;
        let answer = answer.expect("a directory that opens holds a network");
        Ok(serde_json::to_value(answer).expect("answers are plain data"))
    }

    fn refused(&self, unfit: Unfit) -> Failure {
        match unfit {
            Unfit::Rejected(rejected) => {
                Failure::usage(rejection(rejected, Origin::default()).detail)
            }
            Unfit::Document(problems) => Failure::usage(format!(
                "the network document {} cannot be taken:\n{}",
                self.path.display(),
                listed(&problems).trim_end()
            )),
        }
    }
}

/// The answer in a sentence.
fn described(answer: &Value) -> String {
    let pending = &answer["pending"];
    let word = |field: &str| pending[field].as_str().unwrap_or_default();
    let when = format!(
        "{} (with {} {})",
        word("takes_effect"),
        word("period_type"),
        word("period")
    );
    match (answer["seq"].as_u64(), pending.is_null()) {
        (None, _) => format!("it would take effect {when}"),
        (Some(seq), false) => format!("accepted as {seq}; takes effect {when}"),
        (Some(seq), true) => format!("accepted as {seq} before"),
    }
}

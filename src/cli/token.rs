//! `token create`, `token list`, `token revoke`: who may ask what, on a stopped directory or a running server.
//!
//! A secret is drawn here or by the server, shown once, and kept nowhere: the log holds its BLAKE3 hash.

use std::fmt::Write;

use clap::{Arg, ArgMatches};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::api::error::{Origin, refusal};
use crate::api::principal::{ROLES, role_name, token_text};
use crate::base::ids::{Text, check_id};
use crate::base::time::Time;
use crate::cli::client::{self, Client};
use crate::cli::command::{Call, Subcommand};
use crate::cli::directory::{self, Found};
use crate::cli::exit::{Exit, Failure};
use crate::cli::settings;
use crate::document::sample;
use crate::engine::command::token::{CreateToken, RevokeToken};
use crate::engine::command::{Command, Verb};
use crate::engine::role::Role;
use crate::runtime::offline::Offline;
use crate::view::tokens;

/// The command.
pub const COMMAND: Subcommand = Subcommand {
    name: "token",
    about: "Create, list and revoke tokens, on a stopped directory (--data) or a running server (--url)",
    args: |command| {
        command
            .subcommand_required(true)
            .subcommand(create_args())
            .subcommand(own_args(
                clap::Command::new("list")
                    .about("List tokens: role, member, times; never a secret"),
            ))
            .subcommand(own_args(
                clap::Command::new("revoke")
                    .about("End a token, from the next command on")
                    .arg(
                        Arg::new("token")
                            .required(true)
                            .value_name("ID")
                            .help("The token's id"),
                    ),
            ))
    },
    run: |call| {
        let (name, matches) = call.matches.subcommand().expect("clap asks for one");
        let client = client::of(matches)?;
        match name {
            "create" => create(call, matches, client),
            "list" => list(call, matches, client),
            _ => revoke(call, matches, client),
        }
    },
};

fn own_args(command: clap::Command) -> clap::Command {
    client::args(settings::args(command, &["data"]))
}

fn create_args() -> clap::Command {
    let create = clap::Command::new("create")
        .about("Make a token and show it once; a directory without a network is founded")
        .arg(
            Arg::new("role")
                .long("role")
                .required(true)
                .value_parser(ROLES.iter().map(|&(name, _)| name).collect::<Vec<_>>())
                .help("What it may do"),
        )
        .arg(
            Arg::new("member")
                .long("member")
                .value_name("ID")
                .help("For the role member: whose downline it sees"),
        )
        .arg(
            Arg::new("id")
                .long("id")
                .value_name("ID")
                .help("Its name, by which it is revoked; drawn if not given"),
        )
        .arg(
            Arg::new("expires")
                .long("expires")
                .value_name("TIME")
                .help("When it ends, such as 2027-01-01T00:00:00Z; never if not given"),
        );
    client::args(settings::args(create, &["data", "network"]))
}

/// What is asked for, checked.
struct Wanted {
    id: Text,
    role: Role,
    member: Option<Text>,
    expires: Option<Time>,
}

/// A token just made.
#[derive(Debug, Serialize, Deserialize)]
struct Made {
    id: String,
    token: String,
    seq: u64,
}

fn wanted(matches: &ArgMatches) -> Result<Wanted, Failure> {
    let text = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    let name = text("role").expect("clap asks for it");
    let role = ROLES
        .iter()
        .find(|(known, _)| *known == name)
        .expect("clap knows only these")
        .1;
    let member = text("member").map(Text::from);
    if (role == Role::Member) != member.is_some() {
        return Err(Failure::usage(
            "--member belongs to the role member, and that role needs it",
        ));
    }
    let id = match text("id") {
        Some(id) => Text::from(id),
        None => Text::from(hex(&draw::<6>()?)),
    };
    if check_id(&id).is_err() || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Failure::usage(format!(
            "--id: given {id:?}; allowed: 1 to 64 ASCII characters without blanks"
        )));
    }
    let expires = text("expires").map(|text| {
        text.parse::<Time>().map_err(|_| {
            Failure::usage(format!(
                "--expires: given {text:?}; allowed: a time such as 2027-01-01T00:00:00Z"
            ))
        })
    });
    Ok(Wanted {
        id,
        role,
        member,
        expires: expires.transpose()?,
    })
}

fn create(call: &Call, matches: &ArgMatches, client: Option<Client>) -> Result<Exit, Failure> {
    let wanted = wanted(matches)?;
    let made = match client {
        Some(client) => {
            let mut body = json!({ "id": wanted.id, "role": role_name(wanted.role) });
            if let Some(member) = &wanted.member {
                body["member"] = json!(member);
            }
            if let Some(expires) = wanted.expires {
                body["expires"] = json!(expires);
            }
            client.post(
                "/v1/tokens",
                "application/json",
                body.to_string().as_bytes(),
            )?
        }
        None => {
            let mut offline =
                directory::open(&settings::resolve(matches)?, Found::With(sample::DEFAULT))?;
            let made = make(&mut offline, wanted)?;
            offline.close().map_err(|fault| directory::fault(&fault))?;
            made
        }
    };
    call.output
        .remark("this is shown once; keep it where secrets are kept:");
    call.output.answer(&made.token, &made)?;
    Ok(Exit::Done)
}

fn make(offline: &mut Offline, wanted: Wanted) -> Result<Made, Failure> {
    let secret = hex(&draw::<32>()?);
    let (id, token) = (wanted.id.to_string(), token_text(&wanted.id, &secret));
    let verb = Verb::CreateToken(Box::new(CreateToken {
        hash: *blake3::hash(secret.as_bytes()).as_bytes(),
        role: wanted.role,
        member: wanted.member,
        expires: wanted.expires,
    }));
    let seq = tell(offline, wanted.id, verb)?;
    Ok(Made { id, token, seq })
}

/// Makes a token of a role without a member in a directory that is open: its text, which is shown nowhere else.
///
/// # Errors
/// If no secret can be drawn or the disk fails.
pub fn make_for(offline: &mut Offline, id: &str, role: Role) -> Result<String, Failure> {
    let wanted = Wanted {
        id: Text::from(id),
        role,
        member: None,
        expires: None,
    };
    make(offline, wanted).map(|made| made.token)
}

/// One command to a directory that is open here: its sequence.
///
/// # Errors
/// If the engine refuses it or the disk fails.
pub fn tell(offline: &mut Offline, id: Text, verb: Verb) -> Result<u64, Failure> {
    let clock = offline.calendars.clock();
    let at = directory::command_time(clock, offline.state.as_of_time);
    let told = offline.submit(vec![Command { id, at, verb }]);
    let receipts = told.map_err(|fault| directory::fault(&fault))?;
    let receipt = receipts
        .into_iter()
        .next()
        .expect("one command, one receipt");
    match receipt.outcome {
        Ok(_) => Ok(receipt.seq),
        Err(refused) => Err(Failure::usage(refusal(&refused, Origin::default()).detail)),
    }
}

fn list(call: &Call, matches: &ArgMatches, client: Option<Client>) -> Result<Exit, Failure> {
    let answer: serde_json::Value = match client {
        Some(client) => client.get("/v1/tokens")?,
        None => {
            let read = directory::read(&settings::resolve(matches)?)?;
            serde_json::to_value(tokens::list(&read.state)).expect("answers are plain data")
        }
    };
    let mut plain = String::new();
    for token in answer["tokens"].as_array().into_iter().flatten() {
        let word = |field: &str| token[field].as_str().unwrap_or("-").to_owned();
        let standing = if token["usable"].as_bool() == Some(true) {
            "usable"
        } else {
            "ended"
        };
        writeln!(
            plain,
            "{}  {}  member {}  created {}  expires {}  {standing}",
            word("token"),
            word("role"),
            word("member"),
            word("created"),
            word("expires"),
        )
        .expect("a text takes any text");
    }
    if plain.is_empty() {
        plain.push_str("no token yet");
    }
    call.output.answer(&plain, &answer)?;
    Ok(Exit::Done)
}

fn revoke(call: &Call, matches: &ArgMatches, client: Option<Client>) -> Result<Exit, Failure> {
    let token = matches
        .get_one::<String>("token")
        .expect("clap asks for it");
    match client {
        Some(client) => {
            let body = json!({ "id": format!("revoke-{}", hex(&draw::<6>()?)) });
            let path = format!("/v1/tokens/{}/revoke", escaped(token));
            let _: serde_json::Value =
                client.post(&path, "application/json", body.to_string().as_bytes())?;
        }
        None => {
            let mut offline = directory::open(&settings::resolve(matches)?, Found::Never)?;
            let verb = Verb::RevokeToken(Box::new(RevokeToken {
                token: Text::from(token.as_str()),
            }));
            tell(
                &mut offline,
                Text::from(format!("revoke-{}", hex(&draw::<6>()?))),
                verb,
            )?;
            offline.close().map_err(|fault| directory::fault(&fault))?;
        }
    }
    call.output
        .answer(&format!("{token} is revoked"), &json!({ "revoked": token }))?;
    Ok(Exit::Done)
}

/// Random bytes of the operating system.
///
/// # Errors
/// If it has none.
pub fn draw<const LEN: usize>() -> Result<[u8; LEN], Failure> {
    let mut bytes = [0; LEN];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::new(Exit::Refused, format!("no random bytes: {error}")))?;
    Ok(bytes)
}

/// Bytes as hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A text as one segment of a path.
#[must_use]
pub fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

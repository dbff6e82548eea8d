//! `status`: how a server or a directory is, in one page.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::cli::command::Subcommand;
use crate::cli::exit::Exit;
use crate::cli::{client, directory, settings};

/// The command.
pub const COMMAND: Subcommand = Subcommand {
    name: "status",
    about: "Show how a running server (--url) or a directory (--data) is",
    args: |command| client::args(settings::args(command, &["data"])),
    run: |call| {
        let page: Value = match client::of(call.matches)? {
            Some(client) => client.get("/v1/status")?,
            None => {
                let settings = settings::resolve(call.matches)?;
                let read = directory::read(&settings)?;
                let state = &read.state;
                json!({
                    "data": settings.value("data"),
                    "applied_seq": state.as_of_seq,
                    "machine_time": state.as_of_time,
                    "oldest_seq": read.files.oldest_seq(),
                    "segments": read.files.segments().len(),
                    "members": state.members.len() - 1,
                    "orders": state.orders.len(),
                    "tokens": state.tokens.iter().count(),
                })
            }
        };
        let mut plain = String::new();
        for (name, value) in page.as_object().into_iter().flatten() {
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            writeln!(plain, "{name:<20} {value}").expect("a text takes any text");
        }
        call.output.answer(&plain, &page)?;
        Ok(Exit::Done)
    },
};

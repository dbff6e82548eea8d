//! `config show`: every setting with its value and where that came from.

use std::fmt::Write;

use serde_json::{Map, json};

use crate::cli::command::{Call, Subcommand};
use crate::cli::exit::{Exit, Failure};
use crate::cli::settings;

/// The command.
pub const COMMAND: Subcommand = Subcommand {
    name: "config",
    about: "Show the settings in effect and where each comes from",
    args: |command| {
        let show = clap::Command::new("show").about("Print each setting, its value and its origin");
        command
            .subcommand_required(true)
            .subcommand(settings::args(show, &settings::all()))
    },
    run: |call| {
        let (_, matches) = call.matches.subcommand().expect("clap asks for one");
        show(call, matches)
    },
};

fn show(call: &Call, matches: &clap::ArgMatches) -> Result<Exit, Failure> {
    let settings = settings::resolve(matches)?;
    let width = settings
        .each()
        .map(|(setting, ..)| setting.name.len())
        .max()
        .unwrap_or(0);
    let (mut plain, mut data) = (String::new(), Map::new());
    for (setting, value, origin) in settings.each() {
        writeln!(plain, "# {}", setting.sentence).expect("a text takes any text");
        let shown = match setting.shape {
            settings::Shape::Count(..) => value.to_owned(),
            _ => format!("{value:?}"),
        };
        // What is printed is a settings file that says the same; a setting that is not given stays a comment there.
        let mark = if value.is_empty() { "# " } else { "" };
        writeln!(plain, "{mark}{:width$} = {shown}  # {origin}", setting.name)
            .expect("a text takes any text");
        data.insert(
            setting.name.to_owned(),
            json!({ "value": value, "origin": origin.to_string(), "env": setting.env, "flag": format!("--{}", setting.flag) }),
        );
    }
    call.output.answer(&plain, &data)?;
    Ok(Exit::Done)
}

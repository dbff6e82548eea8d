//! Documents in files: their text, and what is wrong with them in lines.

use std::path::Path;

use serde_json::{Value, json};

use crate::cli::exit::{Exit, Failure};
use crate::cli::output::Output;
use crate::document::network::{Network, parse};
use crate::document::problem::Problem;

/// The text of a document.
///
/// # Errors
/// If the file cannot be read.
pub fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", path.display())))
}

/// Problems, one a line.
#[must_use]
pub fn listed(problems: &[Problem]) -> String {
    problems
        .iter()
        .map(|problem| format!("  {problem}\n"))
        .collect()
}

/// Problems as data.
#[must_use]
pub fn as_data(problems: &[Problem]) -> Vec<Value> {
    let data = problems.iter().map(|problem| {
        json!({
            "line": problem.line, "field": problem.field, "given": problem.given,
            "allowed": problem.allowed, "hint": problem.hint,
        })
    });
    data.collect()
}

/// Tells the problems of a document that was to be checked.
///
/// # Errors
/// If standard output cannot be written.
pub fn refused(output: Output, path: &Path, problems: &[Problem]) -> Result<Exit, Failure> {
    let (path, count) = (path.display(), problems.len());
    let plain = format!("{path}: {count} to mend\n{}", listed(problems));
    output.answer(&plain, &json!({ "problems": as_data(problems) }))?;
    Ok(Exit::Differences)
}

/// Reads a document for a command that goes on with it.
///
/// # Errors
/// If the file cannot be read or is wrong; all its problems are told.
pub fn load(path: &Path) -> Result<(String, Network), Failure> {
    let text = read(path)?;
    match parse(&text) {
        Ok(network) => Ok((text, network)),
        Err(problems) => {
            let message = format!(
                "the network document {} is wrong:\n{}",
                path.display(),
                listed(&problems)
            );
            Err(Failure::usage(message.trim_end())
                .hint("`arborline network sample` prints a right one"))
        }
    }
}

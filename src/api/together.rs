//! Facts told together: all of them happen, or none.

use axum::body::Body;
use axum::response::Response;

use crate::api::body;
use crate::api::bulk::{self, Placed, Summary, array};
use crate::api::context::Api;
use crate::api::facts::{self, places};
use crate::api::parse::lines::{Lines, Reader};
use crate::api::problem::{Code, Problem};
use crate::base::ids::Text;
use crate::base::limits::ATOMIC_COMMANDS_MAX;
use crate::engine::command::{Command, Verb};
use crate::engine::outcome::Choice;

/// All or none: one composite command at the first one's time, without an id: those of its parts count.
///
/// # Errors
/// What stops or refuses the request; then none of its facts happened.
pub async fn respond(
    api: &Api,
    reader: &Reader,
    body: Body,
    as_lines: bool,
) -> Result<Response, Problem> {
    let bytes = body::whole(body).await?;
    let (mut commands, mut lines): (Vec<Command>, Vec<u64>) = Default::default();
    let mut first_bad = None;
    let mut add = |line: u64, read: Result<Command, Problem>| match read {
        Ok(command) => {
            commands.push(command);
            lines.push(line);
        }
        Err(problem) => {
            first_bad.get_or_insert_with(|| at_line(line, problem));
        }
    };
    if as_lines {
        let mut cut = Lines::default();
        let mut each =
            |line, text: Result<&[u8], Problem>| add(line, text.and_then(|text| reader.text(text)));
        cut.push(&bytes, &mut each);
        cut.finish(&mut each);
    } else {
        for (item, line) in array(&bytes)?.iter().zip(1u64..) {
            add(line, reader.value(item, None));
        }
    }
    if let Some(problem) = first_bad {
        return Err(problem);
    }
    if commands.len() > ATOMIC_COMMANDS_MAX {
        return Err(facts::too_many(commands.len(), ATOMIC_COMMANDS_MAX));
    }
    let Some(first) = commands.first() else {
        return Err(Problem::new(
            Code::BadRequest,
            "There is nothing to do together.",
        ));
    };
    let (at, count) = (first.at, commands.len() as u64);
    let ids: Vec<Text> = commands.iter().map(|command| command.id.clone()).collect();
    let composite = Command {
        id: Text::default(),
        at,
        verb: Verb::Atomic(commands),
    };
    let receipt = facts::tell(api, composite, bulk::origin(reader.form)).await?;
    let choices = receipt.outcome.map(|accepted| accepted.choices);
    let summary = Summary {
        first_seq: Some(receipt.seq),
        last_seq: Some(receipt.seq),
        accepted: if receipt.repeated { 0 } else { count },
        repeated: if receipt.repeated { count } else { 0 },
        placed: placed(api, &ids, &lines, &choices.unwrap_or_default()),
        ..Summary::default()
    };
    Ok(facts::receipt_response(&summary, receipt.repeated))
}

/// Places by the fact that took them; `lines` are those of the facts.
fn placed(api: &Api, ids: &[Text], lines: &[u64], choices: &[Choice]) -> Vec<Placed> {
    // The choices of one fact stand together.
    let parts = choices.chunk_by(|one, next| one.part == next.part);
    let of = |its: &[Choice]| {
        let part = usize::from(its[0].part);
        Placed {
            line: lines[part],
            id: ids[part].to_string(),
            places: places(api, its),
        }
    };
    parts.map(of).collect()
}

fn at_line(line: u64, mut problem: Problem) -> Problem {
    problem.detail = format!(
        "Line {line}: {} None of the facts happened.",
        problem.detail
    );
    problem
}

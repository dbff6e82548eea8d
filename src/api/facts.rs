//! Facts told one at a time: submitted, and answered with a receipt.

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::body;
use crate::api::context::Api;
use crate::api::error::{self, Origin};
use crate::api::parse::event::{Flat, flat};
use crate::api::parse::json::{self, Json};
use crate::api::parse::kind::EventType;
use crate::api::parse::names::Names;
use crate::api::problem::{Code, Problem};
use crate::api::route::Call;
use crate::engine::command::Command;
use crate::engine::outcome::Choice;
use crate::runtime::submission::{Receipt, Submission};
use crate::view::changes::{PlaceTaken, place_taken, type_of};

/// Given for a fact once it is on disk; the same again for the same fact.
#[derive(Debug, Serialize, ToSchema)]
pub struct FactReceipt {
    /// Its number in the log: ask with `min_seq` for an answer that includes it.
    pub seq: u64,
    /// The id it was told under.
    pub id: String,
    /// Places that followed, chosen by a policy or asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<PlaceTaken>,
}

/// What became of one command.
///
/// # Errors
/// Every refusal of the runtime and the engine, in the words of the request.
pub async fn tell(api: &Api, command: Command, origin: Origin) -> Result<Receipt, Problem> {
    let kind = type_of(&command.verb);
    let submission = Submission {
        commands: vec![command],
    };
    let receipts = api
        .handle()
        .submit(submission)
        .await
        .map_err(|refused| error::refused(&refused))?;
    let receipt = receipts
        .into_iter()
        .next()
        .ok_or_else(crate::api::problem::internal)?;
    api.metrics().count(kind, outcome_word(&receipt), 1);
    match &receipt.outcome {
        Ok(_) => Ok(receipt),
        Err(refusal) => Err(error::refusal(refusal, origin)),
    }
}

/// Tells one command and answers with its receipt.
///
/// # Errors
/// As [`tell`].
pub async fn respond(api: &Api, command: Command, origin: Origin) -> Result<Response, Problem> {
    let id = command.id.to_string();
    let receipt = tell(api, command, origin).await?;
    let choices = receipt
        .outcome
        .map(|accepted| accepted.choices)
        .unwrap_or_default();
    let body = FactReceipt {
        seq: receipt.seq,
        id,
        places: places(api, &choices),
    };
    Ok(receipt_response(&body, receipt.repeated))
}

/// A receipt as a response; one given before says so in a header, so that its body is the same.
#[must_use]
pub fn receipt_response<T: Serialize>(body: &T, repeated: bool) -> Response {
    let json = serde_json::to_vec(body).expect("receipts are texts and numbers");
    let mut response = (
        [
            (header::CONTENT_TYPE, "application/json"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        json,
    )
        .into_response();
    if repeated {
        response
            .headers_mut()
            .insert("idempotent-replayed", HeaderValue::from_static("true"));
    }
    response
}

/// Choices with names instead of numbers.
#[must_use]
pub fn places(api: &Api, choices: &[Choice]) -> Vec<PlaceTaken> {
    if choices.is_empty() {
        return Vec::new();
    }
    api.handle().read(|state| {
        let Some(rules) = &state.rules else {
            return Vec::new();
        };
        let id_of = |member| state.members.id(member).to_string();
        choices
            .iter()
            .map(|choice| place_taken(choice, rules, &id_of))
            .collect()
    })
}

/// The word that metrics have for a fact that was accepted just now.
pub const ACCEPTED: &str = "accepted";

/// The word that metrics have for a receipt.
#[must_use]
pub fn outcome_word(receipt: &Receipt) -> &'static str {
    match (&receipt.outcome, receipt.repeated) {
        (Err(_), _) => "rejected",
        (Ok(_), true) => "repeated",
        (Ok(_), false) => ACCEPTED,
    }
}

/// What a typed endpoint knows beside the body; `path` holds the fields that its path gives.
#[must_use]
pub fn known<'f>(
    call: &'f Call,
    event: &'static EventType,
    path: &'f [(&'static str, &'f str)],
) -> Flat<'f> {
    Flat {
        event,
        path,
        key: call.idempotency_key(),
        now: call.at,
        question: false,
    }
}

/// Reads the flat body of a typed endpoint.
///
/// # Errors
/// `wrong_content_type`, and every mistake of shape.
pub async fn read(
    call: &Call,
    body: Body,
    names: &Names,
    known: &Flat<'_>,
) -> Result<Command, Problem> {
    expect_json(call)?;
    let bytes = body::whole(body).await?;
    // A fact that the path and a header say already needs no body.
    let value = if bytes.is_empty() {
        Json::Object(Vec::new())
    } else {
        json::read(&bytes)?
    };
    flat(&value, names, known)
}

/// Bodies are JSON; one without a type is taken for it.
///
/// # Errors
/// `wrong_content_type`.
pub fn expect_json(call: &Call) -> Result<(), Problem> {
    match call.content_type().as_str() {
        "" | "application/json" => Ok(()),
        other => Err(
            Problem::new(Code::WrongContentType, "The body of this request is JSON.")
                .field("Content-Type")
                .given(other)
                .allowed(["application/json"]),
        ),
    }
}

/// The problem of more than one request may carry.
#[must_use]
pub fn too_many(given: usize, most: usize) -> Problem {
    Problem::new(
        Code::TooMany,
        format!("At most {most} may be sent at once here."),
    )
    .given(given.to_string())
    .allowed([format!("at most {most}")])
}

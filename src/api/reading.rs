//! Questions answered from one state, with its label, as fresh as asked and no slower than they must.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::api::access::judge;
use crate::api::body;
use crate::api::context::Api;
use crate::api::facts;
use crate::api::problem::{Code, Problem, internal};
use crate::api::route::{Answer, Ask, Call, Failed, Question};
use crate::base::time::Time;
use crate::engine::state::State;
use crate::view::budget::Budget;

/// How long an answer waits to be as fresh as `min_seq` asks.
const WAIT_MS_MAX: u64 = 2_000;

/// Waits until the state is as fresh as asked.
///
/// # Errors
/// `not_caught_up` after two seconds.
pub async fn fresh(api: &Api, call: &Call) -> Result<(), Problem> {
    let Some(seq) = call.min_seq else {
        return Ok(());
    };
    if api.handle().wait_for(seq, WAIT_MS_MAX).await {
        return Ok(());
    }
    Err(Problem::new(
        Code::NotCaughtUp,
        format!("Number {seq} has not been reached yet; ask again in a second."),
    )
    .field("min_seq")
    .given(seq.to_string())
    .retry_after(1))
}

/// An answer with the label of the state it was read from.
pub struct Labelled {
    /// The answer.
    pub answer: Answer,
    /// The last command in that state.
    pub as_of_seq: u64,
    /// Machine time of that state.
    pub as_of_time: Time,
}

/// The state that a long answer is read from: the kept one that it asks for, or one as fresh as it asks.
///
/// # Errors
/// `as_of_gone`. Access is to be judged at the present too, which this does not.
pub async fn state_for(api: &Api, call: &Call) -> Result<Arc<State>, Problem> {
    match call.as_of {
        None => Ok(api.handle().fork(call.min_seq.unwrap_or(0)).await),
        Some(seq) => kept(api, seq),
    }
}

/// A fork that is kept.
fn kept(api: &Api, seq: u64) -> Result<Arc<State>, Problem> {
    let kept = api.handle().kept_forks();
    let found = kept.iter().find(|one| one.state.as_of_seq == seq);
    found.map(|one| Arc::clone(&one.state)).ok_or_else(|| {
        Problem::new(
            Code::AsOfGone,
            "No state is kept as of this number; `POST /v1/forks` keeps the present one.",
        )
        .field("as_of")
        .given(seq.to_string())
        .allowed(kept.iter().map(|one| one.state.as_of_seq.to_string()))
    })
}

/// Judges and answers at one state.
fn answer(
    api: &Api,
    state: &State,
    call: &Call,
    body: &[u8],
    budget: Budget,
    question: Question,
) -> Result<Labelled, Failed> {
    let principal = judge(state, call)?;
    let mut ask = Ask {
        state,
        call,
        principal: &principal,
        api,
        body,
        budget,
    };
    Ok(Labelled::at(state, question(&mut ask)?))
}

/// Answers a question: judged and read at one state, under its guard or, where that would take too long, on a fork.
///
/// # Errors
/// Every refusal of access and every question without an answer.
pub async fn read(
    api: Api,
    call: Call,
    body: Body,
    question: Question,
) -> Result<Response, Problem> {
    let body = if call.route.method == "GET" {
        Bytes::new()
    } else {
        // Whoever may not ask does not get his body read.
        api.handle().read(|state| judge(state, &call))?;
        facts::expect_json(&call)?;
        body::whole(body).await?
    };
    fresh(&api, &call).await?;
    // Who may ask is judged as things stand, also where the answer is of an earlier state.
    let at_present = api.handle().read(|state| match call.as_of {
        None => answer(&api, state, &call, &body, Budget::point(), question),
        Some(_) => Err(judge(state, &call).map_or_else(Failed::from, |_| Failed::TooLarge)),
    });
    let headers = call.headers.clone();
    let labelled = match at_present {
        Err(Failed::TooLarge) => {
            let fork = state_for(&api, &call).await?;
            let runtime = api.handle().clone();
            runtime
                .heavy(move || answer(&api, &fork, &call, &body, Budget::fork(), question))
                .await
        }
        labelled => labelled,
    };
    match labelled {
        Ok(labelled) => Ok(labelled.respond(&headers)),
        Err(Failed::Problem(problem)) => Err(*problem),
        Err(Failed::TooLarge) => Err(internal()),
    }
}

impl Labelled {
    /// An answer read from a state.
    #[must_use]
    pub fn at(state: &State, answer: Answer) -> Labelled {
        Labelled {
            answer,
            as_of_seq: state.as_of_seq,
            as_of_time: state.as_of_time,
        }
    }

    /// Writes the label before the answer's own fields. The tag is of the figures without the label, so that it
    /// stays the same while nothing changes.
    #[must_use]
    pub fn respond(self, asked: &HeaderMap) -> Response {
        let json = self.answer.json();
        let tag = format!("W/\"{:016x}\"", xxhash_rust::xxh3::xxh3_64(&json));
        let known = asked
            .get(header::IF_NONE_MATCH)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("");
        let unchanged = known
            .split(',')
            .any(|known| matches!(known.trim(), "*") || known.trim() == tag);
        let mut response = if unchanged {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let mut whole = format!(
                "{{\"as_of_seq\":{},\"as_of_time\":\"{}\"",
                self.as_of_seq, self.as_of_time
            )
            .into_bytes();
            whole.push(if json.len() > 2 { b',' } else { b'}' });
            whole.extend_from_slice(
                json.get(1..)
                    .filter(|rest| rest.len() > 1)
                    .unwrap_or_default(),
            );
            ([(header::CONTENT_TYPE, "application/json")], whole).into_response()
        };
        let headers = response.headers_mut();
        headers.insert(
            header::ETAG,
            HeaderValue::try_from(tag).expect("hexadecimal digits"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

//! From a request to its row, and back: the one place where rows are mounted, judged and run.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{RawPathParams, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};

use crate::api::access::judge;
use crate::api::body;
use crate::api::context::Api;
use crate::api::error::Origin;
use crate::api::facts;
use crate::api::parse::event::{Flat, flat};
use crate::api::parse::json::{self, Json};
use crate::api::parse::kind::EventType;
use crate::api::parse::names::Names;
use crate::api::parse::query::Query;
use crate::api::principal::Credential;
use crate::api::problem::{self, Code, Problem};
use crate::api::route::{Access, Answer, Ask, Call, Failed, Route, Run, Task};
use crate::api::routes::ROUTES;
use crate::base::time::Time;
use crate::engine::state::State;
use crate::runtime::clock::Stopwatch;
use crate::view::budget::Budget;

/// How long an answer waits to be as fresh as `min_seq` asks.
const WAIT_MS_MAX: u64 = 2_000;
/// Characters of an address.
const URI_CHARS_MAX: usize = 8 * 1024;

/// All rows, mounted. Nothing else is: what has no row has no path.
#[must_use]
pub fn router(api: &Api) -> Router {
    let mut router = Router::new();
    for route in ROUTES.iter().copied().flatten() {
        let api = api.clone();
        let handler = move |params: RawPathParams, request: Request| {
            let api = api.clone();
            async move { served(api, route, &params, request).await }
        };
        router = router.route(route.path, on(filter(route.method), handler));
    }
    router
}

fn filter(method: &str) -> MethodFilter {
    match method {
        "GET" => MethodFilter::GET,
        "POST" => MethodFilter::POST,
        "PATCH" => MethodFilter::PATCH,
        other => panic!("the table has a method `{other}` that no row may have"),
    }
}

async fn served(api: Api, route: &'static Route, params: &RawPathParams, request: Request) -> Response {
    let watch = Stopwatch::start();
    let metered = api.clone();
    let path = params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let (parts, body) = request.into_parts();
    let response = match call(route, path, &parts.uri, parts.headers, api.handle().now()) {
        Ok(call) => run(api, call, body).await,
        Err(problem) => Err(problem),
    };
    let response = response.unwrap_or_else(IntoResponse::into_response);
    let status = response.status().as_u16();
    metered.metrics().took(route.method, route.path, status, watch.elapsed().as_secs_f64());
    response
}

/// What the dispatcher takes from a request before anything is judged.
fn call(
    route: &'static Route,
    path: Vec<(String, String)>,
    uri: &axum::http::Uri,
    headers: HeaderMap,
    now: Time,
) -> Result<Call, Problem> {
    let text = uri.query().unwrap_or("");
    if text.len() + uri.path().len() > URI_CHARS_MAX {
        return Err(Problem::new(Code::UriTooLong, format!("An address has at most {URI_CHARS_MAX} characters.")));
    }
    let encoding = headers.get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes);
    if let Some(encoding) = encoding.filter(|encoding| *encoding != b"identity") {
        return Err(Problem::new(Code::CompressedBody, "Send the body as it is; only answers are compressed.")
            .field("Content-Encoding")
            .given(String::from_utf8_lossy(encoding))
            .allowed(["identity"]));
    }
    let mut query = Query::decode(text)?;
    let min_seq = match query.take("min_seq") {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| {
            Problem::new(Code::BadValue, "`min_seq` is the number of a receipt.").field("min_seq").given(text)
        })?),
    };
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = bearer.and_then(|value| value.split_once(' '));
    let credential = match bearer {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            // A token of another shape is as unknown as one with a wrong secret, and no less a token.
            Some(Credential::parse(token.trim()).unwrap_or_else(Credential::unknown))
        }
        _ => None,
    };
    Ok(Call {
        route,
        path,
        query,
        min_seq,
        credential,
        headers,
        now,
    })
}

async fn run(api: Api, call: Call, body: Body) -> Result<Response, Problem> {
    match &call.route.run {
        Run::Plain(plain) => Ok(plain(&api)),
        Run::Read(_) => read(api, call, body).await,
        Run::Fact { event, path } => fact(&api, &call, body, event, path).await,
        Run::Task(task) => {
            fresh(&api, &call).await?;
            let principal = api.handle().read(|state| judge(state, &call))?;
            task(Task {
                api,
                call,
                principal,
                body,
            })
            .await
        }
    }
}

/// Waits until the state is as fresh as asked.
async fn fresh(api: &Api, call: &Call) -> Result<(), Problem> {
    let Some(seq) = call.min_seq else {
        return Ok(());
    };
    if matches!(call.route.access, Access::Open) || api.handle().wait_for(seq, WAIT_MS_MAX).await {
        return Ok(());
    }
    Err(Problem::new(Code::NotCaughtUp, format!("Number {seq} has not been reached yet; ask again in a second."))
        .field("min_seq")
        .given(seq.to_string())
        .retry_after(1))
}

/// An answer with the label of the state it was read from.
struct Labelled {
    answer: Answer,
    as_of_seq: u64,
    as_of_time: Time,
}

/// Judges and answers at one state.
fn answer(api: &Api, state: &State, call: &Call, body: &[u8], budget: Budget) -> Result<Labelled, Failed> {
    let Run::Read(run) = call.route.run else {
        return Err(problem::internal().into());
    };
    let principal = judge(state, call)?;
    let mut ask = Ask {
        state,
        call,
        principal: &principal,
        api,
        body,
        budget,
    };
    Ok(Labelled {
        answer: run(&mut ask)?,
        as_of_seq: state.as_of_seq,
        as_of_time: state.as_of_time,
    })
}

async fn read(api: Api, call: Call, body: Body) -> Result<Response, Problem> {
    let body = if call.route.method == "GET" {
        Bytes::new()
    } else {
        // Whoever may not ask does not get his body read.
        api.handle().read(|state| judge(state, &call))?;
        expect_json(&call)?;
        body::whole(body).await?
    };
    fresh(&api, &call).await?;
    let at_present = api.handle().read(|state| answer(&api, state, &call, &body, Budget::point()));
    let headers = call.headers.clone();
    let labelled = match at_present {
        Err(Failed::TooLarge) => {
            let fork = api.handle().fork(call.min_seq.unwrap_or(0)).await;
            let runtime = api.handle().clone();
            runtime.heavy(move || answer(&api, &fork, &call, &body, Budget::fork())).await
        }
        labelled => labelled,
    };
    match labelled {
        Ok(labelled) => Ok(labelled.respond(&headers)),
        Err(Failed::Problem(problem)) => Err(*problem),
        Err(Failed::TooLarge) => Err(problem::internal()),
    }
}

impl Labelled {
    /// Writes the label before the answer's own fields. The tag is of the figures without the label, so that it
    /// stays the same while nothing changes.
    fn respond(self, asked: &HeaderMap) -> Response {
        let json = self.answer.json();
        let tag = format!("W/\"{:016x}\"", xxhash_rust::xxh3::xxh3_64(&json));
        let known = asked.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or("");
        let unchanged = known.split(',').any(|known| matches!(known.trim(), "*") || known.trim() == tag);
        let mut response = if unchanged {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let mut whole = format!("{{\"as_of_seq\":{},\"as_of_time\":\"{}\"", self.as_of_seq, self.as_of_time).into_bytes();
            whole.push(if json.len() > 2 { b',' } else { b'}' });
            whole.extend_from_slice(json.get(1..).filter(|rest| rest.len() > 1).unwrap_or_default());
            ([(header::CONTENT_TYPE, "application/json")], whole).into_response()
        };
        let headers = response.headers_mut();
        headers.insert(header::ETAG, HeaderValue::try_from(tag).expect("hexadecimal digits"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

/// One fact by a typed endpoint.
async fn fact(
    api: &Api,
    call: &Call,
    body: Body,
    event: &'static EventType,
    path: &[(&'static str, &'static str)],
) -> Result<Response, Problem> {
    let names = api.handle().read(|state| {
        judge(state, call)?;
        Ok::<_, Problem>(Names::of(state.rules.as_deref()))
    })?;
    expect_json(call)?;
    let bytes = body::whole(body).await?;
    // A fact that the path and a header say already needs no body.
    let value = if bytes.is_empty() { Json::Object(Vec::new()) } else { json::read(&bytes)? };
    let fields: Vec<(&'static str, &str)> = path.iter().map(|(name, field)| (*field, call.path(name))).collect();
    let command = flat(
        &value,
        &names,
        &Flat {
            event,
            path: &fields,
            key: call.idempotency_key(),
            now: call.now,
        },
    )?;
    let origin = Origin {
        prefix: "",
        in_path: !path.is_empty(),
    };
    facts::respond(api, command, origin).await
}

/// Bodies are JSON; one without a type is taken for it.
///
/// # Errors
/// `wrong_content_type`.
pub fn expect_json(call: &Call) -> Result<(), Problem> {
    match call.content_type().as_str() {
        "" | "application/json" => Ok(()),
        other => Err(Problem::new(Code::WrongContentType, "The body of this request is JSON.")
            .field("Content-Type")
            .given(other)
            .allowed(["application/json"])),
    }
}

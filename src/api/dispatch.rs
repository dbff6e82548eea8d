//! From a request to its row, and back: the one place where rows are mounted, judged and run.

use axum::Router;
use axum::body::Body;
use axum::extract::{RawPathParams, Request};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};

use crate::api::access::judge;
use crate::api::context::Api;
use crate::api::error::Origin;
use crate::api::facts;
use crate::api::parse::kind::EventType;
use crate::api::parse::names::Names;
use crate::api::parse::query::Query;
use crate::api::principal::Credential;
use crate::api::problem::{Code, Problem};
use crate::api::reading::{fresh, read};
use crate::api::route::{Call, Route, Run, Task};
use crate::api::routes::ROUTES;
use crate::base::time::Time;
use crate::engine::state::State;
use crate::runtime::clock::Stopwatch;

/// Characters of an address.
const URI_CHARS_MAX: usize = 8 * 1024;

/// All rows, mounted. Nothing else is: what has no row has no path.
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
        "PUT" => MethodFilter::PUT,
        other => panic!("the table has a method `{other}` that no row may have"),
    }
}

async fn served(
    api: Api,
    route: &'static Route,
    params: &RawPathParams,
    request: Request,
) -> Response {
    let watch = Stopwatch::start();
    let metered = api.clone();
    let path = params
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let (parts, body) = request.into_parts();
    let response = match call(route, path, &parts.uri, parts.headers, api.handle().now()) {
        Ok(call) => run(api, call, body).await,
        Err(problem) => Err(problem),
    };
    let response = response.unwrap_or_else(IntoResponse::into_response);
    let status = response.status().as_u16();
    metered.metrics().took(
        route.method,
        route.path,
        status,
        watch.elapsed().as_secs_f64(),
    );
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
        return Err(Problem::new(
            Code::UriTooLong,
            format!("An address has at most {URI_CHARS_MAX} characters."),
        ));
    }
    let encoding = headers
        .get(header::CONTENT_ENCODING)
        .map(HeaderValue::as_bytes);
    if let Some(encoding) = encoding.filter(|encoding| *encoding != b"identity") {
        return Err(Problem::new(
            Code::CompressedBody,
            "Send the body as it is; only answers are compressed.",
        )
        .field("Content-Encoding")
        .given(String::from_utf8_lossy(encoding))
        .allowed(["identity"]));
    }
    let mut query = Query::decode(text)?;
    let min_seq = sequence(
        &mut query,
        "min_seq",
        "`min_seq` is the number of a receipt.",
    )?;
    let as_of = match route.takes_as_of() {
        true => sequence(&mut query, "as_of", "`as_of` is the number of a kept fork.")?,
        false => None,
    };
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
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
        as_of,
        credential,
        headers,
        now,
        at: now,
    })
}

/// A parameter that is a sequence.
fn sequence(
    query: &mut Query,
    name: &'static str,
    what: &'static str,
) -> Result<Option<u64>, Problem> {
    let Some(text) = query.take(name) else {
        return Ok(None);
    };
    match text.parse() {
        Ok(seq) => Ok(Some(seq)),
        Err(_) => Err(Problem::new(Code::BadValue, what).field(name).given(text)),
    }
}

async fn run(api: Api, mut call: Call, body: Body) -> Result<Response, Problem> {
    match &call.route.run {
        Run::Plain(plain) => plain(&api, &call),
        Run::Read(question) => read(api, call, body, *question).await,
        Run::Fact { event, path } => fact(&api, call, body, event, path).await,
        Run::Task(task) => {
            fresh(&api, &call).await?;
            let judged = |state: &State| {
                let principal = judge(state, &call)?;
                Ok::<_, Problem>((principal, state.present(call.now)))
            };
            let (principal, at) = api.handle().read(judged)?;
            call.at = at;
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

/// One fact by a typed endpoint.
async fn fact(
    api: &Api,
    mut call: Call,
    body: Body,
    event: &'static EventType,
    path: &[(&'static str, &'static str)],
) -> Result<Response, Problem> {
    let (names, at) = api.handle().read(|state| {
        judge(state, &call)?;
        let names = Names::of(state.rules.as_deref());
        Ok::<_, Problem>((names, state.present(call.now)))
    })?;
    call.at = at;
    for (name, field) in path {
        if *field == "tree" {
            names.known_tree(call.path(name))?;
        }
    }
    let fields: Vec<(&'static str, &str)> = path
        .iter()
        .map(|(name, field)| (*field, call.path(name)))
        .collect();
    let command = facts::read(&call, body, &names, &facts::known(&call, event, &fields)).await?;
    let origin = Origin {
        prefix: "",
        in_path: !path.is_empty(),
    };
    facts::respond(api, command, origin).await
}

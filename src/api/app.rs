//! The whole application as a service: rows, and around them what every answer goes through.

use std::any::Any;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};

use crate::api::context::Api;
use crate::api::dispatch;
use crate::api::openapi;
use crate::api::problem::{internal, render};

/// The header that ties an answer to the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Characters of a request id taken from a client.
const REQUEST_ID_CHARS_MAX: usize = 64;

/// The application: call it without a socket, or serve it with [`serve`](crate::api::server::serve).
pub fn app(api: &Api) -> Router {
    around(dispatch::router(api).merge(openapi::docs()), api)
}

/// What every answer goes through, around a router: panics caught, refusals given their body, answers compressed.
pub fn around(router: Router, api: &Api) -> Router {
    let panics = api.clone();
    let caught = CatchPanicLayer::custom(move |panic: Box<dyn Any + Send>| {
        panics.metrics().panics.inc();
        tracing::error!(panic = panic_text(panic.as_ref()), "a request met a panic");
        internal().into_response()
    });
    let unsent = DefaultPredicate::new().and(NotForContentType::const_new("text/event-stream"));
    router
        .layer(caught)
        .layer(from_fn(door))
        .layer(CompressionLayer::new().compress_when(unsent))
}

/// What every request and every answer goes through: an id in and out, strict headers, and a body for every refusal.
async fn door(request: Request, next: Next) -> Response {
    let id = request_id(request.headers().get(&REQUEST_ID));
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = render(next.run(request).await, &id);
    let status = response.status();
    if status.is_server_error() {
        tracing::warn!(request_id = id, %method, path, status = status.as_u16(), "refused");
    } else {
        tracing::debug!(request_id = id, %method, path, status = status.as_u16(), "answered");
    }
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::try_from(id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    response
}

/// The client's id for the request where it can be shown, otherwise one of our own.
fn request_id(given: Option<&HeaderValue>) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let given = given.and_then(|value| value.to_str().ok());
    let plain = |id: &&str| {
        (1..=REQUEST_ID_CHARS_MAX).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_graphic())
    };
    match given.filter(plain) {
        Some(id) => id.to_owned(),
        // Unique in this process is enough: a log is one process's.
        None => format!("r{:x}", COUNT.fetch_add(1, Ordering::Relaxed)),
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without words")
}

//! A stand-in for an object store that speaks S3: one bucket in memory, which trusts everybody who signs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};

type Objects = Arc<Mutex<BTreeMap<String, Bytes>>>;

/// A store at work until it is dropped.
pub(super) struct Bucket {
    pub(super) url: String,
    objects: Objects,
    _runtime: tokio::runtime::Runtime,
}

impl Bucket {
    pub(super) fn start() -> Bucket {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let objects = Objects::default();
        let app = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&objects));
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        runtime.spawn(async move { axum::serve(listener, app).await.expect("it serves") });
        Bucket {
            url,
            objects,
            _runtime: runtime,
        }
    }

    /// The keys of all objects.
    pub(super) fn keys(&self) -> Vec<String> {
        self.objects
            .lock()
            .expect("no panic")
            .keys()
            .cloned()
            .collect()
    }

    /// Changes the last byte of an object.
    pub(super) fn damage(&self, key: &str) {
        let mut objects = self.objects.lock().expect("no panic");
        let mut bytes = objects[key].to_vec();
        *bytes.last_mut().expect("not empty") ^= 1;
        objects.insert(key.to_owned(), bytes.into());
    }
}

async fn answer(State(objects): State<Objects>, request: Request) -> Response {
    let signed = request.headers().contains_key("authorization");
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let body = axum::body::to_bytes(request.into_body(), usize::MAX)
        .await
        .expect("a body");
    let mut objects = objects.lock().expect("no panic");
    let Some(path) = uri.path().strip_prefix("/bucket").filter(|_| signed) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let key = path.trim_start_matches('/');
    match (method, uri.query().unwrap_or("")) {
        (Method::PUT, _) => {
            objects.insert(key.to_owned(), body);
            ([("etag", "\"1\"")], "").into_response()
        }
        (Method::GET, query) if key.is_empty() => list(&objects, query).into_response(),
        (Method::GET, _) => match objects.get(key) {
            Some(bytes) => {
                let head = [
                    ("etag", "\"1\""),
                    ("last-modified", "Thu, 01 Jan 2026 00:00:00 GMT"),
                ];
                (head, bytes.clone()).into_response()
            }
            None => StatusCode::NOT_FOUND.into_response(),
        },
        (Method::POST, "delete") => {
            let text = String::from_utf8(body.to_vec()).expect("text");
            let keys = text
                .split("<Key>")
                .skip(1)
                .filter_map(|rest| rest.split("</Key>").next());
            let gone = keys.map(|key| {
                objects.remove(key);
                format!("<Deleted><Key>{key}</Key></Deleted>")
            });
            let gone: String = gone.collect();
            format!("<DeleteResult>{gone}</DeleteResult>").into_response()
        }
        (Method::DELETE, _) => {
            objects.remove(key);
            StatusCode::NO_CONTENT.into_response()
        }
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

/// Two objects a page at most, so that whoever lists has to go on.
fn list(objects: &BTreeMap<String, Bytes>, query: &str) -> String {
    let value = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let found = pairs
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.replace("%2F", "/"));
        found.unwrap_or_default()
    };
    let (prefix, after) = (value("prefix"), value("continuation-token"));
    let mut found = objects
        .iter()
        .filter(|(key, _)| key.starts_with(&prefix) && **key > after);
    let page: Vec<_> = found.by_ref().take(2).collect();
    let more = found.next().is_some();
    let rows = page.iter().map(|(key, bytes)| {
        let size = bytes.len();
        format!("<Contents><Key>{key}</Key><Size>{size}</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>")
    });
    let rows: String = rows.collect();
    let token = match page.last().filter(|_| more) {
        Some((last, _)) => format!("<NextContinuationToken>{last}</NextContinuationToken>"),
        None => String::new(),
    };
    format!("<ListBucketResult><IsTruncated>{more}</IsTruncated>{rows}{token}</ListBucketResult>")
}

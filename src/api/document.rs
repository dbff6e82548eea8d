//! Documents as bodies: TOML as it is written by hand, or JSON that says the same.

use axum::body::Body;

use crate::api::body;
use crate::api::context::Api;
use crate::api::parse::document;
use crate::api::parse::json;
use crate::api::problem::{Code, Problem, internal};
use crate::api::route::Call;

/// The type of a document as it is written by hand.
const TOML: &str = "application/toml";

/// Whether the body is TOML; JSON is the other type.
///
/// # Errors
/// `wrong_content_type`.
pub fn is_toml(call: &Call) -> Result<bool, Problem> {
    match call.content_type().as_str() {
        TOML => Ok(true),
        "" | "application/json" => Ok(false),
        other => Err(
            Problem::new(Code::WrongContentType, "A document is TOML or JSON.")
                .field("Content-Type")
                .given(other)
                .allowed([TOML, "application/json"]),
        ),
    }
}

/// The document as TOML.
///
/// # Errors
/// `bad_utf8`, a mistake of JSON, and as [`body::whole`].
pub async fn text(is_toml: bool, body: Body) -> Result<String, Problem> {
    let bytes = body::whole(body).await?;
    if !is_toml {
        return document::toml(&json::read(&bytes)?);
    }
    String::from_utf8(bytes.to_vec())
        .map_err(|_| Problem::new(Code::BadUtf8, "A document is UTF-8."))
}

/// Keeps a document, durably, before a command names it.
///
/// # Errors
/// `internal` if the disk refuses; the program's log has more.
pub async fn keep(api: &Api, text: String) -> Result<(), Problem> {
    let handle = api.handle().clone();
    let kept = move || handle.keep_document(text.as_bytes());
    match api.handle().heavy(kept).await {
        Ok(_) => Ok(()),
        Err(fault) => {
            tracing::error!(%fault, "a document cannot be kept");
            Err(internal())
        }
    }
}

//! What anybody may ask: whether the server lives, is ready, how it fares, which it is, and how it is used.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::api::context::Api;
use crate::api::openapi;
use crate::api::problem::{CODES, Code, Problem};
use crate::api::route::{Access, Call, Route, Run, Shapes};
use crate::api::shapes::{CodeAnswer, VersionAnswer};

/// The rows.
pub const ROWS: &[Route] = &[
    Route {
        method: "GET",
        path: "/healthz",
        access: Access::Open,
        cost: "O(1)",
        sentence: "Whether the process lives.",
        run: Run::Plain(healthz),
        shapes: Shapes::NONE,
    },
    Route {
        method: "GET",
        path: "/readyz",
        access: Access::Open,
        cost: "O(1)",
        sentence: "Whether commands are taken: caught up, disk healthy, room left, not stopping.",
        run: Run::Plain(readyz),
        shapes: Shapes::NONE,
    },
    Route {
        method: "GET",
        path: "/metrics",
        access: Access::Open,
        cost: "O(metrics)",
        sentence: "Metrics in the OpenMetrics text format.",
        run: Run::Plain(metrics),
        shapes: Shapes::NONE,
    },
    Route {
        method: "GET",
        path: "/version",
        access: Access::Open,
        cost: "O(1)",
        sentence: "Name and version of the server.",
        run: Run::Plain(version),
        shapes: Shapes::answer::<VersionAnswer>(),
    },
    Route {
        method: "GET",
        path: "/openapi.json",
        access: Access::Open,
        cost: "O(1)",
        sentence: "This API in OpenAPI 3.1; `/docs` shows it in a browser, offline too.",
        run: Run::Plain(description),
        shapes: Shapes::NONE,
    },
    Route {
        method: "GET",
        path: "/problems/{code}",
        access: Access::Open,
        cost: "O(1)",
        sentence: "What a code of a refusal means.",
        run: Run::Plain(problem),
        shapes: Shapes::answer::<CodeAnswer>(),
    },
];

fn healthz(_: &Api, _: &Call) -> Result<Response, Problem> {
    Ok(Json(json!({ "status": "alive" })).into_response())
}

fn readyz(api: &Api, _: &Call) -> Result<Response, Problem> {
    let health = api.handle().health();
    let status = if health.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    if health.ready {
        return Ok((
            status,
            Json(json!({
                "status": "ready",
                "applied_seq": health.applied_seq,
                "snapshot_seq": health.snapshot_seq,
                "snapshot_age_seconds": health.snapshot_age,
            })),
        )
            .into_response());
    }
    let why = if health.poisoned {
        "The disk failed; the server is about to stop."
    } else if health.no_space {
        "The disk is nearly full."
    } else {
        "The server is starting or stopping."
    };
    Err(Problem::new(Code::Busy, why).retry_after(1))
}

fn metrics(api: &Api, _: &Call) -> Result<Response, Problem> {
    let (members, runs) = api
        .handle()
        .read(|state| (state.members.len().saturating_sub(1), state.runs.len()));
    let text = api.metrics().scrape(&api.handle().health(), members, runs);
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

fn version(_: &Api, _: &Call) -> Result<Response, Problem> {
    Ok(Json(VersionAnswer {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
    })
    .into_response())
}

fn description(_: &Api, _: &Call) -> Result<Response, Problem> {
    Ok((
        [(header::CONTENT_TYPE, "application/json")],
        openapi::text(),
    )
        .into_response())
}

fn problem(_: &Api, call: &Call) -> Result<Response, Problem> {
    let asked = call.path("code");
    let found = CODES
        .iter()
        .find(|code| code.name() == asked)
        .ok_or_else(|| {
            Problem::new(Code::NotFound, "No refusal has this code.")
                .given(asked)
                .allowed(CODES.iter().map(|code| code.name()))
        })?;
    Ok(Json(CodeAnswer {
        code: found.name(),
        status: found.status(),
        title: found.title(),
    })
    .into_response())
}

//! The API's description, folded from the table of routes; schemas come from the types themselves.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use axum::Router;
use serde_json::{Map, Value, json};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::api::parse::event::EVENTS;
use crate::api::principal::role_name;
use crate::api::problem::{CODES, ProblemBody};
use crate::api::route::{Access, Route, Run, Shape, shape};
use crate::api::routes::ROUTES;
use crate::api::shapes::{ExportFormat, Results};
use crate::base::number::Volume;
use crate::engine::member::{MemberKind, Status};
use crate::view::downline::Sort;

/// The pages that show the description in a browser, without any other host.
pub fn docs() -> Router {
    SwaggerUi::new("/docs")
        .config(Config::from("/openapi.json"))
        .into()
}

/// The description as JSON text, made once.
#[must_use]
pub fn text() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| {
        let mut text =
            serde_json::to_string_pretty(&description()).expect("the description is plain JSON");
        text.push('\n');
        text
    })
}

/// Schemas that no body or answer brings along: the shape of refusals, and words in parameters.
const BESIDE: &[Shape] = &[
    shape::<ProblemBody<'static>>(),
    shape::<ExportFormat>(),
    shape::<Results>(),
    shape::<Sort>(),
    shape::<MemberKind>(),
    shape::<Status>(),
    shape::<Volume>(),
];

/// The description.
#[must_use]
pub fn description() -> Value {
    let mut schemas = BTreeMap::new();
    let mut paths: Map<String, Value> = Map::new();
    for route in ROUTES.iter().copied().flatten() {
        let item = paths.entry(route.path).or_insert_with(|| json!({}));
        item[route.method.to_ascii_lowercase()] = operation(route, &mut schemas);
    }
    for shape in BESIDE {
        reference(&mut schemas, shape);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Arborline",
            "version": env!("CARGO_PKG_VERSION"),
            "description": introduction(),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
        },
    })
}

fn introduction() -> String {
    let events: Vec<String> = EVENTS
        .iter()
        .map(|event| format!("`{}`", event.name))
        .collect();
    let codes: Vec<String> = CODES
        .iter()
        .map(|code| format!("`{}`", code.name()))
        .collect();
    format!(
        "A direct-selling network kept exact while orders arrive.\n\nEvery fact carries an id chosen by the client and \
         happens once only: the same again gets its first receipt, another under the same id gets 409. Volumes and \
         amounts are decimals in strings. Every answer says as of which command it is; `min_seq` waits for one.\n\n\
         Types of events: {}.\n\nCodes of refusals: {}.",
        events.join(", "),
        codes.join(", ")
    )
}

type Schemas = BTreeMap<String, Value>;

/// Keeps a schema and those it refers to.
fn keep(
    schemas: &mut Schemas,
    name: String,
    schema: utoipa::openapi::RefOr<utoipa::openapi::Schema>,
    more: Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>,
) {
    for (name, schema) in std::iter::once((name, schema)).chain(more) {
        let value = serde_json::to_value(&schema).expect("schemas are plain JSON");
        schemas.insert(name, value);
    }
}

fn reference(schemas: &mut Schemas, shape: &Shape) -> Value {
    let name = (shape.name)().into_owned();
    let mut more = Vec::new();
    (shape.more)(&mut more);
    let reference = json!({ "$ref": format!("#/components/schemas/{name}") });
    keep(schemas, name, (shape.schema)(), more);
    reference
}

fn operation(route: &Route, schemas: &mut Schemas) -> Value {
    let mut operation = json!({
        "operationId": operation_id(route),
        "summary": route.sentence,
        "description": format!("{} Cost: {}.", who(route), route.cost),
        "tags": [route.path.trim_start_matches("/v1").split('/').nth(1).unwrap_or("")],
        "responses": responses(route, schemas),
    });
    let parameters = parameters(route);
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
    if let Some(body) = &route.shapes.body {
        let schema = reference(schemas, body);
        let mut content = json!({ "application/json": { "schema": schema } });
        if takes_lines(route) {
            content["application/x-ndjson"] = json!({ "schema": schema });
        }
        if takes_document(route) {
            content["application/toml"] = json!({ "schema": { "type": "string" } });
        }
        operation["requestBody"] = json!({ "content": content });
    }
    if let Access::Needs { .. } = route.access {
        operation["security"] = json!([{ "token": [] }]);
    }
    operation
}

/// Whether the body may be lines.
fn takes_lines(route: &Route) -> bool {
    matches!(route.path, "/v1/events" | "/v1/orders")
}

/// Whether the body may be a document in TOML.
fn takes_document(route: &Route) -> bool {
    let told = ["/v1/network", "/v1/plans/{id}", "/v1/plans/validate"];
    route.method != "GET" && told.contains(&route.path)
}

/// Whether the fact's id may come in a header.
fn takes_key(route: &Route) -> bool {
    let activates = route.path == "/v1/plans/{id}/activate";
    matches!(route.run, Run::Fact { .. })
        || activates
        || (takes_document(route) && route.method == "PUT")
}

/// Whether the answer is lines.
fn gives_lines(route: &Route) -> bool {
    matches!(route.path, "/v1/changes" | "/v1/members/{id}/downline")
}

fn operation_id(route: &Route) -> String {
    let words: Vec<String> = route
        .path
        .trim_start_matches("/v1")
        .split(['/', '-', '.'])
        .filter(|part| !part.is_empty())
        .map(|part| part.trim_matches(['{', '}']).to_owned())
        .collect();
    format!("{}_{}", route.method.to_ascii_lowercase(), words.join("_"))
}

/// Who may ask, in a sentence.
#[must_use]
pub fn who(route: &Route) -> String {
    match route.access {
        Access::Open => "Open to anybody.".to_owned(),
        Access::Needs { roles, .. } => {
            let roles: Vec<&str> = roles.iter().map(|role| role_name(*role)).collect();
            format!("Roles: {}.", roles.join(", "))
        }
    }
}

fn parameters(route: &Route) -> Vec<Value> {
    let mut parameters: Vec<Value> = route
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    if let Some(query) = route.shapes.query {
        let told = query()
            .into_iter()
            .map(|parameter| serde_json::to_value(parameter).expect("plain JSON"));
        parameters.extend(told);
    }
    if route.method == "GET" && matches!(route.access, Access::Needs { .. }) {
        parameters.push(json!({
            "name": "min_seq", "in": "query", "required": false,
            "description": "Answer from a state that includes this command.",
            "schema": { "type": "integer", "format": "int64", "minimum": 0 },
        }));
    }
    if route.takes_as_of() {
        parameters.push(json!({
            "name": "as_of", "in": "query", "required": false,
            "description": "Answer from the state that `POST /v1/forks` keeps as of this command.",
            "schema": { "type": "integer", "format": "int64", "minimum": 0 },
        }));
    }
    if takes_key(route) {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "The fact's id, where the body has none.",
            "schema": { "type": "string", "maxLength": 64 },
        }));
    }
    parameters
}

fn responses(route: &Route, schemas: &mut Schemas) -> Value {
    let mut good = json!({ "description": "The answer." });
    if let Some(answer) = &route.shapes.answer {
        let schema = reference(schemas, answer);
        let lines = json!({ "schema": schema });
        good["content"] = match route.path {
            "/v1/changes" => json!({ "application/x-ndjson": lines }),
            _ if gives_lines(route) => {
                json!({ "application/json": lines, "application/x-ndjson": {} })
            }
            _ => json!({ "application/json": lines }),
        };
    }
    let problem = json!({
        "description": "A refusal.",
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
    });
    json!({ "200": good, "default": problem })
}

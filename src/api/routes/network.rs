//! The network document: what is in force, what is pending, and how it is changed.

use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::api::document;
use crate::api::error::{self, Origin};
use crate::api::facts;
use crate::api::parse::event::fact_id;
use crate::api::principal::{ADMIN, ALL};
use crate::api::problem::Problem;
use crate::api::route::{
    Access, Answer, Ask, Failed, Reach, Route, Run, Running, Shapes, Task, query_of, shape,
};
use crate::api::shapes::NetworkBody;
use crate::base::ids::Text;
use crate::engine::command::Verb;
use crate::runtime::network_change::{self, Told};
use crate::view::network;

/// The rows.
pub const ROWS: &[Route] = &[
    Route {
        method: "GET",
        path: "/v1/network",
        access: Access::Needs {
            roles: ALL,
            reach: Reach::Nothing,
        },
        cost: "O(1)",
        sentence: "The rules of the network: kinds, trees, period types, policies; and those that are pending.",
        run: Run::Read(describe),
        shapes: Shapes::answer::<network::Network>(),
    },
    Route {
        method: "PUT",
        path: "/v1/network",
        access: Access::Needs {
            roles: ADMIN,
            reach: Reach::Company,
        },
        cost: "O(periods); room is made beside the commands",
        sentence: "Change the network document (TOML or JSON) from the start of a period on; `dry_run=true` only judges it.",
        run: Run::Task(change),
        shapes: Shapes {
            query: Some(query_of::<ChangeQuery>),
            body: Some(shape::<NetworkBody>()),
            answer: Some(shape::<network::NetworkChange>()),
            ..Shapes::NONE
        },
    },
];

/// How a document is told.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct ChangeQuery {
    /// Only say whether it would be taken, and when it would take effect.
    dry_run: Option<bool>,
    /// Name of the period type at whose next start it takes effect; the longest running period's by default.
    begins: Option<String>,
}

fn describe(ask: &mut Ask<'_>) -> Result<Answer, Failed> {
    Ok(Answer::of(network::describe(ask.state)?))
}

fn change(task: Task) -> Running {
    Box::pin(async move {
        let Task {
            api, call, body, ..
        } = task;
        let asked: ChangeQuery = call.query.typed()?;
        let dry = asked.dry_run.unwrap_or(false);
        let id = match (call.idempotency_key(), dry) {
            (None, true) => Text::from("dry-run"),
            (key, _) => fact_id(None, key)?,
        };
        let lines = document::is_toml(&call)?;
        let text = document::text(lines, body).await?;
        let seq = api.handle().read(|state| state.as_of_seq);
        let state = api.handle().fork(seq).await;
        let named = (id.clone(), call.now);
        let told = {
            let (state, text) = (state.clone(), text.clone());
            let read = move || network_change::read(&state, &text, asked.begins.as_deref(), named);
            api.handle().heavy(read).await
        };
        let Told { command, begins } = told.map_err(|unfit| error::unfit(unfit, lines))?;
        if let (Verb::Change(change), true) = (&command.verb, dry) {
            return answer(network::would_be(&state, change, begins), false);
        }
        document::keep(&api, text).await?;
        let receipt = facts::tell(&api, command, Origin::default()).await?;
        let became = api
            .handle()
            .read(|state| network::became(state, receipt.seq, &id));
        answer(became, receipt.repeated)
    })
}

fn answer(
    made: Result<network::NetworkChange, crate::view::error::ViewError>,
    repeated: bool,
) -> Result<Response, Problem> {
    let made = made.map_err(|refused| error::view(&refused))?;
    Ok(facts::receipt_response(&made, repeated))
}

//! Plan sets: their documents by version, and which of them counts.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::body;
use crate::api::context::Api;
use crate::api::document;
use crate::api::error::{self, Origin};
use crate::api::facts;
use crate::api::parse::event::fact_id;
use crate::api::parse::fields::{Fields, id};
use crate::api::parse::json::{self, Json};
use crate::api::parse::plan::{activate, version};
use crate::api::principal::{ADMIN, PLANNERS};
use crate::api::problem::{Problem, internal};
use crate::api::reading::Labelled;
use crate::api::route::{
    Access, Answer, Ask, Call, Failed, Reach, Route, Run, Running, Shapes, Task,
};
use crate::api::shapes::{ActivationBody, PlanBody};
use crate::base::ids::Text;
use crate::document::plan::set::parse;
use crate::engine::command::Command;
use crate::engine::rejection::Rejection;
use crate::engine::rules::Rules;
use crate::engine::state::State;
use crate::runtime::network_change::Unfit;
use crate::runtime::plan_draft::{self, Draft};
use crate::runtime::plans::PlanError;
use crate::view::plan_summary::{PlanSummary, summary};
use crate::view::plans::{self, PlanAnswer, PlanDrafted, PlansAnswer};

const READ: Access = Access::Needs {
    roles: PLANNERS,
    reach: Reach::Company,
};

const WRITE: Access = Access::Needs {
    roles: ADMIN,
    reach: Reach::Company,
};

/// The rows.
pub const ROWS: &[Route] = &[
    Route {
        method: "GET",
        path: "/v1/plans",
        access: READ,
        cost: "O(versions x activations)",
        sentence: "All plan sets with their versions; what counts for the running periods, and what from when on.",
        run: Run::Read(list),
        shapes: Shapes::answer::<PlansAnswer>(),
    },
    Route {
        method: "GET",
        path: "/v1/plans/{id}",
        access: READ,
        cost: "O(activations), and a read of the document",
        sentence: "One version of a plan set, the latest by default, with the text of its document.",
        run: Run::Task(show),
        shapes: Shapes::asked::<VersionQuery, PlanAnswer>(),
    },
    Route {
        method: "PUT",
        path: "/v1/plans/{id}",
        access: WRITE,
        cost: "O(document)",
        sentence: "Draft a version of a plan set (TOML or JSON); the document of the latest version again drafts nothing.",
        run: Run::Task(draft),
        shapes: Shapes::told::<PlanBody, PlanDrafted>(),
    },
    Route {
        method: "POST",
        path: "/v1/plans/validate",
        access: READ,
        cost: "O(document)",
        sentence: "Check a plan document against the network's rules: what it says in short, or all that is wrong with it.",
        run: Run::Task(validate),
        shapes: Shapes::told::<PlanBody, PlanSummary>(),
    },
    Route {
        method: "POST",
        path: "/v1/plans/{id}/activate",
        access: WRITE,
        cost: "O(document)",
        sentence: "Make a version count, the latest by default: for each period type from its next start on, the first one ever at once.",
        run: Run::Task(make_count),
        shapes: Shapes::told::<ActivationBody, PlanActivated>(),
    },
];

/// Which version.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct VersionQuery {
    /// Its number; the latest by default.
    version: Option<u32>,
}

/// What was activated.
#[derive(Debug, Serialize, ToSchema)]
struct PlanActivated {
    /// Number of the command in the log.
    seq: u64,
    /// The id it was told under.
    id: String,
    /// The plan set.
    set: String,
    /// The version that counts.
    version: u32,
}

fn list(ask: &mut Ask<'_>) -> Result<Answer, Failed> {
    Ok(Answer::of(plans::list(ask.state)?))
}

fn show(task: Task) -> Running {
    Box::pin(async move {
        let Task { api, call, .. } = task;
        let asked: VersionQuery = call.query.typed()?;
        let set = call.path("id");
        let (mut shown, document, as_of) = api.handle().read(|state| {
            let version = plans::version(state, set, asked.version);
            let version = version.map_err(|refused| error::view(&refused))?;
            let shown = plans::answer(state, version, String::new());
            Ok::<_, Problem>((shown, version.document, (state.as_of_seq, state.as_of_time)))
        })?;
        let handle = api.handle().clone();
        let read = api.handle().heavy(move || handle.document(&document)).await;
        let bytes = read.map_err(|fault| {
            tracing::error!(%fault, "a plan document cannot be read");
            internal()
        })?;
        shown.text = String::from_utf8_lossy(&bytes).into_owned();
        let labelled = Labelled {
            answer: Answer::of(shown),
            as_of_seq: as_of.0,
            as_of_time: as_of.1,
        };
        Ok(labelled.respond(&call.headers))
    })
}

fn draft(task: Task) -> Running {
    Box::pin(async move {
        let Task {
            api, call, body, ..
        } = task;
        let set = id(call.path("id"), "set")?;
        let key = call.idempotency_key();
        let key = key.map(|key| fact_id(None, Some(key))).transpose()?;
        let lines = document::is_toml(&call)?;
        let text = document::text(lines, body).await?;
        let state = present(&api).await;
        let read = {
            let (set, text) = (set.clone(), text.clone());
            let read = move || plan_draft::read(&state, &set, &text, (key, call.now));
            api.handle().heavy(read).await
        };
        let command = match read.map_err(|unfit| error::unfit(unfit, lines))? {
            Draft::Latest(version) => {
                return Ok(facts::receipt_response(&plans::drafted(&version), true));
            }
            Draft::New(command) => command,
        };
        document::keep(&api, text).await?;
        let receipt = facts::tell(&api, command, Origin::default()).await?;
        let drafted = api.handle().read(|state| {
            let version = state.plans.drafted_by(&set, receipt.seq);
            version.map(plans::drafted)
        });
        let drafted = drafted.ok_or_else(internal)?;
        Ok(facts::receipt_response(&drafted, receipt.repeated))
    })
}

fn validate(task: Task) -> Running {
    Box::pin(async move {
        let Task {
            api, call, body, ..
        } = task;
        let lines = document::is_toml(&call)?;
        let text = document::text(lines, body).await?;
        let rules = api.handle().read(|state| state.rules.clone());
        let none = || error::rejection(Rejection::NoNetwork, Origin::default());
        let rules = rules.ok_or_else(none)?;
        let read = move || Ok(summary(&parse(&text, &rules)?, &rules));
        let read = api.handle().heavy(read).await;
        let summary = read.map_err(|found| error::unfit(Unfit::Document(found), lines))?;
        Ok(facts::receipt_response(&summary, false))
    })
}

fn make_count(task: Task) -> Running {
    Box::pin(async move {
        let Task {
            api, call, body, ..
        } = task;
        let set = id(call.path("id"), "set")?;
        let asked = Asked::read(&call, body).await?;
        let (version, new) = api.handle().read(|state| asked.version(state, &set));
        if new {
            compile(&api, &set, version).await?;
        }
        let command = Command {
            id: asked.id.clone(),
            at: asked.at,
            verb: activate(set.clone(), version),
        };
        let origin = Origin {
            prefix: "",
            in_path: true,
        };
        let receipt = facts::tell(&api, command, origin).await?;
        let activated = PlanActivated {
            seq: receipt.seq,
            id: asked.id.to_string(),
            set: set.to_string(),
            version,
        };
        Ok(facts::receipt_response(&activated, receipt.repeated))
    })
}

/// What the body of an activation says.
struct Asked {
    id: Text,
    at: crate::base::time::Time,
    version: Option<u32>,
}

impl Asked {
    async fn read(call: &Call, body: axum::body::Body) -> Result<Asked, Problem> {
        facts::expect_json(call)?;
        let bytes = body::whole(body).await?;
        let value = if bytes.is_empty() {
            Json::Object(Vec::new())
        } else {
            json::read(&bytes)?
        };
        let fields = Fields::of(&value, "", &["id", "at", "version"])?;
        Ok(Asked {
            id: fact_id(fields.id("id")?, call.idempotency_key())?,
            at: fields.time("at")?.unwrap_or(call.at),
            version: version(&fields)?,
        })
    }

    /// The version meant, and whether the id is new. Without a number it is what the same id meant before, or the latest;
    /// of an unknown set the first, which the engine refuses.
    fn version(&self, state: &State, set: &str) -> (u32, bool) {
        let first_seq = state.facts.first_seq(&self.id);
        let before = first_seq.and_then(|seq| state.plans.activated_by(set, seq));
        let meant = before.or_else(|| state.plans.latest(set));
        let meant = meant.map_or(1, |version| version.version);
        (self.version.unwrap_or(meant), first_seq.is_none())
    }
}

/// Compiles a version before it counts, if there is such a one: it is in order, and whoever asks for it has it at once.
async fn compile(api: &Api, set: &str, version: u32) -> Result<(), Problem> {
    let found = api.handle().read(|state| {
        let version = state.plans.get(set, version)?;
        let rules = state.rules_at(version.seq)?;
        Some((version.clone(), Arc::<Rules>::clone(rules)))
    });
    let Some((version, rules)) = found else {
        return Ok(());
    };
    let handle = api.handle().clone();
    let compiled = move || handle.plan_set(&version, &rules).map(drop);
    match api.handle().heavy(compiled).await {
        Ok(()) => Ok(()),
        Err(PlanError::Wrong(found)) => Err(error::unfit(Unfit::Document(found), true)),
        Err(PlanError::Fault(fault)) => {
            tracing::error!(%fault, "a plan document cannot be read");
            Err(internal())
        }
    }
}

/// A state that holds all that was applied by now.
async fn present(api: &Api) -> Arc<State> {
    let seq = api.handle().read(|state| state.as_of_seq);
    api.handle().fork(seq).await
}

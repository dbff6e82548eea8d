//! Facts in: any event at `/v1/events`, and typed sugar for it.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::bulk::{self, Manner, Summary};
use crate::api::context::Api;
use crate::api::error::Origin;
use crate::api::facts::{self, FactReceipt};
use crate::api::parse::lines::{Form, Reader};
use crate::api::parse::member::{ENROLLED, STATUS_CHANGED, UPDATED};
use crate::api::parse::names::Names;
use crate::api::parse::order::{ADJUSTED, REFUNDED};
use crate::api::parse::period::CLOSED;
use crate::api::parse::qualify::OVERRIDDEN;
use crate::api::principal::{FACTS, MONEY, TELLERS};
use crate::api::problem::{Code, Problem};
use crate::api::route::{Access, Reach, Route, Run, Running, Shapes, Task, query_of, shape};
use crate::api::shapes::{
    AdjustmentBody, EventBody, KeyOnlyBody, MemberBody, MemberPatch, OrderBody, OverrideBody,
    RefundBody, Results, StatusBody,
};
use crate::api::together;
use crate::view::era::Asked;
use crate::view::lens::Lens;
use crate::view::runs::{self, RunAnswer, RunState};

const fn told_by(roles: &'static [crate::engine::role::Role]) -> Access {
    Access::Needs {
        roles,
        reach: Reach::Company,
    }
}

/// The rows.
pub const ROWS: &[Route] = &[
    Route {
        method: "POST",
        path: "/v1/events",
        access: told_by(TELLERS),
        cost: "O(1) an order in the depth of the trees",
        sentence: "Any fact: one event, an array, or lines of any number; each type is for the roles of its own endpoint.",
        run: Run::Task(events),
        shapes: Shapes {
            query: Some(query_of::<ManyQuery>),
            body: Some(shape::<EventBody>()),
            answer: Some(shape::<Summary>()),
            ..Shapes::NONE
        },
    },
    Route {
        method: "POST",
        path: "/v1/members",
        access: told_by(FACTS),
        cost: "O(hops), or as the placement policy's",
        sentence: "Enrol a member, with places asked for or chosen by each tree's policy.",
        run: Run::Fact {
            event: &ENROLLED,
            path: &[],
        },
        shapes: Shapes::told::<MemberBody, FactReceipt>(),
    },
    Route {
        method: "PATCH",
        path: "/v1/members/{id}",
        access: told_by(FACTS),
        cost: "O(hops)",
        sentence: "Change what a member is; `null` clears a field.",
        run: Run::Fact {
            event: &UPDATED,
            path: &[("id", "member")],
        },
        shapes: Shapes::told::<MemberPatch, FactReceipt>(),
    },
    Route {
        method: "POST",
        path: "/v1/members/{id}/status",
        access: told_by(FACTS),
        cost: "O(hops); a roll-up O(frontline)",
        sentence: "Open, suspend or terminate a membership.",
        run: Run::Fact {
            event: &STATUS_CHANGED,
            path: &[("id", "member")],
        },
        shapes: Shapes::told::<StatusBody, FactReceipt>(),
    },
    Route {
        method: "POST",
        path: "/v1/orders",
        access: told_by(FACTS),
        cost: "O(1) an order in the depth of the trees",
        sentence: "Orders: one, an array, or lines of any number.",
        run: Run::Task(orders),
        shapes: Shapes {
            query: Some(query_of::<ManyQuery>),
            body: Some(shape::<OrderBody>()),
            answer: Some(shape::<Summary>()),
            ..Shapes::NONE
        },
    },
    Route {
        method: "POST",
        path: "/v1/orders/{id}/refunds",
        access: told_by(FACTS),
        cost: "as an order",
        sentence: "Take back an order, wholly or in part.",
        run: Run::Fact {
            event: &REFUNDED,
            path: &[("id", "order")],
        },
        shapes: Shapes::told::<RefundBody, FactReceipt>(),
    },
    Route {
        method: "POST",
        path: "/v1/adjustments",
        access: told_by(MONEY),
        cost: "as an order",
        sentence: "Correct a member's volume, with a reason.",
        run: Run::Fact {
            event: &ADJUSTED,
            path: &[],
        },
        shapes: Shapes::told::<AdjustmentBody, FactReceipt>(),
    },
    Route {
        method: "POST",
        path: "/v1/overrides",
        access: told_by(MONEY),
        cost: "O(periods)",
        sentence: "Have a member paid as a rank at least for some periods, whatever he meets, with a reason.",
        run: Run::Fact {
            event: &OVERRIDDEN,
            path: &[],
        },
        shapes: Shapes::told::<OverrideBody, FactReceipt>(),
    },
    Route {
        method: "POST",
        path: "/v1/periods/{id}/close",
        access: told_by(MONEY),
        cost: "O(pages)",
        sentence: "Freeze a period that has ended, and have it paid where a plan set is in force; its id is its type and label, such as `month:2026-01`. Told once more, it answers the same run, and tries one that failed again.",
        run: Run::Task(close),
        shapes: Shapes::told::<KeyOnlyBody, PeriodClosed>(),
    },
];

/// How many facts are told.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct ManyQuery {
    /// All or none of at most 1,000 facts.
    atomic: Option<bool>,
    /// `all`: a line of answer for each line, instead of a summary.
    results: Option<Results>,
}

fn events(task: Task) -> Running {
    Box::pin(many(task, Form::Events))
}

fn orders(task: Task) -> Running {
    Box::pin(many(task, Form::Orders))
}

async fn many(task: Task, form: Form) -> Result<axum::response::Response, Problem> {
    let Task {
        api,
        call,
        principal,
        body,
    } = task;
    let asked: ManyQuery = call.query.typed()?;
    let lines = match call.content_type().as_str() {
        "" | "application/json" => false,
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => true,
        other => {
            return Err(Problem::new(
                Code::WrongContentType,
                "Facts come as JSON or as lines of JSON.",
            )
            .field("Content-Type")
            .given(other)
            .allowed(["application/json", "application/x-ndjson"]));
        }
    };
    let manner = Manner {
        lines,
        each: asked.results == Some(Results::All),
    };
    let reader = Reader {
        form,
        names: api.handle().read(|state| Names::of(state.rules.as_deref())),
        now: call.at,
        role: principal.role,
    };
    if asked.atomic.unwrap_or(false) {
        return together::respond(&api, &reader, body, lines).await;
    }
    bulk::respond(api, reader, body, manner, call.idempotency_key()).await
}

fn close(task: Task) -> Running {
    Box::pin(async move {
        let Task {
            api, call, body, ..
        } = task;
        let names = api.handle().read(|state| Names::of(state.rules.as_deref()));
        let (period_type, label) = period(call.path("id"), &names)?;
        let fields = [("period_type", period_type), ("period", label)];
        let command =
            facts::read(&call, body, &names, &facts::known(&call, &CLOSED, &fields)).await?;
        let id = command.id.to_string();
        if let Some(run) = closed_before(&api, &id, period_type, label) {
            let (seq, run) = (run.closed_seq, Some(run));
            return Ok(facts::receipt_response(
                &PeriodClosed { seq, id, run },
                true,
            ));
        }
        let origin = Origin {
            prefix: "",
            in_path: true,
        };
        let receipt = facts::tell(&api, command, origin).await?;
        let run = run_of(&api, period_type, label).map(|(_, run)| run);
        let seq = receipt.seq;
        Ok(facts::receipt_response(
            &PeriodClosed { seq, id, run },
            receipt.repeated,
        ))
    })
}

/// What whoever closes a period is told.
#[derive(Debug, Serialize, ToSchema)]
struct PeriodClosed {
    /// Number of the command that closed it.
    seq: u64,
    /// The id it was told under.
    id: String,
    /// Its run, which is paid in the background; none where no plan set is in force for the period.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<RunAnswer>,
}

/// The run of a period that is closed already, where the fact is a new one: to close it once more changes nothing, but
/// has a run that failed tried again.
fn closed_before(api: &Api, id: &str, period_type: &str, label: &str) -> Option<RunAnswer> {
    let is_new = api
        .handle()
        .read(|state| state.facts.first_seq(id).is_none());
    let (asked, run) = run_of(api, period_type, label).filter(|_| is_new)?;
    if run.state != RunState::Failed {
        return Some(run);
    }
    api.handle().pay_again(asked);
    run_of(api, period_type, label).map(|(_, run)| run)
}

fn run_of(api: &Api, period_type: &str, label: &str) -> Option<(Asked, RunAnswer)> {
    let failures = api.handle().unpaid();
    api.handle().read(|state| {
        let lens = Lens::new(state).ok()?;
        let asked = runs::find(&lens, &format!("{period_type}:{label}")).ok()?;
        Some((asked, runs::one(&lens, asked, &failures)?))
    })
}

/// The type and label of a period's id; the type may be left out where there is only one.
fn period<'p>(id: &'p str, names: &'p Names) -> Result<(&'p str, &'p str), Problem> {
    match (id.split_once(':'), names.period_types.as_slice()) {
        (Some((period_type, label)), _)
            if names.period_types.iter().any(|known| known == period_type) =>
        {
            Ok((period_type, label))
        }
        (None, [only]) => Ok((only.as_str(), id)),
        _ => Err(
            Problem::new(Code::UnknownPeriod, format!("There is no period `{id}`."))
                .field("period")
                .given(id)
                .allowed(
                    names
                        .period_types
                        .iter()
                        .map(|name| format!("{name}:<label>")),
                ),
        ),
    }
}

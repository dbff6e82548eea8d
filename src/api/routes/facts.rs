//! Facts in: any event at `/v1/events`, and typed sugar for it.

use serde::Deserialize;
use utoipa::IntoParams;

use crate::api::bulk::{self, Manner, Summary};
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
        sentence: "Freeze a period that has ended; its id is its type and label, such as `month:2026-01`.",
        run: Run::Task(close),
        shapes: Shapes::told::<KeyOnlyBody, FactReceipt>(),
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
        let origin = Origin {
            prefix: "",
            in_path: true,
        };
        facts::respond(&api, command, origin).await
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

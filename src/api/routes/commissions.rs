//! Reads about what plans come to: ranks, amounts, and what they are made of.

use std::sync::Arc;

use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::api::context::Api;
use crate::api::document;
use crate::api::earnings;
use crate::api::error;
use crate::api::gone;
use crate::api::principal::{ALL, MONEY, READERS};
use crate::api::problem::Problem;
use crate::api::reading::Labelled;
use crate::api::route::{
    Access, Answer, Call, Reach, Route, Run, Running, Shapes, Task, query_of, shape,
};
use crate::api::shapes::PlanBody;
use crate::api::stream;
use crate::base::ids::Member;
use crate::engine::runs::Run as PostedRun;
use crate::engine::state::State;
use crate::view::clawbacks::{self, ClawbacksPage, ClawbacksQuery};
use crate::view::commissions::{self, CommissionsQuery};
use crate::view::era::Asked;
use crate::view::error::ViewError;
use crate::view::explanation;
use crate::view::lens::Lens;
use crate::view::opened::{self, OpenedQuery};
use crate::view::order_commissions;
use crate::view::payout::{Payout, Worked};
use crate::view::rank;
use crate::view::scope;

/// What one member costs whose part of the trees is small.
const PRESENT: &str = "O(downline x components) up to 1,000 seats; beyond that O(1) after a pass over all members, which all who ask \
                       within two seconds share";

/// Any role, members within their own downline.
const OWN: Access = Access::Needs {
    roles: ALL,
    reach: Reach::Downline,
};

/// The rows.
pub const ROWS: &[Route] = &[
    Route {
        method: "GET",
        path: "/v1/members/{id}/rank",
        access: OWN,
        cost: PRESENT,
        sentence: "The rank on each ladder; of a period that runs, the one that would be paid as.",
        run: Run::Task(rank_of),
        shapes: Shapes::asked::<CommissionsQuery, rank::MemberRanks>(),
    },
    Route {
        method: "GET",
        path: "/v1/members/{id}/rank-progress",
        access: OWN,
        cost: PRESENT,
        sentence: "What a rank takes, part by part: required, actual, missing, and the cheapest ways there; the next rank by default.",
        run: Run::Task(progress),
        shapes: Shapes::asked::<ProgressQuery, rank::RankProgress>(),
    },
    Route {
        method: "GET",
        path: "/v1/members/{id}/commissions",
        access: OWN,
        cost: PRESENT,
        sentence: "What a member earns in a period, a line a component; of a paid period as its run has them.",
        run: Run::Task(of_member),
        shapes: Shapes::asked::<CommissionsQuery, commissions::Commissions>(),
    },
    Route {
        method: "GET",
        path: "/v1/members/{id}/commissions/{line}/explain",
        access: OWN,
        cost: PRESENT,
        sentence: "What one line, named by its component, is made of: levels, rates, rounding, cap.",
        run: Run::Task(explain),
        shapes: Shapes::asked::<CommissionsQuery, explanation::Explanation>(),
    },
    Route {
        method: "GET",
        path: "/v1/members/{id}/commissions/{line}/orders",
        access: OWN,
        cost: "O(rows + positions passed), bounded, and the pass",
        sentence: "The orders that one line is made of or whose volume its legs match, or the members whose earnings it matches, with what each brings and who was skipped on the way, a page at a time.",
        run: Run::Task(opened),
        shapes: Shapes::asked::<OpenedQuery, opened::OpenedPage>(),
    },
    Route {
        method: "GET",
        path: "/v1/members/{id}/clawbacks",
        access: OWN,
        cost: "O(rows), and the pass",
        sentence: "What refunds booked in a period take back of a member's amounts of earlier ones, refund by refund, while the period's book is at hand.",
        run: Run::Task(clawbacks),
        shapes: Shapes::asked::<ClawbacksQuery, ClawbacksPage>(),
    },
    Route {
        method: "GET",
        path: "/v1/commissions",
        access: Access::Needs {
            roles: MONEY,
            reach: Reach::Company,
        },
        cost: "O(members x components), and the pass",
        sentence: "What a period comes to in all, by component, beside what was sold; of a paid period whose book is gone as its run has it; every amount as lines with `Accept: application/x-ndjson`.",
        run: Run::Task(all),
        shapes: Shapes::asked::<CommissionsQuery, commissions::CommissionTotals>(),
    },
    Route {
        method: "GET",
        path: "/v1/orders/{id}/commissions",
        access: Access::Needs {
            roles: READERS,
            reach: Reach::Company,
        },
        cost: "O(depth x levels), and the pass",
        sentence: "All that one order earns members, by component and level, in the period it entered.",
        run: Run::Task(of_order),
        shapes: Shapes::asked::<OrderQuery, order_commissions::OrderCommissions>(),
    },
    Route {
        method: "POST",
        path: "/v1/plans/simulate",
        access: Access::Needs {
            roles: MONEY,
            reach: Reach::Company,
        },
        cost: "O(members x levels), on a fork",
        sentence: "What a plan document would pay for a period, activated or not: totals by component, members by rank.",
        run: Run::Task(simulate),
        shapes: Shapes {
            query: Some(query_of::<CommissionsQuery>),
            body: Some(shape::<PlanBody>()),
            answer: Some(shape::<commissions::CommissionTotals>()),
            ..Shapes::NONE
        },
    },
];

/// Which period an order is looked at in.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct OrderQuery {
    /// Name of the period type; the activity rule's by default. The period is the one the order entered.
    period_type: Option<String>,
}

/// Which rank of which ladder.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct ProgressQuery {
    /// Name of the period type; the activity rule's by default.
    period_type: Option<String>,
    /// A period's label, `current` (the default) or `closed`.
    period: Option<String>,
    /// Name of the ladder; the first of that period type by default.
    ladder: Option<String>,
    /// Name of the rank; the next one by default, the highest for who holds it.
    rank: Option<String>,
}

fn rank_of(task: Task) -> Running {
    Box::pin(async move {
        let asked: CommissionsQuery = task.call.query.typed()?;
        of_one(task, asked, |worked, call| {
            let made = rank::of_member(worked, call.path("id"))?;
            Ok(Answer::of(made))
        })
        .await
    })
}

fn progress(task: Task) -> Running {
    Box::pin(async move {
        let ProgressQuery {
            period_type,
            period,
            ladder,
            rank,
        } = task.call.query.typed()?;
        let asked = CommissionsQuery {
            period_type,
            period,
        };
        of_one(task, asked, move |worked, call| {
            let (ladder, rank) = (ladder.as_deref(), rank.as_deref());
            let made = rank::progress(worked, call.path("id"), ladder, rank)?;
            Ok(Answer::of(made))
        })
        .await
    })
}

fn of_member(task: Task) -> Running {
    Box::pin(async move {
        let asked: CommissionsQuery = task.call.query.typed()?;
        if let Some((state, of, run)) = earnings::paid(&task.api, &task.call, &asked).await? {
            return of_paid(task, state, of, run).await;
        }
        of_one(task, asked, |worked, call| {
            let made = commissions::of_member(worked, call.path("id"))?;
            Ok(Answer::of(made))
        })
        .await
    })
}

/// The lines of a period that is paid, out of its run.
async fn of_paid(
    task: Task,
    state: Arc<State>,
    of: Asked,
    run: PostedRun,
) -> Result<Response, Problem> {
    let Task { api, call, .. } = task;
    let (handle, headers) = (api.handle().clone(), call.headers.clone());
    let read = move || {
        let (lens, id) = (Lens::new(&state), call.path("id"));
        let view = |refused: ViewError| error::view(&refused);
        let lens = lens.map_err(view)?;
        let member = lens.member(id, "member").map_err(view)?;
        let read = handle.paid(&state, &run);
        let read = read.and_then(|paid| Ok((paid.frozen(), paid.lines_of(member)?)));
        let (frozen, lines) = read.map_err(|unread| earnings::unreadable(&unread))?;
        let set = earnings::set_that_paid(&handle, &state, of)?;
        let made = commissions::of_paid(&lens, (of, id), &set, (&frozen, &lines)).map_err(view)?;
        Ok::<_, Problem>(Labelled::at(&state, Answer::of(made)))
    };
    Ok(api.handle().heavy(read).await?.respond(&headers))
}

fn explain(task: Task) -> Running {
    Box::pin(async move {
        let asked: CommissionsQuery = task.call.query.typed()?;
        of_one(task, asked, |worked, call| {
            let made = explanation::explain(worked, call.path("id"), call.path("line"))?;
            Ok(Answer::of(made))
        })
        .await
    })
}

/// A page of the orders behind one line; ids of whom the asker may not see are left out.
fn opened(task: Task) -> Running {
    Box::pin(async move {
        let mut asked: OpenedQuery = task.call.query.typed()?;
        let Task {
            api,
            call,
            principal,
            ..
        } = task;
        let sealer = api.sealer().clone();
        let filters = call.query.question();
        if let Some(cursor) = &asked.cursor {
            asked.cursor = Some(sealer.open(&call.question(&principal, &filters), cursor)?);
        }
        let period = CommissionsQuery {
            period_type: asked.period_type.clone(),
            period: asked.period.clone(),
        };
        let payout = earnings::payout(&api, &call, &period).await?;
        answer_from(api, call, payout, move |payout, call| {
            let lens = payout.lens();
            let sees = |member: Member, tree: usize| {
                let viewer = principal.member;
                viewer.is_none_or(|viewer| scope::may_see(&lens, viewer, member, Some(tree)))
            };
            let of = (call.path("id"), call.path("line"));
            let mut page = opened::page(payout, of, &asked, &sees)?;
            page.next = page
                .next
                .map(|next| sealer.seal(&call.question(&principal, &filters), &next));
            Ok(Answer::of(page))
        })
        .await
    })
}

/// A page of what refunds take back of a member.
fn clawbacks(task: Task) -> Running {
    Box::pin(async move {
        let mut asked: ClawbacksQuery = task.call.query.typed()?;
        let Task {
            api,
            call,
            principal,
            ..
        } = task;
        let sealer = api.sealer().clone();
        let filters = call.query.question();
        if let Some(cursor) = &asked.cursor {
            asked.cursor = Some(sealer.open(&call.question(&principal, &filters), cursor)?);
        }
        let period = CommissionsQuery {
            period_type: asked.period_type.clone(),
            period: asked.period.clone(),
        };
        let payout = earnings::payout(&api, &call, &period).await?;
        answer_from(api, call, payout, move |payout, call| {
            let mut page = clawbacks::page(payout, call.path("id"), &asked)?;
            page.next = page
                .next
                .map(|next| sealer.seal(&call.question(&principal, &filters), &next));
            Ok(Answer::of(page))
        })
        .await
    })
}

fn of_order(task: Task) -> Running {
    Box::pin(async move {
        let asked: OrderQuery = task.call.query.typed()?;
        let Task { api, call, .. } = task;
        let payout = earnings::payout_of_order(&api, &call, asked.period_type.as_deref()).await?;
        answer_from(api, call, payout, |payout, call| {
            let made = order_commissions::of_order(payout, call.path("id"))?;
            Ok(Answer::of(made))
        })
        .await
    })
}

fn all(task: Task) -> Running {
    Box::pin(async move {
        let asked: CommissionsQuery = task.call.query.typed()?;
        if let Some(gone) = gone::gone(&task.api, &task.call, &asked).await? {
            return match task.call.accepts(stream::NDJSON) {
                true => gone.lines().await,
                false => gone.totals(&task.call).await,
            };
        }
        if task.call.accepts(stream::NDJSON) {
            return stream::commissions(task, asked).await;
        }
        answer(task, asked, |payout, _| {
            Ok(Answer::of(commissions::totals(payout)))
        })
        .await
    })
}

fn simulate(task: Task) -> Running {
    Box::pin(async move {
        let Task {
            api, call, body, ..
        } = task;
        let asked: CommissionsQuery = call.query.typed()?;
        let lines = document::is_toml(&call)?;
        let text = document::text(lines, body).await?;
        let payout = earnings::simulated(&api, &call, asked, (text, lines)).await?;
        answer_from(api, call, payout, |payout, _| {
            Ok(Answer::of(commissions::totals(payout)))
        })
        .await
    })
}

/// An answer about one member: as things stand where his part of the book tells it, otherwise from a sweep.
async fn of_one(
    task: Task,
    asked: CommissionsQuery,
    question: impl Fn(&Worked<'_>, &Call) -> Result<Answer, ViewError> + Send + 'static,
) -> Result<Response, Problem> {
    let Task { api, call, .. } = &task;
    let present = earnings::present(api, call, &asked, |worked| question(worked, call));
    match present.await? {
        Some(labelled) => Ok(labelled.respond(&call.headers)),
        None => {
            answer(task, asked, move |payout, call| {
                question(&payout.worked(), call)
            })
            .await
        }
    }
}

/// An answer from a period worked out, judged and read at the state it was worked out from.
async fn answer(
    task: Task,
    asked: CommissionsQuery,
    question: impl FnOnce(&Payout, &Call) -> Result<Answer, ViewError> + Send + 'static,
) -> Result<Response, Problem> {
    let Task { api, call, .. } = task;
    let payout = earnings::payout(&api, &call, &asked).await?;
    answer_from(api, call, payout, question).await
}

/// The same from a period that is there already.
async fn answer_from(
    api: Api,
    call: Call,
    payout: Arc<Payout>,
    question: impl FnOnce(&Payout, &Call) -> Result<Answer, ViewError> + Send + 'static,
) -> Result<Response, Problem> {
    let headers = call.headers.clone();
    let labelled = api
        .handle()
        .heavy(move || {
            let made = question(&payout, &call);
            made.map(|answer| Labelled::at(&payout.state, answer))
        })
        .await;
    let labelled = labelled.map_err(|refused| error::view(&refused))?;
    Ok(labelled.respond(&headers))
}

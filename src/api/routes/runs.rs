//! Runs: closed periods that were paid, wait to be, or could not be; their lines; a member's money.

use std::sync::Arc;

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::api::body::pipe;
use crate::api::context::Api;
use crate::api::cursor::bad_cursor;
use crate::api::earnings::{self, unreadable, unworked};
use crate::api::error;
use crate::api::principal::{ALL, MONEY};
use crate::api::problem::{Code, Problem};
use crate::api::reading::Labelled;
use crate::api::route::{
    Access, Answer, Ask, Call, Failed, Reach, Route, Run, Running, Shapes, Task,
};
use crate::api::shapes::ExportFormat;
use crate::api::stream::{NDJSON, label, push_line};
use crate::engine::state::State;
use crate::runtime::paid::Paid;
use crate::view::commissions::CommissionsQuery;
use crate::view::error::ViewError;
use crate::view::lens::Lens;
use crate::view::query;
use crate::view::runs::{
    self, Frozen, HEADS, RunAnswer, RunLine, RunLines, RunLinesQuery, RunsAnswer, RunsQuery,
};
use crate::view::statement::{self, Statement};

/// Lines read for one piece of an export.
const LINES_AT_ONCE: u64 = 4_096;

const STAFF: Access = Access::Needs {
    roles: MONEY,
    reach: Reach::Company,
};

/// The rows.
pub const ROWS: &[Route] = &[
    Route {
        method: "GET",
        path: "/v1/runs",
        access: STAFF,
        cost: "O(runs)",
        sentence: "Closed periods under a plan set, the last first: paid, due, or failed with the reason.",
        run: Run::Read(list),
        shapes: Shapes::asked::<RunsQuery, RunsAnswer>(),
    },
    Route {
        method: "GET",
        path: "/v1/runs/{id}",
        access: STAFF,
        cost: "O(log runs)",
        sentence: "One run; its id is the period's type and label, such as `month:2026-01`.",
        run: Run::Read(show),
        shapes: Shapes::answer::<RunAnswer>(),
    },
    Route {
        method: "GET",
        path: "/v1/runs/{id}/lines",
        access: STAFF,
        cost: "O(lines shown), and O(log lines) for one member's",
        sentence: "What a run paid, a line for each member and component, frozen.",
        run: Run::Task(lines),
        shapes: Shapes::asked::<RunLinesQuery, RunLines>(),
    },
    Route {
        method: "GET",
        path: "/v1/runs/{id}/export",
        access: STAFF,
        cost: "O(lines)",
        sentence: "All lines of a run as CSV or lines of JSON.",
        run: Run::Task(export),
        shapes: Shapes::asked::<ExportQuery, RunLine>(),
    },
    Route {
        method: "GET",
        path: "/v1/members/{id}/statement",
        access: Access::Needs {
            roles: ALL,
            reach: Reach::Downline,
        },
        cost: "O(log lines) for a paid period, otherwise O(1) after a pass that all who ask within two seconds share",
        sentence: "A member's money in a period: lines, balance brought forward, payable, balance carried; frozen once it is paid.",
        run: Run::Task(of_member),
        shapes: Shapes::asked::<CommissionsQuery, Statement>(),
    },
];

/// Which form.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct ExportQuery {
    /// `csv` (the default) or `ndjson`.
    format: Option<ExportFormat>,
}

fn list(ask: &mut Ask<'_>) -> Result<Answer, Failed> {
    let asked: RunsQuery = ask.query()?;
    let failures = ask.api.handle().unpaid();
    Ok(Answer::of(runs::list(ask.state, &asked, &failures)?))
}

fn show(ask: &mut Ask<'_>) -> Result<Answer, Failed> {
    let lens = Lens::new(ask.state)?;
    let asked = runs::find(&lens, ask.call.path("id"))?;
    let failures = ask.api.handle().unpaid();
    let run = runs::one(&lens, asked, &failures);
    Ok(Answer::of(run.expect("a run that was found")))
}

/// A paid run with its file, and a state that knows its members.
struct Opened {
    state: Arc<State>,
    paid: Arc<Paid>,
    frozen: Frozen,
}

impl Opened {
    fn lens(&self) -> Lens<'_> {
        Lens::new(&self.state).expect("a network with runs is founded")
    }
}

/// Opens the run in the path.
async fn open(api: &Api, call: &Call) -> Result<Opened, Problem> {
    let seq = api.handle().read(|state| state.as_of_seq);
    let state = api.handle().fork(seq).await;
    let run = {
        let lens = Lens::new(&state).map_err(|refused| error::view(&refused))?;
        let asked = runs::find(&lens, call.path("id"));
        let asked = asked.map_err(|refused| error::view(&refused))?;
        let run = state.runs.of(asked.period, asked.ordinal).cloned();
        run.ok_or_else(|| not_paid(call.path("id")))?
    };
    let (handle, its) = (api.handle().clone(), Arc::clone(&state));
    let opened = api.handle().heavy(move || handle.paid(&its, &run)).await;
    let paid = Arc::new(opened.map_err(|fault| unreadable(&fault))?);
    Ok(Opened {
        state,
        frozen: paid.frozen(),
        paid,
    })
}

fn not_paid(id: &str) -> Problem {
    Problem::new(
        Code::NotPaid,
        format!("The run `{id}` has no lines yet: GET /v1/runs/{{id}} tells where it stands."),
    )
    .field("run")
    .given(id)
}

fn lines(task: Task) -> Running {
    Box::pin(async move {
        let Task {
            api,
            call,
            principal,
            ..
        } = task;
        let asked: RunLinesQuery = call.query.typed()?;
        let limit = query::limit(asked.limit).map_err(|refused| error::view(&refused))? as u64;
        let filters = call.query.question();
        let question = call.question(&principal, &filters);
        let from = match &asked.cursor {
            None => 0,
            Some(cursor) => {
                let body = api.sealer().open(&question, cursor)?;
                body.parse().map_err(|_| bad_cursor())?
            }
        };
        let opened = open(&api, &call).await?;
        let read = move || {
            let lens = opened.lens();
            let (found, next) = match &asked.member {
                None => {
                    let found = opened.paid.lines(from, limit);
                    let found = found.map_err(|fault| unreadable(&fault))?;
                    let end = from + found.len() as u64;
                    (found, (end < opened.paid.count()).then_some(end))
                }
                Some(id) => {
                    let member = lens.member(id, "member");
                    let member = member.map_err(|refused| error::view(&refused))?;
                    let found = opened.paid.lines_of(member);
                    let found = found.map_err(|fault| unreadable(&fault))?;
                    let rest = found.len().saturating_sub(from as usize);
                    let page = found.into_iter().skip(from as usize).take(limit as usize);
                    let next = (rest as u64 > limit).then_some(from + limit);
                    (page.collect(), next)
                }
            };
            let shown = found.iter().map(|of| runs::line(&lens, &opened.frozen, of));
            let lines = shown.collect();
            Ok::<_, Problem>((opened, lines, next))
        };
        let (opened, lines, next) = api.handle().heavy(read).await?;
        let page = RunLines {
            run: call.path("id").to_owned(),
            lines,
            next: next.map(|next: u64| api.sealer().seal(&question, &next.to_string())),
        };
        Ok(Labelled::at(&opened.state, Answer::of(page)).respond(&call.headers))
    })
}

fn export(task: Task) -> Running {
    Box::pin(async move {
        let Task { api, call, .. } = task;
        let asked: ExportQuery = call.query.typed()?;
        let format = asked.format.unwrap_or_default();
        let opened = Arc::new(open(&api, &call).await?);
        let (writer, body) = pipe();
        let told = label(&opened.state);
        let kind = match format {
            ExportFormat::Csv => "text/csv; charset=utf-8",
            ExportFormat::Ndjson => NDJSON,
        };
        tokio::spawn(async move {
            let count = opened.paid.count();
            let mut from = 0;
            loop {
                let its = Arc::clone(&opened);
                let step = move || piece(&its, format, from);
                let sent = match api.handle().heavy(step).await {
                    Ok(piece) => piece.is_empty() || writer.send(piece).await,
                    Err(problem) => {
                        // Lines that break off are not taken for all there are: the writer is dropped without an end.
                        let mut last = Vec::new();
                        if format == ExportFormat::Ndjson {
                            push_line(&mut last, &problem.body(None));
                            writer.send(last).await;
                        }
                        return;
                    }
                };
                from += LINES_AT_ONCE;
                if !sent || from >= count {
                    break;
                }
            }
            writer.end().await;
        });
        Ok(streamed(told, kind, body))
    })
}

fn streamed(told: [(&'static str, String); 2], kind: &'static str, body: Body) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (told, headers, body).into_response()
}

/// A piece of an export: lines from a number on, behind the heads where they are the first.
fn piece(opened: &Opened, format: ExportFormat, from: u64) -> Result<Vec<u8>, Problem> {
    let found = opened.paid.lines(from, LINES_AT_ONCE);
    let found = found.map_err(|fault| unreadable(&fault))?;
    let lens = opened.lens();
    let shown = found.iter().map(|of| runs::line(&lens, &opened.frozen, of));
    let mut out = Vec::new();
    if format == ExportFormat::Ndjson {
        shown.for_each(|line| push_line(&mut out, &line));
        return Ok(out);
    }
    let mut rows = csv::Writer::from_writer(out);
    let plain = "writing to memory does not fail";
    if from == 0 {
        rows.write_record(HEADS).expect(plain);
    }
    shown.for_each(|line| rows.write_record(line.row()).expect(plain));
    Ok(rows.into_inner().expect(plain))
}

fn of_member(task: Task) -> Running {
    Box::pin(async move {
        let Task { api, call, .. } = task;
        let asked: CommissionsQuery = call.query.typed()?;
        if let Some((state, of, run)) = earnings::paid(&api, &call, &asked).await? {
            let (handle, id) = (api.handle().clone(), call.path("id").to_owned());
            let read = move || {
                let lens = Lens::new(&state).map_err(|refused| error::view(&refused))?;
                let member = lens.member(&id, "member");
                let member = member.map_err(|refused| error::view(&refused))?;
                let read = handle.paid(&state, &run).and_then(|paid| {
                    let (lines, accounts) = (paid.lines_of(member)?, paid.accounts_of(member)?);
                    Ok((paid.frozen(), lines, accounts))
                });
                let (frozen, lines, accounts) = read.map_err(|fault| unreadable(&fault))?;
                let before = state.runs.before(of.period, of.ordinal);
                let parts = statement::Parts {
                    frozen: &frozen,
                    lines: &lines,
                    accounts: &accounts,
                    brought_from: before.map(|run| lens.label(of.period, run.ordinal)),
                    is_paid: true,
                };
                let made = statement::of(&lens, of, &id, parts);
                let made = made.map_err(|refused| error::view(&refused))?;
                Ok::<_, Problem>(Labelled::at(&state, Answer::of(made)))
            };
            return Ok(api.handle().heavy(read).await?.respond(&call.headers));
        }
        live(api, call, asked).await
    })
}

/// A statement of a period that is not paid.
async fn live(api: Api, call: Call, asked: CommissionsQuery) -> Result<Response, Problem> {
    let payout = earnings::payout(&api, &call, &asked).await?;
    let (handle, headers) = (api.handle().clone(), call.headers.clone());
    let read = move || {
        let id = call.path("id");
        let view = |refused: ViewError| error::view(&refused);
        let member = payout.lens().member(id, "member").map_err(view)?;
        let brought = handle.brought_of(&payout.state, payout.asked, member);
        let (brought, from) = brought.map_err(|fault| unreadable(&fault))?;
        let payment = payout.payment(&brought);
        if let Err(beyond) = payment.account(member) {
            return Err(unworked(payout.beyond(beyond).into()));
        }
        let made = statement::live(&payout, id, payment, from).map_err(view)?;
        Ok(Labelled::at(&payout.state, Answer::of(made)))
    };
    Ok(api.handle().heavy(read).await?.respond(&headers))
}

//! Long answers: a whole downline or the log as lines, and pages of a listing sorted by volume.
//!
//! They are made on a fork beside the writer, piece by piece: a step of work in the pool, then the piece is sent, so
//! that a slow reader holds neither a lock nor a thread.

use std::sync::Arc;

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::api::access::judge;
use crate::api::body::pipe;
use crate::api::context::{Api, Kept};
use crate::api::cursor::bad_cursor;
use crate::api::earnings;
use crate::api::error;
use crate::api::problem::{Code, Problem, internal};
use crate::api::reading::{Labelled, read, state_for};
use crate::api::route::{Answer, Ask, Call, Failed, Running, Task};
use crate::api::shapes::ChangesQuery;
use crate::engine::state::State;
use crate::runtime::changes::ChangesError;
use crate::view::budget::Budget;
use crate::view::changes::Event;
use crate::view::commissions::CommissionsQuery;
use crate::view::downline::{self as below, DownlineQuery, Sort};
use crate::view::paid_lines::paid;
use crate::view::query;
use crate::view::walk::{Walk, WalkOrder};

/// Bytes of one piece of a stream.
const PIECE_BYTES: usize = 64 * 1024;
/// Events read from the log at a time.
const CHANGES_AT_ONCE: usize = 1_000;

/// Members looked at for one piece of a list of amounts.
const MEMBERS_AT_ONCE: u32 = 4_096;

/// The type of lines of JSON.
pub const NDJSON: &str = "application/x-ndjson";

/// A downline: a page, a page of a listing by volume, or all of it as lines.
pub fn downline(task: Task) -> Running {
    Box::pin(async move {
        let asked: DownlineQuery = task.call.query.typed()?;
        if task.call.accepts(NDJSON) {
            return whole(task, asked).await;
        }
        if asked.sort == Some(Sort::Volume) {
            return by_volume(task, asked).await;
        }
        read(task.api, task.call, task.body, page).await
    })
}

fn page(ask: &mut Ask<'_>) -> Result<Answer, Failed> {
    let mut asked: DownlineQuery = ask.query()?;
    ask.open(&mut asked.cursor)?;
    let mut page = below::page(ask.state, ask.call.path("id"), &asked, &mut ask.budget)?;
    ask.seal(&mut page.next);
    Ok(Answer::of(page))
}

/// A page of a listing sorted once on a fork; the listing is kept a minute for the pages that follow.
async fn by_volume(task: Task, asked: DownlineQuery) -> Result<Response, Problem> {
    let Task {
        api,
        call,
        principal,
        ..
    } = task;
    let limit = query::limit(asked.limit).map_err(|refused| error::view(&refused))?;
    let filters = call.query.question();
    let question = call.question(&principal, &filters);
    let (kept, number, from) = match &asked.cursor {
        None => {
            let (kept, number) = sort(&api, &call, asked.clone()).await?;
            (kept, number, 0)
        }
        Some(cursor) => {
            let body = api.sealer().open(&question, cursor)?;
            let (number, from) = body.split_once('.').ok_or_else(bad_cursor)?;
            let (Ok(number), Ok(from)) = (number.parse::<u64>(), from.parse::<usize>()) else {
                return Err(bad_cursor());
            };
            let kept = api.kept(number).ok_or_else(|| {
                Problem::new(
                    Code::CursorExpired,
                    "A listing by volume is kept for a minute; begin again without the cursor.",
                )
                .field("cursor")
            })?;
            (kept, number, from)
        }
    };
    // Whom the asker may see is judged at the present by the dispatcher, and here at the state the page is of.
    judge(&kept.state, &call)?;
    let mut page = below::listing_page(&kept.state, &kept.listing, from, limit)
        .map_err(|refused| error::view(&refused))?;
    let end = from + page.rows.len();
    page.next = (end < kept.listing.len())
        .then(|| api.sealer().seal(&question, &format!("{number}.{end}")));
    Ok(Labelled::at(&kept.state, Answer::of(page)).respond(&call.headers))
}

async fn sort(api: &Api, call: &Call, asked: DownlineQuery) -> Result<(Arc<Kept>, u64), Problem> {
    let state = state_for(api, call).await?;
    judge(&state, call)?;
    let member = call.path("id").to_owned();
    let kept = api
        .handle()
        .heavy(move || {
            let listing = below::listing(&state, &member, &asked, &mut Budget::fork())?;
            Ok(Kept { state, listing })
        })
        .await
        .map_err(|refused| error::view(&refused))?;
    let kept = Arc::new(kept);
    let number = api.keep(kept.clone());
    Ok((kept, number))
}

/// Everything below a member, one line a position.
async fn whole(task: Task, asked: DownlineQuery) -> Result<Response, Problem> {
    let Task { api, call, .. } = task;
    if asked.cursor.is_some() {
        return Err(
            Problem::new(Code::BadValue, "Lines come all at once, without a cursor.")
                .field("cursor"),
        );
    }
    let state = state_for(&api, &call).await?;
    judge(&state, &call)?;
    let order = match asked.sort {
        Some(Sort::Level) => WalkOrder::Level,
        _ => WalkOrder::Preorder,
    };
    let mut walk = Walk::begin(&state, call.path("id"), &asked, order)
        .map_err(|refused| error::view(&refused))?;
    let (sender, body) = pipe();
    let label = label(&state);
    tokio::spawn(async move {
        loop {
            let fork = state.clone();
            let step = move || {
                let mut piece = Vec::with_capacity(PIECE_BYTES + 1024);
                let mut more = true;
                while more && piece.len() < PIECE_BYTES {
                    match walk.next_row(&fork) {
                        Some(row) => push_line(&mut piece, &row),
                        None => more = false,
                    }
                }
                (walk, piece, more)
            };
            let (back, piece, more) = api.handle().heavy(step).await;
            walk = back;
            if !sender.send(piece).await || !more {
                break;
            }
        }
        sender.end().await;
    });
    Ok(lines(label, body))
}

/// Every amount of a period as lines, a line for each member and component that comes to something.
///
/// # Errors
/// As [`earnings::payout`].
pub async fn commissions(task: Task, asked: CommissionsQuery) -> Result<Response, Problem> {
    let Task { api, call, .. } = task;
    let payout = earnings::payout(&api, &call, &asked).await?;
    let (sender, body) = pipe();
    let label = label(&payout.state);
    tokio::spawn(async move {
        let mut from = Some(0);
        while let Some(member) = from {
            let payout = Arc::clone(&payout);
            let step = move || {
                let (found, next) = paid(&payout, member, MEMBERS_AT_ONCE);
                let mut piece = Vec::new();
                found.iter().for_each(|line| push_line(&mut piece, line));
                (piece, next)
            };
            let (piece, next) = api.handle().heavy(step).await;
            from = next;
            if !piece.is_empty() && !sender.send(piece).await {
                break;
            }
        }
        sender.end().await;
    });
    Ok(lines(label, body))
}

/// Accepted events after a number: all up to the present, or as many as `limit` says. Where the log cannot be read on, a
/// problem is the last line.
pub fn changes(task: Task) -> Running {
    Box::pin(async move {
        let Task { api, call, .. } = task;
        let asked: ChangesQuery = call.query.typed()?;
        let (upto, label) = api.handle().read(|state| (state.as_of_seq, label(state)));
        let mut left = asked.limit.unwrap_or(u64::MAX);
        let after = asked.after.unwrap_or(0);
        // The first piece is read before the answer begins, so that trimmed changes are a problem and not half an answer.
        let mut next = Some(some_changes(&api, after, left).await?);
        let (sender, body) = pipe();
        tokio::spawn(async move {
            while let Some((found, last)) = next.take() {
                let Some(last) = last else { break };
                left -= found.len().min(usize::try_from(left).unwrap_or(usize::MAX)) as u64;
                let mut piece = Vec::with_capacity(PIECE_BYTES);
                for event in &found {
                    push_line(&mut piece, event);
                }
                if !sender.send(piece).await || left == 0 || last >= upto {
                    break;
                }
                match some_changes(&api, last, left).await {
                    Ok(found) => next = Some(found),
                    Err(problem) => {
                        let mut piece = Vec::new();
                        push_line(&mut piece, &problem.body(None));
                        sender.send(piece).await;
                    }
                }
            }
            sender.end().await;
        });
        Ok(lines(label, body))
    })
}

/// The next events and the number of the last command looked at; none at the end of the log.
async fn some_changes(
    api: &Api,
    after: u64,
    left: u64,
) -> Result<(Vec<Event>, Option<u64>), Problem> {
    let most = usize::try_from(left)
        .unwrap_or(usize::MAX)
        .min(CHANGES_AT_ONCE);
    let handle = api.handle().clone();
    let found = api
        .handle()
        .heavy(move || handle.changes(after, most))
        .await
        .map_err(|refused| {
            if let ChangesError::Fault(fault) = &refused {
                tracing::error!(%fault, after, "the log cannot be read for changes");
            }
            error::changes(&refused)
        })?;
    let last = found.last().map(|change| change.seq);
    let told = api.handle().read(|state| {
        state.rules.as_ref()?;
        let each = found.iter().flat_map(|change| change.events(state));
        Some(each.collect())
    });
    match (told, last) {
        (Some(told), last) => Ok((told, last)),
        (None, None) => Ok((Vec::new(), None)),
        (None, Some(_)) => Err(internal()),
    }
}

/// The headers that label a stream with its state.
pub fn label(state: &State) -> [(&'static str, String); 2] {
    [
        ("as-of-seq", state.as_of_seq.to_string()),
        ("as-of-time", state.as_of_time.to_string()),
    ]
}

/// Lines in pieces that are made one after the other: each from a number, with the number of the next one. It breaks off
/// where one cannot be made.
pub fn pieces<F>(
    label: [(&'static str, String); 2],
    next: impl Fn(u64) -> F + Send + 'static,
) -> Response
where
    F: Future<Output = Option<(Vec<u8>, Option<u64>)>> + Send,
{
    let (sender, body) = pipe();
    tokio::spawn(async move {
        let mut from = Some(0);
        while let Some(at) = from {
            let Some((piece, behind)) = next(at).await else {
                return;
            };
            from = behind;
            if !piece.is_empty() && !sender.send(piece).await {
                break;
            }
        }
        sender.end().await;
    });
    lines(label, body)
}

fn lines(label: [(&'static str, String); 2], body: Body) -> Response {
    let kind = [
        (header::CONTENT_TYPE, NDJSON),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (label, kind, body).into_response()
}

/// A line of JSON.
pub fn push_line<T: Serialize>(out: &mut Vec<u8>, line: &T) {
    serde_json::to_writer(&mut *out, line).expect("writing to memory does not fail");
    out.push(b'\n');
}

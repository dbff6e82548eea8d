//! Forks: states kept as they are for a while, so that what many questions are answered with fits together.

use std::time::Duration;

use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::api::access::judge;
use crate::api::principal::{MONEY, READERS};
use crate::api::problem::{Code, Problem};
use crate::api::reading::Labelled;
use crate::api::route::{Access, Answer, Ask, Failed, Reach, Route, Run, Running, Shapes, Task};
use crate::api::shapes::{ForkAnswer, ForksAnswer};
use crate::runtime::forks::{KEPT_MAX, KeptFork};

/// The rows.
pub const ROWS: &[Route] = &[
    Route {
        method: "POST",
        path: "/v1/forks",
        access: Access::Needs {
            roles: MONEY,
            reach: Reach::Company,
        },
        cost: "O(pages); each page written meanwhile is copied once",
        sentence: "Keep the present state for a while: `as_of` then asks for answers from it.",
        run: Run::Task(keep),
        shapes: Shapes::asked::<KeepQuery, ForkAnswer>(),
    },
    Route {
        method: "GET",
        path: "/v1/forks",
        access: Access::Needs {
            roles: READERS,
            reach: Reach::Nothing,
        },
        cost: "O(1)",
        sentence: "The states that are kept, in the order in which they were taken.",
        run: Run::Read(list),
        shapes: Shapes::answer::<ForksAnswer>(),
    },
];

/// For how long.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct KeepQuery {
    /// For how many seconds, 1 to 3600; 60 where nothing is said.
    #[param(minimum = 1, maximum = 3600)]
    seconds: Option<u64>,
}

/// Seconds that a state may be kept.
const SECONDS: std::ops::RangeInclusive<u64> = 1..=3_600;
const SECONDS_DEFAULT: u64 = 60;

fn keep(task: Task) -> Running {
    Box::pin(answer(task))
}

async fn answer(task: Task) -> Result<Response, Problem> {
    let Task { api, call, .. } = task;
    let asked: KeepQuery = call.query.typed()?;
    let seconds = asked.seconds.unwrap_or(SECONDS_DEFAULT);
    if !SECONDS.contains(&seconds) {
        return Err(
            Problem::new(Code::OutOfRange, "A state is kept for an hour at most.")
                .field("seconds")
                .given(seconds.to_string())
                .allowed([format!("{} to {}", SECONDS.start(), SECONDS.end())]),
        );
    }
    let seq = api.handle().read(|state| {
        judge(state, &call)?;
        Ok::<_, Problem>(state.as_of_seq)
    })?;
    let kept = api
        .handle()
        .keep_fork(seq, Duration::from_secs(seconds))
        .await;
    let kept = kept.ok_or_else(|| {
        let why = format!("{KEPT_MAX} states are kept, which is as many as may be.");
        let forks = api.handle().kept_forks();
        let soonest = forks.iter().map(|one| one.left().as_secs() + 1).min();
        Problem::new(Code::ForksFull, why).retry_after(soonest.unwrap_or(1) as u32)
    })?;
    Ok(Labelled::at(&kept.state, Answer::of(of(&kept))).respond(&call.headers))
}

fn list(ask: &mut Ask<'_>) -> Result<Answer, Failed> {
    let forks = ask.api.handle().kept_forks();
    Ok(Answer::of(ForksAnswer {
        limit: KEPT_MAX,
        forks: forks.iter().map(of).collect(),
    }))
}

fn of(kept: &KeptFork) -> ForkAnswer {
    ForkAnswer {
        seq: kept.state.as_of_seq,
        machine_time: kept.state.as_of_time,
        seconds_left: kept.left().as_secs_f64().ceil() as u64,
    }
}

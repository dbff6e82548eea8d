//! Verification: every kept figure recomputed while commands go on arriving.

use axum::response::Response;

use crate::api::access::judge;
use crate::api::principal::MONEY;
use crate::api::problem::{Code, Problem};
use crate::api::reading::Labelled;
use crate::api::route::{Access, Answer, Reach, Route, Run, Running, Shapes, Task};
use crate::view::verify::report::Verified;

/// The rows.
pub const ROWS: &[Route] = &[Route {
    method: "POST",
    path: "/v1/verifications",
    access: Access::Needs {
        roles: MONEY,
        reach: Reach::Company,
    },
    cost: "O(members x trees x figures + orders + runs), on a fork; one at a time",
    sentence: "Recompute every kept figure from members, positions and orders, read every run, pay again what can be; the first differences by name.",
    run: Run::Task(verify),
    shapes: Shapes::answer::<Verified>(),
}];

fn verify(task: Task) -> Running {
    Box::pin(answer(task))
}

async fn answer(task: Task) -> Result<Response, Problem> {
    let Task { api, call, .. } = task;
    api.handle().read(|state| judge(state, &call).map(drop))?;
    let Some((state, verified)) = api.handle().verify().await else {
        let why = "A verification is under way; ask again when it has ended.";
        return Err(Problem::new(Code::Busy, why).retry_after(5));
    };
    Ok(Labelled::at(&state, Answer::of(verified)).respond(&call.headers))
}

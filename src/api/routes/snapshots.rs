//! Snapshots: the state written down, so that the next start need not replay what came before.

use axum::response::Response;

use crate::api::access::judge;
use crate::api::principal::ADMIN;
use crate::api::problem::{Code, Problem};
use crate::api::reading::Labelled;
use crate::api::route::{Access, Answer, Reach, Route, Run, Running, Shapes, Task};
use crate::api::shapes::SnapshotAnswer;
use crate::runtime::snapshots::NotTaken;

/// The rows.
pub const ROWS: &[Route] = &[Route {
    method: "POST",
    path: "/v1/snapshots",
    access: Access::Needs {
        roles: ADMIN,
        reach: Reach::Company,
    },
    cost: "O(bytes of the state), on a fork; one at a time",
    sentence: "Write a snapshot, from which the next start goes on; answers when it is durable.",
    run: Run::Task(take),
    shapes: Shapes::answer::<SnapshotAnswer>(),
}];

fn take(task: Task) -> Running {
    Box::pin(answer(task))
}

async fn answer(task: Task) -> Result<Response, Problem> {
    let Task { api, call, .. } = task;
    api.handle().read(|state| judge(state, &call).map(drop))?;
    match api.handle().snapshot().await {
        Ok(taken) => {
            let labelled = Labelled {
                answer: Answer::of(SnapshotAnswer::of(&taken)),
                as_of_seq: taken.seq,
                as_of_time: taken.machine_time,
            };
            Ok(labelled.respond(&call.headers))
        }
        Err(NotTaken::Busy) => {
            let why = "A snapshot is being written; ask again when it is.";
            Err(Problem::new(Code::Busy, why).retry_after(5))
        }
        Err(NotTaken::Refused(why)) => Err(Problem::new(Code::SnapshotRefused, why)),
    }
}

//! Paying beside the commands: on a thread of the pool, the oldest due book first, and what came of it goes back to the
//! log thread, which posts it.

use crate::view::era::Asked;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::runtime::clock::Stopwatch;
use crate::runtime::openings::Unworked;
use crate::runtime::paid::Unread;
use crate::runtime::payer::{Done, next_due, pay};
use crate::runtime::plans::PlanError;
use crate::runtime::shared::Shared;

/// Has the oldest due book paid on a thread of the pool, if there is one and nothing else is being paid.
pub fn begin(shared: &Arc<Shared>) {
    let payer = &shared.payer;
    if payer.is_working() || !shared.levels.is_due() {
        return;
    }
    let Some(asked) = shared.read(|state| next_due(state, payer.blocked())) else {
        return;
    };
    payer.start(asked);
    let its = Arc::clone(shared);
    if !shared.heavy.offer(Box::new(move || work(&its, asked))) {
        // The pool is full; the next step of the log thread asks again.
        payer.rest();
    }
}

fn work(shared: &Arc<Shared>, asked: Asked) {
    let since = Stopwatch::start();
    let paid = catch_unwind(AssertUnwindSafe(|| {
        let state = shared.forks.get(&shared.state, shared.levels.applied_seq());
        pay(&shared.openings, &state, asked)
    }));
    let result = match paid {
        Ok(paid) => paid.map_err(|error| {
            tracing::error!(?asked, %error, "a period could not be paid");
            reason(error)
        }),
        Err(_) => Err("the pass met a bug of ours; the server's log has more".to_owned()),
    };
    let ms = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
    if let Ok(post) = &result {
        shared.payer.took(ms);
        tracing::info!(period = %post.period, lines = post.lines, ms, "a period has been paid");
    }
    shared.payer.tell(Done { asked, result });
}

/// Why a period could not be paid, for clients: not where data lies.
fn reason(error: Unworked) -> String {
    match error {
        Unworked::Run(fault) => Unread::from(fault).short,
        Unworked::Plan(PlanError::Fault(_)) => "its plan document cannot be read".to_owned(),
        other => other.to_string(),
    }
}

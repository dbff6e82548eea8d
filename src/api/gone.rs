//! Answers about a paid period whose book is gone: its run has what it came to.

use std::sync::Arc;

use axum::response::Response;

use crate::api::context::Api;
use crate::api::earnings;
use crate::api::problem::{Problem, internal};
use crate::api::reading::Labelled;
use crate::api::route::{Answer, Call};
use crate::api::stream;
use crate::engine::runs::Run;
use crate::engine::state::State;
use crate::plan::standing::Standing;
use crate::view::commissions::CommissionsQuery;
use crate::view::era::{self, Asked};
use crate::view::lens::Lens;
use crate::view::paid_lines;
use crate::view::paid_totals::Totals;

/// Lines of a run that are read at once.
const LINES_AT_ONCE: u64 = 8_192;

/// A paid period that can be read in its run alone.
pub struct Gone {
    api: Api,
    state: Arc<State>,
    of: Asked,
    run: Run,
}

/// The period asked for, if it is paid and its book is gone. The asker is judged at the state that knows the run.
///
/// # Errors
/// Unknown names, and every refusal of access.
pub async fn gone(
    api: &Api,
    call: &Call,
    asked: &CommissionsQuery,
) -> Result<Option<Gone>, Problem> {
    let Some((state, of, run)) = earnings::paid(api, call, asked).await? else {
        return Ok(None);
    };
    let is_at_hand =
        Lens::new(&state).is_ok_and(|lens| era::at(&lens, of.period, of.ordinal).is_ok());
    Ok((!is_at_hand).then(|| Gone {
        api: api.clone(),
        state,
        of,
        run,
    }))
}

impl Gone {
    /// What it came to in all. O(lines).
    ///
    /// # Errors
    /// If the run's file cannot be read.
    pub async fn totals(self, call: &Call) -> Result<Response, Problem> {
        let Gone {
            api,
            state,
            of,
            run,
        } = self;
        let handle = api.handle().clone();
        let read = move || {
            let set = earnings::set_that_paid(&handle, &state, of)?;
            let paid = handle.paid(&state, &run);
            let paid = paid.map_err(|unread| earnings::unreadable(&unread))?;
            let mut totals = Totals::of(&set, of);
            for from in (0..paid.count()).step_by(LINES_AT_ONCE as usize) {
                let lines = paid.lines(from, LINES_AT_ONCE);
                totals.add(&lines.map_err(|unread| earnings::unreadable(&unread))?);
            }
            let standing = paid.standing();
            let standing = standing.map_err(|unread| earnings::unreadable(&unread))?;
            let standing = Standing::decode(&standing).map_err(|_| internal())?;
            let lens = Lens::new(&state).map_err(|_| internal())?;
            let made = totals.told(&lens, &paid.frozen(), &standing);
            Ok::<_, Problem>(Labelled::at(&state, Answer::of(made)))
        };
        Ok(api.handle().heavy(read).await?.respond(&call.headers))
    }

    /// Everybody's amounts as lines, as the run has them.
    ///
    /// # Errors
    /// If the run's file cannot be read; behind the first lines a stream that breaks off.
    pub async fn lines(self) -> Result<Response, Problem> {
        let Gone {
            api,
            state,
            of,
            run,
        } = self;
        let (handle, its) = (api.handle().clone(), Arc::clone(&state));
        let open = move || {
            let set = earnings::set_that_paid(&handle, &its, of)?;
            let paid = handle.paid(&its, &run);
            Ok::<_, Problem>((set, paid.map_err(|unread| earnings::unreadable(&unread))?))
        };
        let (set, paid) = api.handle().heavy(open).await?;
        let paid = Arc::new(paid);
        let label = stream::label(&state);
        let (handle, count) = (api.handle().clone(), paid.count());
        let piece = move |from: u64| {
            let lines = paid.lines(from, LINES_AT_ONCE).ok()?;
            let lens = Lens::new(&state).ok()?;
            let mut piece = Vec::new();
            for line in paid_lines::of_run(&lens, &set, (&paid.frozen(), &lines)) {
                stream::push_line(&mut piece, &line);
            }
            Some(piece)
        };
        let piece = Arc::new(piece);
        let next = move |from: u64| {
            let (handle, piece) = (handle.clone(), Arc::clone(&piece));
            async move {
                let made = handle.heavy(move || piece(from)).await?;
                let behind = from + LINES_AT_ONCE;
                Some((made, (behind < count).then_some(behind)))
            }
        };
        Ok(stream::pieces(label, next))
    }
}

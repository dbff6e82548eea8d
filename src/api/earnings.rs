//! From a question about plans to the period worked out that answers it.

use std::sync::Arc;

use crate::api::access::judge;
use crate::api::context::Api;
use crate::api::error;
use crate::api::problem::{Code, Problem, internal};
use crate::api::reading::Labelled;
use crate::api::route::{Answer, Call};
use crate::document::plan::set::parse;
use crate::document::problem;
use crate::engine::plans::PlanVersion;
use crate::engine::rules::Rules;
use crate::engine::runs::Run;
use crate::engine::state::State;
use crate::plan::set::PlanSet;
use crate::runtime::handle::Handle;
use crate::runtime::network_change::Unfit;
use crate::runtime::openings::Unworked;
use crate::runtime::paid::Unread;
use crate::runtime::present::Known;
use crate::view::commissions::CommissionsQuery;
use crate::view::era::{self, Asked};
use crate::view::error::ViewError;
use crate::view::lens::Lens;
use crate::view::order_commissions;
use crate::view::payout::{Payout, Unpaid, Worked};

/// The period that is asked for, worked out by the plan set that holds for it; the asker is judged at its state too.
///
/// # Errors
/// Unknown names, a period that cannot be read, no plan set, an amount beyond the range; and every refusal of access.
pub async fn payout(
    api: &Api,
    call: &Call,
    asked: &CommissionsQuery,
) -> Result<Arc<Payout>, Problem> {
    let (period_type, period) = (asked.period_type.as_deref(), asked.period.as_deref());
    let chosen = api.handle().read(|state| {
        let lens = Lens::new(state)?;
        let era = era::choose(&lens, period_type, period)?;
        Ok(Chosen::of(&lens, Asked::of(&era)))
    });
    worked_out(api, call, chosen).await
}

/// What is asked about the member in the path, from his own part of the book as things stand; none where only a sweep tells
/// it. What else the answer takes is swept.
///
/// # Errors
/// As [`payout`].
pub async fn present(
    api: &Api,
    call: &Call,
    asked: &CommissionsQuery,
    question: impl Fn(&Worked<'_>) -> Result<Answer, ViewError>,
) -> Result<Option<Labelled>, Problem> {
    let look = |whole: Option<&Payout>| {
        api.handle().read(|state| {
            // Whoever may not ask learns nothing of what there is.
            judge(state, call)?;
            let looked = at_present(api, (state, call), asked, whole, &question);
            looked.map_err(|refused| error::view(&refused))
        })
    };
    let mut looked = look(None)?;
    if let Looked::Needs(known) = looked {
        let set = Arc::clone(&known.set);
        let whole = api.handle().payout(known.of, set, 0).await;
        let whole: Arc<Payout> = whole.map_err(unworked)?;
        looked = look(Some(&whole))?;
    }
    Ok(match looked {
        Looked::At(labelled) => Some(labelled),
        Looked::Needs(_) | Looked::Swept => None,
    })
}

/// What came of looking at a member as things stand.
enum Looked {
    /// The answer.
    At(Labelled),
    /// It takes everybody worked out too.
    Needs(Known),
    /// Only a sweep tells.
    Swept,
}

fn at_present(
    api: &Api,
    (state, call): (&State, &Call),
    asked: &CommissionsQuery,
    whole: Option<&Payout>,
    question: impl Fn(&Worked<'_>) -> Result<Answer, ViewError>,
) -> Result<Looked, ViewError> {
    let lens = Lens::new(state)?;
    let (period_type, period) = (asked.period_type.as_deref(), asked.period.as_deref());
    let era = era::choose(&lens, period_type, period)?;
    let member = lens.member(call.path("id"), "member")?;
    let Some(known) = api.handle().known(state, Asked::of(&era)) else {
        return Ok(Looked::Swept);
    };
    // A period that was worked out may have rolled meanwhile.
    let whole =
        whole.filter(|whole| whole.asked == known.of && Arc::ptr_eq(&whole.set, &known.set));
    if whole.is_none() && known.needs_whole() {
        return Ok(Looked::Needs(known));
    }
    let looked = api
        .handle()
        .look((lens, era), &known, whole, member, question);
    looked.map_or(Ok(Looked::Swept), |answer| {
        Ok(Looked::At(Labelled::at(state, answer?)))
    })
}

/// As [`payout`], for the period that the order in the path entered.
///
/// # Errors
/// As [`payout`], and an unknown order.
pub async fn payout_of_order(
    api: &Api,
    call: &Call,
    period_type: Option<&str>,
) -> Result<Arc<Payout>, Problem> {
    let chosen = api.handle().read(|state| {
        let lens = Lens::new(state)?;
        let period = lens.period_type(period_type)?;
        let of = order_commissions::period_of(&lens, period, call.path("id"))?;
        era::at(&lens, of.period, of.ordinal)?;
        Ok(Chosen::of(&lens, of))
    });
    worked_out(api, call, chosen).await
}

/// A period with the plan set that holds for it, if one does, and the rules that was drafted under.
struct Chosen {
    of: Asked,
    label: String,
    plan: Option<(PlanVersion, Arc<Rules>)>,
}

impl Chosen {
    fn of(lens: &Lens<'_>, of: Asked) -> Chosen {
        let plan = lens.state.plan_of(of.period, of.ordinal);
        Chosen {
            of,
            label: lens.label(of.period, of.ordinal),
            plan: plan.map(|(version, rules)| (version.clone(), Arc::clone(rules))),
        }
    }
}

async fn worked_out(
    api: &Api,
    call: &Call,
    chosen: Result<Chosen, ViewError>,
) -> Result<Arc<Payout>, Problem> {
    let chosen = chosen.map_err(|refused| error::view(&refused))?;
    let plan = chosen.plan.ok_or_else(|| no_plan(&chosen.label))?;
    let (version, rules) = plan;
    let handle = api.handle().clone();
    let compiled = move || handle.plan_set(&version, &rules);
    let set = api.handle().heavy(compiled).await.map_err(|fault| {
        tracing::error!(%fault, "a plan set cannot be read");
        internal()
    })?;
    let seq = call.min_seq.unwrap_or(0);
    let payout = api.handle().payout(chosen.of, set, seq).await;
    let payout = payout.map_err(unworked)?;
    judge(&payout.state, call)?;
    Ok(payout)
}

/// A period worked out by a document that nobody need have activated; `document` is its text, and whether that is TOML.
///
/// # Errors
/// As [`payout`], and everything that is wrong with the document.
pub async fn simulated(
    api: &Api,
    call: &Call,
    asked: CommissionsQuery,
    document: (String, bool),
) -> Result<Arc<Payout>, Problem> {
    let seq = api.handle().read(|state| state.as_of_seq);
    let state = api.handle().fork(seq).await;
    judge(&state, call)?;
    let (text, lines) = document;
    let handle = api.handle().clone();
    let work = move || {
        let of = {
            let lens = Lens::new(&state)?;
            let (period_type, period) = (asked.period_type.as_deref(), asked.period.as_deref());
            let era = era::choose(&lens, period_type, period)?;
            Asked::of(&era)
        };
        let rules = state.rules.clone().ok_or(ViewError::NoNetwork)?;
        let set = parse(&text, &rules).map_err(Failed::Document)?;
        let payout = handle.worked(&state, Arc::new(set), of);
        Ok(Arc::new(payout.map_err(Failed::Unworked)?))
    };
    let worked: Result<_, Failed> = api.handle().heavy(work).await;
    worked.map_err(|failed| match failed {
        Failed::Document(found) => error::unfit(Unfit::Document(found), lines),
        Failed::Unworked(error) => unworked(error),
    })
}

/// Why a document was not worked out.
enum Failed {
    Document(Vec<problem::Problem>),
    Unworked(Unworked),
}

impl From<ViewError> for Failed {
    fn from(refused: ViewError) -> Failed {
        Failed::Unworked(Unpaid::View(refused).into())
    }
}

fn no_plan(period: &str) -> Problem {
    Problem::new(
        Code::NoPlan,
        format!(
            "No plan set holds for `{period}`: activate one by `POST /v1/plans/{{id}}/activate`."
        ),
    )
    .field("period")
    .given(period)
}

/// The problem of a period that is not worked out.
pub fn unworked(error: Unworked) -> Problem {
    match error {
        Unworked::Unpaid(refused) => unpaid(refused),
        Unworked::Plan(error) => {
            tracing::error!(%error, "a plan set cannot be read");
            internal()
        }
        Unworked::Run(fault) => unreadable(&fault.into()),
    }
}

/// The problem of a run whose file is missing or damaged. Where data lies is nothing for clients, but which file it is,
/// where in it and why, is.
pub fn unreadable(unread: &Unread) -> Problem {
    tracing::error!(fault = unread.whole, "the file of a run cannot be read");
    let why = &unread.short;
    Problem::new(
        Code::RunUnreadable,
        format!("What was paid cannot be read: {why}."),
    )
}

/// The run that paid the period asked for, with a state that knows it; none while it is not paid. The asker is judged at
/// that state too.
///
/// # Errors
/// Unknown names, and every refusal of access.
pub async fn paid(
    api: &Api,
    call: &Call,
    asked: &CommissionsQuery,
) -> Result<Option<(Arc<State>, Asked, Run)>, Problem> {
    let find = |state: &State| {
        let lens = Lens::new(state)?;
        let (period_type, period) = (asked.period_type.as_deref(), asked.period.as_deref());
        let (period, ordinal) = era::meant(&lens, period_type, period)?;
        let run = state.runs.of(period, ordinal).cloned();
        Ok(run.map(|run| (Asked { period, ordinal }, run)))
    };
    let found = api.handle().read(find);
    let Some((of, run)) = found.map_err(|refused: ViewError| error::view(&refused))? else {
        return Ok(None);
    };
    let state = api
        .handle()
        .fork(run.seq.max(call.min_seq.unwrap_or(0)))
        .await;
    judge(&state, call)?;
    Ok(Some((state, of, run)))
}

/// The plan set that paid a period. Reads the disk where it is not kept: for a thread of the pool.
///
/// # Errors
/// If its document cannot be read.
///
/// # Panics
/// If the period is not paid.
pub fn set_that_paid(handle: &Handle, state: &State, of: Asked) -> Result<Arc<PlanSet>, Problem> {
    let plan = state.plan_of(of.period, of.ordinal);
    let (version, rules) = plan.expect("a plan set is in force for what is paid");
    let set = handle.plan_set(version, rules);
    set.map_err(|error| unworked(error.into()))
}

fn unpaid(unpaid: Unpaid) -> Problem {
    match unpaid {
        Unpaid::View(refused) => error::view(&refused),
        Unpaid::Beyond { component, member } => Problem::new(
            Code::Overflow,
            format!("What `{member}` earns by `{component}` is beyond the range of amounts."),
        )
        .field("component")
        .given(component),
    }
}

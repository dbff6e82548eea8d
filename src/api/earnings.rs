//! From a question about plans to the period worked out that answers it.

use std::sync::Arc;

use crate::api::access::judge;
use crate::api::context::Api;
use crate::api::error;
use crate::api::problem::{Code, Problem, internal};
use crate::api::route::Call;
use crate::document::plan::set::parse;
use crate::document::problem;
use crate::engine::plans::PlanVersion;
use crate::engine::rules::Rules;
use crate::runtime::network_change::Unfit;
use crate::view::commissions::CommissionsQuery;
use crate::view::era;
use crate::view::error::ViewError;
use crate::view::lens::Lens;
use crate::view::order_commissions;
use crate::view::payout::{Asked, Payout, Unpaid};

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

/// The same for the period that the order in the path entered.
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
    let payout = payout.map_err(unpaid)?;
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
    let work = move || {
        let of = {
            let lens = Lens::new(&state)?;
            let (period_type, period) = (asked.period_type.as_deref(), asked.period.as_deref());
            let era = era::choose(&lens, period_type, period)?;
            Asked::of(&era)
        };
        let rules = state.rules.clone().ok_or(ViewError::NoNetwork)?;
        let set = parse(&text, &rules).map_err(Failed::Document)?;
        let payout =
            Payout::of(state, Arc::new(set), of, Arc::default()).map_err(Failed::Unpaid)?;
        Ok(Arc::new(payout))
    };
    let worked: Result<_, Failed> = api.handle().heavy(work).await;
    worked.map_err(|failed| match failed {
        Failed::Document(found) => error::unfit(Unfit::Document(found), lines),
        Failed::Unpaid(refused) => unpaid(refused),
    })
}

/// Why a document was not worked out.
enum Failed {
    Document(Vec<problem::Problem>),
    Unpaid(Unpaid),
}

impl From<ViewError> for Failed {
    fn from(refused: ViewError) -> Failed {
        Failed::Unpaid(Unpaid::View(refused))
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

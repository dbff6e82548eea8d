//! Runs: which closed periods were paid, wait to be, or could not be; and their lines.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::base::money::{RATE_ONE, Rate, minor_digits, minor_text};
use crate::base::time::Time;
use crate::engine::book::ClosedBook;
use crate::engine::runs::Run;
use crate::engine::state::State;
use crate::plan::run::Line;
use crate::view::era::Asked;
use crate::view::error::{ViewError, What};
use crate::view::lens::Lens;
use crate::view::money::Money;
use crate::view::network::hex;
use crate::view::query;

/// Which runs to list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct RunsQuery {
    /// Only this period type.
    pub period_type: Option<String>,
    /// Runs in all, 1 to 1,000; 100 by default: those of the periods closed last.
    pub limit: Option<u32>,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// The period is closed, and is paid in its turn.
    Due,
    /// It is paid; nothing changes it any more.
    Paid,
    /// It could not be paid. It is tried again when the period is told to close once more, and at the next start.
    Failed,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RunAnswer {
    /// The period's type and label, such as `month:2026-01`.
    pub id: String,
    /// Name of the period type.
    pub period_type: String,
    /// The period's label.
    pub period: String,
    /// Where it stands.
    pub state: RunState,
    /// Why it could not be paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Id of the plan set in force for the period.
    pub plan_set: String,
    /// Its version.
    pub version: u32,
    /// BLAKE3 of the run's file, in hexadecimal digits; none before it is paid.
    pub digest: Option<String>,
    /// Lines; none before it is paid.
    pub lines: Option<u64>,
    /// Members with a line; none before it is paid.
    pub payees: Option<u64>,
    /// The lines' amounts added up, by currency.
    pub totals: Vec<Money>,
    /// When the period was closed.
    pub closed: Time,
    /// Number of the command that closed it, or whose time did.
    pub closed_seq: u64,
    /// When it was paid.
    pub posted: Option<Time>,
    /// Number of the command that says so.
    pub posted_seq: Option<u64>,
}

/// Runs, the period closed last first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RunsAnswer {
    /// The runs.
    pub runs: Vec<RunAnswer>,
}

/// Reasons why periods could not be paid.
pub type Failures = BTreeMap<Asked, String>;

/// The runs of periods closed last.
///
/// # Errors
/// No network yet, an unknown type, or a limit out of range.
///
/// # Cost
/// O(runs).
pub fn list(
    state: &State,
    asked: &RunsQuery,
    failures: &Failures,
) -> Result<RunsAnswer, ViewError> {
    let lens = Lens::new(state)?;
    let limit = query::limit(asked.limit)?;
    let only = match &asked.period_type {
        None => None,
        Some(name) => Some(lens.period_type(Some(name))?),
    };
    let due = due(&lens).map(|(asked, book)| ((book.closed, asked.period), asked));
    let paid = state
        .runs
        .iter()
        .map(|run| ((run.closed, run.period_type), Asked::paid_by(run)));
    let all = due.chain(paid);
    let mut all: Vec<_> = all
        .filter(|(_, asked)| only.is_none_or(|only| only == asked.period))
        .collect();
    all.sort_unstable_by(|(one, of), (other, than)| (other, than.ordinal).cmp(&(one, of.ordinal)));
    let shown = all.into_iter().take(limit);
    let runs = shown.filter_map(|(_, asked)| one(&lens, asked, failures));
    Ok(RunsAnswer {
        runs: runs.collect(),
    })
}

/// Books that wait to be paid.
fn due<'a>(lens: &Lens<'a>) -> impl Iterator<Item = (Asked, &'a ClosedBook)> + use<'a> {
    let types = lens.state.periods.iter().enumerate();
    types.flat_map(|(period, of)| {
        of.due().map(move |book| {
            let ordinal = book.ordinal;
            (Asked { period, ordinal }, &**book)
        })
    })
}

/// The period of a run's id: `month:2026-01`, or only the label where there is one type.
///
/// # Errors
/// If there is no such period, or it has no run.
pub fn find(lens: &Lens<'_>, id: &str) -> Result<Asked, ViewError> {
    let unknown = || ViewError::Unknown {
        what: What::Run,
        field: "run",
        given: id.to_owned(),
        allowed: Vec::new(),
    };
    let (name, label) = match id.split_once(':') {
        Some((name, label)) => (Some(name), label),
        None if lens.rules.period_types.len() == 1 => (None, id),
        None => return Err(unknown()),
    };
    let period = match name {
        Some(name) => lens.period_type(Some(name)).map_err(|_| unknown())?,
        None => 0,
    };
    let ordinal = lens.periods(period).find(label).ok_or_else(unknown)?;
    let asked = Asked { period, ordinal };
    if lens.state.runs.of(period, ordinal).is_some() || is_due(lens, asked) {
        Ok(asked)
    } else {
        Err(unknown())
    }
}

fn is_due(lens: &Lens<'_>, asked: Asked) -> bool {
    due(lens).any(|(of, _)| of == asked)
}

/// The run of a period; none if it is neither paid nor due.
#[must_use]
pub fn one(lens: &Lens<'_>, asked: Asked, failures: &Failures) -> Option<RunAnswer> {
    if let Some(run) = lens.state.runs.of(asked.period, asked.ordinal) {
        return Some(paid(lens, asked, run));
    }
    let (_, book) = due(lens).find(|(of, _)| *of == asked)?;
    let (version, _) = lens.state.plan_of(asked.period, asked.ordinal)?;
    let reason = failures.get(&asked).cloned();
    Some(RunAnswer {
        id: id(lens, asked),
        period_type: lens.period_type_name(asked.period),
        period: lens.label(asked.period, asked.ordinal),
        state: match reason {
            None => RunState::Due,
            Some(_) => RunState::Failed,
        },
        reason,
        plan_set: version.set.to_string(),
        version: version.version,
        digest: None,
        lines: None,
        payees: None,
        totals: Vec::new(),
        closed: book.closed,
        closed_seq: book.seq,
        posted: None,
        posted_seq: None,
    })
}

fn paid(lens: &Lens<'_>, asked: Asked, run: &Run) -> RunAnswer {
    let totals = run.totals.iter();
    RunAnswer {
        id: id(lens, asked),
        period_type: lens.period_type_name(asked.period),
        period: lens.label(asked.period, asked.ordinal),
        state: RunState::Paid,
        reason: None,
        plan_set: run.set.to_string(),
        version: run.version,
        digest: Some(hex(&run.digest)),
        lines: Some(run.lines),
        payees: Some(run.payees),
        totals: totals
            .map(|(currency, minor)| Money::of(*minor, currency))
            .collect(),
        closed: run.closed,
        closed_seq: run.closed_seq,
        posted: Some(run.posted),
        posted_seq: Some(run.seq),
    }
}

/// The id of a run: its period's type and label.
#[must_use]
pub fn id(lens: &Lens<'_>, asked: Asked) -> String {
    let label = lens.label(asked.period, asked.ordinal);
    format!("{}:{label}", lens.period_type_name(asked.period))
}

/// What the lines of a run share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frozen {
    /// ISO 4217 codes of its currencies: the plan set's own first.
    pub currencies: Vec<String>,
    /// Components by index, with the company's factor on each.
    pub components: Vec<(String, Rate)>,
    /// Components of earlier periods of which something is taken back, each with its period's label.
    pub sources: Vec<(String, String)>,
}

/// What a line of a run is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineOf<'f> {
    /// Name of the component.
    pub component: &'f str,
    /// The company's factor on it.
    pub factor: Rate,
    /// Label of the earlier period of which it takes something back; none of one that pays.
    pub clawback_of: Option<&'f str>,
}

impl Frozen {
    /// What a line is of, by its component's index.
    #[must_use]
    pub fn line_of(&self, index: usize) -> LineOf<'_> {
        let (component, factor, clawback_of) = match self.components.get(index) {
            Some((name, factor)) => (name.as_str(), *factor, None),
            None => {
                let source = self.sources.get(index - self.components.len());
                let source = source.map(|(name, period)| (name.as_str(), period.as_str()));
                let (name, period) = source.unzip();
                (name.unwrap_or_default(), Rate(RATE_ONE), period)
            }
        };
        LineOf {
            component,
            factor,
            clawback_of,
        }
    }

    /// A currency by its index.
    #[must_use]
    pub fn currency(&self, index: u8) -> &str {
        self.currencies
            .get(usize::from(index))
            .map_or("", String::as_str)
    }
}

/// Which lines of a run.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct RunLinesQuery {
    /// Only this member's.
    pub member: Option<String>,
    /// Lines on a page, 1 to 1,000; 100 by default.
    pub limit: Option<u32>,
    /// Where to go on: the `next` of the page before.
    pub cursor: Option<String>,
}

/// One line of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunLine {
    /// The member's id.
    pub member: String,
    /// Name of the component.
    pub component: String,
    /// Label of the earlier period of which it takes something back, because orders of it were refunded; none of one that
    /// pays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clawback_of: Option<String>,
    /// What counts: after the company's factor, rounded once to the currency's minor unit.
    pub amount: String,
    /// ISO 4217.
    pub currency: String,
    /// The amount as the component pays it: at most six places.
    pub exact: String,
    /// The same after the company's factor, rounded down to six places; none where there was no factor.
    pub after_factor: Option<String>,
}

/// A page of a run's lines, by member in the order of enrolment, then by component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RunLines {
    /// The run's id.
    pub run: String,
    /// The lines.
    pub lines: Vec<RunLine>,
    /// Where the next page begins; none behind the last line.
    pub next: Option<String>,
}

/// A line in the words of answers.
#[must_use]
pub fn line(lens: &Lens<'_>, frozen: &Frozen, line: &Line) -> RunLine {
    let LineOf {
        component,
        factor,
        clawback_of,
    } = frozen.line_of(line.component);
    let currency = frozen.currency(line.currency);
    RunLine {
        member: lens.id(line.member),
        component: component.to_owned(),
        clawback_of: clawback_of.map(str::to_owned),
        amount: minor_text(line.minor, minor_digits(currency)),
        currency: currency.to_owned(),
        exact: line.exact.to_string(),
        after_factor: (factor.0 < RATE_ONE).then(|| line.after.to_string()),
    }
}

/// Heads of the rows that a run is exported as.
pub const HEADS: [&str; 7] = [
    "member",
    "component",
    "amount",
    "currency",
    "exact",
    "after_factor",
    "clawback_of",
];

impl RunLine {
    /// The cells of a row, under [`HEADS`].
    #[must_use]
    pub fn row(&self) -> [&str; HEADS.len()] {
        let after = self.after_factor.as_deref().unwrap_or_default();
        let clawback_of = self.clawback_of.as_deref().unwrap_or_default();
        [
            &self.member,
            &self.component,
            &self.amount,
            &self.currency,
            &self.exact,
            after,
            clawback_of,
        ]
    }
}

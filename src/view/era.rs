//! Which period a question means, and the book that still holds its figures.

use serde::Serialize;
use utoipa::ToSchema;

use crate::base::ids::Seat;
use crate::book::forest::Forest;
use crate::engine::members::Members;
use crate::engine::periods::{PeriodState as PeriodStanding, Stage};
use crate::engine::rules::Rules;
use crate::engine::runs::Run;
use crate::engine::state::State;
use crate::view::error::{ViewError, What};
use crate::view::lens::Lens;

/// Where a period stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PeriodState {
    /// Its start lies ahead.
    Ahead,
    /// It runs.
    Current,
    /// It is over and late orders still reach it.
    Rolled,
    /// Frozen, and still readable.
    Closed,
    /// Frozen, and paid by its run.
    Paid,
    /// Frozen and no longer readable here, or before the network's time.
    Gone,
}

impl PeriodState {
    /// The engine's stage in the words of answers.
    #[must_use]
    pub fn of(stage: Stage) -> PeriodState {
        match stage {
            Stage::Ahead => PeriodState::Ahead,
            Stage::Open => PeriodState::Current,
            Stage::Rolled => PeriodState::Rolled,
            Stage::Closed => PeriodState::Closed,
            Stage::Gone => PeriodState::Gone,
        }
    }

    /// Where a period stands. O(log runs).
    #[must_use]
    pub fn at(state: &State, period: usize, ordinal: u32) -> PeriodState {
        match state.runs.of(period, ordinal) {
            Some(_) => PeriodState::Paid,
            None => PeriodState::of(state.periods.get(period).stage(ordinal)),
        }
    }
}

/// A period with its book.
#[derive(Clone, Copy)]
pub struct Era<'a> {
    /// Index of the period type.
    pub period: usize,
    /// Number of the period in its type's calendar.
    pub ordinal: u32,
    /// Current, rolled or closed.
    pub state: PeriodState,
    /// The forest that holds its figures.
    pub forest: &'a Forest,
    /// The rules they are kept by: of a book that rolled, those of that time.
    pub rules: &'a Rules,
    /// Who its members are: of a closed book as they were at its close, otherwise as they are.
    pub members: &'a Members,
}

impl Era<'_> {
    /// Whether the book knows a seat: it may be younger, or its whole tree.
    #[must_use]
    pub fn holds(&self, tree: usize, seat: Seat) -> bool {
        tree < self.rules.trees.len() && seat < self.forest.seats(tree)
    }

    /// A volume of a seat, such as [`Forest::own`]; zero where the seat or the kind is younger than the book.
    #[must_use]
    pub fn figure(
        &self,
        (tree, seat): (usize, Seat),
        kind: usize,
        read: fn(&Forest, usize, Seat, usize, usize) -> i64,
    ) -> i64 {
        if self.holds(tree, seat) && kind < self.rules.kinds.len() {
            read(self.forest, tree, seat, self.period, kind)
        } else {
            0
        }
    }
}

/// The period of a question about plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    /// Index of the period type.
    pub period: usize,
    /// Which period of it.
    pub ordinal: u32,
}

impl Asked {
    /// The period that a run paid.
    #[must_use]
    pub fn paid_by(run: &Run) -> Asked {
        Asked {
            period: run.period_type,
            ordinal: run.ordinal,
        }
    }

    /// The period of a book.
    #[must_use]
    pub fn of(era: &Era<'_>) -> Asked {
        Asked {
            period: era.period,
            ordinal: era.ordinal,
        }
    }

    /// The period before it, if the calendar has one.
    #[must_use]
    pub fn before(self) -> Option<Asked> {
        let ordinal = self.ordinal.checked_sub(1)?;
        Some(Asked { ordinal, ..self })
    }
}

/// The period meant by a type's name and a label, `current` or `closed`; the current one by default.
///
/// # Errors
/// Unknown names, a period ahead, or [`ViewError::Gone`] for one no longer readable.
///
/// # Cost
/// O(periods).
pub fn choose<'a>(
    lens: &Lens<'a>,
    period_type: Option<&str>,
    label: Option<&str>,
) -> Result<Era<'a>, ViewError> {
    let (period, ordinal) = meant(lens, period_type, label)?;
    let asked = label.unwrap_or("current");
    at(lens, period, ordinal).map_err(|error| match error {
        ViewError::Gone { field, oldest, .. } => ViewError::Gone {
            field,
            given: asked.to_owned(),
            oldest,
        },
        _ => unknown(lens.periods(period), asked),
    })
}

/// The same by its place in the calendar, whether it can be read or not.
///
/// # Errors
/// Unknown names.
///
/// # Cost
/// O(periods).
pub fn meant(
    lens: &Lens<'_>,
    period_type: Option<&str>,
    label: Option<&str>,
) -> Result<(usize, u32), ViewError> {
    let period = lens.period_type(period_type)?;
    let periods = lens.periods(period);
    let asked = label.unwrap_or("current");
    let ordinal = match asked {
        "current" => Some(periods.current()),
        "closed" => periods.closed().map(|book| book.ordinal),
        _ => periods.find(asked),
    };
    let ordinal = ordinal.ok_or_else(|| unknown(periods, asked))?;
    Ok((period, ordinal))
}

fn unknown(periods: &PeriodStanding, asked: &str) -> ViewError {
    ViewError::Unknown {
        what: What::Period,
        field: "period",
        given: asked.to_owned(),
        allowed: readable(periods),
    }
}

/// A period by its place in the calendar.
///
/// # Errors
/// A period ahead, or [`ViewError::Gone`] for one no longer readable.
///
/// # Cost
/// O(1).
pub fn at<'a>(lens: &Lens<'a>, period: usize, ordinal: u32) -> Result<Era<'a>, ViewError> {
    let periods = lens.periods(period);
    let state = PeriodState::at(lens.state, period, ordinal);
    let (branch, closed) = (periods.branch.as_ref(), periods.book(ordinal));
    let told = lens.told();
    let given = || lens.label(period, ordinal);
    let book = match state {
        PeriodState::Current => Some((lens.forest(), lens.rules, told)),
        PeriodState::Rolled => branch.map(|book| (&book.forest, &*book.rules, told)),
        PeriodState::Closed | PeriodState::Paid => {
            closed.map(|book| (&book.forest, &*book.rules, &book.members))
        }
        PeriodState::Ahead => {
            return Err(ViewError::Unknown {
                what: What::Period,
                field: "period",
                given: given(),
                allowed: readable(periods),
            });
        }
        PeriodState::Gone => None,
    };
    let (forest, rules, members) = book.ok_or_else(|| ViewError::Gone {
        field: "period",
        given: given(),
        oldest: readable(periods).swap_remove(0),
    })?;
    Ok(Era {
        period,
        ordinal,
        state,
        forest,
        rules,
        members,
    })
}

/// Labels of the periods that can be read, the oldest first; the current one is always among them.
fn readable(periods: &PeriodStanding) -> Vec<String> {
    let mut held: Vec<u32> = periods.books().iter().map(|book| book.ordinal).collect();
    held.extend(periods.branch.as_ref().map(|branch| branch.ordinal));
    held.push(periods.current());
    held.into_iter()
        .map(|ordinal| periods.label(ordinal).to_string())
        .collect()
}

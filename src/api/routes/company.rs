//! Reads about the whole company: totals, periods, the log as events, health in one page.

use crate::api::principal::{ALL, READERS};
use crate::api::route::{Access, Answer, Ask, Failed, Reach, Route, Run, Shapes};
use crate::api::shapes::{ChangesQuery, StatusAnswer};
use crate::api::stream;
use crate::view::{changes, company, periods};

const STAFF: Access = Access::Needs {
    roles: READERS,
    reach: Reach::Company,
};
const ANY: Access = Access::Needs {
    roles: ALL,
    reach: Reach::Nothing,
};

/// The rows.
pub const ROWS: &[Route] = &[
    Route {
        method: "GET",
        path: "/v1/company",
        access: STAFF,
        cost: "O(members), on a fork",
        sentence: "The company in numbers: members, orders, volumes, trees.",
        run: Run::Read(company),
        shapes: Shapes::asked::<company::CompanyQuery, company::Company>(),
    },
    Route {
        method: "GET",
        path: "/v1/periods",
        access: ANY,
        cost: "O(periods shown)",
        sentence: "Periods of each type, and where each stands.",
        run: Run::Read(periods),
        shapes: Shapes::asked::<periods::PeriodsQuery, periods::Periods>(),
    },
    Route {
        method: "GET",
        path: "/v1/changes",
        access: STAFF,
        cost: "O(events told)",
        sentence: "Accepted events after a number, in order, as lines of JSON; a last line with a `code` tells why they break off.",
        run: Run::Task(stream::changes),
        shapes: Shapes::asked::<ChangesQuery, changes::Event>(),
    },
    Route {
        method: "GET",
        path: "/v1/status",
        access: STAFF,
        cost: "O(1)",
        sentence: "Health in one page: sequences, queue, disk, machine time.",
        run: Run::Read(status),
        shapes: Shapes::answer::<StatusAnswer>(),
    },
];

fn company(ask: &mut Ask<'_>) -> Result<Answer, Failed> {
    let asked: company::CompanyQuery = ask.query()?;
    Ok(Answer::of(company::overview(
        ask.state,
        &asked,
        &mut ask.budget,
    )?))
}

fn periods(ask: &mut Ask<'_>) -> Result<Answer, Failed> {
    let asked: periods::PeriodsQuery = ask.query()?;
    Ok(Answer::of(periods::list(ask.state, &asked)?))
}

fn status(ask: &mut Ask<'_>) -> Result<Answer, Failed> {
    Ok(Answer::of(StatusAnswer::of(&ask.api.handle().health())))
}

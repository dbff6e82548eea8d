//! Placing and moving, and reads about one tree.

use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::api::access::{judge, may_see, no_member};
use crate::api::error::Origin;
use crate::api::facts::{self, FactReceipt};
use crate::api::parse::event::Flat;
use crate::api::parse::json::Json;
use crate::api::parse::names::Names;
use crate::api::parse::tree::{MOVED, PLACED, policy};
use crate::api::principal::{ALL, FACTS, READERS};
use crate::api::problem::{Code, Problem, internal};
use crate::api::reading::Labelled;
use crate::api::route::{
    Access, Answer, Ask, Failed, Reach, Route, Run, Running, Shapes, Task, shape,
};
use crate::api::shapes::{MoveBody, PlacementBody};
use crate::engine::command::Verb;
use crate::view::budget::Budget;
use crate::view::{move_preview, open_position, relation, tank};

const WRITE: Access = Access::Needs {
    roles: FACTS,
    reach: Reach::Company,
};
const STAFF: Access = Access::Needs {
    roles: READERS,
    reach: Reach::Company,
};

/// The rows.
pub const ROWS: &[Route] = &[
    Route {
        method: "POST",
        path: "/v1/trees/{tree}/placements",
        access: WRITE,
        cost: "O(hops), or as the policy's",
        sentence: "Give a waiting member his place, or a member one more centre.",
        run: Run::Fact {
            event: &PLACED,
            path: &[("tree", "tree")],
        },
        shapes: Shapes::told::<PlacementBody, FactReceipt>(),
    },
    Route {
        method: "POST",
        path: "/v1/trees/{tree}/moves",
        access: WRITE,
        cost: "O(hops) and the cut of at most one chain",
        sentence: "Move a member with all below him; `dry_run=true` tells whose figures would change and by how much.",
        run: Run::Task(moved),
        shapes: Shapes {
            query: Some(crate::api::route::query_of::<MoveQuery>),
            body: Some(shape::<MoveBody>()),
            answer: Some(shape::<FactReceipt>()),
            ..Shapes::NONE
        },
    },
    Route {
        method: "GET",
        path: "/v1/trees/{tree}/open-position",
        access: STAFF,
        cost: "as the policy's: O(hops) or O(log n)",
        sentence: "Where the next newcomer of a member would stand, by the tree's policy or another.",
        run: Run::Read(open_position),
        shapes: Shapes::asked::<OpenPositionQuery, open_position::OpenPosition>(),
    },
    Route {
        method: "GET",
        path: "/v1/trees/{tree}/holding-tank",
        access: STAFF,
        cost: "O(rows)",
        sentence: "Who waits for a place, longest first.",
        run: Run::Read(holding_tank),
        shapes: Shapes::asked::<tank::TankQuery, tank::TankPage>(),
    },
    Route {
        method: "GET",
        path: "/v1/trees/{tree}/relation",
        access: Access::Needs {
            roles: ALL,
            reach: Reach::Each,
        },
        cost: "O(hops)",
        sentence: "Whether one of two members stands above the other, their distance and nearest common ancestor.",
        run: Run::Read(relation),
        shapes: Shapes::asked::<relation::RelationQuery, relation::Relation>(),
    },
];

/// How a move is told.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct MoveQuery {
    /// Only say what would change.
    dry_run: Option<bool>,
    /// With `dry_run`: positions listed of each line, 1 to 1,000; 100 by default.
    limit: Option<u32>,
}

/// Whose next place.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct OpenPositionQuery {
    /// The member who would enrol the newcomer.
    under: String,
    /// Name of a policy instead of the tree's own.
    policy: Option<String>,
}

fn moved(task: Task) -> Running {
    Box::pin(async move {
        let Task {
            api, call, body, ..
        } = task;
        let asked: MoveQuery = call.query.typed()?;
        let names = api.handle().read(|state| Names::of(state.rules.as_deref()));
        let tree = call.path("tree").to_owned();
        names.known_tree(&tree)?;
        let fields = [("tree", tree.as_str())];
        let question = asked.dry_run.unwrap_or(false);
        let known = Flat {
            question,
            ..facts::known(&call, &MOVED, &fields)
        };
        let command = facts::read(&call, body, &names, &known).await?;
        if !question {
            return facts::respond(&api, command, Origin::default()).await;
        }
        let Verb::Move(asked_move) = command.verb else {
            return Err(internal());
        };
        let limit = asked.limit;
        let present = api.handle().read(|state| -> Result<Labelled, Failed> {
            judge(state, &call)?;
            let preview = move_preview::preview(state, &asked_move, limit, &mut Budget::point())?;
            Ok(Labelled::at(state, Answer::of(preview)))
        });
        answered(present, &call.headers)
    })
}

fn answered(
    present: Result<Labelled, Failed>,
    headers: &axum::http::HeaderMap,
) -> Result<Response, Problem> {
    match present {
        Ok(labelled) => Ok(labelled.respond(headers)),
        Err(Failed::Problem(problem)) => Err(*problem),
        Err(Failed::TooLarge) => Err(Problem::new(
            Code::OutOfRange,
            "Ask for fewer positions with `limit`.",
        )
        .field("limit")),
    }
}

fn open_position(ask: &mut Ask<'_>) -> Result<Answer, Failed> {
    let asked: OpenPositionQuery = ask.query()?;
    let policy = match asked.policy {
        None => None,
        Some(name) => {
            let names = Names::of(ask.state.rules.as_deref());
            Some(policy(&Json::Text(name.into()), "policy", &names)?)
        }
    };
    Ok(Answer::of(open_position::find(
        ask.state,
        ask.call.path("tree"),
        &asked.under,
        policy,
    )?))
}

fn holding_tank(ask: &mut Ask<'_>) -> Result<Answer, Failed> {
    let mut asked: tank::TankQuery = ask.query()?;
    ask.open(&mut asked.cursor)?;
    let mut page = tank::page(ask.state, ask.call.path("tree"), &asked, &mut ask.budget)?;
    ask.seal(&mut page.next);
    Ok(Answer::of(page))
}

fn relation(ask: &mut Ask<'_>) -> Result<Answer, Failed> {
    let asked: relation::RelationQuery = ask.query()?;
    let (state, principal) = (ask.state, ask.principal);
    let names = Names::of(state.rules.as_deref());
    names.known_tree(ask.call.path("tree"))?;
    let tree = names.tree(ask.call.path("tree"), "tree")?;
    for (id, centre) in [(&asked.a, asked.a_centre), (&asked.b, asked.b_centre)] {
        if !may_see(state, principal, id, tree, centre.unwrap_or(1)) {
            return Err(no_member(id).into());
        }
    }
    let mut relation = relation::between(state, ask.call.path("tree"), &asked)?;
    let outside = |place: &crate::view::shape::Place| {
        !may_see(state, principal, &place.member, tree, place.centre)
    };
    if relation.nearest_common.as_ref().is_some_and(outside) {
        // Two of the asker's own centres may meet above him: that is not his to know.
        relation.nearest_common = None;
        relation.distance = None;
        relation.a_levels = None;
        relation.b_levels = None;
    }
    Ok(Answer::of(relation))
}

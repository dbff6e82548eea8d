//! Reads about members.

use serde::Deserialize;
use utoipa::IntoParams;

use crate::api::access::may_see;
use crate::api::parse::fields::{Fields, centre, one_of, text_at};
use crate::api::parse::json::{self, Json};
use crate::api::principal::{ALL, Principal, READERS};
use crate::api::problem::Problem;
use crate::api::route::{Access, Answer, Ask, Failed, Reach, Route, Run, Shapes};
use crate::api::stream;
use crate::base::ids::ENROLLER_TREE;
use crate::engine::state::State;
use crate::view::batch_get::{BatchGetQuery, FIGURES, MEMBERS_MAX};
use crate::view::shape::Place;
use crate::view::{
    batch_get, downline, frontline, legs, levels, member, members, order, tree_view, upline,
    volumes,
};

/// Any role, members within their own downline.
const OWN: Access = Access::Needs {
    roles: ALL,
    reach: Reach::Downline,
};
/// Any role; the handler looks at each member it shows.
const EACH: Access = Access::Needs {
    roles: ALL,
    reach: Reach::Each,
};

/// The rows.
pub const ROWS: &[Route] = &[
    Route {
        method: "GET",
        path: "/v1/members",
        access: EACH,
        cost: "a step a member looked at; a page ends early",
        sentence: "Search: by the beginning of the id, kind, status, activity, country, tag, least volumes.",
        run: Run::Read(list),
        shapes: Shapes::asked::<members::MembersQuery, members::MembersPage>(),
    },
    Route {
        method: "GET",
        path: "/v1/members/{id}",
        access: OWN,
        cost: "O(places)",
        sentence: "One member: profile, places, key figures.",
        run: Run::Read(profile),
        shapes: Shapes::asked::<ProfileQuery, member::MemberProfile>(),
    },
    Route {
        method: "GET",
        path: "/v1/members/{id}/upline",
        access: OWN,
        cost: "O(rows)",
        sentence: "Who stands above, nearest first; `compressed` leaves out the inactive.",
        run: Run::Read(upline),
        shapes: Shapes::asked::<upline::UplineQuery, upline::UplinePage>(),
    },
    Route {
        method: "GET",
        path: "/v1/members/{id}/downline",
        access: OWN,
        cost: "O(rows looked at); whole or by volume O(downline) on a fork",
        sentence: "Who stands below: filtered, sorted, in pages; all of it as lines with `Accept: application/x-ndjson`.",
        run: Run::Task(stream::downline),
        shapes: Shapes {
            as_of: true,
            ..Shapes::asked::<downline::DownlineQuery, downline::DownlinePage>()
        },
    },
    Route {
        method: "GET",
        path: "/v1/members/{id}/frontline",
        access: OWN,
        cost: "O(rows)",
        sentence: "The children, each with the totals of its leg.",
        run: Run::Read(frontline),
        shapes: Shapes::asked::<frontline::FrontlineQuery, frontline::FrontlinePage>(),
    },
    Route {
        method: "GET",
        path: "/v1/members/{id}/legs",
        access: OWN,
        cost: "O(legs)",
        sentence: "The legs with their totals and, where they are numbered, the bottom of each.",
        run: Run::Read(legs),
        shapes: Shapes::asked::<legs::LegsQuery, legs::Legs>(),
    },
    Route {
        method: "GET",
        path: "/v1/members/{id}/levels",
        access: OWN,
        cost: "O(members on the levels shown)",
        sentence: "Count and volume of each level below.",
        run: Run::Read(levels),
        shapes: Shapes::asked::<levels::LevelsQuery, levels::Levels>(),
    },
    Route {
        method: "GET",
        path: "/v1/members/{id}/tree-view",
        access: OWN,
        cost: "O(positions drawn)",
        sentence: "A piece of the tree shaped for drawing, with counts of what is not shown.",
        run: Run::Read(tree_view),
        shapes: Shapes::asked::<tree_view::TreeViewQuery, tree_view::TreeView>(),
    },
    Route {
        method: "GET",
        path: "/v1/members/{id}/volumes",
        access: OWN,
        cost: "O(places and legs shown)",
        sentence: "Volumes by kind at each place, with those of the legs, in one period.",
        run: Run::Read(volumes),
        shapes: Shapes::asked::<volumes::VolumesQuery, volumes::MemberVolumes>(),
    },
    Route {
        method: "POST",
        path: "/v1/batch-get",
        access: EACH,
        cost: "O(members x figures)",
        sentence: "Chosen figures of up to 1,000 members in one call.",
        run: Run::Read(batch_get),
        shapes: Shapes::told::<BatchGetQuery, batch_get::BatchRows>(),
    },
    Route {
        method: "GET",
        path: "/v1/orders/{id}",
        access: Access::Needs {
            roles: READERS,
            reach: Reach::Company,
        },
        cost: "O(lines and refunds)",
        sentence: "One order with what was taken back of it.",
        run: Run::Read(order),
        shapes: Shapes::answer::<order::OrderAnswer>(),
    },
];

/// Which tree the asker's reach is judged in, and the figures' period type.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ProfileQuery {
    /// Name of the tree in which a member's token must stand above; the enroller tree by default.
    pub tree: Option<String>,
    /// Which of the member's places there, 1 by default.
    pub centre: Option<u16>,
    /// Name of the period type of the figures; the activity rule's by default.
    pub period_type: Option<String>,
}

/// Index of a tree by the name an answer gives it.
fn tree_of(state: &State, name: &str) -> usize {
    let rules = state
        .rules
        .as_ref()
        .expect("an answer was made, so there are rules");
    rules
        .trees
        .iter()
        .position(|tree| tree.name == name)
        .expect("an answer names a tree of the rules")
}

/// Takes away a place that the asker may not see.
fn hide(state: &State, principal: &Principal, tree: usize, place: &mut Option<Place>) {
    if let Some(shown) = place
        && !may_see(state, principal, &shown.member, tree, shown.centre)
    {
        *place = None;
    }
}

/// Takes away a member that the asker may not see in the enroller tree.
fn hide_member(state: &State, principal: &Principal, shown: &mut Option<String>) {
    if let Some(id) = shown
        && !may_see(state, principal, id, ENROLLER_TREE, 1)
    {
        *shown = None;
    }
}

fn list(ask: &mut Ask<'_>) -> Result<Answer, Failed> {
    let mut asked: members::MembersQuery = ask.query()?;
    ask.open(&mut asked.cursor)?;
    let viewer = ask
        .principal
        .member
        .map(|member| ask.state.members.id(member));
    let mut page = members::list(ask.state, &asked, viewer.as_deref(), &mut ask.budget)?;
    // The figures are of one tree, so a row is shown only where its place there may be seen.
    let tree = asked
        .tree
        .as_deref()
        .map_or(ENROLLER_TREE, |name| tree_of(ask.state, name));
    page.rows
        .retain(|row| may_see(ask.state, ask.principal, &row.member, tree, 1));
    for row in &mut page.rows {
        hide_member(ask.state, ask.principal, &mut row.enroller);
    }
    ask.seal(&mut page.next);
    Ok(Answer::of(page))
}

fn profile(ask: &mut Ask<'_>) -> Result<Answer, Failed> {
    let asked: ProfileQuery = ask.query()?;
    let mut profile =
        member::profile(ask.state, ask.call.path("id"), asked.period_type.as_deref())?;
    let (state, principal) = (ask.state, ask.principal);
    hide_member(state, principal, &mut profile.enroller);
    hide_member(state, principal, &mut profile.enrolled_by);
    // What hangs below a place is the asker's to see only where the place itself is.
    profile.places.retain(|place| {
        may_see(
            state,
            principal,
            &profile.member,
            tree_of(state, &place.tree),
            place.centre,
        )
    });
    for place in &mut profile.places {
        let tree = tree_of(state, &place.tree);
        hide(state, principal, tree, &mut place.parent);
    }
    Ok(Answer::of(profile))
}

fn upline(ask: &mut Ask<'_>) -> Result<Answer, Failed> {
    let mut asked: upline::UplineQuery = ask.query()?;
    ask.open(&mut asked.cursor)?;
    let mut page = upline::page(ask.state, ask.call.path("id"), &asked, &mut ask.budget)?;
    let (state, principal) = (ask.state, ask.principal);
    let tree = tree_of(state, &page.tree);
    let seen = page
        .rows
        .iter()
        .take_while(|row| may_see(state, principal, &row.member, tree, row.centre))
        .count();
    if seen < page.rows.len() {
        page.rows.truncate(seen);
        page.next = None;
    }
    for row in &mut page.rows {
        hide(state, principal, tree, &mut row.parent);
    }
    ask.seal(&mut page.next);
    Ok(Answer::of(page))
}

fn frontline(ask: &mut Ask<'_>) -> Result<Answer, Failed> {
    let mut asked: frontline::FrontlineQuery = ask.query()?;
    ask.open(&mut asked.cursor)?;
    let mut page = frontline::page(ask.state, ask.call.path("id"), &asked)?;
    ask.seal(&mut page.next);
    Ok(Answer::of(page))
}

fn legs(ask: &mut Ask<'_>) -> Result<Answer, Failed> {
    let mut asked: legs::LegsQuery = ask.query()?;
    ask.open(&mut asked.cursor)?;
    let mut legs = legs::of(ask.state, ask.call.path("id"), &asked)?;
    ask.seal(&mut legs.next);
    Ok(Answer::of(legs))
}

fn levels(ask: &mut Ask<'_>) -> Result<Answer, Failed> {
    let asked: levels::LevelsQuery = ask.query()?;
    Ok(Answer::of(levels::of(
        ask.state,
        ask.call.path("id"),
        &asked,
        &mut ask.budget,
    )?))
}

fn tree_view(ask: &mut Ask<'_>) -> Result<Answer, Failed> {
    let asked: tree_view::TreeViewQuery = ask.query()?;
    let mut drawn = tree_view::draw(ask.state, ask.call.path("id"), &asked, &mut ask.budget)?;
    let tree = tree_of(ask.state, &drawn.tree);
    hide(ask.state, ask.principal, tree, &mut drawn.top.row.parent);
    Ok(Answer::of(drawn))
}

fn volumes(ask: &mut Ask<'_>) -> Result<Answer, Failed> {
    let asked: volumes::VolumesQuery = ask.query()?;
    let mut volumes = volumes::of(ask.state, ask.call.path("id"), &asked)?;
    let (state, principal) = (ask.state, ask.principal);
    volumes.places.retain(|place| {
        may_see(
            state,
            principal,
            &volumes.member,
            tree_of(state, &place.tree),
            place.centre,
        )
    });
    Ok(Answer::of(volumes))
}

/// A body as the question it asks.
fn batch_asked(body: &Json<'_>) -> Result<BatchGetQuery, Problem> {
    let known = [
        "members",
        "figures",
        "tree",
        "centre",
        "period_type",
        "period",
    ];
    let body = Fields::of(body, "", &known)?;
    let texts = |field: &str, most: usize| -> Result<Vec<(String, &str)>, Problem> {
        body.need(field)?;
        let items = body.items(field, most)?.iter().enumerate();
        let text = items.map(|(index, item)| {
            let path = format!("{field}[{index}]");
            text_at(item, &path).map(|text| (path, text))
        });
        text.collect()
    };
    let members = texts("members", MEMBERS_MAX)?.into_iter();
    let members = members.map(|(_, id)| id.to_owned()).collect();
    let figures = texts("figures", FIGURES.len())?.into_iter();
    let figures = figures.map(|(path, name)| one_of(name, &path, &FIGURES));
    let text = |field: &str| Ok::<_, Problem>(body.str(field)?.map(str::to_owned));
    Ok(BatchGetQuery {
        members,
        figures: figures.collect::<Result<_, _>>()?,
        tree: text("tree")?,
        centre: Some(centre(&body, "centre")?),
        period_type: text("period_type")?,
        period: text("period")?,
    })
}

fn batch_get(ask: &mut Ask<'_>) -> Result<Answer, Failed> {
    let body = json::read(ask.body)?;
    let asked = batch_asked(&body)?;
    let (state, principal) = (ask.state, ask.principal);
    let tree = match &asked.tree {
        None => Some(ENROLLER_TREE),
        Some(name) => state
            .rules
            .as_ref()
            .and_then(|rules| rules.trees.iter().position(|tree| tree.name == name)),
    };
    let centre = asked.centre.unwrap_or(1);
    let see = |id: &str| tree.is_none_or(|tree| may_see(state, principal, id, tree, centre));
    let mut rows = batch_get::get(state, &asked, see)?;
    for row in &mut rows.rows {
        hide(
            state,
            principal,
            tree.unwrap_or(ENROLLER_TREE),
            &mut row.parent,
        );
    }
    Ok(Answer::of(rows))
}

fn order(ask: &mut Ask<'_>) -> Result<Answer, Failed> {
    Ok(Answer::of(order::of(ask.state, ask.call.path("id"))?))
}

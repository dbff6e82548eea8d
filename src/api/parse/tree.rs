//! `tree.placed`, `tree.moved`, and the places an enrolment asks for.

use crate::api::parse::fields::{Fields, centre, leg, missing, one_of, text_at, wrong_type};
use crate::api::parse::json::Json;
use crate::api::parse::kind::EventType;
use crate::api::parse::names::Names;
use crate::api::principal::FACTS;
use crate::api::problem::{Code, Problem};
use crate::base::limits::MATRIX_WIDTH_MAX;
use crate::engine::command::Verb;
use crate::engine::command::enrol::Placement;
use crate::engine::command::move_leg::Move;
use crate::engine::command::place::Place;
use crate::engine::position::PlaceAt;
use crate::tree::rules::{Inside, Policy};

/// A waiting member gets his place, or a member one more centre.
pub const PLACED: EventType = EventType {
    name: "tree.placed",
    fields: &[
        "tree",
        "member",
        "centre",
        "parent",
        "parent_centre",
        "leg",
        "policy",
        "under",
        "root",
    ],
    roles: FACTS,
    read: placed,
};

/// A member moves with all below him.
pub const MOVED: EventType = EventType {
    name: "tree.moved",
    fields: &[
        "tree",
        "member",
        "centre",
        "parent",
        "parent_centre",
        "leg",
        "root",
    ],
    roles: FACTS,
    read: moved,
};

/// Fields of one placement of an enrolment.
const PLACEMENT: &[&str] = &[
    "tree",
    "parent",
    "parent_centre",
    "leg",
    "policy",
    "under",
    "root",
    "tank",
];

fn placed(data: &Fields<'_, '_>, names: &Names) -> Result<Verb, Problem> {
    Ok(Verb::Place(Box::new(Place {
        tree: tree(data, names)?,
        member: data.need_id("member")?,
        centre: centre(data, "centre")?,
        place: place(data, names)?,
    })))
}

fn moved(data: &Fields<'_, '_>, names: &Names) -> Result<Verb, Problem> {
    let parent = data.id("parent")?;
    if parent.is_some() == data.flag("root")? {
        return Err(one_place(data, &["parent", "root"]));
    }
    Ok(Verb::Move(Box::new(Move {
        tree: tree(data, names)?,
        member: data.need_id("member")?,
        centre: centre(data, "centre")?,
        parent,
        parent_centre: centre(data, "parent_centre")?,
        leg: leg(data, "leg", MATRIX_WIDTH_MAX)?,
    })))
}

/// One place an enrolment asks for.
///
/// # Errors
/// Every mistake of shape, by the field's path.
pub fn placement(value: &Json<'_>, path: &str, names: &Names) -> Result<Placement, Problem> {
    let data = Fields::of(value, path, PLACEMENT)?;
    Ok(Placement {
        tree: tree(&data, names)?,
        place: place(&data, names)?,
    })
}

fn tree(data: &Fields<'_, '_>, names: &Names) -> Result<crate::base::ids::Text, Problem> {
    let path = data.path_of("tree");
    let name = data.str("tree")?.ok_or_else(|| missing(&path))?;
    let index = names.tree(name, &path)?;
    Ok(names.trees[index].clone())
}

/// Where to: `parent`, `policy`, `root` or `tank`, and exactly one of them.
fn place(data: &Fields<'_, '_>, names: &Names) -> Result<PlaceAt, Problem> {
    let parent = data.id("parent")?;
    let policy = data.get("policy");
    let (root, tank) = (data.flag("root")?, data.flag("tank")?);
    let asked = usize::from(parent.is_some())
        + usize::from(policy.is_some())
        + usize::from(root)
        + usize::from(tank);
    if asked != 1 {
        return Err(one_place(data, &["parent", "policy", "root", "tank"]));
    }
    let stray = |field: &str| -> Result<(), Problem> {
        match data.get(field) {
            None => Ok(()),
            Some(value) => Err(Problem::new(
                Code::BadValue,
                format!("`{field}` says nothing beside the place asked for."),
            )
            .field(data.path_of(field))
            .given(value.shown())),
        }
    };
    if parent.is_none() {
        stray("leg")?;
        stray("parent_centre")?;
    }
    if policy.is_none() {
        stray("under")?;
    }
    if let Some(parent) = parent {
        return Ok(PlaceAt::Under {
            parent,
            centre: centre(data, "parent_centre")?,
            leg: leg(data, "leg", MATRIX_WIDTH_MAX)?,
        });
    }
    if let Some(value) = policy {
        return Ok(PlaceAt::Policy {
            policy: self::policy(value, &data.path_of("policy"), names)?,
            under: data.id("under")?,
        });
    }
    Ok(if root { PlaceAt::Root } else { PlaceAt::Tank })
}

fn one_place(data: &Fields<'_, '_>, ways: &[&str]) -> Problem {
    Problem::new(
        Code::BadValue,
        format!("Exactly one of {} says where to.", ways.join(", ")),
    )
    .field(data.path_of("parent"))
    .allowed(ways)
}

/// What a weaker-leg policy does inside its leg, by name.
pub const INSIDES: &[(&str, Inside)] = &[
    ("outer", Inside::Outer),
    ("breadth_first", Inside::BreadthFirst),
    ("balanced", Inside::Balanced),
];

/// Policies that need no more than their name, and the two weaker-leg ones with what they mean by default.
pub const POLICIES: &[(&str, Policy)] = &[
    ("under_enroller", Policy::UnderEnroller),
    ("outer_left", Policy::OuterLeft),
    ("outer_right", Policy::OuterRight),
    (
        "weaker_volume",
        Policy::WeakerVolume {
            kind: 0,
            period: 0,
            inside: Inside::Outer,
        },
    ),
    (
        "weaker_count",
        Policy::WeakerCount {
            inside: Inside::Outer,
        },
    ),
    ("alternate", Policy::Alternate),
    ("breadth_first", Policy::BreadthFirst),
    ("fewest_filled", Policy::FewestFilled),
    ("company_queue", Policy::CompanyQueue),
    ("default_leg", Policy::DefaultLeg),
    ("holding_tank", Policy::HoldingTank),
];

/// A policy: its name, or `{"name": "weaker_volume", "kind": "cv", "period": "month", "inside": "outer"}`.
///
/// # Errors
/// `wrong_type`, `bad_value`, `unknown_name`.
pub fn policy(value: &Json<'_>, path: &str, names: &Names) -> Result<Policy, Problem> {
    if let Json::Text(name) = value {
        return one_of(name, path, POLICIES);
    }
    if !matches!(value, Json::Object(_)) {
        return Err(wrong_type(path, value, "a string or an object"));
    }
    let asked = Fields::of(value, path, &["name", "kind", "period", "inside"])?;
    let name_path = asked.path_of("name");
    let name = one_of(
        text_at(asked.need("name")?, &name_path)?,
        &name_path,
        POLICIES,
    )?;
    let inside = asked.word("inside", INSIDES)?;
    let index = |index: usize| u8::try_from(index).expect("at most 8 names");
    let kind = match asked.str("kind")? {
        Some(kind) => Some(index(names.kind(kind, &asked.path_of("kind"))?)),
        None => None,
    };
    let period = match asked.str("period")? {
        Some(period) => Some(index(names.period_type(period, &asked.path_of("period"))?)),
        None => None,
    };
    let unused = |field: &str| {
        Problem::new(Code::BadValue, format!("This policy has no `{field}`."))
            .field(asked.path_of(field))
            .given(asked.get(field).map(Json::shown).unwrap_or_default())
    };
    match name {
        Policy::WeakerVolume { .. } => Ok(Policy::WeakerVolume {
            kind: kind.unwrap_or(0),
            period: period.unwrap_or(0),
            inside: inside.unwrap_or(Inside::Outer),
        }),
        _ if kind.is_some() => Err(unused("kind")),
        _ if period.is_some() => Err(unused("period")),
        Policy::WeakerCount { .. } => Ok(Policy::WeakerCount {
            inside: inside.unwrap_or(Inside::Outer),
        }),
        _ if inside.is_some() => Err(unused("inside")),
        plain => Ok(plain),
    }
}

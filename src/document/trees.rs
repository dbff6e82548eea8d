//! The `trees` list of a network document.

use crate::base::ids::Text;
use crate::base::limits::{CENTRES_MAX, MATRIX_WIDTH_MAX, TREES_MAX};
use crate::document::names::{Names, check_name, check_unique};
use crate::document::problem::did_you_mean;
use crate::document::reader::{Field, Section};
use crate::tree::rules::{CustomerLevel, Inside, Policy, Shape, Termination, TreeRules};

/// The name and, for the enroller tree, the shape that is always there.
pub const ENROLLER: &str = "enroller";

/// Members a binary move may carry where the document does not say.
const MOVE_MAX_DEFAULT: i64 = 1_000_000;

/// What the document calls a tree's shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Enroller,
    Unilevel,
    Binary,
    Matrix,
}

const KINDS: [(&str, Kind); 4] = [
    (ENROLLER, Kind::Enroller),
    ("unilevel", Kind::Unilevel),
    ("binary", Kind::Binary),
    ("matrix", Kind::Matrix),
];

/// Placement policies by name with the tree shapes that have them.
const POLICIES: [(&str, &[Kind]); 11] = [
    ("under_enroller", &[Kind::Unilevel]),
    ("outer_left", &[Kind::Binary]),
    ("outer_right", &[Kind::Binary]),
    ("weaker_volume", &[Kind::Binary]),
    ("weaker_count", &[Kind::Binary]),
    ("alternate", &[Kind::Binary]),
    ("default_leg", &[Kind::Binary]),
    ("breadth_first", &[Kind::Binary, Kind::Matrix]),
    ("fewest_filled", &[Kind::Matrix]),
    ("company_queue", &[Kind::Matrix]),
    (
        "holding_tank",
        &[Kind::Unilevel, Kind::Binary, Kind::Matrix],
    ),
];

/// Reads the list of trees; the enroller tree comes first, and is there unasked. Without a list there is one binary.
pub fn read(root: &Section, names: &Names) -> Vec<TreeRules> {
    let allowed =
        format!("a list [[trees]] of at most {TREES_MAX} trees, the enroller tree included");
    let Some(field) = root.field("trees") else {
        return vec![
            default_tree(Kind::Enroller, ENROLLER),
            default_tree(Kind::Binary, "binary"),
        ];
    };
    let Some(fields) = field.list(&allowed) else {
        return Vec::new();
    };
    let (mut trees, mut taken): (Vec<TreeRules>, Vec<Text>) = (Vec::new(), Vec::new());
    for field in &fields {
        let Some(section) = field.section("a table with name and shape") else {
            continue;
        };
        let name = section
            .required("name", "a name such as \"binary\"")
            .and_then(|field| {
                let text = check_name(&field)?;
                check_unique(&field, &text, taken.iter().map(|known| known.as_str()))
                    .then_some(text)
            });
        taken.extend(name.clone());
        trees.extend(read_tree(&section, name, names));
    }
    match trees.iter().position(|tree| tree.name == ENROLLER) {
        Some(at) => trees[..=at].rotate_right(1),
        None => trees.insert(0, default_tree(Kind::Enroller, ENROLLER)),
    }
    if trees.len() > TREES_MAX {
        field.refuse_given(
            &format!("{} with the enroller tree", trees.len()),
            &allowed,
            None,
        );
    }
    trees
}

fn default_tree(kind: Kind, name: &str) -> TreeRules {
    TreeRules {
        name: Text::from(name),
        shape: match kind {
            Kind::Enroller | Kind::Unilevel => Shape::List,
            Kind::Binary => Shape::Binary,
            Kind::Matrix => Shape::Matrix { width: 2 },
        },
        placement: match kind {
            Kind::Enroller | Kind::Unilevel => Policy::UnderEnroller,
            Kind::Binary => Policy::WeakerCount {
                inside: Inside::Outer,
            },
            Kind::Matrix => Policy::BreadthFirst,
        },
        customer_level: CustomerLevel::Own,
        termination: match kind {
            Kind::Enroller | Kind::Unilevel => Termination::RollUp,
            Kind::Binary | Kind::Matrix => Termination::EmptySeat,
        },
        centres: 1,
        move_max: match kind {
            Kind::Binary => u32::try_from(MOVE_MAX_DEFAULT).expect("a million"),
            _ => u32::MAX,
        },
    }
}

fn read_tree(section: &Section, name: Option<Text>, names: &Names) -> Option<TreeRules> {
    let named = section.field("name");
    let kind = read_kind(section, named.and_then(|field| field.as_text()))?;
    let own: &[&str] = match kind {
        Kind::Enroller => &[],
        Kind::Unilevel => &["placement", "centres"],
        Kind::Binary => &["placement", "centres", "move_max"],
        Kind::Matrix => &["placement", "centres", "width"],
    };
    section.only(&[&["name", "shape", "customer_level", "termination"], own].concat());
    let given = |key: &str| section.field(key).filter(|_| own.contains(&key));
    let mut tree = default_tree(kind, name.as_deref().unwrap_or_default());
    // Each field is read even where an earlier one was refused, so that one run tells all.
    let mut sound = name.is_some();
    sound &= set(
        &mut tree.customer_level,
        section.field("customer_level"),
        |field| field.choice(&[("own", CustomerLevel::Own), ("first", CustomerLevel::First)]),
    );
    sound &= set(
        &mut tree.termination,
        section.field("termination"),
        |field| termination(field, kind),
    );
    if kind == Kind::Matrix {
        let allowed = format!("children of a seat, 2 to {MATRIX_WIDTH_MAX}");
        let field = section.required("width", &allowed);
        sound &= field.is_some();
        sound &= set(&mut tree.shape, field, |field| {
            let width = field.integer(2..=i64::from(MATRIX_WIDTH_MAX))?;
            u8::try_from(width)
                .ok()
                .map(|width| Shape::Matrix { width })
        });
    }
    sound &= set(&mut tree.centres, given("centres"), |field| {
        u16::try_from(field.integer(1..=i64::from(CENTRES_MAX))?).ok()
    });
    sound &= set(&mut tree.move_max, given("move_max"), |field| {
        u32::try_from(field.integer(1..=i64::from(u32::MAX))?).ok()
    });
    sound &= set(&mut tree.placement, given("placement"), |field| {
        placement(field, kind, names)
    });
    sound.then_some(tree)
}

/// Puts what `read` makes of a field where it belongs; false if the field is there and refused.
fn set<'a, 't, T>(
    slot: &mut T,
    field: Option<Field<'a, 't>>,
    read: impl FnOnce(&Field<'a, 't>) -> Option<T>,
) -> bool {
    let Some(field) = field else { return true };
    match read(&field) {
        Some(value) => {
            *slot = value;
            true
        }
        None => false,
    }
}

/// The shape told, or the one the name says.
fn read_kind(section: &Section, name: Option<&str>) -> Option<Kind> {
    let by_name = KINDS
        .iter()
        .find(|&&(word, _)| Some(word) == name)
        .map(|&(_, kind)| kind);
    let Some(field) = section.field("shape") else {
        if by_name.is_none() {
            let hint = "it can be left out only where the name is a shape".to_owned();
            section.missing("shape", "unilevel, binary, matrix", Some(hint));
        }
        return by_name;
    };
    let kind = field.choice(&KINDS)?;
    if (kind == Kind::Enroller) != (by_name == Some(Kind::Enroller)) {
        field.refuse(
            "shape `enroller` for the tree named `enroller`, and for no other",
            Some("a second tree of that form is a `unilevel`".to_owned()),
        );
        return None;
    }
    Some(kind)
}

fn termination(field: &Field, kind: Kind) -> Option<Termination> {
    let list = matches!(kind, Kind::Enroller | Kind::Unilevel);
    if !list && field.as_text() == Some("roll_up") {
        field.refuse(
            "empty_seat",
            Some(
                "a seat with numbered legs has no rule that says which child takes its place"
                    .to_owned(),
            ),
        );
        return None;
    }
    field.choice(&[
        ("roll_up", Termination::RollUp),
        ("empty_seat", Termination::EmptySeat),
    ])
}

/// A policy as one word, or as a table with its options.
fn placement(field: &Field, kind: Kind, names: &Names) -> Option<Policy> {
    let words: Vec<&str> = POLICIES
        .iter()
        .filter(|(_, kinds)| kinds.contains(&kind))
        .map(|&(word, _)| word)
        .collect();
    let allowed = words.join(", ");
    if field.as_text().is_some() {
        let word = policy_word(field, &words, &allowed)?;
        if word == "weaker_volume" && (names.kinds.len() != 1 || names.periods.len() != 1) {
            field.refuse(
                "{ policy = \"weaker_volume\", kind = \"...\", period = \"...\" }",
                Some("name the volume kind and the period type that are compared".to_owned()),
            );
            return None;
        }
        return Some(policy(word, Inside::Outer, (0, 0)));
    }
    let section = field.section(&format!(
        "{allowed}; or a table with `policy` and its options"
    ))?;
    let word = policy_word(&section.required("policy", &allowed)?, &words, &allowed)?;
    let options: &[&str] = match word {
        "weaker_volume" => &["policy", "inside", "kind", "period"],
        "weaker_count" => &["policy", "inside"],
        _ => &["policy"],
    };
    section.only(options);
    let inside = section
        .field("inside")
        .map_or(Some(Inside::Outer), |field| {
            field.choice(&[
                ("outer", Inside::Outer),
                ("breadth_first", Inside::BreadthFirst),
                ("balanced", Inside::Balanced),
            ])
        });
    let mut compared = (0, 0);
    if word == "weaker_volume" {
        let kind = names.kind(&section, "kind");
        let period = names.period(&section, "period");
        compared = (kind?, period?);
    }
    Some(policy(word, inside?, compared))
}

fn policy_word(field: &Field, words: &[&'static str], allowed: &str) -> Option<&'static str> {
    let given = field.text(allowed)?;
    let found = words.iter().find(|&&word| word == given).copied();
    if found.is_none() {
        let hint = if given == "manual" {
            Some("a place named in a command always holds; `holding_tank` makes the others wait for one".to_owned())
        } else {
            let elsewhere = POLICIES.iter().any(|&(word, _)| word == given);
            let reason =
                elsewhere.then(|| "that policy belongs to trees of another shape".to_owned());
            reason.or_else(|| did_you_mean(given, words.iter().copied()))
        };
        field.refuse(allowed, hint);
    }
    found
}

/// The policy behind a checked word.
fn policy(word: &str, inside: Inside, (kind, period): (u8, u8)) -> Policy {
    match word {
        "under_enroller" => Policy::UnderEnroller,
        "outer_left" => Policy::OuterLeft,
        "outer_right" => Policy::OuterRight,
        "weaker_volume" => Policy::WeakerVolume {
            kind,
            period,
            inside,
        },
        "weaker_count" => Policy::WeakerCount { inside },
        "alternate" => Policy::Alternate,
        "default_leg" => Policy::DefaultLeg,
        "breadth_first" => Policy::BreadthFirst,
        "fewest_filled" => Policy::FewestFilled,
        "company_queue" => Policy::CompanyQueue,
        _ => Policy::HoldingTank,
    }
}

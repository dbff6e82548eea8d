//! One entry of `plans.components`: what every component has, and the settings of its kind.

use crate::base::ids::Text;
use crate::document::names::{check_name, check_unique};
use crate::document::plan::known::{Ranks, kind_named, rank};
use crate::document::plan::settings::{self, Place};
use crate::document::problem::did_you_mean;
use crate::document::reader::{Field, Section};
use crate::plan::KINDS;
use crate::plan::columns::{Caps, Payee};
use crate::plan::component::{Component, Kind};
use crate::plan::set::Entry;
use crate::plan::setting::{Value, Values};

/// Settings that every component has, each with what may stand there, what holds where it is left out, and a sentence.
pub const COMMON: [[&str; 4]; 7] = [
    [
        "name",
        "a name",
        "needed",
        "Its name, which no other component of the document has.",
    ],
    ["kind", "the name of a kind", "needed", "What it pays."],
    [
        "period",
        "the name of a period type",
        "needed, unless the network has only one",
        "The periods it is worked out for.",
    ],
    [
        "payee",
        "`active`, `any`",
        "`active`",
        "Which distributors in standing can earn by it.",
    ],
    [
        "min_rank",
        "the name of a rank",
        "none",
        "The rank of the plan's ladder from which on members can earn by it.",
    ],
    [
        "cap",
        "an amount, such as \"500\"",
        "none",
        "The most that a member earns by it in a period.",
    ],
    [
        "rank_caps",
        "a table from rank to an amount above 0",
        "none",
        "The same from some ranks on; a rank without a row has that of the highest rank below it that has one, or else `cap`.",
    ],
];

/// Reads a component. `plan` is the index of its plan. All problems are noted; none is returned where there is one.
pub fn read(section: &Section, plan: usize, place: &Place) -> Option<Entry> {
    let name = read_name(section, place);
    let kind = read_kind(section);
    let period = place.network.period(section);
    let active = section.field("payee").map_or(Some(true), |field| {
        field.choice(&[("active", true), ("any", false)])
    });
    let min_rank = section.field("min_rank").map_or(Some(0), |field| {
        let ladder = place.ladder(&field)?;
        rank(&field, ladder)
    });
    let cap = section
        .field("cap")
        .map_or(Some(None), |field| field.money_above_zero().map(Some));
    let rank_caps = section
        .field("rank_caps")
        .map_or(Some(Vec::new()), |field| {
            let ladder = place.ladder(&field)?;
            settings::money_by_rank(&field, ladder)
        });
    let kind = kind?;
    let own = kind.settings.iter().map(|setting| setting.key);
    let keys: Vec<&str> = COMMON.iter().map(|[key, ..]| *key).chain(own).collect();
    section.only(&keys);
    let (values, component) = made(section, kind, place)?;
    if component.follows_ladder() {
        check_period(section, place);
    }
    if component.finds_active_only()
        && active == Some(false)
        && let Some(field) = section.field("payee")
    {
        let allowed = "`active`, where an order is paid on to those who were active as it came in";
        field.refuse(allowed, None);
    }
    Some(Entry {
        name: name?,
        plan,
        ladder: match place.ranks {
            Ranks::Of(ladder, _) => Some(ladder),
            Ranks::Nothing | Ranks::Unknown => None,
        },
        period: period?,
        payee: Payee {
            active: active?,
            min_rank: min_rank?,
        },
        caps: Caps {
            all: cap?,
            by_rank: rank_caps?,
        },
        kind,
        settings: values,
        component,
    })
}

/// The settings as they hold, and what works them out. What is paid on a part of a volume has a kind of its own.
fn made(section: &Section, kind: &Kind, place: &Place) -> Option<(Values, Box<dyn Component>)> {
    let mut values = settings::read(section, kind, place)?;
    let mut built = (kind.build)(&values);
    let narrows = built.as_ref().ok().and_then(|made| made.narrows());
    if let Some((key, filter)) = narrows {
        let narrow = place.network.narrowed(values.index(key), filter);
        values.0.insert(key, Value::Index(narrow));
        built = (kind.build)(&values);
    }
    match built {
        Ok(component) => Some((values, component)),
        Err(unfit) => {
            match section.field(unfit.key) {
                Some(field) => field.refuse(&unfit.allowed, None),
                None => section.missing(unfit.key, &unfit.allowed, None),
            }
            None
        }
    }
}

fn read_name(section: &Section, place: &Place) -> Option<Text> {
    let field = section.required("name", "a name such as \"level-pay\"")?;
    let text = check_name(&field)?;
    let others = place.components[..place.index].iter();
    let mut others = others.filter_map(|other| other.name.as_deref());
    check_unique(&field, &text, &mut others).then_some(text)
}

fn read_kind(section: &Section) -> Option<&'static Kind> {
    let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let allowed = names.join(", ");
    let field: Field = section.required("kind", &allowed)?;
    let given = field.text(&allowed)?;
    let kind = kind_named(given);
    if kind.is_none() {
        field.refuse(&allowed, did_you_mean(given, names));
    }
    kind
}

/// Notes a component that follows a ladder which is judged over other periods.
fn check_period(section: &Section, place: &Place) {
    let (Ranks::Of(_, ladder), Some(own)) = (place.ranks, place.period) else {
        return;
    };
    let Some(period) = ladder.period.filter(|&period| period != own) else {
        return;
    };
    if let Some(field) = section.field("period") {
        let allowed = format!(
            "{}, as the ladder `{}`, which it follows from rank to rank",
            place.network.periods[period],
            ladder.name.as_deref().unwrap_or_default()
        );
        field.refuse(&allowed, None);
    }
}

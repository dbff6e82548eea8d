//! The `kinds` list of a plan document: kinds of volume derived from those of the network.

use crate::base::ids::{Text, check_id};
use crate::base::money::{RATE_ONE, Rate};
use crate::document::names::{check_name, check_unique};
use crate::document::plan::known::Network;
use crate::document::reader::{Field, Section};
use crate::plan::derived::{
    CLASSES_MAX, Classes, DAYS_MAX, DERIVED_MAX, Derived, FIRST_MAX, Filter, Orders,
};

/// Keys of a derived kind, each with what may stand there, what holds where it is left out, and a sentence.
pub const KEYS: [[&str; 4]; 10] = [
    [
        "name",
        "a name",
        "needed",
        "Its name, which no other kind has, of the document or of the network.",
    ],
    [
        "of",
        "the name of a volume kind of the network",
        "needed, unless the network has only one",
        "The kind that it takes a part of.",
    ],
    [
        "classes",
        "a list of classes of orders",
        "all",
        "Only orders of these classes.",
    ],
    [
        "without",
        "a list of classes of orders",
        "none",
        "All orders but those of these classes; an order without a class counts, and so does an adjustment.",
    ],
    [
        "buyers",
        "`all`, `customers`, `distributors`",
        "`all`",
        "Whose orders: an order that is credited to another member than its buyer is a customer's.",
    ],
    [
        "orders",
        "`all`, `first`, `later`",
        "`all`",
        "A buyer's first order in order of acceptance, or all but that. An adjustment is a later one.",
    ],
    [
        "first_count",
        "a whole number from 1 to 12",
        "1",
        "How many orders of a buyer are his first ones.",
    ],
    [
        "joined_within_days",
        "a whole number from 1 to 36500",
        "none",
        "Only orders less than so many days, in UTC, after the buyer's joining, the day of which is the first.",
    ],
    [
        "joined_before_days",
        "a whole number from 1 to 36500",
        "none",
        "Only orders not less than so many days after it.",
    ],
    [
        "factor",
        "a share above 0 and at most 1",
        "1",
        "What of the volume counts: of what is left of each order, to 1e-4, half away from zero.",
    ],
];

const _: () = assert!(FIRST_MAX == 12 && DAYS_MAX == 36_500, "as the keys say");

/// Reads the list into the network's names. All problems are noted; a refused kind keeps its name and its place, so that
/// what names it is not refused as well.
pub fn read(root: &Section, network: &Network) {
    let Some(field) = root.field("kinds") else {
        return;
    };
    let allowed = format!("a list [[kinds]] of at most {DERIVED_MAX} kinds");
    let fields = field.list(&allowed).unwrap_or_default();
    if fields.len() > DERIVED_MAX {
        field.refuse(&allowed, None);
    }
    for field in &fields {
        let Some(section) = field.section("a table with name and what the kind takes") else {
            continue;
        };
        let name = section.field("name").and_then(|name| name.as_text());
        let name = name.filter(|name| network.own_kinds().iter().all(|own| own != name));
        let kind = read_kind(&section, network);
        network.derive(kind.unwrap_or_else(|| Derived {
            name: Text::from(name.unwrap_or_default()),
            of: 0,
            filters: Vec::new(),
            factor: Rate(RATE_ONE),
        }));
    }
}

fn read_kind(section: &Section, network: &Network) -> Option<Derived> {
    section.only(&KEYS.map(|[key, ..]| key));
    let name = section.required("name", "a name such as \"regular\"");
    let name = name.and_then(|field| {
        let text = check_name(&field)?;
        let names = network.kind_names();
        let own = network.own_kinds().contains(&text);
        if own {
            let hint = "the network has a kind of this name".to_owned();
            field.refuse("a name that no other kind has", Some(hint));
            return None;
        }
        let mut others = names.iter().map(|name| name.as_str());
        check_unique(&field, &text, &mut others).then_some(text)
    });
    let of = network.own_volume_or_only(section, "of");
    let classes = read_classes(section);
    let customers = section.field("buyers").map_or(Some(None), |field| {
        field.choice(&[
            ("all", None),
            ("customers", Some(true)),
            ("distributors", Some(false)),
        ])
    });
    let orders = read_orders(section);
    let (to_day, from_day) = read_window(section);
    let factor = section
        .field("factor")
        .map_or(Some(Rate(RATE_ONE)), |field| field.share());
    let filter = Filter {
        classes: classes?,
        customers: customers?,
        orders: orders?,
        from_day: from_day?,
        to_day: to_day?,
        while_active: false,
    };
    let all = filter == Filter::default();
    Some(Derived {
        name: name?,
        of: of?,
        filters: if all { Vec::new() } else { vec![filter] },
        factor: factor?,
    })
}

/// Classes under `classes` or `without`, or neither.
fn read_classes(section: &Section) -> Option<Option<Classes>> {
    let [only, without] = ["classes", "without"].map(|key| section.field(key));
    if let (Some(_), Some(without)) = (&only, &without) {
        let hint = "one of them says it all".to_owned();
        without.refuse("nothing beside `classes`", Some(hint));
        return None;
    }
    match (only, without) {
        (Some(only), _) => classes(&only).map(|names| Some(Classes::Only(names))),
        (None, Some(without)) => classes(&without).map(|names| Some(Classes::Without(names))),
        (None, None) => Some(None),
    }
}

/// What may stand where classes of orders do, in words.
#[must_use]
pub fn classes_text() -> String {
    format!("a list of 1 to {CLASSES_MAX} classes of orders, each once, such as [\"autoship\"]")
}

/// A list of classes of orders.
pub fn classes(field: &Field) -> Option<Vec<Text>> {
    let allowed = classes_text();
    let fields = field.list(&allowed)?;
    if fields.is_empty() || fields.len() > CLASSES_MAX {
        field.refuse(&allowed, None);
        return None;
    }
    let (mut names, mut sound): (Vec<Text>, bool) = (Vec::new(), true);
    for field in &fields {
        let Some(name) = field.text(&allowed) else {
            sound = false;
            continue;
        };
        let hint = if check_id(name).is_err() {
            Some("1 to 64 printable characters, without white space at an end".to_owned())
        } else if names.iter().any(|other| other == name) {
            Some("it is named twice".to_owned())
        } else {
            names.push(Text::from(name));
            None
        };
        if hint.is_some() {
            sound = false;
            field.refuse(&allowed, hint);
        }
    }
    sound.then_some(names)
}

fn read_orders(section: &Section) -> Option<Option<Orders>> {
    let first = section.field("orders").map_or(Some(None), |field| {
        field.choice(&[("all", None), ("first", Some(true)), ("later", Some(false))])
    })?;
    let count = section.field("first_count");
    if let (Some(count), None) = (&count, first) {
        let hint = "say `orders = \"first\"` or `orders = \"later\"` too".to_owned();
        count.refuse("nothing where all orders count", Some(hint));
        return None;
    }
    let count = count.map_or(Some(1), |field| field.integer(1..=i64::from(FIRST_MAX)))?;
    let count = u8::try_from(count).ok()?;
    Some(first.map(|first| {
        if first {
            Orders::First(count)
        } else {
            Orders::Later(count)
        }
    }))
}

/// Days under `joined_within_days` and `joined_before_days`.
fn read_window(section: &Section) -> (Option<Option<u32>>, Option<Option<u32>>) {
    let days = |field: &Field| {
        let days = field.integer(1..=i64::from(DAYS_MAX))?;
        u32::try_from(days).ok()
    };
    let [within, before] = ["joined_within_days", "joined_before_days"]
        .map(|key| section.field(key).map(|field| (days(&field), field)));
    if let (Some((Some(within), _)), Some((Some(from), field))) = (&within, &before)
        && from >= within
    {
        let allowed = format!("less than {within}, up to which orders count");
        field.refuse(&allowed, Some("no order would count".to_owned()));
    }
    let told = |read: Option<(Option<u32>, Field)>| match read {
        None => Some(None),
        Some((days, _)) => days.map(Some),
    };
    (told(within), told(before))
}

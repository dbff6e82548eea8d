//! What a rank takes: requirements, one in another.

use crate::base::number::Volume;
use crate::document::plan::known::{KnownComponent, KnownLadder, Network, rank};
use crate::document::plan::settings;
use crate::document::problem::did_you_mean;
use crate::document::reader::{Field, Section};
use crate::plan::ladder::{Atom, CapOf, Need};

/// Entries that a list of requirements may have.
const LIST_MAX: usize = 32;
/// People or legs that a requirement may ask for.
const COUNT_MAX: i64 = 1_000_000;

/// A requirement by the key that makes it one.
struct Row {
    key: &'static str,
    /// Keys that may stand beside it.
    beside: &'static [&'static str],
    read: fn(&Field, &Section, &Ground) -> Option<Need>,
}

/// Every requirement. Where two of these keys stand in one table the first of them makes it: so `active` beside
/// `enrolled` is an option of it.
const ROWS: &[Row] = &[
    row("all", &[], |field, _, ground| {
        list(field, ground).map(Need::All)
    }),
    row("any", &[], |field, _, ground| {
        list(field, ground).map(Need::Any)
    }),
    row("of", &["count"], some_of),
    row("own", &["at_least"], own),
    row("group", &["at_least", "tree", "with_own"], group),
    row("side", &["at_least", "tree"], side),
    row(
        "capped",
        &["at_least", "tree", "leg_max", "share_of"],
        capped,
    ),
    row("lesser_leg", &["at_least", "tree"], lesser_leg),
    row("enrolled", &["active", "in_each_leg_of"], enrolled),
    row("customers", &[], |field, _, _| {
        let count = count(field)?;
        Some(Need::Atom(Atom::Customers { count }))
    }),
    row("cycles", &["by"], cycles),
    row("lesser_leg_of", &["at_least"], lesser_leg_of),
    row("previous", &[], |field, _, ground| {
        let rank = rank(field, ground.ladder)?;
        Some(Need::Atom(Atom::Previous { rank }))
    }),
    row("legs", &["with"], legs),
    row("active", &[], active),
];

const fn row(
    key: &'static str,
    beside: &'static [&'static str],
    read: fn(&Field, &Section, &Ground) -> Option<Need>,
) -> Row {
    Row { key, beside, read }
}

/// What requirements of one ladder refer to.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// The network.
    pub network: &'a Network<'a>,
    /// The ladder's tree, if that is right.
    pub tree: Option<usize>,
    /// The ladder itself.
    pub ladder: &'a KnownLadder,
    /// Every component of the document.
    pub components: &'a [KnownComponent],
}

/// Reads the requirement that stands in a rank's table beside its name.
pub fn read_rank(field: &Field, section: &Section, ground: &Ground) -> Option<Need> {
    let need = read(field, section, &["name"], ground)?;
    let volume = need.atoms().into_iter().any(|atom| {
        matches!(
            atom,
            Atom::Own { .. }
                | Atom::Group { .. }
                | Atom::Side { .. }
                | Atom::Capped { .. }
                | Atom::LesserLeg { .. }
                | Atom::LesserLegOf { .. }
        )
    });
    if !volume {
        let hint = "a rank that takes no volume would be held by members who sell nothing";
        field.refuse_given(
            "a rank without any of these",
            "own, group, side, capped, lesser_leg or lesser_leg_of, somewhere in what it takes",
            Some(hint.to_owned()),
        );
        return None;
    }
    Some(need)
}

fn read(field: &Field, section: &Section, also: &[&str], ground: &Ground) -> Option<Need> {
    let keys: Vec<&str> = ROWS.iter().map(|row| row.key).collect();
    let mut rows = ROWS.iter().filter(|row| section.field(row.key).is_some());
    let Some(row) = rows.next() else {
        let given: Vec<String> = section.fields().map(|(key, _)| key).collect();
        let strange = given.iter().filter(|key| !also.contains(&key.as_str()));
        let hint = strange
            .filter_map(|key| did_you_mean(key, keys.iter().copied()))
            .next();
        field.refuse_given(
            "no requirement",
            &format!("one of {}", keys.join(", ")),
            hint,
        );
        return None;
    };
    let mut keys: Vec<&str> = [also, &[row.key], row.beside].concat();
    let mut sound = true;
    for other in rows {
        if keys.contains(&other.key) {
            continue;
        }
        keys.push(other.key);
        if let Some(other) = section.field(other.key) {
            let hint = "put both into a list: all = [{ ... }, { ... }]".to_owned();
            other.refuse_given(
                &format!("a second requirement beside `{}`", row.key),
                "one requirement in a table",
                Some(hint),
            );
            sound = false;
        }
    }
    section.only(&keys);
    let need = (row.read)(&section.field(row.key)?, section, ground)?;
    sound.then_some(need)
}

fn list(field: &Field, ground: &Ground) -> Option<Vec<Need>> {
    let allowed = format!("a list of 1 to {LIST_MAX} requirements");
    let fields = field.list(&allowed)?;
    if fields.is_empty() || fields.len() > LIST_MAX {
        field.refuse(&allowed, None);
        return None;
    }
    let needs = fields.iter().map(|field| {
        let section =
            field.section("a requirement: a table such as { own = \"pv\", at_least = \"100\" }")?;
        read(field, &section, &[], ground)
    });
    let needs: Vec<Option<Need>> = needs.collect();
    needs.into_iter().collect()
}

fn some_of(field: &Field, section: &Section, ground: &Ground) -> Option<Need> {
    let entries = field.as_list().map_or(1, |fields| fields.len().max(1));
    let needs = list(field, ground);
    let allowed = "how many of the list it takes";
    let count = section
        .required("count", allowed)?
        .integer(1..=i64::try_from(entries).expect("a list in memory"))?;
    Some(Need::Count(
        usize::try_from(count).expect("above 0"),
        needs?,
    ))
}

fn own(field: &Field, section: &Section, ground: &Ground) -> Option<Need> {
    let (volume, at_least) = (ground.network.volume(field), at_least(section));
    Some(Need::Atom(Atom::Own {
        volume: volume?,
        at_least: at_least?,
    }))
}

fn group(field: &Field, section: &Section, ground: &Ground) -> Option<Need> {
    let (volume, at_least) = (ground.network.volume(field), at_least(section));
    let tree = ground.tree(section);
    let with_own = flag(section, "with_own", true);
    Some(Need::Atom(Atom::Group {
        volume: volume?,
        at_least: at_least?,
        tree: tree?,
        with_own: with_own?,
    }))
}

fn side(field: &Field, section: &Section, ground: &Ground) -> Option<Need> {
    let (volume, at_least) = (ground.network.volume(field), at_least(section));
    let tree = ground.tree(section);
    Some(Need::Atom(Atom::Side {
        volume: volume?,
        at_least: at_least?,
        tree: tree?,
    }))
}

fn capped(field: &Field, section: &Section, ground: &Ground) -> Option<Need> {
    let (volume, at_least) = (ground.network.volume(field), at_least(section));
    let tree = ground.tree(section);
    let leg_max = section.required(
        "leg_max",
        "the most that one leg counts for, such as \"0.60\"",
    );
    let leg_max = leg_max.and_then(|field| field.share());
    let of = section
        .field("share_of")
        .map_or(Some(CapOf::Requirement), |field| {
            field.choice(&[("requirement", CapOf::Requirement), ("total", CapOf::Total)])
        });
    Some(Need::Atom(Atom::Capped {
        volume: volume?,
        at_least: at_least?,
        tree: tree?,
        leg_max: leg_max?,
        of: of?,
    }))
}

fn lesser_leg(field: &Field, section: &Section, ground: &Ground) -> Option<Need> {
    let (volume, at_least) = (ground.network.volume(field), at_least(section));
    let tree = match (section.field("tree"), ground.tree) {
        (Some(field), _) => ground.network.binary_tree(&field),
        (None, Some(tree)) if !ground.network.is_binary(tree) => {
            let hint = "the ladder's tree is none".to_owned();
            section.missing("tree", "a binary tree", Some(hint));
            None
        }
        (None, tree) => tree,
    };
    Some(Need::Atom(Atom::LesserLeg {
        volume: volume?,
        at_least: at_least?,
        tree: tree?,
    }))
}

fn enrolled(field: &Field, section: &Section, ground: &Ground) -> Option<Need> {
    let (count, active) = (count(field), flag(section, "active", true));
    let each_leg_of = section.field("in_each_leg_of").map_or(Some(None), |field| {
        ground.network.binary_tree(&field).map(Some)
    });
    Some(Need::Atom(Atom::Enrolled {
        count: count?,
        active: active?,
        each_leg_of: each_leg_of?,
    }))
}

fn cycles(field: &Field, section: &Section, ground: &Ground) -> Option<Need> {
    let count = count(field);
    let counting = Matching::of(ground, "cycles", |other| other.cycles);
    let by = section.required("by", &counting.allowed);
    let component = by.and_then(|field| counting.named(&field, ground));
    Some(Need::Atom(Atom::Cycles {
        component: component?,
        count: count?,
    }))
}

fn lesser_leg_of(field: &Field, section: &Section, ground: &Ground) -> Option<Need> {
    let matching = Matching::of(ground, "two legs", |other| other.legs);
    let (component, at_least) = (matching.named(field, ground), at_least(section));
    Some(Need::Atom(Atom::LesserLegOf {
        component: component?,
        at_least: at_least?,
    }))
}

/// Components of the ladder's periods that match something.
struct Matching<'a> {
    names: Vec<&'a str>,
    allowed: String,
}

impl<'a> Matching<'a> {
    fn of(ground: &Ground<'a>, what: &str, fits: fn(&KnownComponent) -> bool) -> Matching<'a> {
        let all = ground.components.iter();
        let of_periods = all.filter(|other| fits(other) && other.period == ground.ladder.period);
        let names: Vec<&str> = of_periods
            .filter_map(|other| other.name.as_deref())
            .collect();
        let listed = if names.is_empty() {
            "here there is none".to_owned()
        } else {
            names.join(", ")
        };
        Matching {
            allowed: format!("a component of the ladder's periods that matches {what}: {listed}"),
            names,
        }
    }

    /// The one that a field names.
    fn named(&self, field: &Field, ground: &Ground) -> Option<usize> {
        let component = settings::component(field, ground.components)?;
        let name = ground.components[component].name.as_deref();
        if name.is_some_and(|name| self.names.contains(&name)) {
            return Some(component);
        }
        field.refuse(&self.allowed, None);
        None
    }
}

fn legs(field: &Field, section: &Section, ground: &Ground) -> Option<Need> {
    let count = count(field);
    let ladder = ground.ladder;
    let with = section.required("with", &ladder.ranks.join(", "));
    let rank = with.and_then(|field| rank(&field, ladder));
    Some(Need::Atom(Atom::Legs {
        count: count?,
        rank: rank?,
    }))
}

fn active(field: &Field, _: &Section, _: &Ground) -> Option<Need> {
    if !field.flag()? {
        field.refuse("true", None);
        return None;
    }
    Some(Need::Atom(Atom::Active))
}

fn at_least(section: &Section) -> Option<Volume> {
    let field = section.required("at_least", "a volume above 0, such as \"100\"");
    field?.volume_above_zero()
}

fn count(field: &Field) -> Option<u32> {
    let count = field.integer(1..=COUNT_MAX)?;
    u32::try_from(count).ok()
}

fn flag(section: &Section, key: &str, default: bool) -> Option<bool> {
    section
        .field(key)
        .map_or(Some(default), |field| field.flag())
}

impl Ground<'_> {
    /// The tree under `tree`, the ladder's where it is left out.
    fn tree(&self, section: &Section) -> Option<usize> {
        match section.field("tree") {
            Some(field) => self.network.tree(&field),
            None => self.tree,
        }
    }
}

//! The `ladders` list of a plan document.

use crate::base::ids::{ENROLLER_TREE, Text};
use crate::document::names::{check_name, check_unique};
use crate::document::plan::known::{KnownComponent, KnownLadder, Network};
use crate::document::plan::needs::{self, Ground};
use crate::document::reader::{Field, Section};
use crate::plan::ladder::{Ladder, RANKS_MAX, Rank};
use crate::plan::set::ENTRIES_MAX;
use crate::plan::setting::SAME_OR_HIGHER;

/// Periods for which a rank can be kept.
const GRACE_MAX: i64 = 120;

/// Reads the list of ladders; and what references see of each, of the refused ones too.
pub fn read(
    root: &Section,
    network: &Network,
    components: &[KnownComponent],
) -> (Vec<Ladder>, Vec<KnownLadder>) {
    let allowed = format!("a list [[ladders]] of at most {ENTRIES_MAX} ladders");
    let (mut ladders, mut known) = (Vec::new(), Vec::new());
    let Some(field) = root.field("ladders") else {
        return (ladders, known);
    };
    let fields = field.list(&allowed).unwrap_or_default();
    if fields.len() > ENTRIES_MAX {
        field.refuse(&allowed, None);
    }
    for field in &fields {
        if let Some(section) = field.section("a table with name and ranks") {
            let (ladder, seen) = read_ladder(&section, (network, components), &known);
            ladders.extend(ladder);
            known.push(seen);
        }
    }
    (ladders, known)
}

fn read_ladder(
    section: &Section,
    (network, components): (&Network, &[KnownComponent]),
    others: &[KnownLadder],
) -> (Option<Ladder>, KnownLadder) {
    section.only(&["name", "period", "tree", "grace", "ranks"]);
    let name = section.required("name", "a name such as \"ranks\"");
    let seen = name.as_ref().and_then(|field| field.as_text());
    let name = name.and_then(|field| {
        let text = check_name(&field)?;
        let others = others.iter().filter_map(|other| other.name.as_deref());
        check_unique(&field, &text, others).then_some(text)
    });
    let period = network.period(section);
    let tree = match section.field("tree") {
        Some(field) => read_tree(&field, network),
        None => Some(ENROLLER_TREE),
    };
    let grace = section.field("grace").map_or(Some(0), |field| {
        let periods = field.integer(0..=GRACE_MAX)?;
        u8::try_from(periods).ok()
    });
    let allowed = format!("a list [[ladders.ranks]] of 1 to {RANKS_MAX} ranks, the lowest first");
    let list = section.required("ranks", &allowed);
    let fields = list.as_ref().and_then(|list| list.list(&allowed));
    if let (Some(list), Some(fields)) = (&list, &fields)
        && (fields.is_empty() || fields.len() > RANKS_MAX)
    {
        list.refuse(&allowed, None);
    }
    let fields = fields.unwrap_or_default();
    let named = fields.iter().filter_map(|field| {
        let name = field.as_section()?.field("name")?;
        name.as_text().map(Text::from)
    });
    let known = KnownLadder {
        name: seen.map(Text::from),
        period: network.as_period(section),
        ranks: named.collect(),
    };
    let ground = Ground {
        network,
        tree,
        ladder: &known,
        components,
    };
    let ranks: Vec<Rank> = read_ranks(&fields, &ground);
    let read = || {
        Some(Ladder {
            name: name?,
            period: period?,
            tree: tree?,
            grace: grace?,
            ranks,
        })
    };
    (read(), known)
}

fn read_tree(field: &Field, network: &Network) -> Option<usize> {
    let tree = network.tree(field)?;
    if network.centres(tree) > 1 {
        let hint = "a member's rank is judged at his one seat".to_owned();
        field.refuse("a tree whose `centres` is 1", Some(hint));
        return None;
    }
    Some(tree)
}

fn read_ranks(fields: &[Field], ground: &Ground) -> Vec<Rank> {
    let (mut ranks, mut taken): (Vec<Rank>, Vec<Text>) = (Vec::new(), Vec::new());
    for field in fields {
        let Some(section) = field.section("a table with name and what the rank takes") else {
            continue;
        };
        let name = section.required("name", "a name such as \"silver\"");
        let name = name.and_then(|field| {
            let text = check_name(&field)?;
            if text == SAME_OR_HIGHER {
                let allowed = format!("any other name: `{SAME_OR_HIGHER}` is a word of boundaries");
                field.refuse(&allowed, None);
                return None;
            }
            check_unique(&field, &text, taken.iter().map(|known| known.as_str())).then_some(text)
        });
        taken.extend(name.clone());
        let needs = needs::read_rank(field, &section, ground);
        ranks.extend(name.zip(needs).map(|(name, needs)| Rank { name, needs }));
    }
    ranks
}

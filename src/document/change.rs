//! A document told later: what of the running network it must go on with, and where its calendars take over.
//!
//! Figures are kept by the place of a kind, a period type and a tree in their lists, and mean what the shape of a tree
//! and the level of its customers say. So those stay; new entries come behind the old ones.

use std::collections::BTreeSet;

use crate::base::ids::Text;
use crate::base::time::Time;
use crate::document::calendar::extend;
use crate::document::network::{self, Network};
use crate::document::problem::Problem;
use crate::document::reader::{self, Field, Section};
use crate::engine::periods::Periods;
use crate::engine::rules::{ClockMode, Rules};
use crate::tree::rules::{CustomerLevel, Shape, TreeRules};

/// Reads and checks a document that is to change a running network.
///
/// # Errors
/// Every problem found, in order of lines: what is wrong with it, or what it does not go on with.
pub fn parse(text: &str, running: &Rules) -> Result<Network, Vec<Problem>> {
    reader::read(text, |root| {
        let network = network::read_root(root)?;
        let types = network.calendar.types.iter();
        let types: Vec<Text> = types.map(|of| of.name.clone()).collect();
        let trees: Vec<Text> = network.trees.iter().map(|tree| tree.name.clone()).collect();
        keeps(
            root,
            "volume_kinds",
            "volume kinds",
            &network.kinds,
            &running.kinds,
        );
        let were: Vec<Text> = running
            .period_types
            .iter()
            .map(|of| of.name.clone())
            .collect();
        keeps(root, "periods", "period types", &types, &were);
        let were: Vec<Text> = running.trees.iter().map(|tree| tree.name.clone()).collect();
        if keeps(root, "trees", "trees", &trees, &were) {
            for (tree, was) in network.trees.iter().zip(&running.trees) {
                keeps_tree(root, tree, was);
            }
        }
        if network.clock != running.clock {
            let word = match running.clock {
                ClockMode::Wall => "wall",
                ClockMode::Events => "events",
            };
            refuse(
                root,
                "clock",
                &format!("\"{word}\", as at the founding"),
                None,
            );
        }
        Some(network)
    })
}

/// Notes the first entry of a list that the running network has at that place and the document has not.
fn keeps(root: &Section, key: &str, noun: &str, told: &[Text], running: &[Text]) -> bool {
    let mut kept = running.iter().enumerate();
    let Some((at, name)) = kept.find(|&(at, name)| told.get(at) != Some(name)) else {
        return true;
    };
    let allowed = format!(
        "{} in this order, and new {noun} behind them",
        running.join(", ")
    );
    let hint = if told.contains(name) {
        format!("`{name}` has figures and keeps its place")
    } else {
        format!("`{name}` has figures: it cannot be removed or renamed")
    };
    let instead = told.get(at).and_then(|given| entry(root, key, given));
    match instead {
        Some(field) => field.refuse(&allowed, Some(hint)),
        None => refuse(root, key, &allowed, Some(hint)),
    }
    false
}

/// The name of an entry in a list of names, or of tables that have one.
fn entry<'a, 't>(root: &Section<'a, 't>, key: &str, name: &str) -> Option<Field<'a, 't>> {
    let fields = root.field(key)?.list("")?;
    fields.into_iter().find_map(|field| {
        let named = match field.as_text() {
            Some(_) => field,
            None => field.section("")?.field("name")?,
        };
        (named.as_text() == Some(name)).then_some(named)
    })
}

/// The table of a tree, where the document has one.
fn table<'a, 't>(root: &Section<'a, 't>, name: &str) -> Option<Section<'a, 't>> {
    let fields = root.field("trees")?.list("")?;
    let mut sections = fields.iter().filter_map(|field| field.section(""));
    sections.find(|section| {
        let field = section.field("name");
        field.and_then(|field| field.as_text()) == Some(name)
    })
}

/// Notes what of a tree gives its figures another meaning.
fn keeps_tree(root: &Section, tree: &TreeRules, was: &TreeRules) {
    let name = &was.name;
    let shape = |shape: Shape| match shape {
        Shape::List => "unilevel".to_owned(),
        Shape::Binary => "binary".to_owned(),
        Shape::Matrix { width } => format!("matrix of width {width}"),
    };
    let level = match was.customer_level {
        CustomerLevel::Own => "\"own\"",
        CustomerLevel::First => "\"first\"",
    };
    let shape_key = match (tree.shape, was.shape) {
        (Shape::Matrix { .. }, Shape::Matrix { .. }) => "width",
        _ => "shape",
    };
    let rows = [
        (
            tree.shape != was.shape,
            shape_key,
            format!(
                "{}: a tree that has figures keeps its shape",
                shape(was.shape)
            ),
        ),
        (
            tree.customer_level != was.customer_level,
            "customer_level",
            format!("{level}: own volume keeps its meaning"),
        ),
        (
            tree.centres == 1 && was.centres > 1,
            "centres",
            "2 or more, since members may hold several".to_owned(),
        ),
    ];
    for (_, key, allowed) in rows.into_iter().filter(|(differs, ..)| *differs) {
        match table(root, name) {
            Some(section) => refuse(&section, key, &allowed, Some(format!("the tree `{name}`"))),
            None => refuse(root, "trees", &allowed, Some(format!("the tree `{name}`"))),
        }
    }
}

/// Notes a value that cannot stay, or the lack of one.
fn refuse(section: &Section, key: &str, allowed: &str, hint: Option<String>) {
    match section.field(key) {
        Some(field) => field.refuse(allowed, hint),
        None => section.missing(key, allowed, hint),
    }
}

/// The rules of a document that changes a running network, for a change that takes effect at `at`. The calendar of a type
/// that runs already goes on as it is known up to the end of the period that holds `at`, and by the document from there
/// to `until` at least. Costs the number of periods.
#[must_use]
pub fn compile(
    network: &Network,
    running: &Rules,
    periods: &Periods,
    at: Time,
    until: Time,
) -> Rules {
    let mut rules = network.compile(until);
    let types = network.calendar.types.iter().zip(periods.iter());
    for (told, (spec, known)) in rules.period_types.iter_mut().zip(types) {
        let kept = known.ordinal_at(at);
        let until = until.max(known.calendar_end());
        let more = extend(&network.calendar.zone, &spec.cycle, known.end(kept), until);
        told.starts = (0..=kept).map(|ordinal| known.start(ordinal)).collect();
        told.starts.push(known.end(kept));
        told.labels = (0..=kept)
            .map(|ordinal| known.label(ordinal).clone())
            .collect();
        let taken: BTreeSet<Text> = told.labels.iter().cloned().collect();
        for (end, label) in more.ends.into_iter().zip(more.labels) {
            // What is left of a period that another cycle began is one with the period behind it.
            if !taken.contains(&label) {
                told.starts.push(end);
                told.labels.push(label);
            }
        }
    }
    // Plans own these; a document says nothing of them.
    rules.thresholds.clone_from(&running.thresholds);
    rules.kernels.clone_from(&running.kernels);
    rules
}
